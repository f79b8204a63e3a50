//! Who calls whom, and an order in which callees come before their callers.

use crate::env::Env;
use crate::ir::{Function, Op, Terminator};
use rustc_hash::FxHashMap;
use vitbc::{FuncIdx, MethodIdx, TypeIdx};

/// The functions of a program by position, as they call each other.
#[derive(Debug)]
pub(super) struct CallGraph {
    /// Positions of functions that may be worked on at once: all that they call, other than each other in a cycle,
    /// stands in earlier levels. Each level ascends.
    pub levels: Vec<Vec<usize>>,
    /// How often each function is named by a call or a function value.
    pub uses: Vec<u32>,
    /// The group of mutually recursive functions that each belongs to.
    pub groups: Vec<u32>,
}

impl CallGraph {
    /// Looks at all calls.
    pub(super) fn new(env: &Env<'_>, functions: &[Function], methods: &Methods) -> CallGraph {
        let n_imports = env.module.imports.len();
        let mut uses = vec![0u32; functions.len()];
        let callees: Vec<Vec<usize>> = functions
            .iter()
            .map(|func| {
                let mut callees = Vec::new();
                for_each_callee(func, methods, |callee| {
                    let position = callee.index() - n_imports;
                    uses[position] = uses[position].saturating_add(1);
                    callees.push(position);
                });
                callees.sort_unstable();
                callees.dedup();
                callees
            })
            .collect();
        let (order, groups) = components(&callees);
        let mut heights = vec![0usize; functions.len()];
        let mut levels: Vec<Vec<usize>> = Vec::new();
        // A component is as high as the highest of its callees outside, plus one.
        for component in order {
            let outside =
                component.iter().flat_map(|&at| &callees[at]).filter(|&&to| groups[to] != groups[component[0]]);
            let height = outside.map(|&to| heights[to] + 1).max().unwrap_or(0);
            for &at in &component {
                heights[at] = height;
            }
            if levels.len() <= height {
                levels.resize(height + 1, Vec::new());
            }
            levels[height].extend(component);
        }
        levels.iter_mut().for_each(|level| level.sort_unstable());
        CallGraph { levels, uses, groups }
    }
}

/// Calls `f` for each function that `func` calls or makes a function value of.
fn for_each_callee(func: &Function, methods: &Methods, mut f: impl FnMut(FuncIdx)) {
    for &block in &func.layout {
        let data = &func.blocks[block];
        for &inst in data.insts.iter().chain(&data.term.tried()) {
            match func.insts[inst].op {
                Op::Call(callee) | Op::NewClosure(callee) => f(callee),
                Op::CallMethod(trait_ty, method) => methods.only(trait_ty, method).into_iter().for_each(|(_, m)| f(m)),
                _ => {}
            }
        }
        if let Terminator::TailCall(callee, _) = data.term {
            f(callee);
        }
    }
}

/// The strongly connected components, callees first, and the number of each function's. After Tarjan.
fn components(callees: &[Vec<usize>]) -> (Vec<Vec<usize>>, Vec<u32>) {
    const NEW: u32 = u32::MAX;
    let n = callees.len();
    let mut numbers = vec![NEW; n];
    let mut lows = vec![0u32; n];
    let mut groups = vec![NEW; n];
    let mut open: Vec<usize> = Vec::new();
    let mut found: Vec<Vec<usize>> = Vec::new();
    let mut clock = 0;
    for root in 0..n {
        if numbers[root] != NEW {
            continue;
        }
        let mut stack = vec![(root, 0usize)];
        while let Some((at, next)) = stack.last_mut() {
            let at = *at;
            if *next == 0 && numbers[at] == NEW {
                (numbers[at], lows[at]) = (clock, clock);
                clock += 1;
                open.push(at);
            }
            if let Some(&to) = callees[at].get(*next) {
                *next += 1;
                if numbers[to] == NEW {
                    stack.push((to, 0));
                } else if groups[to] == NEW {
                    lows[at] = lows[at].min(numbers[to]);
                }
                continue;
            }
            stack.pop();
            if let Some(&(parent, _)) = stack.last() {
                lows[parent] = lows[parent].min(lows[at]);
            }
            if lows[at] == numbers[at] {
                let start = open.iter().rposition(|&other| other == at).unwrap_or(0);
                let component = open.split_off(start);
                component.iter().for_each(|&member| groups[member] = found.len() as u32);
                found.push(component);
            }
        }
    }
    (found, groups)
}

/// The methods of traits that one type alone implements: calls of them need no dispatch.
#[derive(Debug)]
pub(super) struct Methods {
    only: FxHashMap<TypeIdx, Option<usize>>,
    impls: Vec<(TypeIdx, Vec<FuncIdx>)>,
}

impl Methods {
    pub(super) fn new(env: &Env<'_>) -> Methods {
        let mut methods = Methods { only: FxHashMap::default(), impls: Vec::new() };
        for (number, imp) in env.module.impls.iter().enumerate() {
            methods.only.entry(imp.trait_ty).and_modify(|only| *only = None).or_insert(Some(number));
            methods.impls.push((imp.ty, imp.methods.to_vec()));
        }
        methods
    }

    /// The one type that implements the trait, and its method.
    pub(super) fn only(&self, trait_ty: TypeIdx, method: MethodIdx) -> Option<(TypeIdx, FuncIdx)> {
        let number = (*self.only.get(&trait_ty)?)?;
        let (ty, methods) = &self.impls[number];
        Some((*ty, methods[method.index()]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_come_callees_first() {
        // 0 → 1 ⇄ 2 → 3, 3 → 3, 4 → 0
        let (order, groups) = components(&[vec![1], vec![2], vec![1, 3], vec![3], vec![0]]);
        let order: Vec<Vec<usize>> = order
            .into_iter()
            .map(|mut each| {
                each.sort_unstable();
                each
            })
            .collect();
        assert_eq!(order, [vec![3], vec![1, 2], vec![0], vec![4]]);
        assert_eq!(groups[1], groups[2]);
        assert_ne!(groups[0], groups[4]);
    }
}
