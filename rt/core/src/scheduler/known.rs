//! The processes that a worker sends to, so that it finds them again without a lock.

use super::Pid;
use super::handle::Handle;
use super::table::Table;
use std::cell::RefCell;
use std::sync::Arc;

/// So many processes are known, by the lower bits of their numbers.
const LEN: usize = 256;
/// Who sends so many messages to one process in a row makes way for it.
const MANY: u32 = 512;
/// So many are worth a stream.
const SOME: u32 = 32;

/// What a worker keeps for itself.
#[derive(Default)]
pub(super) struct Known(RefCell<Slots>);

// SAFETY: only the thread of its worker uses it.
unsafe impl Sync for Known {}

#[derive(Default)]
struct Slots {
    slots: Vec<Slot>,
    /// Whom the last signals went to, and how many.
    last: Pid,
    streak: u32,
}

#[derive(Clone, Default)]
struct Slot {
    handle: Option<Arc<Handle>>,
    /// Who was looked for and not known.
    missed: Pid,
}

impl Known {
    /// Calls `f` with a process, which may have ended already; `None` if it has been removed. For its worker alone.
    pub(super) fn with<R>(&self, table: &Table, pid: Pid, f: impl FnOnce(&Handle) -> R) -> Option<R> {
        let mut known = self.0.borrow_mut();
        if known.slots.is_empty() {
            known.slots.resize(LEN, Slot::default());
        }
        known.streak = if known.last == pid { known.streak + 1 } else { 1 };
        known.last = pid;
        let slot = &mut known.slots[pid as usize % LEN];
        match &slot.handle {
            Some(handle) if handle.pid == pid => return Some(f(handle)),
            // Most are sent to once: to keep those would cost more than it saves.
            _ if slot.missed != pid => {
                slot.missed = pid;
                return table.with(pid, f);
            }
            _ => {}
        }
        let handle = table.get(pid)?;
        let result = f(&handle);
        slot.handle = Some(handle);
        Some(result)
    }

    /// Whether a stream is to begin with the next message to this process: if some went there before, of which `streamed`
    /// through a stream that is closed or full by now. Streams that are soon closed are begun less often.
    pub(super) fn begins_stream(&self, to: Pid, streamed: Option<usize>) -> bool {
        let mut known = self.0.borrow_mut();
        if known.last != to {
            return false;
        }
        let streamed = streamed.unwrap_or(0) as u32;
        known.streak += streamed;
        streamed >= SOME || known.streak.is_multiple_of(SOME)
    }

    /// The process has ended.
    pub(super) fn forget(&self, pid: Pid) {
        let mut known = self.0.borrow_mut();
        known.slots[pid as usize % LEN] = Slot::default();
    }

    /// Whether the running process is to make way, since it has sent that many; asked after each message.
    pub(super) fn has_sent_many(&self) -> bool {
        let mut known = self.0.borrow_mut();
        let many = known.streak >= MANY;
        if many {
            known.streak = 0;
        }
        many
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_begin_after_some_messages() {
        let (known, table) = (Known::default(), Table::default());
        let send = |to, streamed| {
            let begins = known.begins_stream(to, streamed);
            known.with(&table, to, |_| ());
            begins
        };
        assert!(
            (0..SOME).all(|_| !send(7, None)) && send(7, None) && !send(7, Some(1)) && send(7, Some(SOME as usize))
        );
        assert!((0..SOME).all(|_| !send(8, None)) && !send(7, Some(100)));
    }

    #[test]
    fn those_sent_to_again_are_kept() {
        let (known, table) = (Known::default(), Table::default());
        let handles = [7, 7 + LEN as Pid].map(|pid| Arc::new(Handle::new(pid)));
        handles.iter().for_each(|handle| table.insert(handle.clone()));
        let find = |pid| known.with(&table, pid, |handle| handle.pid);
        let counts = || handles.each_ref().map(Arc::strong_count);
        assert_eq!((find(7), find(8), counts()), (Some(7), None, [2, 2]));
        assert_eq!((find(7), find(7), counts()), (Some(7), Some(7), [3, 2]));
        assert_eq!((find(7 + LEN as Pid), find(7), counts()), (Some(7 + LEN as Pid), Some(7), [3, 2]));
        // One that has ended is found until it refuses a signal.
        table.remove(7);
        assert_eq!(find(7), Some(7));
        known.forget(7);
        assert_eq!((find(7), find(7), counts()), (None, None, [1, 2]));
        assert!((1..MANY).all(|_| find(9).is_none() && !known.has_sent_many()));
        assert!(find(9).is_none() && known.has_sent_many() && !known.has_sent_many());
    }
}
