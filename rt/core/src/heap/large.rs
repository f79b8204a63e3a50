//! Large objects: a block each, and they never move. Strings among them may be shared with other heaps.

use super::blocks::Block;
use super::bundle::{Bundles, Table as BundleTable};
use super::shared::{Share, Shares, Table};
use vitte_abi::object::{flag, immortal_header, type_id};

struct LargeObject {
    block: Block,
    size: u64,
}

/// The large objects of a process.
#[derive(Default)]
pub(crate) struct LargeObjects {
    young: Vec<LargeObject>,
    old: Vec<LargeObject>,
    /// None before the first.
    shared: Option<Box<dyn Shares>>,
    /// None before the first.
    bundles: Option<Box<dyn Bundles>>,
    /// With those of shared ones, as below.
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

    /// Takes over a block of strings; see [`Heap::add_bundle`](super::Heap::add_bundle).
    pub(crate) fn add_bundle(&mut self, block: Block, len: u64) {
        self.bundles.get_or_insert_with(|| Box::new(BundleTable::default())).add(block, len);
        self.young_bytes += len;
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
        let own: u64 = self.young.iter().chain(&self.old).map(|object| object.block.len as u64).sum();
        own + self.shared.as_ref().map_or(0, |shared| shared.reserved())
            + self.bundles.as_ref().map_or(0, |bundles| bundles.reserved())
    }

    /// Whether the address is in one of the blocks.
    pub(crate) fn contains(&self, address: u64) -> bool {
        self.young.iter().chain(&self.old).any(|object| object.block.contains(address))
            || self.shared.as_ref().is_some_and(|shared| shared.contains(address))
            || self.bundles.as_ref().is_some_and(|bundles| bundles.contains(address))
    }

    /// A share of the string at this address, which is this heap's alone or shared already.
    pub(crate) fn share(&mut self, address: u64) -> Share {
        let shared = self.shared.get_or_insert_with(|| Box::new(Table::default()));
        if let Some(share) = shared.find(address) {
            return share;
        }
        // What is sent was mostly made not long ago.
        let is_it = |object: &LargeObject| object.block.base == address;
        let (object, old) = match self.young.iter().rposition(is_it) {
            Some(at) => (self.young.swap_remove(at), false),
            None => {
                let at = self.old.iter().rposition(is_it).expect("a large object is young or old");
                (self.old.swap_remove(at), true)
            }
        };
        // SAFETY: the string is in the block, and still this heap's alone.
        unsafe { *(address as usize as *mut u64) = immortal_header(type_id::STR, 0) | flag::SHARED };
        let share = Share::new(object.block, object.size);
        shared.add(share.clone(), old);
        share
    }

    /// Takes a share of a string, which is a young object here.
    pub(crate) fn take_share(&mut self, share: Share) {
        let size = share.size();
        if self.shared.get_or_insert_with(|| Box::new(Table::default())).add(share, false) {
            self.young_bytes += size;
        }
    }

    /// A collection has reached the shared string at this address.
    pub(crate) fn mark_shared(&mut self, address: u64, full: bool) {
        self.shared.as_mut().expect("shared strings are in the table").mark(address, full);
    }

    /// All young objects grow old, without a collection; their bytes.
    pub(crate) fn settle_all(&mut self) -> u64 {
        self.old.append(&mut self.young);
        if let Some(bundles) = &mut self.bundles {
            bundles.settle_all();
        }
        self.old_bytes += self.young_bytes;
        std::mem::take(&mut self.young_bytes)
    }

    /// At the end of a collection: gives back the young objects, or if `full` all, that were not marked. `moves` tells
    /// whether full collections move the objects that do not bear a flag which forbids it.
    pub(crate) fn end(&mut self, full: bool, moves: bool, poison: bool) {
        if full {
            self.young.append(&mut self.old);
            self.old_bytes = 0;
        }
        self.young_bytes = 0;
        if let Some(shared) = &mut self.shared {
            self.old_bytes += shared.end(full, poison);
        }
        if let Some(bundles) = &mut self.bundles {
            self.old_bytes += bundles.end(full, moves, poison);
        }
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
