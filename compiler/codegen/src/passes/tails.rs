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
