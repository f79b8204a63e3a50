//! Waiting for what happens outside the program: a socket becomes ready, a helper has done its work.
//!
//! ```text
//! process: expect ─► ticket ─► whoever watches        the process parks, as for a message
//!                                   │ arrived
//! process goes on ◄─────────────────┘                 or its time is up, or it is told to end: the ticket is void
//! ```
//!
//! A process waits for one thing at a time, and each wait has a number of its own, so that a ticket which comes late
//! means nothing. While any wait is pending, no process is missed for being able to wake the others: there is no
//! deadlock.

use super::handle::Handle;
use super::{Pause, Pid, Scheduler, Turn};
use crate::helpers::Job;
use crate::process::Process;
use crate::runtime::Runtime;
use crate::sys::Instant;
use crate::unwind::{RAISED, RAISED_ON};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// What sees the outside happen: the sockets, once there are some.
pub(crate) trait Lookout: Sync {
    /// Tells the processes for which something has happened. Waits until something has, or for `limit`, or until it is
    /// interrupted.
    fn look(&self, limit: Option<Duration>);
    /// While the main process is alone: looks out once for what it waits for, for no longer than until this moment.
    fn wait_alone(&self, main: &Process, until: Option<Instant>);
    /// Has another thread's [`Lookout::look`], or the next one, return.
    fn interrupt(&self);
    /// A process has ended.
    fn process_ended(&self, pid: Pid);
}

/// What becomes of processes that wait outside. Reached from where they begin to alone, so that it is not in programs
/// without such.
pub(crate) trait Waits: Sync {
    /// See [`Process::begin_turn`]: for such a pause.
    fn begin_turn(&self, process: &Process, pause: Pause) -> Option<Turn>;
    /// The process ends, which may wait.
    fn end(&self, process: &Process);
}

struct Outside;

impl Waits for Outside {
    fn begin_turn(&self, process: &Process, pause: Pause) -> Option<Turn> {
        let is_doomed = process.is_doomed();
        let is_early = |until: Instant| until > process.runtime().scheduler().now();
        let goes_on = process.has_arrived()
            || match pause {
                Pause::Outside(until) => is_doomed || until.is_some_and(|until| !is_early(until)),
                _ => false,
            };
        if !goes_on {
            return Some(Turn::Paused(pause));
        }
        if is_doomed {
            return Some(Turn::Doomed);
        }
        process.scheduled().pause.set(None);
        process.finish_expecting();
        None
    }

    fn end(&self, process: &Process) {
        process.end_expecting();
    }
}

/// A wait of a process.
#[derive(Clone, Copy)]
pub(crate) struct Ticket {
    runtime: &'static Runtime,
    pid: Pid,
    number: u32,
}

impl Ticket {
    /// The process that waits.
    pub(crate) fn pid(self) -> Pid {
        self.pid
    }

    /// What the process waits for has happened; false if it does not wait for that any more. From any thread.
    pub(crate) fn arrived(self) -> bool {
        self.runtime.scheduler().arrived(self.pid, self.number)
    }
}

/// Whether a process waits for the outside: the number of the wait, then one of the states below.
#[derive(Default)]
pub(super) struct Wait(AtomicU32);

const NONE: u32 = 0;
const PENDING: u32 = 1;
const ARRIVED: u32 = 2;
const STATE: u32 = 3;

impl Wait {
    /// Begins a wait: its number. For the process alone.
    fn begin(&self) -> u32 {
        let number = (self.0.load(Ordering::Relaxed) >> 2).wrapping_add(1) & (u32::MAX >> 2);
        self.0.store(number << 2 | PENDING, Ordering::SeqCst);
        number
    }

    /// What was waited for is there; false if that wait is over.
    pub(super) fn arrive(&self, number: u32) -> bool {
        let pending = number << 2 | PENDING;
        self.0.compare_exchange(pending, number << 2 | ARRIVED, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }

    fn has_arrived(&self) -> bool {
        self.0.load(Ordering::SeqCst) & STATE == ARRIVED
    }

    /// Ends the wait: its state before.
    fn end(&self) -> u32 {
        self.0.fetch_and(!STATE, Ordering::SeqCst) & STATE
    }
}

impl Process {
    fn wait_outside(&self) -> &Wait {
        let handle: &Handle = &self.scheduled().handle;
        &handle.outside
    }

    /// Begins to wait for something outside: to be called before anybody can say that it has happened. Then the process
    /// pauses with [`Pause::Outside`] or [`Pause::Lent`].
    pub(crate) fn expect(&self) -> Ticket {
        let scheduler = self.runtime().scheduler();
        if scheduler.waits.get().is_none() {
            scheduler.waits.set(&Outside);
        }
        if let Some(crew) = scheduler.crew.get() {
            crew.expect();
        }
        Ticket { runtime: self.runtime(), pid: self.pid(), number: self.wait_outside().begin() }
    }

    /// Whether what the process waits for has happened.
    pub(crate) fn has_arrived(&self) -> bool {
        self.wait_outside().has_arrived()
    }

    /// Before the process goes on: makes the result of what it waited in, or has it raise an exception.
    fn finish_expecting(&self) {
        let arrived = self.end_expecting();
        match self.take_finish().map_or(Ok(u64::from(arrived)), |finish| finish(self)) {
            Ok(bits) => {
                self.set_result(bits);
                self.clear_suspended();
            }
            Err(throw) => self.set_pending(throw.exception(), if throw.goes_on() { RAISED_ON } else { RAISED }),
        }
    }

    /// Waits no longer: whether it has happened.
    pub(crate) fn end_expecting(&self) -> bool {
        match self.wait_outside().end() {
            ARRIVED => true,
            NONE => false,
            _ => {
                if let Some(crew) = self.runtime().scheduler().crew.get() {
                    crew.expect_no_more();
                }
                false
            }
        }
    }
}

impl Scheduler {
    /// Has the sockets watched from now on.
    pub(crate) fn set_lookout(&self, lookout: &'static dyn Lookout) {
        self.lookout.set(lookout);
    }

    pub(crate) fn lookout(&self) -> Option<&'static dyn Lookout> {
        self.lookout.get().copied()
    }

    /// The moment so many milliseconds from now, in nanoseconds since the program began.
    pub(crate) fn moment(&self, millis: u64) -> u64 {
        self.nanos(self.now()).saturating_add(millis.saturating_mul(1_000_000)).min(i64::MAX as u64)
    }

    /// That moment, unless it is too far away.
    pub(crate) fn instant(&self, nanos: u64) -> Option<Instant> {
        self.start.checked_add(Duration::from_nanos(nanos))
    }

    /// Whether others can run while one process waits.
    pub(crate) fn has_several(&self) -> bool {
        self.crew.get().is_some()
    }

    /// Has a helper do something for a process; there must be several.
    pub(crate) fn help(&self, job: Job) {
        self.crew.get().expect("processes have helpers once there are several").help(job);
    }

    /// Looks out until something happens, or for no longer than until so many nanoseconds after the program began: what
    /// is outside takes real time, even if that of the program is not.
    pub(super) fn look(&self, lookout: &dyn Lookout, until: Option<u64>) {
        let began = Instant::now();
        let limit = until.map(|until| Duration::from_nanos(until.saturating_sub(self.nanos(self.now()))));
        lookout.look(limit);
        if self.is_seeded {
            let passed = began.elapsed().as_nanos() as u64;
            self.skipped.fetch_add(passed, Ordering::Relaxed);
        }
    }

    pub(crate) fn waits(&self) -> Option<&'static dyn Waits> {
        self.waits.get().copied()
    }

    /// For [`Lookout::wait_alone`].
    pub(crate) fn look_for(&self, lookout: &dyn Lookout, main: &Process, until: Option<Instant>) {
        if !main.has_arrived() {
            self.look(lookout, until.map(|until| self.nanos(until)));
        }
    }

    fn arrived(&self, pid: Pid, number: u32) -> bool {
        match self.crew.get() {
            Some(crew) => crew.arrived(pid, number),
            None => self.main.get().is_some_and(|main| main.pid == pid && main.outside.arrive(number)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_ticket_is_void() {
        let wait = Wait::default();
        assert!(!wait.arrive(0) && !wait.has_arrived() && wait.end() == NONE);
        let first = wait.begin();
        assert!(!wait.has_arrived() && wait.arrive(first) && !wait.arrive(first) && wait.has_arrived());
        assert_eq!((wait.end(), wait.end()), (ARRIVED, NONE));
        let second = wait.begin();
        assert!(!wait.arrive(first) && !wait.has_arrived());
        assert_eq!(wait.end(), PENDING);
        assert!(!wait.arrive(second));
    }
}
