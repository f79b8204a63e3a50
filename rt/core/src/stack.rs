//! Stacks for processes that run compiled code: address space, committed where it is touched.
//!
//! ```text
//! base      base + GUARD           floor                                  top
//! ├─ guard ───┼─ reserve ────────────┼─ frames, growing down ◄─────────────┤
//! ```
//!
//! Compiled functions check on entry that their frame is above the floor. The reserve below it is for functions that
//! do not check and for what stubs save. The guard is memory that must not be touched; only the main process has
//! one, as a million mappings are more than systems allow.

use crate::sys;
use std::sync::{Mutex, PoisonError};

const GUARD: u64 = 64 << 10;
const RESERVE: u64 = 192 << 10;
/// The size of the stacks of processes other than the main one.
const SIZE: u64 = 1 << 20;
/// So many are mapped at once.
const SLAB: u64 = 64;
/// So many unused stacks keep the memory they have touched.
const WARM: usize = 64;

/// A stack.
pub(crate) struct Stack {
    base: u64,
    len: u64,
    /// Whether it goes back to the pool.
    pooled: bool,
}

/// The bases of stacks not in use.
static FREE: Mutex<Vec<u64>> = Mutex::new(Vec::new());

impl Stack {
    /// The stack of the main process, of about this size.
    pub(crate) fn main(size: u64) -> Stack {
        let len = size.max(GUARD + RESERVE + (64 << 10)).next_multiple_of(sys::PAGE as u64);
        let base = sys::map(len as usize);
        sys::forbid(base, GUARD as usize);
        Stack { base, len, pooled: false }
    }

    /// The stack of another process.
    pub(crate) fn pooled() -> Stack {
        let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        if free.is_empty() {
            let slab = sys::map((SIZE * SLAB) as usize);
            free.extend((0..SLAB).rev().map(|at| slab + at * SIZE));
        }
        let base = free.pop().expect("a slab was just added");
        Stack { base, len: SIZE, pooled: true }
    }

    /// Its upper end.
    pub(crate) fn top(&self) -> u64 {
        self.base + self.len
    }

    /// Where frames must end.
    pub(crate) fn floor(&self) -> u64 {
        self.base + RESERVE + if self.pooled { 0 } else { GUARD }
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        if !self.pooled {
            return sys::unmap(self.base, self.len as usize);
        }
        let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        if free.len() >= WARM {
            sys::forget(self.base, self.len as usize);
        }
        free.push(self.base);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stacks_are_apart_and_writable() {
        let stacks: Vec<Stack> = (0..200).map(|_| Stack::pooled()).collect();
        for stack in &stacks {
            for at in [stack.base, stack.floor(), stack.top() - 8] {
                // SAFETY: the stack is ours.
                unsafe { *(at as usize as *mut u64) = stack.base };
            }
        }
        for stack in &stacks {
            for at in [stack.base, stack.top() - 8] {
                // SAFETY: as above.
                assert_eq!(unsafe { *(at as usize as *const u64) }, stack.base);
            }
        }
        let main = Stack::main(1 << 20);
        assert!(main.floor() > main.base + GUARD && main.top() == main.base + (1 << 20));
    }
}
