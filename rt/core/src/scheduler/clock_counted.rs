//! The end of turns where there are no threads: each lasts a number of safepoints, also while there is one process.
//! For engines of wasm bring faster code of a function into use only when it is entered anew, and a program may stay in
//! one loop of one function, the interpreter's, for as long as its turn lasts.

use super::Pid;
use crate::process::Process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The time between two looks at what waits, if there was a thread for that.
pub(super) const TURN: Duration = Duration::from_millis(1);
/// The longest such time.
pub(super) const LOOK: Duration = Duration::from_millis(16);
/// The safepoints in a turn: about a millisecond.
const SAFEPOINTS: u32 = 20_000;

/// A turn begins.
pub(super) fn begin_turn(process: &Process) {
    if process.runtime().options().seed.is_none() {
        process.scheduled().budget.set(Some(SAFEPOINTS));
        process.request_yield();
    }
}

/// What the worker runs.
#[derive(Default)]
pub(super) struct Running {
    /// The turns that have begun.
    pub(super) turns: AtomicU64,
}

impl Running {
    /// A turn begins.
    pub(super) fn begin(&self, process: &Process) {
        self.turns.store(self.turns.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        begin_turn(process);
    }

    /// The turn has ended.
    pub(super) fn end(&self) {}

    /// Has the process yield that runs there: the only one that can is the one that asks, and it looks for signals.
    pub(super) fn preempt(&self, _: Option<Pid>) {}
}
