//! What branches and checks have found out.

use crate::ir::cfg::Dominators;
use crate::ir::{Block, InstData, IntCond, Op, Value};
use rustc_hash::FxHashMap;

/// Values that are known, and relations between values, each from some block on.
#[derive(Default)]
pub(super) struct Facts {
    constants: FxHashMap<Value, Vec<(Block, i64)>>,
    relations: FxHashMap<(Value, Value), Vec<(Block, u8)>>,
}

/// How deep conditions are taken apart.
const MAX_DEPTH: u32 = 4;

impl Facts {
    /// Notes that `value`, a condition or another integer, is `known` in `block` and all that it dominates. `look` gives
    /// the instruction that makes a value.
    pub(super) fn learn<'f>(
        &mut self,
        look: &dyn Fn(Value) -> Option<&'f InstData>,
        block: Block,
        value: Value,
        known: i64,
    ) {
        self.learn_deep(look, block, value, known, 0);
    }

    fn learn_deep<'f>(
        &mut self,
        look: &dyn Fn(Value) -> Option<&'f InstData>,
        block: Block,
        value: Value,
        known: i64,
        depth: u32,
    ) {
        let made = look(value);
        if matches!(made.map(|made| &made.op), Some(Op::Int(..))) {
            return;
        }
        self.constants.entry(value).or_default().push((block, known));
        let Some(made) = made else { return };
        if depth == MAX_DEPTH {
            return;
        }
        let number = |value: Value| match look(value).map(|made| &made.op) {
            Some(Op::Int(_, number)) => Some(*number),
            _ => None,
        };
        match (&made.op, known) {
            (Op::ICmp(cond), 0 | 1) => {
                let cond = if known == 1 { *cond } else { cond.inverse() };
                let (a, b) = (made.args[0], made.args[1]);
                if cond == IntCond::Eq
                    && let Some(number) = number(b)
                {
                    self.constants.entry(a).or_default().push((block, number));
                }
                let (pair, cond) = ordered(a, b, cond);
                self.relations.entry(pair).or_default().push((block, outcomes(cond)));
            }
            (Op::Xor, 0 | 1) if number(made.args[1]) == Some(1) => {
                self.learn_deep(look, block, made.args[0], 1 - known, depth + 1);
            }
            (Op::And, 1) | (Op::Or, 0) => {
                // Both sides, if they are truth values; the lowest bit of others says less.
                for &side in &made.args {
                    if matches!(look(side).map(|made| &made.op), Some(Op::ICmp(_) | Op::FCmp(_) | Op::IsType(_))) {
                        self.learn_deep(look, block, side, known, depth + 1);
                    }
                }
            }
            _ => {}
        }
    }

    /// What a value is known to be in `block`.
    pub(super) fn constant(&self, dominators: &Dominators, block: Block, value: Value) -> Option<i64> {
        if self.constants.is_empty() {
            return None;
        }
        let known = self.constants.get(&value)?;
        known.iter().rev().find(|&&(from, _)| dominators.dominates(from, block)).map(|&(_, number)| number)
    }

    /// Whether a comparison is known to hold, or not to, in `block`.
    pub(super) fn comparison(
        &self,
        dominators: &Dominators,
        block: Block,
        cond: IntCond,
        a: Value,
        b: Value,
    ) -> Option<bool> {
        let (pair, cond) = ordered(a, b, cond);
        let mut possible = ALL;
        for &(from, outcomes) in self.relations.get(&pair)? {
            if dominators.dominates(from, block) {
                possible &= outcomes;
            }
        }
        let wanted = outcomes(cond);
        match (possible & !wanted == 0, possible & wanted == 0) {
            // What is impossible is not reached; nothing to be gained.
            (true, true) => None,
            (true, false) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
        }
    }
}

fn ordered(a: Value, b: Value, cond: IntCond) -> ((Value, Value), IntCond) {
    if a <= b { ((a, b), cond) } else { ((b, a), cond.swapped()) }
}

const EQUAL: u8 = 1;
/// Less signed and less unsigned; less and greater; and so on.
const LESS_LESS: u8 = 2;
const LESS_GREATER: u8 = 4;
const GREATER_LESS: u8 = 8;
const GREATER_GREATER: u8 = 16;
const ALL: u8 = 31;

/// How two numbers may compare, signed and unsigned, if the condition holds.
fn outcomes(cond: IntCond) -> u8 {
    match cond {
        IntCond::Eq => EQUAL,
        IntCond::Ne => ALL & !EQUAL,
        IntCond::Slt => LESS_LESS | LESS_GREATER,
        IntCond::Sle => LESS_LESS | LESS_GREATER | EQUAL,
        IntCond::Sgt => GREATER_LESS | GREATER_GREATER,
        IntCond::Sge => GREATER_LESS | GREATER_GREATER | EQUAL,
        IntCond::Ult => LESS_LESS | GREATER_LESS,
        IntCond::Ule => LESS_LESS | GREATER_LESS | EQUAL,
        IntCond::Ugt => LESS_GREATER | GREATER_GREATER,
        IntCond::Uge => LESS_GREATER | GREATER_GREATER | EQUAL,
    }
}
