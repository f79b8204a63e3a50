//! Values as values of other types.

use super::function::FunctionLower;
use crate::body::{NodeId, NodeKind};
use crate::source::Span;
use crate::types::{Kind, Ty};
use std::rc::Rc;
use vitbc::{Const, Inst, Reg};

impl FunctionLower<'_, '_, '_> {
    /// A literal that can be loaded as an optional or `any` at once.
    fn simple_literal(&mut self, id: NodeId) -> Option<Const> {
        let body = Rc::clone(&self.body);
        let ty = self.node_ty(id);
        Some(match (&body.node(id).kind, self.kind(ty)) {
            (NodeKind::Bool(value), Kind::Bool) => Const::Bool(*value),
            (NodeKind::Int(value), Kind::Int) => self.low.out.int(*value),
            (NodeKind::Float(value), Kind::Float) => self.low.out.float(*value),
            (NodeKind::Str(text), Kind::Str) => self.low.out.str(self.low.session.program.names.text(*text)),
            _ => return None,
        })
    }

    pub(super) fn wrap(&mut self, inner: NodeId, want: Option<Reg>, ty: Ty, span: Span) -> Reg {
        // An optional of what has nil already is the same.
        if self.node_ty(inner) == ty {
            return self.expr(inner, want);
        }
        if let Some(value) = self.simple_literal(inner) {
            return self.literal(value, want, ty);
        }
        let src = self.expr(inner, None);
        let dst = self.target(want, ty);
        self.emit(Inst::Wrap { dst, src }, span);
        dst
    }

    pub(super) fn unwrap(&mut self, inner: NodeId, want: Option<Reg>, ty: Ty, span: Span) -> Reg {
        let src = self.expr(inner, None);
        if self.node_ty(inner) != ty {
            let dst = self.target(want, ty);
            self.emit(Inst::Unwrap { dst, src }, span);
            return dst;
        }
        // The inner type has nil itself, but it is not meant here.
        let (is_nil, end) = (self.b.label(), self.b.label());
        self.emit(Inst::IfNil { src, target: is_nil }, span);
        self.jump(end);
        self.bind(is_nil);
        let message = self.str("value is nil");
        let error = self.predefined("NilError");
        self.throw_new(error, message, span);
        self.bind(end);
        self.deliver(src, want, span)
    }

    /// An error struct of the prelude.
    fn predefined(&mut self, name: &str) -> Ty {
        let program = &mut self.low.session.program;
        let position = program.adts.iter().position(|adt| adt.predefined.is_some() && adt.full_name == name);
        let id = crate::types::AdtId(position.map_or(0, |position| position as u32));
        program.types.adt(id, &[])
    }

    pub(super) fn any_of(&mut self, inner: NodeId, want: Option<Reg>, span: Span) -> Reg {
        let ty = self.node_ty(inner);
        if ty == Ty::ANY {
            return self.expr(inner, want);
        }
        if ty == Ty::UNIT || ty == Ty::NEVER {
            self.effect(inner);
            return self.literal(Const::Nil, want, Ty::ANY);
        }
        if let Some(value) = self.simple_literal(inner) {
            return self.literal(value, want, Ty::ANY);
        }
        self.low.put_in_any(ty);
        if let Kind::Optional(held) = self.kind(ty) {
            self.low.put_in_any(held);
        }
        let src = self.expr(inner, None);
        let dst = self.target(want, Ty::ANY);
        self.emit(Inst::ToAny { dst, src }, span);
        dst
    }

    pub(super) fn out_of_any(&mut self, inner: NodeId, want: Option<Reg>, ty: Ty, span: Span) -> Reg {
        let src = self.expr(inner, None);
        self.take_from_any(src, want, ty, span)
    }

    /// The value in `any`, which must be of type `ty`.
    pub(super) fn take_from_any(&mut self, src: Reg, want: Option<Reg>, ty: Ty, span: Span) -> Reg {
        if ty == Ty::ANY {
            return self.deliver(src, want, span);
        }
        if ty == Ty::UNIT {
            return self.target(want, ty);
        }
        if let Kind::Trait(..) = self.kind(ty) {
            self.low.ask_for(ty);
        }
        let dst = self.target(want, ty);
        self.emit(Inst::FromAny { dst, src }, span);
        dst
    }

    /// `dst` = whether the value in `any` is of type `ty`.
    pub(super) fn is_type(&mut self, dst: Reg, src: Reg, ty: Ty, span: Span) {
        match self.kind(ty) {
            Kind::Any => self.emit(Inst::LoadConst { dst, value: Const::Bool(true) }, span),
            Kind::Unit | Kind::Never => self.emit(Inst::LoadConst { dst, value: Const::Bool(false) }, span),
            kind => {
                if let Kind::Trait(..) = kind {
                    self.low.ask_for(ty);
                }
                let ty = self.low.ty(ty);
                self.emit(Inst::IsType { dst, src, ty }, span);
            }
        }
    }

    pub(super) fn object_of(&mut self, inner: NodeId, want: Option<Reg>, ty: Ty, span: Span) -> Reg {
        let own = self.node_ty(inner);
        if own == ty {
            return self.expr(inner, want);
        }
        let src = self.expr(inner, None);
        self.low.put_in_any(own);
        if !self.low.implement(ty, own) && !self.low.failed {
            let message = format!(
                "`{}` has no objects of the trait `{}`",
                self.low.session.program.show(own),
                self.low.session.program.show(ty)
            );
            let diagnostic = crate::diagnostic::Diagnostic::error(crate::codes::NO_IMPL, span, message);
            self.low.error(diagnostic);
        }
        let dst = self.target(want, ty);
        self.emit(Inst::ToTrait { dst, src }, span);
        dst
    }

    pub(super) fn convert(&mut self, inner: NodeId, want: Option<Reg>, ty: Ty, span: Span) -> Reg {
        if self.node_ty(inner) == ty {
            return self.expr(inner, want);
        }
        let src = self.expr(inner, None);
        let dst = self.target(want, ty);
        self.emit(Inst::Convert { dst, src }, span);
        dst
    }
}
