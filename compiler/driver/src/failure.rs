//! Why a command failed: what to print, and the exit code.

use crate::codes;
use crate::output::shown;
use std::path::Path;
use std::rc::Rc;
use vitbc::{Code, Place};
use vittec_codegen::CompileError;
use vittec_link::LinkError;

/// Exit code: errors in the source.
pub const DIAGNOSTICS: u8 = 1;
/// Exit code: the input was rejected by reader or verifier.
pub const REJECTED: u8 = 2;
/// Exit code: wrong usage.
pub const USAGE: u8 = 64;
/// Exit code: a tool or runtime for the target is missing.
pub const MISSING_TOOL: u8 = 69;
/// Exit code: our bug.
pub const BUG: u8 = 70;
/// Exit code: input or output failed.
pub const IO: u8 = 74;

/// What a command gives.
pub type Result<T> = std::result::Result<T, Failure>;

/// A failed command.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub exit: u8,
    /// What to print.
    pub diagnostics: Vec<Diagnostic>,
}

/// One message to the user.
#[derive(Debug)]
pub struct Diagnostic {
    /// The code, for `explain`.
    pub code: Code,
    /// What is wrong.
    pub message: String,
    /// The file it is about.
    pub file: Option<String>,
    /// Where in it.
    pub place: Place,
    /// The text of the file, if it is one.
    pub source: Option<Rc<str>>,
    /// The instructions around the place, for a binary file.
    pub context: Option<String>,
    /// What to do.
    pub help: Option<String>,
    /// For a message about Vitte source: all else that it says.
    pub vitte: Option<Box<Excerpts>>,
}

/// What a message about Vitte source says, with the places it points at.
#[derive(Debug)]
pub struct Excerpts {
    /// Whether the program is made all the same.
    pub is_warning: bool,
    /// The files it points into.
    pub files: Vec<Excerpt>,
    /// What else is good to know.
    pub notes: Vec<String>,
    /// Ways to repair it.
    pub fixes: Vec<String>,
}

/// Lines of a source file with the places that matter.
#[derive(Debug)]
pub struct Excerpt {
    /// The file's name.
    pub file: String,
    /// The number of the first of the lines.
    pub line: usize,
    /// The lines.
    pub source: String,
    /// Ranges of their bytes, what to say there, and whether it is the main place.
    pub marks: Vec<(std::ops::Range<usize>, Option<String>, bool)>,
}

impl Excerpt {
    /// Takes those lines of the file's text that the marks are in, which count its bytes until then.
    pub fn cut(&mut self, text: &str) {
        let first = self.marks.iter().map(|(range, ..)| range.start).min().unwrap_or_default();
        let last = self.marks.iter().map(|(range, ..)| range.end).max().unwrap_or_default();
        let start = text[..first].rfind('\n').map_or(0, |at| at + 1);
        let end = text[last..].find('\n').map_or(text.len(), |at| last + at);
        self.line = 1 + text[..start].matches('\n').count();
        self.source = text[start..end].to_owned();
        for (range, ..) in &mut self.marks {
            *range = range.start - start..range.end - start;
        }
    }
}

impl Diagnostic {
    /// A message that is about no place in a file.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        let (message, place) = (message.into(), Place::default());
        Diagnostic { code, message, file: None, place, source: None, context: None, help: None, vitte: None }
    }

    /// A message about a module.
    pub fn of(error: vitbc::Error, file: &str, source: Option<&Rc<str>>) -> Self {
        Diagnostic {
            code: error.code,
            message: error.message,
            file: Some(file.to_owned()),
            place: *error.place,
            source: source.cloned(),
            context: None,
            help: error.help,
            vitte: None,
        }
    }
}

impl Failure {
    /// One message and an exit code.
    pub fn new(exit: u8, diagnostic: Diagnostic) -> Self {
        Failure { exit, diagnostics: vec![diagnostic] }
    }

    /// A file could not be read or written.
    pub fn io(path: &Path, action: &str, error: &std::io::Error) -> Self {
        let message = format!("cannot {action} `{}`: {error}", shown(path));
        Failure::new(IO, Diagnostic::new(codes::IO_FAILED, message))
    }

    /// The command line makes no sense.
    pub fn usage(message: impl Into<String>) -> Self {
        Failure::new(USAGE, Diagnostic::new(codes::BAD_USAGE, message))
    }
}

impl From<LinkError> for Failure {
    fn from(error: LinkError) -> Self {
        let (exit, code) = match &error {
            LinkError::UnknownTarget { .. } => (USAGE, codes::UNKNOWN_TARGET),
            LinkError::NoLinker { .. } => (MISSING_TOOL, codes::NO_LINKER),
            LinkError::NoRuntime { .. }
            | LinkError::OtherVersion { .. }
            | LinkError::BadRuntime(_)
            | LinkError::BadModule { .. } => (MISSING_TOOL, codes::NO_RUNTIME),
            LinkError::NoLibrary { .. } => (MISSING_TOOL, codes::NO_LIBRARY),
            LinkError::NoSymbol { .. } => (DIAGNOSTICS, codes::NO_SYMBOL),
            LinkError::LinkerFailed { .. } | LinkError::TooLarge => (DIAGNOSTICS, codes::LINKER_FAILED),
            LinkError::Io { .. } => (IO, codes::IO_FAILED),
        };
        Failure::new(exit, Diagnostic::new(code, error.to_string()))
    }
}

impl From<CompileError> for Failure {
    fn from(error: CompileError) -> Self {
        match error {
            CompileError::Module(error) => {
                Failure { exit: REJECTED, diagnostics: vec![Diagnostic::of(error, "", None)] }
            }
            CompileError::Internal { .. } => {
                Failure::new(BUG, Diagnostic::new(codes::COMPILE_FAILED, error.to_string()))
            }
            other => Failure::new(DIAGNOSTICS, Diagnostic::new(codes::COMPILE_FAILED, other.to_string())),
        }
    }
}
