//! Where others put signals to a process: a list that any thread adds to without a lock, and that the process takes
//! as a whole.
//!
//! ```text
//! last ──► signal 3 ──► signal 2 ──► signal 1        put: a compare-and-swap of `last`
//!                                                    take: a swap of `last`, then turn the list round
//! ```
//!
//! In place of a signal, `last` may say what becomes of the process. So whoever puts a signal learns by the same
//! operation whether the process is to be woken, and by whom; and none can be put between a look and a wait.
//!
//! ```text
//!            put, take                        wake                    empty    it runs, or is ready to
//!          ┌──────────┐                ┌───────────────┐              waiting  whoever changes this has it run
//!          ▼          │    park        ▼               │              nudged   it runs, and is not to wait
//! signals ◄── put ── empty ─────► waiting          nudged             closed   it has ended
//!          ▲          │  ▲             │               ▲ │
//!          └──────────┼──┼── put, wake ┘               │ │
//!                     │  └──────────────── take ───────┼─┘
//!                     └──────────── wake ──────────────┘
//! ```

mod spare;

use crate::signal::Signal;
use crate::sync::{AtomicPtr, Ordering};
use std::ptr::{null_mut, without_provenance_mut};

/// The process waits.
const WAITING: usize = 1;
/// Something has happened meanwhile that is no signal.
const NUDGED: usize = 2;
/// The process has ended.
const CLOSED: usize = 3;

/// What became of a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Put {
    /// The process will see it.
    Added,
    /// The process will see it, and was waiting: the caller is to queue it.
    Wakes,
    /// The process has ended.
    Refused,
}

/// The signals to a process that it has not yet seen.
pub(crate) struct Inbox<S = Signal> {
    last: AtomicPtr<Node<S>>,
}

/// A signal in a list.
pub(crate) struct Node<S> {
    pub(crate) signal: S,
    next: *mut Node<S>,
}

impl<S> Node<S> {
    /// A signal that is in no list yet.
    #[inline]
    pub(crate) fn new(signal: S) -> Box<Node<S>> {
        spare::take(Node { signal, next: null_mut() })
    }
}

// SAFETY: a node belongs to the thread that made it until it is in the list, then to the one that takes the list.
unsafe impl<S: Send> Send for Inbox<S> {}
// SAFETY: as above; the list itself is changed by atomic operations alone.
unsafe impl<S: Send> Sync for Inbox<S> {}

impl<S> Default for Inbox<S> {
    fn default() -> Inbox<S> {
        Inbox { last: AtomicPtr::new(null_mut()) }
    }
}

impl<S> Inbox<S> {
    /// Adds a signal.
    pub(crate) fn put(&self, node: Box<Node<S>>) -> Put {
        let node = Box::into_raw(node);
        let mut last = self.last.load(Ordering::Relaxed);
        while last.addr() != CLOSED {
            // SAFETY: nobody else knows the node yet.
            unsafe { (*node).next = if is_signal(last) { last } else { null_mut() } };
            match self.last.compare_exchange_weak(last, node, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) if last.addr() == WAITING => return Put::Wakes,
                Ok(_) => return Put::Added,
                Err(now) => last = now,
            }
        }
        // SAFETY: it came out of a box, and nobody else knows it.
        drop(unsafe { Box::from_raw(node) });
        Put::Refused
    }

    /// Takes what has arrived, in that order. For the process alone.
    pub(crate) fn take(&self) -> Taken<S> {
        Taken::of(self.last.swap(null_mut(), Ordering::AcqRel))
    }

    /// Takes what has arrived for the last time.
    pub(crate) fn close(&self) -> Taken<S> {
        Taken::of(self.last.swap(without_provenance_mut(CLOSED), Ordering::AcqRel))
    }

    /// Whether nothing has arrived.
    pub(crate) fn is_empty(&self) -> bool {
        !is_signal(self.last.load(Ordering::Acquire))
    }

    /// The process waits from now on, unless something has arrived since it took what there was. For the process alone.
    pub(crate) fn park(&self) -> bool {
        let waiting = without_provenance_mut(WAITING);
        self.last.compare_exchange(null_mut(), waiting, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// After something else has happened than a signal: whether the process was waiting, and is to be queued by the
    /// caller. If it runs, it does not wait before it has taken what there is.
    pub(crate) fn wake(&self) -> bool {
        let mut last = self.last.load(Ordering::Relaxed);
        loop {
            let next = match last.addr() {
                0 => without_provenance_mut(NUDGED),
                WAITING => null_mut(),
                _ => return false,
            };
            match self.last.compare_exchange_weak(last, next, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return last.addr() == WAITING,
                Err(now) => last = now,
            }
        }
    }
}

fn is_signal<S>(last: *mut Node<S>) -> bool {
    last.addr() > CLOSED
}

impl<S> Drop for Inbox<S> {
    fn drop(&mut self) {
        drop(self.take());
    }
}

/// Signals that were taken out, in the order of their arrival.
pub(crate) struct Taken<S>(*mut Node<S>);

impl<S> Taken<S> {
    /// The nodes of a list, from the last to the first.
    fn of(last: *mut Node<S>) -> Taken<S> {
        let (mut rest, mut first) = (if is_signal(last) { last } else { null_mut() }, null_mut());
        while !rest.is_null() {
            // SAFETY: the nodes are the caller's alone.
            unsafe { (first, rest) = (rest, std::mem::replace(&mut (*rest).next, first)) };
        }
        Taken(first)
    }
}

impl<S> Iterator for Taken<S> {
    type Item = Box<Node<S>>;

    fn next(&mut self) -> Option<Box<Node<S>>> {
        if self.0.is_null() {
            return None;
        }
        // SAFETY: the nodes came out of boxes, and are ours alone.
        let mut node = unsafe { Box::from_raw(self.0) };
        self.0 = std::mem::replace(&mut node.next, null_mut());
        Some(node)
    }
}

impl<S> Drop for Taken<S> {
    fn drop(&mut self) {
        self.for_each(drop);
    }
}

/// Signals of one thread, first in, first out.
pub(crate) struct List<S> {
    first: Taken<S>,
    last: *mut Node<S>,
}

impl<S> Default for List<S> {
    fn default() -> List<S> {
        List { first: Taken(null_mut()), last: null_mut() }
    }
}

impl<S> List<S> {
    /// Adds a signal behind the others.
    pub(crate) fn push(&mut self, node: Box<Node<S>>) {
        let node = Box::into_raw(node);
        if self.first.0.is_null() {
            self.first.0 = node;
        } else {
            // SAFETY: the last node is in the list, and so ours.
            unsafe { (*self.last).next = node };
        }
        self.last = node;
    }

    /// The first signal.
    pub(crate) fn first(&self) -> Option<&S> {
        // SAFETY: the nodes in the list are ours.
        unsafe { self.first.0.as_ref() }.map(|node| &node.signal)
    }

    /// Takes the first signal.
    pub(crate) fn pop(&mut self) -> Option<S> {
        self.first.next().map(spare::give)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn signals<S>(taken: Taken<S>) -> Vec<S> {
        taken.map(|node| node.signal).collect()
    }

    #[test]
    fn signals_come_out_in_their_order() {
        let inbox = Inbox::default();
        assert!(inbox.is_empty() && inbox.take().next().is_none());
        for n in 0..5 {
            inbox.put(Node::new(n));
        }
        assert!(!inbox.is_empty());
        assert_eq!(signals(inbox.take()), [0, 1, 2, 3, 4]);
        inbox.put(Node::new(7));
        inbox.put(Node::new(8));
        assert_eq!(signals(inbox.take()), [7, 8]);
        assert!(inbox.is_empty());
        let mut list = List::default();
        for n in 0..3 {
            list.push(Node::new(n));
        }
        assert_eq!((list.pop(), list.first()), (Some(0), Some(&1)));
        list.push(Node::new(3));
        assert_eq!(std::iter::from_fn(|| list.pop()).collect::<Vec<_>>(), [1, 2, 3]);
        list.push(Node::new(4));
        assert_eq!((list.pop(), list.pop()), (Some(4), None));
        assert!(list.first().is_none());
    }

    #[test]
    fn a_process_is_woken_once_and_none_after_its_end() {
        let inbox = Inbox::default();
        assert!(inbox.park() && inbox.is_empty());
        let put = |n| inbox.put(Node::new(n));
        assert_eq!([put(1), put(2)], [Put::Wakes, Put::Added]);
        assert!(!inbox.park(), "something has arrived");
        assert_eq!(signals(inbox.take()), [1, 2]);
        assert!(inbox.park() && inbox.wake() && !inbox.wake() && !inbox.park() && inbox.is_empty());
        assert_eq!((put(3), signals(inbox.take())), (Put::Added, vec![3]));
        assert!(!inbox.wake() && signals(inbox.take()).is_empty() && inbox.park());
        assert_eq!((put(4), signals(inbox.close())), (Put::Wakes, vec![4]));
        assert!(put(5) == Put::Refused && inbox.is_empty() && !inbox.wake());
    }

    #[test]
    fn many_threads_put() {
        let inbox = Inbox::default();
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let inbox = &inbox;
                scope.spawn(move || (0..2000).for_each(|n| assert!(inbox.put(Node::new((thread, n))) == Put::Added)));
            }
            let mut next = [0; 4];
            while next != [2000; 4] {
                for (thread, n) in signals(inbox.take()) {
                    assert_eq!(n, next[thread], "in the order in which that thread put them");
                    next[thread] += 1;
                }
                std::thread::yield_now();
            }
        });
    }
}

#[cfg(all(test, loom))]
mod models {
    use super::*;
    use crate::sync::AtomicU32;
    use loom::sync::Arc;
    use loom::thread;

    #[test]
    fn nothing_is_lost_and_order_is_kept() {
        loom::model(|| {
            let inbox = Arc::new(Inbox::default());
            let putters: Vec<_> = (0..2)
                .map(|thread| {
                    let inbox = inbox.clone();
                    thread::spawn(move || (0..2).for_each(|n| assert!(inbox.put(Node::new((thread, n))) == Put::Added)))
                })
                .collect();
            let mut taken: Vec<_> = inbox.take().map(|node| node.signal).collect();
            putters.into_iter().for_each(|putter| putter.join().unwrap());
            taken.extend(inbox.take().map(|node| node.signal));
            for thread in 0..2 {
                assert!(taken.iter().filter(|(by, _)| *by == thread).map(|(_, n)| *n).eq(0..2));
            }
        });
    }

    #[test]
    fn who_waits_is_woken_by_one() {
        loom::model(|| {
            let inbox = Arc::new(Inbox::default());
            let woken = Arc::new(AtomicU32::new(0));
            let others: Vec<_> = (0..2)
                .map(|other| {
                    let (inbox, woken) = (inbox.clone(), woken.clone());
                    thread::spawn(move || {
                        if (other == 0 && inbox.put(Node::new(0)) == Put::Wakes) || (other == 1 && inbox.wake()) {
                            woken.fetch_add(1, Ordering::Release);
                        }
                    })
                })
                .collect();
            let (mut taken, mut waits) = (inbox.take().count(), 0);
            // It waits when there is nothing, and goes on when it is woken: as often as it waits, or one time less.
            if taken == 0 && inbox.park() {
                waits += 1;
            }
            others.into_iter().for_each(|other| other.join().unwrap());
            assert_eq!(woken.load(Ordering::Acquire), waits, "the last one wakes, at the latest");
            taken += inbox.take().count();
            assert_eq!(taken, 1);
        });
    }
}
