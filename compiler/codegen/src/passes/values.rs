//! Computes each value once: folds constants, and lets equal instructions, loads and checks share the first result.
//!
//! Blocks are visited in reverse post-order. A result is reused where its block dominates. Two loads are equal if the
//! memory is: each region has a version, which stores change, and which is the same at a join only if it is the same at
//! the end of all predecessors. At the start of a loop it is the one before, unless the loop changes the region.
//!
//! What a branch or a check found out holds in all blocks that it dominates: the condition is then a constant, and a
//! comparison of the same operands may be.

mod facts;
mod memory;
mod table;

use super::fold::{Folded, fold};
use crate::env::Env;
use crate::ir::cfg::{Cfg, Dominators, Loops};
use crate::ir::{Arg, Block, Function, Inst, InstData, Jump, Op, Region, Terminator, Value, ValueDef};
use cranelift_codegen::entity::SecondaryMap;
use facts::Facts;
use memory::Memory;
use table::Table;
use vitbc::TypeIdx;
use vitte_abi::functions::Helper;
use vitte_abi::object::{Repr, offset};
use vitte_abi::types::Shape;

/// What was found.
#[derive(Default, Debug)]
pub(super) struct Found {
    /// Instructions that became constants or other values.
    pub folded: u64,
    /// Instructions that an equal one stands for, loads aside.
    pub shared: u64,
    /// Loads of what is known.
    pub loads: u64,
    /// Checks that cannot fail.
    pub checks: u64,
}

impl Found {
    /// The number of all changes.
    pub(super) fn total(&self) -> u64 {
        self.folded + self.shared + self.loads + self.checks
    }
}

/// Numbers the values of a function.
pub(super) fn number_values(env: &Env<'_>, func: &mut Function) -> Found {
    let cfg = Cfg::new(func);
    let dominators = Dominators::new(&cfg);
    let loops = Loops::new(&cfg, &dominators);
    let memory = Memory::new(func, &cfg, &dominators, &loops);
    let order = cfg.order.clone();
    let mut numbering = Numbering {
        env,
        func,
        cfg,
        dominators,
        memory,
        table: Table::default(),
        facts: Facts::default(),
        aliases: SecondaryMap::new(),
        origins: SecondaryMap::new(),
        found: Found::default(),
    };
    for &block in &order {
        numbering.visit(block);
    }
    let Numbering { func, aliases, found, .. } = numbering;
    if found.total() > 0 {
        for block in order {
            func.map_uses(block, |value| resolve(&aliases, value));
        }
    }
    found
}

type Aliases = SecondaryMap<Value, Option<Value>>;

fn resolve(aliases: &Aliases, mut value: Value) -> Value {
    while let Some(next) = aliases[value] {
        value = next;
    }
    value
}

struct Numbering<'a> {
    env: &'a Env<'a>,
    func: &'a mut Function,
    cfg: Cfg,
    dominators: Dominators,
    memory: Memory,
    table: Table,
    facts: Facts,
    aliases: Aliases,
    /// For parameters that are the result of a try, its instruction.
    origins: SecondaryMap<Value, Option<Inst>>,
    found: Found,
}

/// What becomes of an instruction.
enum Fate {
    Kept,
    Dropped,
    /// It always raises: nothing follows.
    Last,
}

impl Numbering<'_> {
    fn visit(&mut self, block: Block) {
        self.memory.enter(&self.cfg, &self.dominators, block);
        self.learn_from_edge(block);
        let insts = std::mem::take(&mut self.func.blocks[block].insts);
        let mut kept = Vec::with_capacity(insts.len());
        for inst in insts {
            match self.number(block, inst, false, &mut kept) {
                Fate::Kept => kept.push(inst),
                Fate::Dropped => {}
                Fate::Last => {
                    kept.push(inst);
                    self.func.blocks[block].term = Terminator::Unreachable;
                    break;
                }
            }
        }
        let mut term = std::mem::replace(&mut self.func.blocks[block].term, Terminator::Unreachable);
        term.for_each_operand_mut(|value| *value = resolve(&self.aliases, *value));
        if let Terminator::Branch(cond, ..) | Terminator::Switch(cond, ..) = &mut term
            && let Some(known) = self.known(block, *cond)
        {
            *cond = self.constant(block, Op::Int(self.func.repr(*cond), known), &mut kept);
        }
        if let Terminator::Try { inst, normal, .. } = &mut term {
            match self.number(block, *inst, true, &mut kept) {
                // A try has no result to be shared: a check that cannot fail, and the like.
                Fate::Dropped => term = Terminator::Jump(normal.clone()),
                Fate::Kept | Fate::Last => {}
            }
        }
        self.func.blocks[block].insts = kept;
        self.func.blocks[block].term = term;
        self.memory.leave(block);
    }

    fn look(&self, value: Value) -> Option<&InstData> {
        match self.func.values[value].def {
            ValueDef::Inst(inst) => Some(&self.func.insts[inst]),
            ValueDef::Param(..) => self.origins[value].map(|inst| &self.func.insts[inst]),
        }
    }

    /// What a value is known to be in `block`.
    fn known(&self, block: Block, value: Value) -> Option<i64> {
        self.facts.constant(&self.dominators, block, value)
    }

    /// The constant `op`, made in `block` if there is none.
    fn constant(&mut self, block: Block, op: Op, kept: &mut Vec<Inst>) -> Value {
        if let Some(value) = self.table.find(&self.dominators, block, &op, &[], 0) {
            return value;
        }
        let repr = match op {
            Op::Int(repr, _) | Op::Float(repr, _) => repr,
            _ => Repr::Ref,
        };
        let inst = self.func.add_inst(op.clone(), vec![], repr, None);
        kept.push(inst);
        let value = self.func.insts[inst].result.unwrap_or_else(|| unreachable!("a constant has a result"));
        self.table.insert(block, &op, &[], 0, value);
        value
    }

    fn number(&mut self, block: Block, inst: Inst, tried: bool, kept: &mut Vec<Inst>) -> Fate {
        let mut args = std::mem::take(&mut self.func.insts[inst].args);
        for arg in &mut args {
            *arg = resolve(&self.aliases, *arg);
            if let Some(known) = self.known(block, *arg)
                && self.func.int_const(*arg).is_none()
            {
                *arg = self.constant(block, Op::Int(self.func.repr(*arg), known), kept);
            }
        }
        self.func.insts[inst].args = args;
        let result = self.func.insts[inst].result;
        if let Some(result) = result {
            // Each turn makes it simpler; a few are enough.
            for _ in 0..4 {
                let data = &self.func.insts[inst];
                let folded = fold(self.func, &|value| self.look(value), &data.op, &data.args);
                let folded = folded.or_else(|| self.compare(block, data));
                match folded {
                    None => break,
                    Some(Folded::Value(value)) => {
                        self.found.folded += 1;
                        self.aliases[result] = Some(value);
                        return Fate::Dropped;
                    }
                    Some(Folded::Op(op)) => {
                        self.found.folded += 1;
                        let data = &mut self.func.insts[inst];
                        (data.op, data.args) = (op, vec![]);
                        break;
                    }
                    Some(Folded::WithInt(op, value, number)) => {
                        let number = self.constant(block, Op::Int(self.func.repr(value), number), kept);
                        let data = &mut self.func.insts[inst];
                        (data.op, data.args) = (op, vec![value, number]);
                    }
                    Some(Folded::Inst(op, args)) => {
                        let data = &mut self.func.insts[inst];
                        (data.op, data.args) = (op, args);
                    }
                }
            }
        }
        if let Op::Check(_) = self.func.insts[inst].op {
            return self.check(block, inst, tried);
        }
        let data = &self.func.insts[inst];
        let region = data.op.loads().filter(|&region| region != Region::Foreign);
        if let Some(result) = result
            && (data.op.is_pure() || region.is_some())
        {
            let version = region.map_or(0, |region| self.memory.version(region));
            if let Some(value) = self.table.find(&self.dominators, block, &data.op, &data.args, version) {
                self.aliases[result] = Some(value);
                match region {
                    Some(_) => self.found.loads += 1,
                    None => self.found.shared += 1,
                }
                return Fate::Dropped;
            }
            self.table.insert(block, &data.op, &data.args, version, result);
            return Fate::Kept;
        }
        self.memory.change(data.op.writes());
        if let Some(result) = result {
            self.learn_fields(block, inst, result);
        }
        self.learn_store(block, inst);
        Fate::Kept
    }

    /// A comparison of operands about which something is known.
    fn compare(&self, block: Block, data: &InstData) -> Option<Folded> {
        let Op::ICmp(cond) = data.op else { return None };
        let holds = self.facts.comparison(&self.dominators, block, cond, data.args[0], data.args[1])?;
        Some(Folded::Op(Op::Int(Repr::I8, i64::from(holds))))
    }

    fn check(&mut self, block: Block, inst: Inst, tried: bool) -> Fate {
        let data = &self.func.insts[inst];
        let cond = data.args[0];
        match self.func.int_const(cond) {
            Some(0) => {
                self.found.checks += 1;
                Fate::Dropped
            }
            Some(_) => Fate::Last,
            None => {
                // In a try it ends the block: then the normal successor learns it.
                if !tried {
                    self.learn(block, cond, 0);
                }
                Fate::Kept
            }
        }
    }

    fn learn(&mut self, block: Block, cond: Value, known: i64) {
        let func = &*self.func;
        let origins = &self.origins;
        let look = |value: Value| match func.values[value].def {
            ValueDef::Inst(inst) => Some(&func.insts[inst]),
            ValueDef::Param(..) => origins[value].map(|inst| &func.insts[inst]),
        };
        self.facts.learn(&look, block, cond, known);
    }

    /// What is known in a block because of the one jump that leads to it.
    fn learn_from_edge(&mut self, block: Block) {
        let [pred] = self.cfg.preds[block][..] else { return };
        // The terminator is looked at while others are learned from; its jumps are not changed by this pass.
        let term = std::mem::replace(&mut self.func.blocks[pred].term, Terminator::Unreachable);
        match &term {
            Terminator::Branch(cond, then, _) => {
                let holds = then.block == block;
                self.learn(block, *cond, i64::from(holds));
            }
            Terminator::Switch(value, jumps, _) => {
                if let Some(number) = jumps.iter().position(|jump| jump.block == block) {
                    self.learn(block, *value, number as i64);
                }
            }
            Terminator::Try { inst, normal, .. } if normal.block == block => {
                self.learn_from_try(block, *inst, normal);
            }
            _ => {}
        }
        self.func.blocks[pred].term = term;
    }

    fn learn_from_try(&mut self, block: Block, inst: Inst, normal: &Jump) {
        let data = &self.func.insts[inst];
        if let Op::Check(_) = data.op {
            let cond = data.args[0];
            self.learn(block, cond, 0);
        }
        for (number, arg) in normal.args.iter().enumerate() {
            if *arg == Arg::Result {
                let param = self.func.blocks[block].params[number];
                self.origins[param] = Some(inst);
                self.learn_fields(block, inst, param);
            }
        }
    }

    /// What the fields of a new object hold, and how long a new list is.
    fn learn_fields(&mut self, block: Block, inst: Inst, object: Value) {
        let data = &self.func.insts[inst];
        if let Op::Helper(helper @ (Helper::vt_list_fill | Helper::vt_list_of)) = data.op {
            let len = data.args[if helper == Helper::vt_list_fill { 1 } else { 2 }];
            let region = Region::ListLen;
            let load = Op::Load(Repr::I64, offset::LIST_LEN, region);
            return self.table.insert(block, &load, &[object], self.memory.version(region), len);
        }
        let (ty, record) = match data.op {
            Op::New(ty, tag) => match &self.env.layout.table.types[ty as usize].shape {
                Shape::Struct(record) | Shape::Tuple(record) => (ty, record),
                Shape::Enum(variants) => (ty, &variants[tag as usize].record),
                other => unreachable!("a new object is no {other:?}"),
            },
            Op::NewClosure(func) => {
                let (ty, record) = self.env.layout.closure(func);
                (ty, record)
            }
            _ => return,
        };
        let is_struct = matches!(self.env.layout.table.types[ty as usize].shape, Shape::Struct(_));
        let mut values = data.args.iter();
        for (number, field) in record.fields.iter().enumerate() {
            let repr = self.env.layout.repr(TypeIdx(field.ty));
            if repr == Repr::Unit {
                continue;
            }
            let Some(&value) = values.next() else { return };
            let region = match is_struct {
                true => Region::Field(TypeIdx(ty), number as u32),
                false => Region::Immutable,
            };
            let version = self.memory.version(region);
            self.table.insert(block, &Op::Load(repr, field.offset, region), &[object], version, value);
        }
    }

    /// A load after a store of the same place gives what was stored.
    fn learn_store(&mut self, block: Block, inst: Inst) {
        let data = &self.func.insts[inst];
        match data.op {
            Op::Store(at, region) => {
                let (object, value) = (data.args[0], data.args[1]);
                let load = Op::Load(self.func.repr(value), at, region);
                self.table.insert(block, &load, &[object], self.memory.version(region), value);
            }
            Op::StoreItem(repr) => {
                let (buffer, index, value) = (data.args[0], data.args[1], data.args[2]);
                let version = self.memory.version(Region::Items(repr));
                self.table.insert(block, &Op::LoadItem(repr), &[buffer, index], version, value);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::passes::testing::{count, improved, on_list};

    #[test]
    fn equal_accesses_are_checked_and_loaded_once() {
        let (texts, _) = improved(&on_list("LIST_GET r0, xs, n\nLIST_GET r1, xs, n\nADD r0, r0, r1\nRETURN r0"));
        assert_eq!((count(&texts[0], "check index"), count(&texts[0], "load_item")), (1, 1), "{}", texts[0]);
    }

    #[test]
    fn a_call_may_change_a_list_but_not_a_string() {
        let (texts, _) =
            improved(&on_list("LIST_LEN r0, xs\nCALL r2, f, xs, r0\nLIST_LEN r1, xs\nADD r0, r0, r1\nRETURN r0"));
        assert_eq!(count(&texts[0], "[list_len]"), 2, "{}", texts[0]);
        let (texts, _) = improved(
            "FUNC f(s: str) -> int\nREG r0, r1: int\nSTR_LEN r0, s\nPRINT s\nSTR_LEN r1, s\nADD r0, r0, r1\nRETURN r0\nEND",
        );
        assert_eq!(count(&texts[0], "load.i64"), 1, "{}", texts[0]);
    }

    #[test]
    fn a_store_hides_others_of_its_field_only() {
        let source = "STRUCT P { x: int, y: int }\nFUNC f(p: P, q: P, n: int) -> int\nREG r0, r1, r2, r3: int\n\
            LOAD r0, p, x\nLOAD r1, p, y\nSTORE q, x, n\nLOAD r2, p, x\nLOAD r3, p, y\nADD r0, r0, r1\n\
            ADD r0, r0, r2\nADD r0, r0, r3\nLOAD r1, q, x\nADD r0, r0, r1\nRETURN r0\nEND";
        let (texts, _) = improved(source);
        assert_eq!(count(&texts[0], "load.i64"), 3, "{}", texts[0]);
    }

    #[test]
    fn a_branch_says_what_its_condition_was() {
        let code =
            "LT r6, n, r0\nIF r6, less\nRETURN r0\nless:\nGE r6, n, r0\nIF r6, never\nRETURN n\nnever:\nRETURN r1";
        let (texts, _) = improved(&on_list(&format!("LIST_LEN r0, xs\nLOAD_CONST r1, 77\n{code}")));
        assert_eq!((count(&texts[0], "branch"), count(&texts[0], "77")), (1, 0), "{}", texts[0]);
    }
}
