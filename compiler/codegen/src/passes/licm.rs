//! Moves what a loop computes anew each time, though it is always the same, before the loop.
//!
//! What has a meaning anywhere ([`Op::is_total`]), and loads from objects, are moved from all blocks of a loop, unless
//! the loop changes the memory. Checks and what they guard are moved if the loop does them first of all whenever it is
//! entered, so that the same exceptions are raised in the same order.

use crate::ir::cfg::{Cfg, Dominators, Loops};
use crate::ir::{Block, Function, Inst, InstData, Jump, Op, Region, Terminator, ValueDef, Writes};
use cranelift_codegen::entity::SecondaryMap;

/// Moves instructions out of loops; their number.
pub(super) fn hoist_invariants(func: &mut Function) -> u64 {
    add_preheaders(func);
    let cfg = Cfg::new(func);
    let loops = Loops::new(&cfg, &Dominators::new(&cfg));
    if loops.loops.is_empty() {
        return 0;
    }
    let mut homes: SecondaryMap<Inst, Option<Block>> = SecondaryMap::with_capacity(func.insts.len());
    for &block in &cfg.order {
        for &inst in &func.blocks[block].insts {
            homes[inst] = Some(block);
        }
    }
    let mut hoister = Hoister { func, loops, homes, count: 0 };
    for index in 0..hoister.loops.loops.len() {
        hoister.hoist(&cfg, index);
    }
    hoister.count
}

/// Gives each loop a block that only jumps to its header, through which all go that enter it.
pub(super) fn add_preheaders(func: &mut Function) {
    let cfg = Cfg::new(func);
    let dominators = Dominators::new(&cfg);
    let loops = Loops::new(&cfg, &dominators);
    let mut added = false;
    for each in &loops.loops {
        let header = each.header;
        let outside: Vec<Block> =
            cfg.preds[header].iter().copied().filter(|&pred| !dominators.dominates(header, pred)).collect();
        if let [only] = outside[..]
            && matches!(func.blocks[only].term, Terminator::Jump(_))
        {
            continue;
        }
        added = true;
        let preheader = func.add_block();
        func.blocks[preheader].cold = func.blocks[header].cold;
        let params: Vec<_> = func.blocks[header].params.iter().map(|&param| func.repr(param)).collect();
        let params: Vec<_> = params.into_iter().map(|repr| func.add_param(preheader, repr)).collect();
        func.blocks[preheader].term = Terminator::Jump(Jump::with(header, params));
        for pred in outside {
            for jump in func.blocks[pred].term.jumps_mut().filter(|jump| jump.block == header) {
                jump.block = preheader;
            }
        }
    }
    if added {
        func.drop_unreachable();
    }
}

/// What a loop does to memory.
struct Changes(Vec<Writes>);

impl Changes {
    fn of(func: &Function, blocks: &[Block]) -> Changes {
        let mut changes = Vec::new();
        for &block in blocks {
            let data = &func.blocks[block];
            for &inst in data.insts.iter().chain(&data.term.tried()) {
                let writes = func.insts[inst].op.writes();
                if writes != Writes::Nothing && !changes.contains(&writes) {
                    changes.push(writes);
                }
            }
        }
        Changes(changes)
    }

    fn keeps(&self, region: Region) -> bool {
        region != Region::Foreign && !self.0.iter().any(|writes| writes.touches(region))
    }
}

struct Hoister<'f> {
    func: &'f mut Function,
    loops: Loops,
    /// The block that each instruction stands in.
    homes: SecondaryMap<Inst, Option<Block>>,
    count: u64,
}

impl Hoister<'_> {
    fn hoist(&mut self, cfg: &Cfg, index: usize) {
        let header = self.loops.loops[index].header;
        let outside = |&&pred: &&Block| !self.loops.contains(index, pred);
        let Some(&preheader) = cfg.preds[header].iter().find(outside) else { return };
        let blocks = self.loops.loops[index].blocks.clone();
        let changes = Changes::of(self.func, &blocks);
        // The blocks that are always gone through first, as far as nothing happened that could be noticed.
        let mut first = Some(header);
        for &block in &blocks {
            let mut in_order = first == Some(block);
            let insts = std::mem::take(&mut self.func.blocks[block].insts);
            let mut kept = Vec::with_capacity(insts.len());
            for inst in insts {
                let data = &self.func.insts[inst];
                let moves = self.is_invariant(index, data) && self.may_move(data, &changes, in_order);
                if moves {
                    self.func.blocks[preheader].insts.push(inst);
                    self.homes[inst] = Some(preheader);
                    self.count += 1;
                } else {
                    in_order &= !matters(&data.op);
                    kept.push(inst);
                }
            }
            self.func.blocks[block].insts = kept;
            if first == Some(block) {
                first = match &self.func.blocks[block].term {
                    Terminator::Jump(next) if in_order && cfg.preds[next.block].len() == 1 => Some(next.block),
                    _ => None,
                };
            }
        }
    }

    fn is_invariant(&self, index: usize, data: &InstData) -> bool {
        data.args.iter().all(|&arg| {
            let home = match self.func.values[arg].def {
                ValueDef::Param(block, _) => Some(block),
                ValueDef::Inst(inst) => self.homes[inst],
            };
            home.is_some_and(|home| !self.loops.contains(index, home))
        })
    }

    fn may_move(&self, data: &InstData, changes: &Changes, in_order: bool) -> bool {
        match &data.op {
            Op::Load(_, _, region) => changes.keeps(*region),
            op if op.is_total() => true,
            Op::SDiv | Op::UDiv | Op::SRem | Op::URem
                if self.func.int_const(data.args[1]).is_some_and(|divisor| divisor != 0) =>
            {
                true
            }
            Op::LoadItem(repr) => in_order && changes.keeps(Region::Items(*repr)),
            Op::Check(_) => in_order,
            op => in_order && op.is_pure(),
        }
    }
}

/// Whether it makes a difference if an exception comes before or after the instruction.
fn matters(op: &Op) -> bool {
    op.throws() || op.collects() || !(op.is_removable() || is_barrier(op))
}

fn is_barrier(op: &Op) -> bool {
    matches!(op, Op::Barrier(_) | Op::BarrierItem)
}

#[cfg(test)]
mod tests {
    use crate::passes::testing::{improved, on_list};

    /// Whether `what` stands before the loop, which begins with the block that has parameters.
    fn is_before_loop(text: &str, what: &str) -> bool {
        let start = text.find("):\n").map(|at| at + 3).unwrap();
        let body = text[start..].find("):\n").map_or(text.len(), |at| start + at);
        text.find(what).unwrap() < body
    }

    const LOOP: &str = "LOAD_CONST r0, 0\nLOAD_CONST r1, 0\nLOAD_CONST r3, 1\ntop:\nLT r6, r1, n\nIF_NOT r6, out\n";
    const NEXT: &str = "ADD r1, r1, r3\nJUMP top\nout:\nRETURN r0";

    #[test]
    fn a_length_that_stays_is_loaded_before_the_loop() {
        let (texts, _) = improved(&on_list(&format!("{LOOP}LIST_GET r2, xs, r1\nADD r0, r0, r2\n{NEXT}")));
        assert!(is_before_loop(&texts[0], "[list_len]") && is_before_loop(&texts[0], "[list_buffer]"), "{}", texts[0]);
        assert!(!is_before_loop(&texts[0], "load_item"), "{}", texts[0]);
    }

    #[test]
    fn a_length_that_changes_is_loaded_in_the_loop() {
        let (texts, _) =
            improved(&on_list(&format!("{LOOP}LIST_PUSH xs, r1\nLIST_LEN r2, xs\nADD r0, r0, r2\n{NEXT}")));
        assert!(!is_before_loop(&texts[0], "[list_len]"), "{}", texts[0]);
    }

    #[test]
    fn a_check_stays_behind_what_is_noticed_before_it() {
        let (texts, _) = improved(&on_list(&format!("{LOOP}LIST_GET r2, xs, n\nADD r0, r0, r2\n{NEXT}")));
        assert!(is_before_loop(&texts[0], "check index"), "{}", texts[0]);
        let (texts, _) = improved(&on_list(&format!("{LOOP}PRINT r1\nLIST_GET r2, xs, n\nADD r0, r0, r2\n{NEXT}")));
        assert!(!is_before_loop(&texts[0], "check index"), "{}", texts[0]);
    }
}
