//! Signals that would end the compiler while it links: they wait until nothing unfinished lies around.

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag::{register_conditional_default, register_usize};
use signal_hook::low_level::emulate_default_handler;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

/// Whether signals end the process at once, and the last one that did not.
struct Signals {
    at_once: Arc<AtomicBool>,
    pending: Arc<AtomicUsize>,
}

/// What was registered once; a system that refuses leaves things as they were.
static SIGNALS: LazyLock<Signals> = LazyLock::new(|| {
    let signals = Signals { at_once: Arc::new(true.into()), pending: Arc::default() };
    for signal in [SIGINT, SIGTERM] {
        _ = register_conditional_default(signal, signals.at_once.clone());
        _ = register_usize(signal, signals.pending.clone(), signal as usize);
    }
    signals
});

/// Does `work`, and what signals ask for after it.
pub(crate) fn finishing<T>(work: impl FnOnce() -> T) -> T {
    SIGNALS.at_once.store(false, Ordering::SeqCst);
    let result = work();
    SIGNALS.at_once.store(true, Ordering::SeqCst);
    let signal = SIGNALS.pending.swap(0, Ordering::SeqCst);
    if signal != 0 {
        _ = emulate_default_handler(signal as i32);
    }
    result
}
