//! Which value each instruction computes, to be found again.

use crate::ir::cfg::Dominators;
use crate::ir::{Block, Op, Value};
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::{Hash, Hasher};

/// Instructions with more operands are not looked for.
const MAX_ARGS: usize = 3;
/// How many results of one instruction in different places are looked through.
const MAX_CHAIN: usize = 16;
const NONE: u32 = u32::MAX;

/// The values by instruction, operands and version of the memory.
#[derive(Default)]
pub(super) struct Table {
    heads: FxHashMap<u64, u32>,
    entries: Vec<Entry>,
}

struct Entry {
    op: Op,
    args: [Option<Value>; MAX_ARGS],
    version: u32,
    /// Where the value is known from.
    block: Block,
    value: Value,
    next: u32,
}

impl Table {
    /// The value that `op` has in `block`, if it was computed in a block that dominates it.
    pub(super) fn find(
        &self,
        dominators: &Dominators,
        block: Block,
        op: &Op,
        args: &[Value],
        version: u32,
    ) -> Option<Value> {
        let packed = pack(args)?;
        let mut at = *self.heads.get(&hash(op, &packed, version))?;
        for _ in 0..MAX_CHAIN {
            let entry = self.entries.get(at as usize)?;
            let same = entry.version == version && entry.args == packed && entry.op == *op;
            if same && dominators.dominates(entry.block, block) {
                return Some(entry.value);
            }
            at = entry.next;
        }
        None
    }

    /// Notes that `op` has this value in `block` and all that it dominates.
    pub(super) fn insert(&mut self, block: Block, op: &Op, args: &[Value], version: u32, value: Value) {
        let Some(packed) = pack(args) else { return };
        let next = self.heads.insert(hash(op, &packed, version), self.entries.len() as u32).unwrap_or(NONE);
        self.entries.push(Entry { op: op.clone(), args: packed, version, block, value, next });
    }
}

fn pack(args: &[Value]) -> Option<[Option<Value>; MAX_ARGS]> {
    let mut packed = [None; MAX_ARGS];
    for (number, &arg) in args.iter().enumerate() {
        *packed.get_mut(number)? = Some(arg);
    }
    Some(packed)
}

fn hash(op: &Op, args: &[Option<Value>; MAX_ARGS], version: u32) -> u64 {
    let mut hasher = FxHasher::default();
    (op, args, version).hash(&mut hasher);
    hasher.finish()
}
