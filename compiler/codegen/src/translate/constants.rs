//! Constants, which are wrapped when they go into an optional or `any`.

use super::Translator;
use crate::ir::{Op, Value};
use vitbc::{Const, Reg, StrIdx, Type, TypeIdx};
use vitte_abi::functions::Helper;
use vitte_abi::object::{Repr, type_id, word};

impl Translator<'_> {
    pub(super) fn load_const(&mut self, dst: Reg, constant: Const) {
        if constant == Const::Unit {
            return;
        }
        let value = match self.env.module.ty(self.ty(dst)) {
            Type::Any | Type::Optional(_) if constant == Const::Nil => self.nil(),
            Type::Any => {
                let ty = match constant {
                    Const::Bool(_) => TypeIdx::BOOL,
                    Const::Int(_) => TypeIdx::INT,
                    Const::Float(_) => TypeIdx::FLOAT,
                    Const::Str(_) => TypeIdx::STR,
                    Const::Data(_) => TypeIdx::BYTES,
                    Const::Unit | Const::Nil => unreachable!("handled above"),
                };
                self.wrapped(constant, ty)
            }
            Type::Optional(inner) => self.wrapped(constant, *inner),
            _ => self.constant(constant, self.ty(dst)),
        };
        self.write(dst, value);
    }

    /// A constant as a traced word.
    fn wrapped(&mut self, constant: Const, ty: TypeIdx) -> Value {
        let value = self.constant(constant, ty);
        self.word_of(value, ty)
    }

    /// A value of type `ty` as a traced word.
    pub(super) fn word_of(&mut self, value: Value, ty: TypeIdx) -> Value {
        if self.func.repr(value) == Repr::Ref {
            return value;
        }
        match self.func.def_inst(value).and_then(|inst| immediate(&inst.op, ty)) {
            Some(word) => self.value(Op::Word(word), vec![], Repr::Ref),
            None => self.value(Op::Box(ty.0), vec![value], Repr::Ref),
        }
    }

    /// A constant of a type that is neither an optional nor `any`.
    fn constant(&mut self, constant: Const, ty: TypeIdx) -> Value {
        let repr = self.env.layout.repr(ty);
        let module = self.env.module;
        match constant {
            Const::Bool(value) => self.int(Repr::I8, i64::from(value)),
            Const::Int(idx) => {
                let number = module.ints[idx.index()];
                let number = match repr {
                    Repr::I8 => i64::from(number as i8),
                    Repr::I16 => i64::from(number as i16),
                    Repr::I32 => i64::from(number as i32),
                    _ => number,
                };
                self.int(repr, number)
            }
            Const::Float(idx) => {
                let bits = module.floats[idx.index()];
                let bits = match repr {
                    Repr::F32 => u64::from((f64::from_bits(bits) as f32).to_bits()),
                    _ => bits,
                };
                self.value(Op::Float(repr, bits), vec![], repr)
            }
            Const::Str(idx) => self.str_const(idx),
            Const::Data(idx) => {
                let data = &module.data[idx.index()];
                let (id, size) = (self.type_id(ty), self.int(Repr::I64, data.len() as i64));
                let address = self.value(Op::Bytes(data.as_slice().into()), vec![], Repr::I64);
                self.helper(Helper::vt_list_of_data, vec![id, address, size])
            }
            Const::Unit | Const::Nil => unreachable!("verified: {constant:?} is of no such type"),
        }
    }

    pub(super) fn table_get(&mut self, dst: Reg, table: Const, index: Reg) {
        let Const::Data(idx) = table else { unreachable!("verified: {table:?} is a byte sequence") };
        let (data, repr) = (&self.env.module.data[idx.index()], self.repr_of(dst));
        let index = self.read(index);
        let len = self.int(Repr::I64, (data.len() / repr.size() as usize) as i64);
        self.check_index(index, len);
        let address = self.value(Op::Bytes(data.as_slice().into()), vec![], Repr::I64);
        let item = self.value(Op::LoadTable(repr), vec![address, index], repr);
        self.write(dst, item);
    }

    fn str_const(&mut self, idx: StrIdx) -> Value {
        self.value(Op::Str(idx), vec![], Repr::Ref)
    }
}

/// The immediate word of a constant of type `ty`, if it has one.
pub(crate) fn immediate(op: &Op, ty: TypeIdx) -> Option<u64> {
    match (ty.0, op) {
        (type_id::INT, Op::Int(_, number)) => word::from_int(*number),
        (type_id::FLOAT, Op::Float(_, bits)) => word::from_float_bits(*bits),
        (type_id::U64 | type_id::PID | type_id::MONITOR_REF | type_id::PTR, _) => None,
        (_, Op::Int(Repr::I8, number)) => Some(word::from_small(ty.0, small_bits(ty, *number, 8))),
        (_, Op::Int(Repr::I16, number)) => Some(word::from_small(ty.0, small_bits(ty, *number, 16))),
        (_, Op::Int(Repr::I32, number)) => Some(word::from_small(ty.0, small_bits(ty, *number, 32))),
        (type_id::F32, Op::Float(_, bits)) => Some(word::from_small(ty.0, *bits)),
        _ => None,
    }
}

/// The slot bits of a constant: it is sign-extended in the instruction.
fn small_bits(ty: TypeIdx, number: i64, width: u32) -> u64 {
    match ty.0 {
        type_id::I8 | type_id::I16 | type_id::I32 => number as u64,
        _ => number as u64 & ((1 << width) - 1),
    }
}
