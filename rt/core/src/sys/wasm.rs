//! A wasm module, which has memory and what the host gives.

use super::host;

pub(crate) use super::allocated::{map, map_large, unmap};
pub(crate) use super::host::monotonic;

/// Writes to standard error, as much as it takes.
pub(crate) fn write_err(bytes: &[u8]) {
    let mut rest = bytes;
    while let Ok(written @ 1..) = host::write(2, rest) {
        rest = &rest[written..];
    }
}

/// The size in bytes that the module's memory may grow to.
pub(crate) fn memory_size() -> u64 {
    host::memory_size()
}

/// The processor time that this thread has had, unknown here.
pub(crate) fn processor_time() -> Option<u64> {
    None
}
