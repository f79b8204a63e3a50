//! Tidies control flow: branches that always go one way, blocks that only jump on, blocks that could be one.

use crate::ir::{Arg, Block, Function, Jump, Op, Terminator, Value};
use cranelift_codegen::entity::SecondaryMap;

/// Tidies; the number of changes.
pub(super) fn tidy_blocks(func: &mut Function) -> u64 {
    let mut changes = fold_branches(func);
    changes += func.drop_unreachable() as u64;
    changes += thread_jumps(func);
    changes += func.drop_unreachable() as u64;
    changes += merge_blocks(func);
    changes
}

fn fold_branches(func: &mut Function) -> u64 {
    let mut changes = 0;
    for at in 0..func.layout.len() {
        let block = func.layout[at];
        let term = match &func.blocks[block].term {
            Terminator::Branch(cond, then, other) => match func.int_const(*cond) {
                Some(0) => Terminator::Jump(other.clone()),
                Some(_) => Terminator::Jump(then.clone()),
                None if then == other => Terminator::Jump(then.clone()),
                None => match func.def_inst(*cond).map(|made| (&made.op, &made.args)) {
                    // A branch on the negation of a truth value.
                    Some((Op::Xor, args)) if func.int_const(args[1]) == Some(1) && is_truth(func, args[0]) => {
                        Terminator::Branch(args[0], other.clone(), then.clone())
                    }
                    _ => continue,
                },
            },
            Terminator::Switch(value, jumps, default) => match func.int_const(*value) {
                Some(number) => {
                    let jump = usize::try_from(number).ok().and_then(|number| jumps.get(number));
                    Terminator::Jump(jump.unwrap_or(default).clone())
                }
                None if jumps.iter().all(|jump| jump == default) => Terminator::Jump(default.clone()),
                None => continue,
            },
            _ => continue,
        };
        func.blocks[block].term = term;
        changes += 1;
    }
    changes
}

/// Whether a value is 0 or 1: a helper's `Bool`, a comparison.
fn is_truth(func: &Function, value: Value) -> bool {
    func.def_inst(value).is_some_and(|made| match made.op {
        Op::ICmp(_) | Op::FCmp(_) | Op::IsType(_) => true,
        Op::Reduce(_) => func.def_inst(made.args[0]).is_some_and(|inner| {
            inner.op.runtime_fn().is_some_and(|row| row.result == vitte_abi::functions::ArgType::Bool)
        }),
        _ => false,
    })
}

/// Leads jumps to a block that only jumps on, or that only branches on what the jump brings, to where they end up.
fn thread_jumps(func: &mut Function) -> u64 {
    let users = blocks_that_use(func);
    let mut changes = 0;
    for at in 0..func.layout.len() {
        let block = func.layout[at];
        let mut term = std::mem::replace(&mut func.blocks[block].term, Terminator::Unreachable);
        let is_try = matches!(term, Terminator::Try { .. });
        for jump in term.jumps_mut() {
            // Bounded, since empty blocks may form a cycle.
            for _ in 0..8 {
                match thread(func, &users, block, jump, is_try) {
                    Some(further) => *jump = further,
                    None => break,
                }
                changes += 1;
            }
        }
        func.blocks[block].term = term;
    }
    changes
}

/// For each value whether only its own block uses it.
fn blocks_that_use(func: &Function) -> SecondaryMap<Value, bool> {
    let mut used_elsewhere: SecondaryMap<Value, bool> = SecondaryMap::with_capacity(func.values.len());
    for &block in &func.layout {
        func.for_each_use(block, |value| {
            if let crate::ir::ValueDef::Param(own, _) = func.values[value].def
                && own != block
            {
                used_elsewhere[value] = true;
            }
        });
    }
    used_elsewhere
}

fn thread(
    func: &Function,
    used_elsewhere: &SecondaryMap<Value, bool>,
    from: Block,
    jump: &Jump,
    is_try: bool,
) -> Option<Jump> {
    let data = &func.blocks[jump.block];
    let private = data.params.iter().all(|&param| !used_elsewhere[param]);
    if !data.insts.is_empty() || jump.block == from || !private || (is_try && !data.params.is_empty()) {
        return None;
    }
    let bring = |value: Value| match data.params.iter().position(|&param| param == value) {
        Some(number) => jump.args[number],
        None => Arg::Value(value),
    };
    let next = match &data.term {
        Terminator::Jump(next) => next,
        Terminator::Branch(cond, then, other) => match bring(*cond) {
            Arg::Value(value) if value != *cond => match func.int_const(value)? {
                0 => other,
                _ => then,
            },
            _ => return None,
        },
        _ => return None,
    };
    if next.block == jump.block {
        return None;
    }
    let args = next
        .args
        .iter()
        .map(|arg| match arg {
            Arg::Value(value) => bring(*value),
            other => *other,
        })
        .collect();
    Some(Jump { block: next.block, args })
}

/// Appends blocks to their only predecessor if that only jumps there.
fn merge_blocks(func: &mut Function) -> u64 {
    let mut n_preds: SecondaryMap<Block, u32> = SecondaryMap::with_capacity(func.blocks.len());
    for &block in &func.layout {
        func.blocks[block].term.jumps().for_each(|jump| n_preds[jump.block] += 1);
    }
    let mut aliases: SecondaryMap<Value, Option<Value>> = SecondaryMap::new();
    let mut merged: SecondaryMap<Block, bool> = SecondaryMap::new();
    let mut changes = 0;
    for at in 0..func.layout.len() {
        let block = func.layout[at];
        if merged[block] {
            continue;
        }
        while let Terminator::Jump(jump) = &func.blocks[block].term {
            let next = jump.block;
            if n_preds[next] != 1 || next == block || jump.args.iter().any(|arg| !matches!(arg, Arg::Value(_))) {
                break;
            }
            let values: Vec<Value> = jump.values().collect();
            for (&param, value) in func.blocks[next].params.iter().zip(values) {
                aliases[param] = Some(value);
            }
            let rest = std::mem::replace(
                &mut func.blocks[next],
                crate::ir::BlockData {
                    params: vec![],
                    insts: vec![],
                    term: Terminator::Unreachable,
                    term_loc: None,
                    cold: false,
                },
            );
            let data = &mut func.blocks[block];
            data.insts.extend(rest.insts);
            data.term = rest.term;
            data.term_loc = rest.term_loc;
            merged[next] = true;
            changes += 1;
        }
    }
    if changes > 0 {
        func.layout.retain(|&block| !merged[block]);
        let resolve = |mut value: Value| {
            while let Some(next) = aliases[value] {
                value = next;
            }
            value
        };
        for at in 0..func.layout.len() {
            func.map_uses(func.layout[at], resolve);
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use crate::passes::testing::{count, improved};

    #[test]
    fn a_truth_value_that_is_branched_on_again_is_not_made() {
        // if (a and b) …, by way of a register
        let (texts, _) = improved(
            "FUNC f(a: bool, b: bool) -> int\nREG r0: bool\nREG r1: int\nMOVE r0, a\nIF_NOT r0, decided\nMOVE r0, b\n\
             decided:\nIF_NOT r0, no\nLOAD_CONST r1, 1\nRETURN r1\nno:\nLOAD_CONST r1, 2\nRETURN r1\nEND",
        );
        assert!(count(&texts[0], "branch") == 2 && count(&texts[0], "return") == 2, "{}", texts[0]);
    }
}
