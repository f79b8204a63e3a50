//! Division by powers of two, of numbers that are not negative, or of which only matters whether anything is left.

use crate::ir::{Block, Function, Inst, Op};
use vitte_abi::object::Repr;

/// Whether an instruction divides a signed number by a power of two.
pub(super) fn is_by_power(func: &Function, inst: Inst) -> bool {
    let data = &func.insts[inst];
    matches!(data.op, Op::SDiv | Op::SRem)
        && func.repr(data.args[0]) == Repr::I64
        && func.int_const(data.args[1]).is_some_and(|divisor| divisor > 1 && divisor.count_ones() == 1)
}

/// Replaces such divisions, of numbers that are not negative, by a shift or a mask.
pub(super) fn simplify(func: &mut Function, divisions: Vec<(Block, Inst)>) {
    for (block, inst) in divisions {
        let data = &func.insts[inst];
        let divisor = func.int_const(data.args[1]).unwrap_or_else(|| unreachable!("the divisor is a constant"));
        let (op, number) = match data.op {
            Op::SDiv => (Op::LShr, i64::from(divisor.trailing_zeros())),
            _ => (Op::And, divisor - 1),
        };
        let constant = func.add_inst(Op::Int(Repr::I64, number), vec![], Repr::I64, None);
        let place = func.blocks[block].insts.iter().position(|&other| other == inst);
        func.blocks[block].insts.insert(place.unwrap_or_else(|| unreachable!("it is in its block")), constant);
        let number = func.insts[constant].result.unwrap_or_else(|| unreachable!("a constant has a result"));
        let data = &mut func.insts[inst];
        (data.op, data.args[1]) = (op, number);
    }
}
