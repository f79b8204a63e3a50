//! Gives loops copies of the floats that they only read.
//!
//! No register for floats keeps its value across a call, see [`quiet`](crate::ir::quiet). So a loop without calls gets a
//! copy of such a value before it is entered: one that does not live across calls.

use crate::ir::cfg::{Cfg, Dominators};
use crate::ir::quiet::{calls, find_quiet};
use crate::ir::{Block, Function, Inst, Op, Value, ValueDef};
use cranelift_codegen::entity::SecondaryMap;
use rustc_hash::FxHashMap;
use vitte_abi::object::Repr;

/// Copies floats before loops; their number.
pub(super) fn copy_floats(func: &mut Function) -> u64 {
    let cfg = Cfg::new(func);
    let dominators = Dominators::new(&cfg);
    let quiet = find_quiet(func, &cfg, &dominators);
    if quiet.loops.is_empty() {
        return 0;
    }
    let mut homes: SecondaryMap<Inst, Option<Block>> = SecondaryMap::with_capacity(func.insts.len());
    for &block in &cfg.order {
        func.blocks[block].insts.iter().for_each(|&inst| homes[inst] = Some(block));
    }
    let mut count = 0;
    for each in &quiet.loops {
        let mut copies: FxHashMap<Value, Option<Value>> = FxHashMap::default();
        for &block in &each.blocks {
            let mut used = Vec::new();
            func.for_each_use(block, |value| used.extend(is_float(func, value).then_some(value)));
            for value in used {
                if copies.contains_key(&value) {
                    continue;
                }
                let home = match func.values[value].def {
                    ValueDef::Param(block, _) => Some((block, None)),
                    ValueDef::Inst(inst) => homes[inst].map(|block| (block, Some(inst))),
                };
                let crosses = home.is_some_and(|(home, inst)| {
                    !each.blocks.contains(&home) && crosses(func, &dominators, &quiet.calling, home, inst)
                });
                copies.insert(value, crosses.then(|| copy(func, each.before, value)));
            }
        }
        for &block in &each.blocks {
            func.map_uses(block, |value| copies.get(&value).copied().flatten().unwrap_or(value));
        }
        count += copies.values().flatten().count() as u64;
    }
    count
}

/// Whether a value is a float that is computed.
fn is_float(func: &Function, value: Value) -> bool {
    let computed = || !matches!(func.def_inst(value).map(|made| &made.op), Some(Op::Float(..)));
    matches!(func.repr(value), Repr::F32 | Repr::F64) && computed()
}

/// Whether a call may come while a value is alive that `inst`, or a jump to `home`, defines.
fn crosses(func: &Function, dominators: &Dominators, calling: &[Block], home: Block, inst: Option<Inst>) -> bool {
    calling.iter().any(|&block| {
        if block != home {
            return dominators.dominates(home, block);
        }
        let place = |inst: Inst| func.blocks[home].insts.iter().position(|&other| other == inst);
        let defined = inst.and_then(place);
        calls(func, home).any(|call| defined.is_none_or(|defined| place(call).is_none_or(|call| call > defined)))
    })
}

/// A copy of a float at the end of a block, by way of an integer: Cranelift has no copies.
fn copy(func: &mut Function, block: Block, value: Value) -> Value {
    let repr = func.repr(value);
    let bits = if repr == Repr::F32 { Repr::I32 } else { Repr::I64 };
    let loc = func.blocks[block].term_loc;
    let between = func.append_value(block, Op::Bitcast(bits), vec![value], bits, loc);
    func.append_value(block, Op::Bitcast(repr), vec![between], repr, loc)
}

#[cfg(test)]
mod tests {
    use crate::passes::testing::improved;

    fn copies(call: &str) -> Option<u64> {
        let source = format!(
            "FUNC f(x: float, n: int) -> float\nREG r0: float\nREG r1, r2: int\nREG r3: bool\nLOAD_CONST r0, 0.0\n\
             LOAD_CONST r1, 0\nLOAD_CONST r2, 1\n{call}\ntop:\nLT r3, r1, n\nIF_NOT r3, out\nADD r0, r0, x\n\
             ADD r1, r1, r2\nJUMP top\nout:\nRETURN r0\nEND\n"
        );
        improved(&source).1.0.get("floats.copied").copied()
    }

    #[test]
    fn what_lives_across_a_call_is_copied() {
        assert_eq!(copies("PRINT n"), Some(1));
        assert_eq!(copies(""), None);
    }
}
