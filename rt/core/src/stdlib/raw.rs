//! Memory that is no object: what compiled code and foreign functions pass by its address.

use std::ffi::{CStr, c_char};

/// The `n` slot bits at `address`, which compiled code or the interpreter laid out for this call.
pub(super) fn slots<'a>(address: u64, n: usize) -> &'a [u64] {
    if n == 0 {
        return &[];
    }
    // SAFETY: the caller of the helper keeps the slots on its stack until the helper returns, and callers here do not
    // keep them longer.
    unsafe { std::slice::from_raw_parts(address as usize as *const u64, n) }
}

/// The `n` bytes at `address`: constant data of the program, or memory that the program has from a foreign function
/// and vouches for.
pub(super) fn bytes<'a>(address: u64, n: usize) -> &'a [u8] {
    if n == 0 {
        return &[];
    }
    // SAFETY: a program that passes raw addresses is trusted with them, as the module's `foreign` flag says.
    unsafe { std::slice::from_raw_parts(address as usize as *const u8, n) }
}

/// The bytes at `address` up to a zero byte; none for null.
pub(super) fn c_string<'a>(address: u64) -> &'a [u8] {
    if address == 0 {
        return &[];
    }
    // SAFETY: as for `bytes`.
    unsafe { CStr::from_ptr(address as usize as *const c_char) }.to_bytes()
}
