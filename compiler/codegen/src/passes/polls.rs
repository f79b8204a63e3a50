//! Drops polls from loops of few rounds, which are over soon enough, unless natives allocate in them: they do not collect,
//! and may make large objects.
//!
//! Longer loops keep their polls even if they call a function each time round: functions that call no others do not poll
//! when they are entered, and which those are is known only when all passes are over.

use crate::ir::cfg::{Cfg, Dominators, Loop, Loops};
use crate::ir::{Block, Function, IntCond, Op, Terminator, Value, ValueDef};
use vitte_abi::functions::{FnEffect, Helper};

/// So many rounds of a loop without inner loops need no poll.
const MAX_ROUNDS: i64 = 64;

/// Drops polls; their number.
pub(super) fn drop_polls(func: &mut Function) -> u64 {
    let cfg = Cfg::new(func);
    let dominators = Dominators::new(&cfg);
    let loops = Loops::new(&cfg, &dominators);
    let mut count = 0;
    for index in 0..loops.loops.len() {
        let each = &loops.loops[index];
        let has_inner = loops.loops.iter().any(|other| other.parent == Some(index));
        if has_inner || natives_allocate(func, each) || !is_short(func, &cfg, each, index, &loops) {
            continue;
        }
        for &block in &each.blocks {
            if loops.innermost(block) != Some(index) {
                continue;
            }
            let insts = &func.insts;
            let data = &mut func.blocks[block];
            let before = data.insts.len();
            data.insts.retain(|&inst| insts[inst].op != Op::Poll);
            count += (before - data.insts.len()) as u64;
            if let Terminator::Try { inst, normal, .. } = &data.term
                && insts[*inst].op == Op::Poll
            {
                data.term = Terminator::Jump(normal.clone());
                count += 1;
            }
        }
    }
    count
}

fn natives_allocate(func: &Function, each: &Loop) -> bool {
    each.blocks.iter().any(|&block| {
        let data = &func.blocks[block];
        data.insts.iter().chain(&data.term.tried()).any(|&inst| {
            let op = &func.insts[inst].op;
            // What grows by one item rarely allocates.
            matches!(op, Op::Helper(_) | Op::Native(_))
                && !matches!(op, Op::Helper(Helper::vt_list_grow | Helper::vt_map_set))
                && op.runtime_fn().is_some_and(|row| row.has(FnEffect::Allocs))
        })
    })
}

/// Whether a loop counts from a constant to a constant by a constant, in few rounds.
fn is_short(func: &Function, cfg: &Cfg, each: &Loop, index: usize, loops: &Loops) -> bool {
    let [latch] = each.latches[..] else { return false };
    // The test stands at the bottom, or at the top.
    [latch, each.header].iter().any(|&block| {
        let Terminator::Branch(cond, then, other) = &func.blocks[block].term else { return false };
        let stays = loops.contains(index, then.block);
        if stays == loops.contains(index, other.block) {
            return false;
        }
        let Some(made) = func.def_inst(*cond) else { return false };
        let Op::ICmp(cond) = made.op else { return false };
        let cond = if stays { cond } else { cond.inverse() };
        let Some(end) = func.int_const(made.args[1]) else { return false };
        let Some((start, step)) = counter(func, cfg, each, latch, made.args[0]) else { return false };
        let rounds = match (cond, step) {
            (IntCond::Slt | IntCond::Ne, 1) | (IntCond::Sle, 1) => end.checked_sub(start),
            (IntCond::Slt | IntCond::Sle, 2..) => end.checked_sub(start),
            (IntCond::Sgt | IntCond::Ne, -1) | (IntCond::Sge, -1) => start.checked_sub(end),
            (IntCond::Sgt | IntCond::Sge, ..-1) => start.checked_sub(end),
            _ => None,
        };
        rounds.is_some_and(|rounds| (0..MAX_ROUNDS).contains(&rounds))
    })
}

/// Start and step of a value that is a counter of the loop, or a counter plus its step.
fn counter(func: &Function, cfg: &Cfg, each: &Loop, latch: Block, value: Value) -> Option<(i64, i64)> {
    let param = match func.values[value].def {
        ValueDef::Param(block, _) if block == each.header => value,
        _ => func.def_inst(value).filter(|made| made.op == Op::Add).map(|made| made.args[0])?,
    };
    let ValueDef::Param(block, number) = func.values[param].def else { return None };
    if block != each.header {
        return None;
    }
    let brought = |pred: Block| {
        let mut brought = func.blocks[pred].term.jumps().filter(|jump| jump.block == block);
        match (brought.next(), brought.next()) {
            (Some(jump), None) => match jump.args[number as usize] {
                crate::ir::Arg::Value(value) => Some(value),
                _ => None,
            },
            _ => None,
        }
    };
    let next = func.def_inst(brought(latch)?)?;
    if next.op != Op::Add || next.args[0] != param {
        return None;
    }
    let step = func.int_const(next.args[1])?;
    let mut outside = cfg.preds[block].iter().filter(|&&pred| pred != latch);
    let (Some(&enters), None) = (outside.next(), outside.next()) else { return None };
    Some((func.int_const(brought(enters)?)?, step))
}

#[cfg(test)]
mod tests {
    use crate::passes::testing::{count, improved, on_list};

    fn polls(end: &str, body: &str) -> usize {
        let code = format!(
            "LOAD_CONST r0, 0\nLOAD_CONST r1, 0\nLOAD_CONST r3, 1\n{end}\ntop:\nLT r6, r1, r5\nIF_NOT r6, out\n{body}\n\
             ADD r1, r1, r3\nJUMP top\nout:\nRETURN r0"
        );
        let other = "FUNC other(n: int) -> int\nREG r0: any\nTO_ANY r0, n\nTHROW r0\nEND\n";
        let (texts, _) = improved(&format!("{}{other}", on_list(&code)));
        count(&texts[0], "poll")
    }

    #[test]
    fn long_loops_poll_also_if_they_call() {
        assert_eq!(polls("MOVE r5, n", "ADD r0, r0, r1"), 1);
        assert_eq!(polls("MOVE r5, n", "CALL r0, other, r1"), 1);
        assert_eq!(polls("LOAD_CONST r5, 20", "XOR r0, r0, r1"), 0);
        assert_eq!(polls("LOAD_CONST r5, 2000", "XOR r0, r0, r1"), 1);
        assert_eq!(polls("LOAD_CONST r5, 20", "LIST_PUSH xs, r0"), 0);
        assert_ne!(polls("LOAD_CONST r5, 20", "LIST_EXTEND xs, xs"), 0);
    }
}
