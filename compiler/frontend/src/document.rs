//! Documentation: what a module gives to others, with its `///` comments, as Markdown.
//!
//! Public declarations come in the order of the source, the methods of a type with its `impl`. Signatures are shown as
//! the formatter lays them out.

use crate::ast::{Ast, Fn, Item, ItemKind};
use crate::diagnostic::{Diagnostic, Severity};
use crate::format::format;
use crate::lex::lex;
use crate::names::Names;
use crate::parse::parse;
use crate::source::Span;

struct Writer<'s> {
    source: &'s str,
    ast: Ast,
    names: Names,
    out: String,
}

/// The documentation of the module `name`.
///
/// # Errors
///
/// What keeps the source from being read; spans count from its first byte.
pub fn document(name: &str, source: &str) -> Result<String, Vec<Diagnostic>> {
    let (mut names, mut diagnostics) = (Names::default(), vec![]);
    let tokens = lex(source, 0, &mut names, &mut diagnostics);
    let ast = parse(tokens, &mut names, &mut diagnostics);
    diagnostics.retain(|diagnostic| diagnostic.severity == Severity::Error);
    if !diagnostics.is_empty() {
        return Err(diagnostics);
    }
    let mut writer = Writer { source, ast, names, out: format!("# {name}\n") };
    writer.introduction();
    let items = std::mem::take(&mut writer.ast.items);
    for item in &items {
        writer.item(item);
    }
    Ok(writer.out)
}

impl<'s> Writer<'s> {
    fn text(&self, span: Span) -> &'s str {
        &self.source[span.start as usize..span.end as usize]
    }

    /// The comment at the top of the file, if a blank line parts it from what follows.
    fn introduction(&mut self) {
        let lines: Vec<&str> = self.source.lines().take_while(|line| line.starts_with("//")).collect();
        let behind = self.source.lines().nth(lines.len()).unwrap_or_default();
        if behind.trim().is_empty() {
            self.comment(&lines);
        }
    }

    fn comment(&mut self, lines: &[&str]) {
        if lines.is_empty() {
            return;
        }
        self.out.push('\n');
        for line in lines {
            let text = line.trim().trim_start_matches('/');
            self.out.push_str(text.strip_prefix(' ').unwrap_or(text).trim_end());
            self.out.push('\n');
        }
    }

    /// The `///` lines above the line that begins with what stands at `offset`.
    fn comment_above(&mut self, offset: u32) {
        let before = &self.source[..offset as usize];
        let line = before.rfind('\n').map_or(0, |at| at + 1);
        if !["", "pub"].contains(&before[line..].trim()) {
            return;
        }
        let mut lines: Vec<&str> =
            before[..line].lines().rev().take_while(|line| line.trim_start().starts_with("///")).collect();
        lines.reverse();
        self.comment(&lines);
    }

    /// A heading, what it is in the words of the source, and the comment above it.
    fn entry(&mut self, level: usize, title: &str, code: &str, offset: u32) {
        self.out.push_str(&format!("\n{} {title}\n\n```vitte\n{}\n```\n", "#".repeat(level), code.trim_end()));
        self.comment_above(offset);
    }

    fn item(&mut self, item: &Item) {
        let start = item.span.start;
        let is_for_all = item.public || matches!(item.kind, ItemKind::Impl { .. });
        if !is_for_all {
            return;
        }
        let whole = self.text(item.span);
        let laid_out = || format(whole).unwrap_or_else(|_| whole.to_owned());
        match &item.kind {
            ItemKind::Const { name, .. } => {
                self.entry(2, self.names.text(name.name).to_owned().as_str(), &laid_out(), start)
            }
            ItemKind::Struct { name, .. } | ItemKind::Enum { name, .. } => {
                let title = self.names.text(name.name).to_owned();
                self.entry(2, &title, &laid_out(), start);
            }
            ItemKind::Fn(function) => self.function(2, function, start),
            ItemKind::Extern { function, .. } => self.function(2, function, start),
            ItemKind::Trait { name, methods, .. } => {
                let title = self.names.text(name.name).to_owned();
                let head = whole.split('{').next().unwrap_or_default();
                self.entry(2, &title, head, start);
                methods.iter().for_each(|method| self.function(3, method, method.span.start));
            }
            ItemKind::Impl { of: None, ty, methods, .. } => {
                self.out.push_str(&format!("\n## Methods of `{}`\n", self.text(self.ast[*ty].span)));
                methods.iter().for_each(|method| self.function(3, method, method.span.start));
            }
            ItemKind::Impl { of: Some(_), .. } | ItemKind::Import { .. } | ItemKind::Test { .. } => {}
        }
    }

    fn function(&mut self, level: usize, function: &Fn, start: u32) {
        let title = self.names.text(function.name.name).to_owned();
        let signature = self.text(function.span).split_whitespace().collect::<Vec<_>>().join(" ");
        self.entry(level, &title, &signature, start);
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn public_things_are_documented() {
        let source = "// Shapes.\n\nimport math\n\n/// A place.\n/// On the plane.\npub struct Point{x:int,y:int=0}\n\n\
            impl Point {\n    /// Its distance.\n    fn len(self,\n        from: Point) -> float { 0.0 }\n}\n\n\
            /// Hidden.\nfn private() {}\n\npub fn plain(x: int) -> int { x }\n\
            /// What has an area.\npub trait Area { fn area(self) -> float }\n";
        let wanted = "# shapes\n\nShapes.\n\n## Point\n\n```vitte\npub struct Point { x: int, y: int = 0 }\n```\n\n\
            A place.\nOn the plane.\n\n## Methods of `Point`\n\n### len\n\n\
            ```vitte\nfn len(self, from: Point) -> float\n```\n\nIts distance.\n\n\
            ## plain\n\n```vitte\nfn plain(x: int) -> int\n```\n\n\
            ## Area\n\n```vitte\npub trait Area\n```\n\nWhat has an area.\n\n### area\n\n```vitte\nfn area(self) -> float\n```\n";
        assert_eq!(super::document("shapes", source).as_deref(), Ok(wanted));
        assert!(super::document("x", "fn (").is_err());
    }
}
