//! `vittec test`: run the `test` blocks of source files.

use crate::cli::Test;
use crate::failure::Result;
use crate::report::{MessageFormat, Reporter};
use crate::{engine, input, output, vit};
use std::path::Path;
use std::process::ExitCode;
use vitbc::{Module, Verified};
use vitte_frontend::{Options, TestOptions};

/// Runs the tests of each file as a program of its own, going on after failures. The exit code is that of the first
/// file that fails: 1 if its tests do, or if it has errors.
pub fn test(args: &Test, format: MessageFormat, reporter: &Reporter) -> Result<ExitCode> {
    let json = format == MessageFormat::Json;
    let tests = TestOptions { filter: args.filter.clone(), json, timeout: args.timeout };
    let options = Options { tests: Some(tests), ..Options::default() };
    let files = input::source_files(&args.inputs)?;
    let is_alone = files.len() == 1;
    let (mut exit, mut n_tests) = (ExitCode::SUCCESS, 0);
    for path in &files {
        let outcome = compile(path, args, &options, reporter).and_then(|compiled| {
            let Some((module, n)) = compiled else { return Ok(ExitCode::SUCCESS) };
            n_tests += n;
            if json {
                output::print(format!("{}\n", serde_json::json!({ "file": output::shown(path) })).as_bytes())?;
            } else if !is_alone {
                output::print(format!("{}:\n", output::shown(path)).as_bytes())?;
            }
            run(module, args)
        });
        let code = outcome.unwrap_or_else(|failure| {
            failure.diagnostics.iter().for_each(|diagnostic| reporter.print(diagnostic));
            ExitCode::from(failure.exit)
        });
        if exit == ExitCode::SUCCESS {
            exit = code;
        }
    }
    if n_tests == 0 && exit == ExitCode::SUCCESS {
        output::note("no tests");
    }
    Ok(exit)
}

/// The program that runs a file's tests, and how many they are; `None` if there are none.
fn compile(
    path: &Path,
    args: &Test,
    options: &Options,
    reporter: &Reporter,
) -> Result<Option<(Verified<Module>, usize)>> {
    let source = input::read_source(path)?;
    let file = source.name.clone();
    let compiled = vit::module(source, &args.include, options)?;
    if compiled.n_tests == 0 {
        return Ok(None);
    }
    compiled.warnings.iter().for_each(|warning| reporter.print(warning));
    Ok(Some((input::verify_source(file, compiled.module)?, compiled.n_tests)))
}

fn run(module: Verified<Module>, args: &Test) -> Result<ExitCode> {
    let options = engine::run_options(None)?;
    match args.engine.as_str() {
        "interp" => engine::interpret(module, &[], options, None, false),
        "native" => engine::build_and_run(&module, &[], args.opt, None),
        _ => engine::compile_and_run(&module, &[], options, args.opt),
    }
}
