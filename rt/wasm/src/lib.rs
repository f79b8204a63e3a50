//! The wasm module that programs are packed into: the interpreter, the runtime, and a place for the program's bytecode.
//!
//! It exports its memory and `run`, and imports what `docs/wasm.md` describes. `main.mjs` beside this file is what
//! gives it that in JavaScript. On other machines this crate is empty.
#![cfg(target_family = "wasm")]

use vitte_interp::{Error, Vm};
use vitte_rt::{Options, packed};

/// The exit code for options that make no sense.
const USAGE: i32 = 64;
/// The exit code for a program that is none.
const REJECTED: i32 = 2;

/// Runs the packed program and gives its exit code.
#[unsafe(no_mangle)]
pub extern "C" fn run() -> i32 {
    packed::report_panics();
    match run_packed() {
        Ok(code) => code,
        Err(error) => {
            packed::tell(&format!("error: {error}\n"));
            if matches!(error, Error::Variable(_)) { USAGE } else { REJECTED }
        }
    }
}

fn run_packed() -> Result<i32, Error> {
    let (bytecode, collector) = packed::program().ok_or(Error::NoProgram)?;
    let module = vitbc::verify::verify(vitbc::read(bytecode)?)?;
    let mut vm = Vm::new();
    vm.set_options(Options::from_env(collector).map_err(Error::Variable)?);
    vm.set_args(packed::args());
    vm.load(module);
    vm.run()
}
