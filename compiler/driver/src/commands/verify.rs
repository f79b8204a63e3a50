//! `vittec verify`: whether an executable is what this compiler makes of a program.

use crate::cli::Verify;
use crate::codes;
use crate::commands::build::executable;
use crate::failure::{DIAGNOSTICS, Diagnostic, Failure, Result};
use crate::origin::{self, Origin};
use crate::pipeline::Timings;
use crate::report::Reporter;
use crate::{input, output};
use std::fs;
use std::process::ExitCode;

/// Builds the program again as the executable says it was built, and compares the bytes. Exit code 1 if they differ.
pub fn verify(args: &Verify, reporter: &Reporter) -> Result<ExitCode> {
    let shown = output::shown(&args.rebuild);
    let given = fs::read(&args.rebuild).map_err(|error| Failure::io(&args.rebuild, "read", &error))?;
    let origin = Origin::read(&given).ok_or_else(|| {
        let message = format!("`{shown}` does not say what it was made of");
        Failure::new(DIAGNOSTICS, Diagnostic::new(codes::NO_ORIGIN, message))
    })?;
    let module = input::load(&args.source.input, &args.source.include, Some(reporter))?;
    let source = output::shown(&args.source.input);
    let hash = origin::hash(&module);
    if origin.input != hash {
        return say(false, &format!("{shown}: made of another program\n  it    {}\n  {source} {hash}\n", origin.input));
    }
    let folder = tempfile::tempdir().map_err(|error| Failure::io(&std::env::temp_dir(), "write", &error))?;
    let rebuilt = folder.path().join("program");
    executable(&module, &origin, &rebuilt, &mut Timings::default())?;
    let made = fs::read(&rebuilt).map_err(|error| Failure::io(&rebuilt, "read", &error))?;
    if made == given {
        return say(true, &format!("{shown}: made of {source}, byte for byte\n"));
    }
    let at = made.iter().zip(&given).take_while(|(made, given)| made == given).count();
    let versions = match origin.vittec.as_str() {
        env!("CARGO_PKG_VERSION") => String::new(),
        other => format!("; vittec {other} made it, this is {}", env!("CARGO_PKG_VERSION")),
    };
    say(false, &format!("{shown}: differs from what is made of {source}, first at byte {at:#x}{versions}\n"))
}

fn say(same: bool, text: &str) -> Result<ExitCode> {
    output::print(text.as_bytes())?;
    Ok(if same { ExitCode::SUCCESS } else { ExitCode::from(DIAGNOSTICS) })
}
