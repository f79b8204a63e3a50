//! The hash index of a map: finds the position of a key among the keys, which stand in insertion order.
//!
//! ```text
//! index buffer   [first][0][slots: 2 to the power of k, 32 bits each][removed: a bit for each position]
//! first          no entry stands before this position, so that a map can be used as a queue
//! slot           [32-k bits of the hash][k bits: position + 1]      0: free      all of the k bits set: removed
//! ```
//!
//! There are twice as many slots as positions, so a position needs less than k bits and half of the slots stay free;
//! the bits of the hash spare nearly all comparisons with the wrong key. A slot is given away once until the index is
//! rebuilt: each position in use, live or removed, has one. Maps of up to [`SMALL`] positions have no slots; their
//! few keys are compared one by one.
//!
//! Keys are hashed with a fixed seed, so that a run can be repeated exactly. Whoever chooses all keys of a map can
//! make them collide, and so each look-up a walk over all slots.

use std::cell::Cell;

/// Up to this many positions a map has no slots. 8 ints are one cache line.
pub const SMALL: usize = 8;

/// The most positions of a map; a slot's position must fit beside at least one bit of hash.
pub const MAX_CAPACITY: usize = 1 << 30;

/// The words before the others; two, for alignment.
const HEAD: usize = 2;

/// An index for a power of two of positions, in words of memory that it does not own.
#[derive(Clone, Copy)]
pub struct Index<'a> {
    memory: &'a [Cell<u32>],
    capacity: usize,
}

fn n_slots(capacity: usize) -> usize {
    if capacity > SMALL { capacity * 2 } else { 0 }
}

/// The number of 32-bit words of an index for `capacity` positions.
pub fn words(capacity: usize) -> usize {
    HEAD + n_slots(capacity) + capacity.div_ceil(64) * 2
}

impl<'a> Index<'a> {
    /// The index for `capacity` positions in `memory`, which has [`words`] of them; all zero is an empty index.
    #[inline]
    pub fn new(memory: &'a [Cell<u32>], capacity: usize) -> Index<'a> {
        Index { memory, capacity }
    }

    /// Whether there are slots; without, the caller compares all keys.
    #[inline]
    pub fn has_slots(&self) -> bool {
        self.capacity > SMALL
    }

    #[inline]
    fn slots(&self) -> &'a [Cell<u32>] {
        &self.memory[HEAD..][..n_slots(self.capacity)]
    }

    /// For each position, whether its entry was removed.
    #[inline]
    fn removed(&self) -> &'a [Cell<u32>] {
        &self.memory[HEAD + n_slots(self.capacity)..]
    }

    #[inline]
    fn first(&self) -> &'a Cell<u32> {
        &self.memory[0]
    }

    /// The slot that leads to the key with this `hash`, and its position. `is_key` tells whether the key at a position is
    /// the one.
    #[inline]
    pub fn find(&self, hash: u64, mut is_key: impl FnMut(usize) -> bool) -> Option<(usize, usize)> {
        let slots = self.slots();
        let mask = slots.len() - 1;
        let part = (hash >> 32) as u32;
        let mut at = hash as usize & mask;
        loop {
            let slot = slots[at].get();
            if slot == 0 {
                return None;
            }
            let place = slot as usize & mask;
            if (slot ^ part) & !(mask as u32) == 0 && place != mask && is_key(place - 1) {
                return Some((at, place - 1));
            }
            at = (at + 1) & mask;
        }
    }

    /// Enters a key that is not there.
    #[inline]
    pub fn insert(&self, hash: u64, position: usize) {
        let slots = self.slots();
        let mask = slots.len() - 1;
        let mut at = hash as usize & mask;
        while slots[at].get() != 0 {
            at = (at + 1) & mask;
        }
        slots[at].set((hash >> 32) as u32 & !(mask as u32) | (position as u32 + 1));
    }

    /// Takes away what [`Index::find`] found at `slot`.
    #[inline]
    pub fn free(&self, slot: usize) {
        self.slots()[slot].set(self.slots().len() as u32 - 1);
    }

    /// Notes that the entry at `position` was removed.
    #[inline]
    pub fn set_removed(&self, position: usize) {
        let word = &self.removed()[position / 32];
        word.set(word.get() | 1 << (position % 32));
        if self.first().get() == position as u32 {
            self.first().set(position as u32 + 1);
        }
    }

    /// Whether the entry at `position` was removed.
    #[inline]
    pub fn is_removed(&self, position: usize) -> bool {
        self.removed()[position / 32].get() >> (position % 32) & 1 == 1
    }

    /// The first position from `from` on and below `used` whose entry was not removed.
    #[inline]
    pub fn next_live(&self, from: usize, used: usize) -> Option<usize> {
        let removed = self.removed();
        let mut at = from.max(self.first().get() as usize);
        while at < used {
            let live = !removed[at / 32].get() >> (at % 32);
            if live != 0 {
                let found = at + live.trailing_zeros() as usize;
                return (found < used).then_some(found);
            }
            at = (at / 32 + 1) * 32;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stdlib::hash::hash_int;

    fn memory(capacity: usize) -> Vec<Cell<u32>> {
        vec![Cell::new(0); words(capacity)]
    }

    #[test]
    fn keys_are_found_until_they_are_freed() {
        const CAPACITY: usize = 1024;
        let memory = memory(CAPACITY);
        let index = Index::new(&memory, CAPACITY);
        for key in 0..CAPACITY {
            assert_eq!(index.find(hash_int(key as u64), |at| at == key), None);
            index.insert(hash_int(key as u64), key);
        }
        for key in (0..CAPACITY).step_by(3) {
            let (slot, _) = index.find(hash_int(key as u64), |at| at == key).unwrap();
            index.free(slot);
        }
        for key in 0..CAPACITY {
            let found = index.find(hash_int(key as u64), |at| at == key).map(|found| found.1);
            assert_eq!(found, (key % 3 != 0).then_some(key));
        }
    }

    #[test]
    fn the_hash_in_the_slots_spares_comparisons() {
        const CAPACITY: usize = 4096;
        let memory = memory(CAPACITY);
        let index = Index::new(&memory, CAPACITY);
        (0..CAPACITY).for_each(|key| index.insert(hash_int(key as u64), key));
        let mut wrong = 0;
        for key in 0..CAPACITY {
            index.find(hash_int(key as u64), |at| {
                wrong += usize::from(at != key);
                at == key
            });
        }
        assert!(wrong < CAPACITY / 100, "{wrong} comparisons with other keys");
    }

    #[test]
    fn removed_positions_are_passed_over() {
        let memory = memory(128);
        let index = Index::new(&memory, 128);
        (0..128).filter(|position| position % 50 != 7).for_each(|position| index.set_removed(position));
        assert!(index.is_removed(8) && !index.is_removed(57));
        assert_eq!(index.next_live(0, 128), Some(7));
        assert_eq!(index.next_live(8, 128), Some(57));
        assert_eq!(index.next_live(8, 57), None);
        assert_eq!(index.next_live(108, 128), None);
        assert_eq!(index.next_live(500, 128), None);
    }
}
