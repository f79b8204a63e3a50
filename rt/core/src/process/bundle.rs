//! Making many strings at once.

use super::Process;
use crate::heap::blocks::Block;
use crate::object::{Obj, Str};
use vitte_abi::object::{flag, header, str_size, type_id};

/// Strings being made in one block, which costs less than to make each for itself, and to copy it when it survives.
/// They are the heap's when this is dropped.
pub(crate) struct Bundle<'p> {
    process: &'p Process,
    block: Block,
    next: u64,
}

/// What the strings of a bundle should take at least: fewer are the nursery's.
pub(crate) const MIN_BUNDLE: usize = 1 << 20;

/// The most that `n` strings take of `len` bytes in all.
pub(crate) fn bundle_size(n: usize, len: usize) -> usize {
    // Each has up to 8 zero bytes at its end.
    len + n * (str_size(0) as usize)
}

impl Process {
    /// A bundle that has room for strings of so many bytes, headers and all.
    pub(crate) fn new_bundle(&self, size: usize) -> Bundle<'_> {
        let block = Block::take(size);
        Bundle { process: self, block, next: block.base }
    }
}

impl<'p> Bundle<'p> {
    /// A new string.
    #[inline]
    pub(crate) fn push(&mut self, text: &str) -> Str<'p> {
        let address = self.next;
        self.next += str_size(text.len() as u64);
        assert!(self.next <= self.block.end(), "the strings of a bundle fit it");
        self.process.write_str(address, header(type_id::STR, 0) | flag::BUNDLED, text);
        Str::of(Obj::at(self.process, address))
    }
}

impl Drop for Bundle<'_> {
    fn drop(&mut self) {
        self.process.take_bundle(self.block, self.next - self.block.base);
    }
}
