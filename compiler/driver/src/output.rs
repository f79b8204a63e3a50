//! Writing files: whole or not at all, and never over what is not a plain file.

use crate::codes;
use crate::failure::{Diagnostic, Failure, Result, USAGE};
use std::fs;
use std::io::Write;
use std::path::Path;

/// Refuses a path that stands for a folder, device or other special file.
///
/// # Errors
/// It does.
pub fn check_writable(path: &Path) -> Result<()> {
    match fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => {
            let kind = if metadata.is_dir() { "a folder" } else { "not a plain file" };
            let mut diagnostic = Diagnostic::new(codes::NOT_A_FILE, format!("`{}` is {kind}", path.display()));
            diagnostic.help = Some("choose another name with -o".into());
            Err(Failure::new(USAGE, diagnostic))
        }
        _ => Ok(()),
    }
}

/// Writes a file under another name beside `path`, then renames it.
///
/// # Errors
/// `path` is not a plain file, or the system refuses.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    check_writable(path)?;
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = |error: std::io::Error| Failure::io(path, "write", &error);
    let mut file = tempfile::Builder::new().prefix(".vittec-").tempfile_in(folder).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    make_readable(file.as_file()).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// Gives a new file the permissions that other programs' outputs have.
#[cfg(unix)]
fn make_readable(file: &fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn make_readable(_: &fs::File) -> std::io::Result<()> {
    Ok(())
}

/// Writes to a file, or to standard output for `-`.
///
/// # Errors
/// As [`write`].
pub fn write_or_print(path: Option<&Path>, bytes: &[u8]) -> Result<()> {
    match path {
        Some(path) if path != Path::new("-") => write(path, bytes),
        _ => match std::io::stdout().write_all(bytes).and_then(|()| std::io::stdout().flush()) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(Failure::io(Path::new("standard output"), "write", &error))
            }
            _ => Ok(()),
        },
    }
}
