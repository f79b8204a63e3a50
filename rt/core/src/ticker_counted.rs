//! The end of turns where there are no threads: each lasts a number of safepoints.

use crate::process::Process;
use std::sync::atomic::{AtomicBool, Ordering};

/// The safepoints in a turn: about a millisecond.
const TURN: u32 = 20_000;

/// Whether turns end: a program of one process has no need of that.
static COUNTS: AtomicBool = AtomicBool::new(false);

/// From now on turns end.
pub(crate) fn start() {
    COUNTS.store(true, Ordering::Relaxed);
}

/// Begins a turn, if a process is to run.
pub(crate) fn set_running(process: Option<&Process>) {
    if let Some(process) = process
        && COUNTS.load(Ordering::Relaxed)
        && process.runtime().options().seed.is_none()
    {
        process.scheduled().budget.set(Some(TURN));
        process.request_yield();
    }
}
