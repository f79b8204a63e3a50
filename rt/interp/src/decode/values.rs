//! Instructions that move, make and take apart values.

use super::{Decoder, slot};
use crate::op::{Op, Scalar, Slot};
use crate::program::ObjectSite;
use vitbc::{Const, Inst, Reg, Type, TypeIdx};
use vitte_abi::TypeId;
use vitte_abi::types::Record;
use vitte_rt::object::Form;

impl Decoder<'_, '_> {
    /// An instruction of this kind; `None` for others.
    pub(super) fn value(&mut self, inst: &Inst) -> Option<Op> {
        self.simple(inst).or_else(|| self.object(inst)).or_else(|| self.text(inst)).or_else(|| self.collection(inst))
    }

    fn simple(&mut self, inst: &Inst) -> Option<Op> {
        Some(match *inst {
            Inst::LoadConst { dst, value } => self.constant(slot(dst), value, self.ty(dst)),
            Inst::LoadGlobal { dst, global } => {
                let global = &self.module.globals[global.index()];
                self.constant(slot(dst), global.value, global.ty)
            }
            Inst::TableGet { dst, table, index } => match table {
                Const::Data(table) => {
                    Op::TableGet { dst: slot(dst), index: slot(index), form: self.form(self.ty(dst)), table: table.0 }
                }
                other => unreachable!("verified: {other:?} is a byte sequence"),
            },
            Inst::LoadArg { dst, param } => Op::Move { dst: slot(dst), src: param.0 as Slot },
            Inst::Move { dst, src } => Op::Move { dst: slot(dst), src: slot(src) },
            Inst::Wrap { dst, src } | Inst::ToAny { dst, src } => match self.is_scalar(src) {
                true => Op::ToAny { dst: slot(dst), src: slot(src), ty: self.ty(src).0 as Scalar },
                false => Op::Move { dst: slot(dst), src: slot(src) },
            },
            Inst::ToTrait { dst, src } => match self.is_scalar(src) {
                true => Op::ToBox { dst: slot(dst), src: slot(src), ty: self.ty(src).0 as Scalar },
                false => Op::Move { dst: slot(dst), src: slot(src) },
            },
            Inst::Unwrap { dst, src } => match self.is_scalar(dst) {
                true => Op::UnwrapScalar { dst: slot(dst), src: slot(src) },
                false => Op::UnwrapRef { dst: slot(dst), src: slot(src) },
            },
            Inst::IsNil { dst, src } => Op::IsNil { dst: slot(dst), src: slot(src) },
            Inst::FromAny { dst, src } => Op::FromAny { dst: slot(dst), src: slot(src), ty: self.ty(dst).0 },
            Inst::IsType { dst, src, ty } => Op::IsType { dst: slot(dst), src: slot(src), ty: ty.0 },
            Inst::PtrLoad { dst, address, offset } => {
                let (form, is_bool) = (self.form(self.ty(dst)), self.ty(dst) == TypeIdx::BOOL);
                Op::PtrLoad { dst: slot(dst), address: slot(address), form, is_bool, offset }
            }
            Inst::PtrStore { address, offset, value } => {
                Op::PtrStore { address: slot(address), value: slot(value), form: self.form(self.ty(value)), offset }
            }
            Inst::PtrAdd { dst, address, bytes } => Op::AddInt { dst: slot(dst), a: slot(address), b: slot(bytes) },
            Inst::PtrItems { dst, list } => Op::PtrItems { dst: slot(dst), list: slot(list) },
            Inst::PtrStr { dst, address } => Op::PtrStr { dst: slot(dst), address: slot(address) },
            _ => return None,
        })
    }

    fn object(&mut self, inst: &Inst) -> Option<Op> {
        Some(match inst {
            Inst::Alloc { dst, ty, fields } => {
                let record = self.layout.record(*ty);
                self.new_object(*dst, ty.0, 0, record, fields)
            }
            Inst::AllocVariant { dst, ty, variant, fields } => {
                let record = self.layout.variant(*ty, *variant);
                self.new_object(*dst, ty.0, variant.0 as u16, record, fields)
            }
            Inst::Closure { dst, func, captures } => {
                let (ty, record) = self.layout.closure(*func);
                match self.new_object(*dst, ty, 0, record, captures) {
                    Op::New { dst, site } => Op::Closure { dst, site, func: self.defined(*func) },
                    other => other,
                }
            }
            Inst::LoadCapture { dst, capture } => match self.func.closure {
                Some(closure) if self.layout.closure_functions().any(|func| func == self.idx) => {
                    let info = &self.layout.closure(self.idx).1.fields[capture.index()];
                    self.load(slot(*dst), closure, info.ty, info.offset)
                }
                // Nobody makes a closure of the function, so it is never called.
                _ => Op::Unreachable,
            },
            Inst::Load { dst, object, field } => {
                let info = &self.layout.record(self.ty(*object)).fields[field.index()];
                self.load(slot(*dst), slot(*object), info.ty, info.offset)
            }
            Inst::Store { object, field, value } => {
                let info = &self.layout.record(self.ty(*object)).fields[field.index()];
                let form = self.form(TypeIdx(info.ty));
                Op::Store { object: slot(*object), value: slot(*value), form, offset: info.offset }
            }
            Inst::Tag { dst, object } => Op::Tag { dst: slot(*dst), object: slot(*object) },
            Inst::LoadVariant { dst, object, variant, field } => {
                let info = &self.layout.variant(self.ty(*object), *variant).fields[field.index()];
                let form = self.form(TypeIdx(info.ty));
                let (dst, object, tag) = (slot(*dst), slot(*object), variant.0 as u16);
                Op::LoadVariant { dst, object, tag, form, offset: info.offset }
            }
            _ => return None,
        })
    }

    fn text(&mut self, inst: &Inst) -> Option<Op> {
        Some(match inst {
            Inst::ToStr { dst, src } => Op::ToStr { dst: slot(*dst), src: slot(*src), ty: self.ty(*src).0 },
            Inst::Print { src } => Op::Print { src: slot(*src), ty: self.ty(*src).0 },
            Inst::StrConcat { dst, parts } => {
                Op::StrConcat { dst: slot(*dst), n: parts.len() as u32, parts: self.slots(parts) }
            }
            Inst::StrLen { dst, src } => Op::StrLen { dst: slot(*dst), src: slot(*src) },
            Inst::StrByte { dst, src, index } => Op::StrByte { dst: slot(*dst), src: slot(*src), index: slot(*index) },
            Inst::StrSlice { dst, src, start, end } => {
                Op::StrSlice { dst: slot(*dst), src: slot(*src), start: slot(*start), end: slot(*end) }
            }
            _ => return None,
        })
    }

    fn collection(&mut self, inst: &Inst) -> Option<Op> {
        let s = slot;
        Some(match inst {
            Inst::List { dst, items } => {
                Op::List { dst: s(*dst), ty: self.ty(*dst).0, n: items.len() as u32, items: self.slots(items) }
            }
            &Inst::ListFill { dst, len, value } => {
                Op::ListFill { dst: s(dst), len: s(len), value: s(value), ty: self.ty(dst).0 }
            }
            &Inst::ListLen { dst, list } => Op::ListLen { dst: s(dst), list: s(list) },
            &Inst::ListGet { dst, list, index } => {
                Op::ListGet { dst: s(dst), list: s(list), index: s(index), form: self.item_form(list) }
            }
            &Inst::ListSet { list, index, value } => {
                Op::ListSet { list: s(list), index: s(index), value: s(value), form: self.item_form(list) }
            }
            &Inst::ListPush { list, value } => {
                Op::ListPush { list: s(list), value: s(value), form: self.item_form(list) }
            }
            &Inst::ListPop { dst, list } => Op::ListPop { dst: s(dst), list: s(list), form: self.item_form(list) },
            &Inst::ListInsert { list, index, value } => {
                Op::ListInsert { list: s(list), index: s(index), value: s(value) }
            }
            &Inst::ListRemove { dst, list, index } => Op::ListRemove { dst: s(dst), list: s(list), index: s(index) },
            &Inst::ListSlice { dst, list, start, end } => {
                Op::ListSlice { dst: s(dst), list: s(list), start: s(start), end: s(end) }
            }
            &Inst::ListExtend { list, other } => Op::ListExtend { list: s(list), other: s(other) },
            &Inst::ListTruncate { list, len } => Op::ListTruncate { list: s(list), len: s(len) },
            &Inst::ListReserve { list, capacity } => Op::ListReserve { list: s(list), capacity: s(capacity) },
            &Inst::ListCopy { list, at, src, from, len } => {
                Op::ListCopy { list: s(list), at: s(at), src: s(src), from: s(from), len: s(len) }
            }
            &Inst::MapNew { dst } => Op::MapNew { dst: s(dst), ty: self.ty(dst).0 },
            &Inst::MapLen { dst, map } => Op::MapLen { dst: s(dst), map: s(map) },
            &Inst::MapGet { dst, map, key } => Op::MapGet { dst: s(dst), map: s(map), key: s(key) },
            &Inst::MapFind { dst, map, key } => Op::MapFind { dst: s(dst), map: s(map), key: s(key) },
            &Inst::MapHas { dst, map, key } => Op::MapHas { dst: s(dst), map: s(map), key: s(key) },
            &Inst::MapSet { map, key, value } => Op::MapSet { map: s(map), key: s(key), value: s(value) },
            &Inst::MapRemove { dst, map, key } => Op::MapRemove { dst: s(dst), map: s(map), key: s(key) },
            &Inst::MapNext { dst, map, pos } => Op::MapNext { dst: s(dst), map: s(map), pos: s(pos) },
            &Inst::MapKeyAt { dst, map, pos } => Op::MapKeyAt { dst: s(dst), map: s(map), pos: s(pos) },
            &Inst::MapValueAt { dst, map, pos } => Op::MapValueAt { dst: s(dst), map: s(map), pos: s(pos) },
            &Inst::MapClear { map } => Op::MapClear { map: s(map) },
            _ => return None,
        })
    }

    fn is_scalar(&self, reg: Reg) -> bool {
        self.type_of(reg).is_scalar()
    }

    fn item_form(&self, list: Reg) -> Form {
        match self.type_of(list) {
            Type::List(item) => self.form(*item),
            _ => Form::U8,
        }
    }

    fn load(&self, dst: Slot, object: Slot, ty: TypeId, offset: u32) -> Op {
        let form = self.form(TypeIdx(ty));
        match form.repr.size() {
            8 => Op::Load64 { dst, object, offset },
            _ => Op::Load { dst, object, form, offset },
        }
    }

    fn new_object(&mut self, dst: Reg, ty: TypeId, tag: u16, record: &Record, regs: &[Reg]) -> Op {
        let fields = record.fields.iter().zip(regs);
        let fields = fields.map(|(info, &reg)| (slot(reg), info.offset, self.form(TypeIdx(info.ty)))).collect();
        self.func.objects.push(ObjectSite { ty, tag, size: record.size, fields });
        Op::New { dst: slot(dst), site: self.func.objects.len() as u32 - 1 }
    }
}
