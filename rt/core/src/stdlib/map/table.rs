//! A map and the types of its entries: insertion and removal.

use super::index::{self, Index, MAX_CAPACITY};
use super::keys::{Keys, Places, key_in};
use crate::object::{Buffer, Form, Map};
use crate::stdlib::value::Value;
use crate::{Process, Throw};
use vitte_abi::TypeId;
use vitte_abi::object::type_id;
use vitte_abi::types::Shape;

/// The number of positions of the first buffers.
const MIN_CAPACITY: usize = 4;

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
pub(super) struct Parts<'p> {
    places: Places<'p>,
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
    pub(super) fn parts(&self) -> Option<Parts<'p>> {
        Some(Parts { places: Places::of(self.map)?, values: self.map.values()? })
    }

    /// The key of an entry.
    pub fn key(&self, position: usize) -> Value {
        self.key_value(self.map.keys().map_or(0, |keys| key_in(keys, position)))
    }

    /// The value of an entry.
    pub fn value(&self, position: usize) -> Value {
        Value { ty: entry_types(self.p, self.map).1, bits: self.value_bits(position) }
    }

    #[inline]
    pub(super) fn value_bits(&self, position: usize) -> u64 {
        // Nearly all values take 8 bytes, too.
        let form = if self.value_form.size() == 8 { Form::INT } else { self.value_form };
        self.map.values().map_or(0, |values| values.get(form, position))
    }

    /// The position of the first entry from `from` on.
    pub fn next(&self, from: usize) -> Option<usize> {
        Places::of(self.map)?.index.next_live(from, self.map.used())
    }

    /// The position of the entry with this key.
    #[inline]
    pub fn find(&self, key: u64) -> Option<usize> {
        self.keys.find(self.p, self.map, key)
    }

    /// Sets the value of a key, old or new.
    pub(super) fn set(&self, key: u64, value: u64) -> Result<(), Throw> {
        let mut parts = self.parts();
        let mut hash = 0;
        if let Some(Parts { places, values }) = &parts {
            hash = self.keys.slot_hash(self.p, places, key);
            if let Some((_, position)) = self.keys.find_in(self.p, places, hash, key) {
                values.set(self.p, self.value_form, position, value);
                return Ok(());
            }
        }
        if parts.is_none_or(|parts| self.map.used() == parts.places.capacity) {
            parts = Some(self.rebuild()?);
            hash = self.keys.hash(self.p, key);
        }
        let Parts { places, values } = parts.expect("there are parts or they were just made");
        let (len, used) = (self.map.len(), self.map.used());
        places.keys.set(self.p, self.keys.form(), used, key);
        values.set(self.p, self.value_form, used, value);
        if places.index.has_slots() {
            places.index.insert(hash, used);
        }
        self.map.set_counts(len + 1, used + 1);
        Ok(())
    }

    /// Moves the entries together into buffers for twice their number.
    fn rebuild(&self) -> Result<Parts<'p>, Throw> {
        let (p, len) = (self.p, self.map.len());
        let capacity = (len * 2).next_power_of_two().max(MIN_CAPACITY);
        if capacity > MAX_CAPACITY {
            return Err(p.throw_error(type_id::OUT_OF_MEMORY, "out of memory"));
        }
        p.check_room(capacity * (8 + self.value_form.size()) + index::words(capacity) * 4)?;
        let keys = p.new_buffer(self.keys.form() == Form::REF, capacity * 8);
        let values = p.new_buffer(self.value_form == Form::REF, capacity * self.value_form.size());
        let memory = p.new_buffer(false, index::words(capacity) * 4);
        let index = Index::new(memory.cells::<u32>(), capacity);
        let new = Parts { places: Places { keys, index, capacity, used: len }, values };
        if let Some(old) = self.parts() {
            self.move_entries(&old, &new);
        }
        self.map.set_buffers(p, keys, values, memory);
        self.map.set_counts(len, len);
        Ok(new)
    }

    fn move_entries(&self, old: &Parts<'p>, new: &Parts<'p>) {
        let used = self.map.used();
        let (old_keys, new_keys) = (old.places.keys, new.places.keys);
        if self.map.len() == used {
            new_keys.copy(self.p, 0, old_keys, 0, used * 8);
            new.values.copy(self.p, 0, old.values, 0, used * self.value_form.size());
        } else {
            let mut next = old.places.index.next_live(0, used);
            let mut to = 0;
            while let Some(from) = next {
                new_keys.set(self.p, self.keys.form(), to, key_in(old_keys, from));
                new.values.set(self.p, self.value_form, to, old.values.get(self.value_form, from));
                to += 1;
                next = old.places.index.next_live(from + 1, used);
            }
        }
        if new.places.index.has_slots() {
            for position in 0..self.map.len() {
                new.places.index.insert(self.keys.hash(self.p, key_in(new_keys, position)), position);
            }
        }
    }

    /// Removes the entry of a key: whether there was one.
    pub(super) fn remove(&self, key: u64) -> bool {
        let Some(Parts { places, values }) = self.parts() else { return false };
        let hash = self.keys.slot_hash(self.p, &places, key);
        let Some((slot, position)) = self.keys.find_in(self.p, &places, hash, key) else { return false };
        if places.index.has_slots() {
            places.index.free(slot);
        }
        places.index.set_removed(position);
        // The collector is not to hold on to what was removed.
        for (buffer, form) in [(places.keys, self.keys.form()), (values, self.value_form)] {
            if form == Form::REF {
                buffer.set(self.p, form, position, 0);
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
            .filter(|&at| at < used && self.next(at) == Some(at))
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
