//! Which workers rest, and how they are woken.

use super::{Pool, Worker, lock};
use crate::sys::fatal;
use std::sync::atomic::Ordering;
use std::thread;

/// The stacks of workers, where natives and C functions run.
const STACK: usize = 8 << 20;

/// Which workers do nothing, and for what else the program waits.
pub(super) struct Staff {
    pub(super) resting: Vec<usize>,
    /// The processes that wait for something outside. Counted before they wait, and until they are queued.
    pub(super) n_expecting: usize,
    pub(super) n_started: usize,
    pub(super) n_max: usize,
}

impl Pool {
    pub(super) fn suggest_waking(&'static self) {
        if self.n_spare.load(Ordering::Relaxed) != 0 {
            self.wake_worker();
        }
    }

    /// Has a worker that rests or was not needed yet look for work.
    pub(super) fn wake_worker(&'static self) {
        let mut staff = lock(&self.staff);
        if let Some(worker) = self.take_resting(&mut staff) {
            self.count_spare(&staff);
            drop(staff);
            self.workers[worker].is_woken.store(true, Ordering::SeqCst);
            self.unpark(&self.workers[worker]);
        } else if self.is_shared && staff.n_started < staff.n_max {
            let worker = &self.workers[staff.n_started];
            let work = move || {
                worker.thread.set(thread::current());
                self.work(worker);
            };
            if thread::Builder::new().stack_size(STACK).spawn(work).is_ok() {
                staff.n_started += 1;
            } else if staff.n_started == 0 {
                fatal("the system does not start a thread");
            } else {
                staff.n_max = staff.n_started;
            }
            self.count_spare(&staff);
        }
    }

    pub(super) fn count_spare(&self, staff: &Staff) {
        self.n_spare.store(staff.resting.len() + staff.n_max - staff.n_started, Ordering::Relaxed);
    }

    pub(super) fn has_work(&self) -> bool {
        !self.common.is_empty() || self.workers.iter().any(|worker| worker.ring.len() != 0)
    }

    /// A worker without work sleeps until it is woken.
    pub(super) fn rest(&self, worker: &Worker) {
        let mut staff = lock(&self.staff);
        staff.resting.push(worker.index);
        self.count_spare(&staff);
        drop(staff);
        // What was queued before the others could see that this worker rests.
        if self.has_work() && self.rests_no_more(worker) {
            return;
        }
        while !worker.is_woken.swap(false, Ordering::Acquire) && !self.is_stopped.load(Ordering::Acquire) {
            if !self.watch(worker) {
                thread::park();
            } else if self.has_work() && self.rests_no_more(worker) {
                return;
            }
        }
    }

    /// Takes a worker from those that rest; false if it is to be woken, as another did so.
    fn rests_no_more(&self, worker: &Worker) -> bool {
        let mut staff = lock(&self.staff);
        let at = staff.resting.iter().position(|&resting| resting == worker.index);
        if let Some(at) = at {
            staff.resting.remove(at);
            self.count_spare(&staff);
        }
        at.is_some()
    }
}
