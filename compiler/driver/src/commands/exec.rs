//! `vittec exec`: the interpreter, with a trace or a dump.

use crate::cli::{Exec, Log};
use crate::failure::Result;
use crate::report::Reporter;
use crate::{engine, input};
use std::process::ExitCode;
use vitte_interp::TraceStyle;

/// Runs a program in the interpreter; gives its exit code.
pub fn exec(args: Exec, reporter: &Reporter) -> Result<ExitCode> {
    let module = input::load(&args.source.input, &args.source.include, Some(reporter))?;
    let trace = match args.log {
        Log::Off => None,
        Log::Trace => Some(TraceStyle::Plain),
        Log::Detail => Some(TraceStyle::Detailed),
    };
    engine::interpret(module, &args.args, engine::run_options(None)?, trace, args.dump_vm)
}
