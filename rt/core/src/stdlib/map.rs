//! Hash maps that keep insertion order.
//!
//! ```text
//! keys     [k0 k1 k2 …]     8 bytes each, whatever the key's type, in insertion order
//! values   [v0 v1 v2 …]     held as the value's type is in lists
//! index    finds the position of a key, and knows which positions were removed: see `index`
//! ```
//!
//! Positions are given away one after the other. Removing an entry leaves a hole, so that others keep their
//! positions while a program walks over the map. When all positions are given away, the entries move together into
//! buffers for twice their number, which may be larger or smaller than before.

mod index;

use super::compare::equal;
use super::format::write_inner;
use super::hash::{hash_bytes, hash_int, hash_value};
use super::value::Value;
use crate::object::{Buffer, Form, Map, Obj, Str};
use crate::{Process, Throw, Word};
use index::{Index, MAX_CAPACITY};
use vitte_abi::TypeId;
use vitte_abi::object::{MAP_SIZE, offset, type_id};
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
struct Parts<'p> {
    keys: Buffer<'p>,
    values: Buffer<'p>,
    index: Index<'p>,
    capacity: usize,
}

impl<'p> Table<'p> {
    /// A map of the process.
    #[inline]
    pub fn of(p: &'p Process, map: Map<'_>) -> Table<'p> {
        let (key_ty, value_ty) = entry_types(p, map);
        let keys = match key_ty {
            type_id::STR => Keys::Text,
            _ if p.runtime().is_scalar(key_ty) => Keys::Bits,
            _ => Keys::Values,
        };
        Table { p, map: Map::of(p.object(map.object().address())), keys, value_form: p.runtime().form(value_ty) }
    }

    fn key_form(&self) -> Form {
        if self.keys == Keys::Bits { Form::INT } else { Form::REF }
    }

    fn key_value(&self, bits: u64) -> Value {
        Value { ty: entry_types(self.p, self.map).0, bits }
    }

    #[inline]
    fn parts(&self) -> Option<Parts<'p>> {
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
    fn value_bits(&self, position: usize) -> u64 {
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
        // All of it in one piece: nearly no work stands beside waiting for memory.
        if self.keys == Keys::Bits && parts.index.has_slots() {
            let found = parts.index.find(hash_int(key), |position| key_in(parts.keys, position) == key);
            return found.map(|found| found.1);
        }
        self.find_any(&parts, key)
    }

    fn find_any(&self, parts: &Parts<'p>, key: u64) -> Option<usize> {
        let hash = if parts.index.has_slots() { self.hash(key) } else { 0 };
        self.find_in(parts, hash, key).map(|found| found.1)
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
        let key_at = |position| key_in(parts.keys, position);
        match self.keys {
            Keys::Bits => self.search(parts, hash, |position| key_at(position) == key),
            Keys::Text => self.find_text(parts, hash, key),
            Keys::Values => {
                let key = self.key_value(key);
                self.search(parts, hash, |position| equal(self.p, Value { bits: key_at(position), ..key }, key))
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
    fn set(&self, key: u64, value: u64) -> Result<(), Throw> {
        let mut parts = self.parts();
        let mut hash = 0;
        if let Some(parts) = &parts {
            if parts.index.has_slots() {
                hash = self.hash(key);
            }
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
    fn remove(&self, key: u64) -> bool {
        let Some(parts) = self.parts() else { return false };
        let hash = if parts.index.has_slots() { self.hash(key) } else { 0 };
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
    fn position(&self, position: i64) -> Result<usize, Throw> {
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

fn table<'p>(p: &'p Process, map: Obj<'_>) -> Table<'p> {
    Table::of(p, Map::of(map))
}

/// A new, empty map of type `ty`.
pub fn map_new(p: &Process, ty: TypeId) -> Map<'_> {
    Map::of(p.new_object(ty, 0, MAP_SIZE))
}

/// `map[key]`.
pub fn map_get(p: &Process, map: Obj<'_>, key: u64) -> Result<u64, Throw> {
    let table = table(p, map);
    match table.find(key) {
        Some(position) => Ok(table.value_bits(position)),
        None => Err(throw_key(p, table.key_value(key))),
    }
}

#[cold]
fn throw_key(p: &Process, key: Value) -> Throw {
    let mut message = String::from("key ");
    write_inner(p, &mut message, key).expect("strings take any text");
    message.push_str(" not found");
    p.throw_error(type_id::KEY_ERROR, &message)
}

/// The value of `key` as an optional, or nil.
pub fn map_find(p: &Process, map: Obj<'_>, key: u64) -> Word {
    let table = table(p, map);
    table.find(key).map_or(Word::NIL, |position| {
        let value = table.value(position);
        p.any(value.ty, value.bits)
    })
}

/// Whether `key` has an entry.
pub fn map_has(p: &Process, map: Obj<'_>, key: u64) -> bool {
    table(p, map).find(key).is_some()
}

/// `map[key] = value`.
pub fn map_set(p: &Process, map: Obj<'_>, key: u64, value: u64) -> Result<(), Throw> {
    table(p, map).set(key, value)
}

/// Removes the entry of `key`: whether there was one.
pub fn map_remove(p: &Process, map: Obj<'_>, key: u64) -> bool {
    table(p, map).remove(key)
}

/// The first position not below `pos` that holds an entry, or -1.
pub fn map_next(p: &Process, map: Obj<'_>, pos: i64) -> i64 {
    table(p, map).next(pos.max(0) as usize).map_or(-1, |position| position as i64)
}

/// The key of the entry at `pos`.
pub fn map_key_at(p: &Process, map: Obj<'_>, pos: i64) -> Result<u64, Throw> {
    let table = table(p, map);
    table.position(pos).map(|position| table.key(position).bits)
}

/// The value of the entry at `pos`.
pub fn map_value_at(p: &Process, map: Obj<'_>, pos: i64) -> Result<u64, Throw> {
    let table = table(p, map);
    table.position(pos).map(|position| table.value(position).bits)
}

/// Removes all entries.
pub fn map_clear(p: &Process, map: Obj<'_>) {
    for part in [offset::MAP_KEYS, offset::MAP_VALUES, offset::MAP_INDEX] {
        map.set_word(p, part, Word::NIL);
    }
    Map::of(map).set_counts(0, 0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::List;
    use crate::stdlib::list::list_insert;
    use crate::testing::{Random, Types};
    use crate::{Engine, Options};
    use std::collections::HashMap;
    use type_id::{BOOL, INT, STR, UNIT};
    use vitte_abi::object::offset::FIELDS;

    /// What a map should hold: keys to values, and the keys in the order of their insertion.
    #[derive(Default)]
    struct Model {
        values: HashMap<u64, u64>,
        order: Vec<u64>,
    }

    /// Runs random operations on a map whose keys are made from numbers, and checks it against the model.
    fn compare_with_model(
        p: &Process,
        map: Obj<'_>,
        n_keys: u64,
        key: impl Fn(u64) -> u64,
        number: impl Fn(u64) -> u64,
    ) {
        let mut random = Random::new(n_keys);
        let mut model = Model::default();
        for step in 0..20_000 {
            let k = random.below(n_keys);
            // Phases of growth and of decay.
            if random.below(10) < if step / 2_000 % 2 == 0 { 7 } else { 2 } {
                map_set(p, map, key(k), step & 1).unwrap();
                if model.values.insert(k, step & 1).is_none() {
                    model.order.push(k);
                }
            } else {
                let removed = model.values.remove(&k).is_some();
                assert_eq!(map_remove(p, map, key(k)), removed);
                model.order.retain(|&other| other != k);
            }
            let k = random.below(n_keys);
            assert_eq!(map_has(p, map, key(k)), model.values.contains_key(&k));
            assert_eq!(map_get(p, map, key(k)).ok(), model.values.get(&k).copied());
            assert_eq!(Map::of(map).len(), model.order.len());
            if step % 500 == 0 {
                let mut next = map_next(p, map, 0);
                for &k in &model.order {
                    assert_eq!(number(map_key_at(p, map, next).unwrap()), k);
                    assert_eq!(map_value_at(p, map, next).unwrap(), model.values[&k]);
                    next = map_next(p, map, next + 1);
                }
                assert_eq!(next, -1);
            }
        }
    }

    #[test]
    fn maps_of_ints_are_like_the_model() {
        for n_keys in [3, 8, 9, 40, 3000] {
            let mut types = Types::new();
            let ty = types.map("{int: int}", INT, INT);
            let p = types.process();
            compare_with_model(&p, map_new(&p, ty).object(), n_keys, |k| k, |bits| bits);
        }
    }

    #[test]
    fn maps_of_strings_are_like_the_model() {
        let mut types = Types::new();
        let ty = types.map("{str: bool}", STR, BOOL);
        let p = types.process();
        let key = |k: u64| p.new_str(&format!("key number {k}")).object().address();
        let number = |bits: u64| Str::of(p.object(bits)).as_str()[11..].parse().unwrap();
        compare_with_model(&p, map_new(&p, ty).object(), 300, key, number);
    }

    #[test]
    fn maps_of_tuples_are_like_the_model() {
        let mut types = Types::new();
        let pair = types.tuple("(int, int)", &[INT, INT]);
        let ty = types.map("{(int, int): int}", pair, INT);
        let p = types.process();
        let key = |k: u64| {
            let object = p.new_record(pair);
            object.set_raw(FIELDS, k % 10);
            object.set_raw(FIELDS + 8, k / 10);
            object.address()
        };
        let number = |bits: u64| p.object(bits).raw(FIELDS) + p.object(bits).raw(FIELDS + 8) * 10;
        compare_with_model(&p, map_new(&p, ty).object(), 300, key, number);
    }

    #[test]
    fn keys_whose_hashes_collide_are_told_apart() {
        let mut types = Types::new();
        let ty = types.map("{int: ()}", INT, UNIT);
        let p = types.process();
        let map = map_new(&p, ty).object();
        // These share the lower bits of their hashes, and so their first slot.
        let keys: Vec<u64> = (0..200_000).filter(|&key| hash_int(key) & 0xfff == 5).collect();
        assert!(keys.len() > 20);
        keys.iter().for_each(|&key| map_set(&p, map, key, 0).unwrap());
        for &key in keys.iter().step_by(2) {
            assert!(map_remove(&p, map, key));
        }
        for (i, &key) in keys.iter().enumerate() {
            assert_eq!(map_has(&p, map, key), i % 2 == 1);
        }
    }

    #[test]
    fn a_map_serves_as_a_queue_in_constant_space_and_time() {
        let mut types = Types::new();
        let ty = types.map("{int: int}", INT, INT);
        let p = types.process();
        let map = map_new(&p, ty).object();
        for key in 0..100_000 {
            map_set(&p, map, key, 0).unwrap();
            if key >= 100 {
                let first = map_next(&p, map, 0);
                assert_eq!(map_key_at(&p, map, first).unwrap(), key - 100);
                assert!(map_remove(&p, map, key - 100));
            }
        }
        assert!(Table::of(&p, Map::of(map)).parts().unwrap().capacity <= 512);
    }

    #[test]
    fn absent_keys_and_positions_raise() {
        let mut types = Types::new();
        let ty = types.map("{str: int}", STR, INT);
        let p = types.process();
        let map = map_new(&p, ty).object();
        let message = |throw: Throw| {
            let error = throw.exception().object(&p).unwrap();
            Str::of(p.object(error.raw(FIELDS))).as_str()
        };
        let key = |text: &str| p.new_str(text).object().address();
        assert_eq!(message(map_get(&p, map, key("x\n")).unwrap_err()), r#"key "x\n" not found"#);
        assert_eq!(map_next(&p, map, 0), -1);
        map_set(&p, map, key("a"), 1).unwrap();
        map_set(&p, map, key("b"), 2).unwrap();
        assert_eq!((map_find(&p, map, key("b")), map_find(&p, map, key("c"))), (p.any(INT, 2), Word::NIL));
        map_remove(&p, map, key("a"));
        assert_eq!(message(map_key_at(&p, map, 0).unwrap_err()), "no entry at position 0");
        assert_eq!(message(map_value_at(&p, map, 2).unwrap_err()), "no entry at position 2");
        assert_eq!(message(map_value_at(&p, map, -1).unwrap_err()), "no entry at position -1");
        assert_eq!(map_value_at(&p, map, 1).unwrap(), 2);
        map_clear(&p, map);
        assert_eq!((Map::of(map).len(), map_next(&p, map, 0), map_has(&p, map, key("b"))), (0, -1, false));
    }

    #[test]
    fn maps_survive_collections() {
        for engine in [Engine::Generational, Engine::MarkSweep, Engine::None] {
            let mut types = Types::new();
            let ints = types.list("[int]", INT);
            let ty = types.map("{str: [int]}", STR, ints);
            let mut p = types.process_with(Options { engine, ..Options::default() });
            let mut map = map_new(&p, ty).object().address();
            let mut model: HashMap<String, i64> = HashMap::new();
            let mut random = Random::new(5);
            for step in 0..10_000 {
                let key = format!("key {}", random.below(200));
                let object = p.object(map);
                let word = p.new_str(&key).object().address();
                if random.below(3) == 0 {
                    assert_eq!(map_remove(&p, object, word), model.remove(&key).is_some());
                } else {
                    let list = p.new_list(ints, 1).object();
                    list_insert(&p, list, 0, step as u64).unwrap();
                    map_set(&p, object, word, list.address()).unwrap();
                    model.insert(key, step);
                }
                if step % 37 == 0 {
                    p.request_collection(step % 5 == 0);
                    p.collect(&mut |visit| visit(&mut map)).unwrap();
                    let object = p.object(map);
                    assert_eq!(Map::of(object).len(), model.len());
                    for (key, value) in &model {
                        let list = map_get(&p, object, p.new_str(key).object().address()).unwrap();
                        assert_eq!(List::of(p.object(list)).cells::<i64>()[0].get(), *value);
                    }
                }
            }
        }
    }
}
