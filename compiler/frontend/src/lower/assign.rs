//! Assignments.

use super::function::{FunctionLower, Place};
use crate::ast::Binary;
use crate::body::{LocalId, NodeId, NodeKind};
use crate::source::Span;
use crate::types::{Kind, Ty};
use vitbc::{FieldIdx, Inst, Reg, TypeIdx};

impl FunctionLower<'_, '_, '_> {
    /// `dst = old op value`, or the value alone.
    fn combined(&mut self, op: Option<Binary>, old: Reg, value: Reg, ty: Ty, span: Span) -> Reg {
        let Some(op) = op else { return value };
        let dst = self.temp(ty);
        self.arithmetic(op, dst, old, value, span);
        dst
    }

    pub(super) fn assign_local(&mut self, local: LocalId, op: Option<Binary>, value: NodeId, span: Span) {
        match self.locals.get(&local).copied() {
            Some(Place::Reg(reg)) => match op {
                // Maps are filled after they are made, and could read the variable meanwhile.
                None if matches!(self.body.node(value).kind, NodeKind::Map(_)) => {
                    let value = self.expr(value, None);
                    self.copy(reg, value, span);
                }
                None => {
                    self.expr(value, Some(reg));
                }
                Some(op) => {
                    let value = self.expr(value, None);
                    self.arithmetic(op, reg, reg, value, span);
                }
            },
            Some(Place::Cell(object)) => {
                let ty = self.body.local(local).ty;
                let ty = self.concrete(ty);
                let value = self.expr(value, None);
                let new = match op {
                    None => value,
                    Some(_) => {
                        let old = self.temp(ty);
                        self.emit(Inst::Load { dst: old, object, field: FieldIdx(0) }, span);
                        self.combined(op, old, value, ty, span)
                    }
                };
                self.emit(Inst::Store { object, field: FieldIdx(0), value: new }, span);
            }
            Some(Place::Nowhere) => self.effect(value),
            None => unreachable!("a variable is assigned where it is not declared"),
        }
    }

    pub(super) fn assign_field(&mut self, base: NodeId, field: u32, op: Option<Binary>, value: NodeId, span: Span) {
        let regs = self.exprs(&[base, value]);
        let (object, value) = (regs[0], regs[1]);
        let field = FieldIdx(field);
        let new = match op {
            None => value,
            Some(_) => {
                let ty = self.field_type(base, field);
                let old = self.temp(ty);
                self.emit(Inst::Load { dst: old, object, field }, span);
                self.combined(op, old, value, ty, span)
            }
        };
        self.emit(Inst::Store { object, field, value: new }, span);
    }

    fn field_type(&mut self, base: NodeId, field: FieldIdx) -> Ty {
        let ty = self.node_ty(base);
        let Kind::Adt(id, args) = self.kind(ty) else { unreachable!("fields of structs are assigned") };
        let types = &mut self.low.session.program.types;
        let args: Vec<Ty> = types.list(args).to_vec();
        let declared = self.low.session.program.adt(id).variants[0].fields[field.index()].ty;
        self.low.session.program.types.subst(declared, &args)
    }

    pub(super) fn assign_item(&mut self, base: NodeId, index: NodeId, op: Option<Binary>, value: NodeId, span: Span) {
        let base_ty = self.node_ty(base);
        let regs = self.exprs(&[base, index, value]);
        let (base, index, value) = (regs[0], regs[1], regs[2]);
        let (item, is_map) = match self.kind(base_ty) {
            Kind::Map(_, value) => (value, true),
            Kind::List(item) => (item, false),
            _ => (Ty::U8, false),
        };
        let new = match op {
            None => value,
            Some(_) => {
                let idx = if item == Ty::U8 { TypeIdx::U8 } else { self.low.ty(item) };
                let old = self.temp_idx(idx);
                match is_map {
                    true => self.emit(Inst::MapGet { dst: old, map: base, key: index }, span),
                    false => self.emit(Inst::ListGet { dst: old, list: base, index }, span),
                }
                self.combined(op, old, value, item, span)
            }
        };
        match is_map {
            true => self.emit(Inst::MapSet { map: base, key: index, value: new }, span),
            false => self.emit(Inst::ListSet { list: base, index, value: new }, span),
        }
    }
}
