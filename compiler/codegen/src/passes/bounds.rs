//! Drops index checks that cannot fail.
//!
//! After Bodík, Gupta and Sarkar, "ABCD: Eliminating Array Bounds Checks on Demand". What branches and checks found out
//! is kept as differences, `x ≤ y + k`. To show `i ≤ len - 1` and `i ≥ 0`, a search goes backwards along such
//! differences and sums with constants; at a block parameter it must succeed for each argument, and coming back to one
//! that it is about to show is fine if no more is asked for: then each round of the loop keeps what held before it.
//!
//! ```text
//! block1(i):  check i < len       i ≤ len - 1:  0 ≤ len - 1, since 0 < len on the edge from before the loop
//!             i2 = i + 1                        i2 ≤ len - 1, since i2 < len on the edge back
//!             branch i2 < len, block1(i2), …
//! ```

use crate::ir::cfg::{Cfg, Dominators};
use crate::ir::{Arg, Block, Failure, Function, Inst, IntCond, Op, Region, Terminator, Value, ValueDef};
use cranelift_codegen::entity::SecondaryMap;
use rustc_hash::{FxHashMap, FxHashSet};
use vitte_abi::object::{Repr, offset};

/// The steps that one search may take.
const MAX_STEPS: u32 = 150;
/// How deep a search goes.
const MAX_DEPTH: u32 = 24;

/// Drops checks; their number.
pub(super) fn drop_index_checks(func: &mut Function) -> u64 {
    let cfg = Cfg::new(func);
    let dominators = Dominators::new(&cfg);
    let mut bounds = Bounds {
        func,
        cfg: &cfg,
        dominators: &dominators,
        facts: Facts::default(),
        lengths: FxHashSet::default(),
        has_checks: false,
        homes: SecondaryMap::new(),
    };
    bounds.find_lengths();
    if !bounds.has_checks {
        return 0;
    }
    for &block in &cfg.order {
        for &inst in &bounds.func.blocks[block].insts {
            bounds.homes[inst] = Some(block);
        }
    }
    for &block in &cfg.order {
        if let [pred] = cfg.preds[block][..] {
            bounds.learn_from_branch(pred, block, block);
        }
    }
    let mut dropped: FxHashSet<Inst> = FxHashSet::default();
    for &block in &cfg.order {
        let data = &bounds.func.blocks[block];
        for &inst in data.insts.iter().chain(&data.term.tried()) {
            bounds.check(block, inst, &mut dropped);
        }
    }
    let count = dropped.len() as u64;
    if count > 0 {
        for &block in &cfg.order {
            let data = &mut func.blocks[block];
            data.insts.retain(|inst| !dropped.contains(inst));
            if let Terminator::Try { inst, normal, .. } = &data.term
                && dropped.contains(inst)
            {
                data.term = Terminator::Jump(normal.clone());
            }
        }
    }
    count
}

/// A value, or 0, plus a constant.
type Form = (Option<Value>, i64);

/// `x ≤ y + k` from `block` on; an absent value is 0.
#[derive(Clone, Copy)]
struct Fact {
    block: Block,
    x: Option<Value>,
    y: Option<Value>,
    k: i64,
}

/// The facts by the value on their lesser and on their greater side.
#[derive(Default)]
struct Facts {
    by_lesser: FxHashMap<Value, Vec<Fact>>,
    by_greater: FxHashMap<Value, Vec<Fact>>,
}

impl Facts {
    fn add(&mut self, fact: Fact) {
        if let Some(x) = fact.x {
            self.by_lesser.entry(x).or_default().push(fact);
        }
        if let Some(y) = fact.y {
            self.by_greater.entry(y).or_default().push(fact);
        }
    }
}

struct Bounds<'f> {
    func: &'f Function,
    cfg: &'f Cfg,
    dominators: &'f Dominators,
    facts: Facts,
    /// Lengths of strings.
    lengths: FxHashSet<Value>,
    has_checks: bool,
    /// The block of each instruction.
    homes: SecondaryMap<Inst, Option<Block>>,
}

impl Bounds<'_> {
    /// What is compared with an index, and comes from where a string has its length, is one.
    fn find_lengths(&mut self) {
        for &block in &self.cfg.order {
            let data = &self.func.blocks[block];
            for &inst in data.insts.iter().chain(&data.term.tried()) {
                let data = &self.func.insts[inst];
                if data.op != Op::Check(Failure::Index) {
                    continue;
                }
                self.has_checks = true;
                let made = self.func.def_inst(data.args[2]).map(|made| &made.op);
                if made == Some(&Op::Load(Repr::I64, offset::STR_LEN, Region::Immutable)) {
                    self.lengths.insert(data.args[2]);
                }
            }
        }
    }

    fn check(&mut self, block: Block, inst: Inst, dropped: &mut FxHashSet<Inst>) {
        let data = &self.func.insts[inst];
        if !matches!(data.op, Op::Check(_)) {
            return;
        }
        let Some(cond) = self.func.def_inst(data.args[0]) else { return };
        if data.op == Op::Check(Failure::Index) && cond.op == Op::ICmp(IntCond::Uge) && cond.args == data.args[1..] {
            let (index, len) = (cond.args[0], cond.args[1]);
            if Search::new(self).at_least(index, 0, block, None)
                && Search::new(self).at_most(index, Some(len), -1, block, None)
            {
                dropped.insert(inst);
            }
        }
        // It did not raise, if what follows is reached. In a try that is the normal successor.
        let from = match &self.func.blocks[block].term {
            Terminator::Try { inst: tried, normal, .. } if *tried == inst => match self.cfg.preds[normal.block][..] {
                [_] => normal.block,
                _ => return,
            },
            _ => block,
        };
        self.learn(from, data.args[0], false);
    }

    fn learn_from_branch(&mut self, pred: Block, to: Block, from: Block) {
        if let Terminator::Branch(cond, then, other) = &self.func.blocks[pred].term
            && then.block != other.block
        {
            self.learn(from, *cond, then.block == to);
        }
    }

    fn learn(&mut self, block: Block, cond: Value, holds: bool) {
        for fact in self.facts_of(block, cond, holds) {
            self.facts.add(fact);
        }
    }

    /// What a condition that holds, or not, says about its operands.
    fn facts_of(&self, block: Block, cond: Value, holds: bool) -> Vec<Fact> {
        let Some(made) = self.func.def_inst(cond) else { return vec![] };
        let Op::ICmp(cond) = made.op else { return vec![] };
        if self.func.repr(made.args[0]) != Repr::I64 {
            return vec![];
        }
        let cond = if holds { cond } else { cond.inverse() };
        let mut facts = Vec::new();
        for a in self.forms(made.args[0]) {
            for b in self.forms(made.args[1]) {
                self.compare(block, cond, (made.args[0], a), (made.args[1], b), &mut facts);
            }
        }
        facts
    }

    /// A value as a sum of another, if that is not just a constant, and a constant; in up to two ways.
    fn forms(&self, value: Value) -> Vec<(Option<Value>, i64)> {
        if let Some(number) = self.func.int_const(value) {
            return vec![(None, number)];
        }
        let mut forms = vec![(Some(value), 0)];
        if let Some(made) = self.func.def_inst(value)
            && made.op == Op::Add
            && let Some(k @ ..0) = self.func.int_const(made.args[1])
            && self.is_length(made.args[0])
        {
            // A length less a constant does not wrap.
            forms.push((Some(made.args[0]), k));
        }
        forms
    }

    fn compare(&self, block: Block, cond: IntCond, a: (Value, Form), b: (Value, Form), facts: &mut Vec<Fact>) {
        let ((a_value, a), (b_value, b)) = (a, b);
        // `x + j ≤ y + k`
        let at_most = |(x, j): Form, (y, k): Form, less: i64| {
            let k = k.checked_sub(j)?.checked_sub(less)?;
            Some(Fact { block, x, y, k })
        };
        let zero = (None, 0);
        let found = match cond {
            IntCond::Eq => [at_most(a, b, 0), at_most(b, a, 0)],
            IntCond::Slt => [at_most(a, b, 1), None],
            IntCond::Sle => [at_most(a, b, 0), None],
            IntCond::Sgt => [at_most(b, a, 1), None],
            IntCond::Sge => [at_most(b, a, 0), None],
            IntCond::Ult if self.is_length(b_value) => [at_most(a, b, 1), at_most(zero, a, 0)],
            IntCond::Ugt if self.is_length(a_value) => [at_most(b, a, 1), at_most(zero, b, 0)],
            _ => [None, None],
        };
        facts.extend(found.into_iter().flatten());
    }

    /// Whether a value is certainly not negative by what it is.
    fn is_length(&self, value: Value) -> bool {
        self.lengths.contains(&value)
            || self.func.int_const(value).is_some_and(|number| number >= 0)
            || self.func.def_inst(value).is_some_and(|made| {
                matches!(made.op, Op::Load(Repr::I64, _, Region::ListLen | Region::MapLen | Region::BufferSize))
            })
    }
}

/// A search for one proof.
struct Search<'b> {
    bounds: &'b Bounds<'b>,
    steps: u32,
    depth: u32,
    /// Parameters about to be shown at most, or at least, something.
    below: Vec<(Value, Option<Value>, i64)>,
    above: Vec<(Value, i64)>,
}

impl<'b> Search<'b> {
    fn new(bounds: &'b Bounds<'b>) -> Search<'b> {
        Search { bounds, steps: 0, depth: 0, below: Vec::new(), above: Vec::new() }
    }

    fn step(&mut self) -> bool {
        self.steps += 1;
        self.steps <= MAX_STEPS && self.depth < MAX_DEPTH
    }

    /// What is known of `value` in `block`, or on an edge from it.
    fn facts(&self, of_lesser: bool, value: Value, block: Block, edge: Option<Block>) -> Vec<Fact> {
        let bounds = self.bounds;
        let table = if of_lesser { &bounds.facts.by_lesser } else { &bounds.facts.by_greater };
        let known = table.get(&value).map_or(&[][..], Vec::as_slice);
        let mut facts: Vec<Fact> =
            known.iter().copied().filter(|fact| bounds.dominators.dominates(fact.block, block)).collect();
        if let Some(to) = edge
            && let Terminator::Branch(cond, then, other) = &bounds.func.blocks[block].term
            && then.block != other.block
        {
            let more = bounds.facts_of(block, *cond, then.block == to);
            facts.extend(more.into_iter().filter(|fact| if of_lesser { fact.x } else { fact.y } == Some(value)));
        }
        facts
    }

    /// Shows `value ≤ top + c`, or `value ≤ c` without `top`, in `block`, or on its edge to another.
    fn at_most(&mut self, value: Value, top: Option<Value>, c: i64, block: Block, edge: Option<Block>) -> bool {
        if !self.step() {
            return false;
        }
        let func = self.bounds.func;
        if Some(value) == top {
            return c >= 0;
        }
        if top.is_none() && c == i64::MAX {
            return true;
        }
        if let Some(number) = func.int_const(value) {
            return match top {
                None => number <= c,
                Some(top) => {
                    number <= c && self.bounds.is_length(top) || self.constant_at_most(number, top, c, block, edge)
                }
            };
        }
        if let Some(&(_, _, asked)) = self.below.iter().find(|&&(other, over, _)| other == value && over == top) {
            return c >= asked;
        }
        self.depth += 1;
        let shown = self.at_most_by_facts(value, top, c, block, edge)
            || self.at_most_by_definition(value, top, c, block, edge)
            || self.below_sum(value, top, c, block, edge);
        self.depth -= 1;
        shown
    }

    /// Shows `number ≤ top + c`.
    fn constant_at_most(&mut self, number: i64, top: Value, c: i64, block: Block, edge: Option<Block>) -> bool {
        number.checked_sub(c).is_some_and(|least| self.at_least(top, least, block, edge))
    }

    fn at_most_by_facts(
        &mut self,
        value: Value,
        top: Option<Value>,
        c: i64,
        block: Block,
        edge: Option<Block>,
    ) -> bool {
        for fact in self.facts(true, value, block, edge) {
            let Some(rest) = c.checked_sub(fact.k) else { continue };
            let shown = match fact.y {
                Some(y) => self.at_most(y, top, rest, block, edge),
                None => match top {
                    None => fact.k <= c,
                    Some(top) => self.constant_at_most(fact.k, top, c, block, edge),
                },
            };
            if shown {
                return true;
            }
        }
        false
    }

    fn at_most_by_definition(
        &mut self,
        value: Value,
        top: Option<Value>,
        c: i64,
        block: Block,
        edge: Option<Block>,
    ) -> bool {
        let func = self.bounds.func;
        if let ValueDef::Param(home, number) = func.values[value].def {
            if home == func.entry() || !self.is_fixed(top, home) {
                return false;
            }
            self.below.push((value, top, c));
            let shown =
                self.for_all_arguments(home, number, |search, arg, pred| search.at_most(arg, top, c, pred, Some(home)));
            self.below.pop();
            return shown;
        }
        let Some(made) = func.def_inst(value) else { return false };
        let second = made.args.get(1).and_then(|&arg| func.int_const(arg));
        match (&made.op, second) {
            (Op::Add, Some(k)) => {
                let Some(rest) = c.checked_sub(k) else { return false };
                self.does_not_wrap(made.args[0], k, block, edge) && self.at_most(made.args[0], top, rest, block, edge)
            }
            // Less something that is not negative.
            (Op::Sub, None) => {
                self.at_least(made.args[1], 0, block, edge)
                    && self.at_least(made.args[0], 0, block, edge)
                    && self.at_most(made.args[0], top, c, block, edge)
            }
            (Op::And, Some(mask)) if mask >= 0 => self.constant_below(mask, top, c, block, edge),
            (Op::SRem, Some(n)) if n > 0 => self.constant_below(n - 1, top, c, block, edge),
            (Op::URem, Some(n)) if n > 0 => self.constant_below(n - 1, top, c, block, edge),
            (Op::SDiv, Some(n)) if n > 0 => {
                self.at_least(made.args[0], 0, block, edge) && self.at_most(made.args[0], top, c, block, edge)
            }
            (Op::AShr | Op::LShr, Some(_)) => {
                self.at_least(made.args[0], 0, block, edge) && self.at_most(made.args[0], top, c, block, edge)
            }
            (Op::SMin, _) => made.args.iter().any(|&arg| self.at_most(arg, top, c, block, edge)),
            (Op::ZExt(_), _) => {
                let most = (1i64 << (func.repr(made.args[0]).size() * 8)) - 1;
                self.constant_below(most, top, c, block, edge)
            }
            _ => false,
        }
    }

    fn constant_below(&mut self, number: i64, top: Option<Value>, c: i64, block: Block, edge: Option<Block>) -> bool {
        match top {
            None => number <= c,
            Some(top) => self.constant_at_most(number, top, c, block, edge),
        }
    }

    /// `value ≤ (x + k) + c` if the length is a sum, which then did not wrap.
    fn below_sum(&mut self, value: Value, top: Option<Value>, c: i64, block: Block, edge: Option<Block>) -> bool {
        let Some(top) = top.filter(|&top| self.bounds.is_length(top)) else { return false };
        let func = self.bounds.func;
        let Some(made) = func.def_inst(top).filter(|made| made.op == Op::Add) else { return false };
        let Some(k) = func.int_const(made.args[1]).filter(|&k| k >= 0) else { return false };
        c.checked_add(k).is_some_and(|c| self.at_most(value, Some(made.args[0]), c, block, edge))
    }

    /// Shows `value ≥ c`.
    fn at_least(&mut self, value: Value, c: i64, block: Block, edge: Option<Block>) -> bool {
        if !self.step() {
            return false;
        }
        let func = self.bounds.func;
        if let Some(number) = func.int_const(value) {
            return number >= c;
        }
        if c == i64::MIN || c <= 0 && self.bounds.is_length(value) {
            return true;
        }
        if let Some(&(_, asked)) = self.above.iter().find(|&&(other, _)| other == value) {
            return c <= asked;
        }
        self.depth += 1;
        let shown = self.at_least_by_facts(value, c, block, edge) || self.at_least_by_definition(value, c, block, edge);
        self.depth -= 1;
        shown
    }

    fn at_least_by_facts(&mut self, value: Value, c: i64, block: Block, edge: Option<Block>) -> bool {
        for fact in self.facts(false, value, block, edge) {
            // x ≤ value + k
            let Some(least) = c.checked_add(fact.k) else { continue };
            let shown = match fact.x {
                Some(x) => self.at_least(x, least, block, edge),
                None => least <= 0,
            };
            if shown {
                return true;
            }
        }
        false
    }

    fn at_least_by_definition(&mut self, value: Value, c: i64, block: Block, edge: Option<Block>) -> bool {
        let func = self.bounds.func;
        if let ValueDef::Param(home, number) = func.values[value].def {
            if home == func.entry() {
                return false;
            }
            self.above.push((value, c));
            let shown =
                self.for_all_arguments(home, number, |search, arg, pred| search.at_least(arg, c, pred, Some(home)));
            self.above.pop();
            return shown;
        }
        let Some(made) = func.def_inst(value) else { return false };
        let second = made.args.get(1).and_then(|&arg| func.int_const(arg));
        match (&made.op, second) {
            (Op::Add, Some(k)) => {
                let Some(rest) = c.checked_sub(k) else { return false };
                self.does_not_wrap(made.args[0], k, block, edge) && self.at_least(made.args[0], rest, block, edge)
            }
            (Op::And, Some(mask)) => mask >= 0 && c <= 0,
            (Op::ZExt(_), _) | (Op::URem, Some(1..)) => c <= 0,
            (Op::LShr, Some(1..=63)) => c <= 0,
            (Op::SDiv, Some(1..)) | (Op::SRem, Some(_)) | (Op::AShr, Some(_)) => {
                c <= 0 && self.at_least(made.args[0], 0, block, edge)
            }
            (Op::SMax, _) => made.args.iter().any(|&arg| self.at_least(arg, c, block, edge)),
            _ => false,
        }
    }

    /// Whether `value + k` is the sum, without wrapping.
    fn does_not_wrap(&mut self, value: Value, k: i64, block: Block, edge: Option<Block>) -> bool {
        match k >= 0 {
            true => self.at_most(value, None, i64::MAX - k, block, edge),
            false => self.at_least(value, i64::MIN - k, block, edge),
        }
    }

    /// Whether `top` is the same value each time `block` is entered.
    fn is_fixed(&self, top: Option<Value>, block: Block) -> bool {
        let Some(top) = top else { return true };
        let home = match self.bounds.func.values[top].def {
            ValueDef::Param(home, _) => Some(home),
            ValueDef::Inst(inst) => self.bounds.homes[inst],
        };
        home.is_some_and(|home| home != block && self.bounds.dominators.dominates(home, block))
    }

    fn for_all_arguments(
        &mut self,
        block: Block,
        number: u32,
        mut shown: impl FnMut(&mut Self, Value, Block) -> bool,
    ) -> bool {
        let bounds = self.bounds;
        let mut preds = bounds.cfg.preds[block].clone();
        preds.dedup();
        preds.iter().all(|&pred| {
            let jumps: Vec<_> = bounds.func.blocks[pred].term.jumps().filter(|jump| jump.block == block).collect();
            // An edge says something only if there is no other to the same block.
            let [jump] = jumps[..] else { return false };
            match jump.args[number as usize] {
                Arg::Value(arg) => shown(self, arg, pred),
                _ => false,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::passes::testing::{count, improved, on_list};

    fn checks(code: &str) -> bool {
        let (texts, _) = improved(&on_list(code));
        count(&texts[0], "check index") > 0
    }

    const STEP: &str = "IF_NOT r6, out\nLIST_GET r2, xs, r1\nADD r0, r0, r2\nADD r1, r1, r3\nJUMP top\nout:\nRETURN r0";

    #[test]
    fn a_loop_up_to_the_length_needs_none() {
        let start = "LOAD_CONST r0, 0\nLOAD_CONST r1, 0\nLOAD_CONST r3, 1\n";
        assert!(!checks(&format!("{start}top:\nLIST_LEN r2, xs\nLT r6, r1, r2\n{STEP}")));
        assert!(!checks(&format!("{start}LIST_LEN r5, xs\nSUB r5, r5, r3\ntop:\nLE r6, r1, r5\n{STEP}")));
    }

    #[test]
    fn a_loop_down_from_the_length_needs_none() {
        let start = "LOAD_CONST r0, 0\nLIST_LEN r1, xs\nLOAD_CONST r3, -1\nADD r1, r1, r3\nLOAD_CONST r4, 0\n";
        assert!(!checks(&format!("{start}top:\nGE r6, r1, r4\n{STEP}")));
    }

    #[test]
    fn what_may_be_out_of_range_is_checked() {
        // From an unknown start, up to an unknown end, one too far, in too large steps, with a list that shrinks.
        let zero = "LOAD_CONST r0, 0\nLOAD_CONST r1, 0\nLOAD_CONST r3, 1\n";
        let from_n = "LOAD_CONST r0, 0\nMOVE r1, n\nLOAD_CONST r3, 1\n";
        assert!(checks(&format!("{from_n}top:\nLIST_LEN r2, xs\nLT r6, r1, r2\n{STEP}")));
        assert!(checks(&format!("{zero}top:\nLT r6, r1, n\n{STEP}")));
        assert!(checks(&format!("{zero}top:\nLIST_LEN r2, xs\nLE r6, r1, r2\n{STEP}")));
        let down = "LOAD_CONST r0, 0\nLIST_LEN r1, xs\nLOAD_CONST r3, -1\nLOAD_CONST r4, 0\n";
        assert!(checks(&format!("{down}top:\nGE r6, r1, r4\n{STEP}")));
        let shrinks = "LIST_LEN r5, xs\ntop:\nLT r6, r1, r5\nIF_NOT r6, out\nLIST_GET r2, xs, r1\nADD r1, r1, r3\n\
            LIST_TRUNCATE xs, r3\nJUMP top\nout:\nRETURN r0";
        assert!(checks(&format!("{zero}{shrinks}")));
    }

    #[test]
    fn a_sum_that_may_wrap_proves_nothing() {
        // while i < i + 1: true but for the greatest number, and no bound.
        let code = "LOAD_CONST r0, 0\nLOAD_CONST r1, 0\nLOAD_CONST r3, 1\ntop:\nADD r5, r1, r3\nLT r6, r1, r5\n";
        assert!(checks(&format!("{code}{STEP}")));
    }
}
