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

mod division;
mod search;

use crate::ir::cfg::{Cfg, Dominators};
use crate::ir::{Block, Failure, Function, Inst, IntCond, Op, Region, Terminator, Value};
use cranelift_codegen::entity::SecondaryMap;
use rustc_hash::{FxHashMap, FxHashSet};
use search::Search;
use vitte_abi::functions::Helper;
use vitte_abi::object::{Repr, offset};

/// No length is greater: there is no memory for so many items.
const MAX_LENGTH: i64 = 1 << 48;

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
        fills: FxHashMap::default(),
        has_work: false,
        homes: SecondaryMap::new(),
    };
    bounds.find_lengths();
    if !bounds.has_work {
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
    let (mut divisions, mut others) = (Vec::new(), Vec::new());
    for &block in &cfg.order {
        let data = &bounds.func.blocks[block];
        for &inst in data.insts.iter().chain(&data.term.tried()) {
            bounds.check(block, inst, &mut dropped);
            bounds.learn_length(block, inst);
            if division::is_by_power(bounds.func, inst) {
                let not_negative = Search::new(&bounds).at_least(bounds.func.insts[inst].args[0], 0, block, None);
                if not_negative { &mut divisions } else { &mut others }.push((block, inst));
            }
        }
    }
    divisions.extend(division::only_compared_with_zero(func, &cfg, others));
    let count = (dropped.len() + divisions.len()) as u64;
    division::simplify(func, divisions);
    if !dropped.is_empty() {
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
    /// Numbers that are lengths of lists from some blocks on.
    fills: FxHashMap<Value, Vec<Block>>,
    has_work: bool,
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
                self.has_work |= division::is_by_power(self.func, inst);
                if data.op != Op::Check(Failure::Index) {
                    continue;
                }
                self.has_work = true;
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

    /// What a list was made of so many items says about their number.
    fn learn_length(&mut self, block: Block, inst: Inst) {
        let data = &self.func.insts[inst];
        if data.op != Op::Helper(Helper::vt_list_fill) || self.func.blocks[block].term.tried() == Some(inst) {
            return;
        }
        let len = data.args[1];
        self.fills.entry(len).or_default().push(block);
        // 0 ≤ len ≤ MAX_LENGTH, and len = x + k, which cannot have wrapped if k is not great.
        if let Some(made) = self.func.def_inst(len).filter(|made| made.op == Op::Add)
            && let Some(k) = self.func.int_const(made.args[1]).filter(|k| (-MAX_LENGTH..=MAX_LENGTH).contains(k))
        {
            let x = Some(made.args[0]);
            self.facts.add(Fact { block, x, y: Some(len), k: -k });
            self.facts.add(Fact { block, x: Some(len), y: x, k });
        }
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
        for a in self.forms(made.args[0], block) {
            for b in self.forms(made.args[1], block) {
                self.compare(block, cond, (made.args[0], a), (made.args[1], b), &mut facts);
            }
        }
        facts
    }

    /// A value as a sum of another, if that is not just a constant, and a constant; in up to two ways.
    fn forms(&self, value: Value, block: Block) -> Vec<(Option<Value>, i64)> {
        if let Some(number) = self.func.int_const(value) {
            return vec![(None, number)];
        }
        let mut forms = vec![(Some(value), 0)];
        if let Some(made) = self.func.def_inst(value)
            && made.op == Op::Add
            && let Some(k @ ..0) = self.func.int_const(made.args[1])
            && self.is_length(made.args[0], block)
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
            IntCond::Ult if self.is_length(b_value, block) => [at_most(a, b, 1), at_most(zero, a, 0)],
            IntCond::Ugt if self.is_length(a_value, block) => [at_most(b, a, 1), at_most(zero, b, 0)],
            _ => [None, None],
        };
        facts.extend(found.into_iter().flatten());
    }

    /// Whether a value is certainly not negative by what it is, and no greater than [`MAX_LENGTH`] unless it is a constant.
    fn is_length(&self, value: Value, block: Block) -> bool {
        self.lengths.contains(&value)
            || self
                .fills
                .get(&value)
                .is_some_and(|from| from.iter().any(|&from| self.dominators.dominates(from, block)))
            || self.func.int_const(value).is_some_and(|number| number >= 0)
            || self.func.def_inst(value).is_some_and(|made| {
                matches!(made.op, Op::Load(Repr::I64, _, Region::ListLen | Region::MapLen | Region::BufferSize))
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

    fn sieve(step: &str) -> String {
        let source = format!(
            "FUNC f(n: int, s: int) -> int\nREG r7: [int]\nREG r0, r1, r2, r3, r4: int\nREG r6: bool\nLOAD_CONST r0, 0\n\
             LOAD_CONST r3, 1\nADD r4, n, r3\nLIST_FILL r7, r4, r0\nMOVE r1, r0\ntop:\nLE r6, r1, n\nIF_NOT r6, out\n\
             LIST_GET r2, r7, r1\nADD r0, r0, r2\n{step}\nJUMP top\nout:\nRETURN r0\nEND\n"
        );
        improved(&source).0.remove(0)
    }

    #[test]
    fn a_list_is_as_long_as_it_was_made() {
        // No list is so long that its length twice wraps, but any number may be added to an index.
        let text = sieve("ADD r1, r1, r1\nADD r1, r1, r3");
        assert_eq!(count(&text, "check index"), 0, "{text}");
        let text = sieve("ADD r1, r1, s");
        assert!(count(&text, "check index") > 0, "{text}");
    }

    #[test]
    fn division_is_plain_for_what_is_not_negative() {
        let text = sieve(
            "SHR r2, r1, r3\nLOAD_CONST r4, 8\nDIV r2, r1, r4\nREM r4, s, r4\nADD r2, r2, r4\nADD r0, r0, r2\nADD r1, r1, r3",
        );
        assert_eq!((count(&text, "sdiv"), count(&text, "srem") > 0), (0, true), "{text}");
        let text = sieve("LOAD_CONST r4, 8\nREM r4, s, r4\nEQ r6, r4, r0\nIF r6, out\nADD r1, r1, r3");
        assert!(count(&text, "srem") > 0, "{text}");
        let text =
            sieve("LOAD_CONST r4, 8\nLOAD_CONST r2, 0\nREM r4, s, r4\nEQ r6, r4, r2\nIF r6, out\nADD r1, r1, r3");
        assert_eq!(count(&text, "srem"), 0, "{text}");
    }
}
