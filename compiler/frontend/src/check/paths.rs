//! Names, and what stands behind a dot.

use super::Checker;
use crate::ast::{ExprId, ExprKind, Ident};
use crate::body::{LocalId, NodeId, NodeKind};
use crate::codes;
use crate::collect::PRELUDE;
use crate::consts;
use crate::diagnostic::Diagnostic;
use crate::names::{Name, nearest};
use crate::program::{Def, FuncId, ModuleId, Source};
use crate::source::Span;
use crate::types::{AdtId, Kind, Ty};

/// What an expression that is a path stands for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Path {
    Item(Def),
    /// A type, for what belongs to it.
    Type(Ty),
    /// A variant of an enum.
    Variant(AdtId, u32),
}

impl Checker<'_, '_> {
    pub(super) fn find_local(&mut self, name: Name) -> Option<LocalId> {
        self.scope.get(&name).copied()
    }

    /// A variable that is read: marks it, and what captures it.
    pub(super) fn use_local(&mut self, local: LocalId) {
        self.body.locals[local.0 as usize].used = true;
        self.capture(local);
    }

    /// Notes that the closures between a variable and this place capture it.
    pub(super) fn capture(&mut self, local: LocalId) {
        let home = self.body.local(local).frame as usize;
        for frame in &mut self.frames[home + 1..] {
            if !frame.captures.contains(&local) {
                frame.captures.push(local);
            }
            self.body.locals[local.0 as usize].captured = true;
        }
    }

    /// A single name as a value.
    pub(super) fn name(&mut self, name: Name, want: Option<Ty>, span: Span) -> NodeId {
        if let Some(local) = self.find_local(name) {
            self.use_local(local);
            let ty = self.body.local(local).ty;
            return self.node(NodeKind::Local(local), ty, span);
        }
        if let Some(variant) = self.variant(name, want) {
            return self.variant_value(variant.0, variant.1, want, span);
        }
        let module = self.module;
        if let Some(def) = self.program().lookup(module, name) {
            return self.item_value(def, want, span);
        }
        if name == crate::names::kw::SELF {
            let message = "`self` exists in methods that declare it as their first parameter";
            self.error(Diagnostic::error(codes::UNKNOWN_NAME, span, message));
            return self.error_node(span);
        }
        let text = self.text(name);
        if super::builtins::BUILTINS.contains(&text) {
            let message = format!("`{text}` is called, and no value by itself");
            let help = format!("write a closure: `|x| {text}(x)`");
            self.error(Diagnostic::error(codes::UNKNOWN_NAME, span, message).help(help));
            return self.error_node(span);
        }
        self.unknown(Ident { name, span });
        self.error_node(span)
    }

    pub(super) fn unknown(&mut self, name: Ident) {
        let locals = self.local_names();
        let module = self.module;
        self.program().unknown_name(module, name, &locals, false);
    }

    /// The variant of this name: of the enum that is wanted, or of one that is visible here.
    pub(super) fn variant(&mut self, name: Name, want: Option<Ty>) -> Option<(AdtId, u32)> {
        let mut wanted = want.map(|want| self.kind(want));
        if let Some(Kind::Optional(inner)) = wanted {
            wanted = Some(self.kind(inner));
        }
        if let Some(Kind::Adt(id, _)) = wanted
            && let Some(tag) = self.variant_of(id, name)
        {
            return Some((id, tag));
        }
        for module in [self.module, PRELUDE] {
            let program = &self.session.program;
            if let Some(found) = program.module(module).variants.get(&name) {
                return Some(found[0]);
            }
        }
        None
    }

    /// Whether a bare variant's name could mean several; reports it.
    pub(super) fn report_ambiguity(&mut self, name: Name, adt: AdtId, span: Span) {
        let program = &self.session.program;
        let Some(found) = program.module(self.module).variants.get(&name) else { return };
        if found.len() > 1 && found.iter().any(|&(id, _)| id == adt) {
            let names: Vec<String> = found.iter().map(|&(id, _)| format!("`{}`", program.adt(id).full_name)).collect();
            let message = format!("`{}` is a variant of {}", program.text(name), names.join(" and "));
            let help = format!("write `{}.{}`", program.adt(adt).full_name, program.text(name));
            self.error(Diagnostic::error(codes::AMBIGUOUS, span, message).help(help));
        }
    }

    /// The position of an enum's variant of this name.
    pub(super) fn variant_of(&self, id: AdtId, name: Name) -> Option<u32> {
        let adt = self.session.program.adt(id);
        let position = adt.variants.iter().position(|variant| variant.name == name)?;
        adt.is_enum.then_some(position as u32)
    }

    /// A variant without payload as a value.
    fn variant_value(&mut self, id: AdtId, tag: u32, want: Option<Ty>, span: Span) -> NodeId {
        let wanted_adt = want.map(|want| self.shallow(want));
        let name = self.session.program.adt(id).variants[tag as usize].name;
        if !wanted_adt.is_some_and(|ty| self.is_adt(ty, id)) {
            self.report_ambiguity(name, id, span);
        }
        let n = self.session.program.adt(id).variants[tag as usize].fields.len();
        if n > 0 {
            let message = format!("the variant `{}` holds values, which must be given", self.text(name));
            self.error(Diagnostic::error(codes::ARG_COUNT, span, message));
            return self.error_node(span);
        }
        let ty = self.instance(id, want, span);
        self.node(NodeKind::New { variant: tag, fields: Box::new([]) }, ty, span)
    }

    pub(super) fn is_adt(&self, ty: Ty, id: AdtId) -> bool {
        match self.kind(ty) {
            Kind::Adt(found, _) => found == id,
            Kind::Optional(inner) => self.is_adt(inner, id),
            _ => false,
        }
    }

    /// The type of a struct or enum with type arguments to be found, or those that are wanted.
    pub(super) fn instance(&mut self, id: AdtId, want: Option<Ty>, span: Span) -> Ty {
        if let Some(want) = want {
            let mut want = self.shallow(want);
            if let Kind::Optional(inner) = self.kind(want) {
                want = self.shallow(inner);
            }
            if let Kind::Adt(found, _) = self.kind(want)
                && found == id
            {
                return want;
            }
        }
        let n = self.session.program.adt(id).generics.len();
        let args: Vec<Ty> = (0..n).map(|_| self.fresh(span)).collect();
        self.session.program.types.adt(id, &args)
    }

    fn item_value(&mut self, def: Def, want: Option<Ty>, span: Span) -> NodeId {
        let what = match def {
            Def::Func(func) => return self.func_value(func, want, span),
            Def::Const(id) => {
                let func = self.session.program.constant(id).func;
                let ty = self.session.program.func(func).result;
                // Constants that depend on each other are found out here.
                consts::value(self.session, id);
                return self.node(NodeKind::Const(id), ty, span);
            }
            Def::Adt(id) => {
                let adt = self.session.program.adt(id);
                let what = if adt.is_enum { "an enum" } else { "a struct" };
                format!("`{}` is {what}, not a value", adt.full_name)
            }
            Def::Trait(id) => format!("`{}` is a trait, not a value", self.session.program.trait_data(id).full_name),
            Def::Module(id) => format!("`{}` is a module, not a value", self.session.program.module(id).name),
        };
        self.error(Diagnostic::error(codes::WRONG_KIND, span, what));
        self.error_node(span)
    }

    /// A function as a value.
    fn func_value(&mut self, func: FuncId, want: Option<Ty>, span: Span) -> NodeId {
        let data = self.session.program.func(func);
        if let Source::Extern { variadic: true, .. } = data.source {
            let message = "a function with a variable number of arguments cannot be a value";
            self.error(Diagnostic::error(codes::WRONG_KIND, span, message));
            return self.error_node(span);
        }
        let targs: Vec<Ty> = (0..data.generics.len()).map(|_| self.fresh(span)).collect();
        self.oblige_bounds(func, &targs, span);
        let data = self.session.program.func(func);
        let (params, result): (Vec<Ty>, Ty) = (data.params.iter().map(|param| param.ty).collect(), data.result);
        let types = &mut self.session.program.types;
        let params: Vec<Ty> = params.into_iter().map(|ty| types.subst(ty, &targs)).collect();
        let result = types.subst(result, &targs);
        let is_extern = want.is_some_and(|want| matches!(self.kind(want), Kind::ExternFn(..)));
        let types = &mut self.session.program.types;
        let tys = types.tys(&targs);
        match is_extern {
            true => {
                let ty = types.extern_fn(&params, result);
                self.check_callback(&params, result, span);
                self.node(NodeKind::Callback { func, targs: tys }, ty, span)
            }
            false => {
                let ty = types.function(&params, result);
                self.node(NodeKind::FuncRef { func, targs: tys }, ty, span)
            }
        }
    }

    /// Checks that C has the types of a function whose address it gets.
    fn check_callback(&mut self, params: &[Ty], result: Ty, span: Span) {
        let program = &self.session.program;
        // What is still to be found is left to the verifier.
        let crosses = |&ty: &Ty| program.crosses_to_c(ty) || program.types.has_infer(ty);
        let result = (!matches!(result, Ty::UNIT | Ty::NEVER)).then_some(result);
        if let Some(ty) = params.iter().copied().chain(result).find(|ty| !crosses(ty)) {
            let message = format!("C has no type `{}`, so that it cannot call the function", self.show(ty));
            self.error(Diagnostic::error(codes::BAD_FOREIGN, span, message));
        }
    }

    /// Notes the bounds of a function's type parameters.
    pub(super) fn oblige_bounds(&mut self, func: FuncId, targs: &[Ty], span: Span) {
        let n = self.session.program.func(func).generics.len();
        for position in 0..n {
            if self.session.program.func(func).generics[position].bounds.is_empty() {
                continue;
            }
            for (bound, args) in self.session.program.func(func).generics[position].bounds.clone() {
                let args = self.session.program.types.subst_list(args, targs);
                self.oblige(targs[position], bound, args, span);
            }
        }
    }

    /// What a dotted path stands for, if its beginning is no value. Reports nothing.
    pub(super) fn path(&mut self, id: ExprId) -> Option<Path> {
        let ast = self.ast;
        match &ast[id].kind {
            ExprKind::Name(name) => {
                if self.find_local(*name).is_some() {
                    return None;
                }
                let scope = self.scope();
                let (module, name) = (scope.module, *name);
                let generics = std::mem::take(&mut self.generics);
                let scope = crate::lookup::TypeScope { module, generics: &generics, self_ty: self.self_ty };
                let simple = self.session.program.simple_type(scope, name);
                self.generics = generics;
                if let Some(ty) = simple {
                    return Some(Path::Type(ty));
                }
                if let Some(def) = self.program().lookup(module, name) {
                    return Some(self.as_path(def, ast[id].span));
                }
                self.variant(name, None).map(|(adt, tag)| Path::Variant(adt, tag))
            }
            ExprKind::Field(base, name) => match self.path(*base)? {
                Path::Item(Def::Module(target)) => {
                    let module = self.module;
                    if let Some(def) = self.program().lookup_in(module, target, *name) {
                        return Some(self.as_path(def, ast[id].span));
                    }
                    self.foreign_variant(target, *name)
                }
                Path::Type(ty) => {
                    let Kind::Adt(adt, _) = self.kind(ty) else { return None };
                    self.variant_of(adt, name.name).map(|tag| Path::Variant(adt, tag))
                }
                _ => None,
            },
            ExprKind::Index(base, args) => {
                let Path::Type(ty) = self.path(*base)? else { return None };
                let Kind::Adt(adt, _) = self.kind(ty) else { return None };
                let args: Option<Vec<Ty>> = args.iter().map(|&arg| self.expr_as_type(arg)).collect();
                let args = args?;
                let n = self.session.program.adt(adt).generics.len();
                (args.len() == n).then(|| Path::Type(self.session.program.types.adt(adt, &args)))
            }
            _ => None,
        }
    }

    /// A public enum's variant, named through its module.
    fn foreign_variant(&mut self, module: ModuleId, name: Ident) -> Option<Path> {
        let program = &self.session.program;
        let &(adt, tag) = program.module(module).variants.get(&name.name)?.first()?;
        let public = program.module(module).items.get(&program.adt(adt).name).is_some_and(|entry| entry.public);
        public.then_some(Path::Variant(adt, tag))
    }

    fn as_path(&mut self, def: Def, span: Span) -> Path {
        match def {
            Def::Adt(id) => {
                let n = self.session.program.adt(id).generics.len();
                let args: Vec<Ty> = (0..n).map(|_| self.fresh(span)).collect();
                Path::Type(self.session.program.types.adt(id, &args))
            }
            _ => Path::Item(def),
        }
    }

    /// An expression read as a type: a type argument in `f[int](…)`.
    pub(super) fn expr_as_type(&mut self, id: ExprId) -> Option<Ty> {
        let ast = self.ast;
        match &ast[id].kind {
            ExprKind::Name(_) | ExprKind::Field(..) | ExprKind::Index(..) => match self.path(id)? {
                Path::Type(ty) => Some(ty),
                _ => None,
            },
            ExprKind::List(items) => match items[..] {
                [item] => {
                    let item = self.expr_as_type(item)?;
                    Some(self.session.program.types.list_of(item))
                }
                _ => None,
            },
            ExprKind::Map(entries) => match entries[..] {
                [(key, value)] => {
                    let (key, value) = (self.expr_as_type(key)?, self.expr_as_type(value)?);
                    Some(self.session.program.types.map_of(key, value))
                }
                _ => None,
            },
            ExprKind::Tuple(items) => {
                let items: Option<Vec<Ty>> = items.iter().map(|&item| self.expr_as_type(item)).collect();
                Some(self.session.program.types.tuple(&items?))
            }
            _ => None,
        }
    }

    /// `base.name` as a value.
    pub(super) fn member(&mut self, base: ExprId, name: Ident, want: Option<Ty>, span: Span) -> NodeId {
        if let Some(path) = self.path(base) {
            return self.member_of_path(path, name, want, span);
        }
        let base = self.expr(base, None);
        self.field(base, name, span)
    }

    fn member_of_path(&mut self, path: Path, name: Ident, want: Option<Ty>, span: Span) -> NodeId {
        match path {
            Path::Item(Def::Module(target)) => {
                let module = self.module;
                if let Some(def) = self.program().lookup_in(module, target, name) {
                    return self.item_value(def, want, span);
                }
                if let Some(Path::Variant(adt, tag)) = self.foreign_variant(target, name) {
                    return self.variant_value(adt, tag, want, span);
                }
                self.program().unknown_in(target, name);
                self.error_node(span)
            }
            Path::Type(ty) => {
                if let Kind::Adt(adt, _) = self.kind(ty)
                    && let Some(tag) = self.variant_of(adt, name.name)
                {
                    let want = want.filter(|&want| self.is_adt(want, adt)).unwrap_or(ty);
                    return self.variant_value(adt, tag, Some(want), span);
                }
                if let Some((func, targs)) = self.associated(ty, name.name) {
                    let data = self.session.program.func(func);
                    let (params, result): (Vec<Ty>, Ty) =
                        (data.params.iter().map(|param| param.ty).collect(), data.result);
                    let types = &mut self.session.program.types;
                    let params: Vec<Ty> = params.into_iter().map(|ty| types.subst(ty, &targs)).collect();
                    let result = types.subst(result, &targs);
                    let ty = types.function(&params, result);
                    let targs = types.tys(&targs);
                    return self.node(NodeKind::FuncRef { func, targs }, ty, span);
                }
                self.no_member(ty, name);
                self.error_node(span)
            }
            Path::Item(def) => {
                let base = self.item_value(def, None, span);
                self.field(base, name, span)
            }
            Path::Variant(adt, tag) => {
                let base = self.variant_value(adt, tag, None, span);
                self.field(base, name, span)
            }
        }
    }

    /// Reports that a type has nothing of this name.
    pub(super) fn no_member(&mut self, ty: Ty, name: Ident) {
        let (shown, text) = (self.show(ty), self.text(name.name).to_owned());
        let mut candidates: Vec<String> = vec![];
        if let Kind::Adt(id, _) = self.kind(ty) {
            let adt = self.session.program.adt(id);
            if adt.is_enum {
                candidates.extend(adt.variants.iter().map(|variant| self.text(variant.name).to_owned()));
            }
        }
        candidates.extend(self.method_names(ty));
        let message = format!("`{shown}` has no `{text}`");
        let mut diagnostic = Diagnostic::error(codes::UNKNOWN_METHOD, name.span, message);
        if let Some(meant) = nearest(&text, candidates.iter().map(String::as_str)) {
            diagnostic = diagnostic.fix(format!("there is `{meant}`"), name.span, meant);
        }
        self.error(diagnostic);
    }

    /// A field of a value.
    pub(super) fn field(&mut self, base: NodeId, name: Ident, span: Span) -> NodeId {
        let base = self.known_value(base);
        let ty = self.ty(base);
        if let Some((position, field_ty)) = self.field_of(ty, name.name) {
            return self.node(NodeKind::Field { base, field: position }, field_ty, span);
        }
        match self.kind(ty) {
            Kind::Error | Kind::Never => return self.valueless(base, span),
            Kind::Infer(_) => {
                let message = format!("the type of this is not known yet, so neither is `{}`", self.text(name.name));
                let at = self.span(base);
                self.error(
                    Diagnostic::error(codes::CANNOT_INFER, at, message).help("write the type where it is declared"),
                );
                return self.error_node(span);
            }
            Kind::Optional(inner) if self.field_of(inner, name.name).is_some() => {
                let message = format!("this may be nil, which has no `{}`", self.text(name.name));
                let dot = Span { start: name.span.start - 1, end: name.span.start };
                let diagnostic = Diagnostic::error(codes::MAYBE_NIL, name.span, message);
                let diagnostic = diagnostic.fix("go on only if it is not nil", dot, "?.");
                self.error(diagnostic.help("or throw `NilError` if it is nil: `!.`"));
                return self.error_node(span);
            }
            _ => {}
        }
        self.no_field(ty, name);
        self.error_node(span)
    }

    /// The position and type of a struct's field.
    pub(super) fn field_of(&mut self, ty: Ty, name: Name) -> Option<(u32, Ty)> {
        let Kind::Adt(id, args) = self.kind(ty) else { return None };
        let adt = self.session.program.adt(id);
        if adt.is_enum {
            return None;
        }
        let fields = &adt.variants[0].fields;
        let position = fields.iter().position(|field| field.name == Some(name))?;
        let field_ty = fields[position].ty;
        let types = &mut self.session.program.types;
        if !types.has_param(field_ty) {
            return Some((position as u32, field_ty));
        }
        let args: Vec<Ty> = types.list(args).to_vec();
        Some((position as u32, types.subst(field_ty, &args)))
    }

    pub(super) fn no_field(&mut self, ty: Ty, name: Ident) {
        let (shown, text) = (self.show(ty), self.text(name.name).to_owned());
        let mut names: Vec<String> = vec![];
        if let Kind::Adt(id, _) = self.kind(ty) {
            let adt = self.session.program.adt(id);
            if !adt.is_enum {
                let fields = adt.variants[0].fields.iter().filter_map(|field| field.name);
                names.extend(fields.map(|field| self.text(field).to_owned()));
            }
        }
        let methods = self.method_names(ty);
        let message = format!("`{shown}` has no field `{text}`");
        let mut diagnostic = Diagnostic::error(codes::UNKNOWN_FIELD, name.span, message);
        if methods.contains(&text) {
            diagnostic = diagnostic.fix("call the method", name.span.after(), "()");
        } else if let Some(meant) = nearest(&text, names.iter().map(String::as_str)) {
            diagnostic = diagnostic.fix(format!("there is `{meant}`"), name.span, meant);
        } else if ["length", "size", "count"].contains(&text.as_str()) && methods.contains(&"len".to_owned()) {
            diagnostic = diagnostic.fix("there is the method `len`", name.span, "len()");
        } else if !names.is_empty() {
            let list: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            diagnostic = diagnostic.note(format!("it has {}", list.join(", ")));
        }
        self.error(diagnostic);
    }

    /// `base?.…`: `member` makes the part behind the dot of the value.
    pub(super) fn optional_chain(
        &mut self,
        base: ExprId,
        span: Span,
        member: impl FnOnce(&mut Self, NodeId) -> NodeId,
    ) -> NodeId {
        let base = self.expr(base, None);
        let ty = self.ty(base);
        let base_span = self.span(base);
        let inner = match self.kind(ty) {
            Kind::Optional(inner) => inner,
            Kind::Error | Kind::Never => return self.valueless(base, span),
            _ => {
                let shown = self.show(ty);
                let message = format!("`{shown}` is never nil");
                self.error(Diagnostic::error(codes::BAD_OPERAND, base_span, message).help("write `.` instead of `?.`"));
                return self.error_node(span);
            }
        };
        let local = self.hidden(inner, base_span);
        let value = self.node(NodeKind::Local(local), inner, base_span);
        let body = self.perhaps(|checker| member(checker, value));
        let body_ty = self.ty(body);
        let ty = match body_ty {
            Ty::UNIT | Ty::ERROR | Ty::NEVER => Ty::UNIT,
            _ => self.session.program.types.optional(body_ty),
        };
        let body = if ty == Ty::UNIT { body } else { self.coerce(body, ty) };
        self.node(NodeKind::OptChain { base, local, body }, ty, span)
    }
}
