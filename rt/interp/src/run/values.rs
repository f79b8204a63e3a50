//! Instructions that leave the flow of control alone, but for jumps of their own, and are not so frequent that the
//! loop should carry them.

use super::Next;
use crate::machine::Machine;
use crate::op::{Op, Relation, Slot};
use crate::program::{Func, ObjectSite};
use vitte_abi::functions::Helper;
use vitte_abi::object::offset;
use vitte_rt::object::{Form, List, Str};
use vitte_rt::raw_memory::{load_raw, store_raw};
use vitte_rt::stdlib::range::throw_index;
use vitte_rt::stdlib::scalar::Operation;
use vitte_rt::{Throw, call_helper};

impl Machine {
    /// Carries out an instruction in the frame at `base`, which is one of `func`.
    #[inline(never)]
    pub(super) fn value_op(&mut self, func: &'static Func, base: usize, op: Op) -> Result<Next, Throw> {
        // Only instructions that may allocate are safepoints: across the others C may hold the address of an object.
        if allocates(op) && self.process.collection_due() {
            self.collect()?;
        }
        let reg = |slot: Slot| self.stack[base + usize::from(slot)];
        let help = |helper, args: &[u64]| call_helper(&self.process, helper, args);
        let slots = |at: u32, n: u32| {
            let slots = &func.slots[at as usize..(at + n) as usize];
            slots.iter().map(|&slot| reg(slot)).collect::<Vec<u64>>()
        };
        let (dst, bits) = match op {
            Op::LoadData { dst, index, ty } => {
                let data = &self.program.module.data[index as usize];
                (dst, help(Helper::vt_list_of_data, &[ty.into(), data.as_ptr() as u64, data.len() as u64])?)
            }
            Op::TableGet { dst, index, form, table } => {
                let data = &self.program.module.data[table as usize];
                match table_item(data, form, reg(index)) {
                    Some(bits) => (dst, bits),
                    None => return Err(self.out_of_range(reg(index), data.len() / form.size())),
                }
            }
            Op::LoadBoxed { dst, ty, index } => (dst, self.process.any(ty.into(), func.bits[index as usize]).0),
            Op::AddStr { dst, a, b } => {
                let parts = [reg(a), reg(b)];
                (dst, help(Helper::vt_str_concat, &[parts.as_ptr() as u64, 2])?)
            }
            Op::BinaryAny { operation, dst, a, b } => (dst, help(any_helper(operation), &[reg(a), reg(b)])?),
            Op::NegAny { dst, src } => (dst, help(Helper::vt_any_neg, &[reg(src)])?),
            Op::NotAny { dst, src } => (dst, help(Helper::vt_any_not, &[reg(src)])?),

            Op::EqStr { negated, dst, a, b } => {
                let equal = help(Helper::vt_str_eq, &[reg(a), reg(b)])? != 0;
                (dst, u64::from(equal != negated))
            }
            Op::EqValue { negated, dst, a, b, ty } => {
                let equal = help(Helper::vt_eq, &[reg(a), reg(b), ty.into()])? != 0;
                (dst, u64::from(equal != negated))
            }
            Op::CompareStr { relation, dst, a, b } => {
                let order = help(Helper::vt_str_compare, &[reg(a), reg(b)])? as i64;
                (dst, u64::from(order < 0 || order == 0 && relation == Relation::LessEqual))
            }
            Op::CompareAny { relation, dst, a, b } => {
                let helper = match relation {
                    Relation::Less => Helper::vt_any_lt,
                    Relation::LessEqual => Helper::vt_any_le,
                };
                (dst, help(helper, &[reg(a), reg(b)])?)
            }
            Op::Hash { dst, src, ty } => (dst, help(Helper::vt_hash, &[reg(src), ty.into()])?),

            Op::StackTrace { dst } => (dst, help(Helper::vt_stack_trace, &[])?),
            Op::ToBox { dst, src, ty } => (dst, self.process.new_box(ty.into(), reg(src)).address()),
            Op::FromAny { dst, src, ty } => (dst, help(Helper::vt_from_any, &[reg(src), ty.into()])?),
            Op::IsType { dst, src, ty } => (dst, help(Helper::vt_is_type, &[reg(src), ty.into()])?),

            Op::ToStr { dst, src, ty } => (dst, help(Helper::vt_to_str, &[reg(src), ty.into()])?),
            Op::StrConcat { dst, n, parts } => {
                let parts = slots(parts, n);
                (dst, help(Helper::vt_str_concat, &[parts.as_ptr() as u64, parts.len() as u64])?)
            }
            Op::StrByte { dst, src, index } => {
                let bytes = Str::of(self.process.object(reg(src))).bytes();
                match bytes.get(reg(index) as usize) {
                    Some(&byte) => (dst, u64::from(byte)),
                    None => return Err(self.out_of_range(reg(index), bytes.len())),
                }
            }
            Op::StrSlice { dst, src, start, end } => {
                (dst, help(Helper::vt_str_slice, &[reg(src), reg(start), reg(end)])?)
            }
            Op::Print { src, ty } => return done(help(Helper::vt_print, &[reg(src), ty.into()])),

            Op::List { dst, ty, n, items } => {
                let items = slots(items, n);
                (dst, help(Helper::vt_list_of, &[ty.into(), items.as_ptr() as u64, items.len() as u64])?)
            }
            Op::ListFill { dst, len, value, ty } => {
                (dst, help(Helper::vt_list_fill, &[ty.into(), reg(len), reg(value)])?)
            }
            Op::ListPop { dst, list, form } => {
                let list = List::of(self.process.object(reg(list)));
                let Some(last) = list.len().checked_sub(1) else { return Err(self.out_of_range(u64::MAX, 0)) };
                let bits = list.get(form, last);
                // The buffer must not keep an object alive that the list no longer has.
                list.set(&self.process, form, last, 0);
                list.set_len(last);
                (dst, bits)
            }
            Op::ListInsert { list, index, value } => {
                return done(help(Helper::vt_list_insert, &[reg(list), reg(index), reg(value)]));
            }
            Op::ListRemove { dst, list, index } => (dst, help(Helper::vt_list_remove, &[reg(list), reg(index)])?),
            Op::ListSlice { dst, list, start, end } => {
                (dst, help(Helper::vt_list_slice, &[reg(list), reg(start), reg(end)])?)
            }
            Op::ListExtend { list, other } => return done(help(Helper::vt_list_extend, &[reg(list), reg(other)])),
            Op::ListTruncate { list, len } => return done(help(Helper::vt_list_truncate, &[reg(list), reg(len)])),
            Op::ListReserve { list, capacity } => {
                return done(help(Helper::vt_list_reserve, &[reg(list), reg(capacity)]));
            }
            Op::ListCopy { list, at, src, from, len } => {
                return done(help(Helper::vt_list_copy, &[reg(list), reg(at), reg(src), reg(from), reg(len)]));
            }

            Op::MapNew { dst, ty } => (dst, help(Helper::vt_map_new, &[ty.into()])?),
            Op::MapLen { dst, map } => (dst, vitte_rt::object::Map::of(self.process.object(reg(map))).len() as u64),
            Op::MapGet { dst, map, key } => (dst, help(Helper::vt_map_get, &[reg(map), reg(key)])?),
            Op::MapFind { dst, map, key } => (dst, help(Helper::vt_map_find, &[reg(map), reg(key)])?),
            Op::MapHas { dst, map, key } => (dst, help(Helper::vt_map_has, &[reg(map), reg(key)])?),
            Op::MapSet { map, key, value } => {
                return done(help(Helper::vt_map_set, &[reg(map), reg(key), reg(value)]));
            }
            Op::MapRemove { dst, map, key } => (dst, help(Helper::vt_map_remove, &[reg(map), reg(key)])?),
            Op::MapNext { dst, map, pos } => (dst, help(Helper::vt_map_next, &[reg(map), reg(pos)])?),
            Op::MapKeyAt { dst, map, pos } => (dst, help(Helper::vt_map_key_at, &[reg(map), reg(pos)])?),
            Op::MapValueAt { dst, map, pos } => (dst, help(Helper::vt_map_value_at, &[reg(map), reg(pos)])?),
            Op::MapClear { map } => return done(help(Helper::vt_map_clear, &[reg(map)])),

            Op::Spawn { dst, body, link } => (dst, help(Helper::vt_spawn, &[reg(body), link.into()])?),
            Op::SelfPid { dst } => (dst, help(Helper::vt_self, &[])?),
            Op::Send { to, message } => return done(help(Helper::vt_send, &[reg(to), reg(message)])),
            Op::ReceiveTake => return done(help(Helper::vt_receive_take, &[])),
            Op::ReceiveSkip => return done(help(Helper::vt_receive_skip, &[])),

            Op::PtrItems { dst, list } => {
                let buffer = List::of(self.process.object(reg(list))).buffer();
                (dst, buffer.object().address() + u64::from(offset::BUFFER_DATA))
            }
            Op::PtrStr { dst, address } => (dst, help(Helper::vt_ptr_str, &[reg(address)])?),
            Op::PtrLoad { dst, address, form, is_bool, offset } => {
                let bits = load_raw(reg(address).wrapping_add_signed(offset), form);
                (dst, if is_bool { u64::from(bits != 0) } else { bits })
            }
            Op::PtrStore { address, value, form, offset } => {
                store_raw(reg(address).wrapping_add_signed(offset), form, reg(value));
                return Ok(Next::Following);
            }
            Op::Callback { dst, index } => (dst, self.callback_address(index)?),
            Op::ReceivePeek { dst, empty } => {
                self.say_function();
                match help(Helper::vt_receive_peek, &[])? {
                    0 => return Ok(Next::Jump(empty)),
                    _ => (dst, self.process.result()),
                }
            }
            other => unreachable!("the loop carries out {other:?} itself"),
        };
        self.stack[base + usize::from(dst)] = bits;
        Ok(Next::Following)
    }

    /// Makes an object of slots of the frame at `base`.
    pub(super) fn new_object(&self, base: usize, site: &ObjectSite) -> u64 {
        let object = self.process.new_object(site.ty, site.tag, site.size);
        for &(slot, offset, form) in &site.fields {
            object.store(&self.process, offset, form, self.stack[base + usize::from(slot)]);
        }
        object.address()
    }

    /// The function that method `table` is for an object, and the object as that takes it.
    pub(super) fn find_method(&self, table: u32, receiver: u64) -> (u32, u64) {
        let object = self.process.object(receiver);
        let ty = self.program.implementing_type(object.ty());
        match self.program.methods[table as usize].functions.get(&ty) {
            Some(&(func, true)) => (func, object.box_value()),
            Some(&(func, false)) => (func, receiver),
            None => unreachable!("verified: a trait object's type implements the trait"),
        }
    }

    #[cold]
    pub(super) fn out_of_range(&self, index: u64, len: usize) -> Throw {
        throw_index(&self.process, index as i64, len)
    }
}

fn done(result: Result<u64, Throw>) -> Result<Next, Throw> {
    result.map(|_| Next::Following)
}

/// The slot bits of item `index` of a table; `None` if it has fewer.
fn table_item(data: &[u8], form: Form, index: u64) -> Option<u64> {
    let size = form.size();
    let at = usize::try_from(index).ok()?.checked_mul(size)?;
    let item = data.get(at..)?.get(..size)?;
    let mut bytes = [0; 8];
    bytes[..size].copy_from_slice(item);
    let bits = u64::from_le_bytes(bytes);
    let spare = 64 - 8 * size;
    Some(if form.signed { ((bits << spare) as i64 >> spare) as u64 } else { bits })
}

/// Whether the instruction may allocate by its row in the table. `PTR_STR` does, but may be given the address of an
/// object, which is not to move just before.
fn allocates(op: Op) -> bool {
    use Op::*;
    matches!(
        op,
        LoadData { .. }
            | LoadBoxed { .. }
            | AddStr { .. }
            | BinaryAny { .. }
            | NegAny { .. }
            | NotAny { .. }
            | StackTrace { .. }
            | ToBox { .. }
            | ToStr { .. }
            | StrConcat { .. }
            | StrSlice { .. }
            | List { .. }
            | ListFill { .. }
            | ListInsert { .. }
            | ListSlice { .. }
            | ListExtend { .. }
            | ListReserve { .. }
            | MapNew { .. }
            | MapFind { .. }
            | MapSet { .. }
            | Spawn { .. }
            | Send { .. }
    )
}

fn any_helper(operation: Operation) -> Helper {
    match operation {
        Operation::Add => Helper::vt_any_add,
        Operation::Sub => Helper::vt_any_sub,
        Operation::Mul => Helper::vt_any_mul,
        Operation::Div => Helper::vt_any_div,
        Operation::Rem => Helper::vt_any_rem,
        Operation::And => Helper::vt_any_and,
        Operation::Or => Helper::vt_any_or,
        Operation::Xor => Helper::vt_any_xor,
    }
}
