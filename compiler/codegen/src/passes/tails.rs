//! Turns tail calls of a function to itself into a loop.

use crate::ir::{Function, Jump, Op, Terminator};
use vitte_abi::object::Repr;

/// Turns them; their number.
pub(super) fn loop_tail_calls(func: &mut Function) -> u64 {
    let own = func.func;
    let is_own = |term: &Terminator| matches!(term, Terminator::TailCall(callee, _) if *callee == own);
    let blocks: Vec<_> = func.layout.iter().copied().filter(|&block| is_own(&func.blocks[block].term)).collect();
    if blocks.is_empty() {
        return 0;
    }
    // The entry has no predecessors: a new one jumps to it.
    let header = func.entry();
    let entry = func.add_block();
    let params = func.blocks[header].params.clone();
    let params = params.into_iter().map(|param| func.add_param(entry, func.repr(param))).collect::<Vec<_>>();
    func.blocks[entry].term = Terminator::Jump(Jump::with(header, params));
    func.layout.pop();
    func.layout.insert(0, entry);
    for &block in &blocks {
        let term = std::mem::replace(&mut func.blocks[block].term, Terminator::Unreachable);
        let Terminator::TailCall(_, args) = term else { unreachable!("a tail call") };
        let loc = func.blocks[block].term_loc;
        func.append(block, Op::Poll, vec![], Repr::Unit, loc);
        func.blocks[block].term = Terminator::Jump(Jump::with(header, args));
    }
    blocks.len() as u64
}

#[cfg(test)]
mod tests {
    use crate::passes::testing::{count, improved};

    #[test]
    fn a_tail_call_of_itself_is_a_loop_that_polls() {
        let (texts, _) = improved(
            "FUNC f(n: int, sum: int) -> int\nREG r0, r1: int\nREG r2: bool\nLOAD_CONST r0, 0\nEQ r2, n, r0\nIF r2, out\n\
             ADD sum, sum, n\nLOAD_CONST r1, 1\nSUB n, n, r1\nTAIL_CALL f, n, sum\nout:\nRETURN sum\nEND",
        );
        assert_eq!((count(&texts[0], "tail_call"), count(&texts[0], "poll")), (0, 1), "{}", texts[0]);
    }
}
