//! A value together with its type: what the text, the comparison and the hash of any value start from.

use crate::object::{List, Map, Obj, Str};
use crate::{Process, Word};
use vitte_abi::TypeId;
use vitte_abi::types::{FieldInfo, Shape};

/// A value: the slot bits say nothing without the type.
#[derive(Clone, Copy, Debug)]
pub struct Value {
    /// Its type.
    pub ty: TypeId,
    /// Its slot bits.
    pub bits: u64,
}

impl Value {
    /// The value in an `any`, with its dynamic type; `None` for nil. The type of a closure is its function type.
    pub fn of_any(p: &Process, any: Word) -> Option<Value> {
        let ty = any.ty(p)?;
        match p.runtime().ty(ty).shape {
            Shape::Closure(fn_type, _) => Some(Value { ty: fn_type, bits: any.0 }),
            _ => Some(Value { ty, bits: any.bits(p) }),
        }
    }

    /// The value itself, where the type is `any`, an optional or a trait; `None` for nil.
    pub fn resolve(self, p: &Process) -> Option<Value> {
        match p.runtime().ty(self.ty).shape {
            Shape::Any | Shape::Optional(_) | Shape::Trait => Value::of_any(p, Word(self.bits)),
            _ => Some(self),
        }
    }

    /// A field of a struct, tuple, variant or closure.
    pub fn of_field(p: &Process, object: Obj<'_>, field: &FieldInfo) -> Value {
        Value { ty: field.ty, bits: object.load(field.offset, p.runtime().form(field.ty)) }
    }

    /// The object of a reference type.
    pub fn object(self, p: &Process) -> Obj<'_> {
        p.object(self.bits)
    }

    /// The text of a string.
    pub fn text(self, p: &Process) -> &str {
        Str::of(self.object(p)).as_str()
    }

    /// The view of a list or `bytes`.
    pub fn list(self, p: &Process) -> List<'_> {
        List::of(self.object(p))
    }

    /// The view of a map.
    pub fn map(self, p: &Process) -> Map<'_> {
        Map::of(self.object(p))
    }
}
