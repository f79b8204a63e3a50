//! A traced word as Rust sees it.

use crate::object::Obj;
use crate::process::Process;
use vitte_abi::TypeId;
use vitte_abi::object::{type_id, word};

/// A traced word: nil, an immediate, or the address of an object. It carries no lifetime: it is valid until the next
/// collection, so whoever keeps one across a safepoint hands it to the collector as a root.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Word(pub u64);

impl Word {
    /// Nil.
    pub const NIL: Word = Word(word::NIL);

    /// Whether it is nil.
    pub fn is_nil(self) -> bool {
        self == Word::NIL
    }

    /// Whether it is the address of an object.
    pub fn is_object(self) -> bool {
        word::is_object(self.0)
    }

    /// The object, unless the word is nil or an immediate.
    pub fn object(self, p: &Process) -> Option<Obj<'_>> {
        self.is_object().then(|| p.object(self.0))
    }

    /// The dynamic type of the value; `None` for nil. For a closure it is the closure's own type.
    pub fn ty(self, p: &Process) -> Option<TypeId> {
        if word::is_int(self.0) {
            Some(type_id::INT)
        } else if word::is_float(self.0) {
            Some(type_id::FLOAT)
        } else if let Some(ty) = word::small_type(self.0) {
            Some(ty)
        } else {
            self.object(p).map(|object| object.ty())
        }
    }

    /// The slot bits of the scalar in the word, immediate or boxed; for other objects the word itself.
    pub fn bits(self, p: &Process) -> u64 {
        if word::is_int(self.0) {
            word::to_int(self.0) as u64
        } else if word::is_float(self.0) {
            word::to_float_bits(self.0)
        } else if word::small_type(self.0).is_some() {
            word::to_small(self.0)
        } else {
            match self.object(p) {
                Some(object) if p.runtime().is_scalar(object.ty()) => object.box_value(),
                _ => self.0,
            }
        }
    }
}
