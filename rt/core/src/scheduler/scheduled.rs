//! What the scheduler keeps in a process.

use super::{Handle, Pause, Pid};
use crate::inbox::Inbox;
use crate::letter::Plain;
use crate::mailbox::{Mailbox, waited};
use crate::process::Process;
use crate::quota::Quotas;
use crate::reason::Reason;
use crate::stream::Stream;
use crate::ties::Ties;
use std::cell::{Cell, OnceCell, RefCell};
use std::sync::Arc;

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
    /// returns the pause from [`Body::resume`](super::Body::resume). When that is called again, [`Process::result`] is the row's result.
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
