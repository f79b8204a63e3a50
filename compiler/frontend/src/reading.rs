//! What a text is by itself, before it is part of a program: whether it goes on, and what it declares. For sessions in
//! which a program is typed bit by bit.

use crate::ast::{Ast, ItemKind};
use crate::codes;
use crate::diagnostic::{Diagnostic, Severity};
use crate::lex::lex;
use crate::names::Names;
use crate::parse::parse;

/// What a text is by itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reading {
    /// Something in it has begun but not ended: a bracket, a string, an operation.
    pub is_unfinished: bool,
    /// The names of the functions, types and constants that it declares.
    pub declared: Vec<String>,
    /// Whether there are statements in it.
    pub has_statements: bool,
}

/// Reads a text.
pub fn read(source: &str) -> Reading {
    let (mut names, mut diagnostics) = (Names::default(), vec![]);
    let tokens = lex(source, 0, &mut names, &mut diagnostics);
    let ast = parse(tokens, &mut names, &mut diagnostics);
    let end = source.trim_end().len() as u32;
    let goes_on = |diagnostic: &Diagnostic| {
        let lacks_end = [codes::UNTERMINATED, codes::OPEN_COMMENT].contains(&diagnostic.code);
        diagnostic.severity == Severity::Error && (lacks_end || diagnostic.span.start >= end)
    };
    let first = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).min_by_key(|d| d.span);
    Reading {
        is_unfinished: first.is_some_and(goes_on) || diagnostics.iter().any(|d| is_open_bracket(d, end)),
        declared: declared(&ast, &names),
        has_statements: !ast.stmts.is_empty(),
    }
}

/// A bracket that nothing closes is reported where it stands.
fn is_open_bracket(diagnostic: &Diagnostic, end: u32) -> bool {
    diagnostic.code == codes::UNCLOSED && diagnostic.labels.iter().any(|(span, _)| span.start >= end)
}

fn declared(ast: &Ast, names: &Names) -> Vec<String> {
    let name = |kind: &ItemKind| match kind {
        ItemKind::Const { name, .. }
        | ItemKind::Struct { name, .. }
        | ItemKind::Enum { name, .. }
        | ItemKind::Trait { name, .. } => Some(name.name),
        ItemKind::Fn(function) | ItemKind::Extern { function, .. } => Some(function.name.name),
        ItemKind::Impl { .. } | ItemKind::Import { .. } | ItemKind::Test { .. } => None,
    };
    ast.items.iter().filter_map(|item| Some(names.text(name(&item.kind)?).to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn what_is_not_at_its_end_goes_on() {
        for text in ["fn f() {", "f(1,", "let x =", "1 +", "\"abc", "/* a", "if a {\n  b\n", "[1,\n2", "match x {\n"] {
            assert!(read(text).is_unfinished, "{text}");
        }
        for text in ["fn f() {}", "f(1)", "let x = 1", "let = 2", "1 2", "", "x }", "\"a\"", "let x = )\nf("] {
            assert!(!read(text).is_unfinished, "{text}");
        }
    }

    #[test]
    fn declarations_have_names() {
        let reading = read("fn f() {}\nstruct P { x: int }\nimpl P {}\nlet a = 1");
        assert_eq!((reading.declared, reading.has_statements), (vec!["f".to_owned(), "P".to_owned()], true));
        assert!(!read("fn f() {}").has_statements);
    }
}
