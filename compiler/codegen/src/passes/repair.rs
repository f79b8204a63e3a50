//! Finds the value that a variable has at each use, when it got several definitions.
//!
//! A pass that copies blocks, or turns memory into values, leaves variables with a definition at the end of some
//! blocks. Reading one elsewhere asks predecessors, and makes a block parameter where they may differ. Parameters that
//! turn out needless are left to be pruned.

use crate::ir::cfg::Cfg;
use crate::ir::{Arg, Block, Function, Value};
use rustc_hash::FxHashMap;
use vitte_abi::object::Repr;

/// Variables, by number.
#[derive(Default)]
pub(super) struct Variables {
    reprs: Vec<Repr>,
    /// The value at the end of each block that is known.
    ends: FxHashMap<(u32, Block), Value>,
    /// The value at the start, where it was asked for.
    starts: FxHashMap<(u32, Block), Value>,
    /// Parameters that were made, of which the arguments are to be found; those of one block in their order.
    pending: Vec<(u32, Block)>,
}

impl Variables {
    /// A variable without definitions; its number.
    pub(super) fn add(&mut self, repr: Repr) -> u32 {
        self.reprs.push(repr);
        self.reprs.len() as u32 - 1
    }

    /// Says what the value is at the end of `block`.
    pub(super) fn define(&mut self, number: u32, block: Block, value: Value) {
        self.ends.insert((number, block), value);
    }

    /// The value at the end of `block`.
    pub(super) fn at_end(&mut self, func: &mut Function, cfg: &Cfg, number: u32, block: Block) -> Value {
        match self.ends.get(&(number, block)) {
            Some(&value) => value,
            None => self.at_start(func, cfg, number, block),
        }
    }

    /// The value at the start of `block`, to which some definition leads on every path.
    pub(super) fn at_start(&mut self, func: &mut Function, cfg: &Cfg, number: u32, block: Block) -> Value {
        let mut path = Vec::new();
        let mut at = block;
        let value = loop {
            if let Some(&value) = self.starts.get(&(number, at)) {
                break value;
            }
            path.push(at);
            match cfg.preds[at][..] {
                [pred] => match self.ends.get(&(number, pred)) {
                    Some(&value) => break value,
                    None => at = pred,
                },
                _ => {
                    self.pending.push((number, at));
                    break func.add_param(at, self.reprs[number as usize]);
                }
            }
        };
        for block in path {
            self.starts.insert((number, block), value);
        }
        value
    }

    /// Replaces the uses of `numbers`, values that are one definition each of a variable, by what the variable is there,
    /// but in blocks that have a definition themselves: `is_home`.
    pub(super) fn replace_uses(
        mut self,
        func: &mut Function,
        numbers: &FxHashMap<Value, u32>,
        is_home: impl Fn(u32, Block) -> bool,
    ) {
        let cfg = Cfg::new(func);
        for &block in &cfg.order {
            let mut used = Vec::new();
            func.for_each_use(block, |value| {
                let number = numbers.get(&value).filter(|&&number| !is_home(number, block));
                used.extend(number.map(|&number| (value, number)));
            });
            if used.is_empty() {
                continue;
            }
            used.sort_unstable();
            used.dedup();
            let found: FxHashMap<Value, Value> =
                used.into_iter().map(|(value, number)| (value, self.at_start(func, &cfg, number, block))).collect();
            func.map_uses(block, |value| *found.get(&value).unwrap_or(&value));
        }
        self.finish(func, &cfg);
    }

    /// Finds the arguments of the parameters that were made.
    pub(super) fn finish(mut self, func: &mut Function, cfg: &Cfg) {
        let mut next = 0;
        while let Some(&(number, block)) = self.pending.get(next) {
            next += 1;
            let mut preds = cfg.preds[block].clone();
            preds.sort_unstable();
            preds.dedup();
            for pred in preds {
                let value = self.at_end(func, cfg, number, pred);
                for jump in func.blocks[pred].term.jumps_mut().filter(|jump| jump.block == block) {
                    jump.args.push(Arg::Value(value));
                }
            }
        }
    }
}
