//! The text of values, where types define their own: what the runtime would write for a value made of such values is
//! put together here, in one function a type.

use super::Lowering;
use super::function::FunctionLower;
use crate::body::NodeId;
use crate::collect::PRELUDE;
use crate::program::FuncId;
use crate::source::Span;
use crate::types::{Kind, Ty, Tys};
use vitbc::types::{Type, VariantType};
use vitbc::{FieldIdx, FuncIdx, Inst, MethodIdx, Reg, TypeIdx, VariantIdx};

/// How deep values are shown inside each other; the runtime's bound.
const MAX_DEPTH: i64 = 100;

impl Lowering<'_, '_> {
    /// Whether the text of a type's values calls something that the program has written.
    pub(super) fn has_own_text(&mut self, ty: Ty) -> bool {
        if let Some(&known) = self.own_text.get(&ty) {
            return known;
        }
        let own = self.within(ty, Self::shown_parts, &mut |low, part| {
            let dynamic = matches!(low.session.program.types.kind(part), Kind::Any | Kind::Trait(..));
            low.own_text_method(part).is_some() || dynamic && low.program_defines_texts()
        });
        self.own_text.insert(ty, own);
        own
    }

    /// The function by which a type defines its own text.
    fn own_text_method(&mut self, ty: Ty) -> Option<(FuncId, Tys)> {
        let to_str = self.session.program.lang().to_str;
        self.own_method(to_str, ty)
    }

    /// Whether anything but the prelude has types with texts of their own.
    fn program_defines_texts(&self) -> bool {
        let program = &self.session.program;
        let to_str = program.lang().to_str;
        let impls = program.trait_impls.iter().filter(|((id, _), _)| *id == to_str).flat_map(|(_, impls)| impls);
        impls.map(|&id| program.types.kind(program.imp(id).self_ty)).any(|kind| match kind {
            Kind::Adt(id, _) => program.adt(id).module != PRELUDE,
            _ => true,
        })
    }

    /// The parts whose texts the text of a type shows. Structs that may contain themselves are left to the runtime,
    /// which notices it.
    fn shown_parts(&mut self, ty: Ty) -> Vec<Ty> {
        let is_struct = match self.session.program.types.kind(ty) {
            Kind::Adt(id, _) => !self.session.program.adt(id).is_enum,
            _ => false,
        };
        if self.own_text_method(ty).is_some() || is_struct && self.contains_itself(ty) {
            vec![]
        } else {
            self.all_parts(ty)
        }
    }

    fn contains_itself(&mut self, ty: Ty) -> bool {
        self.all_parts(ty).into_iter().any(|part| self.within(part, Self::all_parts, &mut |_, inner| inner == ty))
    }

    fn all_parts(&mut self, ty: Ty) -> Vec<Ty> {
        match self.session.program.types.kind(ty) {
            Kind::List(part) | Kind::Optional(part) => vec![part],
            Kind::Map(key, value) => vec![key, value],
            Kind::Tuple(items) => self.session.program.types.list(items).to_vec(),
            Kind::Adt(id, args) => self.field_types(id, args),
            _ => vec![],
        }
    }

    /// The function that writes a value with texts of the program's own somewhere within, and how deep it is.
    fn text_function(&mut self, ty: Ty, span: Span) -> FuncIdx {
        if let Some(&idx) = self.texts.get(&ty) {
            return idx;
        }
        let operand = self.ty(ty);
        let name = format!("{} text", self.session.program.show(ty));
        let idx = self.out.declare(&name, &[operand, TypeIdx::INT], TypeIdx::STR);
        self.texts.insert(ty, idx);
        self.define_made(idx, Ty::STR, span, |lower| lower.text_body(ty, span));
        idx
    }
}

impl FunctionLower<'_, '_, '_> {
    pub(super) fn text_node(&mut self, inner: NodeId, want: Option<Reg>, span: Span) -> Reg {
        let ty = self.node_ty(inner);
        let src = self.expr(inner, None);
        match ty {
            Ty::STR => self.deliver(src, want, span),
            _ => self.text_into(src, ty, want, span),
        }
    }

    /// The text of a value in a register.
    pub(super) fn text_of(&mut self, src: Reg, ty: Ty, span: Span) -> Reg {
        match ty {
            Ty::STR => src,
            _ => self.text_into(src, ty, None, span),
        }
    }

    fn text_into(&mut self, src: Reg, ty: Ty, want: Option<Reg>, span: Span) -> Reg {
        let dst = match want {
            Some(want) => want,
            None => self.temp_idx(TypeIdx::STR),
        };
        let depth = self.low.has_own_text(ty).then(|| self.int(0));
        match (depth, self.kind(ty)) {
            (None, _) => self.emit(Inst::ToStr { dst, src }, span),
            (Some(_), Kind::Any | Kind::Trait(..)) => self.dynamic_text(dst, src, ty, false, span),
            (Some(depth), _) => self.own_text(dst, src, ty, depth, span),
        }
        dst
    }

    /// The text of a value of which a part, or itself, has a text of its own.
    fn own_text(&mut self, dst: Reg, src: Reg, ty: Ty, depth: Reg, span: Span) {
        self.low.at = span;
        let (func, args) = match self.low.own_text_method(ty) {
            Some((func, targs)) => (self.low.callable(func, targs, span), Box::new([src]) as Box<[Reg]>),
            None => (self.low.text_function(ty, span), Box::new([src, depth]) as Box<[Reg]>),
        };
        self.emit(Inst::Call { dst: Some(dst), func, args }, span);
    }

    /// The text of a value whose type is known at run time only.
    fn dynamic_text(&mut self, dst: Reg, src: Reg, ty: Ty, inner: bool, span: Span) {
        let to_str = self.low.session.program.lang().to_str;
        let trait_ty = self.low.session.program.types.trait_object(to_str, Tys::EMPTY);
        let value = match ty {
            Ty::ANY => src,
            _ => {
                self.low.put_in_any(ty);
                let value = self.temp(Ty::ANY);
                self.emit(Inst::ToAny { dst: value, src }, span);
                value
            }
        };
        let (other, end) = (self.b.label(), self.b.label());
        let fits = self.temp(Ty::BOOL);
        self.is_type(fits, value, trait_ty, span);
        self.emit(Inst::IfNot { cond: fits, target: other }, span);
        let object = self.take_from_any(value, None, trait_ty, span);
        let trait_idx = self.low.ty(trait_ty);
        let method = MethodIdx(0);
        self.emit(Inst::CallMethod { dst: Some(dst), ty: trait_idx, method, object, args: Box::new([]) }, span);
        self.jump(end);
        self.bind(other);
        match inner {
            true => self.quoted(dst, value, Ty::ANY, span),
            false => self.emit(Inst::ToStr { dst, src: value }, span),
        }
        self.bind(end);
    }

    /// The text of a value inside of another.
    fn inner_text(&mut self, src: Reg, ty: Ty, depth: Reg, span: Span) -> Reg {
        let dst = self.temp_idx(TypeIdx::STR);
        let own = self.low.has_own_text(ty);
        match self.kind(ty) {
            Kind::Any | Kind::Trait(..) if own => self.dynamic_text(dst, src, ty, true, span),
            _ if own => self.own_text(dst, src, ty, depth, span),
            Kind::Str | Kind::Any | Kind::Trait(..) | Kind::Optional(_) => self.quoted(dst, src, ty, span),
            _ => self.emit(Inst::ToStr { dst, src }, span),
        }
        dst
    }

    /// The runtime's text of a value inside of another, where strings are quoted: that of a list of it, without the
    /// brackets.
    fn quoted(&mut self, dst: Reg, src: Reg, ty: Ty, span: Span) {
        let item = self.low.ty(ty);
        let list_idx = self.low.out.list(item);
        let list = self.temp_idx(list_idx);
        self.emit(Inst::List { dst: list, items: Box::new([src]) }, span);
        let text = self.temp_idx(TypeIdx::STR);
        self.emit(Inst::ToStr { dst: text, src: list }, span);
        let (start, end) = (self.int(1), self.temp(Ty::INT));
        self.emit(Inst::StrLen { dst: end, src: text }, span);
        self.emit(Inst::Sub { dst: end, a: end, b: start }, span);
        self.emit(Inst::StrSlice { dst, src: text, start, end }, span);
    }

    fn return_text(&mut self, parts: Vec<Reg>, span: Span) {
        let dst = self.temp_idx(TypeIdx::STR);
        self.emit(Inst::StrConcat { dst, parts: parts.into() }, span);
        self.emit(Inst::Return { value: Some(dst) }, span);
    }

    /// The body of a function that writes its first parameter, which is as deep as the second says.
    fn text_body(&mut self, ty: Ty, span: Span) {
        let (value, depth) = (self.b.param(0), self.b.param(1));
        if let Kind::Optional(inner) = self.kind(ty) {
            let is_nil = self.b.label();
            self.emit(Inst::IfNil { src: value, target: is_nil }, span);
            let held = self.temp(inner);
            self.emit(Inst::Unwrap { dst: held, src: value }, span);
            let text = self.inner_text(held, inner, depth, span);
            self.emit(Inst::Return { value: Some(text) }, span);
            self.bind(is_nil);
            let nil = self.str("nil");
            return self.emit(Inst::Return { value: Some(nil) }, span);
        }
        let (limit, one, more, deeper) = (self.int(MAX_DEPTH), self.int(1), self.temp(Ty::BOOL), self.temp(Ty::INT));
        let fits = self.b.label();
        self.emit(Inst::Lt { dst: more, a: depth, b: limit }, span);
        self.emit(Inst::If { cond: more, target: fits }, span);
        let dots = self.str("...");
        self.emit(Inst::Return { value: Some(dots) }, span);
        self.bind(fits);
        self.emit(Inst::Add { dst: deeper, a: depth, b: one }, span);
        match self.kind(ty) {
            Kind::List(item) => self.list_text(item, deeper, span),
            Kind::Map(key, held) => self.map_text(key, held, deeper, span),
            Kind::Tuple(items) => {
                let items: Vec<Ty> = self.low.session.program.types.list(items).to_vec();
                let mut parts = vec![self.str("(")];
                for (position, item) in items.into_iter().enumerate() {
                    if position > 0 {
                        parts.push(self.str(", "));
                    }
                    let part = self.temp(item);
                    self.emit(Inst::Load { dst: part, object: value, field: FieldIdx::new(position) }, span);
                    parts.push(self.inner_text(part, item, deeper, span));
                }
                parts.push(self.str(")"));
                self.return_text(parts, span);
            }
            Kind::Adt(..) => self.record_text(ty, deeper, span),
            _ => unreachable!("only composed types are written part by part"),
        }
    }

    /// Joins the texts in a list, and returns them between brackets.
    fn return_joined(&mut self, open: &str, texts: Reg, close: &str, span: Span) {
        let list = self.low.out.list(TypeIdx::STR);
        let native = self.low.out.native("str_join", &[list, TypeIdx::STR], TypeIdx::STR);
        let (joined, comma) = (self.temp_idx(TypeIdx::STR), self.str(", "));
        self.emit(Inst::CallNative { dst: Some(joined), native, args: Box::new([texts, comma]) }, span);
        let parts = vec![self.str(open), joined, self.str(close)];
        self.return_text(parts, span);
    }

    fn new_texts(&mut self, span: Span) -> Reg {
        let list = self.low.out.list(TypeIdx::STR);
        let texts = self.temp_idx(list);
        self.emit(Inst::List { dst: texts, items: Box::new([]) }, span);
        texts
    }

    fn list_text(&mut self, item: Ty, deeper: Reg, span: Span) {
        let list = self.b.param(0);
        let texts = self.new_texts(span);
        let (at, one) = (self.int(0), self.int(1));
        let (len, more, part) = (self.temp(Ty::INT), self.temp(Ty::BOOL), self.temp(item));
        let (head, end) = (self.b.label_here(), self.b.label());
        self.emit(Inst::ListLen { dst: len, list }, span);
        self.emit(Inst::Lt { dst: more, a: at, b: len }, span);
        self.emit(Inst::IfNot { cond: more, target: end }, span);
        self.emit(Inst::ListGet { dst: part, list, index: at }, span);
        let text = self.inner_text(part, item, deeper, span);
        self.emit(Inst::ListPush { list: texts, value: text }, span);
        self.emit(Inst::Add { dst: at, a: at, b: one }, span);
        self.jump(head);
        self.bind(end);
        self.return_joined("[", texts, "]", span);
    }

    fn map_text(&mut self, key: Ty, value: Ty, deeper: Reg, span: Span) {
        let map = self.b.param(0);
        let (at, one, zero) = (self.int(0), self.int(1), self.int(0));
        let (none, more) = (self.temp(Ty::INT), self.temp(Ty::BOOL));
        let some = self.b.label();
        self.emit(Inst::MapLen { dst: none, map }, span);
        self.emit(Inst::Gt { dst: more, a: none, b: zero }, span);
        self.emit(Inst::If { cond: more, target: some }, span);
        let empty = self.str("{:}");
        self.emit(Inst::Return { value: Some(empty) }, span);
        self.bind(some);
        let texts = self.new_texts(span);
        let (k, v) = (self.temp(key), self.temp(value));
        let (head, end) = (self.b.label_here(), self.b.label());
        self.emit(Inst::MapNext { dst: at, map, pos: at }, span);
        self.emit(Inst::Lt { dst: more, a: at, b: zero }, span);
        self.emit(Inst::If { cond: more, target: end }, span);
        self.emit(Inst::MapKeyAt { dst: k, map, pos: at }, span);
        self.emit(Inst::MapValueAt { dst: v, map, pos: at }, span);
        let key_text = self.inner_text(k, key, deeper, span);
        let value_text = self.inner_text(v, value, deeper, span);
        let (colon, entry) = (self.str(": "), self.temp_idx(TypeIdx::STR));
        self.emit(Inst::StrConcat { dst: entry, parts: Box::new([key_text, colon, value_text]) }, span);
        self.emit(Inst::ListPush { list: texts, value: entry }, span);
        self.emit(Inst::Add { dst: at, a: at, b: one }, span);
        self.jump(head);
        self.bind(end);
        self.return_joined("{", texts, "}", span);
    }

    /// A struct or enum, as it was declared.
    fn record_text(&mut self, ty: Ty, deeper: Reg, span: Span) {
        let object = self.b.param(0);
        let fields = self.low.all_parts(ty);
        let idx = self.low.ty(ty);
        match self.low.out.type_at(idx).clone() {
            Type::Struct(data) => {
                let shape = VariantType { name: data.name.clone(), fields: data.fields.clone() };
                let load = |dst, field| Inst::Load { dst, object, field };
                self.fields_text(&shape, &fields, deeper, &load, span);
            }
            Type::Enum(data) => {
                let tag = self.temp(Ty::INT);
                self.emit(Inst::Tag { dst: tag, object }, span);
                let targets: Vec<_> = data.variants.iter().map(|_| self.b.label()).collect();
                self.emit(Inst::Switch { value: tag, targets: targets.clone().into() }, span);
                self.emit(Inst::Unreachable {}, span);
                let mut fields = fields.into_iter();
                for (number, (shape, target)) in data.variants.iter().zip(targets).enumerate() {
                    self.bind(target);
                    let own: Vec<Ty> = fields.by_ref().take(shape.fields.len()).collect();
                    let variant = VariantIdx::new(number);
                    let load = |dst, field| Inst::LoadVariant { dst, object, variant, field };
                    self.fields_text(shape, &own, deeper, &load, span);
                }
            }
            _ => unreachable!("structs and variants are of a declared type"),
        }
    }

    fn fields_text(
        &mut self,
        shape: &VariantType,
        types: &[Ty],
        deeper: Reg,
        load: &dyn Fn(Reg, FieldIdx) -> Inst,
        span: Span,
    ) {
        if types.is_empty() {
            let name = self.low.out.str(&shape.name);
            let name = self.constant(TypeIdx::STR, name);
            return self.emit(Inst::Return { value: Some(name) }, span);
        }
        let named = !shape.fields[0].name.is_empty();
        let mut parts = vec![self.str(&format!("{}{}", shape.name, if named { " { " } else { "(" }))];
        for (position, (field, &ty)) in shape.fields.iter().zip(types).enumerate() {
            let comma = if position > 0 { ", " } else { "" };
            let label = if named { format!("{comma}{}: ", field.name) } else { comma.to_owned() };
            parts.push(self.str(&label));
            let part = self.temp(ty);
            self.emit(load(part, FieldIdx::new(position)), span);
            parts.push(self.inner_text(part, ty, deeper, span));
        }
        parts.push(self.str(if named { " }" } else { ")" }));
        self.return_text(parts, span);
    }
}
