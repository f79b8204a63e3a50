//! The keys of a map whose keys are scalars, unless it is small: a hash table of the keys themselves. An entry's value
//! stands at the same place among the values as its key among the keys, so a look-up waits for memory once.
//!
//! ```text
//! keys     [slots: 2 to the power of k, 64 bits each]
//! slot     key ^ veil                                   0: free      1: removed
//! index    [veil: 2 words][first][0][order: 3/4 as many words as slots]
//! veil     a number that differs from all keys in more than the lowest bit
//! first    no entry has a position before this one, so that a map can be used as a queue
//! order    for each position the slot of the entry
//! ```
//!
//! Eight keys that differ in their lowest bits share a line of slots, and successive lines of keys are spread as evenly
//! as multiples of the golden ratio. So keys that are near each other collide hardly ever, and are near in memory.
//!
//! A slot is given away once until the table is rebuilt, so a position whose slot is removed is a hole. A quarter of
//! the slots stays free, which ends each search.

use crate::stdlib::hash::hash_int;
use std::cell::Cell;

/// The most slots of a map; each must have a number of 32 bits.
pub const MAX_SLOTS: usize = 1 << 31;

/// The veil of nearly all maps: a key that is not likely.
pub(super) const USUAL_VEIL: u64 = 0xb5c0_fbcf_ec4d_3b2e;

const FREE: u64 = 0;
const REMOVED: u64 = 1;

/// The words of the index before the others.
const HEAD: usize = 4;

/// Where the words of the index stand.
const VEIL: [usize; 2] = [0, 1];
const FIRST: usize = 2;

/// Slots and their index, in memory that they do not own.
#[derive(Clone, Copy)]
pub struct Slots<'a> {
    keys: &'a [Cell<u64>],
    index: &'a [Cell<u32>],
}

/// The number of positions that so many slots have.
pub fn capacity(n_slots: usize) -> usize {
    n_slots / 4 * 3
}

/// The number of 32-bit words of the index for so many slots.
pub fn words(n_slots: usize) -> usize {
    HEAD + capacity(n_slots)
}

/// The fraction of the golden ratio.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

fn is_hidden(veil: u64, key: u64) -> bool {
    key ^ veil <= REMOVED
}

/// A veil for these keys, other than `old`.
pub fn veil<K: Iterator<Item = u64>>(old: Option<u64>, keys: impl Fn() -> K) -> u64 {
    let mut veil = old.map_or(USUAL_VEIL, hash_int);
    while keys().any(|key| is_hidden(veil, key)) {
        veil = hash_int(veil);
    }
    veil
}

impl<'a> Slots<'a> {
    /// The slots in `keys`, a power of two of them, with the [`words`] of their index.
    #[inline]
    pub fn new(keys: &'a [Cell<u64>], index: &'a [Cell<u32>]) -> Slots<'a> {
        Slots { keys, index }
    }

    /// Makes an empty table of memory that is all zero.
    pub fn set_veil(&self, veil: u64) {
        self.index[VEIL[0]].set(veil as u32);
        self.index[VEIL[1]].set((veil >> 32) as u32);
    }

    /// What the keys are combined with.
    #[inline]
    pub fn veil(&self) -> u64 {
        u64::from(self.index[VEIL[0]].get()) | u64::from(self.index[VEIL[1]].get()) << 32
    }

    /// The number of positions.
    #[inline]
    pub fn capacity(&self) -> usize {
        capacity(self.keys.len())
    }

    /// Whether the key can stand in the table.
    #[inline]
    pub fn can_hold(&self, key: u64) -> bool {
        !is_hidden(self.veil(), key)
    }

    /// Where the search for a key begins.
    #[inline]
    fn home(&self, key: u64) -> usize {
        // Numbers from 0 on stay a range. Others at regular distances do not, of which the ratio would not spread all.
        let line = key >> 3;
        let mixed = line ^ line >> 12 ^ line >> 32;
        // The upper bits of the product are the best, and those below them tell the keys of two lines apart.
        let spread = mixed.wrapping_mul(GOLDEN) >> ((self.keys.len() as u64).leading_zeros() + 1);
        (spread ^ key & 7) as usize
    }

    fn order(&self) -> &'a [Cell<u32>] {
        &self.index[HEAD..]
    }

    /// The slot of `key`.
    #[inline(always)]
    pub fn find(&self, key: u64) -> Option<usize> {
        let wanted = key ^ self.veil();
        let mask = self.keys.len() - 1;
        let mut at = self.home(key) & mask;
        loop {
            let found = self.keys[at].get();
            if found == wanted {
                return (wanted > REMOVED).then_some(at);
            }
            if found == FREE {
                return None;
            }
            at = (at + 1) & mask;
        }
    }

    /// Enters a key that is not there and can be held, at a position that is free; its slot.
    #[inline]
    pub fn insert(&self, key: u64, position: usize) -> usize {
        let mask = self.keys.len() - 1;
        let mut at = self.home(key) & mask;
        while self.keys[at].get() != FREE {
            at = (at + 1) & mask;
        }
        self.keys[at].set(key ^ self.veil());
        self.order()[position].set(at as u32);
        at
    }

    /// Moves what is in `old`, whose first `used` positions were given away, to slots that are empty, and numbers the
    /// entries anew. Calls `moved` with the old and the new slot of each.
    pub fn fill_from(&self, old: &Slots<'_>, used: usize, mut moved: impl FnMut(usize, usize)) {
        // Slot after slot rather than position after position: keys keep about the same order in a table of another
        // size, so that memory is passed through in order on both sides.
        let mut positions = vec![0; old.keys.len()];
        let mut next = 0;
        for position in 0..used {
            let slot = old.slot(position);
            positions[slot] = next;
            next += u32::from(old.keys[slot].get() != REMOVED);
        }
        for (slot, position) in positions.into_iter().enumerate() {
            if old.keys[slot].get() > REMOVED {
                moved(slot, self.insert(old.key(slot), position as usize));
            }
        }
    }

    /// Takes away the key in a slot.
    #[inline]
    pub fn remove(&self, slot: usize) {
        self.keys[slot].set(REMOVED);
    }

    /// The slot of the entry at a position that was given away.
    #[inline]
    pub fn slot(&self, position: usize) -> usize {
        self.order()[position].get() as usize
    }

    /// The key in a slot.
    #[inline]
    pub fn key(&self, slot: usize) -> u64 {
        self.keys[slot].get() ^ self.veil()
    }

    /// The first position from `from` on and below `used` whose entry was not removed.
    #[inline]
    pub fn next_live(&self, from: usize, used: usize) -> Option<usize> {
        let first = &self.index[FIRST];
        let start = from.max(first.get() as usize);
        let live = (start..used).find(|&position| self.keys[self.slot(position)].get() != REMOVED);
        if from <= first.get() as usize {
            first.set(live.unwrap_or(used) as u32);
        }
        live
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const N_SLOTS: usize = 64;

    /// Memory for keys and index.
    fn memory() -> (Vec<Cell<u64>>, Vec<Cell<u32>>) {
        (vec![Cell::new(0); N_SLOTS], vec![Cell::new(0); words(N_SLOTS)])
    }

    #[test]
    fn keys_are_found_until_they_are_removed() {
        let (keys, index) = memory();
        let slots = Slots::new(&keys, &index);
        slots.set_veil(veil(None, || 0..48));
        // All in one chain, which goes round the end.
        let chain: Vec<u64> = (0..).filter(|&key| slots.home(key) == 60).take(48).collect();
        for (position, &key) in chain.iter().enumerate() {
            assert_eq!(slots.find(key), None);
            slots.insert(key, position);
        }
        let stays = |position: usize| position % 5 == 2;
        for (_, &key) in chain.iter().enumerate().filter(|(position, _)| !stays(*position)) {
            slots.remove(slots.find(key).unwrap());
        }
        for (position, &key) in chain.iter().enumerate() {
            assert_eq!(slots.find(key).map(|slot| slots.key(slot)), stays(position).then_some(key));
        }
        assert_eq!(
            (slots.next_live(0, 48), slots.next_live(1, 48), slots.next_live(3, 48)),
            (Some(2), Some(2), Some(7))
        );
        assert_eq!((slots.next_live(8, 12), slots.next_live(8, 13)), (None, Some(12)));
        slots.remove(slots.slot(2));
        assert_eq!((slots.next_live(0, 48), slots.next_live(0, 5), slots.next_live(4, 48)), (Some(7), None, Some(7)));
    }

    #[test]
    fn regular_keys_hardly_collide() {
        const N_SLOTS: usize = 1 << 12;
        let keys = vec![Cell::new(0); N_SLOTS];
        let index = vec![Cell::new(0); words(N_SLOTS)];
        let slots = Slots::new(&keys, &index);
        for step in (0..60).map(|bits| 1u64 << bits).chain([
            3,
            10,
            24,
            100,
            1000,
            1000003,
            !0,
            !6,
            102_334_155,
            818_673_240,
            12_586_269_025,
            100_690_152_200,
        ]) {
            for start in [0, 12345, !0 << 40] {
                keys.iter().for_each(|cell| cell.set(FREE));
                slots.set_veil(1);
                let mut steps = 0;
                for i in 0..(N_SLOTS / 2).min(1 << step.leading_zeros().clamp(4, 20)) {
                    let key = (i as u64).wrapping_mul(step).wrapping_add(start);
                    let home = slots.home(key);
                    steps += slots.insert(key, i).wrapping_sub(home) & (N_SLOTS - 1);
                }
                assert!(steps < N_SLOTS, "step {step} from {start}: {steps} steps");
            }
        }
    }

    #[test]
    fn no_key_looks_like_a_mark() {
        let (keys, index) = memory();
        let slots = Slots::new(&keys, &index);
        slots.set_veil(USUAL_VEIL);
        for key in [USUAL_VEIL, USUAL_VEIL ^ 1] {
            assert!(!slots.can_hold(key));
            // Neither a free slot nor a removed one is that key's.
            assert_eq!(slots.find(key), None);
            slots.remove(slots.insert(key ^ 1 << 40, 0));
        }
        let unlikely = [USUAL_VEIL, hash_int(USUAL_VEIL) ^ 1];
        assert_eq!(veil(Some(USUAL_VEIL), || unlikely.into_iter()), hash_int(hash_int(USUAL_VEIL)));
        assert_eq!(veil(None, || [5].into_iter()), USUAL_VEIL);
    }
}
