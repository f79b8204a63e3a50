//! Leads jumps past branches whose outcome they decide.
//!
//! ```text
//! before    a ─▶ join(nil) ─▶ none      after    a ─▶ copy of the join ─▶ none
//!           b ─▶ join(box) ─▶ some               b ─▶ join(box) ─▶ none or some
//! ```
//!
//! An optional that was made a moment ago is then neither boxed nor looked at.

use super::fold::{Folded, fold};
use super::repair::Variables;
use crate::ir::cfg::{Cfg, Dominators, Loops};
use crate::ir::{Arg, Block, Function, InstData, Jump, Op, Terminator, Value};
use rustc_hash::{FxHashMap, FxHashSet};

/// Joins with more instructions are not copied.
const MAX_JOIN: usize = 8;
/// So many blocks before a join are asked for what they decided.
const MAX_WAY: usize = 6;
/// So many joins of a function are copied: after each the graph is looked at anew.
const MAX_JOINS: usize = 200;

/// Leads jumps past branches; their number.
pub(super) fn thread_jumps(func: &mut Function) -> u64 {
    let mut count = 0;
    let mut tried = FxHashSet::default();
    for _ in 0..MAX_JOINS {
        let cfg = Cfg::new(func);
        let loops = Loops::new(&cfg, &Dominators::new(&cfg));
        let headers: FxHashSet<Block> = loops.loops.iter().map(|each| each.header).collect();
        let mut found = None;
        for &block in &cfg.order {
            if !headers.contains(&block) && is_join(func, &cfg, block) && tried.insert(block) {
                let jumps = decided(func, &cfg, block);
                if !jumps.is_empty() {
                    found = Some((block, jumps));
                    break;
                }
            }
        }
        let Some((join, jumps)) = found else { break };
        count += jumps.len() as u64;
        copy_join(func, join, jumps);
        func.drop_unreachable();
    }
    count
}

fn is_join(func: &Function, cfg: &Cfg, block: Block) -> bool {
    let data = &func.blocks[block];
    let plain = |op: &Op| {
        !op.throws()
            && !op.collects()
            && !matches!(op, Op::Array | Op::Helper(_) | Op::Native(_) | Op::Peeked | Op::Box(_) | Op::BufferData)
    };
    cfg.preds[block].len() > 1
        && data.insts.len() <= MAX_JOIN
        && matches!(data.term, Terminator::Branch(..) | Terminator::Switch(..))
        && data.insts.iter().all(|&inst| plain(&func.insts[inst].op))
}

/// A jump to a join, by its block and number there, and the jump at the end of the join that it leads to.
struct Decided {
    from: Block,
    number: usize,
    further: Jump,
}

fn decided(func: &Function, cfg: &Cfg, join: Block) -> Vec<Decided> {
    let mut preds = cfg.preds[join].clone();
    preds.sort_unstable();
    preds.dedup();
    let mut jumps = Vec::new();
    for from in preds {
        let term = &func.blocks[from].term;
        if cfg.goes_back(from, join) || matches!(term, Terminator::Try { .. }) {
            continue;
        }
        for (number, jump) in term.jumps().enumerate() {
            if jump.block == join
                && let Some(further) = outcome(func, cfg, join, (from, number))
            {
                jumps.push(Decided { from, number, further: further.clone() });
            }
        }
    }
    jumps
}

/// Where a join goes on if it is entered by the jump with this number at the end of `from`, if that is known.
fn outcome<'f>(func: &'f Function, cfg: &Cfg, join: Block, (from, number): (Block, usize)) -> Option<&'f Jump> {
    let data = &func.blocks[join];
    let jump = func.blocks[from].term.jumps().nth(number)?;
    let mut known: FxHashMap<Value, Value> = data.params.iter().copied().zip(jump.values()).collect();
    let mut constants: FxHashMap<Value, InstData> = FxHashMap::default();
    for &inst in &data.insts {
        let made = &func.insts[inst];
        let Some(result) = made.result else { continue };
        let args: Vec<Value> = made.args.iter().map(|arg| *known.get(arg).unwrap_or(arg)).collect();
        let look = |value: Value| constants.get(&value).or_else(|| func.def_inst(value));
        match fold(func, &look, &made.op, &args) {
            Some(Folded::Op(op)) => {
                constants.insert(result, InstData { op, args: vec![], result: Some(result), loc: None });
            }
            Some(Folded::Value(value)) => {
                known.insert(result, *known.get(&value).unwrap_or(&value));
            }
            Some(Folded::Inst(..) | Folded::WithInt(..)) | None => {}
        }
    }
    let brought = |value: Value| *known.get(&value).unwrap_or(&value);
    let constant = |value: Value| match constants.get(&value).or_else(|| func.def_inst(value))?.op {
        Op::Int(_, number) => Some(number),
        _ => None,
    };
    match &data.term {
        Terminator::Branch(cond, then, other) => {
            let cond = brought(*cond);
            let holds = constant(cond).map(|number| number != 0);
            let holds = holds.or_else(|| decided_before(func, cfg, cond, from, number))?;
            Some(if holds { then } else { other })
        }
        Terminator::Switch(value, jumps, default) => {
            let number = usize::try_from(constant(brought(*value))?).ok();
            Some(number.and_then(|number| jumps.get(number)).unwrap_or(default))
        }
        other => unreachable!("{other:?} decides nothing"),
    }
}

/// What a condition was on the way to the jump with this number at the end of `block`.
fn decided_before(func: &Function, cfg: &Cfg, cond: Value, mut block: Block, mut number: usize) -> Option<bool> {
    for _ in 0..MAX_WAY {
        if matches!(&func.blocks[block].term, Terminator::Branch(other, ..) if *other == cond) {
            return Some(number == 0);
        }
        let [pred] = cfg.preds[block][..] else { return None };
        if block == func.entry() {
            return None;
        }
        number = func.blocks[pred].term.jumps().position(|jump| jump.block == block)?;
        block = pred;
    }
    None
}

/// Gives each of the jumps a copy of the join, which goes on without a branch.
fn copy_join(func: &mut Function, join: Block, jumps: Vec<Decided>) {
    let mut variables = Variables::default();
    let mut numbers: FxHashMap<Value, u32> = FxHashMap::default();
    let insts = func.blocks[join].insts.clone();
    let results: Vec<Value> = insts.iter().filter_map(|&inst| func.insts[inst].result).collect();
    for value in func.blocks[join].params.iter().copied().chain(results) {
        let number = variables.add(func.repr(value));
        numbers.insert(value, number);
        variables.define(number, join, value);
    }
    for Decided { from, number, further } in jumps {
        let copy = func.add_block();
        func.blocks[copy].cold = func.blocks[from].cold || func.blocks[join].cold;
        func.blocks[copy].term_loc = func.blocks[join].term_loc;
        let mut term = std::mem::replace(&mut func.blocks[from].term, Terminator::Unreachable);
        let jump = term.jumps_mut().nth(number).unwrap_or_else(|| unreachable!("the jump was there"));
        let old = std::mem::replace(jump, Jump::to(copy));
        func.blocks[from].term = term;
        let mut known: FxHashMap<Value, Value> = func.blocks[join].params.iter().copied().zip(old.values()).collect();
        for &inst in &insts {
            let new = func.copy_inst(inst, |arg| *known.get(&arg).unwrap_or(&arg));
            func.blocks[copy].insts.push(new);
            if let (Some(old), Some(new)) = (func.insts[inst].result, func.insts[new].result) {
                known.insert(old, new);
            }
        }
        for (old, &new) in &known {
            variables.define(numbers[old], copy, new);
        }
        let args = further.args.iter().map(|arg| match arg {
            Arg::Value(value) => Arg::Value(*known.get(value).unwrap_or(value)),
            other => *other,
        });
        func.blocks[copy].term = Terminator::Jump(Jump { block: further.block, args: args.collect() });
    }
    variables.replace_uses(func, &numbers, |_, block| block == join);
}

#[cfg(test)]
mod tests {
    use crate::passes::testing::{count, improved};

    #[test]
    fn an_optional_that_is_looked_at_at_once_is_not_made() {
        let (texts, stats) = improved(
            "FUNC f(m: {int: int}, k: int) -> int\nREG r0: int?\nREG r1: bool\nREG r2: int\nMAP_FIND r0, m, k\n\
             IS_NIL r1, r0\nIF r1, none\nUNWRAP r2, r0\nRETURN r2\nnone:\nLOAD_CONST r2, 7\nRETURN r2\nEND",
        );
        assert_eq!(stats.0.get("jumps.threaded"), Some(&2), "{}", texts[0]);
        assert!(count(&texts[0], "box") == 0 && count(&texts[0], "branch") == 1, "{}", texts[0]);
    }

    #[test]
    fn values_of_the_join_reach_their_uses_behind_it() {
        // r2 is used where both ways meet again.
        let (texts, stats) = improved(
            "FUNC f(a: int, b: int) -> int\nREG r0: bool\nREG r2, r3: int\nLT r0, a, b\nIF r0, less\n\
             LOAD_CONST r2, 5\nJUMP join\nless:\nMOVE r2, a\njoin:\nLOAD_CONST r3, 5\nEQ r0, r2, r3\n\
             IF_NOT r0, behind\nPRINT r2\nbehind:\nADD r2, r2, b\nRETURN r2\nEND",
        );
        assert_eq!(stats.0.get("jumps.threaded"), Some(&1), "{}", texts[0]);
    }
}
