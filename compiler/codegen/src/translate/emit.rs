//! Appending instructions: plain ones, those that raise, checks, helpers, and values as slot bits.

use super::Translator;
use crate::ir::{Arg, Block, Catch, Failure, FloatCond, IntCond, Jump, Op, Terminator, Value};
use vitbc::inst::Effect;
use vitbc::{Label, TypeIdx};
use vitte_abi::functions::{ArgType, FnInfo, Helper};
use vitte_abi::object::Repr;

impl Translator<'_> {
    /// Ends the current block.
    pub(super) fn end(&mut self, term: Terminator) {
        for jump in term.jumps() {
            self.registers.add_pred(jump.block, self.block);
        }
        let data = &mut self.func.blocks[self.block];
        data.term = term;
        data.term_loc = self.loc;
    }

    /// A new block of the same bytecode block.
    pub(super) fn new_block(&mut self) -> Block {
        let block = self.func.add_block();
        self.registers.continue_node(self.block, block);
        block
    }

    /// The block in which a jump target starts.
    pub(super) fn target(&self, label: Label) -> Block {
        self.flow.starts[self.flow.blocks.at(label)]
    }

    /// Appends an instruction with a result that raises nothing.
    pub(super) fn value(&mut self, op: Op, args: Vec<Value>, repr: Repr) -> Value {
        debug_assert!(!op.throws(), "{op:?}");
        self.func.append_value(self.block, op, args, repr, self.loc)
    }

    /// Appends an instruction without a result that raises nothing.
    pub(super) fn effect(&mut self, op: Op, args: Vec<Value>) {
        debug_assert!(!op.throws(), "{op:?}");
        self.func.append(self.block, op, args, Repr::Unit, self.loc);
    }

    /// Appends an instruction that may raise. In a try region it ends the block; the next one is then current.
    pub(super) fn raising(&mut self, op: Op, args: Vec<Value>, repr: Repr) -> Option<Value> {
        debug_assert!(op.throws(), "{op:?}");
        debug_assert!(
            op == Op::Poll || {
                let inst = &self.code.code[self.at.index()];
                inst.has(Effect::Throws) || inst.has(Effect::Allocs)
            }
        );
        if self.handlers.is_empty() {
            let inst = self.func.append(self.block, op, args, repr, self.loc);
            return self.func.insts[inst].result;
        }
        let inst = self.func.add_inst(op, args, Repr::Unit, self.loc);
        let mut handlers = Vec::with_capacity(self.handlers.len());
        for at in 0..self.handlers.len() {
            let region = self.handlers[at];
            let jump = Jump { block: self.landing(region), args: vec![Arg::Exception] };
            handlers.push((Catch { filter: self.code.handlers[region].filter, depth: 0 }, jump));
        }
        let next = self.new_block();
        let result = (repr != Repr::Unit).then(|| self.func.add_param(next, repr));
        let args = if result.is_some() { vec![Arg::Result] } else { vec![] };
        self.end(Terminator::Try { inst, normal: Jump { block: next, args }, handlers });
        self.block = next;
        result
    }

    /// The block where exceptions of a try region arrive: it puts the exception into the handler's register.
    fn landing(&mut self, region: usize) -> Block {
        if let Some(block) = self.landings[region] {
            return block;
        }
        let handler = &self.code.handlers[region];
        let target = self.target(handler.target);
        let landing = self.func.add_block();
        self.landings[region] = Some(landing);
        self.registers.start_node(landing, false);
        let exception = self.func.add_param(landing, Repr::Ref);
        let from = std::mem::replace(&mut self.block, landing);
        self.write(handler.reg, exception);
        if self.flow.landing_polls[region] {
            self.func.append(landing, Op::Poll, vec![], Repr::Unit, self.loc);
        }
        self.end(Terminator::Jump(Jump::to(target)));
        self.func.blocks[landing].cold = true;
        self.block = from;
        landing
    }

    /// Raises if `failed` is not 0; `about` says more.
    pub(super) fn check(&mut self, failed: Value, failure: Failure, about: &[Value]) {
        let args = std::iter::once(failed).chain(about.iter().copied()).collect();
        self.raising(Op::Check(failure), args, Repr::Unit);
    }

    /// Calls a runtime function. `result` is wanted only for a result of type `Bits`.
    pub(super) fn runtime(&mut self, op: Op, info: &FnInfo, args: Vec<Value>, bits: Repr) -> Option<Value> {
        let repr = match info.result {
            ArgType::Unit | ArgType::Never => Repr::Unit,
            ArgType::Float => Repr::F64,
            ArgType::Bits => bits,
            ty if ty.is_traced() => Repr::Ref,
            _ => Repr::I64,
        };
        if op.throws() {
            return self.raising(op, args, repr);
        }
        let inst = self.func.append(self.block, op, args, repr, self.loc);
        self.func.insts[inst].result
    }

    /// Calls a helper without a result.
    pub(super) fn helper_effect(&mut self, helper: Helper, args: Vec<Value>) {
        self.runtime(Op::Helper(helper), helper.info(), args, Repr::I64);
    }

    /// Calls a helper with a result that is not `Bits`.
    pub(super) fn helper(&mut self, helper: Helper, args: Vec<Value>) -> Value {
        debug_assert_ne!(helper.info().result, ArgType::Bits);
        self.runtime(Op::Helper(helper), helper.info(), args, Repr::I64)
            .unwrap_or_else(|| unreachable!("{helper:?} has a result"))
    }

    /// Calls a helper with the result `Bool`.
    pub(super) fn helper_bool(&mut self, helper: Helper, args: Vec<Value>) -> Value {
        let result = self.helper(helper, args);
        self.value(Op::Reduce(Repr::I8), vec![result], Repr::I8)
    }

    /// Calls a helper with the result `Bits`, which holds a value of type `ty`.
    pub(super) fn helper_of(&mut self, helper: Helper, args: Vec<Value>, ty: TypeIdx) -> Value {
        let bits = if self.env.layout.repr(ty) == Repr::Ref { Repr::Ref } else { Repr::I64 };
        let result = self.runtime(Op::Helper(helper), helper.info(), args, bits);
        let result = result.unwrap_or_else(|| unreachable!("{helper:?} has a result"));
        self.value_in(result, ty)
    }

    /// A value of type `ty` as slot bits.
    pub(super) fn slot_of(&mut self, value: Value, ty: TypeIdx) -> Value {
        let ty = self.env.module.ty(ty);
        match self.func.repr(value) {
            Repr::I8 | Repr::I16 | Repr::I32 if ty.is_signed() => {
                self.value(Op::SExt(Repr::I64), vec![value], Repr::I64)
            }
            Repr::I8 | Repr::I16 | Repr::I32 => self.value(Op::ZExt(Repr::I64), vec![value], Repr::I64),
            Repr::F32 => {
                let bits = self.value(Op::Bitcast(Repr::I32), vec![value], Repr::I32);
                self.value(Op::ZExt(Repr::I64), vec![bits], Repr::I64)
            }
            Repr::F64 => self.value(Op::Bitcast(Repr::I64), vec![value], Repr::I64),
            Repr::I64 | Repr::Ref => value,
            Repr::Unit => unreachable!("unit has no value"),
        }
    }

    /// The value of type `ty` in slot bits.
    pub(super) fn value_in(&mut self, bits: Value, ty: TypeIdx) -> Value {
        let repr = self.env.layout.repr(ty);
        match repr {
            Repr::I8 | Repr::I16 | Repr::I32 => self.value(Op::Reduce(repr), vec![bits], repr),
            Repr::F32 => {
                let bits = self.value(Op::Reduce(Repr::I32), vec![bits], Repr::I32);
                self.value(Op::Bitcast(repr), vec![bits], repr)
            }
            Repr::F64 => self.value(Op::Bitcast(repr), vec![bits], repr),
            Repr::I64 | Repr::Ref => bits,
            Repr::Unit => unreachable!("unit has no value"),
        }
    }

    /// An integer constant.
    pub(super) fn int(&mut self, repr: Repr, value: i64) -> Value {
        self.value(Op::Int(repr, value), vec![], repr)
    }

    /// The id of a type.
    pub(super) fn type_id(&mut self, ty: TypeIdx) -> Value {
        self.int(Repr::I64, i64::from(ty.0))
    }

    /// The null word.
    pub(super) fn nil(&mut self) -> Value {
        self.value(Op::Word(0), vec![], Repr::Ref)
    }

    /// Compares integers or references, as `I8`.
    pub(super) fn icmp(&mut self, cond: IntCond, a: Value, b: Value) -> Value {
        self.value(Op::ICmp(cond), vec![a, b], Repr::I8)
    }

    /// Compares floats, as `I8`.
    pub(super) fn fcmp(&mut self, cond: FloatCond, a: Value, b: Value) -> Value {
        self.value(Op::FCmp(cond), vec![a, b], Repr::I8)
    }

    /// The other truth value, as `I8`.
    pub(super) fn not(&mut self, value: Value) -> Value {
        let one = self.int(Repr::I8, 1);
        self.value(Op::Xor, vec![value, one], Repr::I8)
    }
}
