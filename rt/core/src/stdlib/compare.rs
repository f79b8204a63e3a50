//! Equality of values: by value, but by identity on structs, closures and trait objects.
//!
//! Values may be nested a million deep (a linked list made of enum variants), so what is still to be compared stands
//! on a stack of its own. Lists and maps may even contain themselves; two such values are equal if no difference can
//! be found. So after `PATIENCE` pairs of lists and maps the pairs are remembered, and none is looked at twice.

use super::list;
use super::map::Table;
use super::scalar;
use super::value::Value;
use crate::Process;
use crate::object::Form;
use std::collections::BTreeSet;
use vitte_abi::TypeId;
use vitte_abi::object::Repr;
use vitte_abi::types::{Record, Shape};

/// How many pairs of lists and maps are compared before they are remembered. Few values are that large.
const PATIENCE: usize = 10_000;

/// What remains to be compared.
enum Pending {
    Values(Value, Value),
    /// Two lists of the same length, from an index on.
    Items(Value, Value, usize),
    /// The entries of a map, from a position on, with those of another map of the same size.
    Entries(Value, Value, usize),
}

/// Whether `a == b`. Both are of the same static type.
pub fn equal(p: &Process, a: Value, b: Value) -> bool {
    // Most comparisons need no stack, which is only allocated with its first entry.
    Comparison { p, pending: Vec::new(), n_pairs: 0, seen: BTreeSet::new() }.run(a, b)
}

/// Whether `a == b`, both of type `ty`.
pub fn eq(p: &Process, a: u64, b: u64, ty: TypeId) -> bool {
    equal(p, Value { ty, bits: a }, Value { ty, bits: b })
}

struct Comparison<'a> {
    p: &'a Process,
    pending: Vec<Pending>,
    n_pairs: usize,
    seen: BTreeSet<(u64, u64)>,
}

impl Comparison<'_> {
    fn run(&mut self, a: Value, b: Value) -> bool {
        if !self.pair(a, b) {
            return false;
        }
        while let Some(next) = self.pending.pop() {
            let same = match next {
                Pending::Values(a, b) => self.pair(a, b),
                Pending::Items(a, b, from) => self.items(a, b, from),
                Pending::Entries(a, b, from) => self.entries(a, b, from),
            };
            if !same {
                return false;
            }
        }
        true
    }

    /// Compares two values; what they are made of remains pending.
    fn pair(&mut self, a: Value, b: Value) -> bool {
        if self.p.runtime().ty(a.ty).shape == Shape::Trait {
            return a.bits == b.bits;
        }
        let (a, b) = match (a.resolve(self.p), b.resolve(self.p)) {
            (Some(a), Some(b)) => (a, b),
            (None, None) => return true,
            _ => return false,
        };
        if a.ty != b.ty {
            return false;
        }
        match &self.p.runtime().ty(a.ty).shape {
            Shape::Scalar => scalar::equal(a.ty, a.bits, b.bits),
            Shape::Str => a.bits == b.bits || a.text(self.p) == b.text(self.p),
            Shape::Bytes => a.list(self.p).bytes() == b.list(self.p).bytes(),
            Shape::List(_) => {
                if a.list(self.p).len() != b.list(self.p).len() {
                    return false;
                }
                self.is_known(a, b) || self.items(a, b, 0)
            }
            Shape::Map(..) => {
                if a.map(self.p).len() != b.map(self.p).len() {
                    return false;
                }
                self.is_known(a, b) || self.entries(a, b, 0)
            }
            Shape::Tuple(record) => self.fields(a, b, record),
            Shape::Enum(variants) => {
                let tag = a.object(self.p).tag();
                tag == b.object(self.p).tag() && self.fields(a, b, &variants[tag as usize].record)
            }
            _ => a.bits == b.bits,
        }
    }

    fn is_known(&mut self, a: Value, b: Value) -> bool {
        self.n_pairs += 1;
        self.n_pairs > PATIENCE && !self.seen.insert((a.bits, b.bits))
    }

    /// Compares the fields that are no composites; the others remain pending.
    fn fields(&mut self, a: Value, b: Value, record: &Record) -> bool {
        let (a, b) = (a.object(self.p), b.object(self.p));
        // The last field of a linked list leads to the rest of it: with the others done first, the stack stays short.
        for field in record.fields.iter().rev() {
            let (a, b) = (Value::of_field(self.p, a, field), Value::of_field(self.p, b, field));
            match self.p.runtime().ty(field.ty).shape {
                Shape::Scalar | Shape::Str => {
                    if !self.pair(a, b) {
                        return false;
                    }
                }
                _ => self.pending.push(Pending::Values(a, b)),
            }
        }
        true
    }

    /// Compares items up to the first that leave something pending.
    fn items(&mut self, a: Value, b: Value, from: usize) -> bool {
        let (a_list, b_list) = (a.list(self.p), b.list(self.p));
        let form = self.p.runtime().item_form(a.ty);
        if form != Form::REF && !matches!(form.repr, Repr::F32 | Repr::F64) {
            let size = a_list.len() * form.size();
            return a_list.buffer().bytes()[..size] == b_list.buffer().bytes()[..size];
        }
        let n_pending = self.pending.len();
        for index in from..a_list.len() {
            if !self.pair(list::item(self.p, a_list, index), list::item(self.p, b_list, index)) {
                return false;
            }
            if self.pending.len() > n_pending {
                self.pending.insert(n_pending, Pending::Items(a, b, index + 1));
                return true;
            }
        }
        true
    }

    /// Compares entries up to the first that leave something pending.
    fn entries(&mut self, a: Value, b: Value, from: usize) -> bool {
        let (a_map, b_map) = (Table::of(self.p, a.map(self.p)), Table::of(self.p, b.map(self.p)));
        let n_pending = self.pending.len();
        let mut next = a_map.next(from);
        while let Some(position) = next {
            let Some(other) = b_map.find(a_map.key(position).bits) else { return false };
            if !self.pair(a_map.value(position), b_map.value_at(other)) {
                return false;
            }
            if self.pending.len() > n_pending {
                self.pending.insert(n_pending, Pending::Entries(a, b, position + 1));
                return true;
            }
            next = a_map.next(position + 1);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stdlib::hash::hash;
    use crate::stdlib::list::list_insert;
    use crate::stdlib::map::{map_new, map_set};
    use crate::testing::Types;
    use vitte_abi::object::type_id::*;

    #[test]
    fn values_are_equal_by_what_they_hold() {
        let mut types = Types::new();
        let floats = types.list("[float]", FLOAT);
        let map = types.map("{str: int}", STR, INT);
        let point = types.record("Point", &[("x", INT)]);
        let show = types.add("Show", Repr::Ref, Shape::Trait);
        let p = types.process();
        let str = |text: &str| p.new_str(text).object().address();
        let equal = |ty, a, b| eq(&p, a, b, ty);

        assert!(equal(STR, str("ab"), str("ab")) && !equal(STR, str("ab"), str("ac")));
        assert!(equal(ANY, p.any(INT, 1).0, p.new_box(INT, 1).address()), "a box like the immediate");
        assert!(!equal(ANY, p.any(INT, 1).0, p.any(U8, 1).0) && !equal(ANY, p.any(INT, 1).0, 0));
        assert!(equal(ANY, 0, 0) && equal(ANY, str("x"), str("x")));
        assert!(!equal(point, p.new_record(point).address(), p.new_record(point).address()));
        let (one, other) = (p.new_box(INT, 1).address(), p.new_box(INT, 1).address());
        assert!(equal(show, one, one) && !equal(show, one, other) && equal(ANY, one, other));

        let list = |values: &[f64]| {
            let list = p.new_list(floats, 0).object();
            for (index, value) in values.iter().enumerate() {
                list_insert(&p, list, index as i64, value.to_bits()).unwrap();
            }
            list.address()
        };
        assert!(equal(floats, list(&[1.0, 0.0]), list(&[1.0, -0.0])));
        assert!(!equal(floats, list(&[1.0]), list(&[1.0, 2.0])));
        let nan = list(&[f64::NAN]);
        assert!(!equal(floats, nan, nan));

        let entries = |pairs: &[(&str, u64)]| {
            let map = map_new(&p, map).object();
            pairs.iter().for_each(|&(key, value)| map_set(&p, map, str(key), value).unwrap());
            map.address()
        };
        assert!(equal(map, entries(&[("a", 1), ("b", 2)]), entries(&[("b", 2), ("a", 1)])));
        assert!(!equal(map, entries(&[("a", 1), ("b", 2)]), entries(&[("a", 1), ("c", 2)])));
        assert!(!equal(map, entries(&[("a", 1)]), entries(&[("a", 2)])));
    }

    #[test]
    fn equal_keys_have_equal_hashes() {
        let mut types = Types::new();
        let leaf = types.variants("Leaf", &[("A", &[]), ("B", &[("", STR), ("", BOOL)])]);
        let pair = types.tuple("(int, Leaf)", &[INT, leaf]);
        let p = types.process();
        let make = |number: u64, tag: u16, text: &str| {
            let inner = p.new_variant(leaf, tag);
            if tag == 1 {
                let offset = p.runtime().variant(leaf, 1).fields[0].offset;
                inner.set_word(&p, offset, p.new_str(text).object().word());
            }
            let object = p.new_record(pair);
            let fields = &p.runtime().record(pair).fields;
            object.store(&p, fields[0].offset, Form::INT, number);
            object.set_word(&p, fields[1].offset, inner.word());
            object.address()
        };
        let keys = [make(1, 0, ""), make(2, 0, ""), make(1, 1, "a"), make(1, 1, "b")];
        let again = [make(1, 0, ""), make(2, 0, ""), make(1, 1, "a"), make(1, 1, "b")];
        for (i, &a) in keys.iter().enumerate() {
            for (j, &b) in again.iter().enumerate() {
                assert_eq!(eq(&p, a, b, pair), i == j);
                assert_eq!(hash(&p, a, pair) == hash(&p, b, pair), i == j);
            }
        }
    }

    #[test]
    fn a_million_levels_need_no_native_stack() {
        let mut types = Types::new();
        // Type 32 refers to itself, from the first field and from the last.
        let chain =
            types.variants("Chain", &[("End", &[]), ("Link", &[("", FIRST_USER), ("", INT), ("", FIRST_USER)])]);
        let p = types.process();
        let end = p.new_variant(chain, 0);
        let fields = &p.runtime().variant(chain, 1).fields;
        for rest in [0, 2] {
            let build = |last: u64| {
                let mut at = end;
                for level in 0..1_000_000 {
                    let link = p.new_variant(chain, 1);
                    link.set_word(&p, fields[rest].offset, at.word());
                    link.set_word(&p, fields[2 - rest].offset, end.word());
                    link.store(&p, fields[1].offset, Form::INT, if level == 0 { last } else { 7 });
                    at = link;
                }
                at.address()
            };
            let (a, b, c) = (build(1), build(1), build(2));
            assert!(eq(&p, a, b, chain) && !eq(&p, a, c, chain));
            assert!(hash(&p, a, chain) == hash(&p, b, chain) && hash(&p, a, chain) != hash(&p, c, chain));
        }
    }

    #[test]
    fn lists_inside_themselves_can_be_compared() {
        let mut types = Types::new();
        let anys = types.list("[any]", ANY);
        let p = types.process();
        let cyclic = |last: u64| {
            let list = p.new_list(anys, 0).object();
            list_insert(&p, list, 0, list.address()).unwrap();
            list_insert(&p, list, 1, list.address()).unwrap();
            list_insert(&p, list, 2, p.any(INT, last).0).unwrap();
            list.address()
        };
        let (a, b, c) = (cyclic(1), cyclic(1), cyclic(2));
        assert!(eq(&p, a, b, anys) && eq(&p, a, a, anys) && !eq(&p, a, c, anys));
    }
}
