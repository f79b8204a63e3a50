//! Documentation: what a module gives to others, with its `///` comments.
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

/// The documentation of a module. Comments are Markdown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
    /// The module's name.
    pub name: String,
    /// The comment at the top of the file.
    pub introduction: String,
    /// What it declares.
    pub entries: Vec<Entry>,
}

/// Something that a module declares, or a heading over methods.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// 2 for a declaration, 3 for a part of one.
    pub level: usize,
    /// Its name.
    pub title: String,
    /// Its name within the page, which no other entry has: `Point.len`.
    pub anchor: String,
    /// The declaration without its body; empty for a heading.
    pub signature: String,
    /// The `///` lines above it.
    pub comment: String,
}

impl Page {
    /// As Markdown.
    pub fn to_markdown(&self) -> String {
        let mut out = format!("# {}\n", self.name);
        let mut paragraph = |text: &str| {
            if !text.is_empty() {
                out.push_str(&format!("\n{text}\n"));
            }
        };
        paragraph(&self.introduction);
        for entry in &self.entries {
            paragraph(&format!("{} {}", "#".repeat(entry.level), entry.title));
            if !entry.signature.is_empty() {
                paragraph(&format!("```vitte\n{}\n```", entry.signature));
            }
            paragraph(&entry.comment);
        }
        out
    }
}

struct Writer<'s> {
    source: &'s str,
    ast: Ast,
    names: Names,
    /// The type whose methods are written.
    owner: String,
    page: Page,
}

/// The documentation of the module `name`.
///
/// # Errors
///
/// What keeps the source from being read; spans count from its first byte.
pub fn document(name: &str, source: &str) -> Result<Page, Vec<Diagnostic>> {
    let (mut names, mut diagnostics) = (Names::default(), vec![]);
    let tokens = lex(source, 0, &mut names, &mut diagnostics);
    let ast = parse(tokens, &mut names, &mut diagnostics);
    diagnostics.retain(|diagnostic| diagnostic.severity == Severity::Error);
    if !diagnostics.is_empty() {
        return Err(diagnostics);
    }
    let page = Page { name: name.to_owned(), introduction: introduction(source), entries: vec![] };
    let mut writer = Writer { source, ast, names, owner: String::new(), page };
    let items = std::mem::take(&mut writer.ast.items);
    for item in &items {
        writer.item(item, &items);
    }
    Ok(writer.page)
}

/// The comment at the top of the file, if a blank line parts it from what follows.
fn introduction(source: &str) -> String {
    let lines: Vec<&str> = source.lines().take_while(|line| line.starts_with("//")).collect();
    let behind = source.lines().nth(lines.len()).unwrap_or_default();
    if behind.trim().is_empty() { comment(&lines) } else { String::new() }
}

/// Comment lines without their slashes.
fn comment(lines: &[&str]) -> String {
    let plain = |line: &&str| {
        let text = line.trim().trim_start_matches('/');
        text.strip_prefix(' ').unwrap_or(text).trim_end().to_owned()
    };
    lines.iter().map(plain).collect::<Vec<_>>().join("\n")
}

impl<'s> Writer<'s> {
    fn text(&self, span: Span) -> &'s str {
        &self.source[span.start as usize..span.end as usize]
    }

    /// A name, what it is in the words of the source, and the comment above it.
    fn entry(&mut self, level: usize, title: &str, signature: &str, offset: u32) {
        let whole = if level == 3 { format!("{}.{title}", self.owner) } else { title.to_owned() };
        let is_taken = |anchor: &str, page: &Page| page.entries.iter().any(|entry| entry.anchor == anchor);
        let mut anchor = whole.clone();
        for number in 2.. {
            if !is_taken(&anchor, &self.page) {
                break;
            }
            anchor = format!("{whole}-{number}");
        }
        let (signature, comment) = (signature.trim_end().to_owned(), comment_above(self.source, offset));
        self.page.entries.push(Entry { level, title: title.to_owned(), anchor, signature, comment });
    }

    /// Whether a type of this name is declared here, but not for others.
    fn is_private(&self, name: &str, items: &[Item]) -> bool {
        items.iter().any(|item| match &item.kind {
            ItemKind::Struct { name: own, .. } | ItemKind::Enum { name: own, .. } => {
                !item.public && self.names.text(own.name) == name
            }
            _ => false,
        })
    }

    fn item(&mut self, item: &Item, items: &[Item]) {
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
                self.owner = title;
                methods.iter().for_each(|method| self.function(3, method, method.span.start));
            }
            ItemKind::Impl { of: None, ty, methods, .. } => {
                self.owner = self.text(self.ast[*ty].span).to_owned();
                if self.is_private(self.owner.split('[').next().unwrap_or_default(), items) {
                    return;
                }
                let title = format!("Methods of `{}`", self.owner);
                self.entry(2, &title, "", start);
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

/// The `///` lines above the line that begins with what stands at `offset`.
pub(crate) fn comment_above(source: &str, offset: u32) -> String {
    let before = &source[..offset as usize];
    let line = before.rfind('\n').map_or(0, |at| at + 1);
    let mark = before[line..].trim();
    if !mark.is_empty() && mark != "pub" {
        return String::new();
    }
    let mut lines: Vec<&str> =
        before[..line].lines().rev().take_while(|line| line.trim_start().starts_with("///")).collect();
    lines.reverse();
    comment(&lines)
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
        let page = super::document("shapes", source).unwrap();
        assert_eq!(page.to_markdown(), wanted);
        let anchors: Vec<&str> = page.entries.iter().map(|entry| entry.anchor.as_str()).collect();
        assert_eq!(anchors, ["Point", "Methods of `Point`", "Point.len", "plain", "Area", "Area.area"]);
        assert!(super::document("x", "fn (").is_err());
    }

    #[test]
    fn the_whole_library_is_documented() {
        for name in crate::stdlib::names() {
            let page = super::document(name, crate::stdlib::source(name).unwrap()).unwrap();
            assert!(!page.introduction.is_empty(), "{name}");
            for entry in page.entries.iter().filter(|entry| !entry.signature.is_empty()) {
                assert!(!entry.comment.is_empty(), "{name}: {} has no `///`", entry.anchor);
            }
        }
    }
}
