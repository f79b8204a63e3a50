//! Structs, variants, lists and maps as they are made.

use super::function::FunctionLower;
use crate::body::{Body, NodeId, NodeKind, Op};
use crate::source::Span;
use crate::types::{Kind, Ty};
use std::rc::Rc;
use vitbc::limits::MAX_LIST;
use vitbc::{Inst, Reg, VariantIdx};

/// Longer lists are not made at once, so that not all items are in registers; nor are longer lists and maps made by one
/// function alone, if it can be helped.
const PART: usize = 256;

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
        self.in_parts(items, list, ty, |lower, list, &item| {
            let value = lower.expr(item, None);
            lower.emit(Inst::ListPush { list, value }, span);
        });
        self.deliver(list, want, span)
    }

    /// Adds the items of a literal one by one. Many that need nothing of this function are left to functions of their
    /// own, so that none becomes long.
    fn in_parts<T: Pieces>(
        &mut self,
        items: &[T],
        made: Reg,
        ty: Ty,
        mut add: impl FnMut(&mut FunctionLower, Reg, &T),
    ) {
        let mut add_all = |lower: &mut FunctionLower, items: &[T], made| {
            for item in items {
                lower.statement(|lower| add(lower, made, item));
            }
        };
        let is_closed = |item: &T| item.pieces().into_iter().flatten().all(|piece| is_closed(&self.body, piece));
        if items.len() <= PART || !self.targs.is_empty() || !items.iter().all(is_closed) {
            return add_all(self, items, made);
        }
        let span = self.span;
        for part in items.chunks(PART) {
            let body = Rc::clone(&self.body);
            let func = self.made_function(&[ty], Ty::UNIT, span, |lower| {
                lower.body = body;
                add_all(lower, part, Reg(0));
                lower.emit(Inst::Return { value: None }, span);
            });
            self.emit(Inst::Call { dst: None, func, args: Box::new([made]) }, span);
        }
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
        self.in_parts(entries, map, ty, |lower, map, &(key, value)| {
            let entry = lower.exprs(&[key, value]);
            lower.emit(Inst::MapSet { map, key: entry[0], value: entry[1] }, span);
        });
        self.deliver(map, want, span)
    }
}

/// What an item of a literal consists of.
trait Pieces {
    fn pieces(&self) -> [Option<NodeId>; 2];
}

impl Pieces for NodeId {
    fn pieces(&self) -> [Option<NodeId>; 2] {
        [Some(*self), None]
    }
}

impl Pieces for (NodeId, NodeId) {
    fn pieces(&self) -> [Option<NodeId>; 2] {
        [Some(self.0), Some(self.1)]
    }
}

/// Whether an expression can be computed in another function: literals, and what is made of them.
fn is_closed(body: &Body, id: NodeId) -> bool {
    let all = |parts: &[NodeId]| parts.iter().all(|&part| is_closed(body, part));
    match &body.node(id).kind {
        NodeKind::Unit
        | NodeKind::Bool(_)
        | NodeKind::Int(_)
        | NodeKind::Float(_)
        | NodeKind::Str(_)
        | NodeKind::Bytes(_)
        | NodeKind::Nil
        | NodeKind::Const(_) => true,
        NodeKind::New { fields: parts, .. }
        | NodeKind::Tuple(parts)
        | NodeKind::List(parts)
        | NodeKind::Op(Op::Neg, parts) => all(parts),
        NodeKind::Map(entries) => entries.iter().all(|&(key, value)| all(&[key, value])),
        NodeKind::Wrap(inner) | NodeKind::ToAny(inner) | NodeKind::ToTrait(inner) => is_closed(body, *inner),
        _ => false,
    }
}
