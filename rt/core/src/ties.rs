//! What ties a process to others: links, monitors, and whether it traps exits. Only the process itself looks at them.
//!
//! A link stands on both sides, and each side learns of the other's changes later. Who unlinks remembers it until the
//! other has said that it knows; so what crosses on its way is told apart from what comes after:
//!
//! ```text
//!          add_link / Link               remove_link: Unlink(id)
//! (none) ───────────────────► linked ───────────────────────────► leaving(id)
//!    ▲                         │  ▲           add_link: Link           │
//!    │         Exit, Unlink    │  └───────────────────────────────────┤
//!    └─────────────────────────┘◄──────────────────────────────────────┘ Unlinked(id), Exit
//! ```
//!
//! A `leaving` link ignores the other's `Link`, which was sent before it knew.

use crate::scheduler::Pid;
use std::collections::BTreeMap;
use vitte_abi::TypeId;

/// The number of a monitor, or of a step of an unlinking; none is used twice.
pub(crate) type Reference = u64;

/// The ties of a process.
#[derive(Debug, Default)]
pub(crate) struct Ties {
    links: BTreeMap<Pid, Link>,
    /// Whom this process monitors, and the type of message that tells of their ends.
    monitors: BTreeMap<Reference, (Pid, TypeId)>,
    /// Who monitors this process.
    watchers: BTreeMap<Reference, Pid>,
    /// The type of message that an exit signal becomes, if it does.
    pub(crate) trap: Option<TypeId>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Link {
    Linked,
    Leaving(Reference),
}

impl Ties {
    /// Links to another process; whether it must be told.
    pub(crate) fn add_link(&mut self, to: Pid) -> bool {
        self.links.insert(to, Link::Linked) != Some(Link::Linked)
    }

    /// Another process has linked itself to this one.
    pub(crate) fn linked_by(&mut self, from: Pid) {
        self.links.entry(from).or_insert(Link::Linked);
    }

    /// Ends a link; whether the other must be told, with `id`.
    pub(crate) fn remove_link(&mut self, to: Pid, id: Reference) -> bool {
        match self.links.get_mut(&to) {
            Some(link @ Link::Linked) => {
                *link = Link::Leaving(id);
                true
            }
            Some(Link::Leaving(_)) | None => false,
        }
    }

    /// Another process has ended its link.
    pub(crate) fn unlinked_by(&mut self, from: Pid) {
        if self.links.get(&from) == Some(&Link::Linked) {
            self.links.remove(&from);
        }
    }

    /// Another process knows of an ended link, or there is none of that number.
    pub(crate) fn forget_link(&mut self, to: Pid, id: Reference) {
        if self.links.get(&to) == Some(&Link::Leaving(id)) {
            self.links.remove(&to);
        }
    }

    /// Another process has ended; whether it was linked.
    pub(crate) fn link_broke(&mut self, from: Pid) -> bool {
        self.links.remove(&from) == Some(Link::Linked)
    }

    /// The linked processes.
    pub(crate) fn links(&self) -> impl Iterator<Item = Pid> {
        self.links.iter().filter(|(_, link)| **link == Link::Linked).map(|(&pid, _)| pid)
    }

    /// Monitors another process, by messages of type `ty`.
    pub(crate) fn add_monitor(&mut self, reference: Reference, of: Pid, ty: TypeId) {
        self.monitors.insert(reference, (of, ty));
    }

    /// Ends a monitor: whom it watched, by messages of which type.
    pub(crate) fn remove_monitor(&mut self, reference: Reference) -> Option<(Pid, TypeId)> {
        self.monitors.remove(&reference)
    }

    /// The monitored processes, by monitor.
    pub(crate) fn monitors(&self) -> impl Iterator<Item = (Reference, Pid)> {
        self.monitors.iter().map(|(&reference, &(of, _))| (reference, of))
    }

    /// Another process monitors this one.
    pub(crate) fn add_watcher(&mut self, reference: Reference, watcher: Pid) {
        self.watchers.insert(reference, watcher);
    }

    /// It does no more.
    pub(crate) fn remove_watcher(&mut self, reference: Reference) {
        self.watchers.remove(&reference);
    }

    /// The processes that monitor this one, by monitor.
    pub(crate) fn watchers(&self) -> impl Iterator<Item = (Reference, Pid)> {
        self.watchers.iter().map(|(&reference, &watcher)| (reference, watcher))
    }

    /// All that hold, or may still hold, a link to this process.
    pub(crate) fn known(&self) -> impl Iterator<Item = Pid> {
        self.links.keys().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    enum Sent {
        Link,
        Unlink(Reference),
        Unlinked(Reference),
    }

    /// Two processes and what is on its way to each.
    #[derive(Default)]
    struct Pair {
        ties: [Ties; 2],
        inboxes: [std::collections::VecDeque<Sent>; 2],
        last: Reference,
    }

    impl Pair {
        fn step(&mut self, side: usize, what: u64) {
            let other = 1 - side;
            match what {
                0 => {
                    if self.ties[side].add_link(other as Pid) {
                        self.inboxes[other].push_back(Sent::Link);
                    }
                }
                1 => {
                    self.last += 1;
                    if self.ties[side].remove_link(other as Pid, self.last) {
                        self.inboxes[other].push_back(Sent::Unlink(self.last));
                    }
                }
                _ => self.receive(side),
            }
        }

        fn receive(&mut self, side: usize) {
            let other = 1 - side;
            match self.inboxes[side].pop_front() {
                Some(Sent::Link) => self.ties[side].linked_by(other as Pid),
                Some(Sent::Unlink(id)) => {
                    self.ties[side].unlinked_by(other as Pid);
                    self.inboxes[other].push_back(Sent::Unlinked(id));
                }
                Some(Sent::Unlinked(id)) => self.ties[side].forget_link(other as Pid, id),
                None => {}
            }
        }
    }

    #[test]
    fn both_sides_agree_on_a_link_in_the_end() {
        let mut random = crate::testing::Random::new(5);
        for _ in 0..20_000 {
            let mut pair = Pair::default();
            for _ in 0..12 {
                pair.step(random.below(2) as usize, random.below(4));
            }
            while pair.inboxes.iter().any(|inbox| !inbox.is_empty()) {
                pair.receive(random.below(2) as usize);
            }
            assert_eq!(
                pair.ties[0].links,
                [(1, Link::Linked)].into_iter().filter(|_| pair.ties[1].links().next().is_some()).collect()
            );
            assert_eq!(pair.ties[1].known().count(), pair.ties[1].links().count(), "nothing is left to be told");
        }
    }
}
