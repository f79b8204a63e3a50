//! A value that is set once and stays for ever.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicPtr, Ordering};

/// Such a value, or none as yet. Smaller in a program than the standard library's `OnceLock`, which can wait.
pub(super) struct Settled<T>(AtomicPtr<T>, PhantomData<T>);

impl<T> Default for Settled<T> {
    fn default() -> Settled<T> {
        Settled(AtomicPtr::default(), PhantomData)
    }
}

impl<T> Settled<T> {
    /// Sets the value, unless there is one.
    pub(super) fn set(&self, value: T) {
        let new = Box::into_raw(Box::new(value));
        let set = self.0.compare_exchange(std::ptr::null_mut(), new, Ordering::AcqRel, Ordering::Acquire);
        if set.is_err() {
            // SAFETY: nobody else knows the box.
            drop(unsafe { Box::from_raw(new) });
        }
    }

    /// The value.
    pub(super) fn get(&self) -> Option<&'static T> {
        // SAFETY: what was set stays.
        unsafe { self.0.load(Ordering::Acquire).as_ref() }
    }
}
