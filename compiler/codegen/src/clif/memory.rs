//! Objects: fields and items, allocation, write barriers.

use super::{Emitter, machine_type};
use crate::clif::region::Memory;
use crate::ir::{self, Op, Region};
use crate::symbol::Symbol;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    BlockArg, ExternalName, GlobalValueData, InstBuilder, MemFlagsData, StackSlotData, StackSlotKind, Value, types,
};
use std::mem::offset_of;
use vitbc::{FuncIdx, TypeIdx};
use vitte_abi::TypeId;
use vitte_abi::context::Context;
use vitte_abi::functions::Stub;
use vitte_abi::object::{self, Repr, flag, offset};
use vitte_abi::types::{Record, Shape};

impl Emitter<'_> {
    pub(super) fn memory(&mut self, data: &ir::InstData) -> Option<Value> {
        match data.op {
            Op::Load(repr, at, region) => {
                let flags = self.regions.flags(&mut self.b, Memory::Object(region));
                let object = self.arg(data, 0);
                return Some(self.b.ins().load(machine_type(repr), flags, object, at as i32));
            }
            Op::Store(at, region) => {
                let flags = self.regions.flags(&mut self.b, Memory::Object(region));
                let (object, value) = (self.arg(data, 0), self.arg(data, 1));
                self.b.ins().store(flags, value, object, at as i32);
            }
            Op::LoadItem(repr) => {
                let flags = self.regions.flags(&mut self.b, Memory::Object(Region::Items(repr)));
                let address = self.item(self.arg(data, 0), self.arg(data, 1), repr);
                return Some(self.b.ins().load(machine_type(repr), flags, address, offset::BUFFER_DATA as i32));
            }
            Op::LoadTable(repr) => {
                let flags = self.regions.flags(&mut self.b, Memory::Object(Region::Immutable));
                let address = self.item(self.arg(data, 0), self.arg(data, 1), repr);
                return Some(self.b.ins().load(machine_type(repr), flags, address, 0));
            }
            Op::StoreItem(repr) => {
                let flags = self.regions.flags(&mut self.b, Memory::Object(Region::Items(repr)));
                let address = self.item(self.arg(data, 0), self.arg(data, 1), repr);
                let value = self.arg(data, 2);
                self.b.ins().store(flags, value, address, offset::BUFFER_DATA as i32);
            }
            // Foreign memory may be that of a list, so nothing is known of it, and nothing is known after it.
            Op::LoadForeign(repr, at) => {
                let (address, at) = self.foreign(self.arg(data, 0), at);
                self.b.ins().sequence_point();
                return Some(self.b.ins().load(machine_type(repr), MemFlagsData::new(), address, at));
            }
            Op::StoreForeign(at) => {
                let (address, at) = self.foreign(self.arg(data, 0), at);
                let value = self.arg(data, 1);
                self.b.ins().store(MemFlagsData::new(), value, address, at);
                self.b.ins().sequence_point();
            }
            Op::BufferData => {
                let buffer = self.arg(data, 0);
                return Some(self.b.ins().iadd_imm_u(buffer, i64::from(offset::BUFFER_DATA)));
            }
            Op::Barrier(at) => {
                let object = self.arg(data, 0);
                self.barrier(object, |emitter| emitter.b.ins().iadd_imm_u(object, i64::from(at)));
            }
            Op::BarrierItem => {
                let (buffer, index) = (self.arg(data, 0), self.arg(data, 1));
                self.barrier(buffer, |emitter| {
                    let address = emitter.item(buffer, index, Repr::Ref);
                    emitter.b.ins().iadd_imm_u(address, i64::from(offset::BUFFER_DATA))
                });
            }
            Op::New(ty, tag) => return Some(self.new_object(ty, tag, data)),
            Op::NewClosure(func) => return Some(self.new_closure(func, data)),
            Op::Array => return Some(self.array(data)),
            Op::Peeked => return Some(self.load_context(offset_of!(Context, result))),
            ref other => unreachable!("{other:?} touches no memory"),
        }
        None
    }

    /// The address of an item, less the offset of the data.
    fn item(&mut self, buffer: Value, index: Value, repr: Repr) -> Value {
        let scaled = match repr.size().trailing_zeros() {
            0 => index,
            shift => self.b.ins().ishl_imm_u(index, i64::from(shift)),
        };
        self.b.ins().iadd(buffer, scaled)
    }

    /// An address and an offset of 32 bits.
    fn foreign(&mut self, address: Value, at: i64) -> (Value, i32) {
        match i32::try_from(at) {
            Ok(at) => (address, at),
            Err(_) => (self.b.ins().iadd_imm_s(address, at), 0),
        }
    }

    /// Tells the runtime of a store into `object`, if that is an old object.
    fn barrier(&mut self, object: Value, slot: impl FnOnce(&mut Self) -> Value) {
        const OLD: i64 = (flag::OLD >> 48) as i64;
        const { assert!(OLD < 0x100, "compiled code tests one byte") };
        let flags = self.regions.flags(&mut self.b, Memory::Flags);
        let header_flags = self.b.ins().load(types::I8, flags, object, offset::FLAGS as i32);
        let old = self.b.ins().band_imm_u(header_flags, OLD);
        let slow = self.cold_block();
        let next = self.b.create_block();
        self.b.ins().brif(old, slow, &[], next, &[]);
        self.b.switch_to_block(slow);
        let slot = slot(self);
        self.call_stub(Stub::vt_barrier, &[object, slot]);
        self.b.ins().jump(next, &[]);
        self.b.switch_to_block(next);
    }

    fn new_object(&mut self, ty: TypeId, tag: u16, data: &ir::InstData) -> Value {
        let layout = self.shared.env.layout;
        let (record, is_struct) = match &layout.table.types[ty as usize].shape {
            Shape::Struct(record) => (record, true),
            Shape::Tuple(record) => (record, false),
            Shape::Enum(variants) => (&variants[tag as usize].record, false),
            other => unreachable!("no object is made of {other:?}"),
        };
        let object = self.allocate(record.size);
        self.store_header(object, object::header(ty, tag));
        let region = |field| if is_struct { Region::Field(TypeIdx(ty), field) } else { Region::Immutable };
        self.store_fields(object, record, &data.args, region);
        object
    }

    fn new_closure(&mut self, func: FuncIdx, data: &ir::InstData) -> Value {
        if data.args.is_empty() {
            return self.address(Symbol::ClosureObject(func));
        }
        let (ty, record) = self.shared.env.layout.closure(func);
        let object = self.allocate(record.size);
        self.store_header(object, object::header(ty, 0));
        let callee = self.function_ref(func);
        let code = self.b.ins().func_addr(types::I64, callee);
        let flags = self.regions.flags(&mut self.b, Memory::Object(Region::Immutable));
        self.b.ins().store(flags, code, object, offset::CLOSURE_CODE as i32);
        self.store_fields(object, record, &data.args, |_| Region::Immutable);
        object
    }

    fn store_header(&mut self, object: Value, header: u64) {
        let flags = self.regions.flags(&mut self.b, Memory::Object(Region::Immutable));
        let header = self.word(header);
        self.b.ins().store(flags, header, object, offset::TYPE as i32);
    }

    fn store_fields(&mut self, object: Value, record: &Record, values: &[ir::Value], region: impl Fn(u32) -> Region) {
        for ((number, field), &value) in record.fields.iter().enumerate().zip(values) {
            let flags = self.regions.flags(&mut self.b, Memory::Object(region(number as u32)));
            let value = self.value(value);
            self.b.ins().store(flags, value, object, field.offset as i32);
        }
    }

    /// Memory for an object of `size` bytes: the next of the allocation area, or what the runtime finds.
    fn allocate(&mut self, size: u32) -> Value {
        let slow = self.cold_block();
        let done = self.b.create_block();
        let object = self.b.append_block_param(done, types::I64);

        let next = self.load_context(offset_of!(Context, heap_next));
        let limit = self.load_context(offset_of!(Context, heap_limit));
        let end = self.b.ins().iadd_imm_u(next, i64::from(size));
        let full = self.b.ins().icmp(IntCC::UnsignedGreaterThan, end, limit);
        let fast = self.b.create_block();
        self.b.ins().brif(full, slow, &[], fast, &[]);

        self.b.switch_to_block(fast);
        self.store_context(offset_of!(Context, heap_next), end);
        self.b.ins().jump(done, &[BlockArg::Value(next)]);

        self.b.switch_to_block(slow);
        let size = self.int(i64::from(size));
        self.call_stub(Stub::vt_alloc, &[size]);
        let found = self.load_context(offset_of!(Context, result));
        self.b.ins().jump(done, &[BlockArg::Value(found)]);

        self.b.switch_to_block(done);
        object
    }

    /// Puts the slot bits of all operands into the frame.
    fn array(&mut self, data: &ir::InstData) -> Value {
        let size = data.args.len() as u32 * 8;
        let b = &mut self.b;
        let slot = *self
            .array
            .get_or_insert_with(|| b.create_sized_stack_slot(StackSlotData::new(StackSlotKind::ExplicitSlot, 0, 3)));
        let slot_data = &mut b.func.sized_stack_slots[slot];
        slot_data.size = slot_data.size.max(size);
        let flags = self.regions.flags(&mut self.b, Memory::Array);
        let address = self.b.ins().stack_addr(types::I64, slot, 0);
        for (position, &arg) in data.args.iter().enumerate() {
            let bits = self.value(arg);
            self.b.ins().store(flags, bits, address, position as i32 * 8);
        }
        address
    }

    pub(super) fn load_context(&mut self, at: usize) -> Value {
        let flags = self.regions.flags(&mut self.b, Memory::Context(at as u32));
        self.b.ins().load(types::I64, flags, self.context, at as i32)
    }

    pub(super) fn store_context(&mut self, at: usize, value: Value) {
        let flags = self.regions.flags(&mut self.b, Memory::Context(at as u32));
        self.b.ins().store(flags, value, self.context, at as i32);
    }

    /// The address of data, or of the start of the text.
    pub(super) fn address(&mut self, symbol: Symbol) -> Value {
        let b = &mut self.b;
        let global = *self.data.entry(symbol).or_insert_with(|| {
            let name = b.func.declare_imported_user_function(symbol.into());
            let name = ExternalName::user(name);
            b.create_global_value(GlobalValueData::Symbol { name, offset: 0.into(), colocated: true, tls: false })
        });
        self.b.ins().symbol_value(types::I64, global)
    }
}
