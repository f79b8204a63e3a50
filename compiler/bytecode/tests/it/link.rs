//! Linking modules.

use crate::text::assemble;
use vitbc::text::print;
use vitbc::*;

#[track_caller]
fn linked(sources: &[&str], main: &str) -> Result<Module, Error> {
    let verified = |source: &&str| verify::verify(assemble(source)).unwrap_or_else(|error| panic!("{error}"));
    let modules: Vec<_> = sources.iter().map(verified).collect();
    let program = link(modules, main)?;
    verify::verify(program.clone()).unwrap_or_else(|error| panic!("{error}\n{}", print(&program)));
    Ok(program)
}

#[track_caller]
fn assert_error(sources: &[&str], code: Code, message: &str) {
    let error = linked(sources, "main").expect_err("the modules do not fit");
    assert_eq!((error.code, error.message.as_str()), (code, message));
}

const GEOMETRY: &str = r#"MODULE geometry
STRUCT Point { x: float, next: Point? }
ENUM Unused { A([int]) }
TRAIT Area { area() -> float }
NATIVE str_find(str, str, int) -> int?
GLOBAL ONE: float = 1.0
IMPL Area FOR Point { point_area }
EXPORT point
EXPORT root AS root
IMPORT math.root(float) -> float
FUNC point(x: float) -> Point
  REG r0: Point?
  REG r1: Point
  LINE "geometry.vit" 3:1
  LOAD_CONST r0, nil
  ALLOC r1, Point, x, r0
  RETURN r1
END
FUNC point_area(self: Point) -> float
  REG r0: float
  LOAD_GLOBAL r0, ONE
  RETURN r0
END
FUNC root(x: float) -> float
  CALL x, math.root, x
  RETURN x
END
"#;

const MATH: &str = r#"MODULE math
FOREIGN
EXTERN "m" cbrt(float) -> float
GLOBAL SEVEN: int = 7
EXPORT root
FUNC root(x: float) -> float
  CALL_EXTERN x, cbrt, x
  RETURN x
END
"#;

const MAIN: &str = r#"MODULE main
IMPORT geometry.point(float) -> Point
IMPORT geometry.root(float) -> float
EXTERN "m" cbrt(float) -> float
FOREIGN
META "built" "here"
STRUCT Other { list: [Point] }
STRUCT Point { x: float, next: Point? }
GLOBAL LIMIT: int = 7
EXPORT GLOBAL LIMIT
EXPORT main
MAIN
  REG r0: float
  REG r1: Point
  REG r2: int
  LOAD_CONST r0, 1.0
  CALL r1, geometry.point, r0
  CALL r0, geometry.root, r0
  CALL_EXTERN r0, cbrt, r0
  LOAD_GLOBAL r2, LIMIT
  PRINT r2
END
"#;

#[test]
fn modules_become_one_program() {
    let program = linked(&[MAIN, GEOMETRY, MATH], "main").unwrap();
    assert_eq!(program, linked(&[MATH, MAIN, GEOMETRY], "main").unwrap());
    let names: Vec<&str> = program.functions.iter().map(|function| function.name.as_str()).collect();
    assert_eq!(names, ["root", "point", "point_area", "root", "main"]);
    assert_eq!((program.name.as_str(), program.entry), ("main", Some(FuncIdx(4))));
    let exports = [
        Export { name: "LIMIT".to_owned(), item: ExportItem::Global(GlobalIdx(2)) },
        Export { name: "main".to_owned(), item: ExportItem::Func(FuncIdx(4)) },
    ];
    assert_eq!(program.exports, exports);
    assert_eq!(program.externs.len(), 1);
    assert_eq!(program.ints, [7]);
    assert_eq!(program.types.iter().filter(|ty| ty.name() == Some("Point")).count(), 1);
    assert_eq!(program.meta.len(), 1);
    assert!(program.imports.is_empty() && program.foreign);
    assert_eq!(program.functions[4].code[2], Inst::Call { dst: Some(Reg(0)), func: FuncIdx(3), args: [Reg(0)].into() });
    assert_eq!(program.functions[4].code[4], Inst::LoadGlobal { dst: Reg(2), global: GlobalIdx(2) });
}

#[test]
fn linking_one_module_changes_nothing_that_matters() {
    let program = linked(&[MATH], "math").unwrap();
    assert_eq!(print(&program), print(&assemble(MATH)));
}

#[test]
fn imports_are_checked() {
    assert_error(&[MAIN], Code::MISSING_MODULE, "module `main` imports `point`: there is no module `geometry`");
    assert_error(&[MATH], Code::MISSING_MODULE, "there is no module `main`");
    assert_error(&[MAIN, MAIN], Code::REPEATED_MODULE, "two modules are named `main`");
    let less = &GEOMETRY.replace("EXPORT point\n", "");
    let message = "module `main`: module `geometry` exports no function `point`";
    assert_error(&[MAIN, less, MATH], Code::MISSING_EXPORT, message);
    let constant = &GEOMETRY.replace("EXPORT point\n", "EXPORT GLOBAL ONE AS point\n");
    let message = "module `main`: `point` of module `geometry` is a constant, not a function";
    assert_error(&[MAIN, constant, MATH], Code::MISSING_EXPORT, message);
    let wide = &MATH.replace("root(x: float)", "root(x: float, y: [int])");
    let message = "module `geometry`: `root` of module `math` is a fn(float, [int]) -> float, but is imported as a \
                   fn(float) -> float";
    assert_error(&[MAIN, GEOMETRY, wide], Code::IMPORT_MISMATCH, message);
}

#[test]
fn cycles_are_printed() {
    let module = |name: &str, import: &str| {
        format!("MODULE {name}\nIMPORT {import}.f()\nEXPORT f\nFUNC f() -> unit\n CALL {import}.f\nEND")
    };
    let sources = [module("main", "a"), module("a", "b"), module("b", "c"), module("c", "a")];
    let message = "modules import each other: `a` imports `b` imports `c` imports `a`";
    assert_error(&sources.each_ref().map(String::as_str), Code::IMPORT_CYCLE, message);
    assert_error(&[&module("main", "main")], Code::IMPORT_CYCLE, "modules import each other: `main` imports `main`");
}

#[test]
fn types_agree() {
    let other = &MAIN.replace("Point { x: float, next", "Point { y: float, next");
    let message = "module `main`: type `Point` is declared otherwise in another module";
    assert_error(&[other, GEOMETRY, MATH], Code::TYPE_CONFLICT, message);
    let error = "STRUCT Point { x: float, next: Point? }\nTRAIT Area { area() -> float }\nIMPL Area FOR Point { mine }
FUNC mine(self: Point) -> float\n REG r0: float\n LOAD_CONST r0, 2.0\n RETURN r0\nEND
IMPORT geometry.point(float) -> Point";
    let message = "module `main`: another module implements Area for Point too";
    assert_error(&[error, GEOMETRY, MATH], Code::IMPL_CONFLICT, message);
    let same = error.replace("mine", "point_area");
    assert_eq!(linked(&[&same, GEOMETRY, MATH], "main").unwrap().impls.len(), 1);
}

/// A long chain of imports is followed without recursion.
#[test]
fn chains_are_followed() {
    let sources: Vec<String> = (0..2000)
        .map(|number| {
            let (import, call) = match number {
                0 => (String::new(), String::new()),
                _ => (format!("IMPORT m{}.f()", number - 1), format!("CALL m{}.f", number - 1)),
            };
            format!("MODULE m{number}\n{import}\nEXPORT f\nFUNC f() -> unit\n {call}\nEND")
        })
        .collect();
    let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
    assert_eq!(linked(&sources, "m1999").unwrap().functions.len(), 2000);
}
