//! Looking keys up: where the entry of a key stands.

use super::index::{Index, SMALL};
use super::slots::Slots;
use crate::Process;
use crate::object::{Buffer, Form, Map, Str};
use crate::stdlib::compare::equal;
use crate::stdlib::hash::{hash_bytes, hash_int, hash_value};
use crate::stdlib::value::Value;
use vitte_abi::TypeId;

/// How keys are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    /// By their slot bits.
    Bits,
    /// By their text.
    Text,
    /// By the values of this type that they are made of.
    Values(TypeId),
}

/// How the entries of a map that has positions are found.
#[derive(Clone, Copy)]
pub(super) enum Places<'p> {
    /// The place of an entry is its position.
    Listed(Listed<'p>),
    /// The place of an entry is the slot of its key.
    Slotted(Slots<'p>),
}

/// Keys in the order of their positions, and their index.
#[derive(Clone, Copy)]
pub(super) struct Listed<'p> {
    pub(super) keys: Buffer<'p>,
    pub(super) index: Index<'p>,
    pub(super) capacity: usize,
    /// How many positions were given away.
    pub(super) used: usize,
}

/// Where [`Keys::find_in`] found an entry: the slot in the index, if there are slots, and the place.
pub(super) type Found = (usize, usize);

impl<'p> Places<'p> {
    #[inline(always)]
    pub(super) fn of(map: Map<'p>, by: Keys) -> Option<Places<'p>> {
        if by == Keys::Bits
            && let Some(slots) = Slots::of(map)
        {
            return Some(Places::Slotted(slots));
        }
        Listed::of(map).map(Places::Listed)
    }

    /// The number of positions.
    pub(super) fn capacity(&self) -> usize {
        match self {
            Places::Listed(listed) => listed.capacity,
            Places::Slotted(slots) => slots.capacity(),
        }
    }

    /// The place of the entry at a position that was given away.
    #[inline]
    pub(super) fn place(&self, position: usize) -> usize {
        match self {
            Places::Listed(_) => position,
            Places::Slotted(slots) => slots.slot(position),
        }
    }

    /// The slot bits of the key at a place.
    #[inline]
    pub(super) fn key(&self, place: usize) -> u64 {
        match self {
            Places::Listed(listed) => listed.key(place),
            Places::Slotted(slots) => slots.key(place),
        }
    }

    /// The first position from `from` on and below `used` that holds an entry.
    #[inline]
    pub(super) fn next_live(&self, from: usize, used: usize) -> Option<usize> {
        match self {
            Places::Listed(listed) => listed.index.next_live(from, used),
            Places::Slotted(slots) => slots.next_live(from, used),
        }
    }
}

impl<'p> Slots<'p> {
    /// The slots of a map whose keys are scalars, if it has any.
    #[inline(always)]
    fn of(map: Map<'p>) -> Option<Slots<'p>> {
        let keys = map.keys()?.cells();
        (keys.len() > SMALL).then(|| map.index().map(|index| Slots::new(keys, index.cells())))?
    }
}

impl<'p> Listed<'p> {
    fn of(map: Map<'p>) -> Option<Listed<'p>> {
        let (keys, index) = (map.keys()?, map.index()?.cells());
        let capacity = keys.size() / 8;
        Some(Listed { keys, index: Index::new(index, capacity), capacity, used: map.used() })
    }

    /// The slot bits of the key at a position: 8 bytes of whatever form.
    #[inline]
    pub(super) fn key(&self, position: usize) -> u64 {
        self.keys.get(Form::INT, position)
    }

    #[inline]
    fn search(&self, hash: u64, mut is_key: impl FnMut(u64) -> bool) -> Option<Found> {
        if self.index.has_slots() {
            return self.index.find(hash, |position| is_key(self.key(position)));
        }
        let position = (0..self.used).find(|&at| !self.index.is_removed(at) && is_key(self.key(at)))?;
        Some((0, position))
    }
}

impl Keys {
    /// How keys are held.
    pub(super) fn form(self) -> Form {
        if self == Keys::Bits { Form::INT } else { Form::REF }
    }

    /// The place of the entry with this key.
    #[inline(always)]
    pub(super) fn find<'p>(self, p: &'p Process, map: Map<'p>, key: u64) -> Option<usize> {
        // In line, since it is little work beside waiting for memory: the less there is, the more look-ups a processor
        // has under way at once.
        if self == Keys::Bits
            && let Some(slots) = Slots::of(map)
        {
            return slots.find(key);
        }
        self.find_unslotted(p, map, key)
    }

    #[inline(never)]
    fn find_unslotted<'p>(self, p: &'p Process, map: Map<'p>, key: u64) -> Option<usize> {
        let listed = Listed::of(map)?;
        self.find_listed(p, &listed, self.listed_hash(p, &listed, key), key).map(|found| found.1)
    }

    /// The hash of a key, if the index needs it.
    #[inline]
    pub(super) fn place_hash(self, p: &Process, places: &Places<'_>, key: u64) -> u64 {
        match places {
            Places::Listed(listed) => self.listed_hash(p, listed, key),
            Places::Slotted(_) => 0,
        }
    }

    #[inline]
    fn listed_hash(self, p: &Process, listed: &Listed<'_>, key: u64) -> u64 {
        if listed.index.has_slots() { self.hash(p, key) } else { 0 }
    }

    pub(super) fn hash(self, p: &Process, key: u64) -> u64 {
        match self {
            Keys::Bits => hash_int(key),
            Keys::Text => hash_bytes(text(p, key).as_bytes()),
            Keys::Values(ty) => hash_value(p, Value { ty, bits: key }),
        }
    }

    /// The entry with this key.
    #[inline(always)]
    pub(super) fn find_in(self, p: &Process, places: &Places<'_>, hash: u64, key: u64) -> Option<Found> {
        match places {
            Places::Slotted(slots) => slots.find(key).map(|slot| (slot, slot)),
            Places::Listed(listed) => self.find_listed(p, listed, hash, key),
        }
    }

    #[inline(never)]
    fn find_listed(self, p: &Process, listed: &Listed<'_>, hash: u64, key: u64) -> Option<Found> {
        match self {
            Keys::Bits => listed.search(hash, |other| other == key),
            Keys::Text => find_text(p, listed, hash, key),
            Keys::Values(ty) => {
                listed.search(hash, |other| equal(p, Value { ty, bits: other }, Value { ty, bits: key }))
            }
        }
    }
}

fn text(p: &Process, key: u64) -> &str {
    Str::of(p.object(key)).as_str()
}

fn find_text(p: &Process, listed: &Listed<'_>, hash: u64, key: u64) -> Option<Found> {
    let wanted = Str::of(p.object(key));
    listed.search(hash, |other| other == key || Str::of(p.object(other)).equals(wanted))
}
