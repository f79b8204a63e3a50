//! What an editor asks about a file: what stands at a place, where it is declared, what could follow a dot.

mod calls;
mod uses;

pub use calls::{call_around, params_of};
pub use uses::{Short, Use, Uses, is_name};

use crate::ast::{Ast, Fn, ItemKind};
use crate::body::NodeKind;
use crate::check::{Session, builtin_names};
use crate::compile::{Options, with_checked};
use crate::diagnostic::Diagnostic;
use crate::document::comment_above;
use crate::lex::lex;
use crate::names::Names;
use crate::parse::parse;
use crate::program::{Def, FuncId, Head, ModuleId, Source};
use crate::source::{SourceFile, SourceLoader, Sources, Span};
use crate::types::{AdtId, Kind, Ty};

/// A checked program, as an editor sees it.
#[derive(Debug)]
pub struct Analysis {
    /// What there is to say.
    pub diagnostics: Vec<Diagnostic>,
    /// All source files.
    pub sources: Sources,
    /// What is known of places in the main file.
    marks: Vec<Mark>,
    /// What its names stand for wherever nothing more is known.
    names: Vec<(String, Mark)>,
}

/// What is known of a place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mark {
    /// Where it stands.
    pub span: Span,
    /// What it is, in a line or a few: a signature, or a name and its type.
    pub signature: String,
    /// The `///` lines of its declaration, which are Markdown.
    pub comment: String,
    /// The name where it is declared.
    pub declaration: Option<Span>,
}

/// A declaration of a file, with those inside it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Symbol {
    /// Its name.
    pub name: String,
    /// What it is: `function`, `struct`, `enum`, `variant`, `field`, `trait`, `impl`, `method`, `const` or `test`.
    pub kind: &'static str,
    /// All of it; counts from the first byte of the file.
    pub span: Span,
    /// What is declared in it.
    pub children: Vec<Symbol>,
}

/// Checks a file and what it imports. It need not be a program.
pub fn analyze(loader: &mut dyn SourceLoader, main: &SourceFile) -> Analysis {
    let options = Options { library: true, check: true, ..Options::default() };
    let made = with_checked(loader, main, &options, |session, main| (marks(session, main), names(session, main)));
    let (found, mut diagnostics, sources) = made;
    diagnostics.sort_by_key(|diagnostic| (diagnostic.severity, diagnostic.span));
    diagnostics.dedup();
    let (marks, names) = found.unwrap_or_default();
    Analysis { diagnostics, sources, marks, names }
}

impl Analysis {
    /// What stands at a byte of the file `name`, which is the main one.
    pub fn at(&self, name: &str, offset: usize) -> Option<Mark> {
        let (base, text) = self.sources.file_named(name)?;
        let at = base + offset as u32;
        let is_there = |mark: &&Mark| mark.span.start <= at && at < mark.span.end.max(mark.span.start + 1);
        let size = |mark: &&Mark| (mark.span.end - mark.span.start, mark.declaration.is_none());
        let narrowest = self.marks.iter().filter(is_there).min_by_key(size).cloned();
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let start = text.get(..offset)?.rfind(|c| !is_word(c)).map_or(0, |at| at + 1);
        let end = text[offset..].find(|c| !is_word(c)).map_or(text.len(), |len| offset + len);
        let named = self.names.iter().find(|(name, _)| *name == text[start..end]);
        let span = Span { start: base + start as u32, end: base + end as u32 };
        match (narrowest, named) {
            (Some(mark), None) => Some(mark),
            // A name alone says more than what it is part of.
            (Some(mark), Some(_)) if mark.span.end - mark.span.start <= (end - start) as u32 => Some(mark),
            (_, Some((_, mark))) => Some(Mark { span, ..mark.clone() }),
            (None, None) => None,
        }
    }
}

/// The names that could follow the dot at a byte of a file: fields and methods of the value before it.
pub fn completions(loader: &mut dyn SourceLoader, main: &SourceFile, dot: usize) -> Vec<(String, String)> {
    // A call that everything allows stands for what is yet to be typed, so that the file can be read.
    let Some((before, after)) = main.text.split_at_checked(dot) else { return vec![] };
    let rest = after[1..].trim_start_matches(|c: char| c.is_alphanumeric() || c == '_');
    let text = format!("{before}.to_str(){}", rest.strip_prefix("()").unwrap_or(rest));
    let options = Options { library: true, check: true, ..Options::default() };
    let file = SourceFile { name: main.name.clone(), text };
    let made = with_checked(loader, &file, &options, |session, main| {
        let at = session.program.sources.base(session.program.module(main).file) + dot as u32;
        let ty = type_before(session, main, at)?;
        Some(members(session, ty))
    });
    made.0.flatten().unwrap_or_default()
}

/// The type of the largest expression that ends at `at`.
fn type_before(session: &mut Session<'_>, main: ModuleId, at: u32) -> Option<Ty> {
    let mut best: Option<(u32, Ty)> = None;
    for func in functions(session, main) {
        let body = session.body(func);
        for node in body.nodes.iter().filter(|node| node.span.end == at && node.ty != Ty::ERROR) {
            if best.is_none_or(|(start, _)| node.span.start < start) {
                best = Some((node.span.start, node.ty));
            }
        }
    }
    best.map(|(_, ty)| ty)
}

/// Fields and methods of a type, with their signatures.
fn members(session: &mut Session<'_>, ty: Ty) -> Vec<(String, String)> {
    let mut found = vec![];
    if let Kind::Adt(id, args) = session.program.types.kind(ty)
        && !session.program.adt(id).is_enum
    {
        let args: Vec<Ty> = session.program.types.list(args).to_vec();
        let fields: Vec<_> = session.program.adt(id).variants[0].fields.clone();
        for field in fields {
            let Some(name) = field.name else { continue };
            let field_ty = session.program.types.subst(field.ty, &args);
            let (name, shown) = (session.program.text(name).to_owned(), session.program.show(field_ty));
            found.push((name.clone(), format!("{name}: {shown}")));
        }
    }
    let head = session.program.head(ty);
    let methods = session.program.methods.iter().filter(|((of, _), _)| Some(*of) == head || *of == Head::All);
    let mut methods: Vec<FuncId> = methods.flat_map(|(_, funcs)| funcs.iter().copied()).collect();
    methods.sort_unstable();
    for func in methods.into_iter().filter(|&func| session.program.func(func).receiver) {
        let name = session.program.text(session.program.func(func).name).to_owned();
        found.push((name, signature(session, func).0));
    }
    let builtin = builtin_names(&session.program, ty).into_iter().map(|name| (name.to_owned(), String::new()));
    found.extend(builtin);
    found.sort();
    found.dedup_by(|a, b| a.0 == b.0);
    found
}

/// The functions of a module that have bodies.
fn functions(session: &Session<'_>, main: ModuleId) -> Vec<FuncId> {
    let has_body = |func: &FuncId| {
        let data = session.program.func(*func);
        data.module == main && !matches!(data.source, Source::Required | Source::Native(_) | Source::Extern { .. })
    };
    (0..session.program.funcs.len() as u32).map(FuncId).filter(has_body).collect()
}

fn marks(session: &mut Session<'_>, main: ModuleId) -> Vec<Mark> {
    let mut marks = vec![];
    for func in functions(session, main) {
        let body = session.body(func);
        for local in &body.locals {
            let (name, shown) = (session.program.text(local.name), session.program.show(local.ty));
            if name != "_" {
                let signature = format!("{name}: {shown}");
                let declaration = Some(local.span);
                marks.push(Mark { span: local.span, signature, comment: String::new(), declaration });
            }
        }
        for node in &body.nodes {
            let plain = || (String::new(), String::new(), None);
            let (signature, comment, declaration) = match node.kind {
                NodeKind::Error => continue,
                NodeKind::Local(id) => {
                    let local = body.local(id);
                    let name = session.program.text(local.name).to_owned();
                    match name == "_" {
                        true => continue,
                        false => {
                            let shown = session.program.show(node.ty);
                            (format!("{name}: {shown}"), String::new(), Some(local.span))
                        }
                    }
                }
                NodeKind::FuncRef { func, .. } | NodeKind::Call { func, .. } => of_function(session, func),
                NodeKind::CallTrait { method, .. } | NodeKind::CallDyn { method, .. } => of_function(session, method),
                NodeKind::Const(id) => {
                    let constant = session.program.constant(id);
                    let (name, span) = (session.program.text(constant.name).to_owned(), constant.span);
                    let signature = format!("const {name}: {}", session.program.show(node.ty));
                    (signature, comment_at(session, span, "const"), Some(span))
                }
                NodeKind::New { .. } => match session.program.types.kind(node.ty) {
                    Kind::Adt(id, _) => of_type(session, id),
                    _ => plain(),
                },
                _ => plain(),
            };
            let signature = if signature.is_empty() { session.program.show(node.ty) } else { signature };
            marks.push(Mark { span: node.span, signature, comment, declaration });
        }
    }
    marks
}

type Known = (String, String, Option<Span>);

fn of_function(session: &Session<'_>, func: FuncId) -> Known {
    let (signature, comment) = signature(session, func);
    (signature, comment, Some(session.program.func(func).span))
}

fn of_type(session: &Session<'_>, id: AdtId) -> Known {
    let adt = session.program.adt(id);
    let item = &session.asts[adt.module.0 as usize].items[adt.item as usize];
    let text = session.program.sources.text(item.span);
    (text.to_owned(), comment_at(session, item.span, ""), Some(adt.span))
}

/// How a function is declared, and the comment above it.
fn signature(session: &Session<'_>, func: FuncId) -> (String, String) {
    let data = session.program.func(func);
    let ast = &session.asts[data.module.0 as usize];
    let function: Option<&Fn> = match (ast.items.get(data.item as usize).map(|item| &item.kind), data.source) {
        (Some(ItemKind::Fn(function) | ItemKind::Extern { function, .. }), _) => Some(function),
        (Some(ItemKind::Impl { methods, .. } | ItemKind::Trait { methods, .. }), _) => {
            methods.iter().find(|method| method.name.span == data.span)
        }
        _ => None,
    };
    match function {
        Some(function) => {
            let text = session.program.sources.text(function.span);
            (text.split_whitespace().collect::<Vec<_>>().join(" "), comment_at(session, function.span, ""))
        }
        None => (data.full_name.clone(), String::new()),
    }
}

/// The `///` lines above a declaration, which begins with `word` if its span is that of the name behind it.
fn comment_at(session: &Session<'_>, span: Span, word: &str) -> String {
    let (file, range) = session.program.sources.locate(span);
    let line = file.text[..range.start].rfind('\n').map_or(0, |at| at + 1);
    let start = match word {
        "" => range.start,
        _ => file.text[line..range.start].find(word).map_or(range.start, |at| line + at),
    };
    comment_above(&file.text, start as u32)
}

/// What the names of a module's items stand for.
fn names(session: &mut Session<'_>, main: ModuleId) -> Vec<(String, Mark)> {
    let items: Vec<_> = session.program.module(main).items.iter().map(|(&name, entry)| (name, *entry)).collect();
    let mut names = vec![];
    for (name, entry) in items {
        let (signature, comment, declaration) = match entry.def {
            Def::Adt(id) => of_type(session, id),
            Def::Func(id) => of_function(session, id),
            Def::Trait(id) => {
                let item = session.program.trait_data(id).item;
                let span = session.asts[main.0 as usize].items[item as usize].span;
                let text = session.program.sources.text(span).to_owned();
                (text, comment_at(session, span, ""), Some(entry.span))
            }
            Def::Const(_) | Def::Module(_) => continue,
        };
        let mark = Mark { span: entry.span, signature, comment, declaration };
        names.push((session.program.text(name).to_owned(), mark));
    }
    names
}

/// The declarations of a file, as far as it can be read.
pub fn symbols(source: &str) -> Vec<Symbol> {
    let mut names = Names::default();
    let tokens = lex(source, 0, &mut names, &mut vec![]);
    let ast = parse(tokens, &mut names, &mut vec![]);
    ast.items.iter().filter_map(|item| symbol(&ast, &names, source, &item.kind, item.span)).collect()
}

fn symbol(ast: &Ast, names: &Names, source: &str, kind: &ItemKind, span: Span) -> Option<Symbol> {
    let leaf = |name: &crate::ast::Ident, kind, span| Symbol {
        name: names.text(name.name).to_owned(),
        kind,
        span,
        children: vec![],
    };
    let methods = |all: &[Fn]| all.iter().map(|method| leaf(&method.name, "method", method.span)).collect();
    Some(match kind {
        ItemKind::Import { .. } => return None,
        ItemKind::Const { name, .. } => leaf(name, "const", span),
        ItemKind::Struct { name, fields, .. } => {
            let named = fields.iter().filter_map(|field| field.name);
            let children = named.map(|name| leaf(&name, "field", name.span)).collect();
            Symbol { children, ..leaf(name, "struct", span) }
        }
        ItemKind::Enum { name, variants, .. } => {
            let children = variants.iter().map(|variant| leaf(&variant.name, "variant", variant.name.span)).collect();
            Symbol { children, ..leaf(name, "enum", span) }
        }
        ItemKind::Trait { name, methods: all, .. } => Symbol { children: methods(all), ..leaf(name, "trait", span) },
        ItemKind::Impl { ty, of, methods: all, .. } => {
            let text = |id: crate::ast::TypeId| &source[ast[id].span.start as usize..ast[id].span.end as usize];
            let name = match of {
                Some(of) => format!("impl {} for {}", text(*of), text(*ty)),
                None => format!("impl {}", text(*ty)),
            };
            Symbol { name, kind: "impl", span, children: methods(all) }
        }
        ItemKind::Fn(function) | ItemKind::Extern { function, .. } => leaf(&function.name, "function", span),
        ItemKind::Test { name, .. } => {
            Symbol { name: names.text(*name).to_owned(), kind: "test", span, children: vec![] }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::NoModules;

    const TEXT: &str = "/// A place.\nstruct Point { x: int, y: int }\nimpl Point {\n    /// How far.\n    \
        fn far(self, by: int) -> int { self.x + by }\n}\n/// Much.\nconst LIMIT: int = 3\n\
        fn f(p: Point) -> [int] {\n    let total = p.far(LIMIT)\n    [total]\n}\nprint(f(Point { x: 1, y: 2 }))\n";

    fn file() -> SourceFile {
        SourceFile { name: "a.vit".to_owned(), text: TEXT.to_owned() }
    }

    #[test]
    fn places_are_explained() {
        let analysis = analyze(&mut NoModules, &file());
        assert_eq!(analysis.diagnostics, []);
        let at = |word: &str| analysis.at("a.vit", TEXT.rfind(word).unwrap() + 1).unwrap();
        let declared = |mark: &Mark| analysis.sources.position(mark.declaration.unwrap().start).line;
        let mark = at("total]");
        assert_eq!((mark.signature.as_str(), declared(&mark)), ("total: int", 10));
        let mark = at("far(LIMIT");
        assert_eq!((mark.signature.as_str(), declared(&mark)), ("fn far(self, by: int) -> int", 5));
        assert_eq!(mark.comment, "How far.");
        let mark = at("LIMIT)");
        assert_eq!((mark.signature.as_str(), mark.comment.as_str(), declared(&mark)), ("const LIMIT: int", "Much.", 8));
        let mark = at("Point) ->");
        assert_eq!((mark.comment.as_str(), declared(&mark)), ("A place.", 2));
        let mark = at("Point { x: 1");
        assert_eq!((mark.comment.as_str(), declared(&mark)), ("A place.", 2));
        assert!(analysis.at("a.vit", TEXT.len()).is_none());
    }

    #[test]
    fn members_are_listed() {
        let dot = TEXT.find(".far(").unwrap();
        let names = |dot, text: &str| {
            let file = SourceFile { name: "a.vit".to_owned(), text: text.to_owned() };
            completions(&mut NoModules, &file, dot).into_iter().map(|found| found.0).collect::<Vec<_>>()
        };
        assert_eq!(names(dot, TEXT), ["far", "to_str", "x", "y"]);
        let broken = "let xs = [1]\nxs.\nprint(xs)\n";
        let found = names(broken.find('.').unwrap(), broken);
        assert!(["len", "map", "push", "sort"].iter().all(|name| found.iter().any(|found| found == name)), "{found:?}");
    }

    #[test]
    fn declarations_are_listed() {
        let shown: Vec<String> = symbols(TEXT)
            .iter()
            .map(|symbol| format!("{} {} {}", symbol.kind, symbol.name, symbol.children.len()))
            .collect();
        assert_eq!(shown, ["struct Point 2", "impl impl Point 1", "const LIMIT 0", "function f 0"]);
    }
}
