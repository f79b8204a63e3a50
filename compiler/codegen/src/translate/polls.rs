//! Polls in try regions.
//!
//! A jump back is no instruction that raises, as far as the verifier is concerned, so at its poll a register may be
//! unassigned that the handler reads. Such a poll stays out of the handlers' reach.

use super::registers::Registers;
use crate::ir::{Arg, Function, Jump, Op, Terminator, Value};
use cranelift_codegen::entity::{EntitySet, SecondaryMap};

/// Takes those polls that would hand unassigned values to a handler out of their try.
pub(super) fn keep_from_handlers(func: &mut Function, registers: &Registers) {
    let mut work: Vec<Value> = registers.undefined_values().collect();
    if work.is_empty() {
        return;
    }
    let mut receivers: SecondaryMap<Value, Vec<Value>> = SecondaryMap::new();
    for &block in &func.layout {
        for jump in func.blocks[block].term.jumps() {
            for (arg, &param) in jump.args.iter().zip(&func.blocks[jump.block].params) {
                if let Arg::Value(value) = arg {
                    receivers[*value].push(param);
                }
            }
        }
    }
    let mut tainted: EntitySet<Value> = EntitySet::new();
    while let Some(value) = work.pop() {
        if tainted.insert(value) {
            work.extend(&receivers[value]);
        }
    }
    for at in 0..func.layout.len() {
        let data = &mut func.blocks[func.layout[at]];
        let Terminator::Try { inst, normal, handlers } = &data.term else { continue };
        let taints = |jump: &Jump| jump.values().any(|value| tainted.contains(value));
        if func.insts[*inst].op == Op::Poll && handlers.iter().any(|handler| taints(&handler.1)) {
            data.insts.push(*inst);
            data.term = Terminator::Jump(normal.clone());
        }
    }
    func.drop_unreachable();
}

#[cfg(test)]
mod tests {
    use crate::ir::{Op, Terminator};
    use crate::translate::tests::translate_code;
    use vitbc::{Handler, Inst, Label, Reg, TypeIdx};

    #[test]
    fn a_poll_does_not_hand_unassigned_registers_to_a_handler() {
        // 0: IF r0 → 2;  1: JUMP 0;  2: r1 = self;  3: r1 = r1 + 1 in an `any` way;  4: RETURN;  5: PRINT r1, RETURN
        let code = vec![
            Inst::If { cond: Reg(0), target: Label(2) },
            Inst::Jump { target: Label(0) },
            Inst::ToAny { dst: Reg(1), src: Reg(0) },
            Inst::Print { src: Reg(1) },
            Inst::Return { value: None },
            Inst::Print { src: Reg(1) },
            Inst::Return { value: None },
        ];
        let handler = Handler { start: Label(1), end: Label(2), target: Label(5), reg: Reg(2), filter: None };
        let inner = Handler { start: Label(3), end: Label(4), target: Label(5), reg: Reg(2), filter: None };
        let func =
            translate_code(&[TypeIdx::BOOL, TypeIdx::ANY, TypeIdx::ANY], 1, TypeIdx::UNIT, code, vec![handler, inner]);
        let tried = func.layout.iter().filter_map(|&block| func.blocks[block].term.tried());
        let ops: Vec<&Op> = tried.map(|inst| &func.insts[inst].op).collect();
        assert!(!ops.contains(&&Op::Poll) && !ops.is_empty(), "{ops:?}");
        let polls = |block: &crate::ir::Block| {
            func.blocks[*block].insts.iter().filter(|&&inst| func.insts[inst].op == Op::Poll).count()
        };
        assert_eq!(func.layout.iter().map(polls).sum::<usize>(), 1);
        assert!(func.layout.iter().any(|&block| matches!(func.blocks[block].term, Terminator::Return(None))));
    }
}
