//! Constants, as the slot bits that they become.

use super::Decoder;
use crate::op::{Op, Scalar, Slot};
use vitbc::{Const, Type, TypeIdx};
use vitte_abi::TypeId;
use vitte_abi::object::{type_id, word};

impl Decoder<'_, '_> {
    /// The loading of a constant into a register of type `ty`: into an `any` or optional it is wrapped.
    pub(super) fn constant(&mut self, dst: Slot, value: Const, ty: TypeIdx) -> Op {
        let (inner, wrapped) = match self.module.ty(ty) {
            Type::Optional(inner) => (*inner, true),
            Type::Any => (own_type(value), true),
            _ => (ty, false),
        };
        let bits = match value {
            Const::Unit | Const::Nil => return Op::Const { dst, bits: 0 },
            Const::Str(idx) => return Op::LoadStr { dst, index: idx.0 },
            Const::Data(idx) => return Op::LoadData { dst, index: idx.0, ty: inner.0 },
            Const::Bool(value) => u64::from(value),
            // Signed and unsigned integers alike: the number fits the type, so these are its slot bits.
            Const::Int(idx) => self.module.ints[idx.index()] as u64,
            Const::Float(idx) => match self.module.floats[idx.index()] {
                bits if inner == TypeIdx::F32 => u64::from((f64::from_bits(bits) as f32).to_bits()),
                bits => bits,
            },
        };
        if !wrapped {
            return Op::Const { dst, bits };
        }
        match immediate(inner.0, bits) {
            Some(bits) => Op::Const { dst, bits },
            None => {
                self.func.bits.push(bits);
                Op::LoadBoxed { dst, ty: inner.0 as Scalar, index: self.func.bits.len() as u32 - 1 }
            }
        }
    }
}

/// The type that a constant has in an `any`.
fn own_type(value: Const) -> TypeIdx {
    match value {
        Const::Unit | Const::Nil => TypeIdx::UNIT,
        Const::Bool(_) => TypeIdx::BOOL,
        Const::Int(_) => TypeIdx::INT,
        Const::Float(_) => TypeIdx::FLOAT,
        Const::Str(_) => TypeIdx::STR,
        Const::Data(_) => TypeIdx::BYTES,
    }
}

/// The word of a scalar, unless it needs a box.
fn immediate(ty: TypeId, bits: u64) -> Option<u64> {
    match ty {
        type_id::INT => word::from_int(bits as i64),
        type_id::FLOAT => word::from_float_bits(bits),
        type_id::U64 | type_id::PID | type_id::MONITOR_REF | type_id::PTR => None,
        _ => Some(word::from_small(ty, bits)),
    }
}
