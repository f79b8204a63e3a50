//! Repeats the bodies of small loops, so that they poll less often than they go round.
//!
//! ```text
//! before   ─▶ header ─▶ exit      after   ─▶ header ─▶ exit ◀─ header' …
//!               │   ▲                          │  ▲              ▲  │
//!               ▼   │                          ▼  └──── … ───────┼──┼── poll ◀┐
//!               body, poll                     body ─────────────┘  └▶ body' ─┘
//! ```
//!
//! Each copy tests as the loop did, so nothing need be known of how often it goes round. What one copy hands to the next
//! needs no block parameter.

use super::repair::Variables;
use crate::ir::cfg::{Cfg, Dominators, Loop, Loops};
use crate::ir::{Arg, Block, Function, Op, Terminator, Value};
use rustc_hash::{FxHashMap, FxHashSet};

/// The size that a loop may have with its copies, in instructions and blocks.
const MAX_SIZE: usize = 40;
/// The most rounds between two polls.
const MAX_ROUNDS: usize = 4;
/// Larger functions are left alone: they are compiled for long enough as it is.
const MAX_FUNCTION: usize = 4000;

/// Unrolls loops; their number.
pub(super) fn unroll_loops(func: &mut Function) -> u64 {
    if func.size() > MAX_FUNCTION {
        return 0;
    }
    let cfg = Cfg::new(func);
    let loops = Loops::new(&cfg, &Dominators::new(&cfg));
    let has_inner: FxHashSet<usize> = loops.loops.iter().filter_map(|each| each.parent).collect();
    let chosen: Vec<(usize, usize)> = (0..loops.loops.len())
        .filter(|index| !has_inner.contains(index))
        .map(|index| (index, rounds(func, &loops.loops[index])))
        .filter(|&(_, rounds)| rounds > 1)
        .collect();
    if chosen.is_empty() {
        return 0;
    }
    // The values that are used outside of their loops.
    let mut homes: FxHashMap<Value, (usize, Block)> = FxHashMap::default();
    for &(index, _) in &chosen {
        for &block in &loops.loops[index].blocks {
            let data = &func.blocks[block];
            let results = data.insts.iter().filter_map(|&inst| func.insts[inst].result);
            homes.extend(data.params.iter().copied().chain(results).map(|value| (value, (index, block))));
        }
    }
    let mut leaving: Vec<Value> = Vec::new();
    for &block in &cfg.order {
        let own = loops.innermost(block);
        func.for_each_use(block, |value| {
            leaving.extend(homes.get(&value).filter(|home| Some(home.0) != own).map(|_| value));
        });
    }
    leaving.sort_unstable();
    leaving.dedup();
    let copies: FxHashMap<usize, Vec<Round>> =
        chosen.iter().map(|&(index, rounds)| (index, unroll(func, &loops.loops[index], rounds))).collect();
    let mut variables = Variables::default();
    let mut numbers: FxHashMap<Value, u32> = FxHashMap::default();
    let mut loop_of = Vec::new();
    for value in leaving {
        let (index, block) = homes[&value];
        let number = variables.add(func.repr(value));
        variables.define(number, block, value);
        for copy in &copies[&index] {
            variables.define(number, copy.blocks[&block], copy.values[&value]);
        }
        numbers.insert(value, number);
        loop_of.push(index);
    }
    variables.replace_uses(func, &numbers, |number, block| loops.innermost(block) == Some(loop_of[number as usize]));
    func.drop_unreachable();
    chosen.len() as u64
}

/// How many rounds of a loop are to stand one after the other.
fn rounds(func: &Function, each: &Loop) -> usize {
    let mut size = each.blocks.len();
    let mut polls = false;
    for &block in &each.blocks {
        let data = &func.blocks[block];
        for &inst in data.insts.iter().chain(&data.term.tried()) {
            match func.insts[inst].op {
                Op::Poll => polls = true,
                // What takes longer is not worth it, and an `Array` belongs to the helper call behind it.
                ref op if op.collects() || op.runtime_fn().is_some() || *op == Op::Array => return 1,
                _ => size += 1,
            }
        }
    }
    if polls { (MAX_SIZE / size).clamp(1, MAX_ROUNDS) } else { 1 }
}

/// A copy of a loop: its blocks and values by those of the original.
#[derive(Default)]
struct Round {
    blocks: FxHashMap<Block, Block>,
    values: FxHashMap<Value, Value>,
}

impl Round {
    fn value(&self, value: Value) -> Value {
        *self.values.get(&value).unwrap_or(&value)
    }
}

/// Has so many rounds of a loop stand one after the other; the copies.
fn unroll(func: &mut Function, each: &Loop, rounds: usize) -> Vec<Round> {
    let copies: Vec<Round> = (1..rounds).map(|_| copy(func, each)).collect();
    let headers: Vec<Block> =
        copies.iter().map(|copy| copy.blocks[&each.header]).chain(std::iter::once(each.header)).collect();
    // From the last on, which reads the original's jumps.
    for (copy, &next) in copies.iter().zip(&headers[1..]) {
        for &block in &each.blocks {
            let mut term = func.blocks[block].term.clone();
            if let Terminator::Try { inst, .. } = &mut term {
                *inst = func.copy_inst(*inst, |value| copy.value(value));
            }
            term.for_each_operand_mut(|value| *value = copy.value(*value));
            for jump in term.jumps_mut() {
                jump.block = match copy.blocks.get(&jump.block) {
                    Some(_) if jump.block == each.header => next,
                    Some(&block) => block,
                    None => jump.block,
                };
                for arg in &mut jump.args {
                    if let Arg::Value(value) = arg {
                        *value = copy.value(*value);
                    }
                }
            }
            func.blocks[copy.blocks[&block]].term = term;
        }
    }
    for &latch in &each.latches {
        for jump in func.blocks[latch].term.jumps_mut().filter(|jump| jump.block == each.header) {
            jump.block = headers[0];
        }
    }
    let quiet = copies.split_last().map_or(&[][..], |(_, others)| others);
    let originals = each.blocks.iter().copied();
    for block in originals.chain(quiet.iter().flat_map(|copy| copy.blocks.values().copied())) {
        drop_polls(func, block);
    }
    copies
}

/// Copies the blocks of a loop but for their terminators.
fn copy(func: &mut Function, each: &Loop) -> Round {
    let mut round = Round::default();
    for &block in &each.blocks {
        let new = func.add_block();
        round.blocks.insert(block, new);
        func.blocks[new].cold = func.blocks[block].cold;
        func.blocks[new].term_loc = func.blocks[block].term_loc;
        for param in func.blocks[block].params.clone() {
            let value = func.add_param(new, func.repr(param));
            round.values.insert(param, value);
        }
    }
    for &block in &each.blocks {
        let new = round.blocks[&block];
        for inst in func.blocks[block].insts.clone() {
            let made = func.copy_inst(inst, |value| round.value(value));
            func.blocks[new].insts.push(made);
            if let (Some(old), Some(result)) = (func.insts[inst].result, func.insts[made].result) {
                round.values.insert(old, result);
            }
        }
    }
    round
}

fn drop_polls(func: &mut Function, block: Block) {
    let insts = &func.insts;
    let data = &mut func.blocks[block];
    data.insts.retain(|&inst| insts[inst].op != Op::Poll);
    if let Terminator::Try { inst, normal, .. } = &data.term
        && insts[*inst].op == Op::Poll
    {
        data.term = Terminator::Jump(normal.clone());
    }
}

#[cfg(test)]
mod tests {
    use crate::passes::testing::{count, improved, on_list};

    const START: &str = "LOAD_CONST r0, 0\nLOAD_CONST r1, 0\nLOAD_CONST r3, 3\ntop:\nLT r6, r1, n\nIF_NOT r6, out\n";

    #[test]
    fn a_small_loop_polls_once_in_some_rounds() {
        let (texts, stats) = improved(&on_list(&format!(
            "{START}MUL r2, r1, r1\nXOR r0, r0, r2\nADD r1, r1, r3\nJUMP top\nout:\nSUB r0, r0, r1\nRETURN r0"
        )));
        assert_eq!(stats.0.get("loops.unrolled"), Some(&1));
        assert_eq!((count(&texts[0], "poll"), count(&texts[0], "= mul")), (1, 4), "{}", texts[0]);
    }

    #[test]
    fn a_loop_that_calls_does_not_grow() {
        let (_, stats) =
            improved(&on_list(&format!("{START}PRINT r1\nADD r1, r1, r3\nJUMP top\nout:\nSUB r0, r0, r1\nRETURN r0")));
        assert_eq!(stats.0.get("loops.unrolled"), None);
    }
}
