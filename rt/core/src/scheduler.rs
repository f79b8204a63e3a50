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
mod outside;
mod pool;
mod queue;
mod room;
mod settled;
mod table;
#[cfg(all(test, not(loom)))]
mod tests;
mod timers;

pub(crate) use handle::Handle;
pub(crate) use outside::{Lookout, Ticket, Waits};
pub use room::Room;

#[cfg(all(unix, not(miri)))]
use crate::body::SpawnedBody;
use crate::heap::Share;
use crate::helpers::Job;
use crate::inbox::{Inbox, Node, Put};
use crate::letter::{Letter, Plain};
use crate::mailbox::{Mailbox, waited};
use crate::options::Options;
use crate::process::Process;
use crate::quota::Quotas;
use crate::reason::Reason;
use crate::runtime::Runtime;
use crate::signal::Signal;
use crate::stream::Stream;
use crate::sys::{self, Instant, host};
use crate::ties::Ties;
use deadlock::Deadlock;
use pool::Pool;
use settled::Settled;
use std::cell::{Cell, OnceCell, RefCell};
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::ThreadId;
use std::time::Duration;
#[cfg(all(unix, not(miri)))]
use vitte_abi::program::Program;

/// The number of a process, counted from 1 for the main process.
pub type Pid = u64;

/// The main process.
pub const MAIN: Pid = 1;

/// The most safepoints to a turn, where they are counted.
const MAX_BUDGET: u64 = 1000;
/// The time that is taken to pass from one safepoint to the next, where they are counted, in nanoseconds.
const SAFEPOINT: u64 = 1000;

/// A process as something that runs: compiled code on a stack, or an interpreter's frames.
pub trait Body {
    /// Starts the process, or goes on with it after a pause, until the next.
    fn resume(&mut self) -> Turn;
    /// The process.
    fn process(&mut self) -> &mut Process;
    /// Leaves where the process waits as its trace, with [`Process::begin_trace`] and [`Process::push_frame`].
    fn trace(&mut self);
}

/// How a process's turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It can go on later.
    Paused(Pause),
    /// It has returned.
    Returned,
    /// It did not handle an exception, which it left with [`Process::set_exception`].
    Failed,
    /// It ends the program with this exit code.
    Exited(i64),
    /// It does not go on, because a signal ended it.
    Doomed,
}

/// Why a process pauses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    /// It has had its share.
    Yielding,
    /// It waits for a message, and for no longer than this.
    Receiving(Option<Instant>),
    /// It sleeps until this moment; for ever if it is too far away to be told.
    Sleeping(Option<Instant>),
    /// It waits for something outside the program, and for no longer than this.
    Outside(Option<Instant>),
    /// A helper works with what is in its heap: it goes on when that is done, and nothing ends it before.
    Lent,
    /// It could not begin its turn, as another process is where it runs.
    Crowded(&'static Room),
}

/// How a program ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Ending {
    /// Its main process returned.
    Returned,
    /// A process ended it with this exit code.
    Exited(i64),
    /// It failed: what is to be told about it. The main process, or one linked to it, did not handle an exception, or
    /// all wait for messages.
    Failed(String),
}

/// Makes the body of a new process, which will call the function value in the letter.
pub type Spawner = Box<dyn Fn(Box<Process>, Letter) -> Box<dyn Body>>;

/// How bodies are made, and whether they may run on any thread.
enum Maker {
    /// All run on this thread.
    Here(Spawner, ThreadId),
    /// They run a program's compiled code.
    #[cfg(all(unix, not(miri)))]
    Compiled(&'static Program, bool),
    #[cfg(test)]
    Anywhere(Box<dyn Fn(Box<Process>, Letter) -> Box<dyn Body + Send> + Send + Sync>),
}

// SAFETY: a spawner for one thread is called by that thread alone, see `make`.
unsafe impl Send for Maker {}
// SAFETY: as above.
unsafe impl Sync for Maker {}

impl Maker {
    fn make(&self, process: Box<Process>, body: Letter) -> Box<dyn Body> {
        match self {
            Maker::Here(spawner, thread) => {
                assert!(*thread == std::thread::current().id(), "processes of this program run on one thread");
                spawner(process, body)
            }
            #[cfg(all(unix, not(miri)))]
            Maker::Compiled(program, _) => Box::new(SpawnedBody::new(program, process, body)),
            #[cfg(test)]
            Maker::Anywhere(spawner) => spawner(process, body),
        }
    }

    fn is_shared(&self) -> bool {
        match self {
            Maker::Here(..) => false,
            #[cfg(all(unix, not(miri)))]
            Maker::Compiled(_, is_shared) => *is_shared,
            #[cfg(test)]
            Maker::Anywhere(_) => true,
        }
    }
}

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

/// What a turn means for the process.
enum Outcome {
    Paused(Pause),
    Returned,
    /// It ends for another reason.
    Ended(Reason),
    /// The program ends.
    Exited(i64),
}

fn outcome(turn: Turn, process: &Process) -> Outcome {
    if turn == Turn::Paused(Pause::Lent) {
        // It ends when it has its heap back.
        return Outcome::Paused(Pause::Lent);
    }
    match (turn, process.take_doom()) {
        (Turn::Exited(code), _) => Outcome::Exited(code),
        (Turn::Returned, _) => Outcome::Returned,
        (Turn::Failed, _) => Outcome::Ended(Reason::uncaught(process)),
        (Turn::Doomed | Turn::Paused(_), Some(reason)) => {
            process.runtime().scheduler().waits().into_iter().for_each(|waits| waits.end(process));
            Outcome::Ended(reason)
        }
        (Turn::Doomed, None) => unreachable!("doomed for no reason"),
        (Turn::Paused(pause), None) => Outcome::Paused(pause),
    }
}

fn main_ended(process: &Process, reason: &Reason) -> Ending {
    reason.report(process).map_or(Ending::Exited(0), Ending::Failed)
}

/// Gives a process its turn.
fn resume(body: &mut dyn Body) -> Turn {
    let process = body.process();
    if let Some(turn) = process.begin_turn() {
        return turn;
    }
    let scheduler = process.runtime().scheduler();
    if !scheduler.is_seeded {
        return body.resume();
    }
    let budget = 1 + scheduler.choose(MAX_BUDGET) as u32;
    process.scheduled().budget.set(Some(budget));
    process.request_yield();
    let turn = body.resume();
    let process = body.process();
    let left = process.scheduled().budget.get().unwrap_or(budget);
    if let Some(crew) = scheduler.crew.get() {
        crew.use_time(process, SAFEPOINT * u64::from(budget - left));
    }
    turn
}

/// What a process has to do with the scheduler.
pub(crate) struct Scheduled {
    pub(crate) handle: Arc<Handle>,
    pub(crate) mailbox: Mailbox,
    /// Where it puts further messages to whom it has sent many.
    pub(crate) stream: Cell<Option<Arc<Stream>>>,
    /// What it may use at most, if that was said.
    pub(crate) quotas: OnceCell<Box<Quotas>>,
    /// None as long as it has none.
    pub(crate) ties: RefCell<Option<Box<Ties>>>,
    /// Why the process is to end.
    pub(crate) doom: RefCell<Option<Reason>>,
    pub(crate) pause: Cell<Option<Pause>>,
    /// The turns it has had.
    pub(crate) turns: Cell<u64>,
    /// Safepoints left in this turn, if they are counted.
    pub(crate) budget: Cell<Option<u32>>,
}

impl Scheduled {
    /// Sends a message through the stream, if that leads there; false if it is still to be delivered.
    #[inline(always)]
    pub(crate) fn streams(&self, to: Pid, message: &Plain) -> bool {
        let Some(stream) = self.stream.take() else { return false };
        let is_sent = stream.put(to, message);
        self.stream.set(Some(stream));
        is_sent
    }

    /// What is sent from now on stands behind what others may have sent meanwhile.
    #[inline]
    pub(crate) fn end_stream(&self) {
        drop(self.stream.take());
    }
}

impl Process {
    /// The number of the process.
    pub fn pid(&self) -> Pid {
        self.scheduled().handle.pid
    }

    pub(crate) fn inbox(&self) -> &Inbox {
        &self.scheduled().handle.inbox
    }

    pub(crate) fn mailbox(&self) -> &Mailbox {
        &self.scheduled().mailbox
    }

    /// Has the process pause when the row that is running returns.
    pub(crate) fn suspend(&self, pause: Pause) {
        self.scheduled().pause.set(Some(pause));
        self.set_suspended();
    }

    /// Why the process is to pause, if it is: the interpreter asks after calls of rows with the effect `Waits`, and
    /// returns the pause from [`Body::resume`]. When that is called again, [`Process::result`] is the row's result.
    pub fn pause(&self) -> Option<Pause> {
        self.scheduled().pause.get()
    }

    /// Before a process goes on: the result of what it waited in.
    pub(crate) fn finish_pause(&self) {
        match self.scheduled().pause.take() {
            Some(Pause::Receiving(_)) => self.set_result(u64::from(waited(self))),
            Some(Pause::Sleeping(_) | Pause::Yielding | Pause::Crowded(_) | Pause::Outside(_) | Pause::Lent) => {}
            None => return,
        }
        self.clear_suspended();
    }
}
