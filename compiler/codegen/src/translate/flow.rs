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
    /// For each node whether it is the source of a jump back: a poll goes before its last instruction.
    pub polls: Vec<bool>,
    /// For each try region whether an exception goes back.
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
        let mut edges: Vec<(usize, Edge)> = Vec::new();
        let mut state = vec![State::New; n];
        // Several regions and switches may name a target: each is a jump of its own, but followed once.
        let mut stack = vec![(0usize, self.successors(code, 0).into_iter())];
        state[0] = State::Open;
        self.pred_counts[0] = 1;
        while let Some((node, rest)) = stack.last_mut() {
            match rest.next() {
                Some((next, edge)) => {
                    self.pred_counts[next] = (self.pred_counts[next] + 1).min(2);
                    match state[next] {
                        // A jump to a node that is being followed closes a cycle.
                        State::Open => edges.push((*node, edge)),
                        State::Done => {}
                        State::New => {
                            state[next] = State::Open;
                            let successors = self.successors(code, next);
                            stack.push((next, successors.into_iter()));
                        }
                    }
                }
                None => {
                    state[*node] = State::Done;
                    self.order.push(*node);
                    stack.pop();
                }
            }
        }
        self.order.reverse();
        for (node, edge) in edges {
            match edge {
                Edge::Jump => self.polls[node] = true,
                Edge::Raise(region) => self.landing_polls[region] = true,
            }
        }
    }

    /// Where control may go from a node: to its jump targets, on, and to handlers if anything can raise.
    fn successors(&self, code: &Function, node: usize) -> Vec<(usize, Edge)> {
        let range = self.blocks.range(node);
        let last = &code.code[range.end - 1];
        let mut successors = Vec::new();
        // What is followed last comes first in reverse post-order: the next instruction.
        for region in self.regions.handlers_at(Label::new(range.start)) {
            let handler = &code.handlers[region];
            successors.push((self.blocks.at(handler.target), Edge::Raise(region)));
            if handler.filter.is_none() {
                break;
            }
        }
        last.for_each_label(|label| successors.push((self.blocks.at(label), Edge::Jump)));
        if !last.has(Effect::Ends) {
            successors.push((node + 1, Edge::Jump));
        }
        successors
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Open,
    Done,
}

#[derive(Clone, Copy)]
enum Edge {
    Jump,
    Raise(usize),
}
