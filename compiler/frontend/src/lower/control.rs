//! Conditions, and what they decide.

use super::function::{FunctionLower, Place};
use crate::ast::Binary;
use crate::body::{LocalId, NodeId, NodeKind, Op, PatId, PatKind};
use crate::source::Span;
use crate::types::{Kind, Ty};
use std::rc::Rc;
use vitbc::{Const, Inst, Label, Reg, TypeIdx};

impl FunctionLower<'_, '_, '_> {
    /// Code of a value or, without `dst`, of an effect.
    pub(super) fn into(&mut self, id: NodeId, dst: Option<Reg>) {
        match dst {
            Some(dst) => {
                self.expr(id, Some(dst));
            }
            None => self.effect(id),
        }
    }

    pub(super) fn conditional(&mut self, arms: &[(NodeId, NodeId)], otherwise: Option<NodeId>, dst: Option<Reg>) {
        let end = self.b.label();
        let mut end_used = false;
        for (position, &(cond, value)) in arms.iter().enumerate() {
            let next = self.b.label();
            self.branch(cond, next, false);
            self.into(value, dst);
            let last = position + 1 == arms.len() && otherwise.is_none();
            if !last && !self.dead() {
                self.jump(end);
                end_used = true;
            }
            self.bind(next);
        }
        if let Some(otherwise) = otherwise {
            self.into(otherwise, dst);
        }
        if end_used {
            self.bind(end);
        }
    }

    /// Continues at `target` if the condition is `sense`, else falls through. Variables of patterns in it are assigned
    /// where it is true.
    pub(super) fn branch(&mut self, id: NodeId, target: Label, sense: bool) {
        let body = Rc::clone(&self.body);
        let node = body.node(id);
        let span = node.span;
        match &node.kind {
            NodeKind::Bool(value) => {
                if *value == sense {
                    self.jump(target);
                }
            }
            NodeKind::Op(Op::Not, args) if self.node_ty(id) == Ty::BOOL => self.branch(args[0], target, !sense),
            NodeKind::And(left, right) if sense => {
                let skip = self.b.label();
                self.branch(*left, skip, false);
                self.branch(*right, target, true);
                self.bind(skip);
            }
            NodeKind::And(left, right) => {
                self.branch(*left, target, false);
                self.branch(*right, target, false);
            }
            NodeKind::Or(left, right) if sense => {
                self.branch(*left, target, true);
                self.branch(*right, target, true);
            }
            NodeKind::Or(left, right) => {
                let skip = self.b.label();
                self.branch(*left, skip, true);
                self.branch(*right, target, false);
                self.bind(skip);
            }
            NodeKind::Let(pat, value) => {
                let value = self.value_to_test(*value);
                if sense {
                    let fail = self.b.label();
                    self.test(*pat, value, fail);
                    self.jump(target);
                    self.bind(fail);
                } else {
                    self.test(*pat, value, target);
                }
            }
            NodeKind::Op(Op::IsNil, args) => {
                let ty = self.node_ty(args[0]);
                if !matches!(self.kind(ty), Kind::Optional(_) | Kind::Any) {
                    // Of a type parameter that turned out never to be nil.
                    self.effect(args[0]);
                    if !sense {
                        self.jump(target);
                    }
                    return;
                }
                let src = self.expr(args[0], None);
                if sense {
                    self.emit(Inst::IfNil { src, target }, span);
                } else {
                    let skip = self.b.label();
                    self.emit(Inst::IfNil { src, target: skip }, span);
                    self.jump(target);
                    self.bind(skip);
                }
            }
            _ => {
                let cond = self.expr(id, None);
                match sense {
                    true => self.emit(Inst::If { cond, target }, span),
                    false => self.emit(Inst::IfNot { cond, target }, span),
                }
            }
        }
    }

    /// A condition made of others, as a value.
    pub(super) fn condition_value(&mut self, id: NodeId, want: Option<Reg>) -> Reg {
        let dst = self.target(want, Ty::BOOL);
        let (is_false, end) = (self.b.label(), self.b.label());
        let span = self.span;
        self.branch(id, is_false, false);
        self.emit(Inst::LoadConst { dst, value: Const::Bool(true) }, span);
        self.jump(end);
        self.bind(is_false);
        self.emit(Inst::LoadConst { dst, value: Const::Bool(false) }, span);
        self.bind(end);
        dst
    }

    pub(super) fn let_stmt(&mut self, pat: PatId, value: Option<NodeId>, otherwise: Option<NodeId>) {
        let body = Rc::clone(&self.body);
        let span = body.pat(pat).span;
        // A variable that was declared here before, in code made twice or in a loop, begins anew.
        self.forget(pat);
        let Some(value) = value else {
            if let PatKind::Bind(local, None) = body.pat(pat).kind {
                self.new_variable(local, None, span);
            }
            return;
        };
        let node = body.node(value);
        self.note(node.span);
        self.span = node.span;
        if let Some(otherwise) = otherwise {
            let value = self.value_to_test(value);
            let (fail, end) = (self.b.label(), self.b.label());
            self.test(pat, value, fail);
            self.jump(end);
            self.bind(fail);
            self.effect(otherwise);
            self.bind(end);
            return;
        }
        match body.pat(pat).kind {
            PatKind::Bind(local, None) if !body.local(local).is_boxed() => match self.variable_reg(local) {
                Some(reg) => {
                    // The variable begins when its value is known: `let x = x + 1` reads the old one.
                    self.expr(value, Some(reg));
                    self.locals.insert(local, Place::Reg(reg));
                }
                None => self.effect(value),
            },
            PatKind::Wild => self.effect(value),
            _ => self.bind_value(pat, value, span),
        }
    }

    /// Forgets where the variables of a pattern are, so that they get new places.
    pub(super) fn forget(&mut self, pat: PatId) {
        let body = Rc::clone(&self.body);
        match &body.pat(pat).kind {
            PatKind::Bind(local, sub) => {
                self.locals.remove(local);
                sub.iter().for_each(|&sub| self.forget(sub));
            }
            PatKind::Tuple(parts) | PatKind::Or(parts) => parts.iter().for_each(|&part| self.forget(part)),
            PatKind::Variant { fields, .. } => fields.iter().for_each(|&(_, part)| self.forget(part)),
            PatKind::List { before, rest, after } => {
                before.iter().chain(rest.iter().flatten()).chain(after).for_each(|&part| self.forget(part));
            }
            PatKind::Some(inner) | PatKind::Type(_, inner) => self.forget(*inner),
            _ => {}
        }
    }

    /// A value that a pattern is tested on: elsewhere, if a variable's register might change meanwhile.
    pub(super) fn value_to_test(&mut self, value: NodeId) -> Reg {
        let reg = self.expr(value, None);
        if self.is_changing_variable(value) { self.copied(value, reg) } else { reg }
    }

    pub(super) fn coalesce(&mut self, left: NodeId, right: NodeId, want: Option<Reg>, ty: Ty, span: Span) -> Reg {
        let left_ty = self.node_ty(left);
        if !matches!(self.kind(left_ty), Kind::Optional(_) | Kind::Any) {
            return self.expr(left, want);
        }
        let src = self.expr(left, None);
        let dst = match want {
            // The left value must not be lost if it lies where the result goes.
            Some(want) if want != src => want,
            _ => self.temp(ty),
        };
        let (is_nil, end) = (self.b.label(), self.b.label());
        self.emit(Inst::IfNil { src, target: is_nil }, span);
        match left_ty == ty {
            true => self.copy(dst, src, span),
            false => self.emit(Inst::Unwrap { dst, src }, span),
        }
        self.jump(end);
        self.bind(is_nil);
        self.expr(right, Some(dst));
        self.bind(end);
        self.deliver(dst, want, span)
    }

    pub(super) fn optional_chain(&mut self, base: NodeId, local: LocalId, body: NodeId, dst: Option<Reg>, span: Span) {
        let base_ty = self.node_ty(base);
        let src = self.expr(base, None);
        let (is_nil, end) = (self.b.label(), self.b.label());
        self.emit(Inst::IfNil { src, target: is_nil }, span);
        let inner_ty = self.body.local(local).ty;
        let inner_ty = self.concrete(inner_ty);
        let reg = if inner_ty == base_ty {
            src
        } else {
            let reg = self.temp(inner_ty);
            self.emit(Inst::Unwrap { dst: reg, src }, span);
            reg
        };
        self.locals.insert(local, Place::Reg(reg));
        self.into(body, dst);
        match dst {
            Some(dst) => {
                self.jump(end);
                self.bind(is_nil);
                self.emit(Inst::LoadConst { dst, value: Const::Nil }, span);
                self.bind(end);
            }
            None => self.bind(is_nil),
        }
    }

    pub(super) fn assert(&mut self, cond: NodeId, message: Option<NodeId>, text: &str, span: Span) {
        let body = Rc::clone(&self.body);
        let holds = self.b.label();
        // What is compared is shown if the comparison fails.
        let compared = match &body.node(cond).kind {
            NodeKind::Binary(op, left, right) if op.is_comparison() && message.is_none() => Some((*op, *left, *right)),
            _ => None,
        };
        let message = match (message, compared) {
            (_, Some((op, left, right))) => {
                let ty = self.node_ty(left);
                let operands = self.exprs(&[left, right]);
                let result = self.temp(Ty::BOOL);
                self.compare(op, ty, result, operands[0], operands[1], span);
                self.emit(Inst::If { cond: result, target: holds }, span);
                let first = self.str(&format!("assertion failed: {text} (left: "));
                let second = self.str(", right: ");
                let third = self.str(")");
                let left = self.text_of(operands[0], ty, span);
                let right = self.text_of(operands[1], ty, span);
                let dst = self.temp_idx(TypeIdx::STR);
                let parts = Box::new([first, left, second, right, third]);
                self.emit(Inst::StrConcat { dst, parts }, span);
                dst
            }
            (Some(message), None) => {
                self.branch(cond, holds, true);
                self.expr(message, None)
            }
            (None, None) => {
                self.branch(cond, holds, true);
                self.str(&format!("assertion failed: {text}"))
            }
        };
        let error = self.low.session.program.lang().assert_error;
        let error = self.low.session.program.types.adt(error, &[]);
        self.throw_new(error, message, span);
        self.bind(holds);
    }

    /// Throws a new error of the prelude with this message.
    pub(super) fn throw_new(&mut self, error: Ty, message: Reg, span: Span) {
        let idx = self.low.ty(error);
        let object = self.temp_idx(idx);
        self.emit(Inst::Alloc { dst: object, ty: idx, fields: Box::new([message]) }, span);
        let value = self.temp_idx(TypeIdx::ANY);
        self.low.put_in_any(error);
        self.emit(Inst::ToAny { dst: value, src: object }, span);
        self.emit(Inst::Throw { value }, span);
    }

    /// Whether two operands of this comparison are numbers or strings, which one instruction compares.
    pub(super) fn is_ordered(&mut self, ty: Ty) -> bool {
        let kind = self.kind(ty);
        kind.is_number() || matches!(kind, Kind::Str | Kind::Any)
    }

    /// A chain of operators, along its left side without recursion.
    pub(super) fn binary_chain(&mut self, id: NodeId, want: Option<Reg>) -> Reg {
        let body = Rc::clone(&self.body);
        let mut chain: Vec<(NodeId, Binary, NodeId)> = vec![];
        let mut leftmost = id;
        while let NodeKind::Binary(op, left, right) = body.node(leftmost).kind {
            chain.push((leftmost, op, right));
            leftmost = left;
        }
        let mut left = self.expr(leftmost, None);
        let mut left_id = leftmost;
        // One register serves all steps whose results are of one type.
        let mut between: Option<(Ty, Reg)> = None;
        for (position, (node, op, right)) in chain.into_iter().rev().enumerate() {
            let span = body.node(node).span;
            let operand_ty = self.node_ty(left_id);
            if position == 0 {
                left = self.kept(left_id, left, &[right]);
            }
            let ty = self.node_ty(node);
            let dst = match (want, between) {
                (Some(want), _) if node == id => want,
                (_, Some((known, reg))) if known == ty => reg,
                _ => {
                    let reg = self.temp(ty);
                    between = Some((ty, reg));
                    reg
                }
            };
            self.statement(|lower| {
                let right = lower.expr(right, None);
                match op.is_comparison() {
                    true => lower.compare(op, operand_ty, dst, left, right, span),
                    false => lower.arithmetic(op, dst, left, right, span),
                }
            });
            left = dst;
            left_id = node;
        }
        left
    }
}
