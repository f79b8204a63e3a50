//! Loops.

use super::function::{FunctionLower, LoopScope, Place};
use crate::ast::Binary;
use crate::body::{Items, LoopId, NodeId, NodeKind, PatId, PatKind};
use crate::source::Span;
use crate::types::{Kind, Ty};
use std::rc::Rc;
use vitbc::{FieldIdx, Inst, Label, Reg};

impl FunctionLower<'_, '_, '_> {
    pub(super) fn loop_node(&mut self, id: NodeId, dst: Option<Reg>) {
        let body = Rc::clone(&self.body);
        let node = body.node(id);
        match &node.kind {
            NodeKind::Loop { id, body } => {
                let (end, head) = (self.b.label(), self.b.label_here());
                self.in_loop(*id, end, head, dst, |lower| lower.effect(*body));
                self.jump(head);
                // Where nothing leaves the loop, nothing follows it.
                if node.ty != Ty::NEVER {
                    self.bind(end);
                }
            }
            NodeKind::While { id, cond, body } => {
                let (end, head) = (self.b.label(), self.b.label_here());
                self.statement(|lower| lower.branch(*cond, end, false));
                self.in_loop(*id, end, head, None, |lower| lower.effect(*body));
                self.jump(head);
                if node.ty != Ty::NEVER {
                    self.bind(end);
                }
            }
            NodeKind::For { id, pat, items, body } => self.for_loop(*id, *pat, items, *body, node.span),
            _ => unreachable!("only loops are lowered here"),
        }
    }

    fn in_loop(&mut self, id: LoopId, end: Label, next: Label, dst: Option<Reg>, f: impl FnOnce(&mut Self)) {
        let n_tries = self.tries.len();
        self.loops.push(LoopScope { id, end, next, dst, n_tries });
        self.statement(f);
        self.loops.pop();
    }

    fn find_loop(&self, id: LoopId) -> LoopScope {
        let found = self.loops.iter().rev().find(|scope| scope.id == id);
        *found.unwrap_or_else(|| unreachable!("`break` and `continue` stand in their loop"))
    }

    pub(super) fn break_loop(&mut self, id: LoopId, value: Option<NodeId>, span: Span) {
        let scope = self.find_loop(id);
        if let Some(value) = value {
            self.into(value, scope.dst);
        }
        self.span = span;
        self.leave(scope.n_tries, |lower| lower.jump(scope.end));
    }

    pub(super) fn continue_loop(&mut self, id: LoopId, span: Span) {
        let scope = self.find_loop(id);
        self.span = span;
        self.leave(scope.n_tries, |lower| lower.jump(scope.next));
    }

    fn for_loop(&mut self, id: LoopId, pat: PatId, items: &Items, body: NodeId, span: Span) {
        match items {
            Items::Range { start, end, inclusive } => {
                let ty = self.node_ty(*start);
                // The counter is a register of the loop's own: the bounds may be variables that change.
                let counter = self.temp(ty);
                self.expr(*start, Some(counter));
                let limit = self.temp(ty);
                self.expr(*end, Some(limit));
                self.count(id, pat, (counter, limit), ty, *inclusive, body, span);
            }
            Items::RangeValue(value) => {
                let range = self.expr(*value, None);
                let (counter, limit) = (self.temp(Ty::INT), self.temp(Ty::INT));
                self.emit(Inst::Load { dst: counter, object: range, field: FieldIdx(0) }, span);
                self.emit(Inst::Load { dst: limit, object: range, field: FieldIdx(1) }, span);
                self.count(id, pat, (counter, limit), Ty::INT, false, body, span);
            }
            Items::List(value) => self.for_list(id, pat, *value, body, span),
            Items::Map(value) => self.for_map(id, pat, *value, body, span),
            Items::Chars { text, char_at } => self.for_chars(id, pat, *text, *char_at, body, span),
            Items::Next { value, local, next } => {
                let value = self.value_to_test(*value);
                self.locals.insert(*local, Place::Reg(value));
                let (end, head) = (self.b.label(), self.b.label_here());
                let (next_ty, item_ty) = (self.node_ty(*next), self.pat_ty(pat));
                let found = self.expr(*next, None);
                self.emit(Inst::IfNil { src: found, target: end }, span);
                if next_ty == item_ty {
                    self.item(pat, found, span);
                } else {
                    let item = self.temp(item_ty);
                    self.emit(Inst::Unwrap { dst: item, src: found }, span);
                    self.item(pat, item, span);
                }
                self.in_loop(id, end, head, None, |lower| lower.effect(body));
                self.jump(head);
                self.bind(end);
            }
        }
    }

    fn pat_ty(&mut self, pat: PatId) -> Ty {
        let ty = self.body.pat(pat).ty;
        self.concrete(ty)
    }

    /// Binds the pattern of a loop to its item. A variable that nothing changes is the register itself.
    fn item(&mut self, pat: PatId, reg: Reg, span: Span) {
        let body = Rc::clone(&self.body);
        match body.pat(pat).kind {
            PatKind::Wild => {}
            PatKind::Bind(local, None) if !body.local(local).assigned => {
                let name = self.low.session.program.text(body.local(local).name).to_owned();
                if name != "_" {
                    self.b.name_reg(reg, &name);
                }
                self.locals.insert(local, Place::Reg(reg));
            }
            _ => {
                self.forget(pat);
                self.bind_pattern(pat, reg, span);
            }
        }
    }

    /// Counts from one register to the other.
    #[allow(clippy::too_many_arguments)]
    fn count(
        &mut self,
        id: LoopId,
        pat: PatId,
        (counter, limit): (Reg, Reg),
        ty: Ty,
        inclusive: bool,
        body: NodeId,
        span: Span,
    ) {
        let one = {
            let value = self.low.out.int(1);
            self.literal(value, None, ty)
        };
        let more = self.temp(Ty::BOOL);
        let (end, next, head) = (self.b.label(), self.b.label(), self.b.label_here());
        let op = if inclusive { Binary::Le } else { Binary::Lt };
        self.compare(op, ty, more, counter, limit, span);
        self.emit(Inst::IfNot { cond: more, target: end }, span);
        self.item(pat, counter, span);
        self.in_loop(id, end, next, None, |lower| lower.effect(body));
        self.bind(next);
        if inclusive {
            // The last value may be the greatest there is.
            self.emit(Inst::Eq { dst: more, a: counter, b: limit }, span);
            self.emit(Inst::If { cond: more, target: end }, span);
        }
        self.emit(Inst::Add { dst: counter, a: counter, b: one }, span);
        self.jump(head);
        self.bind(end);
    }

    fn for_list(&mut self, id: LoopId, pat: PatId, value: NodeId, body: NodeId, span: Span) {
        let item_ty = self.pat_ty(pat);
        let constant = self.constant_items(value, item_ty);
        let (list, len) = match &constant {
            Some((items, _)) => (None, self.int(items.parts.len() as i64)),
            None => (Some(self.value_to_test(value)), self.temp(Ty::INT)),
        };
        let (at, one, more) = (self.int(0), self.int(1), self.temp(Ty::BOOL));
        let (end, next, head) = (self.b.label(), self.b.label(), self.b.label_here());
        if let Some(list) = list {
            // The list may grow or shrink meanwhile.
            self.emit(Inst::ListLen { dst: len, list }, span);
        }
        self.emit(Inst::Lt { dst: more, a: at, b: len }, span);
        self.emit(Inst::IfNot { cond: more, target: end }, span);
        let item = self.temp(item_ty);
        match (&constant, list) {
            (Some(items), _) => self.constant_item(items, at, item, item_ty, span),
            (None, Some(list)) => self.emit(Inst::ListGet { dst: item, list, index: at }, span),
            (None, None) => unreachable!("what is not constant is in a register"),
        }
        self.item(pat, item, span);
        self.in_loop(id, end, next, None, |lower| lower.effect(body));
        self.bind(next);
        self.emit(Inst::Add { dst: at, a: at, b: one }, span);
        self.jump(head);
        self.bind(end);
    }

    fn for_map(&mut self, id: LoopId, pat: PatId, value: NodeId, body: NodeId, span: Span) {
        let map_ty = self.node_ty(value);
        let Kind::Map(key_ty, value_ty) = self.kind(map_ty) else { unreachable!("a map is gone through") };
        let map = self.value_to_test(value);
        let (at, one, zero) = (self.int(0), self.int(1), self.int(0));
        let none = self.temp(Ty::BOOL);
        let (end, next, head) = (self.b.label(), self.b.label(), self.b.label_here());
        self.emit(Inst::MapNext { dst: at, map, pos: at }, span);
        self.emit(Inst::Lt { dst: none, a: at, b: zero }, span);
        self.emit(Inst::If { cond: none, target: end }, span);
        let (key, value) = (self.temp(key_ty), self.temp(value_ty));
        let tree = Rc::clone(&self.body);
        // `(k, v)` needs no tuple.
        match &tree.pat(pat).kind {
            PatKind::Tuple(parts) => {
                if !matches!(tree.pat(parts[0]).kind, PatKind::Wild) {
                    self.emit(Inst::MapKeyAt { dst: key, map, pos: at }, span);
                    self.item(parts[0], key, span);
                }
                if !matches!(tree.pat(parts[1]).kind, PatKind::Wild) {
                    self.emit(Inst::MapValueAt { dst: value, map, pos: at }, span);
                    self.item(parts[1], value, span);
                }
            }
            PatKind::Wild => {}
            _ => {
                self.emit(Inst::MapKeyAt { dst: key, map, pos: at }, span);
                self.emit(Inst::MapValueAt { dst: value, map, pos: at }, span);
                let pair_ty = self.pat_ty(pat);
                let (pair, idx) = (self.temp(pair_ty), self.low.ty(pair_ty));
                self.emit(Inst::Alloc { dst: pair, ty: idx, fields: Box::new([key, value]) }, span);
                self.item(pat, pair, span);
            }
        }
        self.in_loop(id, end, next, None, |lower| lower.effect(body));
        self.bind(next);
        self.emit(Inst::Add { dst: at, a: at, b: one }, span);
        self.jump(head);
        self.bind(end);
    }

    /// The code points of a string. Those of one byte, which are most, are read directly.
    fn for_chars(
        &mut self,
        id: LoopId,
        pat: PatId,
        text: NodeId,
        char_at: crate::program::FuncId,
        body: NodeId,
        span: Span,
    ) {
        let text = self.value_to_test(text);
        let native = self.low.native(char_at);
        let (at, one, limit) = (self.int(0), self.int(1), self.int(0x80));
        let (two_bytes, three_bytes) = (self.int(0x800), self.int(0x1_0000));
        let (len, more, c, width) = (self.temp(Ty::INT), self.temp(Ty::BOOL), self.temp(Ty::INT), self.temp(Ty::INT));
        let (end, next, ready) = (self.b.label(), self.b.label(), self.b.label());
        self.emit(Inst::StrLen { dst: len, src: text }, span);
        let head = self.b.label_here();
        self.emit(Inst::Lt { dst: more, a: at, b: len }, span);
        self.emit(Inst::IfNot { cond: more, target: end }, span);
        self.emit(Inst::StrByte { dst: c, src: text, index: at }, span);
        self.emit(Inst::Move { dst: width, src: one }, span);
        self.emit(Inst::Lt { dst: more, a: c, b: limit }, span);
        self.emit(Inst::If { cond: more, target: ready }, span);
        self.emit(Inst::CallNative { dst: Some(c), native, args: Box::new([text, at]) }, span);
        self.emit(Inst::Add { dst: width, a: width, b: one }, span);
        self.emit(Inst::Lt { dst: more, a: c, b: two_bytes }, span);
        self.emit(Inst::If { cond: more, target: ready }, span);
        self.emit(Inst::Add { dst: width, a: width, b: one }, span);
        self.emit(Inst::Lt { dst: more, a: c, b: three_bytes }, span);
        self.emit(Inst::If { cond: more, target: ready }, span);
        self.emit(Inst::Add { dst: width, a: width, b: one }, span);
        self.bind(ready);
        self.item(pat, c, span);
        self.in_loop(id, end, next, None, |lower| lower.effect(body));
        self.bind(next);
        self.emit(Inst::Add { dst: at, a: at, b: width }, span);
        self.jump(head);
        self.bind(end);
    }
}
