//! What the assembler says about texts that are not as they should be.

use vitbc::text::{ParseOptions, parse};

#[track_caller]
fn assert_errors(source: &str, expected: &str) {
    let errors = parse(source, &ParseOptions::default()).expect_err("the text is wrong");
    let mut shown = String::new();
    for error in errors {
        shown += &format!("{} {error}\n", error.code);
        if let Some(help) = error.help {
            shown += &format!("  {help}\n");
        }
    }
    assert!(shown == expected, "{shown}");
}

#[test]
fn several_at_once() {
    assert_errors(
        "FUNC f(x)
  LAOD_CONST r0, 1
  JUMP lop
loop: JUMP loop
  RETURN y
END
FUN g()
MAIN
  CALL q, r0
  ADD r0, r1
  NOP r0
END",
        "VT0303 line 2:3, function `f`: there is no instruction `LAOD_CONST`
  did you mean `LOAD_CONST`?
VT0304 line 3:8, function `f`: there is no label `lop`
  did you mean `loop`?
VT0304 line 5:10, function `f`: there is no register `y`
VT0304 line 7:1: there is no item `FUN`
  did you mean `FUNC`?
VT0304 line 9:8, function `main`: there is no function `q`
VT0302 line 10:13, function `main`: expected operand `b` of ADD, found the end of the line
  write `ADD dst, a, b`
VT0302 line 11:7, function `main`: expected the end of the line, found `r0`
  write `NOP`
",
    );
}

#[test]
fn tokens() {
    assert_errors(
        "CONST \"a\nCONST 1x\nCONST 99999999999999999999\nCONST \"\\q\"\nCONST \"\\xff\"\n^",
        "VT0301 line 1:7: the quotes are not closed on this line
VT0301 line 2:7: `1x` is not a number
VT0301 line 3:7: `99999999999999999999` does not fit 64 bits
VT0301 line 4:8: there is no escape `\\q`
VT0301 line 5:8: `\\xff` is not a character; write `\\u{ff}`
VT0301 line 6:1: the character `^` has no meaning here
",
    );
}

#[test]
fn names() {
    assert_errors(
        "STRUCT Point { x: flaot, y: Pont }
STRUCT Point
FUNC f(r0, p0)
END
FUNC f(x: DivideByZero)
  REG r0
a: a: NOP
  LOAD r1, x, mesage
  REG r0
  CALL f
  CALL #7, r0
  LOAD_ARG r0, p9
  MOVE r0, p9
END",
        "VT0304 line 1:19: there is no type `flaot`
  did you mean `float`?
VT0304 line 1:29: there is no type `Pont`
  did you mean `Point`?
VT0305 line 2:8: there is another type `Point`
VT0305 line 3:8: `r0` is the name of a register already
  `p0` is parameter 0, `r0` the first register after the parameters
VT0305 line 3:12: `p0` is the name of a register already
  `p0` is parameter 0, `r0` the first register after the parameters
VT0305 line 7:4, function `f`: there is another label `a`
VT0304 line 8:15, function `f`: DivideByZero has no field `mesage`
  did you mean `message`?
VT0305 line 9:7, function `f`: r0 is declared already
VT0306 line 10:8, function `f`: several functions are named `f`
  refer to it by its index: `#0`, or `r0` for a register
VT0304 line 13:12, function `f`: there is no parameter 9
",
    );
}

#[test]
fn functions_end() {
    assert_errors(
        "FUNC f()\n NOP\nFUNC g()\nEND\nMAIN",
        "VT0308 line 1:1: the function has no END\nVT0308 line 5:1: the function has no END\n",
    );
}

#[test]
fn nesting_is_bounded() {
    let deep = format!("GLOBAL g: {} = 1", "[".repeat(100_000));
    assert_errors(&deep, "VT0307 line 1:75: types nest deeper than 64\n");
    let deep = format!("GLOBAL g: int{} = 1", "?".repeat(100_000));
    assert_errors(&deep, "VT0307 line 1:78: types nest deeper than 64\n");
    assert_errors(
        "FUNC f()\n MOVE r99999, r0\n REG r0 TO r40000\nEND",
        "VT0307 line 2:7, function `f`: `r99999` exceeds the 32768 registers that a function may have
VT0307 line 3:12, function `f`: `r40000` exceeds the 32768 registers that a function may have
",
    );
}

#[test]
fn items() {
    assert_errors(
        "EXPORT f
TYPE [[int]]
TYPE int
ENTRY g
IMPORT area(int)
EXTERN f(..., int)
CONST true
MAIN
END
MAIN
END",
        "VT0304 line 1:8: there is no function `f`
VT0309 line 2:7: this part of the type has no index of its own yet
  put another TYPE item for this part before it
VT0302 line 3:6: TYPE declares lists, maps, tuples, optionals and function types only
VT0305 line 4:7: there is a MAIN, which is the entry
VT0304 line 4:7: there is no function `g`
VT0302 line 5:12: write `module.function`, or both names in quotes
VT0302 line 6:15: expected `)` after `...`, found `int`
VT0302 line 7:11: only numbers, strings and bytes stand in the pools
VT0305 line 10:1: there is another MAIN
",
    );
}

/// Many errors are cut short.
#[test]
fn twenty_are_enough() {
    let errors = parse(&"?\n".repeat(100_000), &ParseOptions::default()).expect_err("the text is wrong");
    assert_eq!(errors.len(), 20);
}
