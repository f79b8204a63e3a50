//! The entry of a function: parameters, and the check of the stack.

use super::region::Memory;
use super::{Emitter, machine_type};
use crate::ir::{self, Op, Terminator};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    Block, BlockArg, InstBuilder, SourceLoc, StackSlotData, StackSlotKind, UserStackMapEntry, Value, types,
};
use std::mem::offset_of;
use vitte_abi::context::Context;
use vitte_abi::functions::Stub;
use vitte_abi::object::Repr;

impl Emitter<'_> {
    /// Begins the first block of `order`.
    pub(super) fn prologue(&mut self, order: &[ir::Block]) {
        let first = order[0];
        let entry = self.b.create_block();
        self.b.append_block_params_for_function_params(entry);
        self.b.switch_to_block(entry);
        self.context = self.b.block_params(entry)[0];
        let mut params = self.b.block_params(entry)[1..].to_vec();

        let is_target =
            order.iter().any(|&block| self.function.blocks[block].term.jumps().any(|jump| jump.block == first));
        if self.may_recurse(order) {
            params = self.check_stack(first, params);
        }
        if is_target {
            let args: Vec<BlockArg> = params.iter().map(|&param| BlockArg::Value(param)).collect();
            let target = self.block(first);
            self.b.ins().jump(target, &args);
            self.b.switch_to_block(target);
            return;
        }
        for (position, &param) in params.iter().enumerate() {
            self.define(self.function.blocks[first].params[position], param);
        }
    }

    /// Whether the function may take part in endless recursion. Others need no check of the stack: the runtime keeps
    /// enough of it in reserve for one frame.
    fn may_recurse(&self, order: &[ir::Block]) -> bool {
        let calls = |inst: &ir::Inst| {
            matches!(self.function.insts[*inst].op, Op::Call(_) | Op::CallClosure | Op::CallMethod(..))
        };
        order.iter().any(|&block| {
            let data = &self.function.blocks[block];
            data.insts.iter().any(calls)
                || match &data.term {
                    Terminator::TailCall(..) | Terminator::TailCallClosure(_) => true,
                    Terminator::Try { inst, .. } => calls(inst),
                    _ => false,
                }
        })
    }

    /// Calls the runtime if the stack pointer is below the limit. The references among the parameters are spilled in
    /// the cold block by hand: Cranelift's own spilling would put stores on the usual path. Returns the parameters as
    /// they are after that.
    fn check_stack(&mut self, first: ir::Block, params: Vec<Value>) -> Vec<Value> {
        let reprs: Vec<Repr> =
            self.function.blocks[first].params.iter().map(|&param| self.function.repr(param)).collect();
        let slow = self.cold_block();
        let body = self.b.create_block();
        let refs: Vec<usize> = (0..params.len()).filter(|&at| reprs[at] == Repr::Ref).collect();
        let args: Vec<BlockArg> = refs.iter().map(|&at| BlockArg::Value(params[at])).collect();

        let mut sp = self.b.ins().get_stack_pointer(types::I64);
        if self.frame_ahead > 0 {
            sp = self.b.ins().iadd_imm_s(sp, -i64::from(self.frame_ahead));
        }
        let limit = self.load_context(offset_of!(Context, stack_limit));
        let below = self.b.ins().icmp(IntCC::UnsignedLessThan, sp, limit);
        self.b.ins().brif(below, slow, &[], body, &args);

        self.b.switch_to_block(slow);
        self.b.set_srcloc(super::entry_loc());
        let spilled: Vec<Value> = refs.iter().map(|&at| params[at]).collect();
        let after: Vec<BlockArg> =
            self.call_with(Stub::vt_stack_check, &spilled).into_iter().map(BlockArg::Value).collect();
        self.b.ins().jump(body, &after);
        self.b.set_srcloc(SourceLoc::default());
        self.b.switch_to_block(body);
        self.rename(body, params, &reprs)
    }

    /// Calls a slow path that may collect, outside of handlers, with references spilled around it. The references as
    /// they are after it.
    pub(super) fn call_with(&mut self, stub: Stub, refs: &[Value]) -> Vec<Value> {
        let mut spilled = Vec::with_capacity(refs.len());
        for (number, &value) in refs.iter().enumerate() {
            if number == self.handed.len() {
                let slot = StackSlotData::new(StackSlotKind::ExplicitSlot, 8, 3);
                self.handed.push(self.b.create_sized_stack_slot(slot));
            }
            let slot = self.handed[number];
            let flags = self.regions.flags(&mut self.b, Memory::Handed(number as u32));
            let address = self.b.ins().stack_addr(types::I64, slot, 0);
            self.b.ins().store(flags, value, address, 0);
            spilled.push((slot, flags));
        }
        let call = self.call_stub(stub, &[]).expect("no handlers are around it");
        let mut after = Vec::with_capacity(spilled.len());
        for (slot, flags) in spilled {
            let entry = UserStackMapEntry { ty: types::I64, slot, offset: 0 };
            self.b.func.dfg.append_user_stack_map_entry(call, entry);
            let address = self.b.ins().stack_addr(types::I64, slot, 0);
            after.push(self.b.ins().load(types::I64, flags, address, 0));
        }
        after
    }

    fn rename(&mut self, body: Block, params: Vec<Value>, reprs: &[Repr]) -> Vec<Value> {
        params
            .into_iter()
            .zip(reprs)
            .map(|(param, &repr)| match repr {
                Repr::Ref => self.b.append_block_param(body, machine_type(repr)),
                _ => param,
            })
            .collect()
    }
}
