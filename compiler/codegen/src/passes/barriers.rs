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

#[cfg(test)]
mod tests {
    use crate::passes::testing::{count, improved};

    #[test]
    fn old_objects_that_get_references_have_barriers() {
        let source = |value: &str| {
            format!(
                "STRUCT P {{ x: int, next: P? }}\nFUNC f(p: P, q: P?) -> unit\nREG r0: P?\nLOAD_CONST r0, nil\nSTORE p, next, {value}\n\
                 RETURN\nEND"
            )
        };
        let barriers = |value| count(&improved(&source(value)).0[0], "barrier");
        assert_eq!((barriers("q"), barriers("r0")), (1, 0));
    }

    #[test]
    fn a_new_object_has_none_until_the_next_collection() {
        let source = |between: &str| {
            format!(
                "STRUCT P {{ x: int, next: P? }}\nFUNC f(n: int) -> P\nREG r0, r1: P\nREG r2: P?\nLOAD_CONST r2, nil\n\
                 ALLOC r1, P, n, r2\nWRAP r2, r1\nALLOC r0, P, n, r2\n{between}STORE r0, next, r2\nRETURN r0\nEND"
            )
        };
        let barriers = |between| count(&improved(&source(between)).0[0], "barrier");
        assert_eq!((barriers(""), barriers("CALL r1, f, n\n")), (0, 1));
    }
}
