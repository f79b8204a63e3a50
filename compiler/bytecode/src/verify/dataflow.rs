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

/// Whether control may leave the instruction for a handler: it throws; it allocates and memory is out; or it jumps
/// back, where other processes may be heard.
fn may_throw(position: usize, inst: &Inst) -> bool {
    let mut jumps_back = false;
    inst.for_each_label(|label| jumps_back |= label.index() <= position);
    jumps_back || inst.has(Effect::Throws) || inst.has(Effect::Allocs)
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
                && range.into_iter().any(|position| may_throw(position, &function.code[position]))
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
                thrown |= may_throw(position, inst);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::TypeIdx;
    use crate::{Const, Handler};

    /// A function of `any` registers, two of them parameters.
    fn function(code: Vec<Inst>, handlers: Vec<Handler>) -> Function {
        Function { n_params: 2, regs: vec![TypeIdx::ANY; 200], code, handlers, ..Function::default() }
    }

    /// The instruction at fault, if any.
    fn fault(function: &Function) -> Option<u32> {
        let regions = Regions::nest(&function.handlers).unwrap();
        let result = check(function, &Blocks::new(function), &regions, &mut Budget::new());
        let error = result.err()?;
        assert_eq!(error.code, Code::UNASSIGNED);
        error.place.inst.map(|(position, _)| position)
    }

    fn set(reg: u32) -> Inst {
        Inst::LoadArg { dst: Reg(reg), param: crate::ParamIdx(0) }
    }

    fn throwing_set(reg: u32) -> Inst {
        Inst::LoadConst { dst: Reg(reg), value: Const::Nil }
    }

    fn get(reg: u32) -> Inst {
        Inst::Send { to: Reg(0), message: Reg(reg) }
    }

    fn branch(target: u32) -> Inst {
        Inst::If { cond: Reg(0), target: Label(target) }
    }

    fn jump(target: u32) -> Inst {
        Inst::Jump { target: Label(target) }
    }

    fn end() -> Inst {
        Inst::Return { value: None }
    }

    fn handler(start: u32, end: u32, target: u32, reg: u32, filtered: bool) -> Handler {
        Handler {
            start: Label(start),
            end: Label(end),
            target: Label(target),
            reg: Reg(reg),
            filter: filtered.then_some(TypeIdx::INT),
        }
    }

    #[test]
    fn parameters_are_assigned_and_others_are_not() {
        assert_eq!(fault(&function(vec![get(0), get(1), end()], vec![])), None);
        assert_eq!(fault(&function(vec![get(0), get(2), end()], vec![])), Some(1));
        assert_eq!(fault(&function(vec![Inst::Move { dst: Reg(2), src: Reg(2) }, end()], vec![])), Some(0));
    }

    #[test]
    fn both_arms_must_assign() {
        let both = vec![branch(3), set(2), jump(4), set(2), get(2), end()];
        assert_eq!(fault(&function(both, vec![])), None);
        let one = vec![branch(3), set(2), jump(3), get(2), end()];
        assert_eq!(fault(&function(one, vec![])), Some(3));
    }

    #[test]
    fn a_loop_does_not_assign_before_its_first_turn() {
        let before = vec![set(2), get(2), set(3), branch(1), get(3), end()];
        assert_eq!(fault(&function(before, vec![])), None);
        let late = vec![branch(3), get(2), set(2), branch(1), end()];
        assert_eq!(fault(&function(late, vec![])), Some(1));
    }

    #[test]
    fn unreachable_code_may_read_anything() {
        assert_eq!(fault(&function(vec![end(), get(2), end()], vec![])), None);
    }

    #[test]
    fn many_registers_take_many_columns() {
        let mut code: Vec<Inst> = (2..199).map(set).collect();
        code.push(branch(198));
        code.extend((2..199).map(get));
        code.push(end());
        assert_eq!(fault(&function(code.clone(), vec![])), None);
        code[77] = Inst::Nop {};
        assert_eq!(fault(&function(code, vec![])), Some(198 + 77));
    }

    #[test]
    fn a_peek_assigns_only_if_there_is_a_message() {
        let peek = Inst::ReceivePeek { dst: Reg(2), empty: Label(3) };
        assert_eq!(fault(&function(vec![peek.clone(), get(2), end(), end()], vec![])), None);
        assert_eq!(fault(&function(vec![peek.clone(), get(2), end(), get(2), end()], vec![])), Some(3));
        assert_eq!(fault(&function(vec![set(2), peek, end(), get(2), end()], vec![])), None);
    }

    #[test]
    fn a_handler_sees_what_was_assigned_before_the_first_throw() {
        let region = |filtered| vec![handler(1, 4, 5, 9, filtered)];
        let code = |at_0, at_1, at_2, at_3| vec![at_0, at_1, at_2, at_3, end(), get(9), get(2), end()];
        // Before the region; in it before anything throws; by the throwing instruction itself; after it.
        assert_eq!(fault(&function(code(set(2), get(0), get(0), get(0)), region(false))), None);
        assert_eq!(fault(&function(code(get(0), set(2), get(0), get(0)), region(false))), None);
        assert_eq!(fault(&function(code(get(0), throwing_set(2), get(0), get(0)), region(false))), Some(6));
        assert_eq!(fault(&function(code(get(0), get(0), set(2), get(0)), region(true))), Some(6));
        // A loop may be interrupted on its way back.
        let turn = Inst::Jump { target: Label(1) };
        assert_eq!(fault(&function(code(set(3), set(2), set(4), turn.clone()), region(false))), None);
        assert_eq!(fault(&function(code(set(3), set(3), set(3), turn), region(false))), Some(6));
        // Nothing throws at all: the handler is never entered.
        assert_eq!(fault(&function(code(get(0), set(3), set(3), set(3)), region(true))), None);
    }

    #[test]
    fn an_inner_handler_without_filter_hides_the_outer_one() {
        let code = || vec![get(0), set(4), get(0), end(), set(2), get(0), end(), get(2), end()];
        let nested = |filtered| vec![handler(2, 3, 4, 9, filtered), handler(2, 6, 7, 9, false)];
        // The outer handler reads r2, which the inner handler assigns before it may throw.
        assert_eq!(fault(&function(code(), nested(false))), None);
        assert_eq!(fault(&function(code(), nested(true))), Some(7));
    }

    #[test]
    fn the_budget_ends() {
        let code = vec![branch(1), get(2), end()];
        let function = function(code, vec![]);
        let regions = Regions::nest(&[]).unwrap();
        let error = check(&function, &Blocks::new(&function), &regions, &mut Budget(1)).unwrap_err();
        assert_eq!(error.code, Code::TOO_COMPLEX);
    }

    /// The first fault by following each register on its own, instruction by instruction.
    fn naive_fault(function: &Function) -> Option<(u32, Reg)> {
        let mut faults = vec![];
        for reg in (function.n_params..8).map(Reg) {
            let mut seen = vec![false; function.code.len()];
            let mut open = vec![0];
            while let Some(position) = open.pop() {
                if std::mem::replace(&mut seen[position], true) {
                    continue;
                }
                let inst = &function.code[position];
                inst.for_each_use(|used| {
                    if used == reg {
                        faults.push((position as u32, reg));
                    }
                });
                inst.for_each_label(|label| open.push(label.index()));
                if !inst.has(Effect::Ends) && inst.def() != Some(reg) {
                    open.push(position + 1);
                }
                let covers = |handler: &&Handler| (handler.start.index()..handler.end.index()).contains(&position);
                for handler in function.handlers.iter().filter(covers).filter(|_| may_throw(position, inst)) {
                    if handler.reg != reg {
                        open.push(handler.target.index());
                    }
                    if handler.filter.is_none() {
                        break;
                    }
                }
            }
        }
        faults.into_iter().min()
    }

    /// A function of random instructions on eight registers, with regions that nest.
    fn random_function(next: &mut impl FnMut(u32) -> u32) -> Function {
        let n_insts = 3 + next(14);
        let mut code: Vec<Inst> = (1..n_insts)
            .map(|_| match next(12) {
                0 => branch(next(n_insts)),
                1 => jump(next(n_insts)),
                2 => Inst::ReceivePeek { dst: Reg(next(8)), empty: Label(next(n_insts)) },
                3 | 4 => get(next(8)),
                5 => throwing_set(next(8)),
                6 => Inst::Move { dst: Reg(next(8)), src: Reg(next(8)) },
                7 => Inst::Switch { value: Reg(0), targets: (0..3).map(|_| Label(next(n_insts))).collect() },
                _ => set(next(8)),
            })
            .collect();
        code.push(if next(2) == 0 { end() } else { jump(next(n_insts)) });
        let mut handlers = vec![];
        for _ in 0..next(4) {
            let (start, target) = (next(n_insts), next(n_insts));
            let region = handler(start, start + 1 + next(n_insts - start), target, next(8), next(2) == 0);
            handlers.push(region);
            if region_holds(&handlers[handlers.len() - 1], target) || Regions::nest(&handlers).is_err() {
                handlers.pop();
            }
        }
        Function { n_params: 1, regs: vec![TypeIdx::ANY; 8], code, handlers, ..Function::default() }
    }

    fn region_holds(handler: &Handler, at: u32) -> bool {
        (handler.start.0..handler.end.0).contains(&at)
    }

    #[test]
    fn random_functions_are_judged_as_by_following_each_path() {
        let mut state = 1u32;
        let mut next = |below: u32| {
            // A linear congruential generator; its high bits are good enough.
            state = state.wrapping_mul(1664525).wrapping_add(1013904223);
            (state >> 8) % below
        };
        let mut n_faulty = 0;
        for _ in 0..30_000 {
            let function = random_function(&mut next);
            let naive = naive_fault(&function);
            assert_eq!(fault(&function), naive.map(|(position, _)| position), "{function:?}");
            n_faulty += u32::from(naive.is_some());
        }
        assert!((3_000..27_000).contains(&n_faulty), "{n_faulty} of 30000 are at fault");
    }
}
