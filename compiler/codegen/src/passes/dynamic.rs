//! Arithmetic on `any` without the runtime, where both sides are ints.
//!
//! ```text
//!   v3 = vt_any_add v1, v2        branch (v1 is int) & (v2 is int), ints, others
//!                          ints:    jump done(box (unbox v1) + (unbox v2))
//!                          others:  cold; v3 = vt_any_add v1, v2; jump done(v3)
//! ```
//!
//! Later passes see through the boxes: a sum of sums is checked for its new side only.

use crate::ir::{Arg, Block, Function, Inst, IntCond, Jump, Loc, Op, Terminator, Value};
use vitte_abi::functions::Helper;
use vitte_abi::object::{Repr, type_id};

/// Beyond this many instructions the code is not made larger.
const MAX_SIZE: usize = 5_000;

/// Opens up such helper calls; their number.
pub(super) fn open_arithmetic(func: &mut Function) -> u64 {
    if func.size() > MAX_SIZE {
        return 0;
    }
    let mut count = 0;
    for block in func.layout.clone() {
        let mut at = block;
        while let Some((place, op)) = next(func, at) {
            at = open_plain(func, at, place, op);
            count += 1;
        }
        if let Some(inst) = func.blocks[at].term.tried()
            && let Some(op) = on_ints(&func.insts[inst].op)
        {
            open_tried(func, at, inst, op);
            count += 1;
        }
    }
    count
}

/// What a helper computes of two ints.
#[derive(Clone, Copy)]
enum OnInts {
    Plain(&'static Op),
    Compare(IntCond),
}

fn on_ints(op: &Op) -> Option<OnInts> {
    let Op::Helper(helper) = op else { return None };
    Some(match helper {
        Helper::vt_any_add => OnInts::Plain(&Op::Add),
        Helper::vt_any_sub => OnInts::Plain(&Op::Sub),
        Helper::vt_any_mul => OnInts::Plain(&Op::Mul),
        Helper::vt_any_lt => OnInts::Compare(IntCond::Slt),
        Helper::vt_any_le => OnInts::Compare(IntCond::Sle),
        _ => return None,
    })
}

fn next(func: &Function, block: Block) -> Option<(usize, OnInts)> {
    let insts = &func.blocks[block].insts;
    insts.iter().enumerate().find_map(|(place, &inst)| Some((place, on_ints(&func.insts[inst].op)?)))
}

/// Opens up an instruction in the midst of a block; the block where what followed it now stands.
fn open_plain(func: &mut Function, block: Block, place: usize, op: OnInts) -> Block {
    let inst = func.blocks[block].insts[place];
    let tail = func.blocks[block].insts.split_off(place + 1);
    func.blocks[block].insts.pop();
    let done = func.add_block();
    let data = &mut func.blocks[block];
    let (term, term_loc, cold) = (std::mem::replace(&mut data.term, Terminator::Unreachable), data.term_loc, data.cold);
    let data = &mut func.blocks[done];
    (data.insts, data.term, data.term_loc, data.cold) = (tail, term, term_loc, cold);
    let others = branch(func, block, inst, op, done);
    // The result is the block's parameter now; the helper's own is another value.
    if let Some(result) = func.insts[inst].result {
        func.values[result].def = crate::ir::ValueDef::Param(done, 0);
        func.blocks[done].params.push(result);
        let own = func.values.push(func.values[result].clone());
        func.values[own].def = crate::ir::ValueDef::Inst(inst);
        func.insts[inst].result = Some(own);
        func.blocks[others].insts.push(inst);
        func.blocks[others].term = Terminator::Jump(Jump::with(done, [own]));
    }
    done
}

/// Opens up the instruction of a try.
fn open_tried(func: &mut Function, block: Block, inst: Inst, op: OnInts) {
    let term = std::mem::replace(&mut func.blocks[block].term, Terminator::Unreachable);
    let Terminator::Try { inst: _, mut normal, handlers } = term else { unreachable!("a try") };
    let done = func.add_block();
    let repr = match op {
        OnInts::Plain(_) => Repr::Ref,
        OnInts::Compare(_) => Repr::I64,
    };
    let result = func.add_param(done, repr);
    for arg in &mut normal.args {
        if *arg == Arg::Result {
            *arg = Arg::Value(result);
        }
    }
    func.blocks[done].cold = func.blocks[block].cold;
    func.blocks[done].term = Terminator::Jump(normal);
    let others = branch(func, block, inst, op, done);
    func.blocks[others].term =
        Terminator::Try { inst, normal: Jump { block: done, args: vec![Arg::Result] }, handlers };
}

/// Ends `block` with the test, and makes the way for ints to `done`; the block for others.
fn branch(func: &mut Function, block: Block, inst: Inst, op: OnInts, done: Block) -> Block {
    let loc = func.insts[inst].loc;
    let (a, b) = (func.insts[inst].args[0], func.insts[inst].args[1]);
    let (ints, others) = (func.add_block(), func.add_block());
    func.blocks[ints].cold = func.blocks[block].cold;
    func.blocks[others].cold = true;
    let is_int = |func: &mut Function, value: Value| {
        func.append_value(block, Op::IsType(type_id::INT), vec![value], Repr::I8, loc)
    };
    let (a_is_int, b_is_int) = (is_int(func, a), is_int(func, b));
    let both = func.append_value(block, Op::And, vec![a_is_int, b_is_int], Repr::I8, loc);
    func.blocks[block].term = Terminator::Branch(both, Jump::to(ints), Jump::to(others));
    let result = compute(func, ints, a, b, op, loc);
    func.blocks[ints].term = Terminator::Jump(Jump::with(done, [result]));
    others
}

fn compute(func: &mut Function, block: Block, a: Value, b: Value, op: OnInts, loc: Option<Loc>) -> Value {
    let unbox = |func: &mut Function, value: Value| {
        func.append_value(block, Op::Unbox(type_id::INT), vec![value], Repr::I64, loc)
    };
    let args = vec![unbox(func, a), unbox(func, b)];
    match op {
        OnInts::Plain(op) => {
            let sum = func.append_value(block, op.clone(), args, Repr::I64, loc);
            func.append_value(block, Op::Box(type_id::INT), vec![sum], Repr::Ref, loc)
        }
        OnInts::Compare(cond) => {
            let holds = func.append_value(block, Op::ICmp(cond), args, Repr::I8, loc);
            func.append_value(block, Op::ZExt(Repr::I64), vec![holds], Repr::I64, loc)
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::passes::testing::{count, improved};

    #[test]
    fn ints_do_not_go_through_the_runtime() {
        let (texts, _) = improved(
            "FUNC f(n) -> any\nREG r0: int\nREG r1, r2: any\nLOAD_CONST r1, 1\nADD r2, n, r1\nADD r2, r2, n\nRETURN r2\nEND",
        );
        // Whether n is an int is asked once for both sums, but for the way on which it was none.
        assert!(count(&texts[0], "is_type") <= 2 && count(&texts[0], "box type2") >= 1, "{}", texts[0]);
    }
}
