//! Which process runs when: each runs until it waits, ends, or has had its share.
//!
//! ```text
//!            ┌────────── yields ──────────┐
//!            ▼                            │
//! spawn ─► ready ───────── resume ─────► runs ── returns ──► gone
//!            ▲                            │  └── fails ────► gone, which those linked to it are told
//!            └── message, time ── waits ◄─┘
//! ```
//!
//! The main process is alone until it spawns another; from then on a [`pool`] of workers runs them all. A program that
//! never spawns does not contain the pool. The program ends with its main process.

#[cfg_attr(target_family = "wasm", path = "scheduler/clock_counted.rs")]
mod clock;
mod deadlock;
mod handle;
mod known;
mod maker;
mod outside;
mod pool;
mod queue;
mod room;
mod scheduled;
mod settled;
mod table;
#[cfg(all(test, not(loom)))]
mod tests;
mod timers;
mod turn;

pub(crate) use handle::Handle;
pub use maker::Spawner;
pub(crate) use outside::{Lookout, Ticket, Waits};
pub use room::Room;
pub(crate) use scheduled::Scheduled;
pub use turn::{Body, Ending, Pause, Turn};

use crate::heap::Share;
use crate::helpers::Job;
use crate::inbox::{Node, Put};
use crate::letter::Letter;
use crate::options::Options;
use crate::process::Process;
use crate::runtime::Runtime;
use crate::signal::Signal;
use crate::sys::{self, Instant, host};
use deadlock::Deadlock;
use maker::Maker;
use pool::Pool;
use settled::Settled;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use turn::{Outcome, main_ended, outcome, resume};
#[cfg(all(unix, not(miri)))]
use vitte_abi::program::Program;

/// The number of a process, counted from 1 for the main process.
pub type Pid = u64;

/// The main process.
pub const MAIN: Pid = 1;

/// What runs processes once there are several.
trait Crew: Sync {
    /// Runs the program to its end, from a pause of its main process on.
    fn run(&'static self, main: &mut dyn Body, pause: Pause) -> Ending;
    /// See [`Scheduler::deliver`].
    fn deliver(&'static self, from: &Process, to: Pid, signal: Box<Node<Signal>>) -> bool;
    /// Queues a process that is ready.
    fn enqueue(&'static self, handle: NonNull<Handle>);
    /// See [`Process::share`].
    fn share(&self, process: &Process, address: u64, to: &mut Vec<Share>);
    /// See [`Process::take_share`].
    fn take_shares(&self, process: &Process, shares: Vec<Share>);
    /// See [`Process::use_time`].
    fn use_time(&self, process: &Process, nanos: u64);
    /// A process waits for something outside from now on.
    fn expect(&self);
    /// It does not any more.
    fn expect_no_more(&self);
    /// Has a helper do something.
    fn help(&self, job: Job);
    /// Wakes a process if it is in this wait, see [`Ticket::arrived`].
    fn arrived(&'static self, pid: Pid, number: u32) -> bool;
    /// See [`Process::act`].
    fn act(&self, process: &Process, signal: Signal);
    /// Whether there is such a process.
    fn is_alive(&self, pid: Pid) -> bool;
    /// The program has ended: no further turns begin, and those that run are to end.
    fn stop(&self);
    /// All processes.
    fn all(&self) -> Vec<Arc<Handle>>;
}

/// All processes of a program.
pub struct Scheduler {
    last: AtomicU64,
    main: Settled<Arc<Handle>>,
    maker: Settled<Maker>,
    pool: Settled<Pool>,
    /// The pool, for those who do not make it: so it is not in programs that never spawn.
    crew: Settled<&'static dyn Crew>,
    waits: Settled<&'static dyn Waits>,
    lookout: Settled<&'static dyn Lookout>,
    /// When the program began.
    start: Instant,
    /// By how many nanoseconds its clock was put forward since.
    skipped: AtomicU64,
    /// The state of the numbers that say how long turns are and who is next, if they follow from a seed.
    random: AtomicU64,
    is_seeded: bool,
}

impl Scheduler {
    pub(crate) fn new(options: &Options) -> Scheduler {
        Scheduler {
            last: AtomicU64::new(0),
            main: Settled::default(),
            maker: Settled::default(),
            pool: Settled::default(),
            crew: Settled::default(),
            waits: Settled::default(),
            lookout: Settled::default(),
            start: Instant::now(),
            skipped: AtomicU64::new(0),
            // Marsaglia's xorshift must not start at 0.
            random: AtomicU64::new(options.seed.unwrap_or(0) | 1 << 63),
            is_seeded: options.seed.is_some(),
        }
    }

    /// Says how bodies of processes are made; all run on this thread.
    pub fn set_spawner(&self, spawner: Spawner) {
        self.maker.set(Maker::Here(spawner, std::thread::current().id()));
    }

    /// Processes run this program, on any thread if `is_shared`, else on the calling one.
    #[cfg(all(unix, not(miri)))]
    pub(crate) fn set_program(&self, program: &'static Program, is_shared: bool) {
        self.maker.set(Maker::Compiled(program, is_shared));
    }

    /// Gives a new process its number and inbox. The first is the main process.
    pub(crate) fn register(&self) -> Arc<Handle> {
        let handle = Arc::new(Handle::new(self.last.fetch_add(1, Ordering::Relaxed) + 1));
        if handle.pid == MAIN {
            self.main.set(handle.clone());
        }
        handle
    }

    /// Starts a process, after `tie` has tied it to others; `None` if nobody said how.
    pub(crate) fn spawn(&self, parent: &Process, body: Letter, tie: impl FnOnce(&Process)) -> Option<Pid> {
        let maker = self.maker.get()?;
        let pool = match self.pool.get() {
            Some(pool) => pool,
            None => {
                self.make_pool(parent.runtime(), maker.is_shared() && !self.is_seeded);
                self.pool.get()?
            }
        };
        let handle = self.register();
        let pid = handle.pid;
        let process = Process::with_handle(parent.runtime(), handle.clone());
        tie(&process);
        pool.start(handle, maker.make(process, body), parent);
        Some(pid)
    }

    /// From now on there are several processes.
    pub(crate) fn make_pool(&self, runtime: &'static Runtime, is_shared: bool) {
        let main = self.main.get().expect("the main process comes before others");
        self.pool.set(Pool::new(runtime, is_shared, main.clone()));
        if let Some(pool) = self.pool.get() {
            self.crew.set(pool);
        }
    }

    /// Adds a share of a process's large string to those for another; false while the main process is alone.
    pub(crate) fn share(&self, process: &Process, address: u64, to: &mut Vec<Share>) -> bool {
        self.crew.get().map(|crew| crew.share(process, address, to)).is_some()
    }

    /// Has a process take shares that another has made.
    pub(crate) fn take_shares(&self, process: &Process, shares: Vec<Share>) {
        if let Some(crew) = self.crew.get() {
            crew.take_shares(process, shares);
        }
    }

    /// Puts a signal into a process's inbox, and wakes the process if it waits; false if there is no such process.
    pub(crate) fn deliver(&self, from: &Process, to: Pid, signal: Box<Node<Signal>>) -> bool {
        match self.crew.get() {
            Some(crew) => crew.deliver(from, to, signal),
            None => {
                let main = self.main.get().filter(|main| main.pid == to);
                main.is_some_and(|main| main.inbox.put(signal) != Put::Refused)
            }
        }
    }

    /// Queues a process that was ready, but had to wait for a room.
    pub(crate) fn enqueue(&self, handle: NonNull<Handle>) {
        if let Some(crew) = self.crew.get() {
            crew.enqueue(handle);
        }
    }

    /// The numbers of all processes, in their order.
    pub fn pids(&self) -> Vec<Pid> {
        self.crew.get().map_or(vec![MAIN], |crew| crew.all().iter().map(|handle| handle.pid).collect())
    }

    /// Whether a process has not ended.
    pub(crate) fn is_alive(&self, pid: Pid) -> bool {
        self.crew.get().map_or(pid == MAIN, |crew| crew.is_alive(pid))
    }

    /// Has a process act on a signal that is no message, of which it gets none while it is alone.
    pub(crate) fn act(&self, process: &Process, signal: Signal) {
        if let Some(crew) = self.crew.get() {
            crew.act(process, signal);
        }
    }

    /// The time by which processes wait. With a seed it goes on when all wait, at once to when the first goes on.
    pub(crate) fn now(&self) -> Instant {
        if self.is_seeded {
            let skipped = Duration::from_nanos(self.skipped.load(Ordering::Relaxed));
            self.start.checked_add(skipped).unwrap_or(self.start)
        } else {
            Instant::now()
        }
    }

    /// A moment in nanoseconds since the program began.
    fn nanos(&self, moment: Instant) -> u64 {
        if moment > self.start { (moment - self.start).as_nanos() as u64 } else { 0 }
    }

    /// The processor time that this thread has had, in nanoseconds; where that is not known, the time that has passed.
    fn processor_time(&self) -> u64 {
        sys::processor_time().unwrap_or_else(|| self.nanos(Instant::now()))
    }

    /// Waits until that many nanoseconds have passed since the program began.
    fn wait_until(&self, nanos: u64) {
        if self.is_seeded {
            self.skipped.fetch_max(nanos, Ordering::Relaxed);
        } else {
            host::sleep(Duration::from_nanos(nanos.saturating_sub(self.nanos(Instant::now()))));
        }
    }

    /// A number below `limit` that follows from the seed. Used by one thread.
    fn choose(&self, limit: u64) -> u64 {
        let mut x = self.random.load(Ordering::Relaxed);
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        self.random.store(x, Ordering::Relaxed);
        x % limit
    }

    /// While the main process is alone: waits out its pause; false if it would wait for ever.
    fn wait_alone(&self, main: &Process, pause: Pause) -> bool {
        let (Pause::Receiving(until) | Pause::Sleeping(until) | Pause::Outside(until)) = pause else { return true };
        if !main.inbox().is_empty() {
            return true;
        }
        if let (Pause::Outside(_), Some(lookout)) = (pause, self.lookout()) {
            lookout.wait_alone(main, until);
            return true;
        }
        until.is_some_and(|until| {
            self.wait_until(self.nanos(until));
            true
        })
    }
}

/// Runs a program until its main process ends.
pub fn run(runtime: &'static Runtime, main: &mut dyn Body) -> Ending {
    let scheduler = runtime.scheduler();
    let ending = loop {
        clock::begin_turn(main.process());
        let turn = resume(main);
        let process = main.process();
        match outcome(turn, process) {
            Outcome::Paused(pause) => match scheduler.crew.get() {
                Some(crew) => return crew.run(main, pause),
                None if scheduler.wait_alone(process, pause) => {}
                None => {
                    let mut report = Deadlock::default();
                    report.add(main);
                    break report.end(1);
                }
            },
            Outcome::Returned => break Ending::Returned,
            Outcome::Ended(reason) => break main_ended(process, &reason),
            Outcome::Exited(code) => break Ending::Exited(code),
        }
    };
    if let Some(crew) = scheduler.crew.get() {
        crew.stop();
    }
    ending
}
