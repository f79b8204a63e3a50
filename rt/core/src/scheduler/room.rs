//! A place where one process at a time can run, and the processes that wait for it.

use super::handle::Handle;
use crate::sync::lock;
use std::fmt;
use std::ptr::NonNull;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, Ordering};

const FREE: u8 = 0;
const TAKEN: u8 = 1;
/// Taken, and others wait for it.
const WANTED: u8 = 2;

/// Such a place.
#[derive(Default)]
pub struct Room {
    state: AtomicU8,
    waiting: Mutex<Vec<Waiting>>,
}

struct Waiting(NonNull<Handle>);

// SAFETY: handles are made to be shared, and those that wait here are alive.
unsafe impl Send for Waiting {}

impl fmt::Debug for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Room")
    }
}

impl PartialEq for Room {
    fn eq(&self, other: &Room) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Room {}

impl Room {
    /// Takes the room, if it is free.
    pub(crate) fn enter(&self) -> bool {
        self.state.load(Ordering::Relaxed) == FREE
            && self.state.compare_exchange(FREE, TAKEN, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// Leaves the room, which the caller has taken: the processes that are to be queued now.
    pub(crate) fn leave(&self) -> impl Iterator<Item = NonNull<Handle>> + use<> {
        let was = self.state.swap(FREE, Ordering::AcqRel);
        let waiting = if was == WANTED { std::mem::take(&mut *lock(&self.waiting)) } else { Vec::new() };
        waiting.into_iter().map(|Waiting(handle)| handle)
    }

    /// Has a process that is ready wait for the room; false if it is free.
    pub(super) fn wait(&self, handle: NonNull<Handle>) -> bool {
        let mut waiting = lock(&self.waiting);
        // Whoever leaves after this sees it, and comes for those who wait when the lock is free.
        let taken = self.state.compare_exchange(TAKEN, WANTED, Ordering::AcqRel, Ordering::Acquire);
        if taken == Err(FREE) {
            return false;
        }
        waiting.push(Waiting(handle));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_leaves_calls_those_who_wait() {
        let (room, handle) = (Room::default(), Handle::new(1));
        let handle = NonNull::from(&handle);
        assert!(!room.wait(handle) && room.enter() && !room.enter());
        assert!(room.wait(handle) && room.wait(handle) && !room.enter());
        assert_eq!(room.leave().count(), 2);
        assert!(room.enter());
        assert_eq!(room.leave().count(), 0);
    }
}
