//! Why no code was made.

use std::fmt;

/// Why no code was made.
#[derive(Debug)]
pub enum CompileError {
    /// The module asks for what the runtime does not have.
    Module(vitbc::Error),
    /// The module uses functions of others: modules are linked first.
    Unlinked(String),
    /// The target is unknown, or what the options say about it.
    Target(String),
    /// The program exceeds a bound of machine code or object files.
    TooLarge(String),
    /// An error of the compiler.
    Internal {
        /// What it was doing.
        step: &'static str,
        /// With which function.
        function: String,
        /// What went wrong.
        message: String,
    },
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CompileError::Module(error) => error.fmt(f),
            CompileError::Unlinked(function) => {
                write!(f, "function `{}` of another module is not linked in", function.escape_debug())
            }
            CompileError::Target(message) | CompileError::TooLarge(message) => f.write_str(message),
            CompileError::Internal { step, function, message } => {
                write!(f, "internal error of the compiler: {step}, function `{}`: {message}", function.escape_debug())
            }
        }
    }
}

impl std::error::Error for CompileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            CompileError::Module(error) => Some(error),
            _ => None,
        }
    }
}

impl From<vitbc::Error> for CompileError {
    fn from(error: vitbc::Error) -> Self {
        CompileError::Module(error)
    }
}
