//! The remembered set: where old objects may refer to young ones.
//!
//! An old object bears the flag `OLD`, and storing a reference into one calls the write barrier. The barrier
//! remembers the whole object and takes the flag away, so that further stores cost nothing; the next collection gives
//! it back. Of long buffers single slots are remembered, and the flag stays: one store into a list of a million items
//! must not have all of them visited. After [`MAX_SLOTS`] such stores visiting is cheaper than remembering, though.

use super::Space;
use super::trace::Tracer;
use vitte_abi::object::{flag, offset, type_id};

/// Buffers beyond this size in bytes are remembered by slot.
const LONG: u64 = 512;
/// Slots to remember before whole buffers are.
const MAX_SLOTS: usize = 8192;

/// What old objects were written since the last collection.
#[derive(Default)]
pub(crate) struct Remembered {
    objects: Vec<u64>,
    slots: Vec<u64>,
}

impl Remembered {
    /// Remembers that a reference is being stored at address `slot`, or anywhere, of an old object.
    ///
    /// # Safety
    /// There must be an object at `object`.
    pub(crate) unsafe fn store(&mut self, object: u64, slot: Option<u64>) {
        let header = object as usize as *mut u64;
        // SAFETY: by contract. Buffers have their size behind the header.
        unsafe {
            if *header & flag::OLD == 0 {
                return;
            }
            if let Some(slot) = slot
                && *header as u32 == type_id::REF_BUFFER
                && *((object + u64::from(offset::BUFFER_SIZE)) as usize as *const u64) > LONG
                && self.slots.len() < MAX_SLOTS
            {
                self.slots.push(slot);
                return;
            }
            *header &= !flag::OLD;
        }
        self.objects.push(object);
    }

    /// Visits all that is remembered, in a minor collection.
    ///
    /// # Safety
    /// Nothing may have moved since it was remembered.
    pub(crate) unsafe fn visit<S: Space>(&mut self, tracer: &mut Tracer<'_, S>) {
        // SAFETY: old objects and their slots stay where they are until a major collection.
        unsafe {
            for &object in &self.objects {
                *(object as usize as *mut u64) |= flag::OLD;
                tracer.visit_object::<false>(object);
            }
            for &slot in &self.slots {
                tracer.visit::<false>(&mut *(slot as usize as *mut u64));
            }
        }
    }

    /// Forgets everything. Whoever collects gives the flag `OLD` back to objects that survive in place.
    pub(crate) fn clear(&mut self) {
        self.objects.clear();
        self.slots.clear();
    }
}
