//! Puts small functions in the place of their calls.
//!
//! Functions are visited callees first, so that what is inlined has been improved already. A call in a try region
//! hands its handlers to all that raises in the copy; a tail call in the copy becomes a call. Positions in the source
//! remember the call, for stack traces.

mod splice;

use super::callgraph::CallGraph;
use crate::env::Env;
use crate::ir::cfg::{Cfg, Dominators, Loops};
use crate::ir::{Block, Function, InstData, Op, Terminator};
use rustc_hash::FxHashMap;
use splice::{Site, splice};
use vitbc::FuncIdx;

/// The cost, see [`cost`], up to which a callee is inlined anywhere.
const SMALL: u32 = 24;
/// The same for calls in a loop.
const IN_LOOP: u32 = 80;
/// The same for the only call of a function.
const ONLY_CALL: u32 = 200;
/// The same if a function value is made for the call: the callee then calls what is known.
const WITH_CLOSURE: u32 = 160;
/// Calls where speed does not matter are inlined if that makes the code hardly larger.
const IN_COLD: u32 = 6;
/// How large a function may become by inlining, above its own cost.
const MAX_GROWTH: u32 = 1500;
/// How large a function may become by inlining itself.
const MAX_UNROLLED: u32 = 270;
/// The largest function whose calls are looked at: beyond, time matters more.
const MAX_CALLER: usize = 20_000;

/// What inlining needs to know of a function that may be inlined.
pub(super) struct Candidates<'a> {
    pub env: &'a Env<'a>,
    pub graph: &'a CallGraph,
    /// The functions, by position; those that are being worked on are empty.
    pub functions: &'a [Function],
    pub costs: &'a [Option<u32>],
}

/// How much a function costs to have in another place; `None` if it cannot be inlined or is not worth it.
pub(super) fn cost(func: &Function) -> Option<u32> {
    let mut cost = 0;
    let mut returns = false;
    for &block in &func.layout {
        let data = &func.blocks[block];
        returns |=
            matches!(data.term, Terminator::Return(_) | Terminator::TailCall(..) | Terminator::TailCallClosure(_));
        // What ends in a throw is out of the way.
        if data.cold || data.term == Terminator::Unreachable {
            cost += 1;
            continue;
        }
        for &inst in data.insts.iter().chain(&data.term.tried()) {
            cost += weight(&func.insts[inst]);
        }
        cost += 1;
        if cost > 2 * ONLY_CALL {
            return None;
        }
    }
    // A function that only raises is not called often.
    returns.then_some(cost)
}

fn weight(inst: &InstData) -> u32 {
    match inst.op {
        Op::Int(..) | Op::Float(..) | Op::Word(_) | Op::Str(_) | Op::Refine => 0,
        Op::Check(_) | Op::Barrier(_) | Op::BarrierItem | Op::Poll | Op::Unbox(_) | Op::IsType(_) => 2,
        Op::New(..) | Op::NewClosure(_) => 4 + inst.args.len() as u32,
        Op::Call(_) | Op::CallClosure | Op::CallMethod(..) => 4 + inst.args.len() as u32,
        Op::Helper(_) | Op::Native(_) | Op::Box(_) => 3 + inst.args.len() as u32,
        _ => 1,
    }
}

/// Inlines calls in `func`, which is at `position`; their number.
pub(super) fn inline_calls(candidates: &Candidates<'_>, position: usize, func: &mut Function) -> u64 {
    if func.layout.len() > MAX_CALLER || func.size() > MAX_CALLER {
        return 0;
    }
    let cfg = Cfg::new(func);
    let loops = Loops::new(&cfg, &Dominators::new(&cfg));
    let blocks = cfg.order.clone();
    let mut growth = 0;
    let mut count = 0;
    for block in blocks {
        let in_loop = loops.innermost(block).is_some();
        let mut at = block;
        let mut from = 0;
        // After a call was inlined, what followed it stands in a new block.
        while let Some((site, callee)) = next_call(func, at, from) {
            let place = match site {
                Site::Inst(place) => place,
                Site::Try | Site::Tail => usize::MAX - 1,
            };
            from = place + 1;
            let Some(target) = candidates.find(position, callee) else { continue };
            let limit = limit(candidates, func, at, site, callee, in_loop);
            let cost = candidates.costs[target].unwrap_or(u32::MAX);
            if cost > limit || growth + cost > MAX_GROWTH {
                continue;
            }
            growth += cost;
            count += 1;
            match splice(func, &candidates.functions[target], at, site) {
                Some(rest) => (at, from) = (rest, 0),
                None => break,
            }
        }
    }
    if count > 0 {
        func.drop_unreachable();
    }
    count
}

impl Candidates<'_> {
    /// The position of a callee that may be inlined into the function at `position`.
    fn find(&self, position: usize, callee: FuncIdx) -> Option<usize> {
        let target = callee.index() - self.env.module.imports.len();
        let apart = self.graph.groups[target] != self.graph.groups[position];
        (apart && self.costs[target].is_some() && !self.functions[target].layout.is_empty()).then_some(target)
    }
}

fn limit(
    candidates: &Candidates<'_>,
    func: &Function,
    block: Block,
    site: Site,
    callee: FuncIdx,
    in_loop: bool,
) -> u32 {
    let data = &func.blocks[block];
    if data.cold || data.term == Terminator::Unreachable {
        return IN_COLD;
    }
    let args = match site {
        Site::Inst(place) => &func.insts[data.insts[place]].args,
        Site::Try => data.term.tried().map_or(&[][..], |inst| &func.insts[inst].args),
        Site::Tail => &[],
    };
    let makes_closure =
        args.iter().any(|&arg| matches!(func.def_inst(arg).map(|made| &made.op), Some(Op::NewClosure(_))));
    let mut limit = if in_loop { IN_LOOP } else { SMALL };
    if makes_closure {
        limit = limit.max(WITH_CLOSURE);
    }
    let target = callee.index() - candidates.env.module.imports.len();
    if candidates.graph.uses[target] == 1 {
        limit = limit.max(ONLY_CALL);
    }
    limit
}

/// The next direct call in `block`, at or after place `from` of its instructions.
fn next_call(func: &Function, block: Block, from: usize) -> Option<(Site, FuncIdx)> {
    let data = &func.blocks[block];
    for (place, &inst) in data.insts.iter().enumerate().skip(from) {
        if let Op::Call(callee) = func.insts[inst].op {
            return Some((Site::Inst(place), callee));
        }
    }
    if from > data.insts.len() {
        return None;
    }
    match &data.term {
        Terminator::Try { inst, .. } => match func.insts[*inst].op {
            Op::Call(callee) => Some((Site::Try, callee)),
            _ => None,
        },
        Terminator::TailCall(callee, _) => Some((Site::Tail, *callee)),
        _ => None,
    }
}

/// Inlines a small recursive function into itself, in rounds; how many calls.
pub(super) fn unroll_recursion(func: &mut Function) -> u64 {
    let Some(cost) = cost(func) else { return 0 };
    let own = func.func;
    let calls = count_calls(func, own);
    if calls == 0 || cost > MAX_UNROLLED / 2 || has_loops(func) {
        return 0;
    }
    let body = func.clone();
    let mut count = 0;
    let mut size = cost;
    while size + cost * count_calls(func, own) <= MAX_UNROLLED {
        for block in func.layout.clone() {
            let (mut at, mut from) = (block, 0);
            while let Some((site, callee)) = next_call(func, at, from) {
                let is_cold = func.blocks[at].cold;
                from = match site {
                    Site::Inst(place) => place + 1,
                    _ => usize::MAX,
                };
                // A tail call of itself becomes a loop elsewhere.
                if callee != own || is_cold || matches!(site, Site::Tail) {
                    continue;
                }
                count += 1;
                size += cost;
                match splice(func, &body, at, site) {
                    Some(rest) => (at, from) = (rest, 0),
                    None => break,
                }
            }
        }
        func.drop_unreachable();
    }
    count
}

/// Functions with loops spend their time there, and their values need the registers there.
fn has_loops(func: &Function) -> bool {
    let cfg = Cfg::new(func);
    cfg.order.iter().any(|&block| func.blocks[block].term.jumps().any(|jump| cfg.goes_back(block, jump.block)))
}

fn count_calls(func: &Function, callee: FuncIdx) -> u32 {
    let hot = func.layout.iter().map(|&block| &func.blocks[block]).filter(|data| !data.cold);
    let insts = hot.flat_map(|data| data.insts.iter().copied().chain(data.term.tried()));
    insts.filter(|&inst| func.insts[inst].op == Op::Call(callee)).count() as u32
}

/// The costs of many functions.
pub(super) fn costs(functions: &[Function]) -> Vec<Option<u32>> {
    functions.iter().map(cost).collect()
}

/// Copies of source positions.
type Locs = FxHashMap<crate::ir::Loc, crate::ir::Loc>;

#[cfg(test)]
mod tests {
    use crate::passes::testing::{count, improved};

    const GET: &str = "FUNC get(xs: [int], i: int) -> int\nREG r0: int\nLIST_GET r0, xs, i\nRETURN r0\nEND\n";

    #[test]
    fn what_raises_in_a_copy_finds_the_handlers_of_the_call() {
        let (texts, _) = improved(&format!(
            "{GET}FUNC f(xs: [int], n: int) -> int\nREG r0: int\nREG r1: any\nfrom:\nCALL r0, get, xs, n\nto:\nRETURN r0\n\
             caught:\nLOAD_CONST r0, -1\nRETURN r0\nHANDLER from, to, caught, r1\nEND"
        ));
        assert!(count(&texts[1], "call") == 0 && count(&texts[1], "try check index") == 1, "{}", texts[1]);
    }

    #[test]
    fn positions_remember_the_call() {
        let (texts, _) = improved(
            "FUNC get(xs: [int], i: int) -> int\nREG r0: int\nLINE \"a.vit\" 3:5\nLIST_GET r0, xs, i\nRETURN r0\nEND\n\
             FUNC f(xs: [int]) -> int\nREG r0: int\nLINE \"a.vit\" 9:1\nLOAD_CONST r0, 4\nCALL r0, get, xs, r0\nRETURN r0\nEND",
        );
        assert!(texts[1].contains("3:5 in 9:1"), "{}", texts[1]);
    }

    #[test]
    fn a_tail_call_in_a_copy_returns_to_the_caller() {
        let (texts, _) = improved(&format!(
            "{GET}FUNC again(xs: [int], n: int) -> int\nTAIL_CALL big, xs, n\nEND\n\
             FUNC big(xs: [int], n: int) -> int\nREG r0: int\nPRINT n\nCALL r0, again, xs, n\nRETURN r0\nEND\n\
             FUNC f(xs: [int], n: int) -> int\nREG r0: int\nCALL r0, again, xs, n\nADD r0, r0, n\nRETURN r0\nEND"
        ));
        assert!(count(&texts[3], "tail_call") == 0 && count(&texts[3], " = call") == 1, "{}", texts[3]);
    }

    #[test]
    fn recursion_is_unrolled_a_little() {
        let (texts, _) = improved(
            "FUNC fib(n: int) -> int\nREG r0, r1: int\nREG r2: bool\nLOAD_CONST r0, 2\nLT r2, n, r0\nIF r2, base\n\
             LOAD_CONST r0, 1\nSUB r0, n, r0\nCALL r0, fib, r0\nLOAD_CONST r1, 2\nSUB r1, n, r1\nCALL r1, fib, r1\n\
             ADD r0, r0, r1\nRETURN r0\nbase:\nRETURN n\nEND",
        );
        assert!((4..64).contains(&count(&texts[0], " = call")), "{}", texts[0]);
    }
}
