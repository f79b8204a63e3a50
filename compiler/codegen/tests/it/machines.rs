//! Every instruction of our SSA form, with every representation that it takes, becomes machine code of every processor.

use crate::{TARGETS, module};
use vitbc::{ExternIdx, FuncIdx, MethodIdx, Module, StrIdx, TypeIdx, Verified};
use vitte_abi::functions::{ArgType, Helper, NativeFn};
use vitte_abi::object::{Repr, type_id};
use vitte_layout::Layout;
use vittec_codegen::ir::{
    Arg, Block, Catch, Failure, FloatCond, Function, IntCond, Jump, Op, Region, Terminator, Value, verify,
};
use vittec_codegen::{Env, OptLevel, Options, define, isa};

const INTS: [Repr; 4] = [Repr::I8, Repr::I16, Repr::I32, Repr::I64];
const FLOATS: [Repr; 2] = [Repr::F32, Repr::F64];

/// A program whose `main` is about to be replaced; its functions and types are there to be referred to.
const PROGRAM: &str = r#"
MODULE machines
FOREIGN
STRUCT Mixed { flag: bool, next: any, x: float, half: i16 }
ENUM Shape { Empty, Circle(float) }
TRAIT Area { area() -> int }
IMPL Area FOR Mixed { mixed_area }
IMPL Area FOR int { int_area }
EXTERN puts(str) -> i32
FUNC plain(a: int, b: float, c: any) -> int
  RETURN a
END
FUNC body(a: int) CAPTURES (int, str) -> int
  RETURN a
END
FUNC mixed_area(self: Mixed) -> int
  REG r0: int
  LOAD_CONST r0, 1
  RETURN r0
END
FUNC int_area(self: int) -> int
  RETURN self
END
FUNC uses(a: int, s: str) -> unit
  REG r0: fn(int, float, any) -> int
  REG r1: fn(int) -> int
  CLOSURE r0, plain
  CLOSURE r1, body, a, s
  RETURN
END
MAIN
  REG r0: str
  REG r1: int
  LOAD_CONST r0, "text"
  LOAD_CONST r1, 7
  CALL _, uses, r1, r0
  RETURN
END
"#;

/// One function that holds many instructions, all in one block.
struct Body<'a> {
    env: &'a Env<'a>,
    func: Function,
    block: Block,
    address: Value,
    next: i64,
}

impl<'a> Body<'a> {
    fn new(env: &'a Env<'a>, main: FuncIdx) -> Self {
        let mut func = Function::new(main, "main", Repr::Unit);
        let block = func.add_block();
        let address = func.append_value(block, Op::Int(Repr::I64, 0x1000), vec![], Repr::I64, None);
        Body { env, func, block, address, next: 0 }
    }

    /// A value that the compiler knows nothing of.
    fn any(&mut self, repr: Repr) -> Value {
        self.next += 8;
        let op = Op::LoadForeign(repr, self.next);
        self.func.append_value(self.block, op, vec![self.address], repr, None)
    }

    /// An instruction on unknown operands, whose result is used.
    fn op(&mut self, op: Op, args: &[Repr], result: Repr) {
        let args = args.iter().map(|&repr| self.any(repr)).collect();
        if result == Repr::Unit {
            self.func.append(self.block, op, args, result, None);
            return;
        }
        let value = self.func.append_value(self.block, op, args, result, None);
        self.func.append(self.block, Op::StoreForeign(0), vec![self.address, value], Repr::Unit, None);
    }

    /// The same in a try region with two handlers.
    fn op_in_try(&mut self, op: Op, args: &[Repr], result: Repr) {
        let args = args.iter().map(|&repr| self.any(repr)).collect();
        let kept = self.any(Repr::Ref);
        let inst = self.func.add_inst(op, args, Repr::Unit, None);
        let normal = self.func.add_block();
        let handler = self.func.add_block();
        let exception = self.func.add_param(handler, Repr::Ref);
        let still = self.func.add_param(handler, Repr::Ref);
        let mut args = Vec::new();
        if result != Repr::Unit {
            self.func.add_param(normal, result);
            args.push(Arg::Result);
        }
        let to_handler = Jump { block: handler, args: vec![Arg::Exception, Arg::Value(kept)] };
        let catch = |filter| Catch { filter, depth: 0 };
        let handlers =
            vec![(catch(Some(TypeIdx(type_id::INDEX_ERROR))), to_handler.clone()), (catch(None), to_handler)];
        let term = Terminator::Try { inst, normal: Jump { block: normal, args }, handlers };
        self.func.blocks[self.block].term = term;
        let print = |value, func: &mut Function| {
            let ty = func.append_value(handler, Op::Int(Repr::I64, i64::from(type_id::ANY)), vec![], Repr::I64, None);
            func.append(handler, Op::Helper(Helper::vt_print), vec![value, ty], Repr::Unit, None);
        };
        print(exception, &mut self.func);
        print(still, &mut self.func);
        self.func.blocks[handler].term = Terminator::Return(None);
        self.block = normal;
    }

    fn finish(mut self) -> Function {
        self.func.blocks[self.block].term = Terminator::Return(None);
        verify::assert_verified(self.env, &self.func, "making a test");
        self.func
    }
}

fn arithmetic(body: &mut Body<'_>) {
    use Op::*;
    for repr in INTS {
        for op in [Add, Sub, Mul, SDiv, UDiv, SRem, URem, And, Or, Xor, Shl, AShr, LShr, SMin, SMax, UMin, UMax] {
            body.op(op, &[repr, repr], repr);
        }
        for op in [Neg, Not, IAbs, Clz, Ctz, Popcnt] {
            body.op(op, &[repr], repr);
        }
        use IntCond::*;
        for condition in [Eq, Ne, Slt, Sle, Sgt, Sge, Ult, Ule, Ugt, Uge] {
            body.op(ICmp(condition), &[repr, repr], Repr::I8);
        }
        body.op(Select, &[Repr::I8, repr, repr], repr);
        body.op(Int(repr, -1), &[], repr);
        for float in FLOATS {
            body.op(SToF(float), &[repr], float);
            body.op(UToF(float), &[repr], float);
            body.op(FToS(repr), &[float], repr);
            body.op(FToU(repr), &[float], repr);
        }
        for wider in INTS.into_iter().filter(|wider| wider.size() > repr.size()) {
            body.op(SExt(wider), &[repr], wider);
            body.op(ZExt(wider), &[repr], wider);
            body.op(Reduce(repr), &[wider], repr);
        }
    }
    body.op(ICmp(IntCond::Eq), &[Repr::Ref, Repr::Ref], Repr::I8);
    for repr in FLOATS {
        for op in [FAdd, FSub, FMul, FDiv, FMin, FMax] {
            body.op(op, &[repr, repr], repr);
        }
        for op in [FNeg, FAbs, Sqrt, Floor, Ceil, Trunc, Nearest] {
            body.op(op, &[repr], repr);
        }
        use FloatCond::*;
        for condition in [Eq, Ne, Lt, Le, Gt, Ge] {
            body.op(FCmp(condition), &[repr, repr], Repr::I8);
        }
        body.op(Select, &[Repr::I8, repr, repr], repr);
        body.op(Float(repr, 0x3ff8_0000), &[], repr);
    }
    body.op(Promote, &[Repr::F32], Repr::F64);
    body.op(Demote, &[Repr::F64], Repr::F32);
    for (from, to) in [(Repr::I64, Repr::F64), (Repr::I32, Repr::F32)] {
        body.op(Bitcast(to), &[from], to);
        body.op(Bitcast(from), &[to], from);
    }
}

/// The representations that words and items are made of.
const HELD: [Repr; 7] = [Repr::I8, Repr::I16, Repr::I32, Repr::I64, Repr::F32, Repr::F64, Repr::Ref];

fn memory(body: &mut Body<'_>, layout: &Layout) {
    for repr in HELD {
        body.op(Op::Load(repr, 8, Region::Field(TypeIdx(32), 0)), &[Repr::Ref], repr);
        body.op(Op::Store(16, Region::Immutable), &[Repr::Ref, repr], Repr::Unit);
        body.op(Op::LoadItem(repr), &[Repr::Ref, Repr::I64], repr);
        body.op(Op::StoreItem(repr), &[Repr::Ref, Repr::I64, repr], Repr::Unit);
        body.op(Op::LoadForeign(repr, i64::MIN), &[Repr::I64], repr);
        body.op(Op::StoreForeign(-7), &[Repr::I64, repr], Repr::Unit);
    }
    body.op(Op::BufferData, &[Repr::Ref], Repr::I64);
    body.op(Op::Barrier(24), &[Repr::Ref], Repr::Unit);
    body.op(Op::BarrierItem, &[Repr::Ref, Repr::I64], Repr::Unit);
    for scalar in (type_id::BOOL..=type_id::F32).chain([type_id::PID, type_id::MONITOR_REF, type_id::PTR]) {
        let repr = layout.repr(TypeIdx(scalar));
        body.op(Op::Box(scalar), &[repr], Repr::Ref);
        body.op(Op::Unbox(scalar), &[Repr::Ref], repr);
    }
    for ty in 0..layout.table.types.len() as u32 {
        body.op(Op::IsType(ty), &[Repr::Ref], Repr::I8);
    }
    body.op(Op::Refine, &[Repr::Ref], Repr::Ref);
    body.op(Op::Word(5), &[], Repr::Ref);
    body.op(Op::Str(StrIdx(0)), &[], Repr::Ref);
    body.op(Op::Bytes(b"bytes".as_slice().into()), &[], Repr::I64);
    body.op(Op::Extern(ExternIdx(0)), &[], Repr::I64);
}

/// Everything that calls or may raise: instruction, operands, result.
fn calls(module: &Module) -> Vec<(Op, Vec<Repr>, Repr)> {
    use Repr::{F64, I8, I64, Ref, Unit};
    let named = |name: &str| TypeIdx::new(module.types.iter().position(|ty| ty.name() == Some(name)).expect(name));
    let function = |name: &str| module.func_idx(module.functions.iter().position(|f| f.name == name).expect(name));
    let mut all = vec![
        (Op::New(named("Mixed").0, 0), vec![I8, Ref, F64, Repr::I16], Ref),
        (Op::New(named("Shape").0, 1), vec![F64], Ref),
        (Op::NewClosure(function("plain")), vec![], Ref),
        (Op::NewClosure(function("body")), vec![I64, Ref], Ref),
        (Op::Check(Failure::Divide), vec![I8], Unit),
        (Op::Check(Failure::Index), vec![I8, I64, I64], Unit),
        (Op::Check(Failure::Nil), vec![I8], Unit),
        (Op::Check(Failure::Type(type_id::STR)), vec![I8, Ref], Unit),
        (Op::Check(Failure::Variant(1)), vec![I8, Ref], Unit),
        (Op::Poll, vec![], Unit),
        (Op::Call(function("plain")), vec![I64, F64, Ref], I64),
        (Op::CallClosure, vec![Ref, I64, F64, Ref], I64),
        (Op::CallMethod(named("Area"), MethodIdx(0)), vec![Ref], I64),
    ];
    let repr = |ty: ArgType| match ty {
        ArgType::Unit | ArgType::Never => Unit,
        ArgType::Float => F64,
        _ if ty.is_traced() => Ref,
        _ => I64,
    };
    let args = |args: &[(&str, ArgType)]| args.iter().map(|arg| repr(arg.1)).collect();
    all.extend(Helper::ALL.iter().map(|&helper| {
        let info = helper.info();
        (Op::Helper(helper), args(info.args), repr(info.result))
    }));
    all.extend(NativeFn::ALL.iter().map(|&native| {
        let info = native.info();
        (Op::Native(native), args(info.args), repr(info.result))
    }));
    all
}

fn compiles(module: &Verified<Module>, fill: impl Fn(&mut Body<'_>, &Layout)) {
    let layout = Layout::new(module);
    let env = Env { module, layout: &layout, natives: &[], library: false };
    let main = module.entry.expect("a main function");
    let mut functions: Vec<Function> =
        (0..module.functions.len()).map(|position| vittec_codegen::translate(&env, position).unwrap()).collect();
    let mut body = Body::new(&env, main);
    fill(&mut body, &layout);
    functions[main.index()] = body.finish();
    for target in TARGETS {
        for opt in [OptLevel::O0, OptLevel::O2] {
            let options = Options { target: target.parse().expect("a target"), opt, ..Options::default() };
            let isa = isa::make(&options).expect("a supported target");
            let image = define::define(env, &functions, &*isa, &options).unwrap_or_else(|error| panic!("{error}"));
            assert!(image.functions.len() > 3 && image.program.is_some());
            let file = vittec_codegen::object::write(&image, &*isa, &options).expect("an object file");
            assert_eq!(&file[..4], b"\x7fELF");
        }
    }
}

#[test]
fn arithmetic_compiles_for_every_processor() {
    compiles(&module(PROGRAM, "machines"), |body, _| arithmetic(body));
}

#[test]
fn memory_compiles_for_every_processor() {
    compiles(&module(PROGRAM, "machines"), memory);
}

#[test]
fn calls_compile_for_every_processor() {
    let module = module(PROGRAM, "machines");
    compiles(&module, |body, _| calls(&module).into_iter().for_each(|(op, args, result)| body.op(op, &args, result)));
}

#[test]
fn calls_in_try_regions_compile_for_every_processor() {
    let module = module(PROGRAM, "machines");
    compiles(&module, |body, _| {
        let throwing = calls(&module).into_iter().filter(|(op, ..)| op.throws());
        throwing.for_each(|(op, args, result)| body.op_in_try(op, &args, result));
    });
}
