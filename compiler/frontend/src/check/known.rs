//! What is known of a place beyond its type: that it is not nil, once it has been compared with nil, or what is in it,
//! once it has been asked with `is`. It holds until something may change the place.
//!
//! The checker goes through a body in the order of execution and carries along the facts that hold where it is.
//! Conditions add facts to their branches, what is done takes some away, and where ways meet, those are left that hold
//! on all of them.
//!
//! ```text
//! if x == nil { x = Node.new() }      x is not nil at the end of the block, nor if the block is passed by,
//! x.count += 1                        so it is not nil here
//! ```

use super::Checker;
use crate::body::{LocalId, NodeId, NodeKind, Op};
use crate::source::Span;
use crate::types::{Kind, Ty};

/// A variable, or a field of what it holds, perhaps of a field.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Place {
    local: LocalId,
    fields: Vec<u32>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum What {
    NotNil,
    Is(Ty),
}

#[derive(Clone, Debug)]
pub(super) struct Fact {
    place: Place,
    what: What,
    /// The first node that is made knowing it: what was read before may have been something else.
    since: u32,
}

/// The facts that hold where several ways meet.
#[derive(Default)]
pub(super) struct Meeting(Option<Vec<Fact>>);

impl Checker<'_, '_> {
    /// The value in a place of which more is known than its type says; any other node as it is.
    pub(super) fn known_value(&mut self, node: NodeId) -> NodeId {
        if self.facts.is_empty() {
            return node;
        }
        let ty = self.ty(node);
        let kind = self.kind(ty);
        if !matches!(kind, Kind::Optional(_) | Kind::Any | Kind::Trait(..)) {
            return node;
        }
        let Some(place) = self.place(node) else { return node };
        let knows = |fact: &&Fact| {
            fact.place == place
                && fact.since <= node.0
                && matches!(kind, Kind::Optional(_)) == (fact.what == What::NotNil)
        };
        let what = self.facts.iter().rev().find(knows).map(|fact| fact.what);
        let span = self.span(node);
        match (kind, what) {
            (Kind::Optional(inner), Some(What::NotNil)) => self.node(NodeKind::Unwrap(node), inner, span),
            (Kind::Any, Some(What::Is(ty))) => self.node(NodeKind::FromAny(node), ty, span),
            (Kind::Trait(..), Some(What::Is(ty))) => {
                let any = self.node(NodeKind::ToAny(node), Ty::ANY, span);
                self.node(NodeKind::FromAny(any), ty, span)
            }
            _ => node,
        }
    }

    /// The place that a node reads.
    fn place(&self, node: NodeId) -> Option<Place> {
        match self.body.node(node).kind {
            NodeKind::Local(local) => Some(Place { local, fields: vec![] }),
            NodeKind::Unwrap(inner) | NodeKind::ToAny(inner) | NodeKind::FromAny(inner) => self.place(inner),
            NodeKind::Field { base, field } => {
                let mut place = self.place(base)?;
                place.fields.push(field);
                Some(place)
            }
            _ => None,
        }
    }

    /// Learns what follows if a condition, which was just checked, is true or false.
    pub(super) fn learn(&mut self, cond: NodeId, truth: bool) {
        for (place, what) in self.told(cond, truth) {
            self.add(place, what);
        }
    }

    fn add(&mut self, place: Place, what: What) {
        if !self.changes_elsewhere(place.local) {
            self.facts.push(Fact { place, what, since: self.body.nodes.len() as u32 });
        }
    }

    /// What a condition tells by being true or false.
    fn told(&self, cond: NodeId, truth: bool) -> Vec<(Place, What)> {
        let both = |a: NodeId, b: NodeId| {
            let mut all = self.told(a, truth);
            all.extend(self.told(b, truth));
            all
        };
        let either = |a: NodeId, b: NodeId| {
            let (mut common, other) = (self.told(a, truth), self.told(b, truth));
            common.retain(|fact| other.contains(fact));
            common
        };
        let fact = |node: NodeId, what: What| {
            let place = self.place(node)?;
            // What was done behind the test may have changed the answer.
            let later = &self.body.nodes[node.0 as usize + 1..];
            (!later.iter().any(|node| self.disturbs(&node.kind, &place))).then_some((place, what))
        };
        match &self.body.node(cond).kind {
            NodeKind::Op(Op::IsNil, parts) if !truth => fact(parts[0], What::NotNil).into_iter().collect(),
            NodeKind::Op(Op::Not, parts) => self.told(parts[0], !truth),
            &NodeKind::Is(value, ty) if truth => fact(value, What::Is(ty)).into_iter().collect(),
            &NodeKind::And(a, b) => {
                if truth {
                    both(a, b)
                } else {
                    either(a, b)
                }
            }
            &NodeKind::Or(a, b) => {
                if truth {
                    either(a, b)
                } else {
                    both(a, b)
                }
            }
            _ => vec![],
        }
    }

    /// Whether carrying out such a node may change what is in a place.
    fn disturbs(&self, kind: &NodeKind, place: &Place) -> bool {
        use NodeKind::*;
        let runs_code = |&operand: &NodeId| {
            let kind = self.kind(self.ty(operand));
            !(kind.is_number() || matches!(kind, Kind::Bool | Kind::Str | Kind::Error))
        };
        match kind {
            AssignLocal { local, .. } => *local == place.local,
            _ if place.fields.is_empty() => false,
            Call { .. } | CallTrait { .. } | CallDyn { .. } | CallValue { .. } | AssignField { .. } => true,
            ToStr(..) | Print { .. } | For { .. } | Receive { .. } => true,
            Binary(_, left, _) => runs_code(left),
            _ => false,
        }
    }

    /// Forgets what a node that was just made may change.
    pub(super) fn forget_disturbed(&mut self, kind: &NodeKind) {
        let facts = std::mem::take(&mut self.facts);
        self.facts = facts.into_iter().filter(|fact| !self.disturbs(kind, &fact.place)).collect();
    }

    /// Forgets what something may change that is carried out in part, or again and again.
    pub(super) fn forget_changed_in(&mut self, span: Span) {
        if self.facts.is_empty() {
            return;
        }
        let writes = self.session.writes(self.module);
        let locals = &self.body.locals;
        self.facts.retain(|fact| {
            let local = &locals[fact.place.local.0 as usize];
            fact.place.fields.is_empty() && !(local.mutable && writes.happen_in(local.name, span))
        });
    }

    /// Forgets what need not hold when a closure is called.
    pub(super) fn forget_changing(&mut self) {
        let locals = &self.body.locals;
        self.facts.retain(|fact| fact.place.fields.is_empty() && !locals[fact.place.local.0 as usize].mutable);
    }

    /// Forgets the variables of a scope that ends, in which numbers from `first` on were given.
    pub(super) fn forget_locals(&mut self, first: usize) {
        self.facts.retain(|fact| (fact.place.local.0 as usize) < first);
    }

    /// Whether a closure assigns to a variable from outside of it, so that any call may.
    fn changes_elsewhere(&mut self, local: LocalId) -> bool {
        let local = self.body.local(local);
        let (name, span) = (local.name, local.span);
        local.mutable && self.session.writes(self.module).come_from_closures(name, span, self.extent)
    }

    /// Learns that a place is not nil if a value was put there that is none.
    pub(super) fn learn_assigned(&mut self, place: NodeId, value: NodeId) {
        if let NodeKind::Wrap(_) = self.body.node(value).kind
            && let Some(place) = self.place(place)
        {
            self.add(place, What::NotNil);
        }
    }

    /// Learns that a place is not nil.
    pub(super) fn learn_not_nil(&mut self, place: NodeId) {
        if let Some(place) = self.place(place) {
            self.add(place, What::NotNil);
        }
    }

    /// Checks with `f` what is carried out only if a condition is true, or false, and perhaps not at all.
    pub(super) fn given<T>(&mut self, cond: NodeId, truth: bool, f: impl FnOnce(&mut Self) -> T) -> T {
        self.perhaps(|checker| {
            checker.learn(cond, truth);
            f(checker)
        })
    }

    /// Checks with `f` what is perhaps carried out, perhaps not.
    pub(super) fn perhaps<T>(&mut self, f: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.facts.clone();
        let result = f(self);
        self.keep_common(&before);
        result
    }

    /// Forgets what does not also hold on another way here.
    pub(super) fn keep_common(&mut self, other: &[Fact]) {
        self.facts.retain(|fact| other.iter().any(|known| known.place == fact.place && known.what == fact.what));
    }

    /// Comes to a meeting on one more way, which is `value`'s, unless it never ends.
    pub(super) fn arrive(&mut self, meeting: &mut Meeting, value: NodeId) {
        if self.ty(value) != Ty::NEVER {
            self.pass(meeting);
        }
    }

    /// Comes to a meeting by passing by what the others come from.
    pub(super) fn pass(&mut self, meeting: &mut Meeting) {
        if let Some(others) = &meeting.0 {
            self.keep_common(others);
        }
        meeting.0 = Some(std::mem::take(&mut self.facts));
    }

    /// Goes on from a meeting.
    pub(super) fn leave(&mut self, meeting: Meeting) {
        self.facts = meeting.0.unwrap_or_default();
        let since = self.body.nodes.len() as u32;
        self.facts.iter_mut().for_each(|fact| fact.since = since);
    }
}
