//! Definite assignment: on every path to an instruction that reads a register, something was assigned to it.
//!
//! The graph has a node for each basic block and one for each try region, which stands for "an exception is being
//! offered to this handler":
//!
//! ```text
//! block  ──▶ the next block, unless it ends              with what the block assigns
//! block  ──▶ each jump target                            without what the jump itself assigns
//! block  ──▶ its innermost region, if it may throw       with what it assigns before it first may throw
//! region ──▶ its handler                                 with the exception's register
//! region ──▶ the region around it, if it has a filter
//! ```
//!
//! so that the number of edges is linear, however deep regions nest. The question is put the other way round: which
//! registers *may be unassigned* on entry to a node? At the function's start all but the parameters may; a node that
//! no path reaches has none, so whatever it reads is fine. Sets only grow, and they travel along edges until
//! nothing changes.
//!
//! Only registers that some block reads before assigning them need this; compilers' temporaries do not. They are
//! looked at 64 at a time, so that memory stays linear, and the steps of a module are counted against
//! [`MAX_DATAFLOW`].

use super::blocks::Blocks;
use super::body::at_inst;
use super::describe::reg_name;
use super::regions::Regions;
use crate::Function;
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::index::{Label, Reg};
use crate::inst::{Effect, Inst};
use crate::limits::MAX_DATAFLOW;

/// The steps that are left for a module's functions.
pub(super) struct Budget(usize);

impl Budget {
    /// All of them.
    pub(super) fn new() -> Budget {
        Budget(MAX_DATAFLOW)
    }

    fn spend(&mut self, steps: usize) -> Result<()> {
        self.0 = self.0.checked_sub(steps).ok_or_else(|| {
            let message = format!("following all paths takes more than {MAX_DATAFLOW} steps");
            Error::new(Code::TOO_COMPLEX, message).help("split the function")
        })?;
        Ok(())
    }
}

/// Checks that every register is assigned before it is read, on every path.
pub(super) fn check(function: &Function, blocks: &Blocks, regions: &Regions, budget: &mut Budget) -> Result<()> {
    let mut facts = Facts::gather(function, blocks);
    if facts.reads.is_empty() {
        return Ok(());
    }
    let graph = Graph::new(function, blocks, regions);
    let mut first: Option<Read> = None;
    for chunk in facts.chunks() {
        let entry = chunk.solve(&graph, budget)?;
        for read in chunk.reads {
            let may_be_unassigned = entry[read.block as usize] >> (read.column % 64) & 1 == 1;
            if may_be_unassigned && first.is_none_or(|first| (read.inst, read.reg) < (first.inst, first.reg)) {
                first = Some(*read);
            }
        }
    }
    match first {
        None => Ok(()),
        Some(read) => {
            let position = read.inst as usize;
            let message = format!("{} is read but not assigned on every path", reg_name(function, read.reg));
            Err(at_inst(Error::new(Code::UNASSIGNED, message), position, &function.code[position]))
        }
    }
}

/// Whether control may leave the instruction for a handler: it throws, or it allocates and memory is out.
fn may_throw(inst: &Inst) -> bool {
    inst.has(Effect::Throws) || inst.has(Effect::Allocs)
}

/// Where control goes from a node, and which part of its assignments comes along.
struct Graph {
    /// The range of `targets` of each node: the blocks, then the regions.
    starts: Vec<u32>,
    targets: Vec<(u32, Via)>,
}

/// Which assignments of a block an edge carries.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Via {
    /// All.
    Fall,
    /// All but that of the last instruction.
    Jump,
    /// Those before the first instruction that may throw.
    Throw,
}

impl Graph {
    fn new(function: &Function, blocks: &Blocks, regions: &Regions) -> Graph {
        let n_blocks = blocks.len();
        let region_node = |region: usize| (n_blocks + region) as u32;
        let mut graph = Graph { starts: vec![0], targets: vec![] };
        // The last block that has an edge to each block, plus one: a SWITCH may name a block thousands of times.
        let mut seen = vec![0; n_blocks];
        for block in 0..n_blocks {
            let range = blocks.range(block);
            let last = &function.code[range.end - 1];
            last.for_each_label(|label| {
                let target = blocks.at(label);
                if std::mem::replace(&mut seen[target], block + 1) != block + 1 {
                    graph.targets.push((target as u32, Via::Jump));
                }
            });
            if !last.has(Effect::Ends) {
                graph.targets.push((block as u32 + 1, Via::Fall));
            }
            if let Some(region) = regions.innermost(Label::new(range.start))
                && function.code[range].iter().any(may_throw)
            {
                graph.targets.push((region_node(region), Via::Throw));
            }
            graph.starts.push(graph.targets.len() as u32);
        }
        for (region, handler) in function.handlers.iter().enumerate() {
            graph.targets.push((blocks.at(handler.target) as u32, Via::Fall));
            if let Some(parent) = regions.parent(region)
                && handler.filter.is_some()
            {
                graph.targets.push((region_node(parent), Via::Throw));
            }
            graph.starts.push(graph.targets.len() as u32);
        }
        graph
    }

    fn len(&self) -> usize {
        self.starts.len() - 1
    }

    fn edges(&self, node: usize) -> &[(u32, Via)] {
        &self.targets[self.starts[node] as usize..self.starts[node + 1] as usize]
    }
}

/// A register that a block reads before it assigns it.
#[derive(Clone, Copy)]
struct Read {
    /// The register's number among those that are so read anywhere.
    column: u32,
    block: u32,
    inst: u32,
    reg: Reg,
}

/// The first assignment of such a register in a node.
#[derive(Clone, Copy)]
struct Write {
    column: u32,
    node: u32,
    /// Whether the edges to jump targets carry it.
    on_jump: bool,
    /// Whether the edge to the try region carries it.
    on_throw: bool,
}

/// What blocks read and assign, by ascending column.
struct Facts {
    reads: Vec<Read>,
    writes: Vec<Write>,
    /// The register of each column.
    columns: Vec<Reg>,
}

impl Facts {
    fn gather(function: &Function, blocks: &Blocks) -> Facts {
        const NONE: u32 = u32::MAX;
        let n_regs = function.regs.len();
        let mut facts = Facts { reads: vec![], writes: vec![], columns: vec![] };
        let mut column_of = vec![NONE; n_regs];
        // The last block that read or assigned each register first.
        let mut touched = vec![NONE; n_regs];
        for block in 0..blocks.len() as u32 {
            for position in blocks.range(block as usize) {
                let inst = &function.code[position];
                inst.for_each_use(|reg| {
                    let is_first = std::mem::replace(&mut touched[reg.index()], block) != block;
                    if is_first && reg.0 >= function.n_params {
                        let column = &mut column_of[reg.index()];
                        if *column == NONE {
                            *column = facts.columns.len() as u32;
                            facts.columns.push(reg);
                        }
                        facts.reads.push(Read { column: *column, block, inst: position as u32, reg });
                    }
                });
                if let Some(reg) = inst.def() {
                    touched[reg.index()] = block;
                }
            }
        }
        facts.gather_writes(function, blocks, &column_of);
        facts.reads.sort_unstable_by_key(|read| read.column);
        facts
    }

    fn gather_writes(&mut self, function: &Function, blocks: &Blocks, column_of: &[u32]) {
        let mut written = vec![u32::MAX; column_of.len()];
        for block in 0..blocks.len() as u32 {
            let range = blocks.range(block as usize);
            let last = range.end - 1;
            let mut thrown = false;
            for position in range {
                let inst = &function.code[position];
                thrown |= may_throw(inst);
                if let Some(reg) = inst.def()
                    && (column_of[reg.index()] as usize) < self.columns.len()
                    && std::mem::replace(&mut written[reg.index()], block) != block
                {
                    let column = column_of[reg.index()];
                    self.writes.push(Write { column, node: block, on_jump: position != last, on_throw: !thrown });
                }
            }
        }
        for (region, handler) in function.handlers.iter().enumerate() {
            let column = column_of[handler.reg.index()];
            if (column as usize) < self.columns.len() {
                let node = (blocks.len() + region) as u32;
                self.writes.push(Write { column, node, on_jump: false, on_throw: false });
            }
        }
        self.writes.sort_unstable_by_key(|write| write.column);
    }

    /// The facts of 64 columns each.
    fn chunks(&mut self) -> impl Iterator<Item = Chunk<'_>> {
        let (mut reads, mut writes) = (&self.reads[..], &self.writes[..]);
        self.columns.chunks(64).enumerate().map(move |(n, columns)| {
            let end = (n as u32 + 1) * 64;
            let (own_reads, other_reads) = reads.split_at(reads.partition_point(|read| read.column < end));
            let (own_writes, other_writes) = writes.split_at(writes.partition_point(|write| write.column < end));
            (reads, writes) = (other_reads, other_writes);
            Chunk { reads: own_reads, writes: own_writes, columns }
        })
    }
}

/// The facts of up to 64 columns; bit `n` of a set stands for `columns[n]`.
struct Chunk<'f> {
    reads: &'f [Read],
    writes: &'f [Write],
    columns: &'f [Reg],
}

/// What a node assigns along each kind of edge.
#[derive(Clone, Copy, Default)]
struct Assigned {
    fall: u64,
    jump: u64,
    throw: u64,
}

impl Chunk<'_> {
    /// For each node the set of registers that may be unassigned on entry.
    fn solve(&self, graph: &Graph, budget: &mut Budget) -> Result<Vec<u64>> {
        budget.spend(graph.len())?;
        let assigned = self.assigned(graph);
        let mut entry = vec![0; graph.len()];
        let mut queued = vec![false; graph.len()];
        // At the start nothing but the parameters is assigned, and those have no columns.
        entry[0] = u64::MAX >> (64 - self.columns.len());
        queued[0] = true;
        let mut queue = std::collections::VecDeque::from([0]);
        while let Some(node) = queue.pop_front() {
            queued[node] = false;
            budget.spend(graph.edges(node).len())?;
            for &(target, via) in graph.edges(node) {
                let target = target as usize;
                let carried = match via {
                    Via::Fall => assigned[node].fall,
                    Via::Jump => assigned[node].jump,
                    Via::Throw => assigned[node].throw,
                };
                let grown = entry[target] | entry[node] & !carried;
                if grown != entry[target] {
                    entry[target] = grown;
                    if !std::mem::replace(&mut queued[target], true) {
                        queue.push_back(target);
                    }
                }
            }
        }
        Ok(entry)
    }

    fn assigned(&self, graph: &Graph) -> Vec<Assigned> {
        let mut assigned = vec![Assigned::default(); graph.len()];
        for write in self.writes {
            let bit = 1 << (write.column % 64);
            let node = &mut assigned[write.node as usize];
            node.fall |= bit;
            node.jump |= if write.on_jump { bit } else { 0 };
            node.throw |= if write.on_throw { bit } else { 0 };
        }
        assigned
    }
}
