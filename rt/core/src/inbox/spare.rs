//! The memory of nodes that were taken out of lists, for new ones.
//!
//! ```text
//! give ──► current ──► previous ──► batches of all threads ──► previous ──► current ──► take
//! ```
//!
//! Each thread keeps up to two batches. Threads that receive more than they send so pass memory on to those that send
//! more, a batch at a time, and messages cost neither the allocator nor a lock.

use super::Node;
use crate::signal::Signal;
use crate::sync::lock;
use std::alloc::Layout;
use std::cell::Cell;
use std::ptr::null_mut;
use std::sync::Mutex;

/// The nodes in a full batch.
const FULL: usize = 128;
/// The most batches that wait for a thread.
const MOST: usize = 256;

/// A list of free memory, each piece with the address of the next in its first word.
#[derive(Clone, Copy)]
struct Batch {
    first: *mut Free,
    len: usize,
}

struct Free {
    next: *mut Free,
}

// SAFETY: the memory belongs to whoever has the batch.
unsafe impl Send for Batch {}

impl Batch {
    const EMPTY: Batch = Batch { first: null_mut(), len: 0 };
}

static BATCHES: Mutex<Vec<Batch>> = Mutex::new(Vec::new());

thread_local! {
    static CURRENT: Cell<Batch> = const { Cell::new(Batch::EMPTY) };
    static PREVIOUS: Cell<Batch> = const { Cell::new(Batch::EMPTY) };
}

/// Whether the nodes of such lists are those that are kept. Loom's threads are none of the system's.
const fn is_kept<S>() -> bool {
    let (this, kept) = (Layout::new::<Node<S>>(), Layout::new::<Node<Signal>>());
    this.size() == kept.size() && this.align() == kept.align() && !cfg!(loom)
}

/// A box with this node.
#[inline]
pub(super) fn take<S>(node: Node<S>) -> Box<Node<S>> {
    if !is_kept::<S>() {
        return Box::new(node);
    }
    let mut batch = CURRENT.get();
    if batch.len == 0 {
        batch = PREVIOUS.replace(Batch::EMPTY);
        if batch.len == 0 {
            match lock(&BATCHES).pop() {
                Some(other) => batch = other,
                None => return Box::new(node),
            }
        }
    }
    let place = batch.first;
    // SAFETY: the memory in a batch is free, came out of a box for a node of this layout, and has the address of the
    // next piece in its first word.
    unsafe {
        CURRENT.set(Batch { first: (*place).next, len: batch.len - 1 });
        let place = place.cast::<Node<S>>();
        place.write(node);
        Box::from_raw(place)
    }
}

/// What is in a node, whose memory is kept.
pub(super) fn give<S>(node: Box<Node<S>>) -> S {
    if !is_kept::<S>() {
        return node.signal;
    }
    let mut batch = CURRENT.get();
    if batch.len == FULL {
        let full = PREVIOUS.replace(batch);
        batch = Batch::EMPTY;
        if full.len != 0 {
            let mut batches = lock(&BATCHES);
            if batches.len() < MOST {
                batches.push(full);
            } else {
                drop(batches);
                full.free();
            }
        }
    }
    let place = Box::into_raw(node);
    // SAFETY: the node is ours alone. What is in it is moved out, and the memory then used for nothing else.
    unsafe {
        let signal = place.read().signal;
        let place = place.cast::<Free>();
        place.write(Free { next: batch.first });
        CURRENT.set(Batch { first: place, len: batch.len + 1 });
        signal
    }
}

impl Batch {
    fn free(self) {
        let mut place = self.first;
        while !place.is_null() {
            // SAFETY: as in `take`.
            unsafe {
                let next = (*place).next;
                std::alloc::dealloc(place.cast(), Layout::new::<Node<Signal>>());
                place = next;
            }
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn memory_goes_round() {
        let new = || take(Node { signal: Signal::MailboxLimit, next: null_mut() });
        // More than all threads keep.
        let nodes: Vec<_> = (0..FULL * (MOST + 5)).map(|_| new()).collect();
        let address = |node: &Node<Signal>| (&raw const *node).addr();
        let mut before: Vec<_> = nodes.iter().map(|node| address(node)).collect();
        for node in nodes {
            assert!(matches!(give(node), Signal::MailboxLimit));
        }
        assert_eq!(PREVIOUS.get().len + CURRENT.get().len, 2 * FULL);
        before.sort_unstable();
        let again: Vec<_> = (0..3 * FULL).map(|_| new()).collect();
        let known = again.iter().filter(|node| before.binary_search(&address(node)).is_ok()).count();
        assert!(known >= 2 * FULL, "{known}");
        let mut addresses: Vec<_> = again.iter().map(|node| address(node)).collect();
        addresses.sort_unstable();
        addresses.dedup();
        assert_eq!(addresses.len(), again.len());
        again.into_iter().for_each(|node| drop(give(node)));
    }
}
