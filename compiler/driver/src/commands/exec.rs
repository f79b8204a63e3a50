//! `vittec exec`: the interpreter, with a trace or a dump.

use crate::cli::{Exec, Log};
use crate::failure::Result;
use crate::report::Reporter;
use crate::{engine, input};
use std::process::ExitCode;

/// Runs a program in the interpreter; gives its exit code.
pub fn exec(args: Exec, reporter: &Reporter) -> Result<ExitCode> {
    let module = input::load(&args.source.input, &args.source.include, Some(reporter))?;
    engine::interpret(module, &args.args, engine::run_options(None)?, args.log == Log::Trace, args.dump_vm)
}
