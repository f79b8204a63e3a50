//! An old generation in blocks that are filled from bottom to top. A major collection copies what lives into fresh
//! blocks and gives the others back.

use super::blocks::{Block, SMALLEST};
use super::{LARGE, Shapes, Space, poison};

/// The largest block of the old generation.
const MAX_BLOCK: usize = 1 << 20;

/// The space.
#[derive(Default)]
pub(crate) struct Copying {
    blocks: Vec<Block>,
    next: u64,
    end: u64,
    used: u64,
    reserved: u64,
    /// During a major collection, the blocks to copy from.
    from: Vec<Block>,
}

impl Copying {
    #[cold]
    fn add_block(&mut self, size: usize) {
        // In proportion to what is there, so that small heaps stay small and large ones have few blocks.
        let len = (self.reserved as usize / 4).clamp(SMALLEST, MAX_BLOCK).max(size.min(LARGE));
        let block = Block::take(len);
        self.blocks.push(block);
        self.reserved += block.len as u64;
        self.next = block.base;
        self.end = block.end();
    }
}

impl Space for Copying {
    const MARKS: bool = false;

    #[inline]
    fn alloc(&mut self, size: usize) -> u64 {
        if self.end - self.next < size as u64 {
            self.add_block(size);
        }
        let address = self.next;
        self.next += size as u64;
        self.used += size as u64;
        address
    }

    fn begin_major(&mut self) {
        self.from = std::mem::take(&mut self.blocks);
        self.next = 0;
        self.end = 0;
        self.used = 0;
        self.reserved = 0;
    }

    fn end_major(&mut self, _: &Shapes, poisons: bool) {
        for block in self.from.drain(..) {
            if poisons {
                poison(block.base, block.len);
            }
            block.give();
        }
    }

    fn used(&self) -> u64 {
        self.used
    }

    fn reserved(&self) -> u64 {
        self.reserved
    }

    fn contains(&self, address: u64) -> bool {
        self.blocks.iter().any(|block| block.contains(address))
    }
}

impl Drop for Copying {
    fn drop(&mut self) {
        self.blocks.drain(..).for_each(Block::give);
    }
}
