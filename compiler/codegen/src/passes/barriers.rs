//! Drops write barriers of stores into objects that are certainly young: allocated since the last collection.

use crate::ir::{Function, Op, Terminator, Value};
use rustc_hash::FxHashSet;

/// Drops them; their number.
pub(super) fn drop_barriers(func: &mut Function) -> u64 {
    let mut count = 0;
    let mut young: FxHashSet<Value> = FxHashSet::default();
    for at in 0..func.layout.len() {
        let block = func.layout[at];
        young.clear();
        let insts = std::mem::take(&mut func.blocks[block].insts);
        let mut kept = Vec::with_capacity(insts.len());
        for (place, &inst) in insts.iter().enumerate() {
            let data = &func.insts[inst];
            match data.op {
                // Large objects are old from the start, but records are not that large.
                Op::New(..) => {
                    young.clear();
                    young.extend(data.result);
                }
                Op::Barrier(_) if young.contains(&data.args[0]) || stores_immediate(func, &insts[place + 1..]) => {
                    count += 1;
                    continue;
                }
                Op::BarrierItem if stores_immediate(func, &insts[place + 1..]) => {
                    count += 1;
                    continue;
                }
                _ if data.op.collects() => young.clear(),
                _ => {}
            }
            kept.push(inst);
        }
        let data = &mut func.blocks[block];
        data.insts = kept;
        debug_assert!(!matches!(data.term, Terminator::Try { inst, .. } if data.insts.contains(&inst)));
    }
    count
}

/// Whether the store that follows a barrier stores an immediate word.
fn stores_immediate(func: &Function, rest: &[crate::ir::Inst]) -> bool {
    for &inst in rest {
        let data = &func.insts[inst];
        match data.op {
            Op::Store(..) => return func.word_const(data.args[1]).is_some(),
            Op::StoreItem(_) => return func.word_const(data.args[2]).is_some(),
            // What was folded in between.
            _ if data.op.is_pure() => {}
            _ => return false,
        }
    }
    false
}
