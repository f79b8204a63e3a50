//! Finding a process by its number.

use super::Pid;
use super::handle::Handle;
use crate::sync::lock;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, Mutex};

/// Parts with a lock of their own. Numbers that follow each other are in different ones.
const PARTS: usize = 64;

/// Numbers are spread already; a multiplication brings their lower bits to the upper ones, which the map looks at, too.
#[derive(Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn write(&mut self, _: &[u8]) {
        unreachable!("keys are numbers")
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(32);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

type Part = HashMap<Pid, Arc<Handle>, BuildHasherDefault<Spread>>;

/// The processes that are alive.
pub(super) struct Table {
    parts: [Mutex<Part>; PARTS],
}

impl Default for Table {
    fn default() -> Table {
        Table { parts: std::array::from_fn(|_| Mutex::default()) }
    }
}

impl Table {
    fn part(&self, pid: Pid) -> &Mutex<Part> {
        &self.parts[pid as usize % PARTS]
    }

    pub(super) fn insert(&self, handle: Arc<Handle>) {
        lock(self.part(handle.pid)).insert(handle.pid, handle);
    }

    /// Nobody finds the process any more.
    pub(super) fn remove(&self, pid: Pid) -> Option<Arc<Handle>> {
        lock(self.part(pid)).remove(&pid)
    }

    /// Calls `f` with a process that is alive, and stays so meanwhile.
    pub(super) fn with<R>(&self, pid: Pid, f: impl FnOnce(&Handle) -> R) -> Option<R> {
        lock(self.part(pid)).get(&pid).map(|handle| f(handle))
    }

    /// A process that is alive.
    pub(super) fn get(&self, pid: Pid) -> Option<Arc<Handle>> {
        lock(self.part(pid)).get(&pid).cloned()
    }

    /// All processes, in the order of their numbers.
    pub(super) fn all(&self) -> Vec<Arc<Handle>> {
        let mut all: Vec<_> =
            self.parts.iter().flat_map(|part| lock(part).values().cloned().collect::<Vec<_>>()).collect();
        all.sort_unstable_by_key(|handle| handle.pid);
        all
    }
}
