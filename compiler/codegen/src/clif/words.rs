//! `any` words: scalars as words, and back. The encoding is told in [`vitte_abi::object`].

use super::{Emitter, machine_type};
use crate::clif::region::Memory;
use crate::ir::{self, Region};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{BlockArg, InstBuilder, MemFlagsData, Value, types};
use vitbc::TypeIdx;
use vitte_abi::TypeId;
use vitte_abi::functions::Helper;
use vitte_abi::object::{Repr, offset, type_id, word};
use vitte_abi::types::Shape;

/// The lower bits by which immediates are told apart.
const SMALL_MASK: u64 = 0xff;

impl Emitter<'_> {
    /// The word of a scalar of type `ty`.
    pub(super) fn box_word(&mut self, ty: TypeId, data: &ir::InstData) -> Value {
        match ty {
            type_id::UNIT => self.word(word::from_small(type_id::UNIT, 0)),
            type_id::INT => self.box_int(self.arg(data, 0)),
            type_id::FLOAT => self.box_float(self.arg(data, 0)),
            type_id::BOOL
            | type_id::I8
            | type_id::I16
            | type_id::I32
            | type_id::U8
            | type_id::U16
            | type_id::U32
            | type_id::F32 => {
                let bits = self.slot_bits(ty, self.arg(data, 0));
                let high = self.b.ins().ishl_imm_u(bits, 32);
                self.b.ins().bor_imm_u(high, word::from_small(ty, 0) as i64)
            }
            _ => {
                let args = [self.arg(data, 0), self.int(i64::from(ty))];
                self.call_helper(Helper::vt_to_any, &args).expect("a word")
            }
        }
    }

    fn box_int(&mut self, value: Value) -> Value {
        let shifted = self.b.ins().ishl_imm_u(value, 1);
        let back = self.b.ins().sshr_imm_u(shifted, 1);
        let fits = self.b.ins().icmp(IntCC::Equal, back, value);
        let small = self.b.create_block();
        let slow = self.cold_block();
        let done = self.b.create_block();
        let result = self.b.append_block_param(done, types::I64);
        self.b.ins().brif(fits, small, &[], slow, &[]);
        self.b.switch_to_block(small);
        let immediate = self.b.ins().bor_imm_u(shifted, 1);
        self.b.ins().jump(done, &[BlockArg::Value(immediate)]);
        self.b.switch_to_block(slow);
        let boxed = self.call_helper(Helper::vt_box_int, &[value]).expect("a word");
        self.b.ins().jump(done, &[BlockArg::Value(boxed)]);
        self.b.switch_to_block(done);
        result
    }

    fn box_float(&mut self, value: Value) -> Value {
        let bits = self.b.ins().bitcast(types::I64, MemFlagsData::new(), value);
        let top = self.b.ins().ushr_imm_u(bits, 60);
        // 3 and 4 become 0 and 1.
        let top = self.b.ins().iadd_imm_u(top, 5);
        let top = self.b.ins().band_imm_u(top, 7);
        let near_zero = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, top, 2);
        let rotated = self.b.ins().rotl_imm_u(bits, 3);
        let cleared = self.b.ins().band_imm_s(rotated, !3);
        let encoded = self.b.ins().bor_imm_u(cleared, 2);
        let zero = self.word(word::FLOAT_ZERO);
        let not_zero = self.b.ins().icmp(IntCC::NotEqual, encoded, zero);
        let fits = self.b.ins().band(near_zero, not_zero);

        let other = self.b.create_block();
        let slow = self.cold_block();
        let done = self.b.create_block();
        let result = self.b.append_block_param(done, types::I64);
        self.b.ins().brif(fits, done, &[BlockArg::Value(encoded)], other, &[]);
        self.b.switch_to_block(other);
        self.b.ins().brif(bits, slow, &[], done, &[BlockArg::Value(zero)]);
        self.b.switch_to_block(slow);
        let boxed = self.call_helper(Helper::vt_box_float, &[value]).expect("a word");
        self.b.ins().jump(done, &[BlockArg::Value(boxed)]);
        self.b.switch_to_block(done);
        result
    }

    /// The scalar of type `ty` in a word that holds one.
    pub(super) fn unbox_word(&mut self, ty: TypeId, value: Value) -> Value {
        let repr = self.shared.env.layout.repr(TypeIdx(ty));
        let Some(immediate) = self.is_immediate(ty, value) else {
            return self.unbox_object(repr, value);
        };
        let boxed = self.cold_block();
        let inline = self.b.create_block();
        let done = self.b.create_block();
        let result = self.b.append_block_param(done, machine_type(repr));
        self.b.ins().brif(immediate, inline, &[], boxed, &[]);
        self.b.switch_to_block(inline);
        let scalar = self.immediate_scalar(ty, repr, value);
        self.b.ins().jump(done, &[BlockArg::Value(scalar)]);
        self.b.switch_to_block(boxed);
        let scalar = self.unbox_object(repr, value);
        self.b.ins().jump(done, &[BlockArg::Value(scalar)]);
        self.b.switch_to_block(done);
        result
    }

    /// The scalar in a box, where it stands as slot bits.
    pub(super) fn unbox_object(&mut self, repr: Repr, object: Value) -> Value {
        let flags = self.regions.flags(&mut self.b, Memory::Object(Region::Immutable));
        self.b.ins().load(machine_type(repr), flags, object, offset::BOX_VALUE as i32)
    }

    fn immediate_scalar(&mut self, ty: TypeId, repr: Repr, value: Value) -> Value {
        match ty {
            type_id::INT => self.b.ins().sshr_imm_u(value, 1),
            type_id::FLOAT => {
                let sign = self.b.ins().ushr_imm_u(value, 63);
                let two = self.int(2);
                let low = self.b.ins().isub(two, sign);
                let cleared = self.b.ins().band_imm_s(value, !3);
                let bits = self.b.ins().bor(low, cleared);
                let bits = self.b.ins().rotr_imm_u(bits, 3);
                let is_zero = self.b.ins().icmp_imm_s(IntCC::Equal, value, word::FLOAT_ZERO as i64);
                let zero = self.int(0);
                let bits = self.b.ins().select(is_zero, zero, bits);
                self.b.ins().bitcast(types::F64, MemFlagsData::new(), bits)
            }
            _ => {
                let bits = self.b.ins().ushr_imm_u(value, 32);
                match repr {
                    Repr::F32 => {
                        let bits = self.b.ins().ireduce(types::I32, bits);
                        self.b.ins().bitcast(types::F32, MemFlagsData::new(), bits)
                    }
                    _ => self.b.ins().ireduce(machine_type(repr), bits),
                }
            }
        }
    }

    /// Whether the word is an immediate of type `ty`; `None` if the type has no immediates.
    fn is_immediate(&mut self, ty: TypeId, value: Value) -> Option<Value> {
        Some(match ty {
            type_id::INT => {
                let bit = self.b.ins().ireduce(types::I8, value);
                self.b.ins().band_imm_u(bit, 1)
            }
            type_id::FLOAT => {
                let bits = self.b.ins().band_imm_u(value, 3);
                self.b.ins().icmp_imm_u(IntCC::Equal, bits, 2)
            }
            type_id::UNIT
            | type_id::BOOL
            | type_id::I8
            | type_id::I16
            | type_id::I32
            | type_id::U8
            | type_id::U16
            | type_id::U32
            | type_id::F32 => {
                let tag = self.b.ins().band_imm_u(value, SMALL_MASK as i64);
                self.b.ins().icmp_imm_u(IntCC::Equal, tag, word::from_small(ty, 0) as i64)
            }
            _ => return None,
        })
    }

    /// Whether the word is of type `ty`, as 0 or 1.
    pub(super) fn is_type(&mut self, ty: TypeId, value: Value) -> Value {
        match &self.shared.env.layout.table.types[ty as usize].shape {
            Shape::Any | Shape::Trait | Shape::Fn => {
                let args = [value, self.int(i64::from(ty))];
                let answer = self.call_helper(Helper::vt_is_type, &args).expect("a truth value");
                self.b.ins().ireduce(types::I8, answer)
            }
            Shape::Optional(inner) => {
                let inner = *inner;
                let done = self.b.create_block();
                let result = self.b.append_block_param(done, types::I8);
                let other = self.b.create_block();
                let yes = self.b.ins().iconst(types::I8, 1);
                self.b.ins().brif(value, other, &[], done, &[BlockArg::Value(yes)]);
                self.b.switch_to_block(other);
                let answer = self.is_type(inner, value);
                self.b.ins().jump(done, &[BlockArg::Value(answer)]);
                self.b.switch_to_block(done);
                result
            }
            _ => self.is_object_or_immediate(ty, value),
        }
    }

    /// [`Emitter::is_type`] for a type whose objects bear its own id.
    fn is_object_or_immediate(&mut self, ty: TypeId, value: Value) -> Value {
        let done = self.b.create_block();
        let result = self.b.append_block_param(done, types::I8);
        if let Some(immediate) = self.is_immediate(ty, value) {
            let other = self.b.create_block();
            let yes = self.b.ins().iconst(types::I8, 1);
            self.b.ins().brif(immediate, done, &[BlockArg::Value(yes)], other, &[]);
            self.b.switch_to_block(other);
        }
        let low = self.b.ins().band_imm_u(value, 7);
        let address = self.b.ins().icmp_imm_u(IntCC::Equal, low, 0);
        let zero = self.int(0);
        let not_nil = self.b.ins().icmp(IntCC::NotEqual, value, zero);
        let is_object = self.b.ins().band(address, not_nil);
        let object = self.b.create_block();
        let no = self.b.ins().iconst(types::I8, 0);
        self.b.ins().brif(is_object, object, &[], done, &[BlockArg::Value(no)]);
        self.b.switch_to_block(object);
        let flags = self.regions.flags(&mut self.b, Memory::Object(Region::Immutable));
        let id = self.b.ins().load(types::I32, flags, value, offset::TYPE as i32);
        let answer = self.b.ins().icmp_imm_u(IntCC::Equal, id, i64::from(ty));
        self.b.ins().jump(done, &[BlockArg::Value(answer)]);
        self.b.switch_to_block(done);
        result
    }

    /// The slot bits of a scalar of type `ty`, which is narrower than them.
    fn slot_bits(&mut self, ty: TypeId, value: Value) -> Value {
        match ty {
            type_id::I8 | type_id::I16 | type_id::I32 => self.b.ins().sextend(types::I64, value),
            type_id::F32 => {
                let bits = self.b.ins().bitcast(types::I32, MemFlagsData::new(), value);
                self.b.ins().uextend(types::I64, bits)
            }
            _ => self.b.ins().uextend(types::I64, value),
        }
    }

    /// A constant word.
    pub(super) fn word(&mut self, word: u64) -> Value {
        self.int(word as i64)
    }

    /// A constant of 64 bits.
    pub(super) fn int(&mut self, value: i64) -> Value {
        self.b.ins().iconst(types::I64, value)
    }
}
