//! Constants, arithmetic, comparisons and conversions.

use super::{Emitter, machine_type};
use crate::clif::region::Memory;
use crate::ir::{self, FloatCond, IntCond, Op, Region};
use crate::symbol::Symbol;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::immediates::{Ieee32, Ieee64};
use cranelift_codegen::ir::{InstBuilder, InstructionData, MemFlagsData, Opcode, Value, ValueDef, types};
use vitte_abi::object::Repr;

impl Emitter<'_> {
    /// Translates an instruction whose result depends on nothing but its operands.
    pub(super) fn plain(&mut self, data: &ir::InstData, wanted: Option<Repr>) -> Value {
        let a = |emitter: &Self| emitter.arg(data, 0);
        let b = |emitter: &Self| emitter.arg(data, 1);
        macro_rules! unary {
            ($name:ident) => {{
                let a = a(self);
                self.b.ins().$name(a)
            }};
        }
        macro_rules! binary {
            ($name:ident) => {{
                let (a, b) = (a(self), b(self));
                self.b.ins().$name(a, b)
            }};
        }
        macro_rules! convert {
            ($name:ident, $repr:expr) => {{
                let a = a(self);
                self.b.ins().$name(machine_type($repr), a)
            }};
        }
        match data.op {
            Op::Int(..) | Op::Float(..) | Op::Word(_) | Op::Str(_) | Op::Bytes(_) | Op::Extern(_) | Op::Callback(_) => {
                self.constant(&data.op)
            }
            Op::Add => binary!(iadd),
            Op::Sub => binary!(isub),
            Op::Mul => binary!(imul),
            Op::SDiv | Op::SRem => self.signed_division(data),
            Op::UDiv => binary!(udiv),
            Op::URem => binary!(urem),
            Op::And => binary!(band),
            Op::Or => binary!(bor),
            Op::Xor => binary!(bxor),
            Op::Shl => binary!(ishl),
            Op::AShr => binary!(sshr),
            Op::LShr => binary!(ushr),
            Op::Neg => unary!(ineg),
            Op::Not => unary!(bnot),
            Op::SMin => binary!(smin),
            Op::SMax => binary!(smax),
            Op::UMin => binary!(umin),
            Op::UMax => binary!(umax),
            Op::IAbs => unary!(iabs),
            Op::Clz => unary!(clz),
            Op::Ctz => unary!(ctz),
            Op::Popcnt => unary!(popcnt),
            Op::ICmp(condition) => {
                let (a, b) = (a(self), b(self));
                self.b.ins().icmp(int_condition(condition), a, b)
            }
            Op::FAdd => binary!(fadd),
            Op::FSub => {
                let (a, b) = (self.stored_float(data.args[0]), b(self));
                self.b.ins().fsub(a, b)
            }
            Op::FMul => binary!(fmul),
            Op::FDiv => {
                let (a, b) = (self.stored_float(data.args[0]), b(self));
                self.b.ins().fdiv(a, b)
            }
            Op::FNeg => unary!(fneg),
            Op::FAbs => unary!(fabs),
            Op::FMin => binary!(fmin),
            Op::FMax => binary!(fmax),
            Op::Sqrt => unary!(sqrt),
            Op::Floor => unary!(floor),
            Op::Ceil => unary!(ceil),
            Op::Trunc => unary!(trunc),
            Op::Nearest => unary!(nearest),
            Op::FCmp(condition) => {
                let (a, b) = (self.stored_float(data.args[0]), self.stored_float(data.args[1]));
                self.b.ins().fcmp(float_condition(condition), a, b)
            }
            Op::SExt(repr) => convert!(sextend, repr),
            Op::ZExt(repr) => convert!(uextend, repr),
            Op::Reduce(repr) => convert!(ireduce, repr),
            Op::SToF(repr) => {
                let value = a(self);
                let value = self.at_least_32_bits(value, true);
                self.b.ins().fcvt_from_sint(machine_type(repr), value)
            }
            Op::UToF(repr) => {
                let value = a(self);
                let value = self.at_least_32_bits(value, false);
                self.b.ins().fcvt_from_uint(machine_type(repr), value)
            }
            Op::FToS(repr) => self.float_to_signed(a(self), repr),
            Op::FToU(repr) => self.float_to_unsigned(a(self), repr),
            Op::Promote => convert!(fpromote, Repr::F64),
            Op::Demote => convert!(fdemote, Repr::F32),
            Op::Bitcast(repr) => {
                let value = a(self);
                let ty = machine_type(repr);
                if self.b.func.dfg.value_type(value) == ty {
                    return value;
                }
                self.b.ins().bitcast(ty, MemFlagsData::new(), value)
            }
            Op::Refine => a(self),
            Op::Select => {
                let (condition, then, other) = (a(self), b(self), self.arg(data, 2));
                self.b.ins().select(condition, then, other)
            }
            ref other => unreachable!("{other:?} with {wanted:?} is not plain"),
        }
    }

    fn constant(&mut self, op: &Op) -> Value {
        match op {
            Op::Int(repr, value) => {
                // Cranelift wants constants of narrow types zero-extended.
                let value = match repr.size() {
                    8 => *value,
                    size => *value & ((1 << (size * 8)) - 1),
                };
                self.b.ins().iconst(machine_type(*repr), value)
            }
            Op::Float(Repr::F32, bits) => self.b.ins().f32const(Ieee32::with_bits(*bits as u32)),
            Op::Float(_, bits) => self.b.ins().f64const(Ieee64::with_bits(*bits)),
            Op::Word(word) => self.word(*word),
            Op::Str(idx) => self.address(Symbol::Str(*idx)),
            Op::Bytes(bytes) => self.bytes(bytes),
            Op::Extern(idx) => {
                let slot = self.address(Symbol::ExternSlot(*idx));
                let flags = self.regions.flags(&mut self.b, Memory::Object(Region::Immutable));
                self.b.ins().load(types::I64, flags, slot, 0)
            }
            Op::Callback(func) => self.address(Symbol::Callback(*func)),
            other => unreachable!("{other:?} is no constant"),
        }
    }

    /// The address of constant bytes.
    fn bytes(&mut self, bytes: &[u8]) -> Value {
        let all = &mut self.bytes;
        let index = *self.known_bytes.entry(bytes.into()).or_insert_with(|| {
            all.push(bytes.into());
            all.len() as u32 - 1
        });
        self.address(Symbol::Bytes(index))
    }

    /// An operand for which there is no form in memory. A constant is loaded: Cranelift does that before a loop, but would
    /// make a constant anew each time round, by way of an integer.
    fn stored_float(&mut self, value: ir::Value) -> Value {
        let (ty, bytes) = match self.function.def_inst(value).map(|made| &made.op) {
            Some(&Op::Float(Repr::F32, bits)) if bits != 0 => (types::F32, (bits as u32).to_le_bytes().to_vec()),
            Some(&Op::Float(_, bits)) if bits != 0 => (types::F64, bits.to_le_bytes().to_vec()),
            _ => return self.value(value),
        };
        let address = self.bytes(&bytes);
        let flags = MemFlagsData::trusted().with_readonly().with_can_move();
        self.b.ins().load(ty, flags, address, 0)
    }

    /// `MIN / -1` wraps, where Cranelift's division would trap: -1 divides as 1 does, with the sign changed.
    fn signed_division(&mut self, data: &ir::InstData) -> Value {
        let (a, b) = (self.arg(data, 0), self.arg(data, 1));
        let ty = self.b.func.dfg.value_type(b);
        let divides = data.op == Op::SDiv;
        match self.known_int(b) {
            Some(-1) if divides => return self.b.ins().ineg(a),
            Some(-1) => return self.b.ins().iconst(ty, 0),
            Some(value) if value != 0 => {
                return if divides { self.b.ins().sdiv(a, b) } else { self.b.ins().srem(a, b) };
            }
            _ => {}
        }
        let minus_one = self.b.ins().icmp_imm_s(IntCC::Equal, b, -1);
        let one = self.b.ins().iconst(ty, 1);
        let divisor = self.b.ins().select(minus_one, one, b);
        if !divides {
            return self.b.ins().srem(a, divisor);
        }
        let negated = self.b.ins().ineg(a);
        let quotient = self.b.ins().sdiv(a, divisor);
        self.b.ins().select(minus_one, negated, quotient)
    }

    /// The value of a constant, sign-extended.
    fn known_int(&self, value: Value) -> Option<i64> {
        let dfg = &self.b.func.dfg;
        let ValueDef::Result(inst, 0) = dfg.value_def(value) else { return None };
        let InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } = dfg.insts[inst] else { return None };
        let unused = 64 - dfg.value_type(value).bits();
        Some(imm.bits() << unused >> unused)
    }

    fn at_least_32_bits(&mut self, value: Value, signed: bool) -> Value {
        match self.b.func.dfg.value_type(value) {
            types::I8 | types::I16 if signed => self.b.ins().sextend(types::I32, value),
            types::I8 | types::I16 => self.b.ins().uextend(types::I32, value),
            _ => value,
        }
    }

    fn float_to_signed(&mut self, value: Value, repr: Repr) -> Value {
        let ty = machine_type(repr);
        if repr.size() >= 4 {
            return self.b.ins().fcvt_to_sint_sat(ty, value);
        }
        let wide = self.b.ins().fcvt_to_sint_sat(types::I32, value);
        let max = (1i64 << (repr.size() * 8 - 1)) - 1;
        let upper = self.b.ins().iconst(types::I32, max);
        let lower = self.b.ins().iconst(types::I32, (-max - 1) & 0xffff_ffff);
        let clamped = self.b.ins().smin(wide, upper);
        let clamped = self.b.ins().smax(clamped, lower);
        self.b.ins().ireduce(ty, clamped)
    }

    fn float_to_unsigned(&mut self, value: Value, repr: Repr) -> Value {
        let ty = machine_type(repr);
        if repr.size() >= 4 {
            return self.b.ins().fcvt_to_uint_sat(ty, value);
        }
        let wide = self.b.ins().fcvt_to_uint_sat(types::I32, value);
        let upper = self.b.ins().iconst(types::I32, (1i64 << (repr.size() * 8)) - 1);
        let clamped = self.b.ins().umin(wide, upper);
        self.b.ins().ireduce(ty, clamped)
    }

    /// A value for code that is never reached.
    pub(super) fn zero(&mut self, repr: Repr) -> Value {
        match repr {
            Repr::F32 => self.b.ins().f32const(Ieee32::with_bits(0)),
            Repr::F64 => self.b.ins().f64const(Ieee64::with_bits(0)),
            _ => self.b.ins().iconst(machine_type(repr), 0),
        }
    }
}

fn int_condition(condition: IntCond) -> IntCC {
    match condition {
        IntCond::Eq => IntCC::Equal,
        IntCond::Ne => IntCC::NotEqual,
        IntCond::Slt => IntCC::SignedLessThan,
        IntCond::Sle => IntCC::SignedLessThanOrEqual,
        IntCond::Sgt => IntCC::SignedGreaterThan,
        IntCond::Sge => IntCC::SignedGreaterThanOrEqual,
        IntCond::Ult => IntCC::UnsignedLessThan,
        IntCond::Ule => IntCC::UnsignedLessThanOrEqual,
        IntCond::Ugt => IntCC::UnsignedGreaterThan,
        IntCond::Uge => IntCC::UnsignedGreaterThanOrEqual,
    }
}

fn float_condition(condition: FloatCond) -> FloatCC {
    match condition {
        FloatCond::Eq => FloatCC::Equal,
        FloatCond::Ne => FloatCC::NotEqual,
        FloatCond::Lt => FloatCC::LessThan,
        FloatCond::Le => FloatCC::LessThanOrEqual,
        FloatCond::Gt => FloatCC::GreaterThan,
        FloatCond::Ge => FloatCC::GreaterThanOrEqual,
    }
}
