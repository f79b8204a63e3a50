//! The loops that call nothing, in functions that do.
//!
//! A call leaves few registers as they were. What lives across one stands in the frame, or is moved there and back, and
//! Cranelift's register allocator then does so in loops, too, even if they do not call. Such loops are better off with
//! copies of their own.

use super::cfg::{Cfg, Dominators, Loops};
use super::{Block, Function, Inst};

/// Where a function calls, and where it does not.
#[derive(Default, Debug)]
pub struct Quiet {
    /// The blocks that call, in order.
    pub calling: Vec<Block>,
    /// The loops that do not, but for those in each other.
    pub loops: Vec<QuietLoop>,
}

/// A loop that calls nothing.
#[derive(Debug)]
pub struct QuietLoop {
    /// The block before it, in no loop that the loop is not in, too.
    pub before: Block,
    /// Its blocks.
    pub blocks: Vec<Block>,
}

/// Finds the loops that call nothing, if the function does.
pub fn find_quiet(func: &Function, cfg: &Cfg, dominators: &Dominators) -> Quiet {
    let calling: Vec<Block> = cfg.order.iter().copied().filter(|&block| calls(func, block).next().is_some()).collect();
    if calling.is_empty() {
        return Quiet::default();
    }
    let loops = Loops::new(cfg, dominators);
    let mut is_quiet = vec![true; loops.loops.len()];
    for &block in &calling {
        let mut at = loops.innermost(block);
        while let Some(index) = at {
            is_quiet[index] = false;
            at = loops.loops[index].parent;
        }
    }
    let mut found = Vec::new();
    for (index, each) in loops.loops.iter().enumerate() {
        if !is_quiet[index] || each.parent.is_some_and(|parent| is_quiet[parent]) {
            continue;
        }
        if let Some(before) = dominators.idom(each.header).filter(|&block| loops.innermost(block) == each.parent) {
            found.push(QuietLoop { before, blocks: each.blocks.clone() });
        }
    }
    Quiet { calling, loops: found }
}

/// The instructions of a block that call more than a slow path.
pub fn calls(func: &Function, block: Block) -> impl Iterator<Item = Inst> + '_ {
    let data = &func.blocks[block];
    data.insts.iter().copied().chain(data.term.tried()).filter(|&inst| {
        let op = &func.insts[inst].op;
        op.calls() || op.runtime_fn().is_some()
    })
}
