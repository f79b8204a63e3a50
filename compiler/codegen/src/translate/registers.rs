//! From registers, which change, to values, which do not.
//!
//! After Braun and others, "Simple and Efficient Construction of Static Single Assignment Form": a read that finds no
//! write in its own block asks the predecessor, if there is one, or makes a block parameter, of which the arguments
//! are found when all blocks are done. Parameters that turn out to receive one value only are dropped afterwards.
//!
//! A *node* is a bytecode block or the landing of a try region, named by its first block. Exceptions leave a node
//! from blocks in its midst, so each write remembers the block in which it took place: blocks of a node are made in
//! the order in which control passes them. A register that is written once needs none of this.

use super::flow::Flow;
use crate::env::Env;
use crate::ir::{Arg, Block, Function, Op, Value};
use crate::limits::MAX_REGISTER_STEPS;
use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::packed_option::ReservedValue;
use rustc_hash::FxHashMap;
use vitbc::Reg;
use vitte_abi::object::Repr;

pub(super) struct Registers {
    reprs: Vec<Repr>,
    /// For a register that is written once, its value.
    once: Vec<Once>,
    nodes: SecondaryMap<Block, Block>,
    has_one_pred: SecondaryMap<Block, bool>,
    /// For each node, where jumps to it come from.
    preds: SecondaryMap<Block, Vec<Block>>,
    /// The last write of a register in a node, and the block in which it took place.
    last: FxHashMap<(Block, Reg), (Block, Value)>,
    /// The writes before it, ascending.
    earlier: FxHashMap<(Block, Reg), Vec<(Block, Value)>>,
    /// Parameters of which the arguments are to be found, by node in the order of its parameters.
    pending: Vec<(Block, Reg)>,
    /// What is read where nothing was written: by representation.
    undefined: FxHashMap<Repr, Value>,
    /// See [`MAX_REGISTER_STEPS`]. Beyond it values are wrong.
    steps: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum Once {
    No,
    Unwritten,
    Value(Value),
}

impl Registers {
    pub(super) fn new(env: &Env<'_>, code: &vitbc::Function, flow: &Flow) -> Registers {
        Registers {
            reprs: code.regs.iter().map(|&ty| env.layout.repr(ty)).collect(),
            once: find_once(code, flow),
            nodes: SecondaryMap::with_default(Block::reserved_value()),
            has_one_pred: SecondaryMap::new(),
            preds: SecondaryMap::new(),
            last: FxHashMap::default(),
            earlier: FxHashMap::default(),
            pending: Vec::new(),
            undefined: FxHashMap::default(),
            steps: 0,
        }
    }

    /// Whether there was more to do than a function may ask for.
    pub(super) fn is_too_large(&self) -> bool {
        self.steps > MAX_REGISTER_STEPS
    }

    /// Says that a node starts with `block`, and whether all reads may look in the block that jumps to it first.
    pub(super) fn start_node(&mut self, block: Block, has_one_pred: bool) {
        self.nodes[block] = block;
        self.has_one_pred[block] = has_one_pred;
    }

    /// Says that `block`, which is new, belongs to the node of `before`.
    pub(super) fn continue_node(&mut self, before: Block, block: Block) {
        self.nodes[block] = self.nodes[before];
    }

    /// Says that `from` may jump to `to`. Only nodes need it.
    pub(super) fn add_pred(&mut self, to: Block, from: Block) {
        if self.nodes[to] == to && self.preds[to].last() != Some(&from) {
            self.preds[to].push(from);
        }
    }

    pub(super) fn write(&mut self, reg: Reg, block: Block, value: Value) {
        if self.once[reg.index()] != Once::No {
            self.once[reg.index()] = Once::Value(value);
            return;
        }
        let key = (self.nodes[block], reg);
        if let Some(before) = self.last.insert(key, (block, value))
            && before.0 != block
        {
            self.earlier.entry(key).or_default().push(before);
        }
    }

    /// The value of a register at the end, so far, of `block`.
    pub(super) fn read(&mut self, func: &mut Function, reg: Reg, block: Block) -> Value {
        match self.once[reg.index()] {
            Once::Value(value) => return value,
            Once::Unwritten => return self.undefined(func, reg),
            Once::No => {}
        }
        let mut node = self.nodes[block];
        let mut found = self.written(node, reg, block);
        let mut path = Vec::new();
        while found.is_none() {
            self.steps += 1;
            if self.is_too_large() {
                return self.undefined(func, reg);
            }
            path.push(node);
            let preds = &self.preds[node];
            found = match preds[..] {
                [pred, ..] if self.has_one_pred[node] => {
                    node = self.nodes[pred];
                    self.written(node, reg, pred)
                }
                [] if self.has_one_pred[node] => Some(self.undefined(func, reg)),
                _ => {
                    self.pending.push((node, reg));
                    Some(func.add_param(node, self.reprs[reg.index()]))
                }
            };
        }
        let value = found.unwrap_or_else(|| unreachable!("the loop ended"));
        for node in path {
            self.write_at_start(node, reg, value);
        }
        value
    }

    /// What a node wrote up to the end of one of its blocks.
    fn written(&self, node: Block, reg: Reg, block: Block) -> Option<Value> {
        let &(at, value) = self.last.get(&(node, reg))?;
        if at <= block {
            return Some(value);
        }
        let earlier = self.earlier.get(&(node, reg))?;
        let after = earlier.partition_point(|&(at, _)| at <= block);
        Some(earlier[..after].last()?.1)
    }

    fn write_at_start(&mut self, node: Block, reg: Reg, value: Value) {
        let key = (node, reg);
        match self.last.entry(key) {
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert((node, value));
            }
            std::collections::hash_map::Entry::Occupied(_) => {
                self.earlier.entry(key).or_default().insert(0, (node, value));
            }
        }
    }

    /// What a register holds that was not written: verified code never looks at it.
    fn undefined(&mut self, func: &mut Function, reg: Reg) -> Value {
        let repr = self.reprs[reg.index()];
        *self.undefined.entry(repr).or_insert_with(|| {
            let op = match repr {
                Repr::Ref => Op::Word(0),
                Repr::F32 | Repr::F64 => Op::Float(repr, 0),
                _ => Op::Int(repr, 0),
            };
            func.append_value(func.entry(), op, vec![], repr, None)
        })
    }

    /// Finds the arguments of all parameters, when all blocks are done.
    pub(super) fn finish(&mut self, func: &mut Function) {
        let mut at = 0;
        while let Some(&(node, reg)) = self.pending.get(at) {
            at += 1;
            let preds = std::mem::take(&mut self.preds[node]);
            self.steps += preds.len();
            if self.is_too_large() {
                return;
            }
            for &pred in &preds {
                let value = self.read(func, reg, pred);
                for jump in func.blocks[pred].term.jumps_mut().filter(|jump| jump.block == node) {
                    jump.args.push(Arg::Value(value));
                }
            }
            self.preds[node] = preds;
        }
    }
}

/// Which registers are written once, so that the write comes before all reads.
fn find_once(code: &vitbc::Function, flow: &Flow) -> Vec<Once> {
    let mut writes = vec![0u8; code.regs.len()];
    let mut count = |reg: Reg| writes[reg.index()] = writes[reg.index()].saturating_add(1);
    (0..code.n_params).for_each(|param| count(Reg(param)));
    for &node in &flow.order {
        code.code[flow.blocks.range(node)].iter().filter_map(vitbc::Inst::def).for_each(&mut count);
    }
    code.handlers.iter().for_each(|handler| count(handler.reg));
    writes.into_iter().map(|writes| if writes > 1 { Once::No } else { Once::Unwritten }).collect()
}
