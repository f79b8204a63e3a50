//! The runtime of a target: in a folder that the user names, beside the compiler, or carried inside it.
//!
//! It consists of files, each as it is or compressed (`NAME.zst`): the archive, and for a target that needs no other
//! C library the start file and the C library as well.

use crate::error::LinkError;
use ruzstd::decoding::StreamingDecoder;
use std::borrow::Cow;
use std::io::{Error, Read};
use std::path::PathBuf;
use std::{env, fs};
use vitte_abi::program::MARK;

/// The runtime itself.
pub(crate) const ARCHIVE: &str = "libvitte_rt.a";
/// In its place for a target of packed programs: the runtime's module.
pub(crate) const MODULE: &str = "vitte_rt.wasm";
/// The C library's start file.
pub(crate) const START: &str = "crt1.o";
/// The C library.
pub(crate) const C_LIBRARY: &str = "libc.a";

/// Target, name and content of what is carried inside.
static CARRIED: &[(&str, &str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/carried.rs"));

/// Where the runtime of a target is.
#[derive(Clone, Debug)]
pub enum Runtime {
    /// Inside the compiler, for the target of this name.
    Carried(String),
    /// In a folder.
    Folder(PathBuf),
}

/// Looks in `$VITTE_SYSROOT/<target>/`, in `../lib/vitte/<target>/` beside the compiler's folder, then inside.
///
/// # Errors
/// It is in none of them.
pub fn find_runtime(target: &str) -> Result<Runtime, LinkError> {
    let mut looked = Vec::new();
    let named = env::var_os("VITTE_SYSROOT").map(PathBuf::from);
    let beside = env::current_exe().ok().and_then(|exe| Some(exe.parent()?.parent()?.join("lib").join("vitte")));
    for folder in named.into_iter().chain(beside) {
        let runtime = Runtime::Folder(folder.join(target));
        if runtime.is_there() {
            return Ok(runtime);
        }
        looked.push(folder.join(target).display().to_string());
    }
    let runtime = Runtime::Carried(target.to_owned());
    if runtime.is_there() {
        return Ok(runtime);
    }
    looked.push("this program".into());
    Err(LinkError::NoRuntime { target: target.to_owned(), looked: looked.join(", ") })
}

impl Runtime {
    /// The name of the runtime itself.
    fn main_file(&self) -> &'static str {
        if self.has(MODULE) { MODULE } else { ARCHIVE }
    }

    fn is_there(&self) -> bool {
        self.has(self.main_file())
    }

    /// Whether it brings a C library, so that linking needs nothing from the system.
    pub fn is_complete(&self) -> bool {
        [ARCHIVE, START, C_LIBRARY].iter().all(|name| self.has(name))
    }

    /// The bytes it takes, compressed as it is.
    pub fn size(&self) -> u64 {
        match self {
            Runtime::Carried(target) => {
                CARRIED.iter().filter(|file| file.0 == target).map(|file| file.2.len() as u64).sum()
            }
            Runtime::Folder(folder) => {
                let entries = fs::read_dir(folder).into_iter().flatten().flatten();
                entries.filter_map(|entry| Some(entry.metadata().ok()?.len())).sum()
            }
        }
    }

    /// The archive or module.
    ///
    /// # Errors
    /// It cannot be read, or was made for a version of the compiler with which it does not agree.
    pub fn archive(&self) -> Result<Cow<'static, [u8]>, LinkError> {
        let name = self.main_file();
        let bytes = self.read(name)?;
        if !bytes.windows(MARK.len()).any(|window| window == MARK) {
            return Err(LinkError::OtherVersion { runtime: self.path_of(name) });
        }
        Ok(bytes)
    }

    /// One of its files.
    ///
    /// # Errors
    /// It cannot be read.
    pub(crate) fn read(&self, name: &str) -> Result<Cow<'static, [u8]>, LinkError> {
        let packed = format!("{name}.zst");
        let fail = |error: Error| LinkError::Io { path: self.path_of(name), error };
        let bytes = match self {
            Runtime::Carried(target) => {
                if let Some(bytes) = carried(target, name) {
                    return Ok(bytes.into());
                }
                Cow::from(carried(target, &packed).ok_or_else(|| fail(std::io::ErrorKind::NotFound.into()))?)
            }
            Runtime::Folder(folder) => {
                let path = folder.join(name);
                if path.is_file() {
                    return fs::read(path).map(Cow::from).map_err(fail);
                }
                fs::read(folder.join(&packed)).map_err(fail)?.into()
            }
        };
        let mut plain = Vec::with_capacity(bytes.len() * 4);
        let mut decoder = StreamingDecoder::new(&*bytes).map_err(|error| fail(Error::other(error)))?;
        decoder.read_to_end(&mut plain).map_err(fail)?;
        Ok(plain.into())
    }

    fn has(&self, name: &str) -> bool {
        let packed = format!("{name}.zst");
        match self {
            Runtime::Carried(target) => [name, &packed].iter().any(|name| carried(target, name).is_some()),
            Runtime::Folder(folder) => [name, &packed].iter().any(|name| folder.join(name).is_file()),
        }
    }

    /// The file, for messages.
    pub(crate) fn path_of(&self, name: &str) -> PathBuf {
        match self {
            Runtime::Carried(target) => format!("(carried)/{target}/{name}").into(),
            Runtime::Folder(folder) => folder.join(name),
        }
    }
}

fn carried(target: &str, name: &str) -> Option<&'static [u8]> {
    CARRIED.iter().find(|file| file.0 == target && file.1 == name).map(|file| file.2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_carried_runtimes_agree_with_this_compiler() {
        let mut targets: Vec<&str> = CARRIED.iter().map(|file| file.0).collect();
        targets.dedup();
        assert!(targets.contains(&crate::HOST));
        for target in targets {
            Runtime::Carried(target.into()).archive().unwrap();
        }
    }

    #[test]
    fn a_runtime_of_another_version_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(ARCHIVE), b"!<arch>\nvitte-abi:0123456789abcdef").unwrap();
        let error = Runtime::Folder(folder.path().into()).archive().unwrap_err();
        assert!(error.to_string().contains("another version"), "{error}");
    }
}
