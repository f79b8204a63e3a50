//! Scalars as traced words: immediate where that is possible, else boxed.

use crate::object::Obj;
use crate::process::Process;
use crate::word::Word;
use vitte_abi::TypeId;
use vitte_abi::object::{BOX_SIZE, offset, type_id, word};

impl Process {
    /// A new box of a scalar.
    pub fn new_box(&self, ty: TypeId, bits: u64) -> Obj<'_> {
        let object = self.new_object(ty, 0, BOX_SIZE);
        object.set_raw(offset::BOX_VALUE, bits);
        object
    }

    /// The `any` word of a value of type `ty`, given by its slot bits.
    pub fn any(&self, ty: TypeId, bits: u64) -> Word {
        let immediate = match ty {
            type_id::INT => word::from_int(bits as i64),
            type_id::FLOAT => word::from_float_bits(bits),
            type_id::U64 | type_id::PID | type_id::MONITOR_REF | type_id::PTR => None,
            _ if self.runtime().is_scalar(ty) => Some(word::from_small(ty, bits)),
            _ => return Word(bits),
        };
        immediate.map_or_else(|| self.new_box(ty, bits).word(), Word)
    }
}

/// The word of an int.
pub fn box_int(p: &Process, value: i64) -> Word {
    p.any(type_id::INT, value as u64)
}

/// The word of a float.
pub fn box_float(p: &Process, value: f64) -> Word {
    p.any(type_id::FLOAT, value.to_bits())
}

/// A box of a scalar, for trait objects.
pub fn box_scalar(p: &Process, bits: u64, ty: TypeId) -> Obj<'_> {
    p.new_box(ty, bits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Types;

    #[test]
    fn scalars_survive_boxing() {
        let p = Types::new().process();
        for value in [0, 1, -1, i64::MAX >> 1, i64::MIN >> 1, i64::MAX, i64::MIN] {
            let word = box_int(&p, value);
            assert_eq!((word.ty(&p), word.bits(&p) as i64), (Some(type_id::INT), value));
            assert_eq!(word.is_object(), value << 1 >> 1 != value);
        }
        for value in [0.0, -0.0, 1.5, -1e300, f64::NAN, f64::INFINITY, 5e-324] {
            let word = box_float(&p, value);
            assert_eq!((word.ty(&p), word.bits(&p)), (Some(type_id::FLOAT), value.to_bits()));
        }
        for (ty, bits) in
            [(type_id::BOOL, 1), (type_id::I8, -5i64 as u64), (type_id::F32, 0x7fc0_0000), (type_id::UNIT, 0)]
        {
            let word = p.any(ty, bits);
            assert_eq!((word.ty(&p), word.bits(&p), word.is_object()), (Some(ty), bits, false));
            let boxed = box_scalar(&p, bits, ty).word();
            assert_eq!((boxed.ty(&p), boxed.bits(&p)), (Some(ty), bits));
        }
        let word = p.any(type_id::U64, u64::MAX);
        assert_eq!((word.ty(&p), word.bits(&p)), (Some(type_id::U64), u64::MAX));
    }
}
