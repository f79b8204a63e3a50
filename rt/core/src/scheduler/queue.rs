//! Queues of processes that are ready to run: a ring for each worker, which others steal from, and one queue for all.
//!
//! ```text
//!      head                    tail
//!  ──────┬──────┬──────┬──────┬──────
//!        │  p   │  q   │  r   │             only its worker moves `tail`; whoever takes, moves `head`
//!  ──────┴──────┴──────┴──────┴──────
//! ```
//!
//! Positions count up for ever and wrap around; the slot is the position modulo the length.

use crate::sync::{AtomicPtr, AtomicU32, Ordering, lock};
use std::collections::VecDeque;
use std::ptr::{NonNull, null_mut};
use std::sync::Mutex;

/// The most processes in a ring.
const LEN: usize = if cfg!(loom) { 4 } else { 256 };

/// The ring of a worker.
pub(crate) struct Ring<T> {
    head: AtomicU32,
    tail: AtomicU32,
    slots: [AtomicPtr<T>; LEN],
}

impl<T> Default for Ring<T> {
    fn default() -> Ring<T> {
        let slots = std::array::from_fn(|_| AtomicPtr::new(null_mut()));
        Ring { head: AtomicU32::new(0), tail: AtomicU32::new(0), slots }
    }
}

impl<T> Ring<T> {
    fn slot(&self, at: u32) -> &AtomicPtr<T> {
        &self.slots[at as usize % LEN]
    }

    /// Adds an item: how many there are now, or the item again if the ring is full. For its worker alone.
    pub(crate) fn push(&self, item: NonNull<T>) -> Result<usize, NonNull<T>> {
        // Thieves must have read a slot before it is written again.
        let head = self.head.load(Ordering::Acquire);
        let tail = self.tail.load(Ordering::Relaxed);
        let len = tail.wrapping_sub(head) as usize;
        if len >= LEN {
            return Err(item);
        }
        self.slot(tail).store(item.as_ptr(), Ordering::Relaxed);
        self.tail.store(tail.wrapping_add(1), Ordering::Release);
        Ok(len + 1)
    }

    /// Takes the oldest item. For its worker alone.
    pub(crate) fn pop(&self) -> Option<NonNull<T>> {
        let mut head = self.head.load(Ordering::Acquire);
        let tail = self.tail.load(Ordering::Relaxed);
        while head != tail {
            let item = self.slot(head).load(Ordering::Relaxed);
            let taken = head.wrapping_add(1);
            match self.head.compare_exchange(head, taken, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return NonNull::new(item),
                Err(now) => head = now,
            }
        }
        None
    }

    /// Moves half of the items to `to`, which is empty and the calling worker's, and gives the last of them to it.
    pub(crate) fn steal(&self, to: &Ring<T>) -> Option<NonNull<T>> {
        let mut head = self.head.load(Ordering::Acquire);
        loop {
            let tail = self.tail.load(Ordering::Acquire);
            let len = tail.wrapping_sub(head);
            // More than a ring holds: `head` was read long before `tail`.
            if len as usize > LEN {
                head = self.head.load(Ordering::Acquire);
                continue;
            }
            let n = len - len / 2;
            if n == 0 {
                return None;
            }
            let free = to.tail.load(Ordering::Relaxed);
            for at in 0..n {
                let item = self.slot(head.wrapping_add(at)).load(Ordering::Relaxed);
                to.slot(free.wrapping_add(at)).store(item, Ordering::Relaxed);
            }
            let taken = head.wrapping_add(n);
            match self.head.compare_exchange(head, taken, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => {
                    let last = free.wrapping_add(n - 1);
                    to.tail.store(last, Ordering::Release);
                    return NonNull::new(to.slot(last).load(Ordering::Relaxed));
                }
                Err(now) => head = now,
            }
        }
    }

    /// How many items there are, more or less.
    pub(crate) fn len(&self) -> usize {
        let head = self.head.load(Ordering::Acquire);
        self.tail.load(Ordering::Acquire).wrapping_sub(head) as usize
    }
}

/// The queue for all workers.
pub(crate) struct Injector<T> {
    queue: Mutex<VecDeque<Item<T>>>,
    /// Its length, to be read without the lock.
    len: AtomicU32,
}

struct Item<T>(NonNull<T>);

// SAFETY: the queue hands pointers on and does not follow them.
unsafe impl<T> Send for Item<T> {}

impl<T> Default for Injector<T> {
    fn default() -> Injector<T> {
        Injector { queue: Mutex::default(), len: AtomicU32::new(0) }
    }
}

impl<T> Injector<T> {
    /// Adds an item.
    pub(crate) fn push(&self, item: NonNull<T>) {
        let mut queue = lock(&self.queue);
        queue.push_back(Item(item));
        self.len.store(queue.len() as u32, Ordering::Release);
    }

    /// Takes the oldest item, and moves some more to the calling worker's ring: no more than one of `shares` parts.
    pub(crate) fn pop(&self, to: &Ring<T>, shares: usize) -> Option<NonNull<T>> {
        if self.is_empty() {
            return None;
        }
        let mut queue = lock(&self.queue);
        let Item(first) = queue.pop_front()?;
        for _ in 0..(queue.len() / shares).min(LEN / 2) {
            let Some(Item(item)) = queue.pop_front() else { break };
            if let Err(item) = to.push(item) {
                queue.push_front(Item(item));
                break;
            }
        }
        self.len.store(queue.len() as u32, Ordering::Release);
        Some(first)
    }

    /// Takes the item that `choose` points at, given how many there are.
    pub(crate) fn pick(&self, choose: impl FnOnce(usize) -> usize) -> Option<NonNull<T>> {
        let mut queue = lock(&self.queue);
        let at = if queue.is_empty() { 0 } else { choose(queue.len()) };
        let item = queue.remove(at);
        self.len.store(queue.len() as u32, Ordering::Release);
        item.map(|Item(item)| item)
    }

    /// Whether it is empty: exact for what the caller has seen happen.
    pub(crate) fn is_empty(&self) -> bool {
        self.len.load(Ordering::Acquire) == 0
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    fn item(n: usize) -> NonNull<usize> {
        NonNull::new(std::ptr::without_provenance_mut(n * 8)).unwrap()
    }

    #[test]
    fn rings_are_queues_and_half_of_one_can_be_stolen() {
        let (ring, other) = (Ring::<usize>::default(), Ring::default());
        assert!(ring.pop().is_none() && ring.steal(&other).is_none());
        for n in 1..=LEN {
            assert_eq!(ring.push(item(n)), Ok(n));
        }
        assert_eq!(ring.push(item(1)), Err(item(1)));
        assert_eq!(ring.steal(&other), Some(item(LEN / 2)));
        assert_eq!((ring.len(), other.len()), (LEN / 2, LEN / 2 - 1));
        assert_eq!((ring.pop(), other.pop()), (Some(item(LEN / 2 + 1)), Some(item(1))));
    }

    #[test]
    fn the_common_queue_is_dealt_out() {
        let (queue, ring) = (Injector::<usize>::default(), Ring::default());
        assert_eq!(queue.pop(&ring, 2), None);
        for n in 1..=9 {
            queue.push(item(n));
        }
        assert_eq!(queue.pop(&ring, 2), Some(item(1)));
        assert_eq!((ring.pop(), ring.len()), (Some(item(2)), 3));
        assert_eq!(queue.pick(|len| len - 1), Some(item(9)));
        assert_eq!((queue.pick(|_| 0), queue.is_empty()), (Some(item(6)), false));
    }

    #[test]
    fn each_item_is_taken_once() {
        const N: usize = 20_000;
        let rings: [Ring<usize>; 3] = Default::default();
        let (sum, taken) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let take = |item: NonNull<usize>| {
            sum.fetch_add(item.as_ptr().addr() / 8, Ordering::Relaxed);
            taken.fetch_add(1, Ordering::Relaxed);
        };
        std::thread::scope(|scope| {
            for thief in 1..3 {
                let (rings, taken) = (&rings, &taken);
                scope.spawn(move || {
                    while taken.load(Ordering::Relaxed) < N {
                        let found = rings[thief].pop().or_else(|| rings[0].steal(&rings[thief]));
                        found.map_or_else(std::thread::yield_now, take);
                    }
                });
            }
            for n in 1..=N {
                while rings[0].push(item(n)).is_err() {
                    rings[0].pop().into_iter().for_each(take);
                }
            }
            while let Some(item) = rings[0].pop() {
                take(item);
            }
        });
        assert_eq!((taken.into_inner(), sum.into_inner()), (N, N * (N + 1) / 2));
    }
}

#[cfg(all(test, loom))]
mod models {
    use super::*;
    use loom::sync::Arc;
    use loom::thread;

    fn item(n: usize) -> NonNull<usize> {
        NonNull::new(std::ptr::without_provenance_mut(n * 8)).unwrap()
    }

    #[test]
    fn an_item_goes_to_the_worker_or_to_a_thief() {
        loom::model(|| {
            let ring = Arc::new(Ring::default());
            for n in 1..=2 {
                ring.push(item(n)).unwrap();
            }
            let thief = {
                let ring = ring.clone();
                thread::spawn(move || {
                    let own = Ring::default();
                    let mut got: Vec<_> = ring.steal(&own).into_iter().collect();
                    got.extend(std::iter::from_fn(|| own.pop()));
                    got
                })
            };
            let mut got: Vec<_> = ring.pop().into_iter().collect();
            ring.push(item(3)).unwrap();
            got.extend(std::iter::from_fn(|| ring.pop()));
            got.extend(thief.join().unwrap());
            got.sort();
            assert_eq!(got, [item(1), item(2), item(3)]);
        });
    }
}
