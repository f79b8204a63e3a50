//! Lists and `bytes`: access, push and pop inline, the rest by the runtime.

use super::Translator;
use super::strings::MAX_SLOTS;
use crate::ir::{Failure, IntCond, Jump, Op, Region, Terminator, Value};
use vitbc::{Inst, Reg, Type, TypeIdx};
use vitte_abi::functions::Helper;
use vitte_abi::object::{Repr, offset};

impl Translator<'_> {
    pub(super) fn list(&mut self, inst: &Inst) {
        match inst {
            Inst::List { dst, items } => self.new_list(*dst, items),
            Inst::ListFill { dst, len, value } => {
                let ty = self.ty(*dst);
                let item = self.item_type(*dst);
                let (len, value) = (self.read(*len), self.read(*value));
                let id = self.type_id(ty);
                let bits = self.slot_of(value, item);
                let list = self.helper(Helper::vt_list_fill, vec![id, len, bits]);
                self.write(*dst, list);
            }
            Inst::ListLen { dst, list } => {
                let list = self.read(*list);
                let len = self.list_len(list);
                self.write(*dst, len);
            }
            Inst::ListGet { dst, list, index } => {
                let (list, index) = (self.read(*list), self.read(*index));
                let len = self.list_len(list);
                self.check_index(index, len);
                let buffer = self.list_buffer(list);
                let repr = self.repr_of(*dst);
                let item = self.value(Op::LoadItem(repr), vec![buffer, index], repr);
                self.write(*dst, item);
            }
            Inst::ListSet { list, index, value } => {
                let (list, index, value) = (self.read(*list), self.read(*index), self.read(*value));
                let len = self.list_len(list);
                self.check_index(index, len);
                let buffer = self.list_buffer(list);
                self.store_item(buffer, index, value);
            }
            Inst::ListPush { list, value } => self.push(*list, *value),
            Inst::ListPop { dst, list } => self.pop(*dst, *list),
            Inst::ListInsert { list, index, value } => {
                let item = self.item_type(*list);
                let (list, index, value) = (self.read(*list), self.read(*index), self.read(*value));
                let bits = self.slot_of(value, item);
                self.helper_effect(Helper::vt_list_insert, vec![list, index, bits]);
            }
            Inst::ListRemove { dst, list, index } => {
                let item = self.item_type(*list);
                let args = vec![self.read(*list), self.read(*index)];
                let value = self.helper_of(Helper::vt_list_remove, args, item);
                self.write(*dst, value);
            }
            Inst::ListSlice { dst, list, start, end } => {
                let args = vec![self.read(*list), self.read(*start), self.read(*end)];
                let slice = self.helper(Helper::vt_list_slice, args);
                self.write(*dst, slice);
            }
            Inst::ListExtend { list, other } => self.list_effect(Helper::vt_list_extend, &[*list, *other]),
            Inst::ListTruncate { list, len } => self.list_effect(Helper::vt_list_truncate, &[*list, *len]),
            Inst::ListReserve { list, capacity } => self.list_effect(Helper::vt_list_reserve, &[*list, *capacity]),
            Inst::ListCopy { list, at, src, from, len } => {
                self.list_effect(Helper::vt_list_copy, &[*list, *at, *src, *from, *len]);
            }
            other => unreachable!("not about lists: {other:?}"),
        }
    }

    fn list_effect(&mut self, helper: Helper, args: &[Reg]) {
        let args = self.read_all(args);
        self.helper_effect(helper, args);
    }

    fn item_type(&self, list: Reg) -> TypeIdx {
        match self.env.module.ty(self.ty(list)) {
            Type::List(item) => *item,
            Type::Bytes => TypeIdx::U8,
            other => unreachable!("verified: {list} is a list, not {other:?}"),
        }
    }

    fn new_list(&mut self, dst: Reg, items: &[Reg]) {
        let (ty, item) = (self.ty(dst), self.item_type(dst));
        let mut rows = items.chunks(MAX_SLOTS);
        let list = match rows.next() {
            Some(row) => self.list_of(ty, item, row),
            None => {
                let (id, capacity) = (self.type_id(ty), self.int(Repr::I64, 0));
                self.helper(Helper::vt_list_new, vec![id, capacity])
            }
        };
        for row in rows {
            let more = self.list_of(ty, item, row);
            self.helper_effect(Helper::vt_list_extend, vec![list, more]);
        }
        self.write(dst, list);
    }

    fn list_of(&mut self, ty: TypeIdx, item: TypeIdx, items: &[Reg]) -> Value {
        let id = self.type_id(ty);
        let mut slots = Vec::with_capacity(items.len());
        for &reg in items {
            let value = self.read(reg);
            slots.push(self.slot_of(value, item));
        }
        let n = self.int(Repr::I64, slots.len() as i64);
        let slots = self.array(slots);
        self.helper(Helper::vt_list_of, vec![id, slots, n])
    }

    fn list_len(&mut self, list: Value) -> Value {
        self.value(Op::Load(Repr::I64, offset::LIST_LEN, Region::ListLen), vec![list], Repr::I64)
    }

    pub(super) fn list_buffer(&mut self, list: Value) -> Value {
        self.value(Op::Load(Repr::Ref, offset::LIST_BUFFER, Region::ListBuffer), vec![list], Repr::Ref)
    }

    fn set_len(&mut self, list: Value, len: Value) {
        self.effect(Op::Store(offset::LIST_LEN, Region::ListLen), vec![list, len]);
    }

    pub(super) fn store_item(&mut self, buffer: Value, index: Value, value: Value) {
        let repr = self.func.repr(value);
        if self.needs_barrier(value, repr) {
            self.effect(Op::BarrierItem, vec![buffer, index]);
        }
        self.effect(Op::StoreItem(repr), vec![buffer, index, value]);
    }

    /// ```text
    ///        len × size < the buffer's size?  ──no─▶  grow, cold
    ///              │yes                                 │ the new buffer
    ///              └──────▶ item = value; len += 1 ◀────┘
    /// ```
    fn push(&mut self, list: Reg, value: Reg) {
        let (list, value) = (self.read(list), self.read(value));
        let size = self.func.repr(value).size();
        let len = self.list_len(list);
        let buffer = self.list_buffer(list);
        let capacity =
            self.value(Op::Load(Repr::I64, offset::BUFFER_SIZE, Region::BufferSize), vec![buffer], Repr::I64);
        let used = match size {
            1 => len,
            _ => {
                let shift = self.int(Repr::I64, i64::from(size.trailing_zeros()));
                self.value(Op::Shl, vec![len, shift], Repr::I64)
            }
        };
        let has_room = self.icmp(IntCond::Ult, used, capacity);
        let from = self.block;
        let grow = self.new_block();
        self.func.blocks[grow].cold = true;
        self.block = grow;
        self.helper_effect(Helper::vt_list_grow, vec![list]);
        let grown = self.list_buffer(list);
        // Blocks are made in the order in which control passes them.
        let full = std::mem::replace(&mut self.block, from);
        self.func.blocks[full].cold = true;
        let done = self.new_block();
        self.end(Terminator::Branch(has_room, Jump::with(done, [buffer]), Jump::to(grow)));
        self.block = full;
        self.end(Terminator::Jump(Jump::with(done, [grown])));
        self.block = done;
        let buffer = self.func.add_param(done, Repr::Ref);
        self.store_item(buffer, len, value);
        let one = self.int(Repr::I64, 1);
        let len = self.value(Op::Add, vec![len, one], Repr::I64);
        self.set_len(list, len);
    }

    fn pop(&mut self, dst: Reg, list: Reg) {
        let list = self.read(list);
        let len = self.list_len(list);
        let one = self.int(Repr::I64, 1);
        let last = self.value(Op::Sub, vec![len, one], Repr::I64);
        let zero = self.int(Repr::I64, 0);
        let failed = self.icmp(IntCond::Eq, len, zero);
        self.check(failed, Failure::Index, &[last, len]);
        let buffer = self.list_buffer(list);
        let repr = self.repr_of(dst);
        let item = self.value(Op::LoadItem(repr), vec![buffer, last], repr);
        if repr == Repr::Ref {
            // So that the buffer does not keep it alive.
            let nil = self.nil();
            self.store_item(buffer, last, nil);
        }
        self.set_len(list, last);
        self.write(dst, item);
    }
}
