//! Ways to add to a function, and to look at what is there.

use super::{Arg, Block, Function, Inst, InstData, Jump, Loc, Op, Terminator, Value, ValueDef};
use vitte_abi::object::Repr;

impl Function {
    /// Adds an instruction at the end of `block`.
    pub fn append(&mut self, block: Block, op: Op, args: Vec<Value>, result: Repr, loc: Option<Loc>) -> Inst {
        let inst = self.add_inst(op, args, result, loc);
        self.blocks[block].insts.push(inst);
        inst
    }

    /// Adds an instruction with a result at the end of `block`; the result.
    pub fn append_value(&mut self, block: Block, op: Op, args: Vec<Value>, result: Repr, loc: Option<Loc>) -> Value {
        let inst = self.append(block, op, args, result, loc);
        self.insts[inst].result.unwrap_or_else(|| unreachable!("the result is not `Unit`"))
    }

    /// The instruction whose result `value` is; `None` for a block parameter.
    pub fn def_inst(&self, value: Value) -> Option<&InstData> {
        match self.values[value].def {
            ValueDef::Inst(inst) => Some(&self.insts[inst]),
            ValueDef::Param(..) => None,
        }
    }

    /// The number that `value` is, sign-extended, if that is known.
    pub fn int_const(&self, value: Value) -> Option<i64> {
        match self.def_inst(value)?.op {
            Op::Int(_, number) => Some(number),
            _ => None,
        }
    }

    /// The immediate word that `value` is, if that is known.
    pub fn word_const(&self, value: Value) -> Option<u64> {
        match self.def_inst(value)?.op {
            Op::Word(word) => Some(word),
            _ => None,
        }
    }
}

impl Jump {
    /// A jump to a block without parameters.
    pub fn to(block: Block) -> Jump {
        Jump { block, args: Vec::new() }
    }

    /// A jump with values.
    pub fn with(block: Block, values: impl IntoIterator<Item = Value>) -> Jump {
        Jump { block, args: values.into_iter().map(Arg::Value).collect() }
    }

    /// The values among the arguments.
    pub fn values(&self) -> impl Iterator<Item = Value> + '_ {
        self.args.iter().filter_map(|arg| match arg {
            Arg::Value(value) => Some(*value),
            _ => None,
        })
    }
}

impl Terminator {
    /// Calls `f` for each value that it reads itself: not what its jumps carry, not the operands of a try's instruction.
    pub fn for_each_operand(&self, mut f: impl FnMut(Value)) {
        match self {
            Terminator::Branch(value, ..) | Terminator::Switch(value, ..) | Terminator::Return(Some(value)) => {
                f(*value)
            }
            Terminator::TailCall(_, values) | Terminator::TailCallClosure(values) => values.iter().for_each(|&v| f(v)),
            _ => {}
        }
    }

    /// As [`Terminator::for_each_operand`], to change them.
    pub fn for_each_operand_mut(&mut self, mut f: impl FnMut(&mut Value)) {
        match self {
            Terminator::Branch(value, ..) | Terminator::Switch(value, ..) | Terminator::Return(Some(value)) => f(value),
            Terminator::TailCall(_, values) | Terminator::TailCallClosure(values) => values.iter_mut().for_each(f),
            _ => {}
        }
    }

    /// The instruction of a try.
    pub fn tried(&self) -> Option<Inst> {
        match self {
            Terminator::Try { inst, .. } => Some(*inst),
            _ => None,
        }
    }
}

impl Function {
    /// Calls `f` for each value that `block` reads: operands of instructions and of the terminator, and what jumps carry.
    pub fn for_each_use(&self, block: Block, mut f: impl FnMut(Value)) {
        let data = &self.blocks[block];
        for &inst in data.insts.iter().chain(&data.term.tried()) {
            self.insts[inst].args.iter().for_each(|&value| f(value));
        }
        data.term.for_each_operand(&mut f);
        data.term.jumps().flat_map(Jump::values).for_each(f);
    }

    /// Replaces each value that `block` reads by `f` of it.
    pub fn map_uses(&mut self, block: Block, mut f: impl FnMut(Value) -> Value) {
        let data = &mut self.blocks[block];
        for &inst in data.insts.iter().chain(&data.term.tried()) {
            self.insts[inst].args.iter_mut().for_each(|value| *value = f(*value));
        }
        data.term.for_each_operand_mut(|value| *value = f(*value));
        for arg in data.term.jumps_mut().flat_map(|jump| &mut jump.args) {
            if let Arg::Value(value) = arg {
                *value = f(*value);
            }
        }
    }

    /// Drops the parameters of `block` for which `keep` is false. The jumps to it are the caller's business.
    pub fn retain_params(&mut self, block: Block, mut keep: impl FnMut(Value) -> bool) {
        let params = &mut self.blocks[block].params;
        params.retain(|&param| keep(param));
        for (number, &param) in params.iter().enumerate() {
            self.values[param].def = ValueDef::Param(block, number as u32);
        }
    }
}
