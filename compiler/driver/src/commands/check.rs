//! `vittec check`: read and verify modules.

use crate::cli::Check;
use crate::failure::Result;
use crate::input;
use crate::report::Reporter;
use std::process::ExitCode;

/// Checks each file, going on after errors. The exit code is that of the first file that fails.
pub fn check(args: Check, reporter: &Reporter) -> Result<ExitCode> {
    let mut exit = 0;
    for path in &args.inputs {
        if let Err(failure) = input::load(path, &args.include, Some(reporter)) {
            failure.diagnostics.iter().for_each(|diagnostic| reporter.print(diagnostic));
            exit = if exit == 0 { failure.exit } else { exit };
        }
    }
    Ok(ExitCode::from(exit))
}
