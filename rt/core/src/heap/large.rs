//! Large objects: a block each, and they never move.

use super::blocks::Block;
use vitte_abi::object::flag;

struct LargeObject {
    block: Block,
    size: u64,
}

/// The large objects of a process.
#[derive(Default)]
pub(crate) struct LargeObjects {
    young: Vec<LargeObject>,
    old: Vec<LargeObject>,
    young_bytes: u64,
    old_bytes: u64,
}

impl LargeObjects {
    /// Memory for a young object, and whether it is all zero. The header must bear `LARGE`.
    pub(crate) fn alloc(&mut self, size: usize) -> (u64, bool) {
        let block = Block::take(size);
        self.young.push(LargeObject { block, size: size as u64 });
        self.young_bytes += size as u64;
        (block.base, block.zeroed)
    }

    /// Memory for an object that grows old in the running collection. Its header must bear `MARK`.
    pub(crate) fn adopt(&mut self, size: usize) -> u64 {
        let block = Block::take(size);
        self.young.push(LargeObject { block, size: size as u64 });
        block.base
    }

    /// The bytes of young objects.
    pub(crate) fn young_bytes(&self) -> u64 {
        self.young_bytes
    }

    /// The bytes of old objects.
    pub(crate) fn old_bytes(&self) -> u64 {
        self.old_bytes
    }

    /// The bytes of all blocks.
    pub(crate) fn reserved(&self) -> u64 {
        self.young.iter().chain(&self.old).map(|object| object.block.len as u64).sum()
    }

    /// Whether the address is in one of the blocks.
    pub(crate) fn contains(&self, address: u64) -> bool {
        self.young.iter().chain(&self.old).any(|object| object.block.contains(address))
    }

    /// All young objects grow old, without a collection; their bytes.
    pub(crate) fn settle_all(&mut self) -> u64 {
        self.old.append(&mut self.young);
        self.old_bytes += self.young_bytes;
        std::mem::take(&mut self.young_bytes)
    }

    /// At the end of a collection: gives back the young objects, or if `full` all, that were not marked.
    pub(crate) fn end(&mut self, full: bool, poison: bool) {
        if full {
            self.young.append(&mut self.old);
            self.old_bytes = 0;
        }
        self.young_bytes = 0;
        for object in self.young.drain(..) {
            let header = object.block.base as usize as *mut u64;
            // SAFETY: the block holds an object, whose header is the first word.
            let marked = unsafe { *header & flag::MARK != 0 };
            if marked {
                // SAFETY: as above.
                unsafe { *header = *header & !flag::MARK | flag::OLD | flag::SETTLED };
                self.old_bytes += object.size;
                self.old.push(object);
            } else {
                if poison {
                    super::poison(object.block.base, object.block.len);
                }
                object.block.give();
            }
        }
    }
}

impl Drop for LargeObjects {
    fn drop(&mut self) {
        self.young.drain(..).chain(self.old.drain(..)).for_each(|object| object.block.give());
    }
}
