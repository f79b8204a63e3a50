//! The clock that ends turns: a thread that sets the flags which make running processes yield.

use crate::process::Process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

/// The length of a turn.
const TURN: Duration = Duration::from_millis(1);

/// The process that runs on a thread.
struct Running(*const Process);

// SAFETY: only flags that are atomic are reached through the pointer, and only while the lock is held that also takes
// the pointer away before the process may go.
unsafe impl Send for Running {}

thread_local! {
    /// What this thread runs, if it has said so before.
    static RUNNING: Arc<Mutex<Running>> = {
        let slot = Arc::new(Mutex::new(Running(std::ptr::null())));
        lock(&THREADS).push(Arc::downgrade(&slot));
        slot
    };
}

/// What each thread runs that has said so and lives.
static THREADS: Mutex<Vec<Weak<Mutex<Running>>>> = Mutex::new(Vec::new());
static TICKS: AtomicBool = AtomicBool::new(false);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts the clock, if it is not running. Without threads turns are ended by processes that wait.
pub(crate) fn start() {
    if TICKS.swap(true, Ordering::Relaxed) {
        return;
    }
    let clock = || {
        loop {
            std::thread::sleep(TURN);
            lock(&THREADS).retain(|thread| {
                let Some(running) = thread.upgrade() else { return false };
                // SAFETY: see `Running`.
                if let Some(process) = unsafe { lock(&running).0.as_ref() } {
                    process.request_yield();
                }
                true
            });
        }
    };
    // A failure leaves things as they are without threads.
    let _ = std::thread::Builder::new().stack_size(64 << 10).spawn(clock);
}

/// Says which process runs on this thread from now on, if any.
pub(crate) fn set_running(process: Option<&Process>) {
    if TICKS.load(Ordering::Relaxed) {
        let process = process.map_or(std::ptr::null(), |process| &raw const *process);
        RUNNING.with(|running| lock(running).0 = process);
    }
}
