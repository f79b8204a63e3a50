//! From Rust: load a module, compile it into this process, run it.
//!
//! ```
//! # fn main() -> Result<(), vittec::api::Error> {
//! # let folder = tempfile::tempdir().unwrap();
//! # let path = folder.path().join("add.vitbc");
//! # let text = "MAIN -> int\n REG r0, r1: int\n LOAD_CONST r0, 2\n LOAD_CONST r1, 3\n ADD r0, r0, r1\n RETURN r0\nEND\n";
//! # let module = vitbc::text::parse(text, &Default::default()).unwrap();
//! # std::fs::write(&path, vitbc::write(&module)).unwrap();
//! use vittec::api::{BytecodeModule, CraneliftBackend};
//!
//! let module = BytecodeModule::load(&path)?;
//! let backend = CraneliftBackend::new_default()?;
//! let compiled = backend.compile_module(&module)?;
//! assert_eq!(compiled.run_entry("main", &[])?, 5);
//! # Ok(())
//! # }
//! ```

use crate::failure::Failure;
use crate::{engine, input};
use std::fmt;
use std::path::Path;
use vitbc::{Module, Verified};
use vitte_abi::program::Program;
use vittec_codegen::{Options, isa};

/// Why a module could not be loaded, compiled or run.
#[derive(Debug)]
pub struct Error(Failure);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for diagnostic in &self.0.diagnostics {
            write!(f, "{separator}{}: {}", diagnostic.code, diagnostic.message)?;
            separator = "\n";
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Error(failure)
    }
}

/// A verified program: a module and all that it imports.
#[derive(Debug)]
pub struct BytecodeModule(Verified<Module>);

impl BytecodeModule {
    /// Reads a `.vitbc` or `.vitasm` file, links what it imports from beside it, and verifies the whole.
    ///
    /// # Errors
    /// A file is missing, broken or rejected.
    pub fn load(path: impl AsRef<Path>) -> Result<BytecodeModule, Error> {
        Ok(BytecodeModule(input::load(path.as_ref(), &[], None)?))
    }

    /// The module.
    pub fn module(&self) -> &Verified<Module> {
        &self.0
    }
}

/// The compiler, with its options.
#[derive(Debug)]
pub struct CraneliftBackend {
    options: Options,
}

impl CraneliftBackend {
    /// Fast code for the processor this runs on.
    ///
    /// # Errors
    /// No code can be made for it.
    pub fn new_default() -> Result<CraneliftBackend, Error> {
        let options = Options { cpu: Some(isa::NATIVE.into()), ..Options::default() };
        isa::make(&options).map_err(Failure::from)?;
        Ok(CraneliftBackend { options })
    }

    /// Compiles a program into the memory of this process, where it stays.
    ///
    /// # Errors
    /// The program has no main, declares a C function that does not exist, or is too large.
    pub fn compile_module(&self, module: &BytecodeModule) -> Result<CompiledModule, Error> {
        let entry = module.0.entry.map(|entry| module.0.func_name(entry).to_owned());
        Ok(CompiledModule { program: engine::load(&module.0, &self.options)?, entry: entry.unwrap_or_default() })
    }
}

/// A program in memory.
#[derive(Debug)]
pub struct CompiledModule {
    program: &'static Program,
    entry: String,
}

impl CompiledModule {
    /// Runs the program's entry function, which bears this name, with a command line, and gives the exit code: its
    /// result or 0, or 101 after an uncaught exception, which has been reported on standard error.
    ///
    /// # Errors
    /// The entry has another name, or a `VITTE_…` variable of the environment makes no sense.
    pub fn run_entry(&self, name: &str, args: &[&str]) -> Result<i32, Error> {
        if name != self.entry {
            return Err(Failure::usage(format!("the program's entry is `{}`, not `{name}`", self.entry)).into());
        }
        let options = engine::run_options(None)?;
        let args = args.iter().map(|&arg| arg.to_owned()).collect();
        Ok(vitte_rt::run_program(self.program, options, args))
    }
}
