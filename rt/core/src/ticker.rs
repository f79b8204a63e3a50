//! The clock that ends turns: a thread that sets the flags which make the running process yield.

use crate::process::Process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The length of a turn.
const TURN: Duration = Duration::from_millis(1);

/// The process that runs.
struct Running(*const Process);

// SAFETY: only flags that are atomic are reached through the pointer, and only while the lock is held that also takes
// the pointer away before the process may go.
unsafe impl Send for Running {}

static RUNNING: Mutex<Running> = Mutex::new(Running(std::ptr::null()));
static TICKS: AtomicBool = AtomicBool::new(false);

/// Starts the clock, if it is not running. Without threads turns are ended by processes that wait.
pub(crate) fn start() {
    if TICKS.swap(true, Ordering::Relaxed) {
        return;
    }
    let clock = || {
        loop {
            std::thread::sleep(TURN);
            let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
            // SAFETY: see `Running`.
            if let Some(process) = unsafe { running.0.as_ref() } {
                process.request_yield();
            }
        }
    };
    // A failure leaves things as they are without threads.
    let _ = std::thread::Builder::new().stack_size(64 << 10).spawn(clock);
}

/// Says which process runs from now on, if any.
pub(crate) fn set_running(process: Option<&Process>) {
    if TICKS.load(Ordering::Relaxed) {
        let process = process.map_or(std::ptr::null(), |process| &raw const *process);
        RUNNING.lock().unwrap_or_else(PoisonError::into_inner).0 = process;
    }
}
