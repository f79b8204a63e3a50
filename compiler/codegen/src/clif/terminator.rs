//! How blocks end.

use super::calls::{Handler, UNREACHABLE};
use super::{Emitter, machine_type};
use crate::ir::{self, Arg, Catch, Jump, Terminator};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, BlockArg, BlockCall, InstBuilder, JumpTableData, Value, types};
use rustc_hash::FxHashSet;
use vitte_abi::object::Repr;

/// Switches with fewer targets compare with one number after the other.
const MIN_SEARCH: usize = 4;
/// Switches with fewer targets become searches: what looks a target up and jumps there takes longer than a few branches.
const MIN_TABLE: usize = 8;

impl Emitter<'_> {
    pub(super) fn terminator(&mut self, term: &Terminator) {
        match term {
            Terminator::Jump(jump) => self.jump(jump, None),
            Terminator::Branch(condition, then, other) => {
                let condition = self.value(*condition);
                let (then_block, then_args) = self.target(then, None);
                let (other_block, other_args) = self.target(other, None);
                self.b.ins().brif(condition, then_block, &then_args, other_block, &other_args);
            }
            Terminator::Switch(value, jumps, default) => self.switch(self.value(*value), jumps, default),
            Terminator::Return(value) => {
                let value = value.map(|value| self.value(value));
                self.b.ins().return_(value.as_slice());
            }
            Terminator::TailCall(func, args) => {
                let callee = self.function_ref(*func);
                let args: Vec<Value> =
                    std::iter::once(self.context).chain(args.iter().map(|&arg| self.value(arg))).collect();
                self.b.ins().return_call(callee, &args);
            }
            Terminator::TailCallClosure(args) => {
                let (code, args) = self.closure_call(args);
                let result = (self.function.result != Repr::Unit).then(|| machine_type(self.function.result));
                let signature = self.indirect_signature(&args, result);
                self.b.ins().return_call_indirect(signature, code, &args);
            }
            Terminator::Try { inst, normal, handlers } => self.try_inst(*inst, normal, handlers),
            Terminator::Unreachable => {
                self.b.ins().trap(UNREACHABLE);
            }
        }
    }

    fn jump(&mut self, jump: &Jump, result: Option<Value>) {
        let (block, args) = self.target(jump, result);
        self.b.ins().jump(block, &args);
    }

    /// The block and arguments of a jump; `result` is what [`Arg::Result`] stands for.
    fn target(&mut self, jump: &Jump, result: Option<Value>) -> (Block, Vec<BlockArg>) {
        let block = self.block(jump.block);
        let args = jump.args.iter().map(|arg| match arg {
            Arg::Value(value) => BlockArg::Value(self.value(*value)),
            Arg::Result => BlockArg::Value(result.expect("the result reaches the normal successor")),
            Arg::Exception => BlockArg::TryCallExn(0),
        });
        let args = args.collect();
        (block, args)
    }

    fn switch(&mut self, value: Value, jumps: &[Jump], default: &Jump) {
        if jumps.len() < MIN_SEARCH {
            for (number, jump) in jumps.iter().enumerate() {
                let (block, args) = self.target(jump, None);
                let next = self.b.create_block();
                let hit = self.b.ins().icmp_imm_u(IntCC::Equal, value, number as i64);
                self.b.ins().brif(hit, block, &args, next, &[]);
                self.b.switch_to_block(next);
            }
            return self.jump(default, None);
        }
        let (default_block, default_args) = self.target(default, None);
        let search = jumps.len() < MIN_TABLE;
        if search || self.b.func.dfg.value_type(value) == types::I64 {
            // Jump tables take 32 bits.
            let inside = self.b.create_block();
            let fits = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, value, jumps.len() as i64);
            self.b.ins().brif(fits, inside, &[], default_block, &default_args);
            self.b.switch_to_block(inside);
        }
        if search {
            return self.search(value, jumps, 0);
        }
        let index = match self.b.func.dfg.value_type(value) {
            types::I64 => self.b.ins().ireduce(types::I32, value),
            types::I32 => value,
            _ => self.b.ins().uextend(types::I32, value),
        };
        let calls: Vec<BlockCall> = jumps
            .iter()
            .map(|jump| {
                let (block, args) = self.target(jump, None);
                BlockCall::new(block, args, &mut self.b.func.dfg.value_lists)
            })
            .collect();
        let default = BlockCall::new(default_block, default_args, &mut self.b.func.dfg.value_lists);
        let table = self.b.create_jump_table(JumpTableData::new(default, &calls));
        self.b.ins().br_table(index, table);
    }

    /// Goes on at number `value - low` of the list, where it is in the list.
    fn search(&mut self, value: Value, jumps: &[Jump], low: usize) {
        if let [only] = jumps {
            return self.jump(only, None);
        }
        let (lower, upper) = jumps.split_at(jumps.len() / 2);
        let (left, right) = (self.b.create_block(), self.b.create_block());
        let middle = low + lower.len();
        let less = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, value, middle as i64);
        self.b.ins().brif(less, left, &[], right, &[]);
        self.b.switch_to_block(left);
        self.search(value, lower, low);
        self.b.switch_to_block(right);
        self.search(value, upper, middle);
    }

    fn try_inst(&mut self, inst: ir::Inst, normal: &Jump, handlers: &[(Catch, Jump)]) {
        let mut known = FxHashSet::default();
        for &(catch, ref jump) in handlers {
            if known.insert(catch.filter) {
                let (block, args) = self.target(jump, None);
                self.handlers.push(Handler { catch, block, args });
            }
            if catch.filter.is_none() {
                break;
            }
        }
        let data = &self.function.insts[inst];
        self.position(data.loc);
        let result = normal.args.iter().position(|arg| *arg == Arg::Result);
        let wanted = result.map(|at| self.function.repr(self.function.blocks[normal.block].params[at]));
        let value = self.inst(data, wanted);
        self.handlers.clear();
        self.jump(normal, value);
    }
}
