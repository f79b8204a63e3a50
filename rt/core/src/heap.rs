//! The heap of a process.

pub(crate) mod blocks;
mod shapes;

use blocks::Block;
pub(crate) use shapes::Shapes;

/// The memory behind a process's objects.
#[derive(Default)]
pub(crate) struct Heap {
    blocks: Vec<Block>,
}

impl Heap {
    pub(crate) fn more(&mut self, size: usize) -> Block {
        let block = Block::take(size.max(64 << 10));
        self.blocks.push(block);
        block
    }
}
