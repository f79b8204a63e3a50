//! Chooses between numbers without a branch.
//!
//! ```text
//! before   branch c, a, join(x)      after   y = …
//!     a:   y = …; jump join(y)               jump join(select c, y, x)
//! ```
//!
//! A branch that goes either way costs more, when it was guessed wrong, than the few instructions that are then executed
//! in vain. But a number that says from where to load is better guessed: the processor loads meanwhile. What branches say
//! is lost, so this comes after the passes that listen.

use crate::ir::cfg::Cfg;
use crate::ir::{Arg, Block, Function, Jump, Op, Terminator, Value, ValueDef};
use cranelift_codegen::entity::EntitySet;
use vitte_abi::object::Repr;

/// So many instructions may be executed in vain.
const MAX_MOVED: usize = 3;
/// So many numbers may be chosen by one condition.
const MAX_CHOICES: usize = 2;

/// Replaces branches; their number.
pub(super) fn select_values(func: &mut Function) -> u64 {
    let cfg = Cfg::new(func);
    let addresses = find_addresses(func, &cfg);
    let mut count = 0;
    // From the last on, so that a choice within another is one instruction of it.
    for &block in cfg.order.iter().rev() {
        if let Some(choice) = find(func, &cfg, &addresses, block) {
            apply(func, block, choice);
            count += 1;
        }
    }
    count
}

/// The numbers that decide from where something is loaded.
fn find_addresses(func: &Function, cfg: &Cfg) -> EntitySet<Value> {
    let mut addresses = EntitySet::with_capacity(func.values.len());
    let mut pending = Vec::new();
    for &block in &cfg.order {
        for &inst in &func.blocks[block].insts {
            let data = &func.insts[inst];
            if matches!(data.op, Op::LoadItem(_) | Op::LoadTable(_) | Op::LoadForeign(..)) {
                pending.extend(data.args.iter().copied());
            }
        }
    }
    while let Some(value) = pending.pop() {
        if !is_number(func, value) || !addresses.insert(value) {
            continue;
        }
        match func.values[value].def {
            ValueDef::Inst(inst) if func.insts[inst].op.is_total() => pending.extend(&func.insts[inst].args),
            ValueDef::Inst(_) => {}
            ValueDef::Param(block, number) => {
                for &pred in &cfg.preds[block] {
                    let jumps = func.blocks[pred].term.jumps().filter(|jump| jump.block == block);
                    pending.extend(jumps.filter_map(|jump| match jump.args[number as usize] {
                        Arg::Value(value) => Some(value),
                        Arg::Result | Arg::Exception => None,
                    }));
                }
            }
        }
    }
    addresses
}

/// A condition and the two jumps, to one block, between which it decides.
struct Choice {
    cond: Value,
    then: Jump,
    other: Jump,
    /// The blocks of which the instructions move.
    moved: Vec<Block>,
}

fn find(func: &Function, cfg: &Cfg, addresses: &EntitySet<Value>, block: Block) -> Option<Choice> {
    let Terminator::Branch(cond, then, other) = &func.blocks[block].term else { return None };
    let mut moved = Vec::new();
    let mut way = |jump: &Jump, join: Block| {
        if jump.block == join {
            return Some(jump.clone());
        }
        moved.push(jump.block);
        passed(func, cfg, jump.block).filter(|next| next.block == join).cloned()
    };
    // Where they meet: behind the one, behind the other, or behind both.
    let joins = [Some(other.block), Some(then.block), passed(func, cfg, then.block).map(|next| next.block)];
    let join = joins.into_iter().flatten().find(|&join| {
        let arrives =
            |jump: &Jump| jump.block == join || passed(func, cfg, jump.block).is_some_and(|next| next.block == join);
        join != block && arrives(then) && arrives(other)
    })?;
    let (then, other) = (way(then, join)?, way(other, join)?);
    let n_moved: usize = moved.iter().map(|&block| func.blocks[block].insts.len()).sum();
    let params = &func.blocks[join].params;
    let choices: Vec<_> = params.iter().zip(then.args.iter().zip(&other.args)).filter(|(_, (a, b))| a != b).collect();
    let chosen = choices.iter().all(|&(&param, args)| {
        let are_values = matches!(args, (Arg::Value(_), Arg::Value(_)));
        are_values && is_number(func, param) && !addresses.contains(param)
    });
    (chosen && choices.len() <= MAX_CHOICES && n_moved <= MAX_MOVED).then_some(Choice {
        cond: *cond,
        then,
        other,
        moved,
    })
}

/// Where a block goes on that only computes something cheap, and to which one jump leads.
fn passed<'f>(func: &'f Function, cfg: &Cfg, block: Block) -> Option<&'f Jump> {
    let data = &func.blocks[block];
    let Terminator::Jump(next) = &data.term else { return None };
    let fits = data.params.is_empty()
        && !data.cold
        && data.insts.len() <= MAX_MOVED
        && cfg.preds[block].len() == 1
        && data.insts.iter().all(|&inst| is_cheap(&func.insts[inst].op));
    fits.then_some(next)
}

fn is_number(func: &Function, value: Value) -> bool {
    matches!(func.repr(value), Repr::I8 | Repr::I16 | Repr::I32 | Repr::I64)
}

fn is_cheap(op: &Op) -> bool {
    matches!(
        op,
        Op::Int(..)
            | Op::Add
            | Op::Sub
            | Op::And
            | Op::Or
            | Op::Xor
            | Op::Shl
            | Op::AShr
            | Op::LShr
            | Op::Neg
            | Op::Not
            | Op::SMin
            | Op::SMax
            | Op::ICmp(_)
            | Op::SExt(_)
            | Op::ZExt(_)
            | Op::Reduce(_)
            | Op::Select
    )
}

fn apply(func: &mut Function, block: Block, choice: Choice) {
    let Choice { cond, then, other, moved } = choice;
    for from in moved {
        let insts = std::mem::take(&mut func.blocks[from].insts);
        func.blocks[block].insts.extend(insts);
        func.blocks[from].term = Terminator::Unreachable;
    }
    let loc = func.blocks[block].term_loc;
    let mut args = Vec::with_capacity(then.args.len());
    for (a, b) in then.args.iter().zip(&other.args) {
        args.push(match (a, b) {
            (Arg::Value(x), Arg::Value(y)) if x != y => {
                let repr = func.repr(*x);
                Arg::Value(func.append_value(block, Op::Select, vec![cond, *x, *y], repr, loc))
            }
            _ => *a,
        });
    }
    func.blocks[block].term = Terminator::Jump(Jump { block: then.block, args });
    func.drop_unreachable();
}

#[cfg(test)]
mod tests {
    use crate::passes::testing::{count, improved};

    fn choices(code: &str) -> (usize, usize) {
        let (texts, _) = improved(&format!(
            "FUNC f(a: int, b: int, xs: [int]) -> int\nREG r0: bool\nREG r1, r2: int\n{code}\nRETURN r1\nEND"
        ));
        (count(&texts[0], "select"), count(&texts[0], "branch"))
    }

    #[test]
    fn the_lesser_of_two_needs_no_branch() {
        assert_eq!(choices("MOVE r1, a\nLT r0, a, b\nIF r0, less\nMOVE r1, b\nless:"), (1, 0));
        assert_eq!(choices("LT r0, a, b\nIF r0, less\nSUB r1, a, b\nJUMP on\nless:\nSUB r1, b, a\non:"), (1, 0));
    }

    #[test]
    fn where_to_load_from_is_guessed() {
        assert_eq!(choices("MOVE r2, a\nLT r0, a, b\nIF r0, less\nMOVE r2, b\nless:\nLIST_GET r1, xs, r2"), (0, 1));
    }

    #[test]
    fn what_costs_or_may_raise_is_not_done_in_vain() {
        assert_eq!(choices("MOVE r1, a\nLT r0, a, b\nIF r0, less\nDIV r1, a, b\nless:"), (0, 1));
        assert_eq!(choices("MOVE r1, a\nLT r0, a, b\nIF r0, less\nLIST_GET r1, xs, a\nless:"), (0, 1));
    }
}
