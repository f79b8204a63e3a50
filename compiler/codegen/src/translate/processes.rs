//! Processes and messages; raw memory.

use super::Translator;
use crate::ir::{IntCond, Jump, Op, Terminator};
use vitbc::{Inst, TypeIdx};
use vitte_abi::functions::Helper;
use vitte_abi::object::Repr;

impl Translator<'_> {
    pub(super) fn process(&mut self, inst: &Inst) {
        match inst {
            Inst::Spawn { dst, body, link } => {
                let body = self.read(*body);
                let link = self.int(Repr::I64, *link);
                let pid = self.helper(Helper::vt_spawn, vec![body, link]);
                self.write(*dst, pid);
            }
            Inst::SelfPid { dst } => {
                let pid = self.helper(Helper::vt_self, vec![]);
                self.write(*dst, pid);
            }
            Inst::Send { to, message } => {
                let args = vec![self.read(*to), self.read(*message)];
                self.helper_effect(Helper::vt_send, args);
            }
            Inst::ReceivePeek { dst, empty } => {
                let found = self.helper_bool(Helper::vt_receive_peek, vec![]);
                let empty = Jump::to(self.target(*empty));
                let here = self.new_block();
                self.end(Terminator::Branch(found, Jump::to(here), empty));
                self.block = here;
                let message = self.value(Op::Peeked, vec![], Repr::Ref);
                self.write(*dst, message);
                self.jump_to(vitbc::Label(self.at.0 + 1));
            }
            Inst::ReceiveTake {} => self.helper_effect(Helper::vt_receive_take, vec![]),
            Inst::ReceiveSkip {} => self.helper_effect(Helper::vt_receive_skip, vec![]),
            Inst::ReceiveWait { dst, millis } => {
                let millis = self.read(*millis);
                let arrived = self.helper_bool(Helper::vt_receive_wait, vec![millis]);
                self.write(*dst, arrived);
            }
            other => unreachable!("not about processes: {other:?}"),
        }
    }

    pub(super) fn pointer(&mut self, inst: &Inst) {
        match inst {
            Inst::PtrLoad { dst, address, offset } => {
                let address = self.read(*address);
                let repr = self.repr_of(*dst);
                let mut value = self.value(Op::LoadForeign(repr, *offset), vec![address], repr);
                if self.ty(*dst) == TypeIdx::BOOL {
                    let zero = self.int(repr, 0);
                    value = self.icmp(IntCond::Ne, value, zero);
                }
                self.write(*dst, value);
            }
            Inst::PtrStore { address, offset, value } => {
                let args = vec![self.read(*address), self.read(*value)];
                self.effect(Op::StoreForeign(*offset), args);
            }
            Inst::PtrAdd { dst, address, bytes } => {
                let args = vec![self.read(*address), self.read(*bytes)];
                let sum = self.value(Op::Add, args, Repr::I64);
                self.write(*dst, sum);
            }
            Inst::PtrItems { dst, list } => {
                let list = self.read(*list);
                let buffer = self.list_buffer(list);
                let address = self.value(Op::BufferData, vec![buffer], Repr::I64);
                self.write(*dst, address);
            }
            Inst::PtrStr { dst, address } => {
                let address = self.read(*address);
                let text = self.helper(Helper::vt_ptr_str, vec![address]);
                self.write(*dst, text);
            }
            other => unreachable!("not about pointers: {other:?}"),
        }
    }
}
