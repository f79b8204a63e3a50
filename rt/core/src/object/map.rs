//! Maps, as far as their object goes; hashing and look-up are the standard library's.

use super::{Buffer, Obj};
use crate::process::Process;
use vitte_abi::TypeId;
use vitte_abi::object::offset;

/// A map.
#[derive(Clone, Copy)]
pub struct Map<'p>(Obj<'p>);

impl<'p> Map<'p> {
    /// The object as a map, which it must be.
    pub fn of(object: Obj<'p>) -> Map<'p> {
        Map(object)
    }

    /// The object.
    pub fn object(self) -> Obj<'p> {
        self.0
    }

    /// The type of the map.
    pub fn ty(self) -> TypeId {
        self.0.ty()
    }

    fn buffer(self, at: u32) -> Option<Buffer<'p>> {
        let address = self.0.raw(at);
        (address != 0).then(|| Buffer::of(Obj { address, process: self.0.process }))
    }

    /// The keys, each at its place; `None` before the first entry.
    pub fn keys(self) -> Option<Buffer<'p>> {
        self.buffer(offset::MAP_KEYS)
    }

    /// The values, each at the place of its key.
    pub fn values(self) -> Option<Buffer<'p>> {
        self.buffer(offset::MAP_VALUES)
    }

    /// The hash index.
    pub fn index(self) -> Option<Buffer<'p>> {
        self.buffer(offset::MAP_INDEX)
    }

    /// Puts other buffers behind the map.
    pub fn set_buffers(self, p: &Process, keys: Buffer<'p>, values: Buffer<'p>, index: Buffer<'p>) {
        self.0.set_word(p, offset::MAP_KEYS, keys.object().word());
        self.0.set_word(p, offset::MAP_VALUES, values.object().word());
        self.0.set_word(p, offset::MAP_INDEX, index.object().word());
    }

    /// The number of entries.
    pub fn len(self) -> usize {
        self.0.raw(offset::MAP_LEN) as usize
    }

    /// Whether there are no entries.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The number of positions in use, removed entries included.
    pub fn used(self) -> usize {
        self.0.raw(offset::MAP_USED) as usize
    }

    /// Sets both counts.
    pub fn set_counts(self, len: usize, used: usize) {
        self.0.set_raw(offset::MAP_LEN, len as u64);
        self.0.set_raw(offset::MAP_USED, used as u64);
    }
}
