//! The control flow of bytecode: which blocks are reached, in which order, and where loops go round.

use crate::ir;
use vitbc::inst::Effect;
use vitbc::verify::{Blocks, Regions};
use vitbc::{Function, Inst, Label};

/// The blocks of a bytecode function. A *node* is the number of a block.
pub(super) struct Flow {
    pub blocks: Blocks,
    pub regions: Regions,
    /// The nodes that can be reached, in reverse post-order.
    pub order: Vec<usize>,
    /// For each node whether it jumps back: a poll goes before its last instruction.
    pub polls: Vec<bool>,
    /// For each try region whether an exception may go back.
    pub landing_polls: Vec<bool>,
    /// The block in which each node starts.
    pub starts: Vec<ir::Block>,
    /// How many jumps lead to each node, counted up to two.
    pred_counts: Vec<u8>,
}

impl Flow {
    pub(super) fn new(code: &Function) -> Flow {
        let blocks = Blocks::new(code);
        let n = blocks.len();
        let mut flow = Flow {
            blocks,
            regions: Regions::new(code),
            order: Vec::new(),
            polls: vec![false; n],
            landing_polls: vec![false; code.handlers.len()],
            starts: Vec::with_capacity(n),
            pred_counts: vec![0; n],
        };
        flow.walk(code);
        flow
    }

    /// Whether exactly one jump leads to a node.
    pub(super) fn has_one_pred(&self, node: usize) -> bool {
        self.pred_counts[node] == 1
    }

    /// Whether an instruction other than an ending one jumps: then its translation also says where to go on.
    pub(super) fn jumps(&self, inst: &Inst) -> bool {
        let mut jumps = false;
        inst.for_each_label(|_| jumps = true);
        jumps
    }

    fn walk(&mut self, code: &Function) {
        let n = self.blocks.len();
        let mut seen = vec![false; n];
        let mut stack = vec![(0usize, self.successors(code, 0).into_iter())];
        seen[0] = true;
        self.pred_counts[0] = 1;
        while let Some((node, rest)) = stack.last_mut() {
            match rest.next() {
                Some(next) => {
                    self.pred_counts[next] = (self.pred_counts[next] + 1).min(2);
                    if !std::mem::replace(&mut seen[next], true) {
                        let successors = self.successors(code, next);
                        stack.push((next, successors.into_iter()));
                    }
                }
                None => {
                    self.order.push(*node);
                    stack.pop();
                }
            }
        }
        self.order.reverse();
        // Every cycle has a jump that goes back in the code.
        for node in 0..n {
            let last = self.blocks.range(node).end - 1;
            code.code[last].for_each_label(|label| self.polls[node] |= label.index() <= last);
        }
        for (region, handler) in code.handlers.iter().enumerate() {
            self.landing_polls[region] = handler.target < handler.end;
        }
    }

    /// Where control may go from a node: to its jump targets, on, and to handlers if anything can raise.
    fn successors(&self, code: &Function, node: usize) -> Vec<usize> {
        let range = self.blocks.range(node);
        let last = &code.code[range.end - 1];
        let mut successors = Vec::new();
        // What is followed last comes first in reverse post-order: the next instruction.
        for region in self.regions.handlers_at(Label::new(range.start)) {
            let handler = &code.handlers[region];
            successors.push(self.blocks.at(handler.target));
            if handler.filter.is_none() {
                break;
            }
        }
        last.for_each_label(|label| successors.push(self.blocks.at(label)));
        if !last.has(Effect::Ends) {
            successors.push(node + 1);
        }
        successors
    }
}
