//! Structs, variants, lists and maps as they are made.

use super::function::FunctionLower;
use crate::body::NodeId;
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
