//! Memory from Rust's allocator, where nothing is known of the system's.

use super::{PAGE, out_of_memory};
use std::alloc::{Layout, alloc_zeroed, dealloc};

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
