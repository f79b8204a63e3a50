//! Moments of the clock that never goes back. Those of Rust's standard library bring what prints any system error into
//! every program.

use super::monotonic;
use std::ops::Sub;
use std::time::Duration;

/// A moment of the clock that never goes back, from some start on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(Duration);

impl Instant {
    /// This moment.
    pub fn now() -> Instant {
        Instant(Duration::from_nanos(monotonic()))
    }

    /// The time that has passed since.
    pub fn elapsed(self) -> Duration {
        Instant::now() - self
    }

    /// A later moment.
    pub fn checked_add(self, time: Duration) -> Option<Instant> {
        self.0.checked_add(time).map(Instant)
    }
}

impl Sub for Instant {
    type Output = Duration;

    fn sub(self, earlier: Instant) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}
