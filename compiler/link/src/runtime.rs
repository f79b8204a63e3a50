//! Where the runtime archive of a target is: in a folder that the user names, beside the compiler, or inside it.

use crate::error::LinkError;
use crate::target::Target;
use std::path::PathBuf;
use std::{env, fs};

const ARCHIVE: &str = "libvitte_rt.a";
static EMBEDDED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/libvitte_rt.a"));

/// The runtime archive of a target.
#[derive(Debug)]
pub enum Runtime {
    /// Carried inside the compiler.
    Embedded(&'static [u8]),
    /// A file.
    File(PathBuf),
}

/// Looks in `$VITTE_SYSROOT/<target>/`, in `../lib/vitte/<target>/` beside the compiler's folder, then inside.
///
/// # Errors
/// It is in none of them.
pub fn find_runtime(target: &Target) -> Result<Runtime, LinkError> {
    let mut looked = Vec::new();
    let sysroot = env::var_os("VITTE_SYSROOT").map(PathBuf::from);
    let beside = env::current_exe().ok().and_then(|exe| Some(exe.parent()?.parent()?.join("lib").join("vitte")));
    for folder in sysroot.into_iter().chain(beside) {
        let file = folder.join(&target.name).join(ARCHIVE);
        if file.is_file() {
            return Ok(Runtime::File(file));
        }
        looked.push(file.display().to_string());
    }
    if target.name == crate::HOST {
        return Ok(Runtime::Embedded(EMBEDDED));
    }
    looked.push("this program".into());
    Err(LinkError::NoRuntime { target: target.name.clone(), looked: looked.join(", ") })
}

impl Runtime {
    /// The archive as a file: its own, or one written into `folder`.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn materialize(&self, folder: &std::path::Path) -> Result<PathBuf, LinkError> {
        match self {
            Runtime::File(path) => Ok(path.clone()),
            Runtime::Embedded(bytes) => {
                let path = folder.join(ARCHIVE);
                fs::write(&path, bytes).map_err(|error| LinkError::Io { path: path.clone(), error })?;
                Ok(path)
            }
        }
    }

    /// The bytes of the archive.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn bytes(&self) -> Result<Vec<u8>, LinkError> {
        match self {
            Runtime::Embedded(bytes) => Ok(bytes.to_vec()),
            Runtime::File(path) => fs::read(path).map_err(|error| LinkError::Io { path: path.clone(), error }),
        }
    }
}
