//! Printing diagnostics, for people or as JSON.

use crate::failure::{Diagnostic, Excerpts};
use crate::output;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use clap::ValueEnum;
use std::io::IsTerminal;

/// How diagnostics are printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum MessageFormat {
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}

/// When to use colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Prints diagnostics to standard error.
pub struct Reporter {
    format: MessageFormat,
    renderer: Renderer,
}

impl Reporter {
    /// A reporter of these habits.
    pub fn new(format: MessageFormat, color: Color) -> Self {
        let color = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            }
        };
        Reporter { format, renderer: if color { Renderer::styled() } else { Renderer::plain() } }
    }

    /// Prints an error.
    pub fn print(&self, diagnostic: &Diagnostic) {
        match self.format {
            MessageFormat::Human => output::note(self.human(diagnostic)),
            MessageFormat::Json => output::note(json(diagnostic)),
        }
    }

    fn human(&self, diagnostic: &Diagnostic) -> String {
        if let Some(excerpts) = &diagnostic.vitte {
            return self.excerpts(diagnostic, excerpts);
        }
        let code = diagnostic.code.to_string();
        let file = diagnostic.file.as_deref().unwrap_or_default();
        let title = Level::ERROR.primary_title(diagnostic.message.as_str()).id(code);
        let mut group = if let (Some(source), Some((line, column))) = (&diagnostic.source, diagnostic.place.line) {
            let span = span_of(source, line, column);
            let snippet = Snippet::source(source.as_ref()).path(file).annotation(AnnotationKind::Primary.span(span));
            title.element(snippet)
        } else {
            let place = diagnostic.place.to_string();
            let origin = [file, &place].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ");
            let mut group = annotate_snippets::Group::with_title(title);
            if !origin.is_empty() {
                group = group.element(annotate_snippets::Origin::path(origin));
            }
            if let Some(context) = &diagnostic.context {
                group = group.element(Level::NOTE.message(context.as_str()));
            }
            group
        };
        if let Some(help) = &diagnostic.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        self.renderer.render(&[group])
    }
}

impl Reporter {
    /// A message about Vitte source.
    fn excerpts(&self, diagnostic: &Diagnostic, excerpts: &Excerpts) -> String {
        let level = if excerpts.is_warning { Level::WARNING } else { Level::ERROR };
        let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code.to_string());
        let mut group = annotate_snippets::Group::with_title(title);
        for excerpt in &excerpts.files {
            let marks = excerpt.marks.iter().map(|(range, label, is_main)| {
                let kind = if *is_main { AnnotationKind::Primary } else { AnnotationKind::Context };
                kind.span(range.clone()).label(label.as_deref())
            });
            let snippet = Snippet::source(&excerpt.source).line_start(excerpt.line).path(&excerpt.file);
            group = group.element(snippet.annotations(marks));
        }
        for note in &excerpts.notes {
            group = group.element(Level::NOTE.message(note.as_str()));
        }
        for fix in &excerpts.fixes {
            group = group.element(Level::HELP.message(fix.as_str()));
        }
        self.renderer.render(&[group])
    }
}

/// The bytes of the word at a position, both counted from 1.
fn span_of(source: &str, line: u32, column: u32) -> std::ops::Range<usize> {
    let start_of_line: usize = source.split_inclusive('\n').take(line as usize - 1).map(str::len).sum();
    let rest = &source[start_of_line.min(source.len())..];
    let text = rest.split('\n').next().unwrap_or_default();
    let offset = text.char_indices().nth(column.max(1) as usize - 1).map_or(text.len(), |(at, _)| at);
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let word = text[offset..].chars().take_while(|&c| is_word(c)).map(char::len_utf8).sum::<usize>();
    let first = text[offset..].chars().next().map_or(0, char::len_utf8);
    let start = start_of_line + offset;
    start..start + word.max(first)
}

fn json(diagnostic: &Diagnostic) -> serde_json::Value {
    let place = &diagnostic.place;
    serde_json::json!({
        "level": if diagnostic.vitte.as_ref().is_some_and(|vitte| vitte.is_warning) { "warning" } else { "error" },
        "code": diagnostic.code.to_string(),
        "message": diagnostic.message,
        "file": diagnostic.file,
        "line": place.line.map(|line| line.0),
        "column": place.line.map(|line| line.1),
        "offset": place.offset,
        "section": place.section,
        "function": place.function,
        "instruction": place.inst.map(|inst| inst.0),
        "mnemonic": place.inst.map(|inst| inst.1),
        "context": diagnostic.context,
        "help": diagnostic.help,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_cover_words() {
        assert_eq!(span_of("a b\nfoo bar\n", 2, 5), 8..11);
        assert_eq!(span_of("é = 1", 1, 3), 3..4);
        assert_eq!(span_of("x", 9, 9), 1..1);
    }
}
