//! The basic blocks of a function.

use crate::Function;
use crate::index::Label;
use crate::inst::Effect;
use std::ops::Range;

/// The basic blocks of a function whose jumps are in range, by ascending position.
///
/// A block begins at instruction 0, at each jump target, after each instruction that jumps or ends, and at the start,
/// end and target of each try region. So it is entered only at its first instruction, left only after its last but
/// for exceptions, and wholly within or without each region.
#[derive(Clone, Debug)]
pub struct Blocks {
    /// The first instruction of each block, then the number of instructions.
    bounds: Vec<u32>,
}

impl Blocks {
    /// Finds the blocks of `function`.
    pub fn new(function: &Function) -> Blocks {
        let n_insts = function.code.len();
        let mut leads = vec![false; n_insts + 1];
        leads[0] = true;
        leads[n_insts] = true;
        for (position, inst) in function.code.iter().enumerate() {
            let mut jumps = false;
            inst.for_each_label(|label| {
                leads[label.index()] = true;
                jumps = true;
            });
            if jumps || inst.has(Effect::Ends) {
                leads[position + 1] = true;
            }
        }
        for handler in &function.handlers {
            for label in [handler.start, handler.end, handler.target] {
                leads[label.index()] = true;
            }
        }
        // Positions are below `MAX_INSTS`.
        let bounds = leads.iter().enumerate().filter(|&(_, &lead)| lead).map(|(position, _)| position as u32).collect();
        Blocks { bounds }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.bounds.len() - 1
    }

    /// Whether the function has no instructions.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The positions of the instructions of block `block`.
    pub fn range(&self, block: usize) -> Range<usize> {
        self.bounds[block] as usize..self.bounds[block + 1] as usize
    }

    /// The block that holds the instruction at `label`.
    pub fn at(&self, label: Label) -> usize {
        self.bounds.partition_point(|&bound| bound <= label.0) - 1
    }
}
