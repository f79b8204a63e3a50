//! The search for a proof.

use super::{Bounds, Fact, MAX_LENGTH};
use crate::ir::{Arg, Block, Function, InstData, Op, Terminator, Value, ValueDef};

/// The steps that one search may take.
const MAX_STEPS: u32 = 150;
/// How deep a search goes.
const MAX_DEPTH: u32 = 24;

/// A search for one proof.
pub(super) struct Search<'b> {
    bounds: &'b Bounds<'b>,
    steps: u32,
    depth: u32,
    /// Parameters about to be shown at most, or at least, something.
    below: Vec<(Value, Option<Value>, i64)>,
    above: Vec<(Value, i64)>,
}

impl<'b> Search<'b> {
    pub(super) fn new(bounds: &'b Bounds<'b>) -> Search<'b> {
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
    pub(super) fn at_most(
        &mut self,
        value: Value,
        top: Option<Value>,
        c: i64,
        block: Block,
        edge: Option<Block>,
    ) -> bool {
        if !self.step() {
            return false;
        }
        let func = self.bounds.func;
        if Some(value) == top {
            return c >= 0;
        }
        if top.is_none() && (c == i64::MAX || c >= MAX_LENGTH && self.bounds.is_length(value, block)) {
            return true;
        }
        if let Some(number) = func.int_const(value) {
            return match top {
                None => number <= c,
                Some(top) => {
                    number <= c && self.bounds.is_length(top, block)
                        || self.constant_at_most(number, top, c, block, edge)
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
        let Some((made, second)) = operation(func, value) else { return false };
        match (&made.op, second) {
            (Op::Add, Some(k)) => {
                let Some(rest) = c.checked_sub(k) else { return false };
                self.does_not_wrap(made.args[0], k, block, edge) && self.at_most(made.args[0], top, rest, block, edge)
            }
            (Op::Add, None) => {
                let half = c / 2;
                top.is_none()
                    && c >= 0
                    && made
                        .args
                        .iter()
                        .all(|&arg| self.at_least(arg, 0, block, edge) && self.at_most(arg, None, half, block, edge))
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
        let Some(top) = top.filter(|&top| self.bounds.is_length(top, block)) else { return false };
        let func = self.bounds.func;
        let Some(made) = func.def_inst(top).filter(|made| made.op == Op::Add) else { return false };
        let Some(k) = func.int_const(made.args[1]).filter(|&k| k >= 0) else { return false };
        c.checked_add(k).is_some_and(|c| self.at_most(value, Some(made.args[0]), c, block, edge))
    }

    /// Shows `value ≥ c`.
    pub(super) fn at_least(&mut self, value: Value, c: i64, block: Block, edge: Option<Block>) -> bool {
        if !self.step() {
            return false;
        }
        let func = self.bounds.func;
        if let Some(number) = func.int_const(value) {
            return number >= c;
        }
        if c == i64::MIN || c <= 0 && self.bounds.is_length(value, block) {
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
        let Some((made, second)) = operation(func, value) else { return false };
        match (&made.op, second) {
            (Op::Add, Some(k)) => {
                let Some(rest) = c.checked_sub(k) else { return false };
                self.does_not_wrap(made.args[0], k, block, edge) && self.at_least(made.args[0], rest, block, edge)
            }
            (Op::Add, None) => c <= 0 && made.args.iter().all(|&arg| self.is_in(arg, i64::MAX / 2, block, edge)),
            (Op::Mul, Some(k @ 1..)) => c <= 0 && self.is_in(made.args[0], i64::MAX / k, block, edge),
            (Op::Shl, Some(k @ 0..=62)) => c <= 0 && self.is_in(made.args[0], i64::MAX >> k, block, edge),
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

    /// Shows `0 ≤ value ≤ most`.
    fn is_in(&mut self, value: Value, most: i64, block: Block, edge: Option<Block>) -> bool {
        self.at_least(value, 0, block, edge) && self.at_most(value, None, most, block, edge)
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

/// What computes a value, and its second argument if that is a constant; `None` for a block parameter.
fn operation(func: &Function, value: Value) -> Option<(&InstData, Option<i64>)> {
    let made = func.def_inst(value)?;
    Some((made, made.args.get(1).and_then(|&arg| func.int_const(arg))))
}
