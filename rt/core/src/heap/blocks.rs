//! Memory for heaps, in blocks of a power of two, recycled within the program.
//!
//! Blocks of up to [`LARGEST`] bytes are cut from pages of the operating system, halving what is too big, and go back
//! to a list of blocks of their size. Larger ones are mapped on their own; some are kept for a while, since touching
//! fresh pages costs more than clearing used ones.

use crate::sys;
use std::sync::{Mutex, PoisonError};

/// The smallest block: the first nursery of a process.
pub(crate) const SMALLEST: usize = 1 << SMALLEST_LOG;
const SMALLEST_LOG: u32 = 8;
/// The largest block that is recycled.
const LARGEST: usize = 1 << LARGEST_LOG;
const LARGEST_LOG: u32 = 22;

/// A piece of memory, aligned to 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// Its address.
    pub(crate) base: u64,
    /// Its length in bytes.
    pub(crate) len: usize,
    /// Whether it is fresh from the operating system, and so all zero.
    pub(crate) zeroed: bool,
}

/// For each power of two the blocks that are free, as a list through their first words.
struct Free([u64; (LARGEST_LOG - SMALLEST_LOG + 1) as usize]);

static FREE: Mutex<Free> = Mutex::new(Free([0; _]));

/// Larger blocks that are free.
struct Mapped {
    blocks: Vec<Block>,
    bytes: usize,
}

static MAPPED: Mutex<Mapped> = Mutex::new(Mapped { blocks: Vec::new(), bytes: 0 });

/// The most bytes in free larger blocks.
const MAX_MAPPED: usize = 128 << 20;

impl Mapped {
    /// A block that is large enough for `len` bytes and not much larger. If there is none the oldest goes: what a
    /// program asks for has changed.
    fn take(&mut self, len: usize) -> Option<Block> {
        let found = self.blocks.iter().rposition(|block| block.len >= len && block.len - len <= len / 4);
        let Some(found) = found else {
            self.drop_oldest();
            return None;
        };
        let block = self.blocks.remove(found);
        self.bytes -= block.len;
        Some(Block { zeroed: false, ..block })
    }

    fn drop_oldest(&mut self) {
        if !self.blocks.is_empty() {
            let oldest = self.blocks.remove(0);
            self.bytes -= oldest.len;
            sys::unmap(oldest.base, oldest.len);
        }
    }

    /// Keeps the block, if there are not too many; the oldest ones go.
    fn give(&mut self, block: Block) {
        if block.len > MAX_MAPPED / 2 {
            return sys::unmap(block.base, block.len);
        }
        self.bytes += block.len;
        self.blocks.push(block);
        while self.bytes > MAX_MAPPED {
            self.drop_oldest();
        }
    }
}

impl Free {
    fn pop(&mut self, class: usize) -> Option<u64> {
        let block = self.0[class];
        if block == 0 {
            return None;
        }
        // SAFETY: a block in the list is ours alone, and holds the next one's address.
        self.0[class] = unsafe { *(block as usize as *const u64) };
        Some(block)
    }

    fn push(&mut self, class: usize, block: u64) {
        // SAFETY: the block was given back by its only owner.
        unsafe { *(block as usize as *mut u64) = self.0[class] };
        self.0[class] = block;
    }
}

impl Block {
    /// No block.
    pub(crate) const EMPTY: Block = Block { base: 0, len: 0, zeroed: false };

    /// A block of at least `size` bytes. Ends the program if the system has no memory left.
    pub(crate) fn take(size: usize) -> Block {
        if size > LARGEST {
            let len = size.next_multiple_of(sys::PAGE);
            let kept = MAPPED.lock().unwrap_or_else(PoisonError::into_inner).take(len);
            return kept.unwrap_or_else(|| Block { base: sys::map_large(len), len, zeroed: true });
        }
        let len = size.next_power_of_two().max(SMALLEST);
        let class = (len.trailing_zeros() - SMALLEST_LOG) as usize;
        let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(base) = free.pop(class) {
            return Block { base, len, zeroed: false };
        }
        // Cut the smallest block that is larger; without one, fresh pages.
        let larger = (class + 1..free.0.len()).find_map(|larger| free.pop(larger).map(|base| (larger, base, false)));
        let (mut have, base, zeroed) = larger.unwrap_or_else(|| (free.0.len() - 1, sys::map(LARGEST), true));
        while have > class {
            have -= 1;
            free.push(have, base + (SMALLEST << have) as u64);
        }
        // The lower half stays in hand, and the list's links are written to upper halves only.
        Block { base, len, zeroed }
    }

    /// Gives the block back.
    pub(crate) fn give(self) {
        if self.len > LARGEST {
            MAPPED.lock().unwrap_or_else(PoisonError::into_inner).give(self);
            return;
        }
        let class = (self.len.trailing_zeros() - SMALLEST_LOG) as usize;
        FREE.lock().unwrap_or_else(PoisonError::into_inner).push(class, self.base);
    }

    /// Whether the address is in the block.
    pub(crate) fn contains(self, address: u64) -> bool {
        address.wrapping_sub(self.base) < self.len as u64
    }

    /// The address behind the block.
    pub(crate) fn end(self) -> u64 {
        self.base + self.len as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_do_not_overlap_and_come_back() {
        let mut blocks: Vec<Block> = [1000, 1024, 5000, 70_000, 9 << 20].map(Block::take).to_vec();
        for block in &blocks {
            for at in (0..block.len as u64).step_by(512) {
                // SAFETY: the block is ours.
                unsafe { *((block.base + at) as usize as *mut u64) = block.base };
            }
        }
        for block in &blocks {
            for at in (0..block.len as u64).step_by(512) {
                // SAFETY: as above.
                assert_eq!(unsafe { *((block.base + at) as usize as *const u64) }, block.base);
            }
        }
        assert_eq!(blocks.iter().map(|block| block.len).collect::<Vec<_>>(), [1024, 1024, 8192, 131_072, 9 << 20]);
        blocks.drain(..).for_each(Block::give);
    }

    #[test]
    fn some_large_blocks_are_kept() {
        let mut mapped = Mapped { blocks: Vec::new(), bytes: 0 };
        let len = 10 << 20;
        for _ in 0..20 {
            mapped.give(Block { base: sys::map(len), len, zeroed: true });
        }
        assert_eq!((mapped.blocks.len(), mapped.bytes), (12, 120 << 20));
        assert!(mapped.take(5 << 20).is_none() && mapped.take(11 << 20).is_none());
        assert_eq!((mapped.blocks.len(), mapped.bytes), (10, 100 << 20));
        let block = mapped.take(9 << 20).expect("one of 10 MiB will do");
        assert!(!block.zeroed);
        sys::unmap(block.base, block.len);
        mapped.blocks.drain(..).for_each(|block| sys::unmap(block.base, block.len));
    }
}
