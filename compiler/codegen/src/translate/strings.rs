//! Strings and printing.

use super::Translator;
use crate::ir::{Failure, IntCond, Op, Region, Value};
use vitbc::{Inst, Reg, TypeIdx};
use vitte_abi::functions::Helper;
use vitte_abi::object::{Repr, offset};

/// How many slots of the frame one instruction takes at most.
pub(super) const MAX_SLOTS: usize = 64;

impl Translator<'_> {
    pub(super) fn string(&mut self, inst: &Inst) {
        match inst {
            Inst::ToStr { dst, src } => {
                let (bits, id) = self.slot_and_type(*src);
                let text = self.helper(Helper::vt_to_str, vec![bits, id]);
                self.write(*dst, text);
            }
            Inst::StrConcat { dst, parts } => self.str_concat(*dst, parts),
            Inst::StrLen { dst, src } => {
                let s = self.read(*src);
                let len = self.str_len(s);
                self.write(*dst, len);
            }
            Inst::StrByte { dst, src, index } => {
                let (s, index) = (self.read(*src), self.read(*index));
                let len = self.str_len(s);
                self.check_index(index, len);
                // A string's bytes stand where a buffer's do.
                const { assert!(offset::STR_BYTES == offset::BUFFER_DATA) };
                let byte = self.value(Op::LoadItem(Repr::I8), vec![s, index], Repr::I8);
                let byte = self.value(Op::ZExt(Repr::I64), vec![byte], Repr::I64);
                self.write(*dst, byte);
            }
            Inst::StrSlice { dst, src, start, end } => {
                let args = vec![self.read(*src), self.read(*start), self.read(*end)];
                let slice = self.helper(Helper::vt_str_slice, args);
                self.write(*dst, slice);
            }
            Inst::Print { src } => {
                let (bits, id) = self.slot_and_type(*src);
                self.helper_effect(Helper::vt_print, vec![bits, id]);
            }
            other => unreachable!("not about strings: {other:?}"),
        }
    }

    fn slot_and_type(&mut self, src: Reg) -> (Value, Value) {
        let ty = self.ty(src);
        let value = self.read(src);
        (self.slot_of(value, ty), self.type_id(ty))
    }

    fn str_len(&mut self, s: Value) -> Value {
        self.value(Op::Load(Repr::I64, offset::STR_LEN, Region::Immutable), vec![s], Repr::I64)
    }

    /// Raises `IndexError` unless `0 <= index < len`.
    pub(super) fn check_index(&mut self, index: Value, len: Value) {
        let failed = self.icmp(IntCond::Uge, index, len);
        self.check(failed, Failure::Index, &[index, len]);
    }

    pub(super) fn str_concat(&mut self, dst: Reg, parts: &[Reg]) {
        debug_assert_eq!(self.ty(dst), TypeIdx::STR);
        let mut values = self.read_all(parts);
        // Rows of parts become one part each, until few are left.
        while values.len() > MAX_SLOTS {
            values = values.chunks(MAX_SLOTS).map(|row| self.concat(row.to_vec())).collect();
        }
        let text = self.concat(values);
        self.write(dst, text);
    }

    fn concat(&mut self, parts: Vec<Value>) -> Value {
        let n = self.int(Repr::I64, parts.len() as i64);
        let parts = self.array(parts);
        self.helper(Helper::vt_str_concat, vec![parts, n])
    }
}
