//! What can go wrong between object file and executable.

use std::io;
use std::path::PathBuf;

/// An error of this crate. Each message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// No such target.
    #[error("unknown target `{name}`; known are {known}")]
    UnknownTarget {
        /// What was asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// The linker is not installed.
    #[error("no linker: `{program}` was not found in PATH; {package}, or choose another with --linker")]
    NoLinker {
        /// The program.
        program: String,
        /// How to get it.
        package: String,
    },
    /// There is no runtime for the target.
    #[error(
        "no runtime for {target}: looked in {looked}; `scripts/build-rt {target}` makes it, VITTE_SYSROOT names the \
         folder it is in"
    )]
    NoRuntime {
        /// The target.
        target: String,
        /// The places, separated by commas.
        looked: String,
    },
    /// The runtime is another version's.
    #[error(
        "{} was made for another version of this compiler; `scripts/build-rt` makes it again",
        runtime.display()
    )]
    OtherVersion {
        /// The archive.
        runtime: PathBuf,
    },
    /// The runtime has no place for a program.
    #[error("{} is no module that programs can be packed into; `scripts/build-rt` makes it again", module.display())]
    BadModule {
        /// The module.
        module: PathBuf,
    },
    /// A library does not exist.
    #[error("no library `{library}` for linking; {hint}")]
    NoLibrary {
        /// Its name, as after `-l`.
        library: String,
        /// What to do.
        hint: String,
    },
    /// A C function does not exist.
    #[error("no C function `{symbol}`; name its library with -l, or correct the name")]
    NoSymbol {
        /// Its name.
        symbol: String,
    },
    /// The linker failed.
    #[error("{program} failed ({status}):\n{output}")]
    LinkerFailed {
        /// The program.
        program: String,
        /// How it ended.
        status: String,
        /// What it printed.
        output: String,
    },
    /// The runtime archive cannot be read.
    #[error("the runtime archive is damaged: {0}")]
    BadRuntime(#[from] object::Error),
    /// The library would have too many bytes.
    #[error("the library is larger than an archive can be")]
    TooLarge,
    /// A file could not be read or written.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
}

impl LinkError {
    /// Whether something has to be installed first.
    pub fn is_missing_tool(&self) -> bool {
        matches!(
            self,
            LinkError::NoLinker { .. }
                | LinkError::NoRuntime { .. }
                | LinkError::OtherVersion { .. }
                | LinkError::BadModule { .. }
                | LinkError::NoLibrary { .. }
        )
    }
}
