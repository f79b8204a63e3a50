//! What went wrong, where, and what to do about it.

pub use crate::codes::Code;
use std::fmt;

/// An error in a module: in its bytes, its text or its meaning.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Error {
    /// The stable code.
    pub code: Code,
    /// What is wrong: starts in lower case, ends without a dot.
    pub message: String,
    /// Where.
    pub place: Box<Place>,
    /// What to do, if that is known.
    pub help: Option<String>,
}

/// Where in a module. All that is known is filled in.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Place {
    /// The byte offset in the file.
    pub offset: Option<u64>,
    /// The section's tag.
    pub section: Option<String>,
    /// The function's name.
    pub function: Option<String>,
    /// The instruction's position in its function, and its mnemonic.
    pub inst: Option<(u32, &'static str)>,
    /// Line and column in a text, counted from 1.
    pub line: Option<(u32, u32)>,
}

/// `Result` with an [`Error`] of this crate.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error whose place is not known yet.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Error { code, message: message.into(), place: Box::default(), help: None }
    }

    /// Says what to do.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Fills in the byte offset, if it is not known.
    pub fn at_offset(mut self, offset: u64) -> Self {
        self.place.offset.get_or_insert(offset);
        self
    }

    /// Fills in the function's name, if it is not known.
    pub fn in_function(mut self, name: &str) -> Self {
        self.place.function.get_or_insert_with(|| name.to_owned());
        self
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        let mut part = |f: &mut fmt::Formatter<'_>, text: fmt::Arguments<'_>| {
            let result = write!(f, "{separator}{text}");
            separator = ", ";
            result
        };
        if let Some((line, column)) = self.line {
            part(f, format_args!("line {line}:{column}"))?;
        }
        if let Some(section) = &self.section {
            part(f, format_args!("section {section}"))?;
        }
        if let Some(function) = &self.function {
            part(f, format_args!("function `{}`", function.escape_debug()))?;
        }
        if let Some((position, mnemonic)) = self.inst {
            part(f, format_args!("instruction {position} ({mnemonic})"))?;
        }
        if let Some(offset) = self.offset {
            part(f, format_args!("offset {offset:#x}"))?;
        }
        Ok(())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.place.to_string();
        if !place.is_empty() {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
