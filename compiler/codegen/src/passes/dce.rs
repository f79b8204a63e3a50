//! Drops what nobody wants: instructions without effects of which the result is not used, and unused parameters.

use crate::ir::{Arg, Function, Inst, Terminator, Value, ValueDef};
use cranelift_codegen::entity::{EntitySet, SecondaryMap};

/// Drops them; their number.
pub(super) fn drop_dead(func: &mut Function) -> u64 {
    let live = find_live(func);
    let mut dropped = 0;
    for at in 0..func.layout.len() {
        let block = func.layout[at];
        let data = &mut func.blocks[block];
        let before = data.insts.len();
        let insts = &func.insts;
        data.insts.retain(|&inst| {
            !insts[inst].op.is_removable() || insts[inst].result.is_some_and(|result| live.contains(result))
        });
        dropped += (before - data.insts.len()) as u64;
        let mut term = std::mem::replace(&mut data.term, Terminator::Unreachable);
        if let Terminator::Try { inst, normal, .. } = &term
            && func.insts[*inst].op.is_removable()
            && !wants_result(func, normal, &live)
        {
            dropped += 1;
            let mut normal = normal.clone();
            keep_live(func, &mut normal, &live);
            func.blocks[block].term = Terminator::Jump(normal);
            continue;
        }
        for jump in term.jumps_mut() {
            keep_live(func, jump, &live);
        }
        func.blocks[block].term = term;
    }
    let entry = func.entry();
    for at in 0..func.layout.len() {
        let block = func.layout[at];
        if block != entry {
            let before = func.blocks[block].params.len();
            func.retain_params(block, |param| live.contains(param));
            dropped += (before - func.blocks[block].params.len()) as u64;
        }
    }
    dropped
}

fn wants_result(func: &Function, normal: &crate::ir::Jump, live: &EntitySet<Value>) -> bool {
    let params = &func.blocks[normal.block].params;
    normal.args.iter().zip(params).any(|(&arg, &param)| arg == Arg::Result && live.contains(param))
}

/// Drops the arguments for parameters that are to be dropped.
fn keep_live(func: &Function, jump: &mut crate::ir::Jump, live: &EntitySet<Value>) {
    let params = &func.blocks[jump.block].params;
    let mut number = 0;
    jump.args.retain(|_| {
        number += 1;
        live.contains(params[number - 1])
    });
}

fn find_live(func: &Function) -> EntitySet<Value> {
    let mut live = EntitySet::with_capacity(func.values.len());
    let mut work: Vec<Value> = Vec::new();
    // What each parameter receives.
    let mut incoming: SecondaryMap<Value, Vec<Value>> = SecondaryMap::with_capacity(func.values.len());
    // A removable try is wanted only for its result; its operands then.
    let mut tried: SecondaryMap<Value, Option<Inst>> = SecondaryMap::new();
    for &block in &func.layout {
        let data = &func.blocks[block];
        for &inst in &data.insts {
            if !func.insts[inst].op.is_removable() {
                work.extend(&func.insts[inst].args);
            }
        }
        data.term.for_each_operand(|value| work.push(value));
        if let Terminator::Try { inst, normal, .. } = &data.term {
            let params = &func.blocks[normal.block].params;
            match normal.args.iter().position(|&arg| arg == Arg::Result) {
                _ if !func.insts[*inst].op.is_removable() => work.extend(&func.insts[*inst].args),
                Some(number) => tried[params[number]] = Some(*inst),
                None => {}
            }
        }
        for jump in data.term.jumps() {
            for (&arg, &param) in jump.args.iter().zip(&func.blocks[jump.block].params) {
                if let Arg::Value(value) = arg {
                    incoming[param].push(value);
                }
            }
        }
    }
    work.extend(&func.blocks[func.entry()].params);
    while let Some(value) = work.pop() {
        if !live.insert(value) {
            continue;
        }
        match func.values[value].def {
            ValueDef::Inst(inst) => work.extend(&func.insts[inst].args),
            ValueDef::Param(..) => {
                work.extend(&incoming[value]);
                if let Some(inst) = tried[value] {
                    work.extend(&func.insts[inst].args);
                }
            }
        }
    }
    live
}

#[cfg(test)]
mod tests {
    use crate::passes::testing::{count, improved, on_list};

    #[test]
    fn only_what_is_wanted_or_noticed_stays() {
        let (texts, _) =
            improved(&on_list("MUL r0, n, n\nLIST_LEN r1, xs\nLIST_GET r2, xs, n\nLOAD_CONST r3, 5\nRETURN n"));
        assert!(count(&texts[0], "mul") == 0 && count(&texts[0], "load_item") == 0, "{}", texts[0]);
        assert_eq!(count(&texts[0], "check index"), 1, "{}", texts[0]);
    }

    #[test]
    fn an_unused_object_is_not_made_in_a_try_either() {
        let (texts, _) = improved(
            "STRUCT P { x: int }\nFUNC f(n: int) -> int\nREG r0: P\nREG r1: any\nfrom:\nALLOC r0, P, n\nto:\nRETURN n\n\
             caught:\nLOAD_CONST n, 1\nRETURN n\nHANDLER from, to, caught, r1\nEND",
        );
        assert_eq!(count(&texts[0], "new ") + count(&texts[0], "try"), 0, "{}", texts[0]);
    }
}
