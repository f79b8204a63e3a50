//! Names under which processes are known to all others.

use crate::scheduler::Pid;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The names of a program. A process has one at most.
#[derive(Default)]
pub(crate) struct Names {
    table: Mutex<Table>,
    /// How many there are, for processes that end without looking for theirs.
    count: AtomicUsize,
}

#[derive(Default)]
struct Table {
    pids: BTreeMap<Box<str>, Pid>,
    names: BTreeMap<Pid, Box<str>>,
}

/// Why a name was not given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Another process has the name.
    Taken,
    /// The process has a name.
    Named,
    /// The process has ended.
    Dead,
}

impl Names {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a process a name. `is_alive` is asked once the name stands, so that a process which ends meanwhile leaves
    /// none behind.
    pub(crate) fn add(&self, name: &str, pid: Pid, is_alive: impl FnOnce() -> bool) -> Result<(), Refusal> {
        let mut table = self.table();
        if table.pids.contains_key(name) {
            return Err(Refusal::Taken);
        }
        if table.names.contains_key(&pid) {
            return Err(Refusal::Named);
        }
        self.count.fetch_add(1, Ordering::SeqCst);
        if !is_alive() {
            self.count.fetch_sub(1, Ordering::SeqCst);
            return Err(Refusal::Dead);
        }
        table.pids.insert(name.into(), pid);
        table.names.insert(pid, name.into());
        Ok(())
    }

    /// Frees a name; false if there is no such.
    pub(crate) fn remove(&self, name: &str) -> bool {
        let mut table = self.table();
        let Some(pid) = table.pids.remove(name) else { return false };
        table.names.remove(&pid);
        self.count.fetch_sub(1, Ordering::SeqCst);
        true
    }

    /// Frees the name of a process that others do not reach any more.
    pub(crate) fn free(&self, pid: Pid) {
        if self.count.load(Ordering::SeqCst) == 0 {
            return;
        }
        let mut table = self.table();
        if let Some(name) = table.names.remove(&pid) {
            table.pids.remove(&name);
            self.count.fetch_sub(1, Ordering::SeqCst);
        }
    }

    /// The process of this name.
    pub(crate) fn find(&self, name: &str) -> Option<Pid> {
        self.table().pids.get(name).copied()
    }

    /// The name of a process.
    pub(crate) fn of(&self, pid: Pid) -> Option<Box<str>> {
        self.table().names.get(&pid).cloned()
    }

    /// All names, in their order.
    pub(crate) fn all(&self) -> Vec<Box<str>> {
        self.table().pids.keys().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_process_and_a_process_one_name() {
        let names = Names::default();
        assert_eq!(names.add("shop", 2, || true), Ok(()));
        assert_eq!(names.add("shop", 3, || true), Err(Refusal::Taken));
        assert_eq!(names.add("bank", 2, || true), Err(Refusal::Named));
        assert_eq!(names.add("bank", 3, || false), Err(Refusal::Dead));
        assert_eq!((names.find("shop"), names.find("bank"), names.of(2).as_deref()), (Some(2), None, Some("shop")));
        names.free(2);
        names.free(3);
        assert_eq!((names.find("shop"), names.of(2), names.all().len()), (None, None, 0));
        assert_eq!(names.add("shop", 3, || true), Ok(()));
        assert!(names.remove("shop") && !names.remove("shop"));
        assert_eq!(names.add("bank", 3, || true), Ok(()));
    }
}
