//! Where the names of a program stand, and what each of them means: for references and renaming.

use crate::ast::{Ast, ExprId, ExprKind, Fn, Generic, Ident, ItemKind, PatKind, TypeKind};
use crate::body::{self, Body, NodeKind};
use crate::check::Session;
use crate::compile::{Options, with_checked};
use crate::diagnostic::Severity;
use crate::lex::{Tok, lex};
use crate::names::{Name, Names, kw};
use crate::program::{Def, FuncId, ModuleId, Parent, Source};
use crate::source::{SourceFile, SourceLoader, Sources, Span};
use crate::types::{AdtId, Kind};
use rustc_hash::{FxHashMap, FxHashSet};
use std::rc::Rc;

/// A name in the source that stands for something declared.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Use {
    /// The name.
    pub span: Span,
    /// Which it is of a field and a variable that are both named here, as by `x` in `Point { x }`.
    pub short: Option<Short>,
    /// The name where it is declared; of a method that a trait demands, in the trait.
    pub declaration: Span,
}

/// The uses of the names in a program.
#[derive(Debug)]
pub struct Uses {
    /// All source files.
    pub sources: Sources,
    /// In the order in which they stand.
    pub all: Vec<Use>,
    /// How many errors the program has.
    pub n_errors: usize,
}

impl Uses {
    /// Finds the uses in a file and the modules that it imports, without those of the library.
    pub fn new(loader: &mut dyn SourceLoader, main: &SourceFile) -> Uses {
        let options = Options { library: true, check: true, ..Options::default() };
        let (found, diagnostics, sources) = with_checked(loader, main, &options, |session, _| uses(session));
        let n_errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count();
        Uses { sources, all: found.unwrap_or_default(), n_errors }
    }

    /// What the name at a byte of a file stands for.
    pub fn declaration_at(&self, file: &str, offset: usize) -> Option<Span> {
        let (base, _) = self.sources.file_named(file)?;
        let at = base + offset as u32;
        self.all.iter().find(|one| one.span.start <= at && at <= one.span.end).map(|one| one.declaration)
    }

    /// What stands for what, whatever the names are: for each use, which of the uses is its declaration, or where it is
    /// in the library.
    pub fn shape(&self) -> Vec<(usize, Option<String>)> {
        let mut declared: FxHashMap<Span, usize> = FxHashMap::default();
        for (position, one) in self.all.iter().enumerate().filter(|(_, one)| one.span == one.declaration) {
            declared.entry(one.span).or_insert(position);
        }
        let of_library = |one: &Use| {
            let (file, range) = self.sources.locate(one.declaration);
            (range.start, Some(file.name.clone()))
        };
        let shape = self.all.iter().map(|one| match declared.get(&one.declaration) {
            Some(&position) => (position, None),
            None => of_library(one),
        });
        shape.collect()
    }
}

/// Whether a text can be a name.
pub fn is_name(text: &str) -> bool {
    let mut names = Names::default();
    let mut diagnostics = vec![];
    let tokens = lex(text, 0, &mut names, &mut diagnostics).tokens;
    diagnostics.is_empty() && tokens.len() == 2 && tokens[0].tok == Tok::Name && tokens[0].end as usize == text.len()
}

/// Which of the two a name is that stands for a field and a variable at once.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Short {
    /// The field.
    Field,
    /// The variable.
    Variable,
}

/// The uses in all modules but those of the library, in order.
pub(super) fn uses(session: &mut Session<'_>) -> Vec<Use> {
    let n_modules = session.asts.len() as u32;
    let own = (0..n_modules).map(ModuleId).filter(|&module| !session.program.module(module).is_std);
    let mut found = vec![];
    for module in own.collect::<Vec<_>>() {
        let funcs = super::functions(session, module);
        let bodies = funcs.into_iter().map(|func| session.body(func)).collect();
        let mut finder = Finder { session, module, places: FxHashMap::default(), bodies, found: &mut found };
        finder.index();
        finder.declared();
        finder.locals();
        finder.exprs();
        finder.pats();
        finder.types();
    }
    let is_short = |one: &&Use| one.short.is_some();
    let short: FxHashSet<Span> = found.iter().filter(is_short).map(|one| one.span).collect();
    for one in found.iter_mut().filter(|one| one.short.is_none() && short.contains(&one.span)) {
        one.short = Some(Short::Variable);
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// What a typed tree has at a place of the source.
#[derive(Default)]
struct Place {
    nodes: Vec<(usize, body::NodeId)>,
    pats: Vec<(usize, body::PatId)>,
}

struct Finder<'s, 'p> {
    session: &'s mut Session<'p>,
    module: ModuleId,
    bodies: Vec<Rc<Body>>,
    places: FxHashMap<Span, Place>,
    found: &'s mut Vec<Use>,
}

impl<'p> Finder<'_, 'p> {
    fn ast(&self) -> &'p Ast {
        &self.session.asts[self.module.0 as usize]
    }

    fn add(&mut self, span: Span, declaration: Option<Span>) {
        if let Some(declaration) = declaration {
            self.found.push(Use { span, declaration, short: None });
        }
    }

    fn index(&mut self) {
        for (position, body) in self.bodies.iter().enumerate() {
            for (id, node) in body.nodes.iter().enumerate() {
                let place = self.places.entry(node.span).or_default();
                place.nodes.push((position, body::NodeId(id as u32)));
            }
            for (id, pat) in body.pats.iter().enumerate() {
                let place = self.places.entry(pat.span).or_default();
                place.pats.push((position, body::PatId(id as u32)));
            }
        }
    }

    /// What the first node at a place of which `f` knows it stands for.
    fn node_at(&self, span: Span, f: impl std::ops::Fn(&Self, &Body, &body::Node) -> Option<Span>) -> Option<Span> {
        let place = self.places.get(&span)?;
        place.nodes.iter().find_map(|&(at, id)| f(self, &self.bodies[at], self.bodies[at].node(id)))
    }

    /// The variant or struct that a pattern at a place is for.
    fn pat_at(&self, span: Span) -> Option<(AdtId, u32)> {
        let place = self.places.get(&span)?;
        place.pats.iter().find_map(|&(at, id)| {
            let pat = self.bodies[at].pat(id);
            match (&pat.kind, self.session.program.types.kind(pat.ty)) {
                (body::PatKind::Variant { variant, .. }, Kind::Adt(adt, _)) => Some((adt, *variant)),
                _ => None,
            }
        })
    }

    /// The names of declarations.
    fn declared(&mut self) {
        let ast = self.ast();
        for item in &ast.items {
            let mut names: Vec<Ident> = vec![];
            let generics = |names: &mut Vec<Ident>, all: &[Generic]| names.extend(all.iter().map(|one| one.name));
            match &item.kind {
                ItemKind::Import { .. } | ItemKind::Test { .. } => {}
                ItemKind::Const { name, .. } => names.push(*name),
                ItemKind::Struct { name, generics: params, fields, .. } => {
                    names.push(*name);
                    generics(&mut names, params);
                    names.extend(fields.iter().filter_map(|field| field.name));
                }
                ItemKind::Enum { name, generics: params, variants } => {
                    names.push(*name);
                    generics(&mut names, params);
                    for variant in variants {
                        names.push(variant.name);
                        names.extend(variant.fields.iter().filter_map(|field| field.name));
                    }
                }
                ItemKind::Trait { name, generics: params, methods } => {
                    names.push(*name);
                    generics(&mut names, params);
                    for method in methods {
                        names.push(method.name);
                        generics(&mut names, &method.generics);
                    }
                }
                ItemKind::Impl { generics: params, methods, .. } => {
                    generics(&mut names, params);
                    methods.iter().for_each(|method| generics(&mut names, &method.generics));
                }
                ItemKind::Fn(function) | ItemKind::Extern { function, .. } => {
                    names.push(function.name);
                    generics(&mut names, &function.generics);
                }
            }
            names.into_iter().for_each(|name| self.add(name.span, Some(name.span)));
        }
        let funcs = (0..self.session.program.funcs.len() as u32).map(FuncId);
        for func in funcs.collect::<Vec<_>>() {
            let data = self.session.program.func(func);
            if data.module == self.module && matches!(data.parent, Parent::Impl(_)) {
                let span = data.span;
                self.add(span, self.of_function(func));
            }
        }
    }

    fn locals(&mut self) {
        let mut spans = vec![];
        for local in self.bodies.iter().flat_map(|body| &body.locals) {
            spans.extend(self.of_local(local));
        }
        spans.into_iter().for_each(|span| self.add(span, Some(span)));
    }

    /// The name in the declaration of a variable, as in `mut name` or `name @ pattern`.
    fn of_local(&self, local: &body::Local) -> Option<Span> {
        let (name, text) = (self.session.program.text(local.name), self.session.program.sources.text(local.span));
        let len = name.len() as u32;
        match local.name {
            kw::SELF => None,
            _ if text.ends_with(name) => Some(Span { start: local.span.end - len, ..local.span }),
            _ if text.starts_with(name) => Some(Span { end: local.span.start + len, ..local.span }),
            _ => None,
        }
    }

    fn exprs(&mut self) {
        let ast = self.ast();
        let (exprs, _, _) = ast.nodes();
        for expr in exprs {
            match &expr.kind {
                ExprKind::Name(name) => {
                    let value = self.node_at(expr.span, Self::value);
                    let meant = value.or_else(|| self.item(*name, expr.span));
                    self.add(expr.span, meant);
                }
                ExprKind::Field(base, name) | ExprKind::OptField(base, name) => {
                    let meant = self.node_at(expr.span, Self::member);
                    let meant = meant.or_else(|| match ast[*base].kind {
                        ExprKind::Name(module) => self.imported(module, name.name),
                        _ => None,
                    });
                    self.add(name.span, meant);
                }
                ExprKind::Call(callee, _) => self.callee(*callee, expr.span),
                ExprKind::Struct { path, fields } => self.made(*path, fields, expr.span),
                _ => {}
            }
        }
    }

    /// What a name alone is.
    fn value(&self, body: &Body, node: &body::Node) -> Option<Span> {
        match node.kind {
            NodeKind::Local(local) => self.of_local(body.local(local)),
            _ => self.member(body, node),
        }
    }

    /// What the last name of a path or the name behind a dot is.
    fn member(&self, body: &Body, node: &body::Node) -> Option<Span> {
        let types = &self.session.program.types;
        match node.kind {
            NodeKind::Const(id) => Some(self.session.program.constant(id).span),
            NodeKind::FuncRef { func, .. } | NodeKind::Callback { func, .. } => self.of_function(func),
            NodeKind::Call { func, .. } => self.of_function(func),
            NodeKind::CallTrait { method, .. } | NodeKind::CallDyn { method, .. } => self.of_function(method),
            NodeKind::Field { base, field } => match types.kind(body.node(base).ty) {
                Kind::Adt(id, _) => self.field(id, 0, field),
                _ => None,
            },
            NodeKind::New { variant, .. } => match types.kind(node.ty) {
                Kind::Adt(id, _) => self.variant(id, variant),
                _ => None,
            },
            _ => None,
        }
    }

    /// The name that is called.
    fn callee(&mut self, callee: ExprId, call: Span) {
        let callee = &self.ast()[callee];
        let name = match &callee.kind {
            ExprKind::Name(_) => callee.span,
            ExprKind::Field(_, name) | ExprKind::OptField(_, name) => name.span,
            ExprKind::Index(base, _) => return self.callee(*base, call),
            _ => return,
        };
        let called = |finder: &Self, body: &Body, node: &body::Node| match node.kind {
            NodeKind::Field { .. } | NodeKind::Const(_) | NodeKind::FuncRef { .. } => None,
            _ => finder.member(body, node),
        };
        let is_value = self.found.iter().rev().take_while(|found| found.span.start >= call.start);
        if is_value.clone().all(|found| found.span != name) {
            let from_name = Span { start: name.start, end: call.end };
            let meant = self.node_at(from_name, called).or_else(|| self.node_at(call, called));
            self.add(name, meant);
        }
    }

    /// The names in the making of a struct.
    fn made(&mut self, path: ExprId, fields: &[(Ident, ExprId)], span: Span) {
        let made = self.places.get(&span).and_then(|place| {
            place.nodes.iter().find_map(|&(at, id)| {
                let node = self.bodies[at].node(id);
                match (&node.kind, self.session.program.types.kind(node.ty)) {
                    (NodeKind::New { variant, .. }, Kind::Adt(adt, _)) => Some((adt, *variant)),
                    _ => None,
                }
            })
        });
        let Some((adt, variant)) = made else { return };
        let ast = self.ast();
        let mut path = &ast[path];
        while let ExprKind::Index(base, _) = &path.kind {
            path = &ast[*base];
        }
        let name = match &path.kind {
            ExprKind::Field(_, name) => name.span,
            _ => path.span,
        };
        self.add(name, self.variant(adt, variant));
        for (name, value) in fields {
            let is_short = ast[*value].span == name.span;
            let declaration = self.field_named(adt, variant, name.name);
            self.add_field(*name, declaration, is_short);
        }
    }

    fn add_field(&mut self, name: Ident, declaration: Option<Span>, is_short: bool) {
        let Some(declaration) = declaration else { return };
        let short = is_short.then_some(Short::Field);
        self.found.push(Use { span: name.span, declaration, short });
    }

    fn pats(&mut self) {
        let ast = self.ast();
        let (_, pats, _) = ast.nodes();
        for pat in pats {
            match &pat.kind {
                PatKind::Bind { name, mutable: false, sub: None } => {
                    let bound = self.places.get(&pat.span).and_then(|place| {
                        place.pats.iter().find_map(|&(at, id)| match self.bodies[at].pat(id).kind {
                            body::PatKind::Bind(local, _) => self.of_local(self.bodies[at].local(local)),
                            _ => None,
                        })
                    });
                    let variant = || self.pat_at(pat.span).and_then(|(adt, variant)| self.variant(adt, variant));
                    let meant = bound.or_else(variant).or_else(|| self.item(*name, pat.span));
                    self.add(pat.span, meant);
                }
                PatKind::Variant { path, .. } | PatKind::Path(path) => self.pat_path(path, pat.span),
                PatKind::Struct { path, fields, .. } => {
                    self.pat_path(path, pat.span);
                    let Some((adt, variant)) = self.pat_at(pat.span) else { continue };
                    for (name, value) in fields {
                        let declaration = self.field_named(adt, variant, name.name);
                        self.add_field(*name, declaration, ast[*value].span == name.span);
                    }
                }
                _ => {}
            }
        }
    }

    fn pat_path(&mut self, path: &[Ident], span: Span) {
        let last = path[path.len() - 1];
        let meant = match self.pat_at(span) {
            Some((adt, variant)) => self.variant(adt, variant),
            None => self.item(last.name, last.span).filter(|_| path.len() == 1),
        };
        self.add(last.span, meant);
        if path.len() == 2 {
            let first = self.item(path[0].name, path[0].span);
            self.add(path[0].span, first);
        }
    }

    fn types(&mut self) {
        let ast = self.ast();
        let (_, _, types) = ast.nodes();
        for ty in types {
            match &ty.kind {
                TypeKind::Path(path, _) if path.len() == 1 => {
                    let meant = self.item(path[0].name, path[0].span);
                    self.add(path[0].span, meant);
                }
                TypeKind::Path(path, _) if path.len() == 2 => {
                    let meant = self.imported(path[0].name, path[1].name);
                    self.add(path[1].span, meant);
                }
                _ => {}
            }
        }
    }

    /// An item of a module that is imported by this name.
    fn imported(&self, module: Name, item: Name) -> Option<Span> {
        let import = self.session.program.module(self.module).imports.get(&module)?;
        self.session.program.module(import.module).items.get(&item).map(|entry| entry.span)
    }

    /// What a name stands for that is no variable: a type parameter of the declaration around it, or an item.
    fn item(&self, name: Name, span: Span) -> Option<Span> {
        let inside = |outer: Span| outer.start <= span.start && span.end <= outer.end;
        let item = self.ast().items.iter().find(|item| inside(item.span));
        if let Some(item) = item {
            let (own, methods): (&[Generic], &[Fn]) = match &item.kind {
                ItemKind::Struct { generics, .. } | ItemKind::Enum { generics, .. } => (generics, &[]),
                ItemKind::Trait { generics, methods, .. } | ItemKind::Impl { generics, methods, .. } => {
                    (generics, methods)
                }
                ItemKind::Fn(function) | ItemKind::Extern { function, .. } => {
                    (&function.generics, std::slice::from_ref(function))
                }
                _ => (&[], &[]),
            };
            let method = methods.iter().rev().find(|method| method.span.start <= span.start);
            let params = method.iter().flat_map(|method| &method.generics).chain(own);
            if let Some(param) = params.into_iter().find(|param| param.name.name == name) {
                return Some(param.name.span);
            }
        }
        let entry = self.session.program.module(self.module).items.get(&name)?;
        (!matches!(entry.def, Def::Module(_))).then_some(entry.span)
    }

    /// Where a function is declared, or the method of the trait that it implements.
    fn of_function(&self, func: FuncId) -> Option<Span> {
        let program = &self.session.program;
        let data = program.func(func);
        if let Parent::Impl(imp) = data.parent
            && let Some((of, _)) = program.imp(imp).of
        {
            let methods = &program.trait_data(of).methods;
            let method = methods.iter().find(|&&method| program.func(method).name == data.name)?;
            return Some(program.func(*method).span);
        }
        (!matches!(data.source, Source::TopLevel | Source::Test(_) | Source::Expr(_))).then_some(data.span)
    }

    fn variant(&self, id: AdtId, variant: u32) -> Option<Span> {
        let adt = self.session.program.adt(id);
        match &self.session.asts[adt.module.0 as usize].items.get(adt.item as usize)?.kind {
            ItemKind::Enum { variants, .. } => Some(variants[variant as usize].name.span),
            ItemKind::Struct { name, .. } => Some(name.span),
            _ => None,
        }
    }

    fn field(&self, id: AdtId, variant: u32, field: u32) -> Option<Span> {
        let name = self.session.program.adt(id).variants[variant as usize].fields[field as usize].name?;
        self.field_named(id, variant, name)
    }

    fn field_named(&self, id: AdtId, variant: u32, name: Name) -> Option<Span> {
        let adt = self.session.program.adt(id);
        let fields = match &self.session.asts[adt.module.0 as usize].items.get(adt.item as usize)?.kind {
            ItemKind::Enum { variants, .. } => &variants[variant as usize].fields,
            ItemKind::Struct { fields, .. } => fields,
            _ => return None,
        };
        fields.iter().filter_map(|field| field.name).find(|known| known.name == name).map(|known| known.span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::NoModules;

    const TEXT: &str = r#"trait Area { fn area(self) -> int; fn twice(self) -> int { self.area() * 2 } }
struct Rect { width: int, height: int = 1 }
enum Shape { Round(int), Flat { rect: Rect }, Nothing }
impl Area for Rect { fn area(self) -> int { self.width * self.height } }
impl Rect { fn square(width: int) -> Rect { Rect { width, height: width } } }
const LIMIT: int = 9
fn largest[T: Area](all: [T], least: int) -> T? {
    let mut best: T? = nil
    for one in all { if one.area() > least { best = one } }
    best
}
fn size(shape: Shape) -> int {
    match shape {
        Round(LIMIT) => LIMIT,
        Round(r) => r * r,
        Flat { rect } => rect.area() + rect.twice(),
        Shape.Nothing => 0,
    }
}
fn main() {
    let a: Area = Rect.square(2)
    let rect = Rect { width: 3 }
    let f = |x: int| x + rect.width
    print(a.area(), size(Flat { rect }), size(Shape.Round(LIMIT)), "{f(LIMIT)} {largest([rect], 1)?.height ?? 0}")
    { let rect = 5; print(rect) }
}
"#;

    fn uses_in(text: &str) -> Uses {
        let uses = Uses::new(&mut NoModules, &SourceFile { name: "m.vit".into(), text: text.into() });
        assert_eq!(uses.n_errors, 0, "{text}");
        uses
    }

    /// How often what is declared at the first `at` is named.
    fn count(uses: &Uses, at: &str) -> usize {
        let declaration = uses.declaration_at("m.vit", TEXT.find(at).unwrap()).unwrap();
        uses.all.iter().filter(|one| one.declaration == declaration).count()
    }

    #[test]
    fn names_are_found_wherever_they_stand() {
        let uses = uses_in(TEXT);
        let known = [
            ("Area", 4),
            ("area(self)", 6),
            ("twice", 2),
            ("Rect {", 8),
            ("width: int, height", 5),
            ("height: int", 4),
            ("Shape {", 4),
            ("Round(int)", 4),
            ("Flat {", 3),
            ("rect: Rect", 3),
            ("Nothing }", 2),
            ("square(", 2),
            ("LIMIT", 5),
            ("T: Area", 4),
            ("best: T", 3),
            ("rect } => rect", 3),
            ("rect = Rect", 4),
            ("rect = 5", 2),
            ("f = |x", 2),
            ("largest", 2),
            ("size(", 3),
            ("x: int|", 2),
        ];
        assert_eq!(known.map(|(at, _)| (at, count(&uses, at))), known);
    }

    #[test]
    fn every_name_can_be_changed() {
        let uses = uses_in(TEXT);
        let mut declarations: Vec<Span> = uses.all.iter().map(|one| one.declaration).collect();
        declarations.dedup();
        for declaration in declarations {
            if uses.sources.locate(declaration).0.name != "m.vit" || uses.sources.text(declaration) == "main" {
                continue;
            }
            let mut changed = String::new();
            let mut copied = 0;
            for one in uses.all.iter().filter(|one| one.declaration == declaration) {
                let range = uses.sources.locate(one.span).1;
                changed.push_str(&TEXT[copied..range.start]);
                copied = range.end;
                let old = &TEXT[range];
                changed.push_str(&match one.short {
                    None => "Other".to_owned(),
                    Some(Short::Field) => format!("Other: {old}"),
                    Some(Short::Variable) => format!("{old}: Other"),
                });
            }
            changed.push_str(&TEXT[copied..]);
            assert_eq!(uses_in(&changed).shape(), uses.shape(), "{changed}");
        }
    }

    #[test]
    fn a_name_that_is_taken_changes_what_others_mean() {
        let uses = uses_in("let a = 1\nlet b = 2\nprint(a, b)\n");
        assert_ne!(uses_in("let a = 1\nlet a = 2\nprint(a, a)\n").shape(), uses.shape());
        assert!(is_name("größe") && !is_name("for") && !is_name("a b") && !is_name("1") && !is_name(""));
    }
}
