//! What a process may use at most: memory, waiting messages, processor time.
//!
//! Memory beyond the quota raises `OutOfMemory` in the process, which may handle it. The other two end it, whether it
//! traps exits or not: who sends too much must not be made to wait or fail, and who runs for too long may do so in a
//! handler.

use crate::process::Process;
use crate::reason::Reason;
use crate::signal::Signal;
use std::cell::Cell;
use std::sync::atomic::{AtomicI32, Ordering};

/// The quotas of a process, apart from its mailbox's.
#[derive(Debug)]
pub(crate) struct Quotas {
    /// The most bytes of objects.
    heap: u64,
    /// The nanoseconds of processor time that are left.
    time: Option<Cell<u64>>,
}

impl Quotas {
    /// Sets the quotas of a process that has not begun: bytes of objects, waiting messages, milliseconds. There is none
    /// where nothing is given.
    pub(crate) fn set(p: &Process, heap: Option<u64>, mailbox: Option<u64>, time: Option<u64>) {
        if let Some(most) = mailbox {
            p.scheduled().handle.mailbox.limit(most);
        }
        if heap.is_none() && time.is_none() {
            return;
        }
        if let Some(heap) = heap {
            p.limit_heap(heap);
        }
        let heap = heap.unwrap_or(u64::MAX).min(p.runtime().options().heap_max);
        let time = time.map(|millis| Cell::new(millis.saturating_mul(1_000_000)));
        p.scheduled().quotas.get_or_init(|| Box::new(Quotas { heap, time }));
    }
}

impl Process {
    /// The number of bytes of live objects beyond which allocation raises `OutOfMemory`.
    pub(crate) fn heap_max(&self) -> u64 {
        self.scheduled().quotas.get().map_or(self.runtime().options().heap_max, |quotas| quotas.heap)
    }

    /// The nanoseconds that the process may run, if they are limited.
    pub(crate) fn time_left(&self) -> Option<u64> {
        self.scheduled().quotas.get()?.time.as_ref().map(Cell::get)
    }

    /// The process has run for so many nanoseconds.
    pub(crate) fn use_time(&self, nanos: u64) {
        let Some(left) = self.scheduled().quotas.get().and_then(|quotas| quotas.time.as_ref()) else { return };
        left.set(left.get().saturating_sub(nanos));
        if left.get() == 0 {
            self.end_for(Reason::TimeLimit);
        }
    }
}

/// How many more messages may wait for a process.
pub(crate) struct MailboxQuota(AtomicI32);

/// Any number of messages may wait.
const UNLIMITED: i32 = i32::MAX;
/// One too many has arrived.
const EXCEEDED: i32 = -1;

/// What becomes of a message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It may wait.
    Granted,
    /// It is the first too many.
    Exceeds,
    /// There was one too many before.
    Late,
}

impl Default for MailboxQuota {
    fn default() -> MailboxQuota {
        MailboxQuota(AtomicI32::new(UNLIMITED))
    }
}

impl MailboxQuota {
    /// No more than so many messages are to wait. Before anybody sends one.
    fn limit(&self, most: u64) {
        self.0.store(most.min(UNLIMITED as u64 - 1) as i32, Ordering::Relaxed);
    }

    /// Whether messages are counted.
    pub(crate) fn is_limited(&self) -> bool {
        self.0.load(Ordering::Relaxed) != UNLIMITED
    }

    /// Before a sender puts a signal into the inbox: if that is a message too many, it becomes one that ends the process,
    /// once; false if it is not to be put there.
    pub(crate) fn check(&self, signal: &mut Signal) -> bool {
        if !self.is_limited() || !matches!(signal, Signal::Message(_)) {
            return true;
        }
        let admission = self.admit();
        if admission == Admission::Exceeds {
            *signal = Signal::MailboxLimit;
        }
        admission != Admission::Late
    }

    /// A message arrives.
    pub(crate) fn admit(&self) -> Admission {
        let less = |free| match free {
            UNLIMITED | EXCEEDED => None,
            _ => Some(free - 1),
        };
        match self.0.try_update(Ordering::Relaxed, Ordering::Relaxed, less) {
            Ok(0) => Admission::Exceeds,
            Ok(_) | Err(UNLIMITED) => Admission::Granted,
            Err(_) => Admission::Late,
        }
    }

    /// A message has been taken.
    pub(crate) fn make_room(&self) {
        if !self.is_limited() {
            return;
        }
        let more = |free| (free != EXCEEDED).then_some(free + 1);
        // Where one too many has arrived, the process ends.
        let _ = self.0.try_update(Ordering::Relaxed, Ordering::Relaxed, more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_admitted_as_long_as_there_is_room() {
        let quota = MailboxQuota::default();
        quota.make_room();
        assert_eq!(quota.admit(), Admission::Granted);
        quota.limit(2);
        assert_eq!([(); 2].map(|()| quota.admit()), [Admission::Granted, Admission::Granted]);
        quota.make_room();
        assert_eq!([(); 3].map(|()| quota.admit()), [Admission::Granted, Admission::Exceeds, Admission::Late]);
        quota.make_room();
        assert_eq!(quota.admit(), Admission::Late);
    }
}
