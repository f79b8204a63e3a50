//! What others know of a process: where to put signals to it, and its body while it does not run.
//!
//! A process runs, or is ready, or waits. One that is ready is in one queue, once; whoever takes it from there runs it. So
//! its body belongs to that worker, until the process is queued again or waits. The inbox says whether it waits: who has
//! that end queues the process.

use super::outside::Wait;
use super::{Body, Pid};
use crate::inbox::Inbox;
use crate::quota::MailboxQuota;
use std::cell::UnsafeCell;
use std::sync::atomic::AtomicU64;

/// No timer.
pub(super) const NEVER: u64 = u64::MAX;

/// The part of a process that others may touch.
pub(crate) struct Handle {
    pub(crate) pid: Pid,
    pub(crate) inbox: Inbox,
    pub(crate) mailbox: MailboxQuota,
    /// When the timer of the process goes off, in nanoseconds of the scheduler's clock.
    pub(super) timer: AtomicU64,
    pub(super) outside: Wait,
    body: UnsafeCell<Option<Carried>>,
}

/// A body between turns.
pub(super) enum Carried {
    /// That of a spawned process.
    Own(Box<dyn Body>),
    /// The main process's, which whoever runs the program holds.
    Main(*mut dyn Body),
}

impl Carried {
    pub(super) fn body(&mut self) -> &mut dyn Body {
        match self {
            Carried::Own(body) => &mut **body,
            // SAFETY: whoever runs the program holds the body until it ends, and only one worker has the pointer.
            Carried::Main(body) => unsafe { &mut **body },
        }
    }
}

// SAFETY: the body is moved to another thread only by a scheduler with several workers, and those are given bodies that
// may be moved. It is reached by one thread at a time, see above.
unsafe impl Send for Handle {}
// SAFETY: as above; the rest is made to be shared.
unsafe impl Sync for Handle {}

impl Handle {
    /// That of a process which has no body yet.
    pub(super) fn new(pid: Pid) -> Handle {
        Handle {
            pid,
            inbox: Inbox::default(),
            mailbox: MailboxQuota::default(),
            timer: AtomicU64::new(NEVER),
            outside: Wait::default(),
            body: UnsafeCell::new(None),
        }
    }

    /// The running process leaves its body here, and is to be queued now.
    pub(super) fn make_ready(&self, body: Carried) {
        // SAFETY: the process is running, so the body is the caller's.
        unsafe { *self.body.get() = Some(body) };
    }

    /// The running process leaves its body here and waits; false if something has arrived since its turn began: then it
    /// is to be queued.
    pub(super) fn park(&self, body: Carried) -> bool {
        // SAFETY: as above.
        unsafe { *self.body.get() = Some(body) };
        self.inbox.park()
    }

    /// The body of the process, which was taken from a queue.
    pub(super) fn take_body(&self) -> Carried {
        // SAFETY: whoever takes a process from a queue owns its body.
        unsafe { (*self.body.get()).take() }.expect("a process that is ready has a body")
    }

    /// Calls `f` with the body of a process that waits: what it returns, true if there is no body.
    ///
    /// # Safety
    /// Nobody may wake the process meanwhile.
    pub(super) unsafe fn with_body(&self, f: impl FnOnce(&mut Carried) -> bool) -> bool {
        // SAFETY: by contract, nobody else reaches it.
        unsafe { (*self.body.get()).as_mut() }.is_none_or(f)
    }

    /// After something has happened for which the process may wait: whether it was waiting, and is to be queued by the
    /// caller.
    pub(super) fn wake(&self) -> bool {
        self.inbox.wake()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::Process;
    use crate::scheduler::Turn;

    struct Nothing;

    impl Body for Nothing {
        fn resume(&mut self) -> Turn {
            Turn::Returned
        }

        fn process(&mut self) -> &mut Process {
            unreachable!("nobody asks")
        }

        fn trace(&mut self) {}
    }

    #[test]
    fn a_process_is_queued_once() {
        let handle = Handle::new(7);
        assert!(handle.park(Carried::Own(Box::new(Nothing))));
        assert!(handle.wake() && !handle.wake());
        let body = handle.take_body();
        assert!(!handle.wake() && !handle.wake());
        assert!(!handle.park(body), "it was nudged");
        let body = handle.take_body();
        assert_eq!(handle.inbox.take().count(), 0);
        assert!(handle.park(body));
    }
}
