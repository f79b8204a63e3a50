//! Large strings that several processes have.
//!
//! A string does not change, so a message need not copy it. The first time a large one is sent it leaves the heap it is
//! in, for a block that is counted by whoever holds a [`Share`]: letters on their way, and heaps. From then on its
//! header stays as it is. Each heap has a table of its shares, with what other objects have in their headers: whether
//! they were reached, and whether they are old.
//!
//! Reached through [`Shares`] and the scheduler's crew alone, so that programs which never spawn do not contain it.

use super::blocks::Block;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A string, held by somebody.
#[derive(Clone, Debug)]
pub(crate) struct Share(Arc<Text>);

/// A block with a string in it.
#[derive(Debug)]
struct Text {
    block: Block,
    size: u64,
}

impl Drop for Text {
    fn drop(&mut self) {
        self.block.give();
    }
}

impl Share {
    /// The string of `size` bytes in a block that nobody else has.
    pub(crate) fn new(block: Block, size: u64) -> Share {
        Share(Arc::new(Text { block, size }))
    }

    /// Where the string is.
    pub(crate) fn address(&self) -> u64 {
        self.0.block.base
    }

    /// The size of the string.
    pub(crate) fn size(&self) -> u64 {
        self.0.size
    }
}

/// The shares of a heap.
pub(crate) trait Shares {
    /// The share of the string at this address.
    fn find(&self, address: u64) -> Option<Share>;
    /// Adds a share, of an `old` string or a young one; whether it is new.
    fn add(&mut self, share: Share, old: bool) -> bool;
    /// Has the string at this address survive the running collection.
    fn mark(&mut self, address: u64, full: bool);
    /// At the end of a collection: lets go of the young strings, or if `full` all, that were not marked. The bytes of
    /// those that were.
    fn end(&mut self, full: bool, poison: bool) -> u64;
    /// The bytes of all blocks.
    fn reserved(&self) -> u64;
    /// Whether the address is in one of them.
    fn contains(&self, address: u64) -> bool;
}

/// Shares by address.
#[derive(Default)]
pub(crate) struct Table {
    shares: BTreeMap<u64, Held>,
    young: Vec<u64>,
}

struct Held {
    share: Share,
    old: bool,
    marked: bool,
}

impl Held {
    fn let_go(mut self, poison: bool) {
        if poison && let Some(text) = Arc::get_mut(&mut self.share.0) {
            super::poison(text.block.base, text.block.len);
        }
    }
}

impl Shares for Table {
    fn find(&self, address: u64) -> Option<Share> {
        self.shares.get(&address).map(|held| held.share.clone())
    }

    fn add(&mut self, share: Share, old: bool) -> bool {
        let address = share.address();
        if self.shares.contains_key(&address) {
            return false;
        }
        if !old {
            self.young.push(address);
        }
        self.shares.insert(address, Held { share, old, marked: false });
        true
    }

    fn mark(&mut self, address: u64, full: bool) {
        let held = self.shares.get_mut(&address).expect("a heap has a share of what its objects refer to");
        held.marked = full || !held.old;
    }

    fn end(&mut self, full: bool, poison: bool) -> u64 {
        let mut bytes = 0;
        let mut survives = |held: &mut Held| {
            let survives = std::mem::take(&mut held.marked);
            held.old = true;
            bytes += if survives { held.share.size() } else { 0 };
            survives
        };
        if full {
            self.young.clear();
            let gone = self.shares.extract_if(.., |_, held| !survives(held));
            gone.for_each(|(_, held)| held.let_go(poison));
        } else {
            for address in self.young.drain(..) {
                if self.shares.get_mut(&address).is_some_and(|held| !survives(held))
                    && let Some(held) = self.shares.remove(&address)
                {
                    held.let_go(poison);
                }
            }
        }
        bytes
    }

    fn reserved(&self) -> u64 {
        self.shares.values().map(|held| held.share.0.block.len as u64).sum()
    }

    fn contains(&self, address: u64) -> bool {
        let before = self.shares.range(..=address).next_back();
        before.is_some_and(|(_, held)| held.share.0.block.contains(address))
    }
}
