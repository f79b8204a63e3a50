//! Bounds on what a function may ask of code generation. Without them a file of a megabyte could take minutes and
//! gigabytes: registers times joins, and references times calls.

use crate::CompileError;
use crate::ir::cfg::Cfg;
use crate::ir::{Block, Function, Inst, Jump, Op, Value, ValueDef};
use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::packed_option::ReservedValue;
use vitte_abi::object::Repr;

/// The most steps by which translation looks for the values of a function's registers: nodes that a read passes, and
/// arguments of block parameters.
pub const MAX_REGISTER_STEPS: usize = 1 << 23;
/// The most references that a function keeps while the heap may be collected: for each instruction that may, those that are
/// used later.
const MAX_KEPT: usize = 1 << 22;
/// The most steps by which that is found out: edges on which references are alive.
const MAX_STEPS: usize = 1 << 26;

/// The error of a function that exceeds a bound.
pub fn too_large(name: &str, why: &str) -> CompileError {
    CompileError::TooLarge(format!("function `{}` is too large: {why}", name.escape_debug()))
}

/// Checks a function that goes to Cranelift.
///
/// # Errors
/// It keeps too many references.
pub fn check(func: &Function) -> Result<(), CompileError> {
    match keeps_too_much(func) {
        true => Err(too_large(&func.name, "too many references are used after too many calls")),
        false => Ok(()),
    }
}

/// The number of calls before each position of a block: its instructions, that of a try, and its end.
type Calls = Vec<u32>;

fn between(calls: &Calls, from: usize, to: usize) -> usize {
    (calls[to] - calls[from]) as usize
}

/// Whether there are more pairs of a reference and a call across which it is live than [`MAX_KEPT`].
fn keeps_too_much(func: &Function) -> bool {
    let calls = |inst: Inst| func.insts[inst].op.collects();
    let n_calls = func.insts.keys().filter(|&inst| calls(inst)).count();
    if func.values.len().saturating_mul(n_calls) <= MAX_KEPT {
        return false;
    }
    let mut counts: SecondaryMap<Block, Calls> = SecondaryMap::with_capacity(func.blocks.len());
    let mut homes: SecondaryMap<Value, (Block, usize)> = SecondaryMap::with_default((Block::reserved_value(), 0));
    // For each reference the blocks that use it, with the last position.
    let mut uses: SecondaryMap<Value, Vec<(Block, usize)>> = SecondaryMap::with_capacity(func.values.len());
    for &block in &func.layout {
        let data = &func.blocks[block];
        let mut note = |value: Value, position: usize| {
            if func.repr(value) == Repr::Ref && !is_constant(func, value) {
                match uses[value].last_mut().filter(|last| last.0 == block) {
                    Some(last) => last.1 = position,
                    None => uses[value].push((block, position)),
                }
            }
        };
        data.params.iter().for_each(|&param| homes[param] = (block, 0));
        let mut before = vec![0];
        for (position, inst) in data.insts.iter().copied().chain(data.term.tried()).enumerate() {
            func.insts[inst].args.iter().for_each(|&value| note(value, position));
            before.push(before[position] + u32::from(calls(inst)));
            if let Some(result) = func.insts[inst].result {
                homes[result] = (block, position + 1);
            }
        }
        let end = before.len() - 1;
        data.term.for_each_operand(|value| note(value, end));
        data.term.jumps().flat_map(Jump::values).for_each(|value| note(value, end));
        counts[block] = before;
    }
    let cfg = Cfg::new(func);
    let (mut kept, mut steps) = (0, 0);
    let mut live_at_end: SecondaryMap<Block, Option<Value>> = SecondaryMap::with_capacity(func.blocks.len());
    let mut pending = Vec::new();
    for value in func.values.keys() {
        let (home, start) = homes[value];
        for &(block, position) in &uses[value] {
            if block == home {
                kept += between(&counts[block], start, position);
            } else {
                kept += between(&counts[block], 0, position);
                pending.push(block);
            }
        }
        while let Some(block) = pending.pop() {
            for &pred in cfg.preds[block].iter() {
                steps += 1;
                if live_at_end[pred].replace(value) != Some(value) {
                    let calls = &counts[pred];
                    kept += between(calls, if pred == home { start } else { 0 }, calls.len() - 1);
                    if pred != home {
                        pending.push(pred);
                    }
                }
            }
        }
        if kept > MAX_KEPT || steps > MAX_STEPS {
            return true;
        }
    }
    false
}

fn is_constant(func: &Function, value: Value) -> bool {
    match func.values[value].def {
        ValueDef::Inst(inst) => matches!(func.insts[inst].op, Op::Word(_) | Op::Str(_)),
        ValueDef::Param(..) => false,
    }
}
