//! `vittec fmt`: lay out source.

use crate::cli::Fmt;
use crate::failure::Result;
use crate::report::Reporter;
use crate::{input, output, vit};
use std::path::Path;
use std::process::ExitCode;

/// Formats each file in place, going on after errors. The exit code is that of the first file that fails, or 1 if one
/// would change and none may.
pub fn fmt(args: &Fmt, reporter: &Reporter) -> Result<ExitCode> {
    let mut exit = 0;
    for path in input::source_files(&args.inputs)? {
        match format(&path, args.check) {
            Ok(true) => {}
            Ok(false) => {
                output::print(format!("{}\n", output::shown(&path)).as_bytes())?;
                exit = exit.max(1);
            }
            Err(failure) => {
                failure.diagnostics.iter().for_each(|diagnostic| reporter.print(diagnostic));
                exit = if exit == 0 { failure.exit } else { exit };
            }
        }
    }
    Ok(ExitCode::from(exit))
}

/// Formats a file. False if `check` kept it from being changed.
fn format(path: &Path, check: bool) -> Result<bool> {
    let source = input::read_source(path)?;
    let formatted = match vitte_frontend::format::format(&source.text) {
        Ok(formatted) => formatted,
        Err(diagnostics) => return Err(vit::failure(source, diagnostics)),
    };
    if check {
        return Ok(formatted == source.text);
    }
    if path == Path::new("-") {
        output::print(formatted.as_bytes())?;
    } else if formatted != source.text {
        output::write(path, formatted.as_bytes())?;
    }
    Ok(true)
}
