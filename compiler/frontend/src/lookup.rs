//! What names and written types stand for.

use crate::ast::{Ast, Ident, TypeId, TypeKind};
use crate::codes;
use crate::collect::{PRELUDE, PROCESS};
use crate::diagnostic::Diagnostic;
use crate::names::{Name, listed, nearest};
use crate::program::{Def, Entry, Generic, ModuleId, Program};
use crate::source::Span;
use crate::stdlib;
use crate::types::{Infer, Kind, TraitId, Ty, Tys, basic, basic_names};

/// Where a type stands: what `T` and `Self` are there.
#[derive(Clone, Copy)]
pub(crate) struct TypeScope<'g> {
    pub(crate) module: ModuleId,
    pub(crate) generics: &'g [Generic],
    pub(crate) self_ty: Option<Ty>,
}

impl Program {
    /// What a name of `module` stands for there: its own items, modules it imports, then the prelude.
    pub(crate) fn lookup(&mut self, module: ModuleId, name: Name) -> Option<Def> {
        self.lookup_own(module, name).or_else(|| {
            // A variant of the module's own goes before what the prelude has under the name.
            if self.module(module).variants.contains_key(&name) {
                return None;
            }
            self.lookup_common(name)
        })
    }

    /// The same for the name of a type or trait, which no variant has.
    fn lookup_type(&mut self, module: ModuleId, name: Name) -> Option<Def> {
        self.lookup_own(module, name).or_else(|| self.lookup_common(name))
    }

    fn lookup_common(&self, name: Name) -> Option<Def> {
        [PRELUDE, PROCESS].into_iter().find_map(|common| self.common(common, name)).map(|entry| entry.def)
    }

    /// What a name of a module that all others see stands for.
    fn common(&self, module: ModuleId, name: Name) -> Option<Entry> {
        self.module(module).items.get(&name).filter(|entry| entry.public).copied()
    }

    /// The function that a call with so many arguments means, where two have the name: `exit(code)` is the prelude's,
    /// `exit(pid, reason)` is about processes.
    pub(crate) fn overloaded(&self, def: Def, name: Name, n_args: usize) -> Def {
        let takes = |def: Def| match def {
            Def::Func(func) => self.func(func).params.len() == n_args,
            _ => false,
        };
        match (self.common(PRELUDE, name), self.common(PROCESS, name)) {
            (Some(prelude), Some(other)) if prelude.def == def && !takes(def) && takes(other.def) => other.def,
            _ => def,
        }
    }

    /// What a name of `module` stands for by the module itself: its own items, then modules it imports.
    pub(crate) fn lookup_own(&mut self, module: ModuleId, name: Name) -> Option<Def> {
        let own = &mut self.modules[module.0 as usize];
        if let Some(entry) = own.items.get(&name) {
            return Some(entry.def);
        }
        if let Some(import) = own.imports.get_mut(&name) {
            import.used = true;
            return Some(Def::Module(import.module));
        }
        None
    }

    /// What a name of another module stands for.
    pub(crate) fn lookup_in(&mut self, from: ModuleId, module: ModuleId, name: Ident) -> Option<Def> {
        let target = self.module(module);
        if let Some(entry) = target.items.get(&name.name) {
            let (entry, is_std) = (*entry, target.is_std);
            if !entry.public && module != from {
                let target = self.module(module).name.clone();
                let message = format!("`{}` is not public in module `{target}`", self.text(name.name));
                let mut diagnostic = Diagnostic::error(codes::PRIVATE, name.span, message);
                if !is_std {
                    diagnostic = diagnostic.label(entry.span, "declared here without `pub`");
                }
                self.report(diagnostic);
            }
            return Some(entry.def);
        }
        None
    }

    /// Reports a name of another module that it does not have.
    pub(crate) fn unknown_in(&mut self, module: ModuleId, name: Ident) {
        let target = self.module(module);
        let public = target.items.iter().filter(|(_, entry)| entry.public);
        let candidates: Vec<&str> = public.map(|(&name, _)| self.text(name)).collect();
        let text = self.text(name.name);
        let meant = nearest(text, candidates.iter().copied()).map(str::to_owned);
        let message = format!("module `{}` has no `{text}`", target.name);
        let mut diagnostic = Diagnostic::error(codes::UNKNOWN_NAME, name.span, message);
        if let Some(meant) = meant {
            diagnostic = diagnostic.fix(format!("there is `{meant}`"), name.span, meant);
        } else if let Some(names) = listed(candidates) {
            diagnostic = diagnostic.note(format!("it has {names}"));
        }
        self.report(diagnostic);
    }

    /// Reports a name that stands for nothing; `locals` are the variables in scope.
    pub(crate) fn unknown_name(&mut self, module: ModuleId, name: Ident, locals: &[Name], as_type: bool) {
        if self.module(module).missing.contains(&name.name) || !self.reported.insert(name.span) {
            return;
        }
        let text = self.text(name.name).to_owned();
        let own = self.module(module);
        let fits = |def: &Def| !as_type || matches!(def, Def::Adt(_) | Def::Trait(_) | Def::Module(_));
        let mut candidates: Vec<&str> = vec![];
        candidates.extend(locals.iter().map(|&local| self.text(local)));
        candidates.extend(own.items.iter().filter(|(_, entry)| fits(&entry.def)).map(|(&name, _)| self.text(name)));
        candidates.extend(own.imports.keys().map(|&name| self.text(name)));
        for common in [PRELUDE, PROCESS] {
            let items = self.module(common).items.iter().filter(|(_, entry)| entry.public && fits(&entry.def));
            candidates.extend(items.map(|(&name, _)| self.text(name)));
        }
        if !as_type {
            candidates.extend(own.variants.keys().map(|&name| self.text(name)));
            candidates.extend(["print", "println", "eprint", "len", "assert", "panic", "self_pid"]);
        }
        for basic in basic_names() {
            candidates.push(basic);
        }
        let meant = nearest(&text, candidates).map(str::to_owned);
        let (code, what) = match as_type {
            true => (codes::UNKNOWN_TYPE, "type"),
            false => (codes::UNKNOWN_NAME, "name"),
        };
        let mut diagnostic = Diagnostic::error(code, name.span, format!("unknown {what} `{text}`"));
        if stdlib::source(&text).is_some() {
            diagnostic = diagnostic.help(format!("write `import {text}` at the top of the file"));
        } else if let Some(meant) = meant {
            diagnostic = diagnostic.fix(format!("there is `{meant}`"), name.span, meant);
        } else if let Some(other) = foreign_name(&text) {
            diagnostic = diagnostic.help(format!("in Vitte it is {other}"));
        }
        self.report(diagnostic);
    }

    /// The type that is written at `id`. With `infer`, `_` and missing type arguments are to be found.
    pub(crate) fn resolve_type(
        &mut self,
        ast: &Ast,
        scope: TypeScope<'_>,
        id: TypeId,
        mut infer: Option<&mut Infer>,
    ) -> Ty {
        let span = ast[id].span;
        let list = |program: &mut Program, ids: &[TypeId], infer: &mut Option<&mut Infer>| -> Vec<Ty> {
            ids.iter().map(|&id| program.resolve_type(ast, scope, id, infer.as_deref_mut())).collect()
        };
        match &ast[id].kind {
            TypeKind::Infer => match infer {
                Some(infer) => infer.fresh(&mut self.types, span),
                None => {
                    let message = "the type must be written out here";
                    self.report(Diagnostic::error(codes::CANNOT_INFER, span, message));
                    Ty::ERROR
                }
            },
            TypeKind::Unit => Ty::UNIT,
            TypeKind::List(item) => {
                let item = self.value_type(ast, scope, *item, infer);
                self.types.list_of(item)
            }
            TypeKind::Map(key, value) => {
                let key_ty = self.value_type(ast, scope, *key, infer.as_deref_mut());
                let value = self.value_type(ast, scope, *value, infer);
                self.check_key(key_ty, ast[*key].span);
                self.types.map_of(key_ty, value)
            }
            TypeKind::Tuple(items) => {
                let items: Vec<Ty> =
                    items.iter().map(|&item| self.value_type(ast, scope, item, infer.as_deref_mut())).collect();
                self.types.tuple(&items)
            }
            TypeKind::Optional(inner) => {
                let inner = self.value_type(ast, scope, *inner, infer);
                self.types.optional(inner)
            }
            TypeKind::Ptr(to) => {
                let to = self.resolve_type(ast, scope, *to, infer);
                self.types.ptr(to)
            }
            TypeKind::Fn(params, result) => {
                let params: Vec<Ty> =
                    params.iter().map(|&param| self.value_type(ast, scope, param, infer.as_deref_mut())).collect();
                let result = result.map_or(Ty::UNIT, |result| self.resolve_type(ast, scope, result, infer));
                self.types.function(&params, result)
            }
            TypeKind::ExternFn(params, result) => {
                let params = list(self, params, &mut infer);
                let result = result.map_or(Ty::UNIT, |result| self.resolve_type(ast, scope, result, infer));
                self.types.extern_fn(&params, result)
            }
            TypeKind::Path(path, args) => {
                let args = list(self, args, &mut infer);
                self.resolve_path(scope, path, &args, span, infer)
            }
        }
    }

    /// A written type that must have values to keep.
    pub(crate) fn value_type(&mut self, ast: &Ast, scope: TypeScope<'_>, id: TypeId, infer: Option<&mut Infer>) -> Ty {
        let ty = self.resolve_type(ast, scope, id, infer);
        if ty == Ty::UNIT || ty == Ty::NEVER {
            let message = format!("`{}` has no values that could be kept", self.show(ty));
            self.report(Diagnostic::error(codes::UNIT_VALUE, ast[id].span, message));
            return Ty::ERROR;
        }
        ty
    }

    /// Reports a map's key that cannot be one, as far as that is known yet.
    pub(crate) fn check_key(&mut self, key: Ty, span: Span) {
        let fits = match self.types.kind(key) {
            Kind::Error | Kind::Int | Kind::Bool | Kind::Str | Kind::Tuple(_) | Kind::Param(..) | Kind::Infer(_) => {
                true
            }
            Kind::Adt(id, _) => self.adt(id).is_enum,
            _ => false,
        };
        if !fits {
            let message = format!("`{}` cannot be the key of a map", self.show(key));
            let diagnostic = Diagnostic::error(codes::BAD_KEY, span, message);
            self.report(diagnostic.note("keys are `int`, `bool`, `str`, and tuples and enums of those"));
        }
    }

    /// What a dotted path to a type or trait stands for; reports what is missing.
    pub(crate) fn lookup_path(&mut self, module: ModuleId, path: &[Ident]) -> Option<Def> {
        let first = path[0];
        let Some(def) = self.lookup_type(module, first.name) else {
            self.unknown_name(module, first, &[], true);
            return None;
        };
        match (def, path) {
            (_, [_]) => Some(def),
            (Def::Module(target), [_, name]) => {
                let found = self.lookup_in(module, target, *name);
                if found.is_none() {
                    self.unknown_in(target, *name);
                }
                found
            }
            _ => {
                let message = format!("`{}` has no such part", self.text(first.name));
                self.report(Diagnostic::error(codes::WRONG_KIND, path[1].span, message));
                None
            }
        }
    }

    fn resolve_path(
        &mut self,
        scope: TypeScope<'_>,
        path: &[Ident],
        args: &[Ty],
        span: Span,
        infer: Option<&mut Infer>,
    ) -> Ty {
        if let [name] = path
            && let Some(ty) = self.simple_type(scope, name.name)
        {
            if !args.is_empty() {
                let message = format!("`{}` takes no type arguments", self.text(name.name));
                self.report(Diagnostic::error(codes::TYPE_ARGS, span, message));
            }
            return ty;
        }
        match self.lookup_path(scope.module, path) {
            Some(Def::Adt(id)) => {
                let n = self.adt(id).generics.len();
                match self.type_args(n, args, span, infer) {
                    Some(args) => self.types.adt(id, &args),
                    None => Ty::ERROR,
                }
            }
            Some(Def::Trait(id)) => {
                if let Some(reason) = self.trait_data(id).not_object.clone() {
                    let message = format!("the trait `{}` cannot be used as a type", self.trait_data(id).full_name);
                    let diagnostic = Diagnostic::error(codes::NOT_OBJECT, span, message).note(reason);
                    self.report(diagnostic.help("use it as the bound of a type parameter: `[T: Trait]`"));
                    return Ty::ERROR;
                }
                let n = self.trait_data(id).generics.len().saturating_sub(1);
                match self.type_args(n, args, span, infer) {
                    Some(args) => {
                        let args = self.types.tys(&args);
                        self.types.trait_object(id, args)
                    }
                    None => Ty::ERROR,
                }
            }
            Some(_) => {
                let message = format!("`{}` is not a type", self.text(path[path.len() - 1].name));
                self.report(Diagnostic::error(codes::WRONG_KIND, span, message));
                Ty::ERROR
            }
            None => Ty::ERROR,
        }
    }

    fn type_args(&mut self, n: usize, args: &[Ty], span: Span, infer: Option<&mut Infer>) -> Option<Vec<Ty>> {
        if args.len() == n {
            return Some(args.to_vec());
        }
        if let (Some(infer), []) = (infer, args) {
            return Some((0..n).map(|_| infer.fresh(&mut self.types, span)).collect());
        }
        let plural = if n == 1 { "" } else { "s" };
        let message = format!("this type takes {n} type argument{plural}, but {} are given", args.len());
        self.report(Diagnostic::error(codes::TYPE_ARGS, span, message));
        None
    }

    /// A type parameter, `Self` or a basic type.
    pub(crate) fn simple_type(&mut self, scope: TypeScope<'_>, name: Name) -> Option<Ty> {
        if let Some(position) = scope.generics.iter().position(|generic| generic.name == name) {
            return Some(self.types.param(position as u32, name));
        }
        match self.text(name) {
            "Self" => scope.self_ty,
            text => basic(text),
        }
    }

    /// The trait that is written at `id`, with its type arguments.
    pub(crate) fn resolve_trait(&mut self, ast: &Ast, scope: TypeScope<'_>, id: TypeId) -> Option<(TraitId, Tys)> {
        let span = ast[id].span;
        let TypeKind::Path(path, args) = &ast[id].kind else {
            self.report(Diagnostic::error(codes::WRONG_KIND, span, "this is not a trait"));
            return None;
        };
        match self.lookup_path(scope.module, path)? {
            Def::Trait(trait_id) => {
                let args: Vec<Ty> = args.iter().map(|&arg| self.value_type(ast, scope, arg, None)).collect();
                let n = self.trait_data(trait_id).generics.len().saturating_sub(1);
                let args = self.type_args(n, &args, span, None)?;
                Some((trait_id, self.types.tys(&args)))
            }
            _ => {
                let message = format!("`{}` is not a trait", self.text(path[path.len() - 1].name));
                self.report(Diagnostic::error(codes::WRONG_KIND, span, message));
                None
            }
        }
    }
}

/// What people coming from other languages look for.
fn foreign_name(name: &str) -> Option<&'static str> {
    Some(match name {
        "null" | "None" | "nullptr" | "undefined" => "`nil`",
        "string" | "String" => "`str`",
        "integer" | "Int" | "long" => "`int`",
        "double" | "number" => "`float`",
        "boolean" => "`bool`",
        "var" => "`let mut`",
        "function" | "def" | "func" => "`fn`",
        "this" => "`self`",
        "elif" | "elsif" => "`else if`",
        "switch" => "`match`",
        "printf" | "echo" | "puts" => "`print`",
        "void" => "`()`, and functions simply leave their result out",
        _ => return None,
    })
}
