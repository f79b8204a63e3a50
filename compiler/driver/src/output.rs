//! Writing files: whole or not at all, and never over what is not a plain file.

use crate::codes;
use crate::failure::{Diagnostic, Failure, IO, Result, USAGE};
use std::fmt::Display;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use vittec_link::Unfinished;

/// Refuses a path that stands for a folder, device or other special file, or for the file `input`.
///
/// # Errors
/// It does.
pub fn check_writable(path: &Path, input: &Path) -> Result<()> {
    check_plain(path)?;
    if let (Ok(output), Ok(input)) = (fs::canonicalize(path), fs::canonicalize(input))
        && output == input
    {
        let message = format!("`{}` would be written over itself", shown(path));
        let mut diagnostic = Diagnostic::new(codes::OVERWRITES_INPUT, message);
        diagnostic.help = Some("choose another name with -o".into());
        return Err(Failure::new(USAGE, diagnostic));
    }
    Ok(())
}

fn check_plain(path: &Path) -> Result<()> {
    match fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => {
            let kind = if metadata.is_dir() { "a folder" } else { "not a plain file" };
            let mut diagnostic = Diagnostic::new(codes::NOT_A_FILE, format!("`{}` is {kind}", shown(path)));
            diagnostic.help = Some("choose another name with -o".into());
            Err(Failure::new(USAGE, diagnostic))
        }
        // A missing folder is better known before the work than after it.
        _ => fs::metadata(folder_of(path)).map(drop).map_err(|error| Failure::io(path, "write", &error)),
    }
}

/// The folder that a path stands in.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The file that is replaced when `path` is written: for a link the file it leads to, so that the link stays.
///
/// # Errors
/// The link leads nowhere.
pub fn resolve(path: &Path) -> Result<PathBuf> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() => {
            fs::canonicalize(path).map_err(|error| Failure::io(path, "write", &error))
        }
        _ => Ok(path.to_owned()),
    }
}

/// Writes a file under another name beside `path`, then renames it.
///
/// # Errors
/// `path` is not a plain file, or the system refuses.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    check_plain(path)?;
    let file = resolve(path)?;
    let failed = |error: std::io::Error| Failure::io(path, "write", &error);
    let unfinished = Unfinished::beside(&file).map_err(failed)?;
    fs::write(unfinished.path(), bytes).and_then(|()| unfinished.finish(&file)).map_err(failed)
}

/// Writes to a file, or to standard output for `-`.
///
/// # Errors
/// As [`write()`].
pub fn write_or_print(path: Option<&Path>, bytes: &[u8]) -> Result<()> {
    match path {
        Some(path) if path != Path::new("-") => write(path, bytes),
        _ => print(bytes),
    }
}

/// Writes to standard output. That nobody reads it any more is no error.
///
/// # Errors
/// The system refuses.
pub fn print(bytes: &[u8]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::new(
            IO,
            Diagnostic::new(codes::IO_FAILED, format!("cannot write to standard output: {error}")),
        )),
        _ => Ok(()),
    }
}

/// Writes to standard error; a failure leaves nobody to tell.
pub fn note(text: impl Display) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// A path for a message: control characters do not reach the terminal.
pub fn shown(path: &Path) -> String {
    let mut text = String::new();
    for c in path.to_string_lossy().chars() {
        if c.is_control() { text.extend(c.escape_default()) } else { text.push(c) }
    }
    text
}
