//! Strings.

use super::Obj;
use std::cmp::Ordering;
use vitte_abi::object::offset;

/// Strings below this length are compared in line.
const SHORT: usize = 32;

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

    /// Eight bytes, from byte `index * 8` on. Behind the text stand zeros up to the next multiple of 8.
    fn word(self, index: usize) -> u64 {
        debug_assert!(index <= self.len() / 8);
        self.0.raw(offset::STR_BYTES + index as u32 * 8)
    }

    /// Whether both have the same bytes.
    #[inline]
    pub fn equals(self, other: Str<'_>) -> bool {
        let len = self.len();
        if len != other.len() {
            return false;
        }
        if len >= SHORT {
            return self.bytes() == other.bytes();
        }
        (0..=len / 8).all(|index| self.word(index) == other.word(index))
    }

    /// Their order by bytes.
    #[inline]
    pub fn compare(self, other: Str<'_>) -> Ordering {
        let [first, others] = [self, other].map(|s| u64::from_be(s.word(0)));
        if first != others {
            return first.cmp(&others);
        }
        self.bytes().cmp(other.bytes())
    }

    /// Its text.
    pub fn as_str(self) -> &'p str {
        // SAFETY: every way to make a string takes UTF-8.
        unsafe { std::str::from_utf8_unchecked(self.bytes()) }
    }
}
