//! Equality, order and hashes.

use super::Translator;
use crate::ir::{FloatCond, IntCond, Op, Region, Value};
use vitbc::{Inst, Reg, Type, TypeIdx};
use vitte_abi::functions::Helper;
use vitte_abi::object::{Repr, offset};

impl Translator<'_> {
    /// `dst = a == b`, or its negation.
    pub(super) fn equal(&mut self, dst: Reg, a: Reg, b: Reg, negated: bool) {
        let ty = self.ty(a);
        let (a, b) = (self.read(a), self.read(b));
        let (int_cond, float_cond) = match negated {
            false => (IntCond::Eq, FloatCond::Eq),
            true => (IntCond::Ne, FloatCond::Ne),
        };
        let result = match self.env.module.ty(ty) {
            own if own.is_real() => self.fcmp(float_cond, a, b),
            own if own.is_scalar() || self.has_identity(ty) => self.icmp(int_cond, a, b),
            Type::Enum(declared) if declared.variants.iter().all(|variant| variant.fields.is_empty()) => {
                let (a, b) = (self.load_tag(a), self.load_tag(b));
                self.icmp(int_cond, a, b)
            }
            Type::Str => {
                let equal = self.str_equal(a, b);
                if negated { self.not(equal) } else { equal }
            }
            _ => {
                let id = self.type_id(ty);
                let equal = self.helper_bool(Helper::vt_eq, vec![a, b, id]);
                if negated { self.not(equal) } else { equal }
            }
        };
        self.write(dst, result);
    }

    /// Whether values of the type are equal only to themselves.
    fn has_identity(&self, ty: TypeIdx) -> bool {
        match self.env.module.ty(ty) {
            Type::Struct(_) | Type::Fn(_) | Type::Trait(_) => true,
            Type::Optional(inner) => self.has_identity(*inner),
            _ => false,
        }
    }

    /// The tag of an enum value, `I16`.
    pub(super) fn load_tag(&mut self, object: Value) -> Value {
        self.value(Op::Load(Repr::I16, offset::TAG, Region::Immutable), vec![object], Repr::I16)
    }

    fn str_equal(&mut self, a: Value, b: Value) -> Value {
        self.helper_bool(Helper::vt_str_eq, vec![a, b])
    }

    pub(super) fn order(&mut self, inst: &Inst) {
        let (dst, a, b, signed, unsigned, float) = match inst {
            Inst::Lt { dst, a, b } => (*dst, *a, *b, IntCond::Slt, IntCond::Ult, FloatCond::Lt),
            Inst::Le { dst, a, b } => (*dst, *a, *b, IntCond::Sle, IntCond::Ule, FloatCond::Le),
            Inst::Gt { dst, a, b } => (*dst, *a, *b, IntCond::Sgt, IntCond::Ugt, FloatCond::Gt),
            Inst::Ge { dst, a, b } => (*dst, *a, *b, IntCond::Sge, IntCond::Uge, FloatCond::Ge),
            other => unreachable!("not a comparison: {other:?}"),
        };
        let ty = self.env.module.ty(self.ty(a));
        let (a, b) = (self.read(a), self.read(b));
        let result = match ty {
            Type::Any => match inst {
                Inst::Lt { .. } => self.helper_bool(Helper::vt_any_lt, vec![a, b]),
                Inst::Le { .. } => self.helper_bool(Helper::vt_any_le, vec![a, b]),
                Inst::Gt { .. } => self.helper_bool(Helper::vt_any_lt, vec![b, a]),
                _ => self.helper_bool(Helper::vt_any_le, vec![b, a]),
            },
            Type::Str => {
                let compared = self.helper(Helper::vt_str_compare, vec![a, b]);
                let zero = self.int(Repr::I64, 0);
                self.icmp(signed, compared, zero)
            }
            own if own.is_real() => self.fcmp(float, a, b),
            own if own.is_signed() => self.icmp(signed, a, b),
            _ => self.icmp(unsigned, a, b),
        };
        self.write(dst, result);
    }

    pub(super) fn same(&mut self, dst: Reg, a: Reg, b: Reg) {
        let (a, b) = (self.read(a), self.read(b));
        let result = self.icmp(IntCond::Eq, a, b);
        self.write(dst, result);
    }

    pub(super) fn hash(&mut self, dst: Reg, src: Reg) {
        let ty = self.ty(src);
        let value = self.read(src);
        let bits = self.slot_of(value, ty);
        let id = self.type_id(ty);
        let result = self.helper(Helper::vt_hash, vec![bits, id]);
        self.write(dst, result);
    }
}
