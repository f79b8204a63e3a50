//! What the collector counts, and its log.

use crate::sys;
use std::time::Duration;

/// The counts of a heap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// The bytes of objects that may be alive.
    pub live: u64,
    /// The bytes of memory in use for them.
    pub reserved: u64,
    /// The bytes of all objects ever made.
    pub allocated: u64,
    /// Minor collections so far.
    pub minor: u64,
    /// Major collections so far.
    pub major: u64,
}

impl Stats {
    /// Logs a collection: `gc 12 minor: 512 KiB -> 16 KiB in 35 us`.
    pub(crate) fn log(&self, full: bool, before: u64, after: u64, time: Duration) {
        let kind = if full { "major" } else { "minor" };
        let (number, micros) = (self.minor + self.major, time.as_micros() as u64);
        let (before, after) = (before.div_ceil(1024), after.div_ceil(1024));
        let line = format!("gc {number} {kind}: {before} KiB -> {after} KiB in {micros} us\n");
        sys::write_err(line.as_bytes());
    }
}
