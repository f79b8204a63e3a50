//! Systems of which nothing but Rust's standard library is known.

use std::io::Write;
use std::sync::LazyLock;
use std::time::Instant;

pub(crate) use super::allocated::{map, map_large, unmap};

/// Writes to standard error, as much as it takes.
pub(crate) fn write_err(bytes: &[u8]) {
    // A failure leaves nobody to tell.
    let _ = std::io::stderr().write_all(bytes);
}

/// The size of the machine's memory in bytes, unknown here.
pub(crate) fn memory_size() -> u64 {
    u64::MAX
}

/// Nanoseconds of the clock that never goes back, from some start on.
pub(crate) fn monotonic() -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed().as_nanos() as u64
}

/// The processor time that this thread has had, unknown here.
pub(crate) fn processor_time() -> Option<u64> {
    None
}
