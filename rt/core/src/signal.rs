//! What processes send each other: messages, and signals about links and ends.
//!
//! ```text
//! any process ── Scheduler::deliver ──► inbox ── the receiver, when it runs ──► mailbox, or its ties, or its end
//! ```
//!
//! A process reaches another in no other way. What one process sends to another arrives in the order it was sent. The
//! receiver alone acts on what it receives: before its turn begins, and when it looks for messages.

use crate::letter::Letter;
use crate::process::Process;
use crate::report::describe_uncaught;
use crate::scheduler::{Pause, Pid, Turn};
use crate::sys::host::Instant;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What stands in an inbox.
#[derive(Debug)]
pub enum Signal {
    /// A message for the mailbox.
    Message(Letter),
    /// A process that may be linked to this one has ended.
    Exit {
        /// That process.
        from: Pid,
        /// Why it ended.
        reason: Reason,
    },
}

/// Why a process ended, or is to end.
#[derive(Clone, Debug)]
pub enum Reason {
    /// It had nothing more to do.
    Normal,
    /// Anything else, as a value; what there is to tell about it if it was an exception.
    Value(Letter, Option<Arc<str>>),
}

impl Reason {
    /// The exception that a process did not handle.
    pub(crate) fn uncaught(p: &Process) -> Reason {
        let exception = p.exception();
        Reason::Value(Letter::seal(p, exception), Some(describe_uncaught(p, exception).into()))
    }

    /// What to tell if the main process ends for this reason: nothing if that is what it should.
    pub(crate) fn report(&self, p: &Process) -> Option<String> {
        match self {
            Reason::Normal => None,
            Reason::Value(_, Some(report)) => Some(report.to_string()),
            Reason::Value(letter, None) => Some(describe_uncaught(p, letter.clone().open(p))),
        }
    }
}

/// What ties a process to others.
#[derive(Default)]
pub(crate) struct Ties {
    links: BTreeSet<Pid>,
    /// Why the process is to end.
    doom: Option<Reason>,
}

impl Process {
    fn ties(&self) -> &RefCell<Ties> {
        &self.scheduled().ties
    }

    /// Links this process to another, which does the same.
    pub(crate) fn add_link(&self, to: Pid) {
        self.ties().borrow_mut().links.insert(to);
    }

    /// Why the process is to end, if it is.
    pub(crate) fn doom(&self) -> Option<Reason> {
        self.ties().borrow().doom.clone()
    }

    pub(crate) fn is_doomed(&self) -> bool {
        self.ties().borrow().doom.is_some()
    }

    /// Acts on all that has arrived.
    pub(crate) fn receive_signals(&self) {
        for signal in self.inbox().take() {
            match signal {
                Signal::Message(letter) => self.mailbox().put(letter),
                Signal::Exit { from, reason } => {
                    let mut ties = self.ties().borrow_mut();
                    if ties.links.remove(&from) && !matches!(reason, Reason::Normal) {
                        ties.doom.get_or_insert(reason);
                    }
                }
            }
        }
    }

    /// Before the process goes on: what it does instead, if it is to end or what it waits for has not come.
    pub(crate) fn begin_turn(&self) -> Option<Turn> {
        self.receive_signals();
        if self.is_doomed() {
            return Some(Turn::Doomed);
        }
        let is_early = |until: Option<Instant>| until.is_none_or(|until| until > self.runtime().scheduler().now());
        let pause = self.pause();
        match pause {
            Some(pause @ Pause::Receiving(until)) if !self.has_message() && is_early(until) => {
                Some(Turn::Paused(pause))
            }
            Some(pause @ Pause::Sleeping(until)) if is_early(until) => Some(Turn::Paused(pause)),
            _ => {
                self.finish_pause();
                None
            }
        }
    }

    /// The process has ended: tells those who are tied to it. Others must not reach it any more.
    pub(crate) fn tell_end(&self, reason: &Reason) {
        let links = std::mem::take(&mut self.ties().borrow_mut().links);
        let scheduler = self.runtime().scheduler();
        for to in links {
            scheduler.deliver(to, Signal::Exit { from: self.pid(), reason: reason.clone() });
        }
    }
}
