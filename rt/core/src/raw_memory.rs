//! Memory outside every heap, for interpreted programs. That an address may be read or written is the program's claim,
//! which is why bytecode with raw memory is marked as foreign.

use crate::object::{Form, load, store};

/// The slot bits of the value at `address`.
pub fn load_raw(address: u64, form: Form) -> u64 {
    // SAFETY: the program says so.
    unsafe { load(address as usize as *const u8, form) }
}

/// Writes the value of the slot bits to `address`.
pub fn store_raw(address: u64, form: Form, bits: u64) {
    // SAFETY: the program says so.
    unsafe { store(address as usize as *mut u8, form.repr, bits) }
}
