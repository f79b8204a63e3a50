//! Equality of values: by value, but by identity on structs, closures and trait objects.
//!
//! Values may be nested a million deep (a linked list made of enum variants), so what is still to be compared stands
//! on a stack of its own. Lists and maps may even contain themselves; two such values are equal if no difference can
//! be found. So after [`PATIENCE`] pairs of lists and maps the pairs are remembered, and none is looked at twice.

use super::list;
use super::map::Table;
use super::scalar;
use super::value::Value;
use crate::Process;
use std::collections::BTreeSet;
use vitte_abi::TypeId;
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

    fn fields(&mut self, a: Value, b: Value, record: &Record) -> bool {
        let (a, b) = (a.object(self.p), b.object(self.p));
        // The last field of a linked list leads to the rest of it: with the others done first, the stack stays short.
        for field in record.fields.iter().rev() {
            let (a, b) = (Value::of_field(self.p, a, field), Value::of_field(self.p, b, field));
            self.pending.push(Pending::Values(a, b));
        }
        true
    }

    /// Compares items up to the first that leave something pending.
    fn items(&mut self, a: Value, b: Value, from: usize) -> bool {
        let (a_list, b_list) = (a.list(self.p), b.list(self.p));
        for index in from..a_list.len() {
            let n_pending = self.pending.len();
            self.pending.push(Pending::Items(a, b, index + 1));
            if !self.pair(list::item(self.p, a_list, index), list::item(self.p, b_list, index)) {
                return false;
            }
            if self.pending.len() > n_pending + 1 {
                return true;
            }
            self.pending.pop();
        }
        true
    }

    /// Compares entries up to the first that leave something pending.
    fn entries(&mut self, a: Value, b: Value, from: usize) -> bool {
        let (a_map, b_map) = (Table::of(self.p, a.map(self.p)), Table::of(self.p, b.map(self.p)));
        let mut position = from;
        while let Some(found) = a_map.next(position) {
            position = found + 1;
            let Some(other) = b_map.find(a_map.key(found).bits) else { return false };
            let n_pending = self.pending.len();
            self.pending.push(Pending::Entries(a, b, position));
            if !self.pair(a_map.value(found), b_map.value(other)) {
                return false;
            }
            if self.pending.len() > n_pending + 1 {
                return true;
            }
            self.pending.pop();
        }
        true
    }
}
