//! `vittec exec`: the interpreter, with a trace or a dump.

use crate::cli::{Exec, Log};
use crate::engine;
use crate::failure::Result;
use crate::input;
use std::process::ExitCode;

/// Runs a program in the interpreter; gives its exit code.
pub fn exec(args: Exec) -> Result<ExitCode> {
    let module = input::load(&args.source.input, &args.source.include)?;
    let program = engine::arguments(&args.source.input, &args.args);
    engine::interpret(module, &program, args.log == Log::Trace, args.dump_vm)
}
