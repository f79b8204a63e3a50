//! The shape of a function: predecessors, reverse post-order, dominators, loops.
//!
//! All are computed from scratch and hold until control flow changes.

use super::{Block, Function};
use cranelift_codegen::entity::SecondaryMap;

/// The blocks that can be reached, in reverse post-order, and who jumps to them.
#[derive(Debug)]
pub struct Cfg {
    /// In reverse post-order, the entry first: but for the back edges of loops, predecessors come before successors.
    pub order: Vec<Block>,
    /// For each block its predecessors that can be reached, once for each jump.
    pub preds: SecondaryMap<Block, Vec<Block>>,
    positions: SecondaryMap<Block, u32>,
}

const UNREACHED: u32 = u32::MAX;

impl Cfg {
    /// Walks the function.
    pub fn new(func: &Function) -> Cfg {
        let mut order = Vec::with_capacity(func.layout.len());
        let mut seen: SecondaryMap<Block, bool> = SecondaryMap::with_capacity(func.blocks.len());
        let mut preds: SecondaryMap<Block, Vec<Block>> = SecondaryMap::with_capacity(func.blocks.len());
        // Successors are followed last to first, so that in reverse the first of them comes right after its block.
        let successors =
            |block: Block| func.blocks[block].term.jumps().map(|jump| jump.block).collect::<Vec<_>>().into_iter();
        seen[func.entry()] = true;
        let mut stack = vec![(func.entry(), successors(func.entry()).rev())];
        while let Some((block, rest)) = stack.last_mut() {
            match rest.next() {
                Some(next) => {
                    preds[next].push(*block);
                    if !std::mem::replace(&mut seen[next], true) {
                        stack.push((next, successors(next).rev()));
                    }
                }
                None => {
                    order.push(*block);
                    stack.pop();
                }
            }
        }
        order.reverse();
        let mut positions = SecondaryMap::with_default(UNREACHED);
        for (position, &block) in order.iter().enumerate() {
            positions[block] = position as u32;
        }
        Cfg { order, preds, positions }
    }

    /// Whether the entry leads to the block.
    pub fn is_reachable(&self, block: Block) -> bool {
        self.positions[block] != UNREACHED
    }

    /// The place of a reachable block in [`Cfg::order`].
    pub fn position(&self, block: Block) -> usize {
        self.positions[block] as usize
    }

    /// Whether a jump from one reachable block to the other goes back, as each loop's last does.
    pub fn goes_back(&self, from: Block, to: Block) -> bool {
        self.positions[to] <= self.positions[from]
    }
}

/// Which blocks lie on every path to which. After Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm".
#[derive(Debug)]
pub struct Dominators {
    /// The immediate dominator by position in the order; the entry has itself.
    idoms: Vec<u32>,
    /// When a walk of the dominator tree enters and leaves each block.
    spans: Vec<(u32, u32)>,
    positions: SecondaryMap<Block, u32>,
    order: Vec<Block>,
}

impl Dominators {
    /// Computes the dominators of all reachable blocks.
    pub fn new(cfg: &Cfg) -> Dominators {
        let n = cfg.order.len();
        let mut idoms = vec![UNREACHED; n];
        idoms[0] = 0;
        let mut changed = true;
        while changed {
            changed = false;
            for (position, &block) in cfg.order.iter().enumerate().skip(1) {
                let mut idom = UNREACHED;
                for &pred in &cfg.preds[block] {
                    let pred = cfg.positions[pred];
                    if idoms[pred as usize] != UNREACHED {
                        idom = if idom == UNREACHED { pred } else { meet(&idoms, idom, pred) };
                    }
                }
                changed |= std::mem::replace(&mut idoms[position], idom) != idom;
            }
        }
        let spans = spans(&idoms);
        Dominators { idoms, spans, positions: cfg.positions.clone(), order: cfg.order.clone() }
    }

    /// The nearest other block on every path to a reachable block; `None` for the entry.
    pub fn idom(&self, block: Block) -> Option<Block> {
        let position = self.positions[block] as usize;
        (position != 0).then(|| self.order[self.idoms[position] as usize])
    }

    /// Whether every path to `below` leads through `above`; both reachable.
    pub fn dominates(&self, above: Block, below: Block) -> bool {
        let (above, below) = (self.spans[self.positions[above] as usize], self.spans[self.positions[below] as usize]);
        above.0 <= below.0 && below.1 <= above.1
    }

    /// The blocks, each after its dominators and before what it does not dominate: the dominator tree, depth first.
    pub fn preorder(&self) -> Vec<Block> {
        let mut order: Vec<u32> = (0..self.order.len() as u32).collect();
        order.sort_unstable_by_key(|&position| self.spans[position as usize].0);
        order.into_iter().map(|position| self.order[position as usize]).collect()
    }
}

fn meet(idoms: &[u32], mut a: u32, mut b: u32) -> u32 {
    while a != b {
        while a > b {
            a = idoms[a as usize];
        }
        while b > a {
            b = idoms[b as usize];
        }
    }
    a
}

fn spans(idoms: &[u32]) -> Vec<(u32, u32)> {
    let mut children: Vec<Vec<u32>> = vec![vec![]; idoms.len()];
    for (position, &idom) in idoms.iter().enumerate().skip(1) {
        children[idom as usize].push(position as u32);
    }
    let mut spans = vec![(0, 0); idoms.len()];
    let mut clock = 0;
    let mut stack = vec![(0u32, 0usize)];
    while let Some((node, next)) = stack.last_mut() {
        if *next == 0 {
            spans[*node as usize].0 = clock;
            clock += 1;
        }
        match children[*node as usize].get(*next) {
            Some(&child) => {
                *next += 1;
                stack.push((child, 0));
            }
            None => {
                spans[*node as usize].1 = clock;
                stack.pop();
            }
        }
    }
    spans
}

/// A loop of [`Loops`].
#[derive(Debug)]
pub struct Loop {
    /// Where it is entered.
    pub header: Block,
    /// The sources of its back edges.
    pub latches: Vec<Block>,
    /// All its blocks, those of inner loops included, in reverse post-order.
    pub blocks: Vec<Block>,
    /// The loop around it.
    pub parent: Option<usize>,
}

/// The natural loops: those that are entered at one block only. Loops with one header count as one.
#[derive(Debug)]
pub struct Loops {
    /// Each loop before the loops around it.
    pub loops: Vec<Loop>,
    innermost: SecondaryMap<Block, Option<u32>>,
}

impl Loops {
    /// Finds the loops.
    pub fn new(cfg: &Cfg, dominators: &Dominators) -> Loops {
        let mut found = Loops { loops: Vec::new(), innermost: SecondaryMap::new() };
        // Inner headers come after outer ones in the order; so going backwards finds inner loops first.
        for &header in cfg.order.iter().rev() {
            let mut latches: Vec<Block> =
                cfg.preds[header].iter().copied().filter(|&pred| dominators.dominates(header, pred)).collect();
            latches.sort_unstable();
            latches.dedup();
            if !latches.is_empty() {
                found.add(cfg, header, latches);
            }
        }
        for &block in cfg.order.iter() {
            let mut at = found.innermost[block].map(|index| index as usize);
            while let Some(index) = at {
                found.loops[index].blocks.push(block);
                at = found.loops[index].parent;
            }
        }
        found
    }

    fn add(&mut self, cfg: &Cfg, header: Block, latches: Vec<Block>) {
        let index = self.loops.len();
        let mut work = latches.clone();
        self.innermost[header] = Some(index as u32);
        self.loops.push(Loop { header, latches, blocks: Vec::new(), parent: None });
        while let Some(block) = work.pop() {
            match self.innermost[block] {
                None => {
                    self.innermost[block] = Some(index as u32);
                    work.extend(&cfg.preds[block]);
                }
                Some(inner) => {
                    let outermost = self.outermost(inner as usize);
                    if outermost != index {
                        self.loops[outermost].parent = Some(index);
                        work.extend(&cfg.preds[self.loops[outermost].header]);
                    }
                }
            }
        }
    }

    fn outermost(&self, mut index: usize) -> usize {
        while let Some(parent) = self.loops[index].parent {
            index = parent;
        }
        index
    }

    /// The innermost loop that a block is in.
    pub fn innermost(&self, block: Block) -> Option<usize> {
        self.innermost[block].map(|index| index as usize)
    }

    /// Whether a block is in a loop or one of the loops in it.
    pub fn contains(&self, index: usize, block: Block) -> bool {
        let mut at = self.innermost(block);
        while let Some(inner) = at {
            if inner == index {
                return true;
            }
            at = self.loops[inner].parent;
        }
        false
    }

    /// How many loops a block is in.
    pub fn depth(&self, block: Block) -> u32 {
        let mut depth = 0;
        let mut at = self.innermost(block);
        while let Some(inner) = at {
            depth += 1;
            at = self.loops[inner].parent;
        }
        depth
    }
}

impl Function {
    /// Takes blocks that the entry does not lead to out of the layout, and puts the others in reverse post-order.
    /// Their number.
    pub fn drop_unreachable(&mut self) -> usize {
        let cfg = Cfg::new(self);
        let dropped = self.layout.len() - cfg.order.len();
        for &block in &self.layout {
            if !cfg.is_reachable(block) {
                let data = &mut self.blocks[block];
                data.insts = Vec::new();
                data.params = Vec::new();
                data.term = super::Terminator::Unreachable;
            }
        }
        self.layout = cfg.order;
        dropped
    }

    /// How many instructions there are in all blocks.
    pub fn size(&self) -> usize {
        self.layout.iter().map(|&block| self.blocks[block].insts.len() + 1).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::{Jump, Terminator, Value};
    use cranelift_codegen::entity::EntityRef;
    use vitbc::FuncIdx;
    use vitte_abi::object::Repr;

    /// A function of blocks that jump as listed.
    fn graph(edges: &[&[usize]]) -> Function {
        let mut func = Function::new(FuncIdx(0), "graph", Repr::Unit);
        for _ in edges {
            func.add_block();
        }
        let to = |&block: &usize| Jump { block: Block::new(block), args: vec![] };
        for (block, targets) in edges.iter().enumerate() {
            func.blocks[Block::new(block)].term = match targets {
                [] => Terminator::Return(None),
                [one] => Terminator::Jump(to(one)),
                [first, second] => Terminator::Branch(Value::new(0), to(first), to(second)),
                _ => unreachable!("at most two"),
            };
        }
        func
    }

    #[test]
    fn dominators_of_a_loop_with_a_diamond() {
        let func = graph(&[&[1], &[2, 5], &[3, 4], &[6], &[6], &[], &[1], &[1]]);
        let cfg = Cfg::new(&func);
        let block = Block::new;
        assert!(!cfg.is_reachable(block(7)) && cfg.order[0] == block(0));
        assert!(cfg.goes_back(block(6), block(1)) && !cfg.goes_back(block(1), block(5)));
        let dominators = Dominators::new(&cfg);
        assert_eq!(dominators.idom(block(6)), Some(block(2)));
        assert!(dominators.dominates(block(1), block(6)) && dominators.dominates(block(6), block(6)));
        assert!(!dominators.dominates(block(3), block(6)) && !dominators.dominates(block(2), block(5)));
        let loops = Loops::new(&cfg, &dominators);
        assert_eq!(loops.loops.len(), 1);
        assert_eq!((loops.loops[0].header, loops.loops[0].blocks.len()), (block(1), 5));
        assert!(loops.contains(0, block(3)) && !loops.contains(0, block(5)));
    }

    #[test]
    fn nested_loops_know_their_parents() {
        let func = graph(&[&[1], &[2, 6], &[3], &[3, 4], &[2, 5], &[1], &[]]);
        let cfg = Cfg::new(&func);
        let loops = Loops::new(&cfg, &Dominators::new(&cfg));
        let headers: Vec<usize> = loops.loops.iter().map(|each| each.header.index()).collect();
        assert_eq!(headers, [3, 2, 1]);
        assert_eq!(loops.loops.iter().map(|each| each.parent).collect::<Vec<_>>(), [Some(1), Some(2), None]);
        let depths: Vec<u32> = (0..7).map(|block| loops.depth(Block::new(block))).collect();
        assert_eq!(depths, [0, 1, 2, 3, 2, 1, 0]);
    }
}
