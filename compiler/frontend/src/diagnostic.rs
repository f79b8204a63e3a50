//! What the front end has to say about a program. Data only: the command line renders it.

use crate::source::Span;
use vitbc::Code;

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// There is no program.
    Error,
    /// The program is made, but probably not what was meant.
    Warning,
}

/// One message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// The stable code; see [`codes::ALL`](crate::codes::ALL).
    pub code: Code,
    /// What is wrong: starts in lower case, ends without a dot.
    pub message: String,
    /// Where.
    pub span: Span,
    /// What to say at that place, if more than the message.
    pub label: Option<String>,
    /// Other places that matter, and why.
    pub labels: Vec<(Span, String)>,
    /// What else is good to know.
    pub notes: Vec<String>,
    /// Ways to repair it.
    pub fixes: Vec<Fix>,
}

/// A way to repair a program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fix {
    /// What it does, as in "use `len`".
    pub message: String,
    /// What to put in place of which bytes; may be empty if that cannot be said exactly.
    pub edits: Vec<(Span, String)>,
}

impl Diagnostic {
    /// An error.
    pub fn error(code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            code,
            message: message.into(),
            span,
            label: None,
            labels: vec![],
            notes: vec![],
            fixes: vec![],
        }
    }

    /// A warning.
    pub fn warning(code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, span, message) }
    }

    /// Says something at the main place.
    pub fn here(mut self, text: impl Into<String>) -> Diagnostic {
        self.label = Some(text.into());
        self
    }

    /// Points at another place.
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.labels.push((span, text.into()));
        self
    }

    /// Adds a remark.
    pub fn note(mut self, text: impl Into<String>) -> Diagnostic {
        self.notes.push(text.into());
        self
    }

    /// Says how to repair it, without saying where exactly.
    pub fn help(mut self, text: impl Into<String>) -> Diagnostic {
        self.fixes.push(Fix { message: text.into(), edits: vec![] });
        self
    }

    /// Says how to repair it by replacing `span`.
    pub fn fix(mut self, message: impl Into<String>, span: Span, text: impl Into<String>) -> Diagnostic {
        self.fixes.push(Fix { message: message.into(), edits: vec![(span, text.into())] });
        self
    }
}
