//! What processes send each other: messages, and signals about links, monitors and ends.
//!
//! ```text
//! any process ── Scheduler::deliver ──► inbox ── the receiver, when it runs ──► mailbox, or its ties, or its end
//! ```
//!
//! A process reaches another in no other way. What one process sends to another arrives in the order it was sent. The
//! receiver alone acts on what it receives: before its turn begins, and when it looks for messages.

use crate::inbox::Node;
use crate::letter::Letter;
use crate::notice;
use crate::process::Process;
use crate::reason::Reason;
use crate::scheduler::{Pause, Pid, Turn};
use crate::stream::Stream;
use crate::sys::Instant;
use crate::ties::{Reference, Ties};
use std::cell::RefMut;
use std::sync::Arc;
use vitte_abi::TypeId;

/// What stands in an inbox.
#[derive(Debug)]
pub(crate) enum Signal {
    /// A message for the mailbox.
    Message(Letter),
    /// Several of them.
    Stream(Arc<Stream>),
    /// This process is to end, or may trap it: another told it to, or, if `by_link`, has ended and may be linked to it.
    Exit { from: Pid, reason: Reason, by_link: bool },
    /// More messages wait for this process than may: it is to end.
    MailboxLimit,
    /// Another process has linked itself to this one.
    Link { from: Pid },
    /// Another process has ended its link.
    Unlink { from: Pid, id: Reference },
    /// Another process knows of an ended link.
    Unlinked { from: Pid, id: Reference },
    /// Another process wants to be told of this one's end.
    Monitor { from: Pid, reference: Reference },
    /// It does not any more.
    Demonitor { reference: Reference },
    /// A monitored process has ended.
    Down { from: Pid, reference: Reference, reason: Reason },
    /// Another process asks about this one, and wants a struct of type `ty` as the answer.
    Inquiry { from: Pid, reference: Reference, ty: TypeId },
}

impl Process {
    /// The ties of the process.
    pub(crate) fn ties(&self) -> RefMut<'_, Ties> {
        RefMut::map(self.scheduled().ties.borrow_mut(), |ties| &mut **ties.get_or_insert_default())
    }

    /// Whether the process is linked to another.
    pub(crate) fn is_linked(&self) -> bool {
        self.scheduled().ties.borrow().as_ref().is_some_and(|ties| ties.links().next().is_some())
    }

    /// Puts a signal into another process's inbox; false if there is no such process.
    #[inline]
    pub(crate) fn deliver(&self, to: Pid, signal: Signal) -> bool {
        // It is moved no more from here on.
        self.runtime().scheduler().deliver(self, to, Node::new(signal))
    }

    /// Has the process end at its next safepoint, if nothing has before.
    pub(crate) fn end_for(&self, reason: Reason) {
        let mut doom = self.scheduled().doom.borrow_mut();
        if doom.is_none() {
            *doom = Some(reason);
        }
    }

    /// Whether the process is to end.
    pub(crate) fn is_doomed(&self) -> bool {
        self.scheduled().doom.borrow().is_some()
    }

    /// Why the process is to end, if it is.
    pub(crate) fn take_doom(&self) -> Option<Reason> {
        self.scheduled().doom.take()
    }

    /// Acts on all that has arrived.
    pub(crate) fn receive_signals(&self) {
        self.receive_by(|signal| self.runtime().scheduler().act(self, signal));
    }

    /// Acts on what the process has sent itself, even if it is alone.
    pub(crate) fn receive_own_signals(&self) {
        self.receive_by(|signal| self.act(signal));
    }

    fn receive_by(&self, act: impl Fn(Signal)) {
        for node in self.inbox().take() {
            match node.signal {
                Signal::Message(_) | Signal::Stream(_) => self.mailbox().put(node),
                signal => act(signal),
            }
        }
    }

    /// Acts on a signal. Reached from where such signals come from alone: so it is not in programs without them.
    pub(crate) fn act(&self, signal: Signal) {
        match signal {
            Signal::Message(_) | Signal::Stream(_) => unreachable!("messages go to the mailbox"),
            Signal::Exit { from, reason, by_link } => self.receive_exit(from, reason, by_link),
            Signal::MailboxLimit => self.end_for(Reason::MailboxLimit),
            Signal::Link { from } => self.ties().linked_by(from),
            Signal::Unlink { from, id } => {
                self.ties().unlinked_by(from);
                self.deliver(from, Signal::Unlinked { from: self.pid(), id });
            }
            Signal::Unlinked { from, id } => self.ties().forget_link(from, id),
            Signal::Monitor { from, reference } => self.ties().add_watcher(reference, from),
            Signal::Demonitor { reference } => self.ties().remove_watcher(reference),
            Signal::Down { from, reference, reason } => {
                let monitor = self.ties().remove_monitor(reference);
                if let Some((_, ty)) = monitor {
                    self.mailbox().put_opened(self, notice::down(self, ty, reference, from, &reason));
                }
            }
            Signal::Inquiry { from, reference, ty } => {
                let answer = notice::info(self, ty, reference, &self.ties());
                self.deliver(from, Signal::Message(Letter::seal(self, answer)));
            }
        }
    }

    fn receive_exit(&self, from: Pid, reason: Reason, by_link: bool) {
        if by_link && !self.ties().link_broke(from) {
            return;
        }
        let trap = self.ties().trap;
        match (&reason, trap) {
            (Reason::Kill, _) if !by_link => self.end_for(Reason::Killed),
            (_, Some(ty)) => self.mailbox().put_opened(self, notice::exit(self, ty, from, &reason)),
            (Reason::Normal, _) if by_link || from != self.pid() => {}
            _ => self.end_for(reason),
        }
    }

    /// Before the process goes on: what it does instead, if it is to end or what it waits for has not come.
    pub(crate) fn begin_turn(&self) -> Option<Turn> {
        self.receive_signals();
        let pause = self.pause();
        if let Some(pause @ (Pause::Outside(_) | Pause::Lent)) = pause
            && let Some(waits) = self.runtime().scheduler().waits()
        {
            return waits.begin_turn(self, pause);
        }
        if self.is_doomed() {
            return Some(Turn::Doomed);
        }
        let is_early = |until: Option<Instant>| until.is_none_or(|until| until > self.runtime().scheduler().now());
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

    /// The process has ended, and others do not reach it any more: tells those who are linked to it, then those who
    /// monitor it, as Erlang does, then those who wanted to be tied to it.
    pub(crate) fn tell_end(&self, reason: &Reason) {
        let from = self.pid();
        self.runtime().names().free(from);
        if let Some(lookout) = self.runtime().scheduler().lookout() {
            lookout.process_ended(from);
        }
        if let Some(ties) = self.scheduled().ties.take() {
            // Who hears of the end finds nobody monitored by this process any more.
            for (reference, of) in ties.monitors() {
                self.deliver(of, Signal::Demonitor { reference });
            }
            for to in ties.known() {
                self.deliver(to, Signal::Exit { from, reason: reason.clone(), by_link: true });
            }
            for (reference, watcher) in ties.watchers() {
                self.deliver(watcher, Signal::Down { from, reference, reason: reason.clone() });
            }
        }
        for node in self.inbox().close() {
            match node.signal {
                Signal::Link { from: to } => {
                    self.deliver(to, Signal::Exit { from, reason: Reason::NoProcess, by_link: true });
                }
                Signal::Unlink { from: to, id } => {
                    self.deliver(to, Signal::Unlinked { from, id });
                }
                Signal::Monitor { from: watcher, reference } => {
                    self.deliver(watcher, Signal::Down { from, reference, reason: Reason::NoProcess });
                }
                _ => {}
            }
        }
    }
}
