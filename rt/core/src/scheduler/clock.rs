//! What runs where, for the clock, which ends turns: it sets the flag that makes a running process yield.

use super::Pid;
use crate::process::Process;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
use std::time::Duration;

/// The length of a turn while others are ready.
pub(super) const TURN: Duration = Duration::from_millis(1);
/// How often it is looked whether others are ready, at least, while processes run.
pub(super) const LOOK: Duration = Duration::from_millis(16);

/// What one worker runs. The address of the process is odd while another thread uses it; then the worker waits before
/// it lets go of the process.
#[derive(Default)]
pub(super) struct Running {
    process: AtomicPtr<Process>,
    /// The turns that have begun.
    pub(super) turns: AtomicU64,
}

/// A turn begins of a process that is the only one: nobody is to end it.
pub(super) fn begin_turn(_: &Process) {}

impl Running {
    /// A turn is about to begin: before the process takes its signals, so that who has sent one that it does not see then,
    /// sees what runs here. For the worker alone, as is `end`.
    pub(super) fn begin(&self, process: &Process) {
        self.turns.store(self.turns.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        self.process.store((&raw const *process).cast_mut(), Ordering::Relaxed);
    }

    /// The turn has ended.
    pub(super) fn end(&self) {
        let mut process = self.process.load(Ordering::Relaxed);
        while let Err(now) =
            self.process.compare_exchange_weak(even(process), null_mut(), Ordering::AcqRel, Ordering::Relaxed)
        {
            process = now;
            std::hint::spin_loop();
        }
    }

    /// Has the process yield that runs there; if `only` is given, no other.
    pub(super) fn preempt(&self, only: Option<Pid>) {
        let process = loop {
            let process = self.process.load(Ordering::SeqCst);
            if process.is_null() {
                return;
            }
            let used = process.map_addr(|address| address | 1);
            // Another thread that uses it soon does not any more.
            if process == even(process)
                && self.process.compare_exchange_weak(process, used, Ordering::AcqRel, Ordering::Relaxed).is_ok()
            {
                break process;
            }
            std::hint::spin_loop();
        };
        // SAFETY: the worker keeps the process until the address is even again; only what does not change or is atomic
        // is used.
        let running = unsafe { &*process };
        if only.is_none_or(|pid| running.pid() == pid) {
            running.request_yield();
        }
        self.process.store(process, Ordering::Release);
    }
}

fn even(process: *mut Process) -> *mut Process {
    process.map_addr(|address| address & !1)
}
