//! Versions of memory regions: two loads of a region with the same version find the same memory.

use crate::ir::cfg::{Cfg, Dominators, Loops};
use crate::ir::{Block, Function, Region, Writes};
use cranelift_codegen::entity::SecondaryMap;
use rustc_hash::FxHashMap;

/// Above this many numbers in all, versions are not carried across joins.
const MAX_VERSIONS: usize = 1 << 22;

/// The versions of all regions that the function loads from, along the blocks.
pub(super) struct Memory {
    numbers: FxHashMap<Region, usize>,
    /// Now.
    versions: Vec<u32>,
    /// At the end of each block that was visited.
    ends: SecondaryMap<Block, Option<Box<[u32]>>>,
    /// For loop headers, what the loop changes.
    changed: SecondaryMap<Block, Option<Changes>>,
    next: u32,
    is_small: bool,
}

/// Regions that are changed, by number; everything if `all`.
#[derive(Clone, Default)]
struct Changes {
    all: bool,
    numbers: Vec<usize>,
}

impl Memory {
    pub(super) fn new(func: &Function, cfg: &Cfg, dominators: &Dominators, loops: &Loops) -> Memory {
        let mut numbers = FxHashMap::default();
        for inst in cfg.order.iter().flat_map(|&block| &func.blocks[block].insts) {
            if let Some(region) = func.insts[*inst].op.loads()
                && region != Region::Immutable
            {
                let number = numbers.len();
                numbers.entry(region).or_insert(number);
            }
        }
        let n = numbers.len();
        let is_small = n * cfg.order.len() <= MAX_VERSIONS;
        let mut memory = Memory {
            numbers,
            versions: vec![0; n],
            ends: SecondaryMap::new(),
            changed: SecondaryMap::new(),
            next: 1,
            is_small,
        };
        if memory.is_small {
            memory.find_changes(func, cfg, dominators, loops);
        }
        memory
    }

    fn find_changes(&mut self, func: &Function, cfg: &Cfg, dominators: &Dominators, loops: &Loops) {
        let mut own: Vec<Changes> = loops.loops.iter().map(|_| Changes::default()).collect();
        for &block in &cfg.order {
            let Some(index) = loops.innermost(block) else { continue };
            let data = &func.blocks[block];
            for &inst in data.insts.iter().chain(&data.term.tried()) {
                match func.insts[inst].op.writes() {
                    Writes::Nothing => {}
                    Writes::Everything => own[index].all = true,
                    writes => own[index].numbers.extend(self.touched(writes)),
                }
            }
        }
        // Inner loops come before the loops around them.
        for index in 0..loops.loops.len() {
            let mut changes = std::mem::take(&mut own[index]);
            changes.numbers.sort_unstable();
            changes.numbers.dedup();
            let each = &loops.loops[index];
            if let Some(parent) = each.parent {
                own[parent].all |= changes.all;
                own[parent].numbers.extend(&changes.numbers);
            }
            let enters_twice = cfg.preds[each.header]
                .iter()
                .any(|&pred| cfg.goes_back(pred, each.header) && !dominators.dominates(each.header, pred));
            changes.all |= enters_twice;
            self.changed[each.header] = Some(changes);
        }
    }

    /// Goes to the start of `block`; its predecessors were visited, but for those that jump back.
    pub(super) fn enter(&mut self, cfg: &Cfg, dominators: &Dominators, block: Block) {
        let preds = &cfg.preds[block];
        let changes = self.changed[block].take();
        let mut forward = preds.iter().filter(|&&pred| !cfg.goes_back(pred, block));
        let known = forward.next().and_then(|&pred| self.ends[pred].clone());
        let jumps_back_unknown =
            preds.iter().any(|&pred| cfg.goes_back(pred, block) && !dominators.dominates(block, pred));
        let (Some(mut versions), false, true) = (known, jumps_back_unknown, self.is_small || preds.len() == 1) else {
            return self.change(Writes::Everything);
        };
        for &pred in forward {
            let Some(others) = &self.ends[pred] else { return self.change(Writes::Everything) };
            for (version, other) in versions.iter_mut().zip(others) {
                // Versions that differ meet in a new one, which no other block has.
                if version != other {
                    self.next += 1;
                    *version = self.next;
                }
            }
        }
        self.versions.copy_from_slice(&versions);
        match changes {
            Some(changes) if changes.all => self.change(Writes::Everything),
            Some(changes) => changes.numbers.iter().for_each(|&number| self.bump(number)),
            None => {}
        }
    }

    /// Leaves the block that was entered last.
    pub(super) fn leave(&mut self, block: Block) {
        self.ends[block] = Some(self.versions.clone().into());
    }

    fn bump(&mut self, number: usize) {
        self.next += 1;
        self.versions[number] = self.next;
    }

    /// Notes that an instruction changes memory.
    pub(super) fn change(&mut self, writes: Writes) {
        match writes {
            Writes::Nothing => {}
            Writes::Everything => (0..self.versions.len()).for_each(|number| self.bump(number)),
            writes => {
                let touched: Vec<usize> = self.touched(writes).collect();
                touched.into_iter().for_each(|number| self.bump(number));
            }
        }
    }

    /// The numbers of the regions that are changed.
    fn touched(&self, writes: Writes) -> impl Iterator<Item = usize> + '_ {
        self.numbers.iter().filter(move |&(&region, _)| writes.touches(region)).map(|(_, &number)| number)
    }

    /// The version of a region now.
    pub(super) fn version(&self, region: Region) -> u32 {
        self.numbers.get(&region).map_or(0, |&number| self.versions[number])
    }
}
