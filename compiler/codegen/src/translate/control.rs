//! Jumps, branches, returns and throws.

use super::Translator;
use crate::ir::{IntCond, Jump, Op, Terminator, Value};
use vitbc::{Label, Reg};
use vitte_abi::functions::Helper;
use vitte_abi::object::Repr;

/// A switch with more targets jumps by way of a block for each, which then carries the target's arguments.
const MANY_TARGETS: usize = 16;

impl Translator<'_> {
    pub(super) fn jump_to(&mut self, label: Label) {
        let target = self.target(label);
        self.end(Terminator::Jump(Jump::to(target)));
    }

    fn next(&self) -> Label {
        Label(self.at.0 + 1)
    }

    /// Branches to `target` if the truth value is `sense`, else goes on.
    pub(super) fn branch_if(&mut self, cond: Reg, target: Label, sense: bool) {
        let mut value = self.read(cond);
        if self.func.repr(value) == Repr::Ref {
            value = self.helper_bool(Helper::vt_any_truth, vec![value]);
        }
        let (target, next) = (Jump::to(self.target(target)), Jump::to(self.target(self.next())));
        self.end(match sense {
            true => Terminator::Branch(value, target, next),
            false => Terminator::Branch(value, next, target),
        });
    }

    pub(super) fn branch_if_nil(&mut self, src: Reg, target: Label) {
        let value = self.read(src);
        let is_nil = self.compare_with_nil(value);
        let (target, next) = (Jump::to(self.target(target)), Jump::to(self.target(self.next())));
        self.end(Terminator::Branch(is_nil, target, next));
    }

    /// Whether a word is nil, as `I8`.
    pub(super) fn compare_with_nil(&mut self, value: Value) -> Value {
        let nil = self.nil();
        self.icmp(IntCond::Eq, value, nil)
    }

    pub(super) fn switch(&mut self, value: Reg, targets: &[Label]) {
        let value = self.read(value);
        let default = Jump::to(self.target(self.next()));
        if targets.len() <= MANY_TARGETS {
            let jumps = targets.iter().map(|&target| Jump::to(self.target(target))).collect();
            return self.end(Terminator::Switch(value, jumps, default));
        }
        let from = self.block;
        let mut stops = rustc_hash::FxHashMap::default();
        let mut jumps = Vec::with_capacity(targets.len());
        for &label in targets {
            let target = self.target(label);
            let stop = *stops.entry(target).or_insert_with(|| {
                let stop = self.func.add_block();
                self.registers.continue_node(from, stop);
                self.block = stop;
                self.end(Terminator::Jump(Jump::to(target)));
                stop
            });
            jumps.push(Jump::to(stop));
        }
        self.block = from;
        self.end(Terminator::Switch(value, jumps, default));
    }

    pub(super) fn return_value(&mut self, value: Option<Reg>) {
        let value = match value {
            Some(reg) => self.try_read(reg),
            None if self.func.result == Repr::Ref => Some(self.nil()),
            None => None,
        };
        self.end(Terminator::Return(value));
    }

    /// Ends the program, since the instruction is never reached.
    pub(super) fn unreachable(&mut self) {
        self.helper_effect(Helper::vt_unreachable, vec![]);
        self.end(Terminator::Unreachable);
    }

    /// Raises a value; nothing follows.
    pub(super) fn throw(&mut self, op: Op, value: Reg) {
        let value = self.read(value);
        self.raising(op, vec![value], Repr::Unit);
        self.end(Terminator::Unreachable);
    }
}
