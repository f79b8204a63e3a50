//! Which modules a program consists of: parses the main file, what it imports, what that imports, and so on, and the
//! parts of the standard library that every program has.

use crate::ast::{Ast, Ident, ItemKind};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::lex;
use crate::names::{Name, Names, nearest};
use crate::parse;
use crate::program::ModuleId;
use crate::source::{FileId, SourceFile, SourceLoader, Sources, Span};
use crate::stdlib;
use rustc_hash::FxHashMap;

/// A parsed module.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) name: String,
    pub(crate) file: FileId,
    pub(crate) is_std: bool,
    pub(crate) imports: Vec<LoadedImport>,
    /// What stands for modules that were not found.
    pub(crate) missing: Vec<Name>,
}

/// An import that was found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LoadedImport {
    /// The name under which the importer knows it.
    pub(crate) name: Ident,
    pub(crate) module: ModuleId,
    pub(crate) span: Span,
}

/// The modules of a program, those of [`stdlib::ALWAYS`] first, and then the main one.
pub(crate) struct Load<'l> {
    loader: &'l mut dyn SourceLoader,
    pub(crate) names: Names,
    pub(crate) sources: Sources,
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) asts: Vec<Ast>,
    pub(crate) modules: Vec<Loaded>,
    by_file: FxHashMap<String, ModuleId>,
}

impl<'l> Load<'l> {
    pub(crate) fn new(loader: &'l mut dyn SourceLoader) -> Self {
        Load {
            loader,
            names: Names::default(),
            sources: Sources::default(),
            diagnostics: vec![],
            asts: vec![],
            modules: vec![],
            by_file: FxHashMap::default(),
        }
    }

    /// Loads a program, and `more` modules of the library whether it imports them or not; gives its main module.
    pub(crate) fn run(&mut self, main: &SourceFile, more: &[&str]) -> Option<ModuleId> {
        for name in stdlib::ALWAYS.iter().chain(more) {
            self.std_module(name);
        }
        let main = self.add("main", main.clone(), false)?;
        let mut next = 0;
        while next < self.modules.len() {
            self.follow_imports(ModuleId(next as u32));
            next += 1;
        }
        self.report_cycles();
        Some(main)
    }

    fn add(&mut self, name: &str, file: SourceFile, is_std: bool) -> Option<ModuleId> {
        let text = file.text.clone();
        let file_name = file.name.clone();
        let Some(file) = self.sources.add(file) else {
            let message = format!("with `{file_name}`, the program has more than 2 GiB of source text");
            self.diagnostics.push(Diagnostic::error(codes::TOO_LARGE, Span::default(), message));
            return None;
        };
        let tokens = lex::lex(&text, self.sources.base(file), &mut self.names, &mut self.diagnostics);
        let (told, open) = (self.diagnostics.len(), self.diagnostics.last());
        let open = open.filter(|last| last.code == codes::UNTERMINATED).map(|last| last.span.start);
        self.asts.push(parse::parse(tokens, &mut self.names, &mut self.diagnostics));
        // What follows a string without an end is text in it.
        if let Some(open) = open {
            let tail = self.diagnostics.split_off(told);
            self.diagnostics.extend(tail.into_iter().filter(|diagnostic| diagnostic.span.end <= open));
        }
        let id = ModuleId(self.modules.len() as u32);
        self.modules.push(Loaded { name: name.to_owned(), file, is_std, imports: vec![], missing: vec![] });
        self.by_file.insert(file_name, id);
        Some(id)
    }

    fn std_module(&mut self, name: &str) -> Option<ModuleId> {
        let text = stdlib::source(name)?;
        let file_name = format!("{}{name}.vit", stdlib::FOLDER);
        if let Some(&id) = self.by_file.get(&file_name) {
            return Some(id);
        }
        self.add(name, SourceFile { name: file_name, text: text.to_owned() }, true)
    }

    fn follow_imports(&mut self, id: ModuleId) {
        let module = id.0 as usize;
        let mut found: Vec<(Vec<Ident>, Option<Ident>, Span)> = vec![];
        for item in &self.asts[module].items {
            if let ItemKind::Import { path, alias } = &item.kind {
                found.push((path.clone(), *alias, item.span));
            }
        }
        for (path, alias, span) in found {
            let segments: Vec<&str> = path.iter().map(|segment| self.names.text(segment.name)).collect();
            let name = segments.join(".");
            let Some(imported) = self.find(id, &name) else {
                self.unknown(&path, &name);
                self.modules[module].missing.push(alias.unwrap_or(path[path.len() - 1]).name);
                continue;
            };
            let name = alias.unwrap_or(path[path.len() - 1]);
            self.modules[module].imports.push(LoadedImport { name, module: imported, span });
        }
    }

    fn find(&mut self, importer: ModuleId, name: &str) -> Option<ModuleId> {
        let from = &self.modules[importer.0 as usize];
        if !from.is_std {
            let importer = self.sources.file(from.file).name.clone();
            if let Some(file) = self.loader.load(&importer, name) {
                if let Some(&id) = self.by_file.get(&file.name) {
                    return Some(id);
                }
                let short = name.rsplit('.').next().unwrap_or(name);
                return self.add(short, file, false);
            }
        }
        self.std_module(name)
    }

    fn unknown(&mut self, path: &[Ident], name: &str) {
        let span = path[0].span.to(path[path.len() - 1].span);
        let message = format!("there is no module `{name}`");
        let mut diagnostic = Diagnostic::error(codes::UNKNOWN_MODULE, span, message);
        diagnostic = match nearest(name, stdlib::names()) {
            Some(meant) => diagnostic.fix(format!("import `{meant}`"), span, meant),
            None => {
                let file = name.replace('.', "/");
                diagnostic.note(format!("looked for `{file}.vit` beside this file, and in the standard library"))
            }
        };
        self.diagnostics.push(diagnostic);
    }

    /// Looks for circles, depth first, without recursion.
    fn report_cycles(&mut self) {
        #[derive(Clone, Copy, PartialEq)]
        enum State {
            New,
            Open,
            Done,
        }
        let mut states = vec![State::New; self.modules.len()];
        for root in 0..self.modules.len() {
            let mut path: Vec<(usize, usize)> = vec![(root, 0)];
            if states[root] != State::New {
                continue;
            }
            states[root] = State::Open;
            while let Some((module, next)) = path.last_mut() {
                let Some(import) = self.modules[*module].imports.get(*next).copied() else {
                    states[*module] = State::Done;
                    path.pop();
                    continue;
                };
                *next += 1;
                let target = import.module.0 as usize;
                match states[target] {
                    State::Done => {}
                    State::New => {
                        states[target] = State::Open;
                        path.push((target, 0));
                    }
                    State::Open => {
                        let from = path.iter().position(|&(module, _)| module == target).unwrap_or(0);
                        let circle: Vec<usize> = path[from..].iter().map(|&(module, _)| module).collect();
                        self.report_cycle(&circle, import.span);
                    }
                }
            }
        }
    }

    fn report_cycle(&mut self, circle: &[usize], span: Span) {
        // The main module is known by its file here, as its importers name it.
        let file_of = |module: usize| self.sources.file(self.modules[module].file).name.as_str();
        let stem = |file: &'_ str| file.rsplit(['/', '\\']).next().unwrap_or(file).trim_end_matches(".vit").to_owned();
        let mut names: Vec<String> = circle.iter().map(|&module| stem(file_of(module))).collect();
        names.push(names[0].clone());
        let message = format!("modules import each other in a circle: {}", names.join(" → "));
        let diagnostic = Diagnostic::error(codes::IMPORT_CYCLE, span, message);
        self.diagnostics.push(diagnostic.help("move what they share into a module of its own"));
    }
}
