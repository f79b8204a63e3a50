//! Module → text → Module gives the same module, and the same text again.

use crate::sample::sample;
use vitbc::inst::Kind;
use vitbc::text::{ParseOptions, parse, print};
use vitbc::types::*;
use vitbc::*;

#[track_caller]
pub fn assemble(source: &str) -> Module {
    parse(source, &ParseOptions::default()).unwrap_or_else(|errors| {
        let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
        panic!("{}\n{source}", errors.join("\n"))
    })
}

#[track_caller]
fn assert_round_trip(module: &Module) {
    let text = print(module);
    let again = assemble(&text);
    assert_same_lines(&print(&again), &text);
    assert!(*module == again, "{text}\n{module:?}\n{again:?}");
}

#[track_caller]
fn assert_same_lines(text: &str, expected: &str) {
    for (line, expected) in text.lines().zip(expected.lines()) {
        assert_eq!(line, expected);
    }
    assert_eq!(text.len(), expected.len());
}

/// Texts in canonical form print as they stand.
#[track_caller]
fn assert_canonical(text: &str) -> Module {
    let module = assemble(text);
    assert_same_lines(&print(&module), text);
    assert_eq!(read(&write(&module)), Ok(module.clone()));
    module
}

#[test]
fn every_instruction_and_table() {
    assert_round_trip(&sample());
    assert_round_trip(&Module::default());
    assert_round_trip(&Module::new("a b"));
}

/// Text has no brackets around lists, so they must stand last, as must what may be left out.
#[test]
fn lists_trail() {
    for opcode in Opcode::ALL {
        let operands = opcode.info().operands;
        for (position, operand) in operands.iter().enumerate() {
            match operand.kind {
                Kind::Uses | Kind::Labels | Kind::OptUse => assert_eq!(position + 1, operands.len(), "{opcode:?}"),
                Kind::OptDef => assert_eq!(position, 0, "{opcode:?}"),
                _ => {}
            }
        }
    }
}

/// The listing of the language's first description assembles as it stands.
#[test]
fn first_listing() {
    let module = assemble(
        "FUNC add(x, y)
  LOAD_ARG r1, x
  LOAD_ARG r2, y
  ADD r3, r1, r2
  RETURN r3
END
MAIN
  LOAD_CONST r0, 2
  LOAD_CONST r1, 3
  CALL add, r0, r1
  PRINT r0
END
",
    );
    let [add, main] = &module.functions[..] else { panic!("two functions") };
    assert_eq!((add.n_params, add.result, add.regs.len()), (2, TypeIdx::ANY, 6));
    assert_eq!(add.code[0], Inst::LoadArg { dst: Reg(3), param: ParamIdx(0) });
    assert_eq!(add.code[2], Inst::Add { dst: Reg(5), a: Reg(3), b: Reg(4) });
    assert_eq!(main.code[2], Inst::Call { dst: Some(Reg(0)), func: FuncIdx(0), args: [Reg(0), Reg(1)].into() });
    assert_eq!(main.code.last(), Some(&Inst::Return { value: None }));
    assert_eq!(module.entry, Some(FuncIdx(1)));
    assert_eq!(main.result, TypeIdx::UNIT);
    assert_round_trip(&module);
}

#[test]
fn items() {
    let module = assert_canonical(
        r#"MODULE geometry
FOREIGN
META "made by" "hand"
STRUCT Point { x: float, y: float }
STRUCT "odd name" { "p0": [Point]? }
ENUM Shape { Circle(float), Rect { w: float, h: float }, Empty }
TRAIT Area { area() -> float, scale({str: Shape}, (int, fn(int) -> bool)) }
IMPORT math.sin(float) -> float
IMPORT "a.b" "c"(int)
EXTERN "m" cbrt(float) -> float
EXTERN printf(str, ...) -> i32
NATIVE str_find(str, str, int) -> int?
GLOBAL LIMIT: int = 1000
GLOBAL NAME: str? = "x\n\u{1b}"
GLOBAL NOTHING: any = nil
IMPL Area FOR Shape { shape_area, shape_scale }
EXPORT shape_area
EXPORT shape_area AS area
EXPORT GLOBAL LIMIT
EXPORT math.sin AS sin

FUNC shape_area(self: Shape) -> float
  REG r0: float
  REG r1 tag: int
  TAG tag, self
  SWITCH tag, L1, L2
  LOAD_CONST r0, 0.0
  RETURN r0
L1:
  LOAD_VARIANT r0, self, Circle, 0
  RETURN r0
L2:
  LOAD_VARIANT r0, self, Rect, h
  RETURN r0
END

FUNC shape_scale(p0: Shape, p1: {str: Shape}, p2: (int, fn(int) -> bool)) -> unit
  RETURN
END

FUNC closure(x: int) CAPTURES (int, str) -> int
  REG r0: int
  HANDLER L1, L2, L3, r1, DivideByZero
  HANDLER L1, L3, L3, r1
  LINE "a.vit" 3:5
  LOAD_CAPTURE r0, 0
L1:
  LINE 4
  DIV r0, r0, x
L2:
  LINE "b.vit" 1:1
  RETURN r0
L3:
  THROW r1
END

MAIN(args: [str]) -> int
  REG r0: int
  REG r1: fn(int) -> int
  REG r2: str
  REG r3: bytes
  REG r5: Point
  REG r6: float
  LOAD_CONST r0, -9223372036854775808
  LOAD_CONST r2, "closure"
  LOAD_CONST r3, b"\x00\xff\"'a"
  CLOSURE r1, closure, r0, r2
  CALL_CLOSURE _, r1, r0
  CALL_EXTERN r4, printf, r2
  LOAD_CONST r6, nan
  ALLOC r5, Point, r6, r6
  STORE r5, y, r6
  LOAD_ARG r7, args
  LOAD_GLOBAL r0, LIMIT
  RETURN r0
END
"#,
    );
    assert_eq!(module.types.len(), TypeIdx::FIRST_USER.index() + 4 + 9);
}

/// Where the parser would give types and constants other indices than the module has, the text says which.
#[test]
fn indices_survive() {
    let mut module = Module::new("main");
    let ty = |position: u32| TypeIdx(TypeIdx::FIRST_USER.0 + position);
    module.types.extend([
        Type::List(ty(3)),
        Type::List(ty(0)),
        Type::Optional(TypeIdx::INT),
        Type::Struct(StructType { name: "S".into(), fields: [Field { name: "f".into(), ty: ty(1) }].into() }),
        Type::Tuple([ty(0), ty(0)].into()),
    ]);
    module.ints = vec![7, 3, 3, 9];
    module.floats = vec![0x7ff8_0000_0000_0001, (-f64::NAN).to_bits(), f64::NEG_INFINITY.to_bits(), 1e300f64.to_bits()];
    module.files = vec!["unused".to_owned(), "b".to_owned(), "b".to_owned()];
    let function = |name: &str, target: u32| Function {
        name: name.to_owned(),
        regs: vec![TypeIdx::ANY; 4],
        result: TypeIdx::ANY,
        code: vec![
            Inst::LoadConst { dst: Reg(0), value: Const::Int(IntIdx(2)) },
            Inst::LoadConst { dst: Reg(1), value: Const::Float(FloatIdx(1)) },
            Inst::Call { dst: None, func: FuncIdx(target), args: [].into() },
            Inst::Return { value: None },
        ],
        lines: vec![Line { at: Label(1), file: FileIdx(2), line: 3, column: 0 }],
        reg_names: vec![(Reg(0), "a b".to_owned()), (Reg(1), "r7".to_owned()), (Reg(2), "x".to_owned())],
        ..Function::default()
    };
    module.functions = vec![function("same", 1), function("same", 0), function("main", 2), function("r0", 3)];
    module.entry = Some(FuncIdx(3));
    assert_round_trip(&module);
    module.entry = Some(FuncIdx(2));
    assert_round_trip(&module);
}

/// Tuples of tuples of … would take 2⁵⁰ words if they were written out.
#[test]
fn shared_types_stay_small() {
    let mut module = Module::new("main");
    module.types.push(Type::Tuple([TypeIdx::INT; 2].into()));
    for _ in 0..50 {
        let last = TypeIdx::new(module.types.len() - 1);
        module.types.push(Type::Tuple([last; 2].into()));
    }
    assert!(print(&module).len() < 10_000);
    assert_round_trip(&module);
}

/// Keywords and mnemonics may be in lower case; lines may be broken in lists of items.
#[test]
fn spelling_is_free() {
    let module = assemble(
        "; a comment
         struct P { ; another
           x: int,
           y: int,
         }
         main
           reg r0, r1 TO r2, r3 point: int ; a third
           load_const r2, 3
           Print r2
         end",
    );
    assert_eq!(module.functions[0].regs, [TypeIdx::INT; 4]);
    assert_round_trip(&module);
}

#[test]
fn numbers() {
    let module = assemble(
        "CONST 0xff\nCONST -0x10\nCONST 1_000\nCONST 0xffff_ffff_ffff_ffff\nCONST -9223372036854775808
         CONST 1.5\nCONST -0.0\nCONST 1e300\nCONST 2E-3\nCONST -inf\nCONST nan\nCONST 1e+2",
    );
    assert_eq!(module.ints, [255, -16, 1000, -1, i64::MIN]);
    let floats: Vec<u64> =
        [1.5, -0.0, 1e300, 2e-3, f64::NEG_INFINITY, f64::NAN, 100.0].iter().map(|f: &f64| f.to_bits()).collect();
    assert_eq!(module.floats, floats);
}

#[test]
fn own_lines() {
    let options = ParseOptions { source_name: Some("a.vitasm".to_owned()) };
    let module = parse("MAIN\n  NOP\n\n  NOP\nEND\nFUNC f()\n  LINE \"f.vit\" 7\n  NOP\nEND", &options).unwrap();
    let at = |at, file, line, column| Line { at: Label(at), file: FileIdx(file), line, column };
    assert_eq!(module.functions[0].lines, [at(0, 0, 2, 3), at(1, 0, 4, 3), at(2, 0, 5, 1)]);
    assert_eq!(module.functions[1].lines, [at(0, 1, 7, 0)]);
    assert_eq!(module.files, ["a.vitasm", "f.vit"]);
}

#[test]
fn implicit_returns() {
    let module = assemble(
        "FUNC a()\nEND\nFUNC b(c)\n IF c, end\n JUMP 10\n 10: RETURN c\nend: END
         FUNC loop()\nagain: JUMP again\nEND",
    );
    let lengths: Vec<usize> = module.functions.iter().map(|function| function.code.len()).collect();
    assert_eq!(lengths, [1, 4, 1]);
}
