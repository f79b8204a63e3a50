//! `vittec run`: a program at once, by any engine.

use crate::cli::{Engine, Run};
use crate::failure::Result;
use crate::report::Reporter;
use crate::{engine, input};
use std::process::ExitCode;

/// Runs a program; gives its exit code.
pub fn run(args: Run, reporter: &Reporter) -> Result<ExitCode> {
    if args.engine == Engine::Check {
        return engine::compare(&args);
    }
    let module = input::load(&args.source.input, &args.source.include, Some(reporter))?;
    let options = engine::run_options(args.gc.as_deref())?;
    match args.engine {
        Engine::Jit => engine::compile_and_run(&module, &args.args, options, args.opt),
        Engine::Interp => engine::interpret(module, &args.args, options, None, false),
        Engine::Native => engine::build_and_run(&module, &args.args, args.opt, args.gc.as_deref()),
        Engine::Check => unreachable!("treated above"),
    }
}
