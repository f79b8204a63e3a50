//! Numbers, truth values and conversions; on `any`, the runtime's.

use super::Translator;
use crate::ir::{Failure, IntCond, Op, Value};
use vitbc::{Inst, Reg, Type, TypeIdx};
use vitte_abi::functions::Helper;
use vitte_abi::object::Repr;

impl Translator<'_> {
    pub(super) fn add(&mut self, dst: Reg, a: Reg, b: Reg) {
        if self.ty(dst) == TypeIdx::STR {
            return self.str_concat(dst, &[a, b]);
        }
        self.binary(dst, a, b, Op::Add, Op::FAdd, Some(Helper::vt_any_add));
    }

    pub(super) fn plain_binary(&mut self, inst: &Inst) {
        match inst {
            Inst::Sub { dst, a, b } => self.binary(*dst, *a, *b, Op::Sub, Op::FSub, Some(Helper::vt_any_sub)),
            Inst::Mul { dst, a, b } => self.binary(*dst, *a, *b, Op::Mul, Op::FMul, Some(Helper::vt_any_mul)),
            Inst::And { dst, a, b } => self.binary(*dst, *a, *b, Op::And, Op::And, Some(Helper::vt_any_and)),
            Inst::Or { dst, a, b } => self.binary(*dst, *a, *b, Op::Or, Op::Or, Some(Helper::vt_any_or)),
            Inst::Xor { dst, a, b } => self.binary(*dst, *a, *b, Op::Xor, Op::Xor, Some(Helper::vt_any_xor)),
            Inst::Shl { dst, a, b } => self.binary(*dst, *a, *b, Op::Shl, Op::Shl, None),
            Inst::Shr { dst, a, b } => {
                let op = if self.is_signed(*dst) { Op::AShr } else { Op::LShr };
                self.binary(*dst, *a, *b, op.clone(), op, None);
            }
            Inst::Ushr { dst, a, b } => self.binary(*dst, *a, *b, Op::LShr, Op::LShr, None),
            Inst::Min { dst, a, b } => {
                let op = if self.is_signed(*dst) { Op::SMin } else { Op::UMin };
                self.binary(*dst, *a, *b, op, Op::FMin, None);
            }
            Inst::Max { dst, a, b } => {
                let op = if self.is_signed(*dst) { Op::SMax } else { Op::UMax };
                self.binary(*dst, *a, *b, op, Op::FMax, None);
            }
            other => unreachable!("not a binary operation: {other:?}"),
        }
    }

    fn is_signed(&self, reg: Reg) -> bool {
        self.env.module.ty(self.ty(reg)).is_signed()
    }

    /// `dst = a op b`, by the type of `dst`.
    fn binary(&mut self, dst: Reg, a: Reg, b: Reg, on_ints: Op, on_floats: Op, on_any: Option<Helper>) {
        let (a, b) = (self.read(a), self.read(b));
        let repr = self.repr_of(dst);
        let result = match (repr, on_any) {
            (Repr::Ref, Some(helper)) => self.helper(helper, vec![a, b]),
            (Repr::F32 | Repr::F64, _) => self.value(on_floats, vec![a, b], repr),
            _ => self.value(on_ints, vec![a, b], repr),
        };
        self.write(dst, result);
    }

    pub(super) fn unary(&mut self, inst: &Inst) {
        let (dst, src) = match inst {
            Inst::Neg { dst, src } | Inst::Not { dst, src } | Inst::Abs { dst, src } => (*dst, *src),
            Inst::Sqrt { dst, src } | Inst::Floor { dst, src } | Inst::Ceil { dst, src } => (*dst, *src),
            Inst::Trunc { dst, src } | Inst::Nearest { dst, src } | Inst::Popcnt { dst, src } => (*dst, *src),
            Inst::Clz { dst, src } | Inst::Ctz { dst, src } => (*dst, *src),
            other => unreachable!("not a unary operation: {other:?}"),
        };
        let value = self.read(src);
        let repr = self.repr_of(dst);
        let real = matches!(repr, Repr::F32 | Repr::F64);
        let op = match inst {
            Inst::Neg { .. } if repr == Repr::Ref => Op::Helper(Helper::vt_any_neg),
            Inst::Not { .. } if repr == Repr::Ref => Op::Helper(Helper::vt_any_not),
            Inst::Neg { .. } if real => Op::FNeg,
            Inst::Neg { .. } => Op::Neg,
            Inst::Not { .. } if self.ty(dst) == TypeIdx::BOOL => {
                let result = self.not(value);
                return self.write(dst, result);
            }
            Inst::Not { .. } => Op::Not,
            Inst::Abs { .. } if real => Op::FAbs,
            Inst::Abs { .. } if self.is_signed(dst) => Op::IAbs,
            Inst::Abs { .. } => return self.write(dst, value),
            Inst::Sqrt { .. } => Op::Sqrt,
            Inst::Floor { .. } => Op::Floor,
            Inst::Ceil { .. } => Op::Ceil,
            Inst::Trunc { .. } => Op::Trunc,
            Inst::Nearest { .. } => Op::Nearest,
            Inst::Popcnt { .. } => Op::Popcnt,
            Inst::Clz { .. } => Op::Clz,
            _ => Op::Ctz,
        };
        let result = match op {
            Op::Helper(helper) => self.helper(helper, vec![value]),
            _ => self.value(op, vec![value], repr),
        };
        self.write(dst, result);
    }

    /// `a / b`, or `a % b` if `remainder`.
    pub(super) fn divide(&mut self, dst: Reg, a: Reg, b: Reg, remainder: bool) {
        let (x, y) = (self.read(a), self.read(b));
        let repr = self.repr_of(dst);
        let result = match repr {
            Repr::Ref => {
                let helper = if remainder { Helper::vt_any_rem } else { Helper::vt_any_div };
                self.helper(helper, vec![x, y])
            }
            Repr::F32 | Repr::F64 if !remainder => self.value(Op::FDiv, vec![x, y], repr),
            Repr::F64 => self.helper(Helper::vt_fmod, vec![x, y]),
            Repr::F32 => {
                // Exact: the remainder of two `f32` is one.
                let x = self.value(Op::Promote, vec![x], Repr::F64);
                let y = self.value(Op::Promote, vec![y], Repr::F64);
                let result = self.helper(Helper::vt_fmod, vec![x, y]);
                self.value(Op::Demote, vec![result], Repr::F32)
            }
            _ => {
                if self.func.int_const(y).is_none_or(|divisor| divisor == 0) {
                    let zero = self.int(repr, 0);
                    let failed = self.icmp(IntCond::Eq, y, zero);
                    self.check(failed, Failure::Divide, &[]);
                }
                let op = match (remainder, self.is_signed(dst)) {
                    (false, true) => Op::SDiv,
                    (false, false) => Op::UDiv,
                    (true, true) => Op::SRem,
                    (true, false) => Op::URem,
                };
                self.value(op, vec![x, y], repr)
            }
        };
        self.write(dst, result);
    }

    pub(super) fn convert(&mut self, dst: Reg, src: Reg) {
        let value = self.read(src);
        let (from, to) = (self.env.module.ty(self.ty(src)), self.env.module.ty(self.ty(dst)));
        let result = self.converted(value, from, to, self.repr_of(dst));
        self.write(dst, result);
    }

    fn converted(&mut self, value: Value, from: &Type, to: &Type, repr: Repr) -> Value {
        let own = self.func.repr(value);
        match (from.is_real(), to.is_real()) {
            (true, true) if own == repr => value,
            (true, true) if repr == Repr::F64 => self.value(Op::Promote, vec![value], repr),
            (true, true) => self.value(Op::Demote, vec![value], repr),
            (true, false) if to.is_signed() => self.value(Op::FToS(repr), vec![value], repr),
            (true, false) => self.value(Op::FToU(repr), vec![value], repr),
            (false, true) => {
                let wide = self.extended(value, from, Repr::I64);
                let op = if own == Repr::I64 && !from.is_signed() { Op::UToF(repr) } else { Op::SToF(repr) };
                self.value(op, vec![wide], repr)
            }
            (false, false) if own.size() > repr.size() => self.value(Op::Reduce(repr), vec![value], repr),
            (false, false) => self.extended(value, from, repr),
        }
    }

    /// An integer of type `ty` in a representation that is not narrower.
    fn extended(&mut self, value: Value, ty: &Type, repr: Repr) -> Value {
        match self.func.repr(value) == repr {
            true => value,
            false if ty.is_signed() => self.value(Op::SExt(repr), vec![value], repr),
            false => self.value(Op::ZExt(repr), vec![value], repr),
        }
    }

    pub(super) fn bitcast(&mut self, dst: Reg, src: Reg) {
        let value = self.read(src);
        let repr = self.repr_of(dst);
        let result = match self.func.repr(value) == repr {
            true => value,
            false => self.value(Op::Bitcast(repr), vec![value], repr),
        };
        self.write(dst, result);
    }
}
