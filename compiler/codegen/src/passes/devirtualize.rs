//! Calls the function itself where it is known which one a function value or a trait object leads to.

use super::callgraph::Methods;
use crate::env::Env;
use crate::ir::{Arg, Block, Function, Inst, Op, Terminator, Value, ValueDef};
use rustc_hash::FxHashMap;
use vitbc::{FuncIdx, TypeIdx};
use vitte_abi::object::Repr;

/// Replaces such calls; their number.
pub(super) fn devirtualize(env: &Env<'_>, methods: &Methods, func: &mut Function) -> u64 {
    let origins = try_results(func);
    let mut count = 0;
    for at in 0..func.layout.len() {
        let block = func.layout[at];
        let mut insts = std::mem::take(&mut func.blocks[block].insts);
        let mut place = 0;
        while place < insts.len() {
            if let Some(unbox) = replace(env, methods, func, &origins, insts[place]) {
                count += 1;
                if let Some(unbox) = unbox {
                    insts.insert(place, unbox);
                    place += 1;
                }
            }
            place += 1;
        }
        func.blocks[block].insts = insts;
        match &func.blocks[block].term {
            Terminator::Try { inst, .. } => {
                let inst = *inst;
                if let Some(unbox) = replace(env, methods, func, &origins, inst) {
                    count += 1;
                    func.blocks[block].insts.extend(unbox);
                }
            }
            Terminator::TailCallClosure(args) => {
                // One that takes its closure has no tail call of its own.
                if let Some(callee) = made_of(func, &origins, args[0])
                    && !env.takes_closure(callee)
                {
                    count += 1;
                    func.blocks[block].term = Terminator::TailCall(callee, args[1..].to_vec());
                }
            }
            _ => {}
        }
    }
    count
}

/// The instructions of which block parameters are the result, by way of a try.
fn try_results(func: &Function) -> FxHashMap<Value, Inst> {
    let mut preds: FxHashMap<Block, u32> = FxHashMap::default();
    for &block in &func.layout {
        func.blocks[block].term.jumps().for_each(|jump| *preds.entry(jump.block).or_default() += 1);
    }
    let mut origins = FxHashMap::default();
    for &block in &func.layout {
        if let Terminator::Try { inst, normal, .. } = &func.blocks[block].term
            && preds[&normal.block] == 1
        {
            let params = &func.blocks[normal.block].params;
            let results = normal.args.iter().zip(params).filter(|&(&arg, _)| arg == Arg::Result);
            origins.extend(results.map(|(_, &param)| (param, *inst)));
        }
    }
    origins
}

/// The instruction that makes a value.
fn maker(func: &Function, origins: &FxHashMap<Value, Inst>, value: Value) -> Option<Inst> {
    match func.values[value].def {
        ValueDef::Inst(inst) => Some(inst),
        ValueDef::Param(..) => origins.get(&value).copied(),
    }
}

/// The function of which a value is made.
fn made_of(func: &Function, origins: &FxHashMap<Value, Inst>, value: Value) -> Option<FuncIdx> {
    match func.insts[maker(func, origins, value)?].op {
        Op::NewClosure(callee) => Some(callee),
        _ => None,
    }
}

/// Makes a direct call of `inst` if that can be; then perhaps with an instruction that has to go before it.
fn replace(
    env: &Env<'_>,
    methods: &Methods,
    func: &mut Function,
    origins: &FxHashMap<Value, Inst>,
    inst: Inst,
) -> Option<Option<Inst>> {
    let data = &func.insts[inst];
    match data.op {
        Op::CallClosure => {
            let callee = made_of(func, origins, data.args[0])?;
            let data = &mut func.insts[inst];
            data.op = Op::Call(callee);
            if !env.takes_closure(callee) {
                data.args.remove(0);
            }
            Some(None)
        }
        Op::CallMethod(trait_ty, method) => {
            let made = maker(func, origins, data.args[0]).map(|maker| &func.insts[maker].op);
            let exact = match made {
                Some(&Op::New(ty, _)) => env
                    .module
                    .impls
                    .iter()
                    .find(|imp| imp.trait_ty == trait_ty && imp.ty == TypeIdx(ty))
                    .map(|imp| (imp.ty, imp.methods[method.index()])),
                _ => None,
            };
            let (ty, callee) = exact.or_else(|| methods.only(trait_ty, method))?;
            let repr = env.layout.repr(ty);
            let (receiver, loc) = (data.args[0], data.loc);
            func.insts[inst].op = Op::Call(callee);
            if repr == Repr::Ref {
                return Some(None);
            }
            let unbox = func.add_inst(Op::Unbox(ty.0), vec![receiver], repr, loc);
            func.insts[inst].args[0] = func.insts[unbox].result?;
            Some(Some(unbox))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::passes::testing::{count, improved};

    #[test]
    fn a_closure_that_is_known_is_called_directly_and_vanishes() {
        let (texts, stats) = improved(
            "FUNC body(x: int) CAPTURES (int) -> int\nREG r0: int\nLOAD_CAPTURE r0, 0\nADD r0, r0, x\nRETURN r0\nEND\n\
             FUNC f(n: int) -> int\nREG r0: fn(int) -> int\nREG r1: int\nCLOSURE r0, body, n\nCALL_CLOSURE r1, r0, n\n\
             RETURN r1\nEND",
        );
        assert_eq!(stats.0.get("devirtualize.calls"), Some(&1));
        assert_eq!(
            count(&texts[1], "closure") + count(&texts[1], "call") + count(&texts[1], "load"),
            0,
            "{}",
            texts[1]
        );
    }

    #[test]
    fn the_only_method_is_called_directly() {
        let (texts, _) = improved(
            "TRAIT Area { area() -> int }\nSTRUCT Square { side: int }\nIMPL Area FOR Square { square_area }\n\
             FUNC square_area(s: Square) -> int\nREG r0: int\nLOAD r0, s, side\nMUL r0, r0, r0\nRETURN r0\nEND\n\
             FUNC f(a: Area) -> int\nREG r0: int\nCALL_METHOD r0, Area, area, a\nRETURN r0\nEND",
        );
        assert_eq!((count(&texts[1], "call"), count(&texts[1], "load.i64")), (0, 1), "{}", texts[1]);
    }
}
