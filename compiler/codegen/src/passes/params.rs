//! Drops block parameters that always receive the same value.
//!
//! A parameter `p` of which all arguments are `p` itself or one other value `v` is another name of `v`. Replacing one
//! may make others so; each is looked at again when an argument of it was replaced.

use crate::ir::{Arg, Function, Value};
use cranelift_codegen::entity::SecondaryMap;

/// Drops them; their number.
pub fn prune_params(func: &mut Function) -> u64 {
    let mut incoming: SecondaryMap<Value, Vec<Arg>> = SecondaryMap::with_capacity(func.values.len());
    let mut users: SecondaryMap<Value, Vec<Value>> = SecondaryMap::with_capacity(func.values.len());
    let mut work = Vec::new();
    for &block in &func.layout {
        for jump in func.blocks[block].term.jumps() {
            for (&param, &arg) in func.blocks[jump.block].params.iter().zip(&jump.args) {
                incoming[param].push(arg);
                if let Arg::Value(value) = arg {
                    users[value].push(param);
                }
            }
        }
        if block != func.entry() {
            work.extend(&func.blocks[block].params);
        }
    }
    let mut aliases = Aliases::default();
    let mut dropped = 0;
    work.reverse();
    while let Some(param) = work.pop() {
        if aliases.0[param].is_some() {
            continue;
        }
        if let Some(value) = only_argument(&mut aliases, param, &incoming[param]) {
            aliases.0[param] = Some(value);
            dropped += 1;
            work.extend(&users[param]);
            // Whoever received the parameter receives the value now.
            let moved = std::mem::take(&mut users[param]);
            users[value].extend(moved);
        }
    }
    if dropped > 0 {
        apply(func, &mut aliases);
    }
    dropped
}

/// The one value other than itself that a parameter receives.
fn only_argument(aliases: &mut Aliases, param: Value, incoming: &[Arg]) -> Option<Value> {
    let mut only = None;
    for &arg in incoming {
        let Arg::Value(value) = arg else { return None };
        let value = aliases.resolve(value);
        if value != param && *only.get_or_insert(value) != value {
            return None;
        }
    }
    only
}

/// What stands for values that are replaced.
#[derive(Default)]
struct Aliases(SecondaryMap<Value, Option<Value>>);

impl Aliases {
    fn resolve(&mut self, value: Value) -> Value {
        let mut root = value;
        while let Some(next) = self.0[root] {
            root = next;
        }
        let mut at = value;
        while at != root {
            at = self.0[at].replace(root).unwrap_or(root);
        }
        root
    }
}

fn apply(func: &mut Function, aliases: &mut Aliases) {
    for at in 0..func.layout.len() {
        let block = func.layout[at];
        let mut term = std::mem::replace(&mut func.blocks[block].term, crate::ir::Terminator::Unreachable);
        for jump in term.jumps_mut() {
            // The parameters of the target are dropped below, when all jumps are done.
            let params = &func.blocks[jump.block].params;
            let mut number = 0;
            jump.args.retain(|_| {
                number += 1;
                aliases.0[params[number - 1]].is_none()
            });
        }
        func.blocks[block].term = term;
    }
    for at in 0..func.layout.len() {
        let block = func.layout[at];
        func.map_uses(block, |value| aliases.resolve(value));
        func.retain_params(block, |value| aliases.0[value].is_none());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::{Jump, Op, Terminator};
    use vitbc::FuncIdx;
    use vitte_abi::object::Repr;

    #[test]
    fn parameters_that_stand_for_each_other_go() {
        // block1(p): jump block2(p);  block2(q): branch q, block1(q), block3;  both always hold what the entry brings.
        let mut func = Function::new(FuncIdx(0), "f", Repr::I64);
        let blocks: Vec<_> = (0..4).map(|_| func.add_block()).collect();
        let seven = func.append_value(blocks[0], Op::Int(Repr::I64, 7), vec![], Repr::I64, None);
        let (p, q) = (func.add_param(blocks[1], Repr::I64), func.add_param(blocks[2], Repr::I64));
        func.blocks[blocks[0]].term = Terminator::Jump(Jump::with(blocks[1], [seven]));
        func.blocks[blocks[1]].term = Terminator::Jump(Jump::with(blocks[2], [p]));
        func.blocks[blocks[2]].term = Terminator::Branch(q, Jump::with(blocks[1], [q]), Jump::to(blocks[3]));
        func.blocks[blocks[3]].term = Terminator::Return(Some(q));
        assert_eq!(prune_params(&mut func), 2);
        assert_eq!(func.blocks[blocks[3]].term, Terminator::Return(Some(seven)));
        assert!(blocks.iter().all(|&block| func.blocks[block].params.is_empty()));
    }
}
