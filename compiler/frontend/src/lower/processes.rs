//! `receive`.

use super::exceptions::Finally;
use super::function::FunctionLower;
use crate::ast::Binary;
use crate::body::{Arm, LocalId, NodeId, NodeKind};
use crate::source::Span;
use crate::types::{Kind, Ty};
use std::rc::Rc;
use vitbc::builder::Catch as Handler;
use vitbc::{Inst, Label, Reg, TypeIdx};

impl FunctionLower<'_, '_, '_> {
    /// Looks at one message after the other until an arm matches, then takes it away; waits when there are no more.
    pub(super) fn receive(&mut self, arms: &[Arm], after: Option<(NodeId, NodeId)>, dst: Option<Reg>, span: Span) {
        let millis = match after {
            Some((millis, _)) => {
                let reg = self.temp(Ty::INT);
                self.expr(millis, Some(reg))
            }
            None => self.int(-1),
        };
        for arm in arms {
            self.forget(arm.pat);
        }
        let seeks = self.seek(arms, span);
        let has_guards = arms.iter().any(|arm| arm.guard.is_some());
        let message = self.temp_idx(TypeIdx::ANY);
        let arrived = self.temp(Ty::BOOL);
        let (empty, end) = (self.b.label(), self.b.label());
        let head = self.b.label_here();
        self.emit(Inst::ReceivePeek { dst: message, empty }, span);
        for arm in arms {
            let next = self.b.label();
            self.statement(|lower| {
                lower.test(arm.pat, message, next);
                match arm.guard {
                    // Such a guard compares, and nothing else.
                    Some(guard) if seeks => lower.branch(guard, next, false),
                    Some(guard) => lower.guard(guard, next, span),
                    None => {}
                }
                lower.emit(Inst::ReceiveTake {}, span);
                lower.into(arm.body, dst);
            });
            self.jump(end);
            self.bind(next);
        }
        if has_guards {
            self.emit(Inst::ReceiveSkip {}, span);
        } else {
            self.call_mailbox("receive_pass", span);
        }
        self.jump(head);
        self.bind(empty);
        self.emit(Inst::ReceiveWait { dst: arrived, millis }, span);
        self.emit(Inst::If { cond: arrived, target: head }, span);
        match after {
            Some((_, value)) => self.statement(|lower| lower.into(value, dst)),
            None => self.jump(head),
        }
        self.bind(end);
    }

    /// Goes on if a guard holds, else at `next`. Where the guard is left in another way, the receive is over. While a guard
    /// runs that may receive, the receive is aside, and the message that it looks at hidden.
    fn guard(&mut self, guard: NodeId, next: Label, span: Span) {
        let is_aside = !self.only_looks(guard);
        if is_aside {
            self.call_mailbox("receive_aside", span);
        }
        let (abandoned, exception) = (self.b.label(), self.b.reg(TypeIdx::ANY));
        let (fails, holds) = (self.b.label(), self.b.label());
        let handler = Handler { target: abandoned, reg: exception, filter: None };
        self.enter(vec![handler], Some(Finally::Receive { is_aside }));
        self.branch(guard, fails, false);
        self.exit();
        self.jump(holds);
        self.bind(abandoned);
        self.abandon_receive(is_aside, span);
        self.emit(Inst::Rethrow { value: exception }, span);
        self.bind(fails);
        if is_aside {
            self.call_mailbox("receive_resume", span);
        }
        self.jump(next);
        self.bind(holds);
        if is_aside {
            self.call_mailbox("receive_resume", span);
        }
    }

    /// The next receive begins with the first message again.
    pub(super) fn abandon_receive(&mut self, is_aside: bool, span: Span) {
        if is_aside {
            self.call_mailbox("receive_resume", span);
        }
        self.call_mailbox("receive_restart", span);
    }

    /// Whether a condition is of such a kind that it can run no code of functions.
    fn only_looks(&mut self, node: NodeId) -> bool {
        use NodeKind::*;
        let body = Rc::clone(&self.body);
        let mut all = |parts: &[NodeId]| parts.iter().all(|&part| self.only_looks(part));
        match &body.node(node).kind {
            Unit | Bool(_) | Int(_) | Float(_) | Str(_) | Nil | Local(_) | Const(_) => true,
            Binary(_, left, right) => {
                let is_plain = all(&[*left, *right]);
                let ty = self.node_ty(*left);
                // Others may say themselves when they are equal.
                let kind = self.kind(ty);
                is_plain && (kind.is_number() || matches!(kind, Kind::Bool | Kind::Str | Kind::Pid | Kind::MonitorRef))
            }
            And(left, right) | Or(left, right) => all(&[*left, *right]),
            Op(_, parts) => all(parts),
            Field { base: part, .. } | Unwrap(part) | Convert(part) | Is(part, _) => all(&[*part]),
            _ => false,
        }
    }

    fn call_mailbox(&mut self, native: &str, span: Span) {
        let native = self.low.out.native(native, &[], TypeIdx::UNIT);
        self.emit(Inst::CallNative { dst: None, native, args: Box::new([]) }, span);
    }

    /// Before a receive whose guards ask for references: passes over the messages that are older than these. Whether it
    /// is such a receive.
    fn seek(&mut self, arms: &[Arm], span: Span) -> bool {
        let references = match self.references(arms).as_deref() {
            Some(&[one]) => [one, one],
            Some(&[one, other]) => [one, other],
            _ => return false,
        };
        let args = references.map(|reference| {
            let reg = self.temp(Ty::MONITOR_REF);
            self.expr(reference, Some(reg))
        });
        let native = self.low.out.native("receive_seek", &[TypeIdx::MONITOR_REF; 2], TypeIdx::UNIT);
        self.emit(Inst::CallNative { dst: None, native, args: args.into() }, span);
        true
    }

    /// The references that messages must hold to match: if each guard is `a == b`, the one a reference in the message,
    /// the other one that was known before, in a variable or a field. While guards do nothing else, these do not change.
    fn references(&mut self, arms: &[Arm]) -> Option<Vec<NodeId>> {
        let mut found: Vec<(Path, NodeId)> = vec![];
        for arm in arms {
            let NodeKind::Binary(Binary::Eq, left, right) = self.body.node(arm.guard?).kind else { return None };
            if self.node_ty(left) != Ty::MONITOR_REF || self.node_ty(right) != Ty::MONITOR_REF {
                return None;
            }
            let (left, right) = ((self.path(left)?, left), (self.path(right)?, right));
            // Variables of the patterns have no place as yet.
            let is_known = |path: &Path| self.locals.contains_key(&path.local);
            let known = match (is_known(&left.0), is_known(&right.0)) {
                (true, false) => left,
                (false, true) => right,
                _ => return None,
            };
            if found.iter().all(|(path, _)| *path != known.0) {
                found.push(known);
            }
        }
        Some(found.into_iter().map(|(_, node)| node).collect())
    }

    fn path(&self, mut node: NodeId) -> Option<Path> {
        let mut fields = vec![];
        loop {
            match self.body.node(node).kind {
                NodeKind::Local(local) => return Some(Path { local, fields }),
                NodeKind::Field { base, field } => {
                    fields.push(field);
                    node = base;
                }
                _ => return None,
            }
        }
    }
}

/// A variable, or a field of one, of a field, and so on, the last one first.
#[derive(PartialEq)]
struct Path {
    local: LocalId,
    fields: Vec<u32>,
}
