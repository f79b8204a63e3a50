//! Hash maps that keep insertion order.
//!
//! ```text
//! keys     [k0 k1 k2 …]     8 bytes each, whatever the key's type
//! values   [v0 v1 v2 …]     held as the value's type is in lists, in the order of the keys
//! index    finds the place of a key, and knows which entries were removed
//! ```
//!
//! Where keys are scalars, except in small maps, the keys are a hash table, whose index tells their order: see `slots`.
//! Other keys stand in the order of their insertion, and the index is the hash table: see `index`.
//!
//! Positions in that order are given away one after the other. Removing an entry leaves a hole, so that others keep their
//! positions while a program walks over the map. When all positions are given away, the entries move together into
//! buffers for twice their number, which may be larger or smaller than before.

mod index;
mod keys;
mod slots;
mod table;

pub use table::Table;

use self::keys::Keys;
use super::format::write_inner;
use super::value::Value;
use crate::object::{Map, Obj, Str};
use crate::{Process, Throw, Word};
use vitte_abi::TypeId;
use vitte_abi::object::{MAP_SIZE, offset, type_id};

fn table<'p>(p: &'p Process, map: Obj<'p>) -> Table<'p> {
    Table::of(p, Map::of(map))
}

/// A new, empty map of type `ty`.
pub fn map_new(p: &Process, ty: TypeId) -> Map<'_> {
    Map::of(p.new_object(ty, 0, MAP_SIZE))
}

/// `map[key]`.
pub fn map_get<'p>(p: &'p Process, map: Obj<'p>, key: u64) -> Result<u64, Throw> {
    let table = table(p, map);
    match table.find(key) {
        Some(place) => Ok(table.value_bits(place)),
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
pub fn map_find<'p>(p: &'p Process, map: Obj<'p>, key: u64) -> Word {
    let table = table(p, map);
    table.find(key).map_or(Word::NIL, |place| {
        let value = table.value_at(place);
        p.any(value.ty, value.bits)
    })
}

/// The place of the entry of `key`, a scalar, or -1.
pub fn map_place<'p>(p: &'p Process, map: Obj<'p>, key: i64) -> i64 {
    place(Keys::Bits.find(p, Map::of(map), key as u64))
}

/// The place of the entry of a string, or -1.
pub fn map_place_str<'p>(p: &'p Process, map: Obj<'p>, key: Str<'p>) -> i64 {
    place(Keys::Text.find(p, Map::of(map), key.object().address()))
}

#[inline]
fn place(found: Option<usize>) -> i64 {
    found.map_or(-1, |place| place as i64)
}

/// Whether `key` has an entry.
pub fn map_has<'p>(p: &'p Process, map: Obj<'p>, key: u64) -> bool {
    table(p, map).find(key).is_some()
}

/// `map[key] = value`.
pub fn map_set<'p>(p: &'p Process, map: Obj<'p>, key: u64, value: u64) -> Result<(), Throw> {
    table(p, map).set(key, value)
}

/// Removes the entry of `key`: whether there was one.
pub fn map_remove<'p>(p: &'p Process, map: Obj<'p>, key: u64) -> bool {
    table(p, map).remove(key)
}

/// The first position not below `pos` that holds an entry, or -1.
pub fn map_next<'p>(p: &'p Process, map: Obj<'p>, pos: i64) -> i64 {
    table(p, map).next(pos.max(0) as usize).map_or(-1, |position| position as i64)
}

/// The key of the entry at `pos`.
pub fn map_key_at<'p>(p: &'p Process, map: Obj<'p>, pos: i64) -> Result<u64, Throw> {
    let table = table(p, map);
    table.position(pos).map(|position| table.key(position).bits)
}

/// The value of the entry at `pos`.
pub fn map_value_at<'p>(p: &'p Process, map: Obj<'p>, pos: i64) -> Result<u64, Throw> {
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
    use crate::stdlib::hash::{hash_bytes, hash_int};
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
    fn compare_with_model<'p>(
        p: &'p Process,
        map: Obj<'p>,
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
        let ty = types.map("{str: ()}", STR, UNIT);
        let p = types.process();
        let map = map_new(&p, ty).object();
        // These share the lower bits of their hashes, and so their first slot.
        let numbers = (0..200_000).map(|number: i32| number.to_string());
        let keys: Vec<String> = numbers.filter(|key| hash_bytes(key.as_bytes()) & 0xfff == 5).collect();
        let word = |key: &str| p.new_str(key).object().address();
        assert!(keys.len() > 20);
        keys.iter().for_each(|key| map_set(&p, map, word(key), 0).unwrap());
        for key in keys.iter().step_by(2) {
            assert!(map_remove(&p, map, word(key)));
        }
        for (i, key) in keys.iter().enumerate() {
            assert_eq!(map_has(&p, map, word(key)), i % 2 == 1);
        }
    }

    #[test]
    fn any_number_can_be_a_key() {
        let mut types = Types::new();
        let ty = types.map("{int: int}", INT, INT);
        let p = types.process();
        // Each of these makes a map take another veil.
        let first = slots::USUAL_VEIL;
        let unlikely = [first, first ^ 1, hash_int(first), hash_int(hash_int(first)) ^ 1, 0, 1];
        for n_before in [0, 4, 8, 9, 100] {
            let map = map_new(&p, ty).object();
            let keys: Vec<u64> = (10..10 + n_before).chain(unlikely).chain(200..300).collect();
            for (value, &key) in keys.iter().enumerate() {
                assert!(!map_has(&p, map, key) && !map_remove(&p, map, key));
                map_set(&p, map, key, value as u64).unwrap();
                assert_eq!(map_get(&p, map, key).ok(), Some(value as u64));
            }
            for (position, &key) in keys.iter().enumerate() {
                let position = position as i64;
                assert_eq!(map_key_at(&p, map, position).unwrap(), key);
                assert_eq!(map_value_at(&p, map, position).unwrap(), position as u64);
            }
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
        assert!(self::keys::Places::of(Map::of(map), Keys::Bits).unwrap().capacity() <= 512);
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
