//! Collecting errors, so that one run reports several.

use super::token::Spot;
use crate::codes::Code;
use crate::error::Error;

/// After this many errors the rest is not worth reading.
const MAX_ERRORS: usize = 20;

/// The errors of a text, in the order found.
#[derive(Default)]
pub(super) struct Errors {
    list: Vec<Error>,
    /// The function being read.
    pub(super) function: Option<String>,
}

impl Errors {
    /// Reports an error.
    pub(super) fn push(&mut self, spot: Spot, code: Code, message: impl Into<String>) {
        self.push_with(spot, code, message, None);
    }

    /// Reports an error, and what to do about it.
    pub(super) fn push_with(&mut self, spot: Spot, code: Code, message: impl Into<String>, help: Option<String>) {
        if self.list.len() >= MAX_ERRORS {
            return;
        }
        let mut error = Error::new(code, message);
        error.help = help;
        error.place.line = Some(spot);
        error.place.function.clone_from(&self.function);
        self.list.push(error);
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether no more are kept.
    pub(super) fn is_full(&self) -> bool {
        self.list.len() >= MAX_ERRORS
    }

    /// All of them, by place.
    pub(super) fn finish(mut self) -> Vec<Error> {
        self.list.sort_by_key(|error| error.place.line);
        self.list
    }
}
