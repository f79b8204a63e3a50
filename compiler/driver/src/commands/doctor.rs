//! `vittec doctor`: what building needs, and whether it is there.

use crate::failure::Result;
use crate::output;
use std::process::ExitCode;
use vittec_link::{Runtime, Target, find_program, find_runtime};

/// Looks for the runtime and the linker of a target. Exit code 69 if something is missing.
pub fn doctor(target: Option<&str>) -> Result<ExitCode> {
    let target = match target {
        Some(name) => Target::find(name)?,
        None => Target::host()?,
    };
    let mut out = String::new();
    let mut say = |line: String| out.extend([line.as_str(), "\n"]);
    say(format!("vittec {}, making programs for {}", env!("CARGO_PKG_VERSION"), target.name));
    let mut complete = true;
    match find_runtime(&target) {
        Ok(Runtime::File(path)) => say(format!("ok       runtime: {}", path.display())),
        Ok(Runtime::Embedded(bytes)) => say(format!("ok       runtime: carried inside, {} KiB", bytes.len() / 1024)),
        Err(error) => {
            complete = false;
            say(format!("missing  {error}"));
        }
    }
    match find_program(&target.linker) {
        Some(path) => say(format!("ok       linker: {}", path.display())),
        None => {
            complete = false;
            say(format!("missing  linker `{}`: install the package `{}`", target.linker, target.package));
        }
    }
    if let Some(runner) = target.run_with.first() {
        match find_program(runner) {
            Some(path) => say(format!("ok       runs programs here: {}", path.display())),
            None => say(format!("note     `{runner}` would run its programs here; not installed")),
        }
    }
    output::print(out.as_bytes())?;
    Ok(if complete { ExitCode::SUCCESS } else { ExitCode::from(crate::failure::MISSING_TOOL) })
}
