//! Structs, tuples, enums, optionals, `any` and trait objects.

use super::Translator;
use crate::ir::{Failure, IntCond, Op, Region, Value};
use vitbc::{FieldIdx, Reg, Type, TypeIdx, VariantIdx};
use vitte_abi::functions::Helper;
use vitte_abi::object::Repr;

impl Translator<'_> {
    pub(super) fn alloc(&mut self, dst: Reg, ty: TypeIdx, tag: u16, fields: &[Reg]) {
        let fields = self.read_all(fields);
        let object = self.raising(Op::New(ty.0, tag), fields, Repr::Ref);
        self.write_result(Some(dst), object);
    }

    /// Where a field of a struct or tuple stands, how it is held, and which memory it is.
    fn place(&self, ty: TypeIdx, field: FieldIdx) -> (u32, Repr, Region) {
        let (offset, repr) = self.env.layout.field(self.env.layout.record(ty), field);
        let region = match self.env.module.ty(ty) {
            Type::Struct(_) => Region::Field(ty, field.0),
            _ => Region::Immutable,
        };
        (offset, repr, region)
    }

    pub(super) fn load_field(&mut self, dst: Reg, object: Reg, field: FieldIdx) {
        let (offset, repr, region) = self.place(self.ty(object), field);
        if repr == Repr::Unit {
            return;
        }
        let object = self.read(object);
        let value = self.value(Op::Load(repr, offset, region), vec![object], repr);
        self.write(dst, value);
    }

    pub(super) fn store_field(&mut self, object: Reg, field: FieldIdx, value: Reg) {
        let (offset, repr, region) = self.place(self.ty(object), field);
        let (object, Some(value)) = (self.read(object), self.try_read(value)) else { return };
        if self.needs_barrier(value, repr) {
            self.effect(Op::Barrier(offset), vec![object]);
        }
        self.effect(Op::Store(offset, region), vec![object, value]);
    }

    /// Whether the collector has to know that the value is stored: not if it is an immediate.
    pub(super) fn needs_barrier(&self, value: Value, repr: Repr) -> bool {
        repr == Repr::Ref && self.func.word_const(value).is_none()
    }

    pub(super) fn tag(&mut self, dst: Reg, object: Reg) {
        let object = self.read(object);
        let tag = self.load_tag(object);
        let tag = self.value(Op::ZExt(Repr::I64), vec![tag], Repr::I64);
        self.write(dst, tag);
    }

    pub(super) fn load_variant(&mut self, dst: Reg, object: Reg, variant: VariantIdx, field: FieldIdx) {
        let ty = self.ty(object);
        let Type::Enum(declared) = self.env.module.ty(ty) else { unreachable!("verified: {object} is an enum") };
        let n_variants = declared.variants.len();
        let (offset, repr) = self.env.layout.field(self.env.layout.variant(ty, variant), field);
        let mut object = self.read(object);
        if n_variants > 1 {
            let tag = self.load_tag(object);
            // Tags are 16 bits; the constant is sign-extended.
            let wanted = self.int(Repr::I16, i64::from(variant.0 as u16 as i16));
            let failed = self.icmp(IntCond::Ne, tag, wanted);
            self.check(failed, Failure::Variant(variant.0 as u16), &[object]);
            object = self.value(Op::Refine, vec![object], Repr::Ref);
        }
        if repr != Repr::Unit {
            let value = self.value(Op::Load(repr, offset, Region::Immutable), vec![object], repr);
            self.write(dst, value);
        }
    }

    /// Into an optional or `any`: scalars are boxed, the others are words already.
    pub(super) fn wrap(&mut self, dst: Reg, src: Reg) {
        let ty = self.ty(src);
        let value = self.read(src);
        let word = self.word_of(value, ty);
        self.write(dst, word);
    }

    pub(super) fn unwrap(&mut self, dst: Reg, src: Reg) {
        let word = self.read(src);
        let is_nil = self.compare_with_nil(word);
        self.check(is_nil, Failure::Nil, &[]);
        let value = self.narrowed(word, self.ty(dst));
        self.write(dst, value);
    }

    /// The value of type `ty` in a word that is known to hold one.
    fn narrowed(&mut self, word: Value, ty: TypeIdx) -> Value {
        match self.env.layout.repr(ty) {
            Repr::Ref => self.value(Op::Refine, vec![word], Repr::Ref),
            repr => self.value(Op::Unbox(ty.0), vec![word], repr),
        }
    }

    pub(super) fn is_nil(&mut self, dst: Reg, src: Reg) {
        let word = self.read(src);
        let result = self.compare_with_nil(word);
        self.write(dst, result);
    }

    pub(super) fn narrow_any(&mut self, dst: Reg, src: Reg) {
        let ty = self.ty(dst);
        let word = self.read(src);
        let value = match self.env.module.ty(ty) {
            Type::Any => word,
            // A trait object is never an immediate, so that it has a type to dispatch on.
            Type::Trait(_) => self.checked_by_runtime(word, ty),
            Type::Optional(inner) if matches!(self.env.module.ty(*inner), Type::Trait(_)) => {
                self.checked_by_runtime(word, ty)
            }
            Type::Optional(inner) => {
                let is_nil = self.compare_with_nil(word);
                let is_type = self.value(Op::IsType(inner.0), vec![word], Repr::I8);
                let fits = self.value(Op::Or, vec![is_nil, is_type], Repr::I8);
                self.check_type(fits, word, ty);
                word
            }
            _ => {
                let fits = self.value(Op::IsType(ty.0), vec![word], Repr::I8);
                self.check_type(fits, word, ty);
                self.narrowed(word, ty)
            }
        };
        self.write(dst, value);
    }

    fn checked_by_runtime(&mut self, word: Value, ty: TypeIdx) -> Value {
        let id = self.type_id(ty);
        self.helper_of(Helper::vt_from_any, vec![word, id], ty)
    }

    fn check_type(&mut self, fits: Value, word: Value, ty: TypeIdx) {
        let failed = self.not(fits);
        self.check(failed, Failure::Type(ty.0), &[word]);
    }

    pub(super) fn is_type(&mut self, dst: Reg, src: Reg, ty: TypeIdx) {
        let word = self.read(src);
        let result = self.value(Op::IsType(ty.0), vec![word], Repr::I8);
        self.write(dst, result);
    }

    pub(super) fn make_trait_object(&mut self, dst: Reg, src: Reg) {
        let ty = self.ty(src);
        let value = self.read(src);
        let object = match self.func.repr(value) {
            Repr::Ref => value,
            _ => {
                let bits = self.slot_of(value, ty);
                let id = self.type_id(ty);
                self.helper(Helper::vt_box, vec![bits, id])
            }
        };
        self.write(dst, object);
    }
}
