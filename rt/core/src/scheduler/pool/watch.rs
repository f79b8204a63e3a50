//! How workers notice what happens outside: one of those that rest looks out, rather than sleep.
//!
//! It goes on with what it finds, so a process that is answered at once stays with its worker, and no other thread is
//! woken. Meanwhile nobody watches, until a worker rests again; if that takes a turn, the clock sends one to watch.
//! Workers that never rest look from time to time.

use super::super::{Lookout, Pid};
use super::{Instant, NEVER, Pool, Process, Staff, WORKER, Worker, lock};
use std::ptr::NonNull;
use std::sync::atomic::Ordering;
use std::thread::{self, Thread};
use std::time::Duration;

/// No worker.
pub(super) const NOBODY: usize = usize::MAX;

impl Pool {
    /// See [`Ticket::arrived`](super::super::Ticket).
    pub(super) fn wake_expecting(&'static self, pid: Pid, number: u32) -> bool {
        let arrive = |handle: &super::Handle| {
            handle.outside.arrive(number).then(|| handle.wake().then(|| NonNull::from(handle)))
        };
        let Some(Some(woken)) = self.table.with(pid, arrive) else { return false };
        woken.into_iter().for_each(|handle| super::Crew::enqueue(self, handle));
        // Behind queuing, so that whoever sees nobody waiting sees what is queued.
        lock(&self.staff).n_expecting -= 1;
        if self.is_shared {
            // While all workers rest, the clock does not tick.
            if self.next_look.load(Ordering::SeqCst) == NEVER {
                self.wake_clock();
            }
        } else if WORKER.get().is_none() {
            match self.scheduler().lookout() {
                Some(lookout) => lookout.interrupt(),
                None => self.workers[0].thread.get().into_iter().for_each(Thread::unpark),
            }
        }
        true
    }

    fn is_expecting(&self) -> bool {
        lock(&self.staff).n_expecting != 0
    }

    /// Looks whether something has happened outside.
    pub(super) fn glance(&self) {
        if let Some(lookout) = self.scheduler().lookout()
            && self.is_expecting()
        {
            lookout.look(Some(Duration::ZERO));
        }
    }

    /// Where there is one worker, which has nothing to do: waits for the outside, until so many nanoseconds have passed
    /// since the program began.
    pub(super) fn look_alone(&self, until: u64) {
        let lookout = self.scheduler().lookout().unwrap_or(&Parking);
        self.scheduler().look(lookout, (until != NEVER).then_some(until));
    }

    /// Has a worker that rests look out until something happens or it is woken; false if it is not needed for that.
    pub(super) fn watch(&self, worker: &Worker) -> bool {
        let Some(lookout) = self.scheduler().lookout() else { return false };
        if !self.is_expecting()
            || self.watcher.compare_exchange(NOBODY, worker.index, Ordering::SeqCst, Ordering::SeqCst).is_err()
        {
            return false;
        }
        // Whoever wakes the worker sets this before it looks who watches.
        if !worker.is_woken.load(Ordering::SeqCst) && !self.is_stopped.load(Ordering::SeqCst) {
            lookout.look(None);
        }
        self.watcher.store(NOBODY, Ordering::SeqCst);
        true
    }

    /// If nobody watches, has a worker that rests do so. The clock calls this while others work.
    pub(super) fn have_watched(&'static self) {
        if self.watcher.load(Ordering::SeqCst) == NOBODY && self.scheduler().lookout().is_some() {
            let resting = lock(&self.staff).resting.last().copied();
            resting.into_iter().for_each(|worker| self.unpark(&self.workers[worker]));
            self.glance();
        }
    }

    /// The next of the workers that rest, the watcher last.
    pub(super) fn take_resting(&self, staff: &mut Staff) -> Option<usize> {
        let watcher = self.watcher.load(Ordering::SeqCst);
        let at = staff.resting.iter().rposition(|&worker| worker != watcher);
        match at {
            Some(at) => Some(staff.resting.remove(at)),
            None => staff.resting.pop(),
        }
    }

    /// Has the thread of a worker that rests look around.
    pub(super) fn unpark(&self, worker: &Worker) {
        match self.scheduler().lookout() {
            Some(lookout) if self.watcher.load(Ordering::SeqCst) == worker.index => lookout.interrupt(),
            _ => worker.thread.get().into_iter().for_each(Thread::unpark),
        }
    }
}

/// Looks out for helpers alone.
struct Parking;

impl Lookout for Parking {
    fn look(&self, limit: Option<Duration>) {
        match limit {
            Some(limit) => thread::park_timeout(limit),
            None => thread::park(),
        }
    }

    fn wait_alone(&self, _: &Process, _: Option<Instant>) {}

    fn interrupt(&self) {}

    fn process_ended(&self, _: Pid) {}
}
