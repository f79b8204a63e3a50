//! A map and the types of its entries: insertion and removal.

use super::index::{self, MAX_CAPACITY, SMALL};
use super::keys::{Keys, Listed, Places};
use super::slots::{self, MAX_SLOTS};
use crate::object::{Buffer, Form, Map};
use crate::stdlib::value::Value;
use crate::{Process, Throw};
use vitte_abi::TypeId;
use vitte_abi::object::type_id;
use vitte_abi::types::Shape;

/// The number of positions of the first buffers.
const MIN_CAPACITY: usize = 4;

/// Entries that stand in slots are fetched so many positions before a walk over the map comes to them.
const AHEAD: usize = 8;

/// A map with what its type says about its entries.
#[derive(Clone, Copy)]
pub struct Table<'p> {
    p: &'p Process,
    map: Map<'p>,
    keys: Keys,
    value_form: Form,
}

/// The parts of a map that has positions.
#[derive(Clone, Copy)]
struct Parts<'p> {
    places: Places<'p>,
    keys: Buffer<'p>,
    values: Buffer<'p>,
}

impl<'p> Table<'p> {
    /// A map of the process.
    #[inline]
    pub fn of(p: &'p Process, map: Map<'p>) -> Table<'p> {
        let (key_ty, value_ty) = entry_types(p, map);
        let keys = match key_ty {
            type_id::STR => Keys::Text,
            _ if p.runtime().is_scalar(key_ty) => Keys::Bits,
            _ => Keys::Values(key_ty),
        };
        Table { p, map, keys, value_form: p.runtime().form(value_ty) }
    }

    pub(super) fn key_value(&self, bits: u64) -> Value {
        Value { ty: entry_types(self.p, self.map).0, bits }
    }

    #[inline]
    fn parts(&self) -> Option<Parts<'p>> {
        let places = Places::of(self.map, self.keys)?;
        Some(Parts { places, keys: self.map.keys()?, values: self.map.values()? })
    }

    /// The key of an entry.
    pub fn key(&self, position: usize) -> Value {
        let places = Places::of(self.map, self.keys);
        self.key_value(places.map_or(0, |places| places.key(places.place(position))))
    }

    /// The value of an entry.
    pub fn value(&self, position: usize) -> Value {
        let places = Places::of(self.map, self.keys);
        self.value_at(places.map_or(0, |places| places.place(position)))
    }

    /// The value at a place that [`Table::find`] told.
    pub fn value_at(&self, place: usize) -> Value {
        Value { ty: entry_types(self.p, self.map).1, bits: self.value_bits(place) }
    }

    #[inline]
    pub(super) fn value_bits(&self, place: usize) -> u64 {
        // Nearly all values take 8 bytes, too.
        let form = if self.value_form.size() == 8 { Form::INT } else { self.value_form };
        self.map.values().map_or(0, |values| values.get(form, place))
    }

    /// The position of the first entry from `from` on.
    pub fn next(&self, from: usize) -> Option<usize> {
        let used = self.map.used();
        let parts = self.parts()?;
        if let Places::Slotted(slots) = &parts.places
            && from + AHEAD < used
        {
            let slot = slots.slot(from + AHEAD);
            parts.keys.prefetch(Form::INT, slot);
            parts.values.prefetch(self.value_form, slot);
        }
        parts.places.next_live(from, used)
    }

    /// The place of the entry with this key, known until keys come or go.
    #[inline]
    pub fn find(&self, key: u64) -> Option<usize> {
        self.keys.find(self.p, self.map, key)
    }

    /// Sets the value of a key, old or new.
    pub(super) fn set(&self, key: u64, value: u64) -> Result<(), Throw> {
        if let Some(parts) = self.parts() {
            let hash = self.keys.place_hash(self.p, &parts.places, key);
            if let Some((_, place)) = self.keys.find_in(self.p, &parts.places, hash, key) {
                parts.values.set(self.p, self.value_form, place, value);
                return Ok(());
            }
            if self.has_room(&parts, key) {
                self.add(&parts, hash, key, value);
                return Ok(());
            }
        }
        let parts = self.rebuild(key)?;
        self.add(&parts, self.keys.place_hash(self.p, &parts.places, key), key, value);
        Ok(())
    }

    fn has_room(&self, parts: &Parts<'p>, key: u64) -> bool {
        let can_hold = match &parts.places {
            Places::Listed(_) => true,
            Places::Slotted(slots) => slots.can_hold(key),
        };
        can_hold && self.map.used() < parts.places.capacity()
    }

    /// Adds an entry for a key that is not there; there is room.
    fn add(&self, parts: &Parts<'p>, hash: u64, key: u64, value: u64) {
        let (len, used) = (self.map.len(), self.map.used());
        self.enter(parts, hash, key, value, used);
        self.map.set_counts(len + 1, used + 1);
    }

    #[inline]
    fn enter(&self, parts: &Parts<'p>, hash: u64, key: u64, value: u64, position: usize) {
        let place = match &parts.places {
            Places::Slotted(slots) => slots.insert(key, position),
            Places::Listed(listed) => {
                listed.keys.set(self.p, self.keys.form(), position, key);
                if listed.index.has_slots() {
                    listed.index.insert(hash, position);
                }
                position
            }
        };
        parts.values.set(self.p, self.value_form, place, value);
    }

    /// Moves the entries together into buffers that have room for as many others and for `key`, which is new.
    fn rebuild(&self, key: u64) -> Result<Parts<'p>, Throw> {
        let old = self.parts();
        let len = self.map.len();
        let new = if self.keys == Keys::Bits && len * 2 > SMALL {
            // Up to half of the slots are taken, and more than a quarter unless there are few.
            let n_slots = (len * 2 + 1).next_power_of_two();
            let new = self.new_parts(n_slots, slots::words(n_slots), n_slots <= MAX_SLOTS)?;
            if let Places::Slotted(slots) = &new.places {
                slots.set_veil(self.choose_veil(&old, key));
            }
            new
        } else {
            let capacity = (len * 2).next_power_of_two().max(MIN_CAPACITY);
            self.new_parts(capacity, index::words(capacity), capacity <= MAX_CAPACITY)?
        };
        if let Some(old) = &old {
            self.move_entries(old, &new);
        }
        self.map.set_counts(len, len);
        Ok(new)
    }

    /// Buffers for `n_places` entries with an index of so many 32-bit words, put behind the map. `OutOfMemory` also
    /// unless `is_possible`.
    fn new_parts(&self, n_places: usize, n_words: usize, is_possible: bool) -> Result<Parts<'p>, Throw> {
        let (p, value_size) = (self.p, self.value_form.size());
        if !is_possible {
            return Err(p.throw_error(type_id::OUT_OF_MEMORY, "out of memory"));
        }
        p.check_room(n_places * (8 + value_size) + n_words * 4)?;
        let keys = p.new_buffer(self.keys.form() == Form::REF, n_places * 8);
        let values = p.new_buffer(self.value_form == Form::REF, n_places * value_size);
        let index = p.new_buffer(false, n_words * 4);
        self.map.set_buffers(p, keys, values, index);
        Ok(self.parts().expect("they were just made"))
    }

    /// A veil for the keys and a new one, which the old veil may not suit.
    fn choose_veil(&self, old: &Option<Parts<'p>>, key: u64) -> u64 {
        let keys = || old.iter().flat_map(|old| self.live_keys(old)).chain([key]);
        match old {
            Some(Parts { places: Places::Slotted(slots), .. }) if slots.can_hold(key) => slots.veil(),
            Some(Parts { places: Places::Slotted(slots), .. }) => slots::veil(Some(slots.veil()), keys),
            _ => slots::veil(None, keys),
        }
    }

    fn live_keys(&self, parts: &Parts<'p>) -> impl Iterator<Item = u64> {
        let (places, used) = (parts.places, self.map.used());
        let next = move |from| places.next_live(from, used);
        std::iter::successors(next(0), move |&position| next(position + 1))
            .map(move |position| places.key(places.place(position)))
    }

    fn move_entries(&self, old: &Parts<'p>, new: &Parts<'p>) {
        let used = self.map.used();
        if let (Places::Listed(_), Places::Listed(listed)) = (&old.places, &new.places)
            && self.map.len() == used
        {
            new.keys.copy(self.p, 0, old.keys, 0, used * 8);
            new.values.copy(self.p, 0, old.values, 0, used * self.value_form.size());
            if listed.index.has_slots() {
                (0..used).for_each(|at| listed.index.insert(self.keys.hash(self.p, listed.key(at)), at));
            }
            return;
        }
        if let (Places::Slotted(from), Places::Slotted(to)) = (&old.places, &new.places) {
            to.fill_from(from, used, |from, to| {
                new.values.set(self.p, self.value_form, to, old.values.get(self.value_form, from));
            });
            return;
        }
        let mut next = old.places.next_live(0, used);
        let mut to = 0;
        while let Some(position) = next {
            let place = old.places.place(position);
            let key = old.places.key(place);
            let value = old.values.get(self.value_form, place);
            self.enter(new, self.keys.place_hash(self.p, &new.places, key), key, value, to);
            to += 1;
            next = old.places.next_live(position + 1, used);
        }
    }

    /// Removes the entry of a key: whether there was one.
    pub(super) fn remove(&self, key: u64) -> bool {
        let Some(Parts { places, keys, values }) = self.parts() else { return false };
        let hash = self.keys.place_hash(self.p, &places, key);
        let Some((slot, place)) = self.keys.find_in(self.p, &places, hash, key) else { return false };
        match places {
            Places::Slotted(slots) => slots.remove(slot),
            Places::Listed(Listed { index, .. }) => {
                if index.has_slots() {
                    index.free(slot);
                }
                index.set_removed(place);
            }
        }
        // The collector is not to hold on to what was removed.
        for (buffer, form) in [(keys, self.keys.form()), (values, self.value_form)] {
            if form == Form::REF {
                buffer.set(self.p, form, place, 0);
            }
        }
        self.map.set_counts(self.map.len() - 1, self.map.used());
        true
    }

    /// The position of an entry that a program named.
    pub(super) fn position(&self, position: i64) -> Result<usize, Throw> {
        let used = self.map.used();
        usize::try_from(position)
            .ok()
            .filter(|&at| at < used && self.parts().and_then(|parts| parts.places.next_live(at, used)) == Some(at))
            .ok_or_else(|| self.p.throw_error(type_id::INDEX_ERROR, &format!("no entry at position {position}")))
    }
}

/// The types of keys and values.
#[inline]
fn entry_types(p: &Process, map: Map<'_>) -> (TypeId, TypeId) {
    match p.runtime().ty(map.ty()).shape {
        Shape::Map(key, value) => (key, value),
        _ => unreachable!("an operation on maps got another object"),
    }
}
