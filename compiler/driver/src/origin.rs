//! What an executable says about its own making: one JSON object in a note, which linkers keep and stripping leaves.

use crate::cli::{Build, CodeOptions};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::path::PathBuf;
use vitbc::{Module, Verified};
use vitte_abi::program::{ABI_VERSION, Engine};
use vittec_link::{LinkOptions, Mode, Product, Target, carried_target};

/// Everything that decides about an executable's bytes, apart from its input.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
#[serde(rename_all = "kebab-case")]
pub struct Origin {
    /// The compiler's version.
    pub vittec: String,
    /// The version of what compiled code and runtime agree on.
    pub runtime: String,
    /// The program's name.
    pub module: String,
    /// The SHA-256 of the program as bytecode, with all that it imports.
    pub input: String,
    /// The target's name.
    pub target: String,
    /// The processor, as after `--cpu`.
    pub cpu: String,
    /// The level of optimisation.
    pub opt: u8,
    /// Whether there is debug information.
    pub debug: bool,
    /// The collector's name.
    pub gc: String,
    /// Whether it needs no shared libraries.
    #[serde(rename = "static")]
    pub static_: bool,
    /// Whether symbols were left out.
    pub strip: bool,
    /// The linker that was asked for.
    pub linker: Option<String>,
    /// The other linker's folder of the target's libraries.
    pub sysroot: Option<PathBuf>,
    /// Libraries that were asked for.
    pub libs: Vec<String>,
    /// Folders to look for them in.
    pub lib_dirs: Vec<PathBuf>,
    /// Arguments for the linker.
    pub link_args: Vec<String>,
}

impl Origin {
    /// What is to be said about an executable that `args` ask for.
    pub fn new(module: &Verified<Module>, args: &Build, target: &Target) -> Origin {
        let mut origin = Origin {
            vittec: env!("CARGO_PKG_VERSION").to_owned(),
            runtime: format!("{ABI_VERSION:016x}"),
            module: module.name.clone(),
            input: hash(module),
            target: target.name.clone(),
            cpu: args.code.cpu.clone().unwrap_or_else(|| target.cpu.clone()),
            opt: args.code.opt,
            debug: args.code.debug,
            gc: args.gc.clone().unwrap_or_else(|| Engine::NAMES[0].0.to_owned()),
            static_: args.static_,
            strip: args.strip,
            linker: args.linker.clone(),
            sysroot: args.sysroot.clone(),
            libs: args.libs.clone(),
            lib_dirs: args.lib_dirs.clone(),
            link_args: args.link_arg.clone(),
        };
        // Foreign libraries that the program names decide too, but they are known from its bytecode.
        let mut link = origin.link(&module_libraries(module));
        link.mode = if args.dynamic { Mode::Dynamic } else { Mode::Auto };
        origin.static_ |= carried_target(target, &link).is_some();
        origin
    }

    /// What an executable says, or `None` if it says nothing that this compiler understands.
    pub fn read(executable: &[u8]) -> Option<Origin> {
        serde_json::from_slice(vittec_codegen::object::read_note(executable)?).ok()
    }

    /// The note's content.
    pub fn to_note(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_else(|error| unreachable!("plain data becomes JSON: {error}"))
    }

    /// How its code was made.
    pub fn code(&self) -> CodeOptions {
        CodeOptions {
            opt: self.opt,
            debug: self.debug,
            target: Some(self.target.clone()),
            cpu: Some(self.cpu.clone()),
            threads: None,
            timings: false,
            stats: false,
        }
    }

    /// How it was linked, for a program that declares functions of these libraries.
    pub fn link(&self, libraries: &[String]) -> LinkOptions {
        let mut libs = self.libs.clone();
        libs.extend(libraries.iter().filter(|library| !self.libs.contains(library)).cloned());
        LinkOptions {
            product: Product::Executable,
            linker: self.linker.clone(),
            sysroot: self.sysroot.clone(),
            mode: if self.static_ { Mode::Static } else { Mode::Dynamic },
            strip: self.strip,
            libs,
            lib_dirs: self.lib_dirs.clone(),
            extra: self.link_args.clone(),
        }
    }
}

/// The SHA-256 of a program as bytecode, in hexadecimal.
pub fn hash(module: &Verified<Module>) -> String {
    Sha256::digest(vitbc::write(module)).iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap_or_else(|_| unreachable!("strings grow"));
        text
    })
}

fn module_libraries(module: &Module) -> Vec<String> {
    let mut libraries: Vec<_> = module.externs.iter().map(|external| external.library.clone()).collect();
    libraries.retain(|library| !library.is_empty());
    libraries.sort();
    libraries.dedup();
    libraries
}
