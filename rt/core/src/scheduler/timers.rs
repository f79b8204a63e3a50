//! When which process is to be woken.
//!
//! A process has one timer. Setting it to a later time costs nothing: the timer goes off at the earlier one, the process
//! goes on waiting, and only then is it set anew. So a receive with a time limit that a message ends, again and again,
//! touches the heap once in that time. Stopping a timer costs nothing either: what is void in the heap is thrown away
//! when it comes up.

use super::Pid;
use super::handle::{Handle, NEVER};
use crate::sync::lock;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Mutex;
use std::sync::atomic::Ordering;

/// The timers of all processes; times are in nanoseconds of the scheduler's clock.
#[derive(Default)]
pub(super) struct Timers(Mutex<Heap>);

#[derive(Default)]
struct Heap {
    set: BinaryHeap<Reverse<(u64, Pid)>>,
    /// The length at which void timers are looked for.
    sweep_at: usize,
}

impl Timers {
    /// Sets the timer of a process that is about to wait, unless it goes off before anyway. `is_set` says whether there is
    /// such a process and its timer is set to that time.
    pub(super) fn set(&self, handle: &Handle, at: u64, is_set: impl Fn(Pid, u64) -> bool) {
        if handle.timer.load(Ordering::SeqCst) <= at {
            return;
        }
        handle.timer.store(at, Ordering::SeqCst);
        let mut heap = lock(&self.0);
        if heap.set.len() >= heap.sweep_at.max(1024) {
            heap.set.retain(|&Reverse((at, pid))| is_set(pid, at));
            heap.sweep_at = 2 * heap.set.len();
        }
        heap.set.push(Reverse((at, handle.pid)));
    }

    /// The process of a timer that goes off no later than `now`, and the timer's time.
    pub(super) fn due(&self, now: u64) -> Option<(u64, Pid)> {
        let mut heap = lock(&self.0);
        heap.set.peek().filter(|Reverse((at, _))| *at <= now)?;
        heap.set.pop().map(|Reverse(timer)| timer)
    }

    /// When the next timer goes off: [`NEVER`] if none is set.
    pub(super) fn next(&self, is_set: impl Fn(Pid, u64) -> bool) -> u64 {
        let mut heap = lock(&self.0);
        while let Some(&Reverse((at, pid))) = heap.set.peek() {
            if is_set(pid, at) {
                return at;
            }
            heap.set.pop();
        }
        NEVER
    }
}

impl Handle {
    /// Whether the timer is set to that time.
    pub(super) fn has_timer(&self, at: u64) -> bool {
        self.timer.load(Ordering::SeqCst) == at
    }

    /// The process waits for something else than time.
    pub(super) fn stop_timer(&self) {
        if self.timer.load(Ordering::Relaxed) != NEVER {
            self.timer.store(NEVER, Ordering::SeqCst);
        }
    }

    /// Whether a timer of that time, which went off, is the one that is set; then it is not any more.
    pub(super) fn take_timer(&self, at: u64) -> bool {
        self.timer.compare_exchange(at, NEVER, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_go_off_in_their_order_and_are_set_once() {
        let (timers, a, b) = (Timers::default(), Handle::new(1), Handle::new(2));
        let is_set = |pid: Pid, at: u64| [&a, &b].iter().any(|handle| handle.pid == pid && handle.has_timer(at));
        let set = |handle: &Handle, at| timers.set(handle, at, is_set);
        assert_eq!((timers.next(is_set), timers.due(NEVER - 1)), (NEVER, None));
        set(&a, 50);
        set(&b, 20);
        set(&a, 70);
        assert_eq!((timers.next(is_set), timers.due(19), timers.due(60)), (20, None, Some((20, 2))));
        assert!(b.take_timer(20) && !b.take_timer(20));
        // An earlier one makes the later one void.
        set(&a, 40);
        assert_eq!(timers.due(60), Some((40, 1)));
        assert!(a.take_timer(40));
        assert_eq!(timers.due(60), Some((50, 1)));
        assert!(!a.take_timer(50));
        // So does who waits for something else.
        set(&a, 80);
        set(&b, 90);
        a.stop_timer();
        assert_eq!((timers.next(is_set), timers.due(85)), (90, None));
        b.stop_timer();
        assert_eq!(timers.next(is_set), NEVER);
    }

    #[test]
    fn timers_of_the_dead_are_swept() {
        let timers = Timers::default();
        for pid in 0..100_000 {
            timers.set(&Handle::new(pid), 1000 + pid, |pid, _| pid < 10);
        }
        assert!(lock(&timers.0).set.len() < 2048);
        assert_eq!(timers.next(|pid, _| pid < 10), 1000);
    }
}
