//! Linking: in memory with what the compiler carries, or by the system's C compiler.

use crate::error::LinkError;
use crate::memory;
use crate::patience::finishing;
use crate::runtime::find_runtime;
use crate::system;
use crate::target::Target;
use crate::unfinished::Unfinished;
use std::fs;
use std::path::{Path, PathBuf};

/// Libraries that the carried C library contains.
const PARTS_OF_C: &[&str] = &["c", "m", "pthread", "dl", "rt", "util"];

/// How to link.
#[derive(Clone, Debug, Default)]
pub struct LinkOptions {
    /// What comes out.
    pub product: Product,
    /// A linker to use in place of the target's.
    pub linker: Option<String>,
    /// The folder in which that one looks for the system's libraries; its own if not said.
    pub sysroot: Option<PathBuf>,
    /// Whether the executable needs shared libraries; left to the target if not said.
    pub mode: Mode,
    /// Leave symbols and debug information out.
    pub strip: bool,
    /// Libraries, as after `-l`.
    pub libs: Vec<String>,
    /// Folders to look for them in.
    pub lib_dirs: Vec<PathBuf>,
    /// Arguments for the linker as they are.
    pub extra: Vec<String>,
}

/// What linking makes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Product {
    /// A program.
    #[default]
    Executable,
    /// A library that C programs load, which shows its exports and nothing else.
    SharedLibrary,
}

/// How an executable finds its libraries.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Mode {
    /// Static if the compiler carries what is needed, else dynamic.
    #[default]
    Auto,
    /// It contains them.
    Static,
    /// It loads them at its start.
    Dynamic,
}

/// Links `object` with the target's runtime into the file `output`, which is written whole or not at all. The signals
/// that interrupt and end programs wait until that is done.
///
/// # Errors
/// A linker, runtime or library is missing, or the linker fails.
pub fn link(target: &Target, object: &[u8], output: &Path, options: &LinkOptions) -> Result<(), LinkError> {
    finishing(|| link_beside(target, object, output, options))
}

fn link_beside(target: &Target, object: &[u8], output: &Path, options: &LinkOptions) -> Result<(), LinkError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |error| LinkError::Io { path, error }
    };
    let unfinished = Unfinished::beside(output).map_err(io(output))?;
    let path = unfinished.path();
    match carried_target(target, options) {
        Some(carried) => {
            let bytes = memory::link(target, &find_runtime(carried)?, object, options)?;
            fs::write(&path, bytes).map_err(io(&path))?;
            make_executable(&path).map_err(io(&path))?;
        }
        None => system::link(target, object, &path, options)?,
    }
    unfinished.finish(output).map_err(io(output))
}

/// The target whose runtime is all that such a link needs, if this compiler has it.
pub fn carried_target<'t>(target: &'t Target, options: &LinkOptions) -> Option<&'t str> {
    let foreign = options.libs.iter().any(|library| !PARTS_OF_C.contains(&library.as_str()));
    let asks_for_system = options.linker.is_some()
        || options.sysroot.is_some()
        || !options.extra.is_empty()
        || options.mode == Mode::Dynamic
        || options.product == Product::SharedLibrary;
    if !memory::AVAILABLE || asks_for_system || foreign {
        return None;
    }
    target.carried.as_deref().filter(|name| find_runtime(name).is_ok_and(|runtime| runtime.is_complete()))
}

#[cfg(unix)]
fn make_executable(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    // As linkers do: what the user's mask leaves of it.
    let readable = fs::metadata(path)?.permissions().mode();
    fs::set_permissions(path, fs::Permissions::from_mode(readable | (readable & 0o444) >> 2))
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(all(test, feature = "embedded-linker"))]
mod tests {
    use super::*;
    use crate::error::LinkError;

    /// An ELF object for x86_64 that defines nothing and needs one function, in `main`.
    fn object(calls: &str) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("main.c");
        let object = folder.path().join("main.o");
        fs::write(&source, format!("void {calls}(int); int main(void) {{ {calls}(7); return 1; }}")).unwrap();
        let status = std::process::Command::new("cc").arg("-c").arg(&source).arg("-o").arg(&object).status().unwrap();
        assert!(status.success());
        fs::read(object).unwrap()
    }

    #[test]
    fn what_is_linked_in_memory_runs_and_names_what_it_lacks() {
        let target = Target::find("x86_64-unknown-linux-musl").unwrap();
        let options = LinkOptions::default();
        // The runtime may not have been made; see scripts/build-rt.
        if crate::HOST != "x86_64-unknown-linux-gnu" || carried_target(&target, &options).is_none() {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("program");
        link(&target, &object("exit"), &program, &options).unwrap();
        let status = std::process::Command::new(&program).status().unwrap();
        assert_eq!(status.code(), Some(7));
        let error = link(&target, &object("frob"), &program, &options).unwrap_err();
        assert!(matches!(&error, LinkError::NoSymbol { symbol } if symbol == "frob"), "{error}");
    }
}
