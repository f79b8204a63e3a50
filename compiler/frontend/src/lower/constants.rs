//! Constants. What is asked of a list, map or struct that is constant is answered without making it: numbers are read
//! from a table, other items are made alone, keys are looked up by a function with the keys in it. So nobody can tell
//! that a constant is not made anew where it is named, except by the clock.
//!
//! ```text
//! K[i]  of numbers   TABLE_GET dst, bytes, i
//! K[i]  of others    check i; CALL dst, K[…], i     where the function K[…] switches on i
//! K.len()            LOAD_CONST dst, 64
//! P.x                LOAD_CONST dst, 1.5
//! M[k]               CALL at, K{…}, k               where the function K{…} searches its keys, which are sorted
//! ```

use super::function::FunctionLower;
use crate::body::{Body, NodeId, NodeKind, Op};
use crate::check::Session;
use crate::consts::{self, Missing, Part, Value};
use crate::program::ConstId;
use crate::source::Span;
use crate::types::{Kind, Ty, Tys};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::rc::Rc;
use vitbc::{Const, FuncIdx, Inst, Reg, TypeIdx};

/// The most items or keys that one function answers for; more are shared out among several.
const MAX_ITEMS: usize = 1 << 8;
/// Number lists that are shorter are made item by item.
const MIN_PACKED: usize = 4;

/// A function that answers for one constant.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Answer {
    /// The items at this place of the source, or what lies in their fields.
    Items(Span, Vec<u32>),
    /// Where a key stands among the entries at this place.
    Find(Span),
    /// The values of the entries.
    Values(Span),
    /// All that is at this place.
    Whole(Span),
}

impl FunctionLower<'_, '_, '_> {
    /// The value of a constant.
    pub(super) fn const_value(&mut self, id: ConstId, want: Option<Reg>, ty: Ty, span: Span) -> Reg {
        let value = consts::value(self.low.session, id).unwrap_or(Value::Broken);
        match self.known(&value, want, ty) {
            Some(reg) => reg,
            None => {
                let func = self.low.session.program.constant(id).func;
                self.call(func, Tys::EMPTY, &[], want, ty, span)
            }
        }
    }

    /// A value that needs no object of its own.
    fn known(&mut self, value: &Value, want: Option<Reg>, ty: Ty) -> Option<Reg> {
        let value = match value {
            Value::Bool(value) => Const::Bool(*value),
            Value::Int(value) if self.kind(ty).is_number() => return Some(self.number(*value, want, ty)),
            Value::Int(value) => self.low.out.int(*value),
            Value::Float(value) => self.low.out.float(*value),
            Value::Str(text) => self.low.out.str(text),
            Value::Nil => Const::Nil,
            Value::Made | Value::Broken => return None,
        };
        Some(self.literal(value, want, ty))
    }

    /// An expression that asks for a part of a constant; `None` for any other.
    pub(super) fn of_constant(&mut self, id: NodeId, want: Option<Reg>) -> Option<Reg> {
        let body = Rc::clone(&self.body);
        let node = body.node(id);
        if !is_rooted(&body, id) {
            return None;
        }
        if let Some(part) = self.part(id) {
            return Some(self.part_value(&part, want));
        }
        let (ty, span) = (self.node_ty(id), node.span);
        match &node.kind {
            NodeKind::Field { .. } => {
                let (mut path, mut base) = (vec![], id);
                while let NodeKind::Field { base: inner, field } = body.node(base).kind {
                    path.insert(0, field);
                    base = inner;
                }
                let NodeKind::Op(Op::ListGet, parts) = &body.node(base).kind else { return None };
                self.item_at(parts[0], &path, parts[1], want, ty, span)
            }
            NodeKind::Op(Op::ListGet, parts) => {
                self.item_at(parts[0], &[], parts[1], want, ty, span).or_else(|| self.cell(parts, want, ty, span))
            }
            NodeKind::Op(Op::ListLen, parts) => {
                let list = self.part(parts[0])?;
                if let NodeKind::Bytes(bytes) = &list.body.node(list.node).kind {
                    return Some(self.number(bytes.len() as i64, want, ty));
                }
                let items = self.items(&list)?;
                Some(self.number(items.len() as i64, want, ty))
            }
            NodeKind::Op(op @ (Op::MapGet | Op::MapFind | Op::MapHas | Op::MapLen), parts) => {
                self.of_map(*op, parts, want, ty, span)
            }
            _ => None,
        }
    }

    /// What an expression names, if it names part of a constant by fields and literal indices alone.
    fn part(&mut self, id: NodeId) -> Option<Part> {
        let body = Rc::clone(&self.body);
        let mut index = |_: &mut Session<'_>, id| match body.node(id).kind {
            NodeKind::Int(index) => Ok(index),
            _ => Err(Missing::Unknown),
        };
        Part::find(self.low.session, &body, id, &mut index).ok()
    }

    fn items(&mut self, part: &Part) -> Option<Vec<Part>> {
        part.items(self.low.session)
    }

    fn evaluated(&mut self, part: &Part) -> Option<Value> {
        consts::evaluate(self.low.session, &part.body, part.node)
    }

    fn part_ty(&self, part: &Part) -> Ty {
        part.body.node(part.node).ty
    }

    /// Makes the value of a part.
    fn part_value(&mut self, part: &Part, want: Option<Reg>) -> Reg {
        let ty = self.part_ty(part);
        if let Some(reg) = self.evaluated(part).and_then(|value| self.known(&value, want, ty)) {
            return reg;
        }
        let outer = std::mem::replace(&mut self.body, Rc::clone(&part.body));
        let reg = self.expr(part.node, want);
        self.body = outer;
        reg
    }

    /// `list[index]`, or the field of it that `path` leads to.
    fn item_at(
        &mut self,
        list: NodeId,
        path: &[u32],
        index: NodeId,
        want: Option<Reg>,
        ty: Ty,
        span: Span,
    ) -> Option<Reg> {
        let list = self.part(list)?;
        if let NodeKind::Bytes(bytes) = &list.body.node(list.node).kind {
            let table = self.low.out.data(bytes);
            let index = self.expr(index, None);
            return Some(self.table_item(table, index, want, ty, span));
        }
        let answer = Answer::Items(self.part_span(&list), path.to_vec());
        if let Some(&table) = self.low.tables.get(&answer) {
            let index = self.expr(index, None);
            return Some(self.table_item(table, index, want, ty, span));
        }
        let items = Items::new(self, &list, path)?;
        if let Some(table) = items.table(self, ty) {
            self.low.tables.insert(answer, table);
            let index = self.expr(index, None);
            return Some(self.table_item(table, index, want, ty, span));
        }
        let index = self.expr(index, None);
        self.check_index(index, items.parts.len(), span);
        Some(items.call(self, index, want, ty, span))
    }

    /// Item of a table, in which truth values are bytes.
    fn table_item(&mut self, table: Const, index: Reg, want: Option<Reg>, ty: Ty, span: Span) -> Reg {
        let dst = self.target(want, ty);
        if ty == Ty::BOOL {
            let (byte, zero) = (self.temp_idx(TypeIdx::U8), self.low.out.int(0));
            self.emit(Inst::TableGet { dst: byte, table, index }, span);
            let zero = self.constant(TypeIdx::U8, zero);
            self.emit(Inst::Ne { dst, a: byte, b: zero }, span);
        } else {
            self.emit(Inst::TableGet { dst, table, index }, span);
        }
        dst
    }

    /// Throws `IndexError` unless `index` is below `len`, as access to a list of that length does.
    fn check_index(&mut self, index: Reg, len: usize, span: Span) {
        let (dst, table) = (self.temp_idx(TypeIdx::U8), self.low.out.data(&vec![0; len]));
        self.emit(Inst::TableGet { dst, table, index }, span);
    }

    /// `rows[y][x]` where all rows are numbers and of one length.
    fn cell(&mut self, parts: &[NodeId], want: Option<Reg>, ty: Ty, span: Span) -> Option<Reg> {
        let body = Rc::clone(&self.body);
        let NodeKind::Op(Op::ListGet, outer) = &body.node(parts[0]).kind else { return None };
        let (y, x) = (outer[1], parts[1]);
        let rows = self.part(outer[0])?;
        let rows = self.items(&rows)?;
        let mut cells = vec![];
        let mut width = None;
        for row in &rows {
            let items = self.items(row)?;
            if *width.get_or_insert(items.len()) != items.len() {
                return None;
            }
            cells.extend(items);
        }
        let (width, table) = (width?, self.packed(&cells, ty)?);
        let y = self.expr(y, None);
        let y = self.kept(outer[1], y, &[x]);
        self.check_index(y, rows.len(), span);
        let x = self.expr(x, None);
        self.check_index(x, width, span);
        let (stride, index) = (self.int(width as i64), self.temp(Ty::INT));
        self.emit(Inst::Mul { dst: index, a: y, b: stride }, span);
        self.emit(Inst::Add { dst: index, a: index, b: x }, span);
        Some(self.table_item(table, index, want, ty, span))
    }

    /// Numbers, or truth values, one after the other as bytes; `None` if the parts are anything else.
    fn packed(&mut self, parts: &[Part], ty: Ty) -> Option<Const> {
        let kind = self.kind(ty);
        let size = match kind {
            Kind::Bool | Kind::I8 | Kind::U8 => 1,
            Kind::I16 | Kind::U16 => 2,
            Kind::I32 | Kind::U32 | Kind::F32 => 4,
            Kind::Int | Kind::U64 | Kind::Float => 8,
            _ => return None,
        };
        let mut bytes = Vec::with_capacity(parts.len() * size);
        for part in parts {
            let bits = match (self.evaluated(part)?, kind) {
                (Value::Bool(value), _) => u64::from(value),
                (Value::Int(value), Kind::F32) => u64::from((value as f32).to_bits()),
                (Value::Int(value), Kind::Float) => (value as f64).to_bits(),
                (Value::Int(value), _) => value as u64,
                (Value::Float(value), Kind::F32) => u64::from((value as f32).to_bits()),
                (Value::Float(value), _) => value.to_bits(),
                _ => return None,
            };
            bytes.extend_from_slice(&bits.to_le_bytes()[..size]);
        }
        Some(self.low.out.data(&bytes))
    }

    /// A list of literal numbers as one constant; `None` if it is anything else, or short.
    pub(super) fn packed_list(&mut self, items: &[NodeId], ty: Ty) -> Option<Const> {
        let Kind::List(item) = self.kind(ty) else { return None };
        if items.len() < MIN_PACKED || !self.kind(item).is_number() || !self.targs.is_empty() {
            return None;
        }
        let body = Rc::clone(&self.body);
        let is_literal = |id: NodeId| match &body.node(id).kind {
            NodeKind::Int(_) | NodeKind::Float(_) => true,
            NodeKind::Op(Op::Neg, args) => matches!(body.node(args[0]).kind, NodeKind::Int(_) | NodeKind::Float(_)),
            _ => false,
        };
        if !items.iter().all(|&item| is_literal(item)) {
            return None;
        }
        let parts: Vec<Part> = items.iter().map(|&node| Part { body: Rc::clone(&body), node }).collect();
        self.packed(&parts, item)
    }

    /// What a constant map says of a key.
    fn of_map(&mut self, op: Op, args: &[NodeId], want: Option<Reg>, ty: Ty, span: Span) -> Option<Reg> {
        let map = self.part(args[0])?;
        let entries = Entries::new(self, &map)?;
        if op == Op::MapLen {
            return Some(self.number(entries.values.len() as i64, want, ty));
        }
        let Kind::Map(key_ty, value_ty) = self.kind(self.part_ty(&map)) else { return None };
        let key = self.expr(args[1], None);
        let at = self.temp(Ty::INT);
        let find = entries.find(self, &map, key_ty);
        self.emit(Inst::Call { dst: Some(at), func: find, args: Box::new([key]) }, span);
        let (none, zero) = (self.temp(Ty::BOOL), self.int(0));
        if op == Op::MapHas {
            let dst = self.target(want, ty);
            self.emit(Inst::Ge { dst, a: at, b: zero }, span);
            return Some(dst);
        }
        let dst = self.temp(ty);
        let (missing, end) = (self.b.label(), self.b.label());
        self.emit(Inst::Lt { dst: none, a: at, b: zero }, span);
        self.emit(Inst::If { cond: none, target: missing }, span);
        let items = Items { parts: entries.values, answer: Answer::Values(self.part_span(&map)) };
        let value = match items.table(self, value_ty) {
            Some(table) => self.table_item(table, at, None, value_ty, span),
            None => items.call(self, at, None, value_ty, span),
        };
        match value_ty == ty {
            true => self.copy(dst, value, span),
            false => self.emit(Inst::Wrap { dst, src: value }, span),
        }
        self.jump(end);
        self.bind(missing);
        match op {
            // The map itself says which key it lacks.
            Op::MapGet => {
                let map = self.whole(&map, span);
                self.emit(Inst::MapGet { dst, map, key }, span);
            }
            _ => self.emit(Inst::LoadConst { dst, value: Const::Nil }, span),
        }
        self.bind(end);
        Some(self.deliver(dst, want, span))
    }

    /// The value of a part, made by a function that all share who ask for it.
    fn whole(&mut self, part: &Part, span: Span) -> Reg {
        let ty = self.part_ty(part);
        let func = self.answer(&Answer::Whole(self.part_span(part)), &[], ty, |lower| {
            let value = lower.part_value(part, None);
            lower.emit(Inst::Return { value: Some(value) }, span);
        });
        let dst = self.temp(ty);
        self.emit(Inst::Call { dst: Some(dst), func, args: Box::new([]) }, span);
        dst
    }

    fn part_span(&self, part: &Part) -> Span {
        part.body.node(part.node).span
    }

    /// The items that a `for` goes through, if they are a constant's: how many, and what makes one in range.
    pub(super) fn constant_items(&mut self, list: NodeId, item_ty: Ty) -> Option<(Items, Option<Const>)> {
        if !is_rooted(&self.body, list) {
            return None;
        }
        let list = self.part(list)?;
        let items = Items::new(self, &list, &[])?;
        let table = items.table(self, item_ty);
        Some((items, table))
    }

    /// Item of [`Self::constant_items`], into a register.
    pub(super) fn constant_item(&mut self, items: &(Items, Option<Const>), index: Reg, dst: Reg, ty: Ty, span: Span) {
        match items.1 {
            Some(table) => self.table_item(table, index, Some(dst), ty, span),
            None => items.0.call(self, index, Some(dst), ty, span),
        };
    }

    /// The function that answers; `make` gives its code if it is new.
    fn answer(&mut self, answer: &Answer, params: &[Ty], result: Ty, make: impl FnOnce(&mut FunctionLower)) -> FuncIdx {
        if let Some(&known) = self.low.answers.get(answer) {
            return known;
        }
        let (Answer::Items(span, _) | Answer::Find(span) | Answer::Values(span) | Answer::Whole(span)) = *answer;
        let func = self.made_function(params, result, span, make);
        self.low.answers.insert(answer.clone(), func);
        func
    }

    /// A function whose code `make` gives.
    pub(super) fn made_function(
        &mut self,
        params: &[Ty],
        result: Ty,
        span: Span,
        make: impl FnOnce(&mut FunctionLower),
    ) -> FuncIdx {
        let params: Vec<TypeIdx> = params.iter().map(|&param| self.low.ty(param)).collect();
        let result_idx = self.low.result_type(result);
        let func = self.low.out.declare("const", &params, result_idx);
        self.low.define_made(func, result, span, make);
        func
    }
}

/// Whether an expression is a part of a constant, by its form.
fn is_rooted(body: &Body, id: NodeId) -> bool {
    match &body.node(id).kind {
        NodeKind::Const(_) => true,
        NodeKind::Field { base, .. } => is_rooted(body, *base),
        NodeKind::Op(Op::ListGet | Op::ListLen | Op::MapGet | Op::MapFind | Op::MapHas | Op::MapLen, parts) => {
            is_rooted(body, parts[0])
        }
        _ => false,
    }
}

/// Items of a constant list, or what lies in their fields.
pub(super) struct Items {
    pub(super) parts: Vec<Part>,
    answer: Answer,
}

impl Items {
    fn new(lower: &mut FunctionLower, list: &Part, path: &[u32]) -> Option<Items> {
        let mut parts = lower.items(list)?;
        for part in &mut parts {
            for &field in path {
                *part = part.field(lower.low.session, field)?;
            }
        }
        Some(Items { parts, answer: Answer::Items(lower.part_span(list), path.to_vec()) })
    }

    fn table(&self, lower: &mut FunctionLower, ty: Ty) -> Option<Const> {
        lower.packed(&self.parts, ty)
    }

    /// Item `index`, which is in range.
    fn call(&self, lower: &mut FunctionLower, index: Reg, want: Option<Reg>, ty: Ty, span: Span) -> Reg {
        let func = lower.answer(&self.answer, &[Ty::INT], ty, |lower| match self.parts.len() {
            0..=MAX_ITEMS => give_item(lower, &self.parts, span),
            _ => {
                let many = lower.int(MAX_ITEMS as i64);
                let (chunk, at) = (lower.temp(Ty::INT), lower.temp(Ty::INT));
                lower.emit(Inst::Rem { dst: at, a: Reg(0), b: many }, span);
                lower.emit(Inst::Div { dst: chunk, a: Reg(0), b: many }, span);
                switch(lower, chunk, self.parts.chunks(MAX_ITEMS), span, |lower, parts| {
                    let func = lower.made_function(&[Ty::INT], ty, span, |lower| give_item(lower, parts, span));
                    call_and_return(lower, func, at, ty, span);
                });
            }
        });
        let dst = lower.target(want, ty);
        lower.emit(Inst::Call { dst: Some(dst), func, args: Box::new([index]) }, span);
        dst
    }
}

/// Goes on with the case of number `value`, each of which returns.
fn switch<T>(
    lower: &mut FunctionLower,
    value: Reg,
    cases: impl ExactSizeIterator<Item = T>,
    span: Span,
    mut case: impl FnMut(&mut FunctionLower, T),
) {
    let targets: Vec<_> = (0..cases.len()).map(|_| lower.b.label()).collect();
    lower.emit(Inst::Switch { value, targets: targets.clone().into() }, span);
    lower.emit(Inst::Unreachable {}, span);
    for (one, target) in cases.zip(targets) {
        lower.bind(target);
        lower.statement(|lower| case(lower, one));
    }
}

/// Returns the part whose number is in register 0.
fn give_item(lower: &mut FunctionLower, parts: &[Part], span: Span) {
    switch(lower, Reg(0), parts.iter(), span, |lower, part| {
        let value = lower.part_value(part, None);
        lower.emit(Inst::Return { value: Some(value) }, span);
    });
}

fn call_and_return(lower: &mut FunctionLower, func: FuncIdx, arg: Reg, ty: Ty, span: Span) {
    let dst = lower.temp(ty);
    lower.emit(Inst::Call { dst: Some(dst), func, args: Box::new([arg]) }, span);
    lower.emit(Inst::Return { value: Some(dst) }, span);
}

/// The entries of a constant map, a key once.
struct Entries {
    /// With the position of the value, sorted.
    keys: Vec<(Key, i64)>,
    values: Vec<Part>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Int(i64),
    Str(Rc<str>),
}

impl Entries {
    fn new(lower: &mut FunctionLower, map: &Part) -> Option<Entries> {
        let NodeKind::Map(entries) = &map.body.node(map.node).kind else { return None };
        let mut keys: BTreeMap<Key, i64> = BTreeMap::new();
        let mut values = vec![];
        for &(key, value) in entries {
            let key = match lower.evaluated(&map.at(key))? {
                Value::Int(key) => Key::Int(key),
                Value::Str(key) => Key::Str(key),
                _ => return None,
            };
            let value = map.at(value).settled(lower.low.session)?;
            match keys.entry(key) {
                // The last value of a key counts.
                Entry::Occupied(known) => values[*known.get() as usize] = value,
                Entry::Vacant(new) => {
                    new.insert(values.len() as i64);
                    values.push(value);
                }
            }
        }
        Some(Entries { keys: keys.into_iter().collect(), values })
    }

    /// The function from a key to its position, or -1.
    fn find(&self, lower: &mut FunctionLower, map: &Part, key_ty: Ty) -> FuncIdx {
        lower.answer(&Answer::Find(lower.part_span(map)), &[key_ty], Ty::INT, |lower| {
            give_position(lower, &self.keys, key_ty);
        })
    }
}

/// Returns the position of register 0 among sorted keys, or -1. Of many keys, each half has a function of its own.
fn give_position(lower: &mut FunctionLower, keys: &[(Key, i64)], key_ty: Ty) {
    let span = lower.span;
    if keys.len() <= MAX_ITEMS {
        search(lower, keys, key_ty);
        let none = lower.int(-1);
        return lower.emit(Inst::Return { value: Some(none) }, span);
    }
    let (left, right) = keys.split_at(keys.len() / 2);
    let other = lower.b.label();
    lower.statement(|lower| {
        let (middle, less) = (key_value(lower, &right[0].0, key_ty), lower.temp(Ty::BOOL));
        lower.emit(Inst::Lt { dst: less, a: Reg(0), b: middle }, span);
        lower.emit(Inst::IfNot { cond: less, target: other }, span);
    });
    let [left, right] = [left, right]
        .map(|half| lower.made_function(&[key_ty], Ty::INT, span, |lower| give_position(lower, half, key_ty)));
    lower.statement(|lower| call_and_return(lower, left, Reg(0), Ty::INT, span));
    lower.bind(other);
    lower.statement(|lower| call_and_return(lower, right, Reg(0), Ty::INT, span));
}

fn key_value(lower: &mut FunctionLower, key: &Key, key_ty: Ty) -> Reg {
    let value = match key {
        Key::Int(key) => Value::Int(*key),
        Key::Str(key) => Value::Str(Rc::clone(key)),
    };
    lower.known(&value, None, key_ty).unwrap_or_else(|| unreachable!("keys are numbers or strings"))
}

/// Returns the position of register 0 among sorted keys, or falls through.
fn search(lower: &mut FunctionLower, keys: &[(Key, i64)], key_ty: Ty) {
    let span = lower.span;
    match keys {
        [] => {}
        [(key, position)] => lower.statement(|lower| {
            let (next, key, same) = (lower.b.label(), key_value(lower, key, key_ty), lower.temp(Ty::BOOL));
            lower.emit(Inst::Eq { dst: same, a: Reg(0), b: key }, span);
            lower.emit(Inst::IfNot { cond: same, target: next }, span);
            let position = lower.int(*position);
            lower.emit(Inst::Return { value: Some(position) }, span);
            lower.bind(next);
        }),
        _ => {
            let (left, right) = keys.split_at(keys.len() / 2);
            let (other, none) = (lower.b.label(), lower.b.label());
            lower.statement(|lower| {
                let (middle, less) = (key_value(lower, &right[0].0, key_ty), lower.temp(Ty::BOOL));
                lower.emit(Inst::Lt { dst: less, a: Reg(0), b: middle }, span);
                lower.emit(Inst::IfNot { cond: less, target: other }, span);
            });
            search(lower, left, key_ty);
            lower.jump(none);
            lower.bind(other);
            search(lower, right, key_ty);
            lower.bind(none);
        }
    }
}
