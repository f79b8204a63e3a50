//! Raising exceptions from Rust.

use crate::object::Obj;
use crate::process::Process;
use crate::word::Word;
use vitte_abi::TypeId;
use vitte_abi::object::{offset, type_id};
use vitte_abi::types::Shape;

/// An exception on its way: the error side of what natives return. It holds a traced word, so it does not outlive the
/// native; whoever receives it raises it or hands it to the collector as a root.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Throw {
    exception: Word,
    goes_on: bool,
}

impl Throw {
    /// Throws `exception`, an `any` word.
    pub fn new(exception: Word) -> Throw {
        Throw { exception, goes_on: false }
    }

    /// Throws on what a callback threw: its trace goes on.
    pub(crate) fn on(exception: Word) -> Throw {
        Throw { exception, goes_on: true }
    }

    /// Whether the exception's trace goes on.
    pub fn goes_on(self) -> bool {
        self.goes_on
    }

    /// The exception.
    pub fn exception(self) -> Word {
        self.exception
    }
}

impl Process {
    /// An exception of one of the predefined error types, whose first field is the message; its other fields are zero.
    pub fn new_error(&self, ty: TypeId, message: &str) -> Obj<'_> {
        let text = self.new_str(message);
        let error = self.new_record(ty);
        error.set_word(self, offset::FIELDS, text.object().word());
        error
    }

    /// Raises one of the predefined errors, for `Err(p.throw_error(type_id::INDEX_ERROR, &message))`.
    pub fn throw_error(&self, ty: TypeId, message: &str) -> Throw {
        Throw::new(self.new_error(ty, message).word())
    }

    /// `DivideByZero`.
    #[cold]
    pub fn throw_divide(&self) -> Throw {
        self.throw_error(type_id::DIVIDE_BY_ZERO, "division by zero")
    }

    /// `NilError`.
    #[cold]
    pub fn throw_nil(&self) -> Throw {
        self.throw_error(type_id::NIL_ERROR, "value is nil")
    }

    /// `TypeError`: the enum value `object` is not of variant `expected`.
    #[cold]
    pub fn throw_variant(&self, object: Obj<'_>, expected: u16) -> Throw {
        let Shape::Enum(variants) = &self.runtime().ty(object.ty()).shape else { unreachable!("a value of an enum") };
        let (name, expected) = (&variants[usize::from(object.tag())].name, &variants[usize::from(expected)].name);
        self.throw_error(type_id::TYPE_ERROR, &format!("expected variant {expected}, found {name}"))
    }

    /// `StackOverflow`.
    #[cold]
    pub fn throw_stack_overflow(&self) -> Throw {
        self.throw_error(type_id::STACK_OVERFLOW, "stack overflow")
    }
}
