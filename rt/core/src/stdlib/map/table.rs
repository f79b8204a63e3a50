//! A map and the types of its entries: look-up, insertion, removal.

use super::index::{self, Index, MAX_CAPACITY};
use crate::object::{Buffer, Form, Map, Str};
use crate::stdlib::compare::equal;
use crate::stdlib::hash::{hash_bytes, hash_int, hash_value};
use crate::stdlib::value::Value;
use crate::{Process, Throw};
use vitte_abi::TypeId;
use vitte_abi::object::type_id;
use vitte_abi::types::Shape;

/// The number of positions of the first buffers.
const MIN_CAPACITY: usize = 4;

/// How keys are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keys {
    /// By their slot bits.
    Bits,
    /// By their text.
    Text,
    /// By the values that they are made of.
    Values,
}

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
    keys: Buffer<'p>,
    values: Buffer<'p>,
    index: Index<'p>,
    pub(super) capacity: usize,
}

impl<'p> Table<'p> {
    /// A map of the process.
    #[inline]
    pub fn of(p: &'p Process, map: Map<'p>) -> Table<'p> {
        let (key_ty, value_ty) = entry_types(p, map);
        let keys = match key_ty {
            type_id::STR => Keys::Text,
            _ if p.runtime().is_scalar(key_ty) => Keys::Bits,
            _ => Keys::Values,
        };
        Table { p, map, keys, value_form: p.runtime().form(value_ty) }
    }

    fn key_form(&self) -> Form {
        if self.keys == Keys::Bits { Form::INT } else { Form::REF }
    }

    pub(super) fn key_value(&self, bits: u64) -> Value {
        Value { ty: entry_types(self.p, self.map).0, bits }
    }

    #[inline]
    pub(super) fn parts(&self) -> Option<Parts<'p>> {
        let keys = self.map.keys()?;
        let capacity = keys.size() / 8;
        let index = Index::new(self.map.index()?.cells::<u32>(), capacity);
        Some(Parts { keys, values: self.map.values()?, index, capacity })
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
        self.parts()?.index.next_live(from, self.map.used())
    }

    /// The position of the entry with this key.
    #[inline]
    pub fn find(&self, key: u64) -> Option<usize> {
        let parts = self.parts()?;
        self.find_in(&parts, self.slot_hash(&parts, key), key).map(|found| found.1)
    }

    /// The hash of a key, if there are slots.
    #[inline]
    fn slot_hash(&self, parts: &Parts<'p>, key: u64) -> u64 {
        if parts.index.has_slots() { self.hash(key) } else { 0 }
    }

    #[inline]
    fn hash(&self, key: u64) -> u64 {
        match self.keys {
            Keys::Bits => hash_int(key),
            Keys::Text => hash_bytes(self.text(key).as_bytes()),
            Keys::Values => hash_value(self.p, self.key_value(key)),
        }
    }

    fn text(&self, key: u64) -> &'p str {
        Str::of(self.p.object(key)).as_str()
    }

    /// The slot in the index, if there are slots, and the position of the entry with this key.
    #[inline]
    fn find_in(&self, parts: &Parts<'p>, hash: u64, key: u64) -> Option<(usize, usize)> {
        // In line, since it is little work beside waiting for memory: the less there is, the more look-ups a processor
        // has under way at once.
        if self.keys == Keys::Bits && parts.index.has_slots() {
            return parts.index.find(hash, |position| key_in(parts.keys, position) == key);
        }
        self.find_other(parts, hash, key)
    }

    fn find_other(&self, parts: &Parts<'p>, hash: u64, key: u64) -> Option<(usize, usize)> {
        match self.keys {
            Keys::Bits => self.search(parts, hash, |position| key_in(parts.keys, position) == key),
            Keys::Text => self.find_text(parts, hash, key),
            Keys::Values => {
                let key = self.key_value(key);
                self.search(parts, hash, |position| {
                    equal(self.p, Value { bits: key_in(parts.keys, position), ..key }, key)
                })
            }
        }
    }

    fn find_text(&self, parts: &Parts<'p>, hash: u64, key: u64) -> Option<(usize, usize)> {
        let text = self.text(key);
        self.search(parts, hash, |position| {
            let other = key_in(parts.keys, position);
            other == key || self.text(other) == text
        })
    }

    #[inline]
    fn search(&self, parts: &Parts<'p>, hash: u64, mut is_key: impl FnMut(usize) -> bool) -> Option<(usize, usize)> {
        if parts.index.has_slots() {
            return parts.index.find(hash, is_key);
        }
        let position = (0..self.map.used()).find(|&at| !parts.index.is_removed(at) && is_key(at))?;
        Some((0, position))
    }

    /// Sets the value of a key, old or new.
    pub(super) fn set(&self, key: u64, value: u64) -> Result<(), Throw> {
        let mut parts = self.parts();
        let mut hash = 0;
        if let Some(parts) = &parts {
            hash = self.slot_hash(parts, key);
            if let Some((_, position)) = self.find_in(parts, hash, key) {
                parts.values.set(self.p, self.value_form, position, value);
                return Ok(());
            }
        }
        if parts.is_none_or(|parts| self.map.used() == parts.capacity) {
            parts = Some(self.rebuild()?);
            hash = self.hash(key);
        }
        let parts = parts.expect("there are parts or they were just made");
        let (len, used) = (self.map.len(), self.map.used());
        parts.keys.set(self.p, self.key_form(), used, key);
        parts.values.set(self.p, self.value_form, used, value);
        if parts.index.has_slots() {
            parts.index.insert(hash, used);
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
        let keys = p.new_buffer(self.key_form() == Form::REF, capacity * 8);
        let values = p.new_buffer(self.value_form == Form::REF, capacity * self.value_form.size());
        let memory = p.new_buffer(false, index::words(capacity) * 4);
        let new = Parts { keys, values, index: Index::new(memory.cells::<u32>(), capacity), capacity };
        if let Some(old) = self.parts() {
            self.move_entries(&old, &new);
        }
        self.map.set_buffers(p, keys, values, memory);
        self.map.set_counts(len, len);
        Ok(new)
    }

    fn move_entries(&self, old: &Parts<'p>, new: &Parts<'p>) {
        let used = self.map.used();
        if self.map.len() == used {
            new.keys.copy(self.p, 0, old.keys, 0, used * 8);
            new.values.copy(self.p, 0, old.values, 0, used * self.value_form.size());
        } else {
            let mut next = old.index.next_live(0, used);
            let mut to = 0;
            while let Some(from) = next {
                new.keys.set(self.p, self.key_form(), to, key_in(old.keys, from));
                new.values.set(self.p, self.value_form, to, old.values.get(self.value_form, from));
                to += 1;
                next = old.index.next_live(from + 1, used);
            }
        }
        if new.index.has_slots() {
            for position in 0..self.map.len() {
                new.index.insert(self.hash(key_in(new.keys, position)), position);
            }
        }
    }

    /// Removes the entry of a key: whether there was one.
    pub(super) fn remove(&self, key: u64) -> bool {
        let Some(parts) = self.parts() else { return false };
        let hash = self.slot_hash(&parts, key);
        let Some((slot, position)) = self.find_in(&parts, hash, key) else { return false };
        if parts.index.has_slots() {
            parts.index.free(slot);
        }
        parts.index.set_removed(position);
        // The collector is not to hold on to what was removed.
        for (buffer, form) in [(parts.keys, self.key_form()), (parts.values, self.value_form)] {
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

/// The slot bits of a key: 8 bytes of whatever form.
#[inline]
fn key_in(keys: Buffer<'_>, position: usize) -> u64 {
    keys.get(Form::INT, position)
}
