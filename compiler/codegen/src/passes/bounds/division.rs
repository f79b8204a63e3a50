//! Division by powers of two, of numbers that are not negative, or of which only matters whether anything is left.

use crate::ir::cfg::Cfg;
use crate::ir::{Block, Function, Inst, IntCond, Op, Value};
use rustc_hash::FxHashMap;
use vitte_abi::object::Repr;

/// Whether an instruction divides a signed number by a power of two.
pub(super) fn is_by_power(func: &Function, inst: Inst) -> bool {
    let data = &func.insts[inst];
    matches!(data.op, Op::SDiv | Op::SRem)
        && func.repr(data.args[0]) == Repr::I64
        && func.int_const(data.args[1]).is_some_and(|divisor| divisor > 1 && divisor.count_ones() == 1)
}

/// Those among such divisions of which somebody only asks whether anything is left: its sign does not matter then.
pub(super) fn only_compared_with_zero(func: &Function, cfg: &Cfg, divisions: Vec<(Block, Inst)>) -> Vec<(Block, Inst)> {
    let mut rest: FxHashMap<Value, (Block, Inst)> = divisions
        .into_iter()
        .filter(|&(_, inst)| func.insts[inst].op == Op::SRem)
        .filter_map(|(block, inst)| func.insts[inst].result.map(|result| (result, (block, inst))))
        .collect();
    if rest.is_empty() {
        return Vec::new();
    }
    for &block in &cfg.order {
        let mut compared = 0;
        for &inst in &func.blocks[block].insts {
            let data = &func.insts[inst];
            if matches!(data.op, Op::ICmp(IntCond::Eq | IntCond::Ne)) && func.int_const(data.args[1]) == Some(0) {
                compared += usize::from(rest.contains_key(&data.args[0]));
            }
        }
        let mut used = Vec::new();
        func.for_each_use(block, |value| used.extend(rest.contains_key(&value).then_some(value)));
        if used.len() > compared {
            rest.retain(|value, _| !used.contains(value));
        }
    }
    let mut found: Vec<(Block, Inst)> = rest.into_values().collect();
    found.sort_unstable();
    found
}

/// Replaces such divisions by a shift or a mask.
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
