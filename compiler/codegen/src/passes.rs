//! The passes over our SSA form, as data: what runs, in which order, and why there.
//!
//! Functions are independent of each other but for inlining, so passes run on many at once, and the result is the same
//! whatever the number of threads.

mod barriers;
mod blocks;
mod bounds;
mod callgraph;
mod dce;
mod devirtualize;
mod dynamic;
mod exits;
mod floats;
mod fold;
mod inline;
mod licm;
mod params;
mod polls;
mod repair;
mod rotate;
mod safepoints;
mod scalars;
mod select;
mod tails;
#[cfg(test)]
mod testing;
mod thread;
mod unroll;
mod values;

pub use params::prune_params;

use crate::env::Env;
use crate::ir::Function;
use crate::ir::verify::assert_verified;
use callgraph::{CallGraph, Methods};
use inline::Candidates;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// How much to improve code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum OptLevel {
    /// As it stands: for debugging and fast compilation.
    O0,
    /// What costs little.
    O1,
    /// Everything.
    #[default]
    O2,
}

/// What the passes did, by name: `inline.calls` and the like.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Stats(pub BTreeMap<&'static str, u64>);

impl Stats {
    /// Adds to a count.
    pub fn add(&mut self, name: &'static str, count: u64) {
        if count > 0 {
            *self.0.entry(name).or_default() += count;
        }
    }

    fn merge(mut self, other: Stats) -> Stats {
        other.0.into_iter().for_each(|(name, count)| self.add(name, count));
        self
    }
}

/// A pass over one function.
#[derive(Clone, Copy)]
struct Pass {
    name: &'static str,
    run: fn(&Env<'_>, &mut Function, &mut Stats) -> u64,
    /// Why it stands where it does.
    reason: &'static str,
}

/// Makes a function smaller and plainer. Repeated as long as it finds something.
const SIMPLIFY: &[Pass] = &[
    Pass {
        name: "blocks",
        run: |_, func, stats| {
            let changes = blocks::tidy_blocks(func);
            stats.add("blocks.tidied", changes);
            changes
        },
        reason: "fewer joins mean more that is known in each block",
    },
    Pass {
        name: "params",
        run: |_, func, stats| {
            let dropped = prune_params(func);
            stats.add("params.dropped", dropped);
            dropped
        },
        reason: "a parameter hides what it receives from all passes behind it",
    },
    Pass {
        name: "values",
        run: |env, func, stats| {
            let found = values::number_values(env, func);
            stats.add("values.folded", found.folded);
            stats.add("values.shared", found.shared);
            stats.add("values.loads", found.loads);
            stats.add("values.checks", found.checks);
            found.total()
        },
        reason: "the main work; makes branches constant and results unused",
    },
    Pass {
        name: "dead code",
        run: |_, func, stats| {
            let dropped = dce::drop_dead(func);
            stats.add("dead.dropped", dropped);
            dropped
        },
        reason: "last, since the others leave unused results behind",
    },
];

/// What is done to a function once its calls are inlined. After each of them the function is simplified.
const IMPROVE: &[Pass] = &[
    Pass {
        name: "threads",
        run: |_, func, stats| {
            let threaded = thread::thread_jumps(func);
            stats.add("jumps.threaded", threaded);
            threaded
        },
        reason: "what a callee makes and its caller looks at is in sight; objects that only joins held can then be replaced",
    },
    Pass {
        name: "scalars",
        run: |env, func, stats| {
            let replaced = scalars::replace_objects(env, func);
            stats.add("scalars.objects", replaced);
            replaced
        },
        reason: "after inlining, when objects stay in sight; before loops, which then carry values",
    },
    Pass {
        name: "scalars again",
        run: |env, func, stats| {
            let replaced = scalars::replace_objects(env, func);
            stats.add("scalars.objects", replaced);
            replaced
        },
        reason: "for objects that only other objects held",
    },
    Pass {
        name: "rotate",
        run: |_, func, stats| {
            let rotated = rotate::rotate_loops(func);
            stats.add("loops.rotated", rotated);
            rotated
        },
        reason: "before invariants are moved: what comes first in a loop then runs whenever the loop is entered",
    },
    Pass {
        name: "invariants",
        run: |_, func, stats| {
            let moved = licm::hoist_invariants(func);
            stats.add("loops.invariants", moved);
            moved
        },
        reason: "lengths that no longer change in the loop can be compared with its bounds",
    },
    Pass {
        name: "bounds",
        run: |_, func, stats| {
            let dropped = bounds::drop_index_checks(func);
            stats.add("bounds.checks", dropped);
            dropped
        },
        reason: "needs loops that test at the bottom and lengths that are the same all the time",
    },
    Pass {
        name: "select",
        run: |_, func, stats| {
            let selected = select::select_values(func);
            stats.add("select.branches", selected);
            selected
        },
        reason: "when nobody asks any more what branches found out",
    },
    Pass {
        name: "barriers",
        run: |_, func, stats| {
            let dropped = barriers::drop_barriers(func);
            stats.add("barriers.dropped", dropped);
            0
        },
        reason: "after all that moves or forgets allocations",
    },
    Pass {
        name: "polls",
        run: |_, func, stats| {
            let dropped = polls::drop_polls(func);
            stats.add("polls.dropped", dropped);
            dropped
        },
        reason: "which calls remain is known only now",
    },
    Pass {
        name: "unroll",
        run: |_, func, stats| {
            let unrolled = unroll::unroll_loops(func);
            stats.add("loops.unrolled", unrolled);
            unrolled
        },
        reason: "when loops are as small as they get, and it is known which of them poll",
    },
    Pass {
        name: "safepoints",
        run: |_, func, stats| {
            stats.add("polls.split", safepoints::split_polls(func));
            0
        },
        reason: "at the end: it says of references where they stand, not what is computed",
    },
    Pass {
        name: "floats",
        run: |_, func, stats| {
            stats.add("floats.copied", floats::copy_floats(func));
            0
        },
        reason: "behind all that would drop copies",
    },
    Pass {
        name: "exits",
        run: |_, func, stats| {
            stats.add("loops.exits", exits::move_exits(func));
            0
        },
        reason: "last: empty blocks are dropped elsewhere",
    },
];

/// The passes over single functions in their order, each with the reason for its place, for `--stats` and people.
pub fn describe() -> impl Iterator<Item = (&'static str, &'static str)> {
    SIMPLIFY.iter().chain(IMPROVE).map(|pass| (pass.name, pass.reason))
}

/// How often the passes of [`SIMPLIFY`] are repeated at most.
const MAX_ROUNDS: usize = 3;
/// Larger functions are gone through once each time: beyond, the time that it takes matters more.
const LARGE: usize = 20_000;

fn simplify(env: &Env<'_>, func: &mut Function, stats: &mut Stats) {
    let rounds = if func.size() > LARGE { 1 } else { MAX_ROUNDS };
    for _ in 0..rounds {
        let mut changes = 0;
        for pass in SIMPLIFY {
            changes += run_pass(env, pass, func, stats);
        }
        if changes == 0 {
            break;
        }
    }
    // Inlining counts on the order.
    func.drop_unreachable();
}

fn run_pass(env: &Env<'_>, pass: &Pass, func: &mut Function, stats: &mut Stats) -> u64 {
    let changes = (pass.run)(env, func, stats);
    if cfg!(debug_assertions) {
        assert_verified(env, func, pass.name);
    }
    changes
}

/// Improves the functions of a program. The result depends on nothing but the arguments.
pub fn run(env: &Env<'_>, mut functions: Vec<Function>, level: OptLevel, stats: &mut Stats) -> Vec<Function> {
    if level == OptLevel::O0 {
        return functions;
    }
    let first = |func: &mut Function, stats: &mut Stats| {
        if level == OptLevel::O2 {
            // Before anything else, so that all passes see the ints.
            stats.add("dynamic.opened", dynamic::open_arithmetic(func));
        }
        simplify(env, func, stats);
    };
    *stats = for_all(&mut functions, first).merge(std::mem::take(stats));
    inline_all(env, &mut functions, level, stats);
    if level == OptLevel::O2 {
        *stats = for_all(&mut functions, |func, stats| improve(env, func, stats)).merge(std::mem::take(stats));
    }
    functions
}

fn improve(env: &Env<'_>, func: &mut Function, stats: &mut Stats) {
    for pass in IMPROVE {
        if run_pass(env, pass, func, stats) > 0 {
            simplify(env, func, stats);
        }
    }
}

/// How often a function is searched for calls anew: what was inlined may show which functions are called.
const MAX_INLININGS: usize = 3;

/// Inlines calls, callees first. Functions of one level do not call each other, but for those in one cycle.
fn inline_all(env: &Env<'_>, functions: &mut [Function], level: OptLevel, stats: &mut Stats) {
    let methods = Methods::new(env);
    let graph = CallGraph::new(env, functions, &methods);
    let mut costs = inline::costs(functions);
    for members in &graph.levels {
        let mut taken: Vec<(usize, Function)> = members
            .iter()
            .map(|&at| {
                let empty = Function::new(functions[at].func, "", functions[at].result);
                (at, std::mem::replace(&mut functions[at], empty))
            })
            .collect();
        let candidates = Candidates { env, graph: &graph, functions, costs: &costs };
        let done = taken
            .par_iter_mut()
            .map(|(at, func)| {
                let mut stats = Stats::default();
                inline_one(&candidates, &methods, *at, func, level, &mut stats);
                stats
            })
            .reduce(Stats::default, Stats::merge);
        *stats = std::mem::take(stats).merge(done);
        for (at, func) in taken {
            costs[at] = inline::cost(&func);
            functions[at] = func;
        }
    }
}

fn inline_one(
    candidates: &Candidates<'_>,
    methods: &Methods,
    at: usize,
    func: &mut Function,
    level: OptLevel,
    stats: &mut Stats,
) {
    let env = candidates.env;
    stats.add("tails.looped", tails::loop_tail_calls(func));
    for _ in 0..MAX_INLININGS {
        let direct = devirtualize::devirtualize(env, methods, func);
        stats.add("devirtualize.calls", direct);
        let inlined = inline::inline_calls(candidates, at, func);
        stats.add("inline.calls", inlined);
        if direct + inlined == 0 {
            break;
        }
        if cfg!(debug_assertions) {
            assert_verified(env, func, "inlining");
        }
        simplify(env, func, stats);
    }
    if level == OptLevel::O2 {
        let unrolled = inline::unroll_recursion(func);
        if unrolled > 0 {
            stats.add("inline.recursive", unrolled);
            simplify(env, func, stats);
        }
    }
}

/// Runs `work` on all functions, some at once.
fn for_all(functions: &mut [Function], work: impl Fn(&mut Function, &mut Stats) + Sync) -> Stats {
    functions
        .par_iter_mut()
        .map(|func| {
            let mut stats = Stats::default();
            work(func, &mut stats);
            stats
        })
        .reduce(Stats::default, Stats::merge)
}
