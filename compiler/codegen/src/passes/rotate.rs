//! Turns loops that test at the top into loops that test at the bottom.
//!
//! ```text
//! before        ─▶ header ─▶ exit        after      ─▶ header ─▶ exit
//!                  │    ▲                              │           ▲
//!                  ▼    │                              ▼           │
//!                  body ┘                              body ─▶ copy of the header
//!                                                       ▲───────┘
//! ```
//!
//! One jump less each time round; and what the loop does first is done whenever the loop is entered, so that it may be
//! moved out of it.

use super::repair::Variables;
use crate::ir::cfg::{Cfg, Dominators, Loops};
use crate::ir::{Arg, Block, Function, Jump, Op, Terminator, Value};
use rustc_hash::FxHashMap;

/// Headers with more instructions are not copied.
const MAX_HEADER: usize = 16;

/// Rotates loops; their number.
pub(super) fn rotate_loops(func: &mut Function) -> u64 {
    let cfg = Cfg::new(func);
    let loops = Loops::new(&cfg, &Dominators::new(&cfg));
    let headers: Vec<(Block, Vec<Block>)> = loops
        .loops
        .iter()
        .enumerate()
        .filter(|&(index, each)| is_rotatable(func, &loops, index, each.header, &each.latches))
        .map(|(_, each)| (each.header, each.latches.clone()))
        .collect();
    let mut copies = Vec::new();
    for (header, latches) in headers {
        copies.push(rotate(func, header, &latches));
    }
    if copies.is_empty() {
        return 0;
    }
    repair(func, &copies);
    func.drop_unreachable();
    copies.len() as u64
}

fn is_rotatable(func: &Function, loops: &Loops, index: usize, header: Block, latches: &[Block]) -> bool {
    let data = &func.blocks[header];
    let Terminator::Branch(_, then, other) = &data.term else { return false };
    let leaves = loops.contains(index, then.block) != loops.contains(index, other.block);
    let jumps_only = |&latch: &Block| latch != header && matches!(func.blocks[latch].term, Terminator::Jump(_));
    // An `Array` belongs to the helper call behind it; calls are large.
    let plain = data.insts.iter().all(|&inst| {
        let op = &func.insts[inst].op;
        !op.calls() && !matches!(op, Op::Array | Op::New(..) | Op::NewClosure(_))
    });
    leaves && plain && data.insts.len() <= MAX_HEADER && latches.iter().all(jumps_only)
}

/// A header, its copy, and for each value of the one that of the other.
struct HeaderCopy {
    header: Block,
    copy: Block,
    values: Vec<(Value, Value)>,
}

fn rotate(func: &mut Function, header: Block, latches: &[Block]) -> HeaderCopy {
    let copy = func.add_block();
    let mut known: FxHashMap<Value, Value> = FxHashMap::default();
    let mut values = Vec::new();
    for param in func.blocks[header].params.clone() {
        let new = func.add_param(copy, func.repr(param));
        known.insert(param, new);
        values.push((param, new));
    }
    for inst in func.blocks[header].insts.clone() {
        let new = func.copy_inst(inst, |arg| *known.get(&arg).unwrap_or(&arg));
        func.blocks[copy].insts.push(new);
        if let (Some(old), Some(new)) = (func.insts[inst].result, func.insts[new].result) {
            known.insert(old, new);
            values.push((old, new));
        }
    }
    let mut term = func.blocks[header].term.clone();
    term.for_each_operand_mut(|value| *value = *known.get(value).unwrap_or(value));
    for arg in term.jumps_mut().flat_map(|jump| &mut jump.args) {
        if let Arg::Value(value) = arg {
            *value = *known.get(value).unwrap_or(value);
        }
    }
    func.blocks[copy].term = term;
    func.blocks[copy].term_loc = func.blocks[header].term_loc;
    for &latch in latches {
        for jump in func.blocks[latch].term.jumps_mut() {
            if jump.block == header {
                *jump = Jump { block: copy, args: std::mem::take(&mut jump.args) };
            }
        }
    }
    HeaderCopy { header, copy, values }
}

/// Lets blocks that used values of a header have them from the header or from its copy.
fn repair(func: &mut Function, copies: &[HeaderCopy]) {
    let mut numbers: FxHashMap<Value, u32> = FxHashMap::default();
    let mut variables = Variables::default();
    let mut homes = Vec::new();
    for each in copies {
        for &(old, new) in &each.values {
            let number = variables.add(func.repr(old));
            numbers.insert(old, number);
            variables.define(number, each.header, old);
            variables.define(number, each.copy, new);
            homes.push(each.header);
        }
    }
    // A copy of an inner header may use values of an outer one, and is then a user like others.
    variables.replace_uses(func, &numbers, |number, block| homes[number as usize] == block);
}

#[cfg(test)]
mod tests {
    use crate::passes::testing::{improved, on_list};

    #[test]
    fn a_loop_tests_at_its_end() {
        let code = "LOAD_CONST r0, 0\nLOAD_CONST r1, 0\nLOAD_CONST r3, 3\ntop:\nLT r6, r1, n\nIF_NOT r6, out\n\
            MUL r2, r1, r1\nPRINT r2\nADD r1, r1, r3\nJUMP top\nout:\nSUB r0, r0, r1\nRETURN r0";
        let (texts, stats) = improved(&on_list(code));
        assert_eq!(stats.0.get("loops.rotated"), Some(&1));
        let latch = texts[0].lines().filter(|line| line.contains("branch")).count();
        // Once before the loop and once at its end; no block only to jump back.
        assert!(latch == 2 && texts[0].lines().filter(|line| line.contains(" jump ")).count() <= 1, "{}", texts[0]);
    }
}
