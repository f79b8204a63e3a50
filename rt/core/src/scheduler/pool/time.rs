//! What goes by time: timers, and the ends of turns.

use super::super::clock::{LOOK, TURN};
use super::super::{Ending, Pid};
use super::{Crew, Handle, Instant, NEVER, Ordering, Pool, Process, lock};
use std::ptr::NonNull;
use std::thread::{self, Thread};
use std::time::Duration;

impl Pool {
    pub(super) fn set_timer(&self, place: &Handle, at: u64) {
        self.timers.set(place, at, |pid, at| self.is_set(pid, at));
        if self.is_shared && at < self.next_look.load(Ordering::SeqCst) {
            self.wake_clock();
        }
    }

    fn is_set(&self, pid: Pid, at: u64) -> bool {
        self.table.with(pid, |handle| handle.has_timer(at)).unwrap_or(false)
    }

    /// When the next timer goes off: [`NEVER`] if none is set.
    pub(super) fn next_timer(&self) -> u64 {
        self.timers.next(|pid, at| self.is_set(pid, at))
    }

    /// Wakes the processes whose time has come. One that runs is to yield, as its time may be used up.
    pub(super) fn wake_sleepers(&'static self) {
        let now = self.scheduler().nanos(self.scheduler().now());
        while let Some((at, pid)) = self.timers.due(now) {
            let woken = self
                .table
                .with(pid, |handle| handle.take_timer(at).then(|| handle.wake().then(|| NonNull::from(handle))));
            match woken.flatten() {
                Some(Some(handle)) => self.enqueue(handle),
                Some(None) => self.preempt(pid),
                None => {}
            }
        }
    }

    /// Has a process yield, if it runs.
    pub(super) fn preempt(&self, pid: Pid) {
        self.workers.iter().for_each(|worker| worker.running.preempt(Some(pid)));
    }

    /// Before the turn of a process whose time is limited: it is to end its turn when that is used up. The processor
    /// time that its thread has had; with a seed, time is counted otherwise.
    pub(super) fn begin_limited_turn(&self, place: &Handle, process: &Process) -> Option<u64> {
        let left = process.time_left().filter(|_| !self.scheduler().is_seeded)?;
        self.set_timer(place, self.scheduler().nanos(Instant::now()).saturating_add(left));
        Some(self.scheduler().processor_time())
    }

    pub(super) fn wake_clock(&self) {
        self.clock.get().into_iter().for_each(Thread::unpark);
    }

    /// What the program's first thread does while workers run the processes: until the program ends.
    pub(super) fn keep_time(&'static self) -> Ending {
        let mut period = TURN;
        loop {
            if let Some(ending) = lock(&self.ending).take() {
                return ending;
            }
            self.wake_sleepers();
            period = self.tick(period);
            // What arrives from outside after the look below sees this.
            self.next_look.store(NEVER, Ordering::SeqCst);
            let (is_idle, is_expecting) = {
                let staff = lock(&self.staff);
                (staff.resting.len() == staff.n_started && !self.has_work(), staff.n_expecting != 0)
            };
            if is_idle {
                period = TURN;
            } else if is_expecting {
                self.have_watched();
            }
            let now = self.scheduler().nanos(Instant::now());
            let next = if is_idle { NEVER } else { now + period.as_nanos() as u64 };
            // Whoever sets a timer after the look below sees this.
            self.next_look.store(next, Ordering::SeqCst);
            let timer = self.next_timer();
            match next.min(timer) {
                NEVER if is_expecting => thread::park(),
                NEVER => self.end(self.deadlock()),
                wake => thread::park_timeout(Duration::from_nanos(wake.saturating_sub(now))),
            }
        }
    }

    /// If processes wait for a worker: sees to it that those that have run since the last tick yield, and that workers
    /// which rest do not. How long until the next tick.
    fn tick(&'static self, period: Duration) -> Duration {
        if !self.has_work() {
            return (2 * period).min(LOOK);
        }
        self.suggest_waking();
        for worker in &self.workers {
            let turns = worker.running.turns.load(Ordering::Relaxed);
            if worker.seen.swap(turns, Ordering::Relaxed) == turns {
                worker.running.preempt(None);
            }
        }
        TURN
    }

    /// Where the program's first thread is the only worker: has a thread that does nothing but end turns do so, until
    /// `next_look` is [`NEVER`]. Without threads turns are ended by processes that wait.
    pub(super) fn start_clock(&'static self) {
        self.next_look.store(0, Ordering::Release);
        if self.clock.get().is_some() {
            return self.wake_clock();
        }
        let clock = move || {
            let mut period = TURN;
            loop {
                while self.next_look.load(Ordering::Acquire) == NEVER {
                    thread::park();
                }
                thread::park_timeout(period);
                period = self.tick(period);
                if self.next_timer() <= self.scheduler().nanos(Instant::now()) {
                    // The worker wakes sleepers between turns.
                    self.workers[0].running.preempt(None);
                }
            }
        };
        // A failure leaves things as they are without threads.
        if let Ok(thread) = thread::Builder::new().stack_size(64 << 10).spawn(clock) {
            self.clock.set(thread.thread().clone());
        }
    }
}
