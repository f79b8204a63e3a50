//! Equality and order, where types define their own.

use super::Lowering;
use super::Resolved;
use super::function::FunctionLower;
use crate::ast::Binary;
use crate::implementing::Found;
use crate::program::{Field, FuncId};
use crate::source::Span;
use crate::types::{AdtId, Infer, Kind, TraitId, Ty, Tys};
use rustc_hash::FxHashSet;
use vitbc::limits::MAX_TYPE_NESTING;
use vitbc::{Const, FieldIdx, FuncIdx, Inst, Reg, TypeIdx, VariantIdx};

impl Lowering<'_, '_> {
    /// Whether `==` on a type calls something that the program has written.
    pub(super) fn has_own_equality(&mut self, ty: Ty) -> bool {
        if let Some(&known) = self.own_equality.get(&ty) {
            return known;
        }
        let own = self.within(ty, Self::parts_of, &mut |low, part| low.implements_eq(part).is_some());
        self.own_equality.insert(ty, own);
        own
    }

    /// Whether a type or something that it is made of is as wanted; `parts` says what a type is made of.
    pub(super) fn within(
        &mut self,
        ty: Ty,
        parts: fn(&mut Self, Ty) -> Vec<Ty>,
        wanted: &mut dyn FnMut(&mut Self, Ty) -> bool,
    ) -> bool {
        let mut seen = FxHashSet::from_iter([ty]);
        let mut pending = vec![ty];
        while let Some(ty) = pending.pop() {
            if wanted(self, ty) {
                return true;
            }
            // Types that contain ever larger ones are refused elsewhere.
            if self.session.program.types.nesting(ty) <= MAX_TYPE_NESTING {
                pending.extend(parts(self, ty).into_iter().filter(|&part| seen.insert(part)));
            }
        }
        false
    }

    /// The function by which a type defines its own equality.
    fn implements_eq(&mut self, ty: Ty) -> Option<(FuncId, Tys)> {
        let eq = self.session.program.lang().eq;
        self.own_method(eq, ty)
    }

    /// The first method of a trait as the program defines it for a struct or enum.
    pub(super) fn own_method(&mut self, of: TraitId, ty: Ty) -> Option<(FuncId, Tys)> {
        if !matches!(self.session.program.types.kind(ty), Kind::Adt(..)) {
            return None;
        }
        let found = self.session.program.find_impl(&mut Infer::default(), &[], (of, Tys::EMPTY), ty);
        let Some(Found::Impl(..)) = found else { return None };
        let method = self.session.program.trait_data(of).methods[0];
        let targs = self.session.program.types.tys(&[ty]);
        match self.resolve(method, targs) {
            Resolved::Func(func, targs) => Some((func, targs)),
            Resolved::Builtin => None,
        }
    }

    /// The parts by which values of a type are compared.
    pub(super) fn parts_of(&mut self, ty: Ty) -> Vec<Ty> {
        match self.session.program.types.kind(ty) {
            Kind::List(part) | Kind::Optional(part) => vec![part],
            Kind::Map(_, value) => vec![value],
            Kind::Tuple(items) => self.session.program.types.list(items).to_vec(),
            Kind::Adt(id, args) if self.session.program.adt(id).is_enum => self.field_types(id, args),
            _ => vec![],
        }
    }

    /// The types of the fields of a struct, or of all variants of an enum.
    pub(super) fn field_types(&mut self, id: AdtId, args: Tys) -> Vec<Ty> {
        let program = &mut self.session.program;
        let fields: Vec<Ty> =
            program.adt(id).variants.iter().flat_map(|variant| &variant.fields).map(|field| field.ty).collect();
        let args: Vec<Ty> = program.types.list(args).to_vec();
        fields.into_iter().map(|field| program.types.subst(field, &args)).collect()
    }

    /// The function that compares two values of a type with an equality of its own somewhere within.
    fn equality_function(&mut self, ty: Ty, span: Span) -> FuncIdx {
        if let Some((func, targs)) = self.implements_eq(ty) {
            return self.callable(func, targs, span);
        }
        if let Some(&idx) = self.equality.get(&ty) {
            return idx;
        }
        let operand = self.ty(ty);
        let name = format!("{} ==", self.session.program.show(ty));
        let idx = self.out.declare(&name, &[operand, operand], TypeIdx::BOOL);
        self.equality.insert(ty, idx);
        self.define_made(idx, Ty::BOOL, span, |lower| lower.equality_body(ty, span));
        idx
    }
}

impl FunctionLower<'_, '_, '_> {
    /// `dst = left op right`, both of type `ty`.
    pub(super) fn compare(&mut self, op: Binary, ty: Ty, dst: Reg, left: Reg, right: Reg, span: Span) {
        match op {
            Binary::Eq | Binary::Ne => {
                if !self.low.has_own_equality(ty) {
                    let inst = match op {
                        Binary::Eq => Inst::Eq { dst, a: left, b: right },
                        _ => Inst::Ne { dst, a: left, b: right },
                    };
                    return self.emit(inst, span);
                }
                self.low.at = span;
                let func = self.low.equality_function(ty, span);
                self.emit(Inst::Call { dst: Some(dst), func, args: Box::new([left, right]) }, span);
                if op == Binary::Ne {
                    self.emit(Inst::Not { dst, src: dst }, span);
                }
            }
            _ if self.is_ordered(ty) => {
                let inst = match op {
                    Binary::Lt => Inst::Lt { dst, a: left, b: right },
                    Binary::Le => Inst::Le { dst, a: left, b: right },
                    Binary::Gt => Inst::Gt { dst, a: left, b: right },
                    _ => Inst::Ge { dst, a: left, b: right },
                };
                self.emit(inst, span);
            }
            _ => {
                let ord = self.low.session.program.lang().ord;
                let method = self.low.session.program.trait_data(ord).methods[0];
                let targs = self.low.session.program.types.tys(&[ty]);
                let result = self.temp(Ty::INT);
                match self.low.resolve(method, targs) {
                    Resolved::Func(func, targs) => {
                        let func = self.low.callable(func, targs, span);
                        self.emit(Inst::Call { dst: Some(result), func, args: Box::new([left, right]) }, span);
                    }
                    Resolved::Builtin => unreachable!("only numbers and strings have a built-in order"),
                }
                let zero = self.int(0);
                self.compare(op, Ty::INT, dst, result, zero, span);
            }
        }
    }

    /// Negative, 0 or positive, of two values with a built-in order.
    pub(super) fn three_way(&mut self, dst: Reg, left: Reg, right: Reg, span: Span) {
        let (greater, less) = (self.temp(Ty::BOOL), self.temp(Ty::BOOL));
        let (a, b) = (self.temp(Ty::INT), self.temp(Ty::INT));
        self.emit(Inst::Gt { dst: greater, a: left, b: right }, span);
        self.emit(Inst::Lt { dst: less, a: left, b: right }, span);
        self.emit(Inst::Convert { dst: a, src: greater }, span);
        self.emit(Inst::Convert { dst: b, src: less }, span);
        self.emit(Inst::Sub { dst, a, b }, span);
    }

    /// The body of a function that compares its two parameters part by part.
    fn equality_body(&mut self, ty: Ty, span: Span) {
        let (left, right) = (self.b.param(0), self.b.param(1));
        let differ = self.b.label();
        let verdict = |lower: &mut Self, value: bool| {
            let reg = lower.literal(Const::Bool(value), None, Ty::BOOL);
            lower.emit(Inst::Return { value: Some(reg) }, span);
        };
        match self.kind(ty) {
            Kind::Optional(inner) => {
                let (left_nil, both) = (self.b.label(), self.b.label());
                self.emit(Inst::IfNil { src: left, target: left_nil }, span);
                self.emit(Inst::IfNil { src: right, target: differ }, span);
                let (a, b) = (self.temp(inner), self.temp(inner));
                self.emit(Inst::Unwrap { dst: a, src: left }, span);
                self.emit(Inst::Unwrap { dst: b, src: right }, span);
                self.equal_or(inner, a, b, differ, span);
                verdict(self, true);
                self.bind(left_nil);
                self.emit(Inst::IfNil { src: right, target: both }, span);
                verdict(self, false);
                self.bind(both);
                verdict(self, true);
            }
            Kind::Tuple(items) => {
                let items: Vec<Ty> = self.low.session.program.types.list(items).to_vec();
                for (position, item) in items.into_iter().enumerate() {
                    let (a, b) = (self.temp(item), self.temp(item));
                    let field = FieldIdx::new(position);
                    self.emit(Inst::Load { dst: a, object: left, field }, span);
                    self.emit(Inst::Load { dst: b, object: right, field }, span);
                    self.equal_or(item, a, b, differ, span);
                }
                verdict(self, true);
            }
            Kind::List(item) => {
                let (n, m, same) = (self.temp(Ty::INT), self.temp(Ty::INT), self.temp(Ty::BOOL));
                self.emit(Inst::ListLen { dst: n, list: left }, span);
                self.emit(Inst::ListLen { dst: m, list: right }, span);
                self.emit(Inst::Eq { dst: same, a: n, b: m }, span);
                self.emit(Inst::IfNot { cond: same, target: differ }, span);
                let (at, one) = (self.int(0), self.int(1));
                let (head, end) = (self.b.label_here(), self.b.label());
                self.emit(Inst::Lt { dst: same, a: at, b: n }, span);
                self.emit(Inst::IfNot { cond: same, target: end }, span);
                let (a, b) = (self.temp(item), self.temp(item));
                self.emit(Inst::ListGet { dst: a, list: left, index: at }, span);
                self.emit(Inst::ListGet { dst: b, list: right, index: at }, span);
                self.equal_or(item, a, b, differ, span);
                self.emit(Inst::Add { dst: at, a: at, b: one }, span);
                self.jump(head);
                self.bind(end);
                verdict(self, true);
            }
            Kind::Map(key, value) => self.map_equality(key, value, differ, span),
            Kind::Adt(id, args) => {
                let variants: Vec<Vec<Field>> =
                    self.low.session.program.adt(id).variants.iter().map(|variant| variant.fields.clone()).collect();
                let args: Vec<Ty> = self.low.session.program.types.list(args).to_vec();
                let (a_tag, b_tag, same) = (self.temp(Ty::INT), self.temp(Ty::INT), self.temp(Ty::BOOL));
                self.emit(Inst::Tag { dst: a_tag, object: left }, span);
                self.emit(Inst::Tag { dst: b_tag, object: right }, span);
                self.emit(Inst::Eq { dst: same, a: a_tag, b: b_tag }, span);
                self.emit(Inst::IfNot { cond: same, target: differ }, span);
                let targets: Vec<_> = variants.iter().map(|_| self.b.label()).collect();
                self.emit(Inst::Switch { value: a_tag, targets: targets.clone().into() }, span);
                self.emit(Inst::Unreachable {}, span);
                for (tag, (fields, target)) in variants.into_iter().zip(targets).enumerate() {
                    self.bind(target);
                    for (position, field) in fields.into_iter().enumerate() {
                        let item = self.low.session.program.types.subst(field.ty, &args);
                        let (a, b) = (self.temp(item), self.temp(item));
                        let (variant, field) = (VariantIdx::new(tag), FieldIdx::new(position));
                        self.emit(Inst::LoadVariant { dst: a, object: left, variant, field }, span);
                        self.emit(Inst::LoadVariant { dst: b, object: right, variant, field }, span);
                        self.equal_or(item, a, b, differ, span);
                    }
                    verdict(self, true);
                }
            }
            _ => unreachable!("only composed types are compared part by part"),
        }
        self.bind(differ);
        verdict(self, false);
    }

    fn map_equality(&mut self, key: Ty, value: Ty, differ: vitbc::Label, span: Span) {
        let (left, right) = (self.b.param(0), self.b.param(1));
        let (n, m, same) = (self.temp(Ty::INT), self.temp(Ty::INT), self.temp(Ty::BOOL));
        self.emit(Inst::MapLen { dst: n, map: left }, span);
        self.emit(Inst::MapLen { dst: m, map: right }, span);
        self.emit(Inst::Eq { dst: same, a: n, b: m }, span);
        self.emit(Inst::IfNot { cond: same, target: differ }, span);
        let (at, one, zero) = (self.int(0), self.int(1), self.int(0));
        let (head, end) = (self.b.label_here(), self.b.label());
        self.emit(Inst::MapNext { dst: at, map: left, pos: at }, span);
        self.emit(Inst::Lt { dst: same, a: at, b: zero }, span);
        self.emit(Inst::If { cond: same, target: end }, span);
        let (k, a, b) = (self.temp(key), self.temp(value), self.temp(value));
        self.emit(Inst::MapKeyAt { dst: k, map: left, pos: at }, span);
        self.emit(Inst::MapHas { dst: same, map: right, key: k }, span);
        self.emit(Inst::IfNot { cond: same, target: differ }, span);
        self.emit(Inst::MapValueAt { dst: a, map: left, pos: at }, span);
        self.emit(Inst::MapGet { dst: b, map: right, key: k }, span);
        self.equal_or(value, a, b, differ, span);
        self.emit(Inst::Add { dst: at, a: at, b: one }, span);
        self.jump(head);
        self.bind(end);
        let reg = self.literal(Const::Bool(true), None, Ty::BOOL);
        self.emit(Inst::Return { value: Some(reg) }, span);
    }

    fn equal_or(&mut self, ty: Ty, a: Reg, b: Reg, differ: vitbc::Label, span: Span) {
        let same = self.temp(Ty::BOOL);
        self.compare(Binary::Eq, ty, same, a, b, span);
        self.emit(Inst::IfNot { cond: same, target: differ }, span);
    }
}
