//! Which process runs when. One worker runs them in turn; each runs until it waits, ends, or has had its share.
//!
//! ```text
//!            ┌────────── yields ──────────┐
//!            ▼                            │
//! spawn ─► ready ───────── resume ─────► runs ── returns ──► gone
//!            ▲                            │  └── fails ────► gone, which those linked to it are told
//!            └── message, time ── waits ◄─┘
//! ```
//!
//! The program ends with its main process.

#[cfg(test)]
mod tests;

use crate::letter::Letter;
use crate::mailbox::{Inbox, Mailbox, waited};
use crate::process::Process;
use crate::runtime::Runtime;
use crate::signal::{Reason, Signal, Ties};
use crate::sys::host::{self, Instant};
use crate::ticker;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

/// The number of a process, counted from 1 for the main process.
pub type Pid = u64;

/// The main process.
pub const MAIN: Pid = 1;

/// The most safepoints to a turn, where they are counted.
const MAX_BUDGET: u64 = 1000;

/// A process as something that runs: compiled code on a stack, or an interpreter's frames.
pub trait Body {
    /// Starts the process, or goes on with it after a pause, until the next.
    fn resume(&mut self) -> Turn;
    /// The process.
    fn process(&mut self) -> &mut Process;
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

/// All processes of a program.
#[derive(Default)]
pub struct Scheduler {
    entries: BTreeMap<Pid, Entry>,
    last: Pid,
    ready: VecDeque<Pid>,
    timers: BTreeSet<(Instant, Pid)>,
    spawner: Option<Spawner>,
    /// The state of the numbers that say how long turns are, if they are counted.
    random: u64,
}

struct Entry {
    inbox: Rc<Inbox>,
    state: State,
    /// Not for the main process, nor for the one that runs.
    body: Option<Box<dyn Body>>,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Ready,
    Receiving(Option<Instant>),
    Sleeping(Option<Instant>),
}

impl Scheduler {
    /// Says how bodies of processes are made.
    pub fn set_spawner(&mut self, spawner: Spawner) {
        self.spawner = Some(spawner);
    }

    /// Gives a new process its number and inbox.
    pub(crate) fn register(&mut self) -> (Pid, Rc<Inbox>) {
        self.last += 1;
        let inbox = Rc::<Inbox>::default();
        let entry = Entry { inbox: inbox.clone(), state: State::Ready, body: None };
        self.entries.insert(self.last, entry);
        (self.last, inbox)
    }

    /// Starts a process; `None` if nobody said how.
    pub(crate) fn spawn(&mut self, parent: &Process, body: Letter, link: bool) -> Option<Pid> {
        let spawner = self.spawner.take()?;
        let (pid, inbox) = self.register();
        let process = Process::with_inbox(parent.runtime(), pid, inbox);
        if link {
            process.add_link(parent.pid());
            parent.add_link(pid);
        }
        let body = spawner(process, body);
        if parent.runtime().options().seed.is_none() {
            ticker::start();
            ticker::set_running(Some(parent));
        }
        self.spawner = Some(spawner);
        self.entry(pid).body = Some(body);
        self.ready.push_back(pid);
        Some(pid)
    }

    /// Puts a signal into a process's inbox, and wakes the process if it waits for such; false if there is no such
    /// process.
    pub(crate) fn deliver(&mut self, to: Pid, signal: Signal) -> bool {
        let Some(entry) = self.entries.get_mut(&to) else { return false };
        let is_message = matches!(signal, Signal::Message(_));
        entry.inbox.put(signal);
        if matches!(entry.state, State::Receiving(_)) || !is_message && matches!(entry.state, State::Sleeping(_)) {
            self.wake(to);
        }
        true
    }

    /// The safepoints in the next turn.
    fn next_budget(&mut self, seed: u64) -> u32 {
        // Marsaglia's xorshift, which must not start at 0.
        let mut x = if self.random == 0 { seed | 1 << 63 } else { self.random };
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        self.random = x;
        1 + (x % MAX_BUDGET) as u32
    }

    fn entry(&mut self, pid: Pid) -> &mut Entry {
        self.entries.get_mut(&pid).expect("the process is alive")
    }

    fn wake(&mut self, pid: Pid) {
        let state = std::mem::replace(&mut self.entry(pid).state, State::Ready);
        if let State::Receiving(Some(until)) | State::Sleeping(Some(until)) = state {
            self.timers.remove(&(until, pid));
        }
        self.ready.push_back(pid);
    }

    /// Puts a process away that pauses.
    fn pause(&mut self, pid: Pid, pause: Pause, body: Option<Box<dyn Body>>) {
        let entry = self.entry(pid);
        entry.body = body;
        let (state, until) = match pause {
            Pause::Yielding => (State::Ready, None),
            Pause::Receiving(_) if !entry.inbox.is_empty() => (State::Ready, None),
            Pause::Receiving(until) => (State::Receiving(until), until),
            Pause::Sleeping(until) => (State::Sleeping(until), until),
        };
        entry.state = state;
        if let Some(until) = until {
            self.timers.insert((until, pid));
        }
        if state == State::Ready {
            self.ready.push_back(pid);
        }
    }

    /// The next process to run; waits for one, unless all wait for messages.
    fn next(&mut self) -> Option<Pid> {
        loop {
            if let Some(&(until, pid)) = self.timers.first() {
                let now = Instant::now();
                if until <= now {
                    self.wake(pid);
                    continue;
                }
                if self.ready.is_empty() {
                    host::sleep(until - now);
                    continue;
                }
            }
            return self.ready.pop_front();
        }
    }

    /// Forgets a process that has ended, so that nobody reaches it.
    fn remove(&mut self, pid: Pid) {
        self.entries.remove(&pid);
    }
}

/// Runs a program until its main process ends.
pub fn run(runtime: &'static Runtime, main: &mut dyn Body) -> Ending {
    let scheduler = runtime.scheduler();
    let mut pid = MAIN;
    loop {
        let mut own = scheduler.borrow_mut().entry(pid).body.take();
        let turn = match &mut own {
            Some(body) => resume(&mut **body),
            None => resume(main),
        };
        let process = match &mut own {
            Some(body) => body.process(),
            None => main.process(),
        };
        let reason = match (turn, process.doom()) {
            (Turn::Exited(code), _) => return Ending::Exited(code),
            (Turn::Returned, _) if pid == MAIN => return Ending::Returned,
            (Turn::Returned, _) => Reason::Normal,
            (Turn::Failed, _) => Reason::uncaught(process),
            (Turn::Doomed | Turn::Paused(_), Some(reason)) => reason,
            (Turn::Doomed, None) => unreachable!("doomed for no reason"),
            (Turn::Paused(pause), None) => {
                scheduler.borrow_mut().pause(pid, pause, own);
                match scheduler.borrow_mut().next() {
                    Some(next) => pid = next,
                    None => return deadlock(),
                }
                continue;
            }
        };
        if pid == MAIN {
            return match reason.report(process) {
                Some(report) => Ending::Failed(report),
                None => Ending::Exited(0),
            };
        }
        scheduler.borrow_mut().remove(pid);
        process.tell_end(&reason);
        drop(own);
        match scheduler.borrow_mut().next() {
            Some(next) => pid = next,
            None => return deadlock(),
        }
    }
}

fn deadlock() -> Ending {
    Ending::Failed("error: deadlock: all processes wait for messages\n".into())
}

/// Gives a process its turn.
fn resume(body: &mut dyn Body) -> Turn {
    let process = body.process();
    if let Some(turn) = process.begin_turn() {
        return turn;
    }
    if let Some(seed) = process.runtime().options().seed {
        let budget = process.runtime().scheduler().borrow_mut().next_budget(seed);
        process.scheduled().budget.set(Some(budget));
        process.request_yield();
    }
    ticker::set_running(Some(body.process()));
    let turn = body.resume();
    ticker::set_running(None);
    turn
}

/// What a process has to do with the scheduler.
pub(crate) struct Scheduled {
    pub(crate) pid: Pid,
    pub(crate) inbox: Rc<Inbox>,
    pub(crate) mailbox: Mailbox,
    pub(crate) ties: RefCell<Ties>,
    pub(crate) pause: Cell<Option<Pause>>,
    /// Safepoints left in this turn, if they are counted.
    pub(crate) budget: Cell<Option<u32>>,
}

impl Process {
    /// The number of the process.
    pub fn pid(&self) -> Pid {
        self.scheduled().pid
    }

    pub(crate) fn inbox(&self) -> &Inbox {
        &self.scheduled().inbox
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
            Some(Pause::Sleeping(_) | Pause::Yielding) | None => {}
        }
        self.clear_suspended();
    }
}
