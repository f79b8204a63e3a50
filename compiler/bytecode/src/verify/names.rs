//! Names: not empty, not too long, nothing that a terminal or a linker could take for a command.

use crate::codes::Code;
use crate::error::{Error, Result};
use crate::limits::MAX_NAME;
use std::collections::HashSet;

/// Checks one name; `what` says whose it is, as in "the name of import 3".
pub(super) fn check(name: &str, what: impl FnOnce() -> String) -> Result<()> {
    let fault = if name.is_empty() {
        "is empty".to_owned()
    } else if name.len() > MAX_NAME {
        format!("has {} bytes, but the limit is {MAX_NAME}", name.len())
    } else if let Some(control) = name.chars().find(|c| c.is_control()) {
        format!("contains the control character U+{:04X}", control as u32)
    } else {
        return Ok(());
    };
    Err(Error::new(Code::BAD_NAME, format!("{} {fault}", what())))
}

/// A set of names, each of which may stand once.
///
/// The standard hasher, keyed at random, keeps a module with chosen names from making it slow.
#[derive(Default)]
pub(super) struct Unique<'m>(HashSet<&'m str>);

impl<'m> Unique<'m> {
    /// Takes a name; `what` says whose it is, as in "field".
    pub(super) fn add(&mut self, name: &'m str, what: impl FnOnce() -> String) -> Result<()> {
        if self.0.insert(name) {
            return Ok(());
        }
        let message = format!("{} `{}` stands twice", what(), name.escape_debug());
        Err(Error::new(Code::DUPLICATE_NAME, message))
    }
}
