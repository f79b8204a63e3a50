//! Structs, variants, lists and maps as they are made.

use super::function::FunctionLower;
use crate::body::{NodeId, NodeKind};
use crate::source::Span;
use crate::types::{Kind, Ty};
use vitbc::limits::MAX_LIST;
use vitbc::{Inst, Reg, VariantIdx};

impl FunctionLower<'_, '_, '_> {
    pub(super) fn new_value(&mut self, variant: u32, fields: &[NodeId], want: Option<Reg>, ty: Ty, span: Span) -> Reg {
        let fields = self.exprs(fields).into();
        let dst = self.target(want, ty);
        self.low.at = span;
        let idx = self.low.ty(ty);
        let is_enum = match self.kind(ty) {
            Kind::Adt(id, _) => self.low.session.program.adt(id).is_enum,
            _ => unreachable!("structs and variants are of a declared type"),
        };
        let inst = match is_enum {
            true => Inst::AllocVariant { dst, ty: idx, variant: VariantIdx(variant), fields },
            false => Inst::Alloc { dst, ty: idx, fields },
        };
        self.emit(inst, span);
        dst
    }

    pub(super) fn list(&mut self, items: &[NodeId], want: Option<Reg>, ty: Ty, span: Span) -> Reg {
        // Long lists are made in parts, so that not all items are in registers at once.
        const PART: usize = 256;
        const { assert!(PART <= MAX_LIST) };
        if let Some(value) = self.packed_list(items, ty) {
            return self.literal(value, want, ty);
        }
        if items.len() <= PART {
            let items = self.exprs(items).into();
            let dst = self.target(want, ty);
            self.emit(Inst::List { dst, items }, span);
            return dst;
        }
        let list = self.temp(ty);
        self.emit(Inst::List { dst: list, items: Box::new([]) }, span);
        let capacity = self.int(items.len() as i64);
        self.emit(Inst::ListReserve { list, capacity }, span);
        for &item in items {
            self.statement(|lower| {
                let value = lower.expr(item, None);
                lower.emit(Inst::ListPush { list, value }, span);
            });
        }
        self.deliver(list, want, span)
    }

    /// `[value; count]`. An object is made anew for each item, so that the items do not share it.
    pub(super) fn fill(&mut self, value: NodeId, count: NodeId, want: Option<Reg>, ty: Ty, span: Span) -> Reg {
        if !self.makes_object(value) {
            let regs = self.exprs(&[value, count]);
            let dst = self.target(want, ty);
            self.emit(Inst::ListFill { dst, len: regs[1], value: regs[0] }, span);
            return dst;
        }
        let limit = self.temp(Ty::INT);
        self.expr(count, Some(limit));
        let list = self.temp(ty);
        self.emit(Inst::List { dst: list, items: Box::new([]) }, span);
        let (at, one) = (self.int(0), self.int(1));
        let more = self.temp(Ty::BOOL);
        let (end, head) = (self.b.label(), self.b.label_here());
        self.emit(Inst::Lt { dst: more, a: at, b: limit }, span);
        self.emit(Inst::IfNot { cond: more, target: end }, span);
        self.statement(|lower| {
            let value = lower.expr(value, None);
            lower.emit(Inst::ListPush { list, value }, span);
        });
        self.emit(Inst::Add { dst: at, a: at, b: one }, span);
        self.jump(head);
        self.bind(end);
        self.deliver(list, want, span)
    }

    /// Whether an expression makes an object that can be changed.
    fn makes_object(&self, id: NodeId) -> bool {
        match &self.body.node(id).kind {
            NodeKind::List(_)
            | NodeKind::Fill(..)
            | NodeKind::Map(_)
            | NodeKind::New { .. }
            | NodeKind::Bytes(_)
            | NodeKind::Call { .. }
            | NodeKind::CallTrait { .. }
            | NodeKind::CallValue { .. } => true,
            NodeKind::Tuple(parts) => parts.iter().any(|&part| self.makes_object(part)),
            NodeKind::Wrap(inner) | NodeKind::ToAny(inner) | NodeKind::ToTrait(inner) => self.makes_object(*inner),
            _ => false,
        }
    }

    pub(super) fn map(&mut self, entries: &[(NodeId, NodeId)], want: Option<Reg>, ty: Ty, span: Span) -> Reg {
        // The entries may still read what the map will replace.
        let map = if entries.is_empty() { self.target(want, ty) } else { self.temp(ty) };
        self.emit(Inst::MapNew { dst: map }, span);
        for &(key, value) in entries {
            self.statement(|lower| {
                let entry = lower.exprs(&[key, value]);
                lower.emit(Inst::MapSet { map, key: entry[0], value: entry[1] }, span);
            });
        }
        self.deliver(map, want, span)
    }
}
