//! Looking keys up: where the entry of a key stands.

use super::index::Index;
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

/// The keys of a map that has positions, and their index.
#[derive(Clone, Copy)]
pub(super) struct Places<'p> {
    pub(super) keys: Buffer<'p>,
    pub(super) index: Index<'p>,
    pub(super) capacity: usize,
    /// How many positions were given away.
    pub(super) used: usize,
}

impl<'p> Places<'p> {
    #[inline]
    pub(super) fn of(map: Map<'p>) -> Option<Places<'p>> {
        let keys = map.keys()?;
        let capacity = keys.size() / 8;
        let index = Index::new(map.index()?.cells::<u32>(), capacity);
        Some(Places { keys, index, capacity, used: map.used() })
    }
}

impl Keys {
    /// How keys are held.
    pub(super) fn form(self) -> Form {
        if self == Keys::Bits { Form::INT } else { Form::REF }
    }

    /// The position of the entry with this key.
    #[inline(always)]
    pub(super) fn find<'p>(self, p: &'p Process, map: Map<'p>, key: u64) -> Option<usize> {
        let places = Places::of(map)?;
        self.find_in(p, &places, self.slot_hash(p, &places, key), key).map(|found| found.1)
    }

    /// The hash of a key, if there are slots.
    #[inline]
    pub(super) fn slot_hash(self, p: &Process, places: &Places<'_>, key: u64) -> u64 {
        if places.index.has_slots() { self.hash(p, key) } else { 0 }
    }

    #[inline]
    pub(super) fn hash(self, p: &Process, key: u64) -> u64 {
        match self {
            Keys::Bits => hash_int(key),
            Keys::Text => hash_bytes(text(p, key).as_bytes()),
            Keys::Values(ty) => hash_value(p, Value { ty, bits: key }),
        }
    }

    /// The slot in the index, if there are slots, and the position of the entry with this key.
    #[inline(always)]
    pub(super) fn find_in(self, p: &Process, places: &Places<'_>, hash: u64, key: u64) -> Option<(usize, usize)> {
        // In line, since it is little work beside waiting for memory: the less there is, the more look-ups a processor
        // has under way at once.
        if self == Keys::Bits && places.index.has_slots() {
            return places.index.find(hash, |position| key_in(places.keys, position) == key);
        }
        self.find_other(p, places, hash, key)
    }

    #[inline(never)]
    fn find_other(self, p: &Process, places: &Places<'_>, hash: u64, key: u64) -> Option<(usize, usize)> {
        match self {
            Keys::Bits => search(places, hash, |position| key_in(places.keys, position) == key),
            Keys::Text => find_text(p, places, hash, key),
            Keys::Values(ty) => search(places, hash, |position| {
                equal(p, Value { ty, bits: key_in(places.keys, position) }, Value { ty, bits: key })
            }),
        }
    }
}

fn text(p: &Process, key: u64) -> &str {
    Str::of(p.object(key)).as_str()
}

fn find_text(p: &Process, places: &Places<'_>, hash: u64, key: u64) -> Option<(usize, usize)> {
    let wanted = text(p, key);
    search(places, hash, |position| {
        let other = key_in(places.keys, position);
        other == key || text(p, other) == wanted
    })
}

#[inline]
fn search(places: &Places<'_>, hash: u64, mut is_key: impl FnMut(usize) -> bool) -> Option<(usize, usize)> {
    if places.index.has_slots() {
        return places.index.find(hash, is_key);
    }
    let position = (0..places.used).find(|&at| !places.index.is_removed(at) && is_key(at))?;
    Some((0, position))
}

/// The slot bits of a key: 8 bytes of whatever form.
#[inline]
pub(super) fn key_in(keys: Buffer<'_>, position: usize) -> u64 {
    keys.get(Form::INT, position)
}
