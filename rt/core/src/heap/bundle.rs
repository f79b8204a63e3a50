//! Strings that were made together, in one block: the parts of a long text.
//!
//! ```text
//! block   [str][str][str] …                  each with the flag `BUNDLED`
//! ```
//!
//! They stay where they are when a collection reaches them, so that nothing is copied while most of them live. When less
//! than half of the bytes are alive, the strings lose the flag: the next major collection moves those that it
//! reaches, as it does other old strings, and gives the block back. Where major collections move nothing, a block stays
//! as long as any of its strings.

use super::blocks::Block;
use vitte_abi::object::{flag, offset, str_size};

/// What [`LargeObjects`](super::large::LargeObjects) asks of the bundles of a heap. Behind it is one type, which only
/// programs contain that make bundles.
pub(super) trait Bundles {
    /// Adds a young one.
    fn add(&mut self, block: Block, len: u64);
    /// All grow old, without a collection.
    fn settle_all(&mut self);
    /// At the end of a collection: gives back the young bundles, or if `full` all, of which nothing was reached. The
    /// bytes of the others.
    fn end(&mut self, full: bool, moves: bool, poison: bool) -> u64;
    /// The bytes of all blocks.
    fn reserved(&self) -> u64;
    /// Whether the address is in one of them.
    fn contains(&self, address: u64) -> bool;
}

/// The bundles of a heap.
#[derive(Default)]
pub(super) struct Table(Vec<Bundle>);

struct Bundle {
    block: Block,
    /// The bytes of the strings.
    len: u64,
    old: bool,
    /// The strings have lost the flag.
    is_leaving: bool,
}

impl Bundle {
    /// Calls `visit` with the header of each string and its size; the string has the header that this gives.
    fn rewrite(&mut self, mut visit: impl FnMut(u64, u64) -> u64) {
        let mut at = self.block.base;
        while at < self.block.base + self.len {
            let header = at as usize as *mut u64;
            // SAFETY: strings stand one behind the other from the block's start, and their headers are their own.
            unsafe {
                let size = str_size(*header.add(offset::STR_LEN as usize / 8));
                *header = visit(*header, size);
                at += size;
            }
        }
    }

    /// Takes the marks away; the bytes of the strings that had one.
    fn sweep(&mut self) -> u64 {
        let mut live = 0;
        self.rewrite(|header, size| {
            if header & flag::MARK == 0 {
                return header;
            }
            live += size;
            header & !flag::MARK | flag::OLD | flag::SETTLED
        });
        live
    }

    /// Whether anything of it is reached from now on.
    fn end(&mut self, moves: bool) -> bool {
        if self.is_leaving {
            return false;
        }
        let live = self.sweep();
        self.old = true;
        if moves && live < self.len / 2 {
            self.is_leaving = true;
            self.rewrite(|header, _| header & !flag::BUNDLED);
        }
        live > 0
    }
}

impl Bundles for Table {
    fn add(&mut self, block: Block, len: u64) {
        self.0.push(Bundle { block, len, old: false, is_leaving: false });
    }

    fn settle_all(&mut self) {
        self.0.iter_mut().for_each(|bundle| bundle.old = true);
    }

    fn end(&mut self, full: bool, moves: bool, poison: bool) -> u64 {
        let mut bytes = 0;
        self.0.retain_mut(|bundle| {
            if bundle.old && !full {
                return true;
            }
            let stays = bundle.end(moves);
            if stays {
                bytes += bundle.len;
            } else {
                if poison {
                    super::poison(bundle.block.base, bundle.block.len);
                }
                bundle.block.give();
            }
            stays
        });
        bytes
    }

    fn reserved(&self) -> u64 {
        self.0.iter().map(|bundle| bundle.block.len as u64).sum()
    }

    fn contains(&self, address: u64) -> bool {
        self.0.iter().any(|bundle| bundle.block.contains(address))
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        self.0.drain(..).for_each(|bundle| bundle.block.give());
    }
}
