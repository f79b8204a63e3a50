//! Texts of values, where types define their own: also inside lists, maps, tuples, optionals and enums. The runtime,
//! which writes all others, knows nothing of what the program has written.

use super::function::FunctionLower;
use super::{Lowering, Resolved};
use crate::implementing::Found;
use crate::program::{Field, FuncId};
use crate::source::Span;
use crate::types::{AdtId, Infer, Kind, Ty, Tys};
use std::rc::Rc;
use vitbc::{FieldIdx, FuncIdx, Inst, Reg, TypeIdx, VariantIdx};

impl Lowering<'_, '_> {
    /// Whether the text of a type is something that the program has written, or has that in it.
    pub(super) fn has_own_text(&mut self, ty: Ty) -> bool {
        if let Some(&known) = self.own_text.get(&ty) {
            return known;
        }
        // Types that contain themselves have none of their own, unless another part has.
        self.own_text.insert(ty, false);
        let own = self.implements_to_str(ty).is_some()
            || self.shown_parts(ty).into_iter().any(|part| self.has_own_text(part));
        self.own_text.insert(ty, own);
        own
    }

    /// The function by which a type defines its own text.
    fn implements_to_str(&mut self, ty: Ty) -> Option<(FuncId, Tys)> {
        if !matches!(self.session.program.types.kind(ty), Kind::Adt(..)) {
            return None;
        }
        let to_str = self.session.program.lang().to_str;
        let found = self.session.program.find_impl(&mut Infer::default(), &[], (to_str, Tys::EMPTY), ty);
        let Some(Found::Impl(..)) = found else { return None };
        let method = self.session.program.trait_data(to_str).methods[0];
        let targs = self.session.program.types.tys(&[ty]);
        match self.resolve(method, targs) {
            Resolved::Func(func, targs) => Some((func, targs)),
            Resolved::Builtin => None,
        }
    }

    /// The parts that the text of a type shows; those of structs are the runtime's, as structs may contain themselves.
    fn shown_parts(&mut self, ty: Ty) -> Vec<Ty> {
        match self.session.program.types.kind(ty) {
            Kind::Map(key, value) => vec![key, value],
            _ => self.parts_of(ty),
        }
    }

    /// The function that gives the text of a type with a text of its own somewhere within.
    fn text_function(&mut self, ty: Ty, span: Span) -> FuncIdx {
        if let Some((func, targs)) = self.implements_to_str(ty) {
            return self.callable(func, targs, span);
        }
        if let Some(&idx) = self.texts.get(&ty) {
            return idx;
        }
        let operand = self.ty(ty);
        let name = format!("{}.to_str", self.session.program.show(ty));
        let idx = self.out.declare(&name, &[operand], TypeIdx::STR);
        self.texts.insert(ty, idx);
        let builder = self.out.body(idx);
        let body = Rc::new(crate::body::Body::default());
        let mut lower = FunctionLower::new(self, builder, body, Rc::new([]), Ty::STR, span);
        lower.text_body(ty, span);
        let function = lower.finish();
        self.define(idx, function, span);
        idx
    }
}

impl FunctionLower<'_, '_, '_> {
    /// The text of a value in a register.
    pub(super) fn text_of(&mut self, src: Reg, ty: Ty, span: Span) -> Reg {
        match ty {
            Ty::STR => src,
            _ => self.text_into(src, ty, None, span),
        }
    }

    pub(super) fn text_into(&mut self, src: Reg, ty: Ty, want: Option<Reg>, span: Span) -> Reg {
        let dst = self.target(want, Ty::STR);
        if self.low.has_own_text(ty) {
            self.low.at = span;
            let func = self.low.text_function(ty, span);
            self.emit(Inst::Call { dst: Some(dst), func, args: Box::new([src]) }, span);
        } else {
            self.emit(Inst::ToStr { dst, src }, span);
        }
        dst
    }

    /// The text of a value as it is shown inside another: strings are quoted.
    fn inner_text(&mut self, src: Reg, ty: Ty, span: Span) -> Reg {
        if self.low.has_own_text(ty) || self.kind(ty).is_number() || ty == Ty::BOOL {
            return self.text_into(src, ty, None, span);
        }
        // The text of a list of it alone, without the brackets.
        let list_ty = self.low.session.program.types.list_of(ty);
        let (list, text, end, one) = (self.temp(list_ty), self.temp(Ty::STR), self.temp(Ty::INT), self.int(1));
        self.emit(Inst::List { dst: list, items: Box::new([src]) }, span);
        self.emit(Inst::ToStr { dst: text, src: list }, span);
        self.emit(Inst::StrLen { dst: end, src: text }, span);
        self.emit(Inst::Sub { dst: end, a: end, b: one }, span);
        self.emit(Inst::StrSlice { dst: text, src: text, start: one, end }, span);
        text
    }

    fn return_text(&mut self, parts: &[Reg], span: Span) {
        let dst = self.temp(Ty::STR);
        self.emit(Inst::StrConcat { dst, parts: parts.into() }, span);
        self.emit(Inst::Return { value: Some(dst) }, span);
    }

    /// The body of a function that puts the text of its parameter together.
    fn text_body(&mut self, ty: Ty, span: Span) {
        let value = self.b.param(0);
        match self.kind(ty) {
            Kind::Optional(inner) => {
                let nil = self.b.label();
                self.emit(Inst::IfNil { src: value, target: nil }, span);
                let held = self.temp(inner);
                self.emit(Inst::Unwrap { dst: held, src: value }, span);
                let text = self.text_of(held, inner, span);
                self.emit(Inst::Return { value: Some(text) }, span);
                self.bind(nil);
                let text = self.str("nil");
                self.emit(Inst::Return { value: Some(text) }, span);
            }
            Kind::Tuple(items) => {
                let items: Vec<Ty> = self.low.session.program.types.list(items).to_vec();
                let mut parts = vec![self.str("(")];
                for (position, item) in items.into_iter().enumerate() {
                    if position > 0 {
                        parts.push(self.str(", "));
                    }
                    let part = self.temp(item);
                    self.emit(Inst::Load { dst: part, object: value, field: FieldIdx::new(position) }, span);
                    parts.push(self.inner_text(part, item, span));
                }
                parts.push(self.str(")"));
                self.return_text(&parts, span);
            }
            Kind::List(item) => {
                let (len, more) = (self.temp(Ty::INT), self.temp(Ty::BOOL));
                let (texts, at, one) = (self.texts(span), self.int(0), self.int(1));
                let (head, end) = (self.b.label_here(), self.b.label());
                self.emit(Inst::ListLen { dst: len, list: value }, span);
                self.emit(Inst::Lt { dst: more, a: at, b: len }, span);
                self.emit(Inst::IfNot { cond: more, target: end }, span);
                let part = self.temp(item);
                self.emit(Inst::ListGet { dst: part, list: value, index: at }, span);
                let text = self.inner_text(part, item, span);
                self.emit(Inst::ListPush { list: texts, value: text }, span);
                self.emit(Inst::Add { dst: at, a: at, b: one }, span);
                self.jump(head);
                self.bind(end);
                self.return_joined(["[", "]"], texts, span);
            }
            Kind::Map(key, item) => self.map_text(key, item, span),
            Kind::Adt(id, args) => self.variant_text(id, args, span),
            _ => unreachable!("only composed types have others within"),
        }
    }

    /// An empty list of texts.
    fn texts(&mut self, span: Span) -> Reg {
        let ty = self.low.session.program.types.list_of(Ty::STR);
        let dst = self.temp(ty);
        self.emit(Inst::List { dst, items: Box::new([]) }, span);
        dst
    }

    fn return_joined(&mut self, [open, close]: [&str; 2], texts: Reg, span: Span) {
        let list = self.b.reg_type(texts);
        let native = self.low.out.native("str_join", &[list, TypeIdx::STR], TypeIdx::STR);
        let (comma, joined) = (self.str(", "), self.temp(Ty::STR));
        self.emit(Inst::CallNative { dst: Some(joined), native, args: Box::new([texts, comma]) }, span);
        let (open, close) = (self.str(open), self.str(close));
        self.return_text(&[open, joined, close], span);
    }

    fn map_text(&mut self, key: Ty, item: Ty, span: Span) {
        let map = self.b.param(0);
        let (texts, at, one, zero) = (self.texts(span), self.int(0), self.int(1), self.int(0));
        let (len, test) = (self.temp(Ty::INT), self.temp(Ty::BOOL));
        let (head, end, empty) = (self.b.label_here(), self.b.label(), self.b.label());
        self.emit(Inst::MapNext { dst: at, map, pos: at }, span);
        self.emit(Inst::Lt { dst: test, a: at, b: zero }, span);
        self.emit(Inst::If { cond: test, target: end }, span);
        let (k, v, entry) = (self.temp(key), self.temp(item), self.temp(Ty::STR));
        self.emit(Inst::MapKeyAt { dst: k, map, pos: at }, span);
        self.emit(Inst::MapValueAt { dst: v, map, pos: at }, span);
        let (k, colon) = (self.inner_text(k, key, span), self.str(": "));
        let v = self.inner_text(v, item, span);
        self.emit(Inst::StrConcat { dst: entry, parts: Box::new([k, colon, v]) }, span);
        self.emit(Inst::ListPush { list: texts, value: entry }, span);
        self.emit(Inst::Add { dst: at, a: at, b: one }, span);
        self.jump(head);
        self.bind(end);
        self.emit(Inst::MapLen { dst: len, map }, span);
        self.emit(Inst::Eq { dst: test, a: len, b: zero }, span);
        self.emit(Inst::If { cond: test, target: empty }, span);
        self.return_joined(["{", "}"], texts, span);
        self.bind(empty);
        let text = self.str("{:}");
        self.emit(Inst::Return { value: Some(text) }, span);
    }

    /// The text of an enum's value: `Empty`, `Circle(1.0)`, `Rect { w: 1.0, h: 2.0 }`.
    fn variant_text(&mut self, id: AdtId, args: Tys, span: Span) {
        let value = self.b.param(0);
        let args: Vec<Ty> = self.low.session.program.types.list(args).to_vec();
        let program = &self.low.session.program;
        let variants: Vec<(String, Vec<Field>)> = program
            .adt(id)
            .variants
            .iter()
            .map(|variant| (program.text(variant.name).to_owned(), variant.fields.clone()))
            .collect();
        let (tag, targets) = (self.temp(Ty::INT), variants.iter().map(|_| self.b.label()).collect::<Vec<_>>());
        self.emit(Inst::Tag { dst: tag, object: value }, span);
        self.emit(Inst::Switch { value: tag, targets: targets.clone().into() }, span);
        self.emit(Inst::Unreachable {}, span);
        for (position, ((name, fields), target)) in variants.into_iter().zip(targets).enumerate() {
            self.bind(target);
            let is_named = fields.first().is_some_and(|field| field.name.is_some());
            let [open, close] = match (fields.is_empty(), is_named) {
                (true, _) => ["", ""],
                (_, true) => [" { ", " }"],
                (_, false) => ["(", ")"],
            };
            let mut parts = vec![self.str(&format!("{name}{open}"))];
            for (number, field) in fields.into_iter().enumerate() {
                let label = field.name.map(|name| format!("{}: ", self.low.session.program.text(name)));
                let comma = if number > 0 { ", " } else { "" };
                let between = format!("{comma}{}", label.unwrap_or_default());
                if !between.is_empty() {
                    parts.push(self.str(&between));
                }
                let ty = self.low.session.program.types.subst(field.ty, &args);
                let part = self.temp(ty);
                let (variant, field) = (VariantIdx::new(position), FieldIdx::new(number));
                self.emit(Inst::LoadVariant { dst: part, object: value, variant, field }, span);
                parts.push(self.inner_text(part, ty, span));
            }
            parts.push(self.str(close));
            self.return_text(&parts, span);
        }
    }
}
