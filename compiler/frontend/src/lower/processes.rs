//! `receive`.

use super::function::FunctionLower;
use crate::body::{Arm, NodeId};
use crate::source::Span;
use crate::types::Ty;
use vitbc::{Inst, Reg, TypeIdx};

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
        let message = self.temp_idx(TypeIdx::ANY);
        let arrived = self.temp(Ty::BOOL);
        let (empty, end) = (self.b.label(), self.b.label());
        let head = self.b.label_here();
        self.emit(Inst::ReceivePeek { dst: message, empty }, span);
        for arm in arms {
            let next = self.b.label();
            self.statement(|lower| {
                lower.test(arm.pat, message, next);
                if let Some(guard) = arm.guard {
                    lower.branch(guard, next, false);
                }
                lower.emit(Inst::ReceiveTake {}, span);
                lower.into(arm.body, dst);
            });
            self.jump(end);
            self.bind(next);
        }
        self.emit(Inst::ReceiveSkip {}, span);
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
}
