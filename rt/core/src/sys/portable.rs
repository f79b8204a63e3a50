//! Systems of which nothing but Rust's standard library is known.

use super::{PAGE, out_of_memory};
use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::io::Write;

fn layout(len: usize) -> Layout {
    Layout::from_size_align(len, PAGE).unwrap_or_else(|_| out_of_memory())
}

/// Fresh zeroed memory.
pub(crate) fn map(len: usize) -> u64 {
    // SAFETY: callers ask for at least a page.
    let address = unsafe { alloc_zeroed(layout(len)) };
    if address.is_null() {
        out_of_memory();
    }
    address as u64
}

/// The same, where large pages would help.
pub(crate) fn map_large(len: usize) -> u64 {
    map(len)
}

/// Gives memory back.
pub(crate) fn unmap(address: u64, len: usize) {
    // SAFETY: the caller owned the memory and uses it no more.
    unsafe { dealloc(address as usize as *mut u8, layout(len)) };
}

/// Writes to standard error, as much as it takes.
pub(crate) fn write_err(bytes: &[u8]) {
    // A failure leaves nobody to tell.
    let _ = std::io::stderr().write_all(bytes);
}

/// The size of the machine's memory in bytes, unknown here.
pub(crate) fn memory_size() -> u64 {
    u64::MAX
}
