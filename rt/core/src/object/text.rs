//! Strings.

use super::Obj;
use vitte_abi::object::offset;

/// A `str`. Immutable, so its text can be borrowed as long as the process.
#[derive(Clone, Copy)]
pub struct Str<'p>(Obj<'p>);

impl<'p> Str<'p> {
    /// The object as a string, which it must be.
    pub fn of(object: Obj<'p>) -> Str<'p> {
        Str(object)
    }

    /// The object.
    pub fn object(self) -> Obj<'p> {
        self.0
    }

    /// The length in bytes.
    pub fn len(self) -> usize {
        self.0.raw(offset::STR_LEN) as usize
    }

    /// Whether it has no bytes.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Its bytes.
    pub fn bytes(self) -> &'p [u8] {
        // SAFETY: the bytes follow the length, never change, and the object stays while `'p` lasts.
        unsafe { std::slice::from_raw_parts(self.0.slot(offset::STR_BYTES).cast(), self.len()) }
    }

    /// Its text.
    pub fn as_str(self) -> &'p str {
        // SAFETY: every way to make a string takes UTF-8.
        unsafe { std::str::from_utf8_unchecked(self.bytes()) }
    }
}
