//! An old generation in cells of fixed sizes, which are marked and swept where they stand.
//!
//! Each size class has blocks of its own. A cell is an object, or free: then its first word bears the flag `FREE`, and
//! its second is the next free cell of the class. Behind the cells that were ever in use, a class's last block is
//! untouched.

use super::blocks::Block;
use super::{LARGE, POISON, Shapes, Space};
use vitte_abi::object::flag;

/// Cells of up to this size come in steps of 16 bytes, larger ones in four steps to a doubling.
const FINE: usize = 512;
const N_CLASSES: usize = FINE / 16 + 4 * (LARGE / FINE).ilog2() as usize;
/// The length of a class's first block is this many cells; it doubles up to [`MAX_BLOCK`].
const FIRST_CELLS: usize = 16;
const MAX_BLOCK: usize = 64 << 10;

struct Class {
    blocks: Vec<Block>,
    /// The first free cell, or 0.
    free: u64,
    /// The untouched part of the last block.
    next: u64,
    end: u64,
}

/// The space.
pub(crate) struct MarkSweep {
    classes: [Class; N_CLASSES],
    used: u64,
    reserved: u64,
}

impl Default for MarkSweep {
    fn default() -> MarkSweep {
        MarkSweep {
            classes: [const { Class { blocks: Vec::new(), free: 0, next: 0, end: 0 } }; _],
            used: 0,
            reserved: 0,
        }
    }
}

/// The class of objects of this size.
fn class_of(size: usize) -> usize {
    if size <= FINE {
        return size.div_ceil(16).max(1) - 1;
    }
    // Sizes in (2^k, 2^(k+1)], in four steps of 2^(k-2).
    let k = (size - 1).ilog2();
    let step = (size - 1 - (1 << k)) >> (k - 2);
    FINE / 16 + (k as usize - FINE.ilog2() as usize) * 4 + step
}

/// The size of a class's cells.
fn cell_size(class: usize) -> usize {
    if class < FINE / 16 {
        return (class + 1) * 16;
    }
    let (doubling, step) = ((class - FINE / 16) / 4, (class - FINE / 16) % 4);
    let base = FINE << doubling;
    base + (step + 1) * (base / 4)
}

impl Space for MarkSweep {
    const MARKS: bool = true;

    fn alloc(&mut self, size: usize) -> u64 {
        let index = class_of(size);
        let cell = cell_size(index);
        self.used += cell as u64;
        let class = &mut self.classes[index];
        if class.free != 0 {
            let address = class.free;
            // SAFETY: a free cell's second word is the next free cell.
            class.free = unsafe { *((address + 8) as usize as *const u64) };
            return address;
        }
        if class.end - class.next < cell as u64 {
            let last = class.blocks.last().map_or(0, |block| block.len);
            let block = Block::take((last * 2).clamp(cell * FIRST_CELLS, MAX_BLOCK.max(cell * FIRST_CELLS)));
            self.reserved += block.len as u64;
            class.blocks.push(block);
            class.next = block.base;
            class.end = block.end();
        }
        let address = class.next;
        class.next += cell as u64;
        address
    }

    fn begin_major(&mut self) {}

    fn end_major(&mut self, _: &Shapes, poison: bool) {
        self.used = 0;
        for (index, class) in self.classes.iter_mut().enumerate() {
            let cell = cell_size(index) as u64;
            class.free = 0;
            let last = class.blocks.len();
            let mut at = 0;
            class.blocks.retain(|block| {
                at += 1;
                let end = if at == last { class.next } else { block.base + block.len as u64 / cell * cell };
                let (live, free) = sweep(block.base, end, cell, class.free, poison);
                let keep = live != 0 || at == last;
                if keep {
                    class.free = free;
                    self.used += live * cell;
                } else {
                    self.reserved -= block.len as u64;
                    block.give();
                }
                keep
            });
        }
    }

    fn used(&self) -> u64 {
        self.used
    }

    fn reserved(&self) -> u64 {
        self.reserved
    }

    fn contains(&self, address: u64) -> bool {
        self.classes.iter().flat_map(|class| &class.blocks).any(|block| block.contains(address))
    }
}

/// Sweeps the cells from `base` up to `end`: unmarked objects become free cells before `free`. The number of live
/// cells, and the first free one.
fn sweep(base: u64, end: u64, cell: u64, mut free: u64, poison: bool) -> (u64, u64) {
    let mut live = 0;
    let mut at = base;
    while at + cell <= end {
        let words = at as usize as *mut u64;
        // SAFETY: each cell below `end` holds an object or is free; the second word of a cell is its own.
        unsafe {
            let header = *words;
            if header & flag::FREE == 0 && header & flag::MARK != 0 {
                *words = header & !flag::MARK | flag::OLD;
                live += 1;
            } else {
                if poison && header & flag::FREE == 0 {
                    std::ptr::write_bytes(words.cast::<u8>(), POISON, cell as usize);
                }
                *words = flag::FREE;
                *words.add(1) = free;
                free = at;
            }
        }
        at += cell;
    }
    (live, free)
}

impl Drop for MarkSweep {
    fn drop(&mut self) {
        self.classes.iter_mut().flat_map(|class| class.blocks.drain(..)).for_each(Block::give);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_hold_their_sizes_tightly() {
        for size in 1..=LARGE {
            let class = class_of(size);
            assert!(class < N_CLASSES && cell_size(class) >= size, "{size}");
            assert!(class == 0 || cell_size(class - 1) < size, "{size}");
        }
        assert_eq!(class_of(LARGE), N_CLASSES - 1);
    }
}
