//! The one way to lay out Vitte source.
//!
//! ```text
//! source → tokens → syntax tree → roles     what each bracket, bar and sign is
//!             └───────────────────→ tree    statements and items with their comments
//!                                     └───→ print
//! ```
//!
//! What is printed are the source's own tokens, so nothing can be lost between parser and printer; the syntax tree only
//! tells apart what looks alike, such as the brace of a block and that of a map. There are no options: four spaces, a
//! hundred columns. What fits on a line stands on one, unless its author broke it after the opening brace or bracket;
//! a chain of calls that its author broke stays broken. Of several blank lines one stays.

mod print;
mod roles;
mod spacing;
mod tree;

use crate::diagnostic::{Diagnostic, Severity};
use crate::lex::lex;
use crate::names::Names;
use crate::parse::parse;

/// The columns that a line has.
const WIDTH: usize = 100;

/// The spaces of a level.
const INDENT: usize = 4;

/// Lays `source` out. Formatting the result again changes nothing.
///
/// # Errors
///
/// What keeps the source from being read; their spans count from its first byte.
pub fn format(source: &str) -> Result<String, Vec<Diagnostic>> {
    let (mut names, mut diagnostics) = (Names::default(), vec![]);
    let tokens = lex(source, 0, &mut names, &mut diagnostics);
    let cut = tokens.tokens.clone();
    let ast = parse(tokens, &mut names, &mut diagnostics);
    diagnostics.retain(|diagnostic| diagnostic.severity == Severity::Error);
    if !diagnostics.is_empty() {
        return Err(diagnostics);
    }
    let roles = roles::roles(&ast, &cut);
    let file = tree::tree(source, &cut, &roles);
    Ok(print::print(&file))
}

#[cfg(test)]
mod tests;
