//! Workers that run the processes of a program.
//!
//! ```text
//!                 the program's first thread: clock, timers, the end
//!                                   │ ticks
//!  ┌ worker 0 ┐   ┌ worker 1 ┐   ┌──▼───────┐        a thread each, started when there is work for it
//!  │ ring     │◄──┤ steals   │   │ rests    │
//!  └────▲─────┘   └────▲─────┘   └──────────┘
//!       └─ common queue┘  for what other threads wake, and what is too much for a ring
//! ```
//!
//! A worker that makes a process ready puts it into its own ring, and wakes another worker only if something else was
//! waiting there already: two processes that talk in turns stay with one worker. What that leaves undone the clock
//! notices. Where bodies must not change threads, and where a seed says what happens, there is one worker: the thread
//! that runs the program.

mod staff;
mod time;
mod watch;

use super::clock::Running;
use super::deadlock::Deadlock;
use super::handle::{Carried, Handle, NEVER};
use super::known::Known;
use super::queue::{Injector, Ring};
use super::settled::Settled;
use super::table::Table;
use super::timers::Timers;
use super::{Body, Crew, Ending, MAIN, Outcome, Pause, Pid, Scheduler, main_ended, outcome, resume};
use crate::heap::Share;
use crate::helpers::{Job, help};
use crate::inbox::{Node, Put};
use crate::process::Process;
use crate::reason::Reason;
use crate::runtime::Runtime;
use crate::signal::Signal;
use crate::stream::Stream;
use crate::sync::lock;
use crate::sys::{Instant, host};
use staff::Staff;
use std::cell::Cell;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, Thread};
use watch::NOBODY;

/// The common queue comes first in one of so many turns, or a worker with enough of its own would never look there.
const FAIR: u64 = 61;

thread_local! {
    /// The worker that this thread is.
    static WORKER: Cell<Option<&'static Worker>> = const { Cell::new(None) };
}

/// One worker.
#[derive(Default)]
struct Worker {
    /// Its place among the workers.
    index: usize,
    ring: Ring<Handle>,
    running: Running,
    known: Known,
    /// The turns as the clock last saw them.
    seen: AtomicU64,
    thread: Settled<Thread>,
    /// Whether it was taken from the resting ones.
    is_woken: AtomicBool,
}

/// The workers, and what they work on.
pub(super) struct Pool {
    runtime: &'static Runtime,
    table: Table,
    timers: Timers,
    common: Injector<Handle>,
    workers: Box<[Worker]>,
    staff: Mutex<Staff>,
    /// Workers that rest or have not been started, more or less.
    n_spare: AtomicUsize,
    /// The thread that ends turns, and when it will look again, in nanoseconds of the scheduler's clock.
    clock: Settled<Thread>,
    next_look: AtomicU64,
    /// The worker that watches the outside, while it rests.
    watcher: AtomicUsize,
    /// Whether workers are threads of their own.
    is_shared: bool,
    is_stopped: AtomicBool,
    ending: Mutex<Option<Ending>>,
}

impl Crew for Pool {
    fn run(&'static self, main: &mut dyn Body, pause: Pause) -> Ending {
        let main: *mut (dyn Body + '_) = main;
        // SAFETY: only the lifetime changes. The main body is used until the program ends, which this function awaits.
        let main = unsafe { std::mem::transmute::<*mut (dyn Body + '_), *mut (dyn Body + 'static)>(main) };
        if self.is_shared {
            self.clock.set(thread::current());
        }
        let handle = self.table.with(MAIN, |handle| NonNull::from(handle)).expect("the main process is alive");
        self.put_away(handle, pause, Carried::Main(main));
        if self.is_shared { self.keep_time() } else { self.work_alone() }
    }

    fn deliver(&'static self, from: &Process, to: Pid, mut node: Box<Node<Signal>>) -> bool {
        let worker = WORKER.get();
        let streamed = from.scheduled().stream.take().map(|stream| stream.len());
        let begins_stream = worker.is_some_and(|worker| worker.known.begins_stream(to, streamed));
        let mut stream = None;
        let put = |handle: &Handle| {
            if !handle.mailbox.check(&mut node.signal) {
                return (Put::Added, None);
            }
            let is_urgent = !matches!(node.signal, Signal::Message(_));
            if begins_stream
                && !handle.mailbox.is_limited()
                && let Signal::Message(letter) = &node.signal
                && let Some(first) = letter.plain()
            {
                let begun = Arc::new(Stream::new(to, first));
                stream = Some(begun.clone());
                node.signal = Signal::Stream(begun);
            }
            match handle.inbox.put(node) {
                Put::Wakes => (Put::Wakes, Some(NonNull::from(handle))),
                put => (put, is_urgent.then(|| NonNull::from(handle))),
            }
        };
        let put = match worker {
            Some(worker) => worker.known.with(&self.table, to, put),
            None => self.table.with(to, put),
        };
        match put {
            None => return false,
            Some((Put::Refused, _)) => {
                worker.into_iter().for_each(|worker| worker.known.forget(to));
                return false;
            }
            Some((Put::Wakes, Some(handle))) => self.enqueue(handle),
            Some((_, Some(_))) => self.preempt(to),
            Some((_, None)) => {}
        }
        from.scheduled().stream.set(stream);
        if let Some(worker) = worker
            && worker.known.has_sent_many()
        {
            worker.running.preempt(None);
        }
        true
    }

    fn enqueue(&'static self, handle: NonNull<Handle>) {
        let worker = if self.scheduler().is_seeded { None } else { WORKER.get() };
        let Some(worker) = worker else {
            self.common.push(handle);
            return self.wake_worker();
        };
        match worker.ring.push(handle) {
            Ok(1) => return,
            Ok(_) => {}
            Err(handle) => self.common.push(handle),
        }
        self.suggest_waking();
    }

    fn share(&self, process: &Process, address: u64, to: &mut Vec<Share>) {
        if to.last().is_none_or(|last| last.address() != address) {
            to.push(process.share(address));
        }
    }

    fn take_shares(&self, process: &Process, shares: Vec<Share>) {
        shares.into_iter().for_each(|share| process.take_share(share));
    }

    fn use_time(&self, process: &Process, nanos: u64) {
        process.use_time(nanos);
    }

    fn expect(&self) {
        lock(&self.staff).n_expecting += 1;
    }

    fn expect_no_more(&self) {
        lock(&self.staff).n_expecting -= 1;
    }

    fn help(&self, job: Job) {
        help(job);
    }

    fn arrived(&'static self, pid: Pid, number: u32) -> bool {
        self.wake_expecting(pid, number)
    }

    fn act(&self, process: &Process, signal: Signal) {
        process.act(signal);
    }

    fn is_alive(&self, pid: Pid) -> bool {
        self.table.with(pid, |_| ()).is_some()
    }

    fn stop(&self) {
        self.is_stopped.store(true, Ordering::SeqCst);
        for worker in &self.workers {
            worker.running.preempt(None);
            self.unpark(worker);
        }
        self.wake_clock();
    }

    fn all(&self) -> Vec<Arc<Handle>> {
        self.table.all()
    }
}

impl Pool {
    /// A pool that knows the main process. `is_shared`: whether bodies may change threads.
    pub(super) fn new(runtime: &'static Runtime, is_shared: bool, main: Arc<Handle>) -> Pool {
        let n = if is_shared { runtime.options().threads() } else { 1 };
        let table = Table::default();
        table.insert(main);
        Pool {
            runtime,
            table,
            timers: Timers::default(),
            common: Injector::default(),
            workers: (0..n).map(|index| Worker { index, ..Worker::default() }).collect(),
            staff: Mutex::new(Staff { resting: Vec::new(), n_expecting: 0, n_started: 0, n_max: n }),
            n_spare: AtomicUsize::new(if is_shared { n } else { 0 }),
            clock: Settled::default(),
            next_look: AtomicU64::new(0),
            watcher: AtomicUsize::new(NOBODY),
            is_shared,
            is_stopped: AtomicBool::new(false),
            ending: Mutex::new(None),
        }
    }

    fn scheduler(&self) -> &'static Scheduler {
        self.runtime.scheduler()
    }

    /// Starts a process that `parent` spawned.
    pub(super) fn start(&'static self, handle: Arc<Handle>, body: Box<dyn Body>, parent: &Process) {
        let place = NonNull::from(&*handle);
        handle.make_ready(Carried::Own(body));
        self.table.insert(handle);
        self.enqueue(place);
        // The main process, which was alone so far, runs on a thread that has something else to do from now on.
        if WORKER.get().is_none() {
            parent.request_yield();
        }
    }

    /// A worker's life, on a thread of its own.
    fn work(&'static self, worker: &'static Worker) {
        let _end = AbortOnPanic;
        WORKER.set(Some(worker));
        while !self.is_stopped.load(Ordering::Acquire) {
            match self.next(worker) {
                Some(handle) => self.turn(worker, handle),
                None => self.rest(worker),
            }
        }
        WORKER.set(None);
    }

    /// Runs the program on this thread.
    fn work_alone(&'static self) -> Ending {
        let worker = &self.workers[0];
        WORKER.set(Some(worker));
        worker.thread.set(thread::current());
        self.is_stopped.store(false, Ordering::Relaxed);
        if !self.scheduler().is_seeded {
            self.start_clock();
        }
        while !self.is_stopped.load(Ordering::Relaxed) {
            // Who is ready goes before those whose time has come meanwhile.
            let next = self.next(worker);
            self.wake_sleepers();
            self.glance();
            if let Some(handle) = next {
                self.turn(worker, handle);
                continue;
            }
            let is_expecting = {
                let staff = lock(&self.staff);
                // Who is not expected any more is queued.
                if self.has_work() {
                    continue;
                }
                staff.n_expecting != 0
            };
            let timer = self.next_timer();
            if timer == NEVER && !is_expecting {
                self.end(self.deadlock());
                continue;
            }
            self.next_look.store(NEVER, Ordering::Relaxed);
            if is_expecting {
                self.look_alone(timer);
            } else {
                self.scheduler().wait_until(timer);
            }
            self.next_look.store(0, Ordering::Release);
            self.wake_clock();
        }
        self.next_look.store(NEVER, Ordering::Relaxed);
        WORKER.set(None);
        lock(&self.ending).take().expect("a program that stops has an ending")
    }

    /// The next process for a worker.
    fn next(&'static self, worker: &Worker) -> Option<NonNull<Handle>> {
        if self.scheduler().is_seeded {
            return self.common.pick(|len| self.scheduler().choose(len as u64) as usize);
        }
        let common = || {
            let found = self.common.pop(&worker.ring, self.workers.len());
            if found.is_some() && worker.ring.len() != 0 {
                self.suggest_waking();
            }
            found
        };
        if worker.running.turns.load(Ordering::Relaxed) % FAIR == FAIR - 1 {
            self.glance();
            if let Some(handle) = common() {
                return Some(handle);
            }
        }
        worker.ring.pop().or_else(common).or_else(|| self.steal(worker))
    }

    fn steal(&self, worker: &Worker) -> Option<NonNull<Handle>> {
        // From the next worker on, so that not all begin with the same one.
        let (before, after) = self.workers.split_at(worker.index);
        after[1..].iter().chain(before).find_map(|other| other.ring.steal(&worker.ring))
    }

    /// Runs a process that was taken from a queue until its turn ends.
    fn turn(&'static self, worker: &Worker, handle: NonNull<Handle>) {
        // SAFETY: a process that is ready is alive, and lives at least until it is put away or removed below.
        let place = unsafe { handle.as_ref() };
        let pid = place.pid;
        let mut carried = place.take_body();
        let body = carried.body();
        let turns = &body.process().scheduled().turns;
        turns.set(turns.get() + 1);
        worker.running.begin(body.process());
        let began = self.begin_limited_turn(place, body.process());
        let turn = resume(body);
        worker.running.end();
        let process = body.process();
        process.scheduled().end_stream();
        if let Some(began) = began {
            process.use_time(self.scheduler().processor_time().saturating_sub(began));
        }
        match outcome(turn, process) {
            Outcome::Paused(pause) => self.put_away(handle, pause, carried),
            Outcome::Exited(code) => self.end(Ending::Exited(code)),
            Outcome::Returned if pid == MAIN => self.end(Ending::Returned),
            Outcome::Ended(reason) if pid == MAIN => self.end(main_ended(process, &reason)),
            Outcome::Returned => self.remove(process, &Reason::Normal),
            Outcome::Ended(reason) => self.remove(process, &reason),
        }
    }

    /// Has nobody find a process any more that has ended, and then all know that it has.
    fn remove(&self, process: &Process, reason: &Reason) {
        drop(self.table.remove(process.pid()));
        process.tell_end(reason);
    }

    /// Queues a process that pauses, or has it wait. Others may run it from then on.
    fn put_away(&'static self, handle: NonNull<Handle>, pause: Pause, carried: Carried) {
        // SAFETY: the process is alive until it runs again, which it does after this function has let go of it.
        let place = unsafe { handle.as_ref() };
        let until = match pause {
            Pause::Yielding => {
                place.make_ready(carried);
                return self.enqueue(handle);
            }
            Pause::Crowded(room) => {
                place.make_ready(carried);
                if !room.wait(handle) {
                    return self.enqueue(handle);
                }
                // Who is there does not know that it is to make way.
                return self.workers.iter().for_each(|worker| worker.running.preempt(None));
            }
            Pause::Receiving(until) | Pause::Sleeping(until) | Pause::Outside(until) => until,
            Pause::Lent => None,
        };
        match until {
            Some(until) => self.set_timer(place, self.scheduler().nanos(until)),
            // That of an earlier wait, or of its processor time, has nothing to do any more.
            None => place.stop_timer(),
        }
        if !place.park(carried) {
            self.enqueue(handle);
        }
    }

    /// What to tell when no worker has anything to do.
    fn deadlock(&self) -> Ending {
        let mut report = Deadlock::default();
        let all = self.table.all();
        for handle in &all {
            // SAFETY: all workers rest, and there is nobody else to wake a process.
            let goes_on = unsafe { handle.with_body(|carried| report.add(carried.body())) };
            if !goes_on {
                break;
            }
        }
        report.end(all.len())
    }

    /// The program ends like this, unless it has ended.
    fn end(&self, ending: Ending) {
        lock(&self.ending).get_or_insert(ending);
        self.stop();
    }
}

/// A panic of a worker ends the program: nobody would notice otherwise.
struct AbortOnPanic;

impl Drop for AbortOnPanic {
    fn drop(&mut self) {
        if thread::panicking() {
            host::abort();
        }
    }
}
