//! Which value is the context in a block. Loops that poll and call nothing have one of their own, see
//! [`quiet`](crate::ir::quiet): the address that the context itself holds.

use super::Emitter;
use crate::ir::cfg::{Cfg, Dominators};
use crate::ir::quiet::find_quiet;
use crate::ir::{Block, Function, Op};
use cranelift_codegen::ir::Value;
use rustc_hash::FxHashMap;
use std::mem::offset_of;
use vitte_abi::context::Context;

/// The loops that have the context in a value of their own.
#[derive(Default)]
pub(super) struct LoopContexts {
    /// The loops by the blocks before them, at the end of which they get it.
    before: FxHashMap<Block, Vec<usize>>,
    /// The loop of each block.
    of: FxHashMap<Block, usize>,
    /// That of each loop.
    values: Vec<Option<Value>>,
}

impl LoopContexts {
    /// Finds the loops.
    pub(super) fn new(func: &Function, cfg: &Cfg) -> LoopContexts {
        let mut contexts = LoopContexts::default();
        let polls = |block: Block| {
            let insts = func.blocks[block].insts.iter();
            insts.map(|&inst| &func.insts[inst].op).any(|op| matches!(op, Op::Poll | Op::PollDue))
        };
        if !cfg.order.iter().any(|&block| polls(block)) {
            return contexts;
        }
        for each in find_quiet(func, cfg, &Dominators::new(cfg)).loops {
            if each.blocks.iter().any(|&block| polls(block)) && func.blocks[each.before].term.tried().is_none() {
                let index = contexts.values.len();
                contexts.before.entry(each.before).or_default().push(index);
                contexts.of.extend(each.blocks.iter().map(|&block| (block, index)));
                contexts.values.push(None);
            }
        }
        contexts
    }
}

impl Emitter<'_> {
    /// Chooses the context for a block; `main` is the function's.
    pub(super) fn choose_context(&mut self, block: Block, main: Value) {
        let own = self.contexts.of.get(&block).and_then(|&index| self.contexts.values[index]);
        self.context = own.unwrap_or(main);
    }

    /// At the end of a block: the loops behind it get the context.
    pub(super) fn copy_context(&mut self, block: Block) {
        for index in self.contexts.before.remove(&block).unwrap_or_default() {
            self.contexts.values[index] = Some(self.load_context(offset_of!(Context, this)));
        }
    }
}
