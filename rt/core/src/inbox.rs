//! Where others put signals to a process: a list that any thread adds to without a lock, and that the process takes
//! as a whole.
//!
//! ```text
//! last ──► signal 3 ──► signal 2 ──► signal 1        put: a compare-and-swap of `last`
//!                                                    take: a swap of `last`, then turn the list round
//! ```

use crate::signal::Signal;
use crate::sync::{AtomicPtr, Ordering};
use std::ptr::null_mut;

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
    pub(crate) fn new(signal: S) -> Box<Node<S>> {
        Box::new(Node { signal, next: null_mut() })
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
    ///
    /// Whoever adds a signal and then finds that the process is not to be woken can rely on its taking the signal
    /// before it waits: the operations on the list and on the process's state have one order for all threads.
    pub(crate) fn put(&self, signal: S) {
        let node = Box::into_raw(Node::new(signal));
        let mut last = self.last.load(Ordering::Relaxed);
        loop {
            // SAFETY: nobody else knows the node yet.
            unsafe { (*node).next = last };
            match self.last.compare_exchange_weak(last, node, Ordering::SeqCst, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => last = now,
            }
        }
    }

    /// Takes what has arrived, in that order. For the process alone.
    pub(crate) fn take(&self) -> Taken<S> {
        if self.is_empty() { Taken(null_mut()) } else { Taken::of(self.last.swap(null_mut(), Ordering::SeqCst)) }
    }

    /// Whether nothing has arrived.
    pub(crate) fn is_empty(&self) -> bool {
        self.last.load(Ordering::SeqCst).is_null()
    }
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
        let (mut rest, mut first) = (last, null_mut());
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
    len: usize,
}

impl<S> Default for List<S> {
    fn default() -> List<S> {
        List { first: Taken(null_mut()), last: null_mut(), len: 0 }
    }
}

impl<S> List<S> {
    /// Adds a signal behind the others.
    pub(crate) fn push(&mut self, node: Box<Node<S>>) {
        let node = Box::into_raw(node);
        if self.len == 0 {
            self.first.0 = node;
        } else {
            // SAFETY: the last node is in the list, and so ours.
            unsafe { (*self.last).next = node };
        }
        self.last = node;
        self.len += 1;
    }

    /// Takes the first signal.
    pub(crate) fn pop(&mut self) -> Option<S> {
        let node = self.first.next()?;
        self.len -= 1;
        Some(node.signal)
    }

    /// The number of signals.
    pub(crate) fn len(&self) -> usize {
        self.len
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
            inbox.put(n);
        }
        assert!(!inbox.is_empty());
        assert_eq!(signals(inbox.take()), [0, 1, 2, 3, 4]);
        inbox.put(7);
        inbox.put(8);
        assert_eq!(signals(inbox.take()), [7, 8]);
        assert!(inbox.is_empty());
        let mut list = List::default();
        for n in 0..3 {
            list.push(Node::new(n));
        }
        assert_eq!((list.pop(), list.len()), (Some(0), 2));
        list.push(Node::new(3));
        assert_eq!(std::iter::from_fn(|| list.pop()).collect::<Vec<_>>(), [1, 2, 3]);
        list.push(Node::new(4));
        assert_eq!((list.pop(), list.pop(), list.len()), (Some(4), None, 0));
    }

    #[test]
    fn many_threads_put() {
        let inbox = Inbox::default();
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let inbox = &inbox;
                scope.spawn(move || (0..2000).for_each(|n| inbox.put((thread, n))));
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
    use loom::sync::Arc;
    use loom::thread;

    #[test]
    fn nothing_is_lost_and_order_is_kept() {
        loom::model(|| {
            let inbox = Arc::new(Inbox::default());
            let putters: Vec<_> = (0..2)
                .map(|thread| {
                    let inbox = inbox.clone();
                    thread::spawn(move || (0..2).for_each(|n| inbox.put((thread, n))))
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
}
