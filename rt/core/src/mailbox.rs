//! Mailboxes, and the receiving half of message passing.
//!
//! ```text
//! senders ──► inbox: signals ──► messages   [opened] [opened] [letter] [letter]
//!                                                       ▲ cursor
//! ```
//!
//! A receive looks at the message under the *cursor*, then takes it, which puts the cursor back to the first message,
//! or skips it. So messages that a receive does not want stay for the next one, in their order.
//!
//! Two kinds of receives need not look again at what they would skip. One whose patterns ask for nothing but what
//! messages are made of skips the same messages each time: the mailbox remembers how far such a receive, known by its
//! place in the code, has come ([`Passed`]). One that asks for a reference passes over messages that were here before
//! there was such a reference: references are numbered, and with each message stands the last number when it was opened.

use crate::inbox::{List, Node};
use crate::letter::{Letter, Plain};
use crate::object::Obj;
use crate::process::Process;
use crate::quota::Admission;
use crate::reason::Reason;
use crate::scheduler::{Pause, Pid};
use crate::signal::Signal;
use crate::sys::Instant;
use crate::throw::Throw;
use crate::ties::Reference;
use crate::word::Word;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::VecDeque;
use std::num::NonZero;
use std::time::Duration;
use vitte_abi::object::type_id;

/// The messages of a process, as it sees them.
#[derive(Default)]
pub(crate) struct Mailbox {
    /// Those that were looked at, in the process's heap.
    opened: RefCell<VecDeque<Opened>>,
    /// Those behind them.
    letters: RefCell<List<Signal>>,
    n_letters: Cell<usize>,
    /// The place of a message among the opened ones, or behind them.
    cursor: Cell<usize>,
    /// Where the receive stands in the code that is looking, if it skips the same messages each time.
    site: Cell<Option<NonZero<u64>>>,
    seldom: OnceCell<Box<Seldom>>,
    /// When the wait that began after the cursor was put back ends.
    deadline: Cell<Option<Instant>>,
}

/// What few mailboxes have.
#[derive(Default)]
struct Seldom {
    passed: RefCell<Vec<Passed>>,
    /// The receives whose guards run, outermost first.
    aside: RefCell<Vec<Aside>>,
}

/// A receive one of whose guards is running. The guard may receive, but not the message that it is asked about.
struct Aside {
    cursor: usize,
    site: Option<NonZero<u64>>,
    deadline: Option<Instant>,
}

/// A message in the process's heap.
struct Opened {
    message: Word,
    /// No reference beyond this one is in it.
    last: Reference,
}

/// How many messages a receive has passed that it would skip again.
struct Passed {
    site: NonZero<u64>,
    count: usize,
}

/// So many messages must have been passed to be worth remembering.
const WORTH: usize = 8;
/// The receives that a mailbox remembers.
const MOST_PASSED: usize = 4;

impl Mailbox {
    /// The messages in the process's heap, for the collector.
    pub(crate) fn roots(&mut self) -> impl Iterator<Item = &mut Word> {
        self.opened.get_mut().iter_mut().map(|opened| &mut opened.message)
    }

    /// Adds the message or the messages in a node.
    pub(crate) fn put(&self, node: Box<Node<Signal>>) {
        let n = match &node.signal {
            Signal::Stream(stream) => stream.close(),
            _ => 1,
        };
        self.n_letters.set(self.n_letters.get() + n);
        self.letters.borrow_mut().push(node);
    }

    /// Adds a message that is in the heap of `p`, the process. It stands behind letters, which are opened now.
    pub(crate) fn put_opened(&self, p: &Process, message: Word) {
        while self.open_letter(p).is_some() {}
        self.add_opened(p, message);
        if p.scheduled().handle.mailbox.admit() != Admission::Granted {
            p.end_for(Reason::MailboxLimit);
        }
    }

    /// Opens the first letter, if there is one.
    fn open_letter(&self, p: &Process) -> Option<Word> {
        let mut letters = self.letters.borrow_mut();
        let word = match letters.first()? {
            Signal::Stream(stream) => {
                let (message, is_last) = stream.take();
                if is_last {
                    letters.pop();
                }
                message.open(p)
            }
            _ => match letters.pop() {
                Some(Signal::Message(letter)) => letter.open(p),
                _ => unreachable!("only messages are in a mailbox"),
            },
        };
        self.n_letters.set(self.n_letters.get() - 1);
        self.add_opened(p, word);
        Some(word)
    }

    fn add_opened(&self, p: &Process, message: Word) {
        let last = p.runtime().last_reference();
        self.opened.borrow_mut().push_back(Opened { message, last });
    }

    /// The number of messages that have not been taken.
    pub(crate) fn len(&self) -> usize {
        self.opened.borrow().len() + self.n_letters.get()
    }

    fn put_back(&self) {
        self.put_at(0);
        self.deadline.set(None);
    }

    /// Puts the cursor to a place, or behind what is hidden there.
    fn put_at(&self, mut at: usize) {
        if let Some(seldom) = self.seldom.get() {
            let aside = seldom.aside.borrow();
            while aside.iter().any(|aside| aside.cursor == at) {
                at += 1;
            }
        }
        self.cursor.set(at);
    }

    /// A receive begins that stands at `site`: what it has passed before it passes again.
    fn begin(&self, site: u64) {
        let site = NonZero::new(site);
        self.site.set(site);
        let Some(seldom) = self.seldom.get() else { return };
        let found = seldom.passed.borrow().iter().find(|passed| Some(passed.site) == site).map(|passed| passed.count);
        if let Some(count) = found {
            self.put_at(count);
        }
    }

    /// A receive ends, with the cursor behind what it has passed.
    fn remember(&self) {
        let count = self.cursor.get();
        let Some(site) = self.site.get().filter(|_| count >= WORTH) else { return };
        let seldom = self.seldom.get_or_init(Box::default);
        // It has not passed what is hidden, only not seen it.
        if !seldom.aside.borrow().is_empty() {
            return;
        }
        let mut passed = seldom.passed.borrow_mut();
        match passed.iter_mut().find(|passed| passed.site == site) {
            Some(passed) => passed.count = count,
            None => {
                passed.truncate(MOST_PASSED - 1);
                passed.insert(0, Passed { site, count });
            }
        }
    }

    /// A receive ends without a message.
    fn give_up(&self) {
        self.remember();
        self.put_back();
    }

    /// The message at `at` is gone.
    fn forget(&self, at: usize) {
        let Some(seldom) = self.seldom.get() else { return };
        for passed in &mut *seldom.passed.borrow_mut() {
            passed.count -= usize::from(passed.count > at);
        }
        for aside in &mut *seldom.aside.borrow_mut() {
            aside.cursor -= usize::from(aside.cursor > at);
        }
    }
}

impl Process {
    /// Whether there is a message under the cursor.
    pub(crate) fn has_message(&self) -> bool {
        let mailbox = self.mailbox();
        mailbox.len() > mailbox.cursor.get()
    }
}

/// Receives signals; whether there is a message under the cursor. A process that is to end sees none.
fn fetch(p: &Process) -> bool {
    if !p.inbox().is_empty() {
        p.receive_signals();
    }
    p.has_message() && !p.is_doomed()
}

/// Whether there is a message under the cursor; it is left in `context.result`.
pub fn receive_peek(p: &Process) -> bool {
    let mailbox = p.mailbox();
    if mailbox.cursor.get() == 0 {
        mailbox.begin(p.exit().0);
    }
    let opened = || mailbox.opened.borrow().get(mailbox.cursor.get()).map(|opened| opened.message);
    // A receive that goes through many messages looks for further signals when it comes to their end.
    let word = match opened() {
        Some(word) if mailbox.cursor.get() != 0 => word,
        _ if !fetch(p) => return false,
        _ => {
            let Some(word) = opened().or_else(|| mailbox.open_letter(p)) else { unreachable!("there is a message") };
            word
        }
    };
    p.set_result(word.0);
    true
}

/// Takes the message under the cursor away, and puts the cursor back to the first.
pub fn receive_take(p: &Process) {
    let mailbox = p.mailbox();
    mailbox.remember();
    match mailbox.cursor.get() {
        0 => _ = mailbox.opened.borrow_mut().pop_front(),
        at => _ = mailbox.opened.borrow_mut().remove(at),
    }
    mailbox.forget(mailbox.cursor.get());
    p.scheduled().handle.mailbox.make_room();
    mailbox.put_back();
    // What the process sends now may be an answer.
    p.scheduled().end_stream();
}

/// Moves the cursor to the next message.
pub fn receive_skip(p: &Process) {
    p.mailbox().site.set(None);
    receive_pass(p);
}

/// The same in a receive that would skip the message again.
pub fn receive_pass(p: &Process) {
    let mailbox = p.mailbox();
    mailbox.put_at(mailbox.cursor.get() + 1);
}

/// At the beginning of a receive that takes no message without one of these references in it: moves the cursor past
/// messages that are older.
pub fn receive_seek(p: &Process, reference: Reference, other: Reference) {
    let mailbox = p.mailbox();
    mailbox.put_back();
    let older = mailbox.opened.borrow().partition_point(|opened| opened.last < reference.min(other));
    mailbox.put_at(older);
}

/// Before a guard that may receive: puts the receive aside, with the message under the cursor, which the guard's receives
/// do not see.
pub fn receive_aside(p: &Process) {
    let mailbox = p.mailbox();
    let aside = Aside { cursor: mailbox.cursor.get(), site: mailbox.site.take(), deadline: mailbox.deadline.take() };
    mailbox.seldom.get_or_init(Box::default).aside.borrow_mut().push(aside);
    mailbox.put_back();
}

/// After the guard, however it was left: the receive goes on. Nothing happens if none was put aside.
pub fn receive_resume(p: &Process) {
    let mailbox = p.mailbox();
    let Some(aside) = mailbox.seldom.get().and_then(|seldom| seldom.aside.borrow_mut().pop()) else { return };
    mailbox.put_at(aside.cursor);
    mailbox.site.set(aside.site);
    mailbox.deadline.set(aside.deadline);
}

/// A receive ends because one of its guards was left: puts the cursor back.
pub fn receive_restart(p: &Process) {
    p.mailbox().put_back();
}

/// Waits for a message under the cursor: false if `millis` milliseconds pass first, and then the cursor goes back to
/// the first message. If the process has to wait, it is suspended when the row returns, and the result comes later.
pub fn receive_wait(p: &Process, millis: i64) -> Result<bool, Throw> {
    if fetch(p) {
        return Ok(true);
    }
    if p.is_doomed() {
        return wait(p, Pause::Yielding).map(|()| false);
    }
    let deadline = deadline(p, millis);
    if deadline.is_some_and(|deadline| deadline <= p.runtime().scheduler().now()) {
        p.mailbox().give_up();
        return Ok(false);
    }
    wait(p, Pause::Receiving(deadline)).map(|()| false)
}

/// When the wait ends: counted from the first since the cursor was put back; never if `millis` is negative.
fn deadline(p: &Process, millis: i64) -> Option<Instant> {
    let millis = u64::try_from(millis).ok()?;
    let mailbox = p.mailbox();
    if mailbox.deadline.get().is_none() {
        mailbox.deadline.set(p.runtime().scheduler().now().checked_add(Duration::from_millis(millis)));
    }
    mailbox.deadline.get()
}

/// Once a process goes on that was suspended in [`receive_wait`]: its result.
pub(crate) fn waited(p: &Process) -> bool {
    let arrived = p.has_message();
    if !arrived {
        p.mailbox().give_up();
    }
    arrived
}

/// Suspends the process for a time.
pub fn sleep(p: &Process, millis: i64) -> Result<(), Throw> {
    let until = p.runtime().scheduler().now().checked_add(Duration::from_millis(millis.max(0) as u64));
    wait(p, Pause::Sleeping(until))
}

/// Has the process pause, which C code that called back cannot.
pub(crate) fn wait(p: &Process, pause: Pause) -> Result<(), Throw> {
    if p.is_called_back() {
        return Err(p.throw_error(type_id::PROCESS_ERROR, "a callback from C cannot wait"));
    }
    p.suspend(pause);
    Ok(())
}

/// Puts a copy of `message` into the mailbox of a process; nothing happens if there is none of that number.
pub fn send(p: &Process, to: Pid, message: Word) -> Result<(), Throw> {
    match Plain::copy(p, message) {
        Some(message) if p.scheduled().streams(to, &message) => {}
        Some(message) => _ = p.deliver(to, Signal::Message(message.into())),
        None => _ = p.deliver(to, Signal::Message(Letter::seal_graph(p, message))),
    }
    Ok(())
}

/// Starts a process that calls `body`, a function value without parameters, on a copy of its captures. With `link`,
/// the failure of one ends the other.
pub fn spawn(p: &Process, body: Obj<'_>, link: i64) -> Result<Pid, Throw> {
    let parent = p.pid();
    let pid = start(p, body, |child| {
        if link == 1 {
            child.ties().add_link(parent);
        }
    })?;
    if link == 1 {
        p.ties().add_link(pid);
    }
    Ok(pid)
}

/// Starts a process that calls `body`, after `tie` has tied it to others. What it tells this one it tells later.
pub(crate) fn start(p: &Process, body: Obj<'_>, tie: impl FnOnce(&Process)) -> Result<Pid, Throw> {
    let letter = Letter::seal(p, body.word());
    match p.runtime().scheduler().spawn(p, letter, tie) {
        Some(pid) => Ok(pid),
        None => Err(p.throw_error(type_id::PROCESS_ERROR, "this program cannot start processes")),
    }
}

/// The number of the process.
pub fn self_pid(p: &Process) -> Pid {
    p.pid()
}
