//! Threads for work that takes its time without using a processor: reading standard input, looking names up, C
//! functions that block. The process whose work it is waits as for anything outside, and others run.
//!
//! Helpers are started when there is work for them, and end when there has been none for a while.

use crate::process::Process;
use crate::scheduler::Pause;
use crate::sync::lock;
use crate::throw::Throw;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// The most helpers at a time; further work waits for one.
const MOST: usize = 64;
/// How long a helper waits for work before it ends.
const IDLE: Duration = Duration::from_secs(10);
/// The stack of a helper, where C functions run.
const STACK: usize = 8 << 20;

/// Something for a helper to do.
pub(crate) type Job = Box<dyn FnOnce() + Send>;

/// What a process does first when the work of its helper is done: makes the result's slot bits.
pub(crate) type Finish = Box<dyn FnOnce(&Process) -> Result<u64, Throw>>;

static HELPERS: Mutex<Helpers> = Mutex::new(Helpers { jobs: VecDeque::new(), n: 0, n_idle: 0 });
static WORK: Condvar = Condvar::new();

struct Helpers {
    jobs: VecDeque<Job>,
    n: usize,
    n_idle: usize,
}

/// Has a helper do something; does it at once if there are no threads.
pub(crate) fn help(job: Job) {
    let mut helpers = lock(&HELPERS);
    helpers.jobs.push_back(job);
    if helpers.n_idle >= helpers.jobs.len() {
        WORK.notify_one();
    } else if helpers.n < MOST {
        if thread::Builder::new().stack_size(STACK).spawn(work).is_ok() {
            helpers.n += 1;
        } else if helpers.n == 0 {
            let job = helpers.jobs.pop_back();
            drop(helpers);
            job.into_iter().for_each(|job| job());
        }
    }
}

/// A helper's life.
fn work() {
    let mut helpers = lock(&HELPERS);
    loop {
        if let Some(job) = helpers.jobs.pop_front() {
            drop(helpers);
            job();
            helpers = lock(&HELPERS);
            continue;
        }
        helpers.n_idle += 1;
        let (woken, waited) = WORK.wait_timeout(helpers, IDLE).unwrap_or_else(PoisonError::into_inner);
        helpers = woken;
        helpers.n_idle -= 1;
        if waited.timed_out() && helpers.jobs.is_empty() {
            helpers.n -= 1;
            return;
        }
    }
}

/// What a helper has made.
struct Parcel<T>(Arc<Mutex<Option<T>>>);

impl Process {
    /// Does `work` for a row that waits, and makes the row's result of it with `finish`: with a helper if other processes
    /// can go on meanwhile. With `lends`, the work is on objects of the process, which nothing ends before it is done;
    /// otherwise the work of a process that ends comes to nothing.
    pub(crate) fn have_done<T: Send + 'static>(
        &self,
        lends: bool,
        work: impl FnOnce() -> T + Send + 'static,
        finish: impl FnOnce(&Process, T) -> Result<u64, Throw> + 'static,
    ) -> Result<u64, Throw> {
        if self.is_called_back() || !self.runtime().scheduler().has_several() {
            return finish(self, work());
        }
        let parcel = Parcel(Arc::default());
        let sent = Parcel(parcel.0.clone());
        let ticket = self.expect();
        let job = Box::new(move || {
            let made = work();
            *lock(&sent.0) = Some(made);
            drop(sent);
            ticket.arrived();
        });
        self.set_finish(Box::new(move |p| {
            let made = lock(&parcel.0).take();
            finish(p, made.unwrap_or_else(|| unreachable!("the helper has done its work")))
        }));
        self.runtime().scheduler().help(job);
        self.suspend(if lends { Pause::Lent } else { Pause::Outside(None) });
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[test]
    fn work_that_blocks_does_not_stop_other_work() {
        let (done, all_done) = channel();
        let (go, gone) = channel::<()>();
        let first = done.clone();
        help(Box::new(move || {
            gone.recv().unwrap();
            first.send(0).unwrap();
        }));
        help(Box::new(move || {
            done.send(1).unwrap();
            go.send(()).unwrap();
        }));
        assert_eq!((all_done.recv(), all_done.recv()), (Ok(1), Ok(0)));
    }

    #[test]
    fn no_more_than_so_many_help_at_a_time() {
        let (done, all_done) = channel();
        for number in 0..1000 {
            let done = done.clone();
            help(Box::new(move || done.send(number).unwrap()));
        }
        let mut numbers: Vec<i32> = (0..1000).map(|_| all_done.recv().unwrap()).collect();
        numbers.sort_unstable();
        assert!(numbers.into_iter().eq(0..1000));
        assert!(lock(&HELPERS).n <= MOST);
    }
}
