//! `vittec fmt`: lay out source.

use crate::cli::Fmt;
use crate::failure::{Failure, Result};
use crate::report::Reporter;
use crate::{input, output, vit};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Formats each file in place, going on after errors. The exit code is that of the first file that fails, or 1 if one
/// would change and none may.
pub fn fmt(args: &Fmt, reporter: &Reporter) -> Result<ExitCode> {
    let mut files = Vec::new();
    for path in &args.inputs {
        match path.is_dir() {
            true => find(path, &mut files)?,
            false => files.push(path.clone()),
        }
    }
    let mut exit = 0;
    for path in files {
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

/// All source files in a folder and those in it, by name; hidden ones are left alone.
fn find(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let failed = |error: std::io::Error| Failure::io(folder, "read", &error);
    let mut entries = fs::read_dir(folder).and_then(Iterator::collect::<std::io::Result<Vec<_>>>).map_err(failed)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        // A link to a folder may lead back.
        let is_folder = entry.file_type().map_err(failed)?.is_dir();
        if is_folder && !entry.file_name().to_string_lossy().starts_with('.') {
            find(&path, files)?;
        } else if path.extension().is_some_and(|ending| ending == "vit") && path.is_file() {
            files.push(path);
        }
    }
    Ok(())
}
