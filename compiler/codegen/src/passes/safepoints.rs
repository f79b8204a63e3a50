//! Keeps references in registers around loops that poll.
//!
//! A reference that lives across a collection stands in the frame, and is loaded from there at each use. Polls hardly
//! ever collect. So references that loops use are written to the frame by the poll itself, off the usual path, and come
//! back as other values:
//!
//! ```text
//! before   a ─▶ poll ─▶ b       after   a ─▶ poll due? ──no──▶ b(x)
//!                                                 │yes          ▲
//!                                                 └─▶ poll slow x, x' = moved ─┘ (x')
//! ```

use super::repair::Variables;
use crate::ir::cfg::{Cfg, Dominators, Loops};
use crate::ir::traced::{Crossing, Traced, find_traced};
use crate::ir::{Block, Function, Inst, Jump, Op, Terminator, Value, ValueDef};
use cranelift_codegen::entity::SecondaryMap;
use rustc_hash::{FxHashMap, FxHashSet};
use vitte_abi::object::Repr;

/// The references that a loop's poll hands over at most, and the other values but floats that the loop carries; further
/// references stand in the frame. Registers are few.
const MAX_CARRIED: usize = 9;
/// How much more often each loop is thought to run than what is around it, as a shift.
const LOOP_SHIFT: u32 = 3;
/// Deeper loops count as this deep.
const MAX_DEPTH: u32 = 8;

/// Splits polls that are better off; their number.
pub(super) fn split_polls(func: &mut Function) -> u64 {
    let cfg = Cfg::new(func);
    let is_poll = |inst: &&Inst| func.insts[**inst].op == Op::Poll;
    if !cfg.order.iter().any(|&block| func.blocks[block].insts.iter().any(|inst| is_poll(&inst))) {
        return 0;
    }
    let Traced::At(crossings) = find_traced(func, &cfg) else { return 0 };
    let polls = choose(func, &cfg, &crossings);
    if polls.is_empty() {
        return 0;
    }
    let count = polls.len() as u64;
    split(func, &cfg, polls);
    count
}

/// A poll, and the references that it is to hand over.
struct Poll {
    block: Block,
    inst: Inst,
    values: Vec<Value>,
}

/// The polls that have something to hand over, in the order of the blocks.
fn choose(func: &Function, cfg: &Cfg, crossings: &[Crossing]) -> Vec<Poll> {
    let loops = Loops::new(cfg, &Dominators::new(cfg));
    let weight = |block: Block| 1u64 << (loops.depth(block).min(MAX_DEPTH) * LOOP_SHIFT);
    // How many references there are registers for in the loop around a block.
    let room = |block: Block| {
        let header = loops.innermost(block).map(|index| loops.loops[index].header);
        let params = header.map_or(&[][..], |header| &func.blocks[header].params);
        let carried = params.iter().filter(|&&param| !matches!(func.repr(param), Repr::F32 | Repr::F64)).count();
        MAX_CARRIED.saturating_sub(carried)
    };
    let mut uses: SecondaryMap<Value, u64> = SecondaryMap::with_capacity(func.values.len());
    for &block in &cfg.order {
        func.for_each_use(block, |value| uses[value] += weight(block));
    }
    let mut handed: FxHashMap<Inst, Vec<Value>> = FxHashMap::default();
    // Those of one value stand together.
    for of_value in crossings.chunk_by(|a, b| a.value == b.value) {
        let value = of_value[0].value;
        let splits = |crossing: &Crossing| {
            func.insts[crossing.inst].op == Op::Poll && func.blocks[crossing.block].term.tried() != Some(crossing.inst)
        };
        let has_room = |crossing: &Crossing| handed.get(&crossing.inst).map_or(0, Vec::len) < room(crossing.block);
        let cost: u64 = of_value.iter().map(|crossing| weight(crossing.block)).sum();
        if uses[value] >= cost && of_value.iter().all(|crossing| splits(crossing) && has_room(crossing)) {
            for crossing in of_value {
                handed.entry(crossing.inst).or_default().push(value);
            }
        }
    }
    let mut polls = Vec::new();
    for &block in &cfg.order {
        // From the last on: what stands before one stays in its block.
        for &inst in func.blocks[block].insts.iter().rev() {
            if let Some(values) = handed.remove(&inst) {
                polls.push(Poll { block, inst, values });
            }
        }
    }
    polls
}

fn split(func: &mut Function, cfg: &Cfg, polls: Vec<Poll>) {
    let mut variables = Variables::default();
    let mut numbers: FxHashMap<Value, u32> = FxHashMap::default();
    // The blocks where a variable has a definition of its own.
    let mut homes: FxHashSet<(u32, Block)> = FxHashSet::default();
    let mut places: SecondaryMap<Inst, Option<Block>> = SecondaryMap::with_capacity(func.insts.len());
    for &block in &cfg.order {
        let data = &func.blocks[block];
        data.insts.iter().chain(&data.term.tried()).for_each(|&inst| places[inst] = Some(block));
    }
    let mut defined = Vec::new();
    for Poll { block, inst, values } in polls {
        let place = func.blocks[block].insts.iter().position(|&other| other == inst);
        let rest = func.blocks[block].insts.split_off(place.unwrap_or_else(|| unreachable!("the poll was there")));
        let loc = func.insts[inst].loc;
        let next = func.add_block();
        let slow = func.add_block();
        let data = &mut func.blocks[block];
        let (term, term_loc, cold) =
            (std::mem::replace(&mut data.term, Terminator::Unreachable), data.term_loc, data.cold);
        let data = &mut func.blocks[next];
        (data.insts, data.term, data.term_loc, data.cold) = (rest[1..].to_vec(), term, term_loc, cold);
        for &moved in &rest[1..] {
            places[moved] = Some(next);
        }
        let due = func.append_value(block, Op::PollDue, vec![], Repr::I64, loc);
        func.append(slow, Op::PollSlow, values.clone(), Repr::Unit, loc);
        let moved: Vec<Value> = (0..values.len() as u32)
            .map(|number| func.append_value(slow, Op::Moved(number), vec![], Repr::Ref, loc))
            .collect();
        func.blocks[slow].cold = true;
        func.blocks[slow].term = Terminator::Jump(Jump::with(next, moved));
        func.blocks[block].term = Terminator::Branch(due, Jump::to(slow), Jump::with(next, values.iter().copied()));
        func.blocks[block].term_loc = loc;
        let params: FxHashMap<Value, Value> =
            values.iter().map(|&value| (value, func.add_param(next, Repr::Ref))).collect();
        func.map_uses(next, |value| *params.get(&value).unwrap_or(&value));
        for (&value, &param) in &params {
            let number = *numbers.entry(value).or_insert_with(|| variables.add(Repr::Ref));
            defined.push((number, next, param));
            homes.insert((number, next));
        }
    }
    for (&value, &number) in &numbers {
        let home = match func.values[value].def {
            ValueDef::Param(block, _) => block,
            ValueDef::Inst(inst) => places[inst].unwrap_or_else(|| unreachable!("{value} is defined in a block")),
        };
        defined.push((number, home, value));
        homes.insert((number, home));
    }
    for (number, block, value) in defined {
        variables.define(number, block, value);
    }
    variables.replace_uses(func, &numbers, |number, block| homes.contains(&(number, block)));
}

#[cfg(test)]
mod tests {
    use crate::passes::testing::{count, improved, on_list};

    #[test]
    fn what_a_loop_uses_is_handed_over() {
        let code = "LOAD_CONST r0, 0\nLOAD_CONST r1, 0\nLOAD_CONST r3, 2\ntop:\nLT r6, r1, n\nIF_NOT r6, out\n\
            LIST_GET r2, xs, r1\nADD r0, r0, r2\nADD r1, r1, r3\nJUMP top\nout:\nRETURN r0";
        let (texts, stats) = improved(&on_list(code));
        assert_eq!(stats.0.get("polls.split"), Some(&1), "{}", texts[0]);
        // The buffer alone: of the list nothing is wanted any more.
        assert!(count(&texts[0], "poll_slow v") == 1 && count(&texts[0], "moved") == 1, "{}", texts[0]);
    }

    #[test]
    fn what_lives_across_calls_stands_in_the_frame() {
        let code = "LOAD_CONST r0, 0\nLOAD_CONST r1, 0\nLOAD_CONST r3, 2\ntop:\nLT r6, r1, n\nIF_NOT r6, out\n\
            LIST_PUSH xs, r1\nADD r1, r1, r3\nEQ r6, r1, r3\nIF_NOT r6, top\nCALL r0, other, r1\nJUMP top\nout:\nRETURN r0";
        let other = "FUNC other(n: int) -> int\nREG r0: any\nTO_ANY r0, n\nTHROW r0\nEND\n";
        let (_, stats) = improved(&format!("{}{other}", on_list(code)));
        assert_eq!(stats.0.get("polls.split"), None);
    }
}
