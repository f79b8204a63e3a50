//! Why a program cannot be loaded or run.

use std::fmt;
use std::path::PathBuf;
use vitte_rt::BadVariable;

/// Why a program cannot be loaded or run.
#[derive(Debug)]
pub enum Error {
    /// The file cannot be read.
    Read(PathBuf, std::io::Error),
    /// The file is no valid module.
    Invalid(PathBuf, Vec<vitbc::Error>),
    /// The module is valid, but cannot be run.
    Module(vitbc::Error),
    /// No module has been loaded.
    NoProgram,
    /// The module has no entry function.
    NoEntry,
    /// It uses a function of a module that it has not been linked with.
    NotLinked {
        /// The function.
        function: String,
        /// The module.
        module: String,
    },
    /// An environment variable has a value that makes no sense.
    Variable(BadVariable),
}

impl From<vitbc::Error> for Error {
    fn from(error: vitbc::Error) -> Error {
        Error::Module(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Read(path, error) => write!(f, "cannot read {}: {error}", path.display()),
            Error::Invalid(path, errors) => {
                let mut separator = "";
                errors.iter().try_for_each(|error| {
                    write!(f, "{separator}{}: {}: {error}", path.display(), error.code)?;
                    separator = "\n";
                    Ok(())
                })
            }
            Error::Module(error) => write!(f, "{}: {error}", error.code),
            Error::NoProgram => f.write_str("no program is loaded"),
            Error::NoEntry => f.write_str("the module has no entry function"),
            Error::NotLinked { function, module } => {
                write!(f, "function `{function}` of module `{module}` is not linked")
            }
            Error::Variable(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Read(_, error) => Some(error),
            Error::Module(error) => Some(error),
            _ => None,
        }
    }
}
