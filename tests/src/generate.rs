//! Random programs that verify, end, and print the same bytes on every engine: what nobody thought of.
//!
//! A seed makes a [`World`] of types, then functions that only call earlier ones (or themselves, on fuel), then an
//! entry that calls them under a handler and prints what comes back. Simple instructions are not listed here: they
//! are found in the instruction table by what they give, so that a new row takes part by itself.
//!
//! What keeps a program in bounds:
//! - Loops count to a constant, and a function's cost is known when it is written: a call is only placed where its
//!   cost, times the turns of the loops around it, fits what is left.
//! - Lists and strings are measured before they grow.
//! - No value contains itself: an `any` holds nothing that could hold an `any`, and the link of a recursive struct is
//!   only set to what was made for it.
//! - Nothing is printed that engines may choose: addresses, hashes, stack traces, the bits of a NaN.

mod frame;
mod natives;
mod operations;
mod shapes;
mod statements;
mod values;
mod world;

use frame::Frame;
use vitbc::{Const, FuncIdx, Handler, Inst, Label, Module, Reg, TypeIdx};
use world::{Callable, World};

/// What a function may cost in executed instructions, and what the whole program may.
const FUNCTION_COST: u64 = 2_000;
const PROGRAM_COST: u64 = 200_000;

/// The program of `seed`: its entry takes nothing and gives `unit` or `int`.
pub fn generate(seed: u64) -> Module {
    let mut world = World::new(seed);
    shapes::declare(&mut world);
    for _ in 0..world.dice.between(2, 8) {
        helper(&mut world);
    }
    if world.dice.chance(60) {
        recursive(&mut world);
    }
    entry(&mut world);
    world.module
}

/// A function of random parameters that may call all before it.
fn helper(world: &mut World) {
    // Seldom more than go into the registers of any processor.
    let n_params = if world.dice.chance(10) { world.dice.between(6, 14) } else { world.dice.below(5) };
    let params: Vec<TypeIdx> = (0..n_params).map(|_| world.any_param()).collect();
    let result = if world.dice.chance(10) { TypeIdx::UNIT } else { world.value_type() };
    let name = format!("helper{}", world.callables.len());
    let mut frame = Frame::new(world, &params, result);
    frame.load_args();
    frame.block(12);
    frame.return_value();
    let (function, cost) = frame.finish(&name);
    let func = world.define(function);
    world.callables.push(Callable { func, cost });
}

/// A function that calls itself as long as its first parameter is above zero.
fn recursive(world: &mut World) {
    let (param, result) = (world.value_type(), world.value_type());
    let func = world.next_func();
    let mut frame = Frame::new(world, &[TypeIdx::INT, param], result);
    let fuel = Reg(0);
    frame.lock(fuel);
    let zero = frame.int(0);
    let again = frame.new_reg(TypeIdx::BOOL);
    frame.emit(Inst::Gt { dst: again, a: fuel, b: zero });
    let stop = frame.new_label();
    frame.emit(Inst::IfNot { cond: again, target: stop });
    let one = frame.int(1);
    let less = frame.new_reg(TypeIdx::INT);
    frame.emit(Inst::Sub { dst: less, a: fuel, b: one });
    let scope = frame.scope();
    frame.block(3);
    let argument = frame.value(param, 1);
    if frame.world.dice.chance(30) {
        frame.emit(Inst::TailCall { func, args: Box::new([less, argument]) });
    } else {
        let dst = frame.new_reg(result);
        frame.emit(Inst::Call { dst: Some(dst), func, args: Box::new([less, argument]) });
        frame.readable(dst);
        frame.block(2);
        frame.return_value();
    }
    frame.restore(scope);
    frame.place(stop);
    frame.return_value();
    let (function, cost) = frame.finish("recursive");
    let defined = world.define(function);
    assert_eq!(defined, func, "a function's index is its position");
    world.recursive = Some(Callable { func, cost });
}

/// The entry: each function under a handler, then what came back is printed.
fn entry(world: &mut World) {
    let result = if world.dice.chance(50) { TypeIdx::INT } else { TypeIdx::UNIT };
    let mut frame = Frame::new(world, &[], result);
    frame.set_budget(PROGRAM_COST);
    frame.may_return = false;
    guarded(&mut frame, |frame| frame.block(12));
    let callables = frame.world.callables.clone();
    for callable in callables {
        for _ in 0..frame.world.dice.between(1, 3) {
            guarded(&mut frame, |frame| call(frame, callable.func, callable.cost));
        }
    }
    if let Some(recursive) = frame.world.recursive {
        guarded(&mut frame, |frame| {
            let turns = frame.world.dice.between(0, 12);
            let fuel = frame.int(turns as i64);
            let (params, result) = frame.signature(recursive.func);
            let argument = frame.value(params[1], 2);
            let dst = frame.new_reg(result);
            frame.spend(recursive.cost * (turns + 1));
            frame.emit(Inst::Call { dst: Some(dst), func: recursive.func, args: Box::new([fuel, argument]) });
            frame.show(dst);
        });
    }
    if frame.world.dice.chance(6) {
        let thrown = frame.exception();
        frame.emit(Inst::Throw { value: thrown });
    } else if result == TypeIdx::INT {
        let status = frame.world.dice.below(200) as i64;
        let status = frame.int(status);
        frame.emit(Inst::Return { value: Some(status) });
    } else {
        frame.emit(Inst::Return { value: None });
    }
    let (function, _) = frame.finish("main");
    let func = world.define(function);
    world.module.entry = Some(func);
}

/// Calls a function and prints its result.
fn call(frame: &mut Frame<'_>, func: FuncIdx, cost: u64) {
    let (params, result) = frame.signature(func);
    let args: Vec<Reg> = params.iter().map(|&param| frame.value(param, 2)).collect();
    frame.spend(cost);
    let dst = (result != TypeIdx::UNIT).then(|| frame.new_reg(result));
    frame.emit(Inst::Call { dst, func, args: args.into() });
    if let Some(dst) = dst {
        frame.show(dst);
    }
}

/// A try region whose handler prints the exception and goes on.
fn guarded(frame: &mut Frame<'_>, body: impl FnOnce(&mut Frame<'_>)) {
    let caught = frame.new_reg(TypeIdx::ANY);
    let (start, end, target, after) = (frame.new_label(), frame.new_label(), frame.new_label(), frame.new_label());
    let scope = frame.scope();
    frame.place(start);
    // So that the region is never empty.
    frame.emit(Inst::Nop {});
    frame.tries += 1;
    body(frame);
    frame.tries -= 1;
    frame.place(end);
    frame.emit(Inst::Jump { target: after });
    frame.restore(scope);
    frame.place(target);
    frame.emit(Inst::Print { src: caught });
    frame.place(after);
    frame.handler(Handler { start, end, target, reg: caught, filter: None });
}

/// A constant that engines have to agree on at the edges.
fn edge_int(world: &mut World) -> i64 {
    const EDGES: &[i64] = &[
        0,
        1,
        -1,
        2,
        -2,
        3,
        7,
        10,
        63,
        64,
        65,
        127,
        128,
        -128,
        -129,
        255,
        256,
        32767,
        32768,
        -32768,
        65535,
        65536,
        2147483647,
        2147483648,
        -2147483648,
        -2147483649,
        4294967295,
        4294967296,
        9007199254740993,
        i64::MAX,
        i64::MIN,
        i64::MAX - 1,
        i64::MIN + 1,
        0x5555_5555_5555_5555,
        0x0123_4567_89ab_cdef,
    ];
    match world.dice.below(4) {
        0 => world.dice.bits() as i64,
        1 => world.dice.below(20) as i64 - 5,
        _ => *world.dice.pick(EDGES),
    }
}

/// A float that engines have to agree on at the edges.
fn edge_float(world: &mut World) -> f64 {
    const EDGES: &[f64] = &[
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.5,
        1.5,
        2.5,
        -0.5,
        -1.5,
        0.1,
        0.2,
        1e-9,
        1e21,
        1e22,
        1e300,
        -1e300,
        3.0e38,
        3.5e38,
        f64::MAX,
        f64::MIN_POSITIVE,
        5e-324,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
        9007199254740993.0,
        9223372036854775807.0,
        -9223372036854775808.0,
        18446744073709551616.0,
        2147483647.5,
        255.5,
        1e-40,
        1e-46,
        123456789.123,
    ];
    match world.dice.below(3) {
        0 => world.dice.below(1000) as f64 / 8.0 - 60.0,
        _ => *world.dice.pick(EDGES),
    }
}

/// A constant of the pool.
fn const_of(world: &mut World, ty: TypeIdx) -> Option<Const> {
    let wide = edge_int(world);
    let wrapped = match ty {
        TypeIdx::INT => wide,
        TypeIdx::I8 => wide as i8 as i64,
        TypeIdx::I16 => wide as i16 as i64,
        TypeIdx::I32 => wide as i32 as i64,
        TypeIdx::U8 => wide as u8 as i64,
        TypeIdx::U16 => wide as u16 as i64,
        TypeIdx::U32 => wide as u32 as i64,
        // The pool has no larger ones.
        TypeIdx::U64 => wide & i64::MAX,
        TypeIdx::BOOL => return Some(Const::Bool(world.dice.chance(50))),
        TypeIdx::FLOAT | TypeIdx::F32 => {
            let float = edge_float(world);
            return Some(world.float_const(float));
        }
        TypeIdx::STR => {
            const TEXTS: &[&str] = &["", "a", "b", "abc", "héllo", "日本", "🐉", "\"quoted\"\n", "0", "true", "zzzz"];
            let text = *world.dice.pick(TEXTS);
            return Some(world.str_const(text));
        }
        TypeIdx::BYTES => {
            const BYTES: &[&[u8]] = &[b"", b"\0", b"bytes", b"\xff\xfe\x80", b"0123456789"];
            let bytes = *world.dice.pick(BYTES);
            return Some(world.data_const(bytes));
        }
        _ => return None,
    };
    Some(world.int_const(wrapped))
}

/// Where a label has not been placed yet.
const UNPLACED: Label = Label(u32::MAX);
