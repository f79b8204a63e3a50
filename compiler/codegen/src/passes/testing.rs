//! Small programs for the passes' tests.

use super::{OptLevel, Stats, run};
use crate::env::Env;
use crate::ir::Function;
use crate::ir::verify::assert_verified;
use crate::translate;
use vitbc::text::{ParseOptions, parse};
use vitte_layout::{Layout, resolve_natives};

/// Assembles and verifies `source`, and hands its functions over as they are translated.
pub(super) fn with_program(source: &str, f: impl FnOnce(&Env<'_>, Vec<Function>)) {
    let module = parse(source, &ParseOptions::default()).unwrap_or_else(|errors| panic!("{errors:?}"));
    let module = vitbc::verify::verify(module).unwrap();
    let (layout, natives) = (Layout::new(&module), resolve_natives(&module).unwrap());
    let env = Env { module: &module, layout: &layout, natives: &natives, library: false };
    let functions = (0..module.functions.len()).map(|position| translate(&env, position).unwrap()).collect();
    f(&env, functions);
}

/// The text of each function of `source` after all passes, and what they did.
pub(super) fn improved(source: &str) -> (Vec<String>, Stats) {
    let mut result = None;
    with_program(source, |env, functions| {
        let mut stats = Stats::default();
        let functions = run(env, functions, OptLevel::O2, &mut stats);
        functions.iter().for_each(|func| assert_verified(env, func, "all passes"));
        result = Some((functions.iter().map(Function::to_string).collect(), stats));
    });
    result.unwrap()
}

/// How often `what` occurs in a text.
pub(super) fn count(text: &str, what: &str) -> usize {
    text.matches(what).count()
}

/// A function `f(xs: [int], n: int) -> int` with this code and the registers `r0` to `r5: int` and `r6: bool`.
pub(super) fn on_list(code: &str) -> String {
    format!("FUNC f(xs: [int], n: int) -> int\nREG r0, r1, r2, r3, r4, r5: int\nREG r6: bool\n{code}\nEND\n")
}
