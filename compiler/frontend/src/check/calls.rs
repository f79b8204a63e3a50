//! Calls of functions, and the making of structs and variants.

use super::Checker;
use super::methods::Method;
use super::paths::Path;
use crate::ast::{ExprId, ExprKind, Ident};
use crate::body::{NodeId, NodeKind, PatKind, Stmt};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::names::{Name, nearest};
use crate::program::{Def, Func, FuncId, Head, Source};
use crate::source::Span;
use crate::types::{AdtId, Kind, Ty};

impl Checker<'_, '_> {
    pub(super) fn call(&mut self, callee: ExprId, args: &[ExprId], want: Option<Ty>, span: Span) -> NodeId {
        let ast = self.ast;
        match &ast[callee].kind {
            ExprKind::Name(name) if self.find_local(*name).is_none() => {
                self.call_name(Ident { name: *name, span: ast[callee].span }, args, want, span)
            }
            ExprKind::Field(base, name) => match self.path(*base) {
                Some(path) => self.call_of_path(path, *base, *name, args, want, span),
                None => {
                    let receiver = self.expr(*base, None);
                    self.method_call(receiver, *name, args, want, span)
                }
            },
            ExprKind::OptField(base, name) => {
                let inner = want.and_then(|want| match self.kind(want) {
                    Kind::Optional(inner) => Some(inner),
                    _ => None,
                });
                self.optional_chain(*base, span, |checker, value| checker.method_call(value, *name, args, inner, span))
            }
            ExprKind::Index(base, targs) => {
                if let Some(node) = self.call_with_types(*base, targs, args, want, span) {
                    return node;
                }
                match &ast[*base].kind {
                    ExprKind::Field(receiver, name) if self.path(*receiver).is_none() => {
                        self.method_with_types((*receiver, *name), targs, args, want, span)
                    }
                    _ => self.call_expr(callee, args, span),
                }
            }
            _ => self.call_expr(callee, args, span),
        }
    }

    fn call_expr(&mut self, callee: ExprId, args: &[ExprId], span: Span) -> NodeId {
        let callee = self.expr(callee, None);
        self.call_value(callee, args, span)
    }

    /// A call of a name that is no variable.
    fn call_name(&mut self, name: Ident, args: &[ExprId], want: Option<Ty>, span: Span) -> NodeId {
        let module = self.module;
        if let Some((adt, tag)) = self.variant(name.name, want)
            && self.program().lookup_own(module, name.name).is_none()
        {
            return self.new_variant(adt, tag, args, want, name.span, span);
        }
        match self.program().lookup(module, name.name) {
            Some(def) => {
                let def = self.program().overloaded(def, name.name, args.len());
                self.call_item(def, name, args, want, span)
            }
            None => {
                let text = self.text(name.name).to_owned();
                if let Some(node) = self.builtin_call(&text, args, want, span) {
                    return node;
                }
                self.unknown(name);
                self.args_of_nothing(args);
                self.error_node(span)
            }
        }
    }

    fn call_item(&mut self, def: Def, name: Ident, args: &[ExprId], want: Option<Ty>, span: Span) -> NodeId {
        match def {
            Def::Func(func) => self.call_func(func, vec![], None, args, want, span),
            Def::Adt(id) if !self.session.program.adt(id).is_enum => {
                let help = self.how_to_make(id, name);
                let message = format!("`{}` is a struct, which is not called", self.text(name.name));
                self.error(Diagnostic::error(codes::NOT_CALLABLE, span, message).help(help));
                self.error_node(span)
            }
            Def::Const(_) => {
                let callee = self.name(name.name, None, name.span);
                self.call_value(callee, args, span)
            }
            _ => {
                let message = format!("`{}` is not a function", self.text(name.name));
                self.error(Diagnostic::error(codes::NOT_CALLABLE, name.span, message));
                self.error_node(span)
            }
        }
    }

    /// What to write to make a struct: its fields, or the function that its module has for others.
    fn how_to_make(&mut self, id: AdtId, name: Ident) -> String {
        let (adt, module) = (self.session.program.adt(id), self.module);
        let text = self.text(name.name).to_owned();
        let fields = &adt.variants[0].fields;
        let makers = self.session.program.methods.iter().filter(|((head, _), _)| *head == Head::Adt(id));
        let makers = makers.flat_map(|(_, funcs)| funcs.iter().map(|&func| self.session.program.func(func)));
        let gives_it = |func: &&Func| {
            matches!(self.session.program.types.kind(func.result), Kind::Adt(given, _) if given == id) && !func.receiver
        };
        let maker = makers.filter(gives_it).min_by_key(|func| func.span);
        match maker.filter(|_| adt.module != module) {
            Some(maker) => {
                let args = if maker.params.is_empty() { "" } else { "…" };
                format!("write `{text}.{}({args})`", self.text(maker.name))
            }
            None => {
                let fields: Vec<Name> = fields.iter().filter_map(|field| field.name).collect();
                let fields: Vec<String> = fields.iter().map(|&field| format!("{}: …", self.text(field))).collect();
                format!("write `{text} {{ {} }}`", fields.join(", "))
            }
        }
    }

    fn call_of_path(
        &mut self,
        path: Path,
        base: ExprId,
        name: Ident,
        args: &[ExprId],
        want: Option<Ty>,
        span: Span,
    ) -> NodeId {
        match path {
            Path::Item(Def::Module(target)) => {
                let module = self.module;
                if let Some(def) = self.program().lookup_in(module, target, name) {
                    return self.call_item(def, name, args, want, span);
                }
                let variant = self.session.program.module(target).variants.get(&name.name).map(|found| found[0]);
                match variant {
                    Some((adt, tag)) => self.new_variant(adt, tag, args, want, name.span, span),
                    None => {
                        self.program().unknown_in(target, name);
                        self.error_node(span)
                    }
                }
            }
            Path::Type(ty) => {
                if let Kind::Adt(adt, _) = self.kind(ty)
                    && let Some(tag) = self.variant_of(adt, name.name)
                {
                    let want = want.filter(|&want| self.is_adt(want, adt)).unwrap_or(ty);
                    return self.new_variant(adt, tag, args, Some(want), name.span, span);
                }
                self.associated_call(ty, name, args, want, span)
            }
            Path::Item(_) | Path::Variant(..) => {
                let receiver = self.expr(base, None);
                self.method_call(receiver, name, args, want, span)
            }
        }
    }

    /// `f[int](…)`, `module.f[int](…)`, `Type.f[int](…)`; `None` if the base is no function.
    fn call_with_types(
        &mut self,
        base: ExprId,
        targs: &[ExprId],
        args: &[ExprId],
        want: Option<Ty>,
        span: Span,
    ) -> Option<NodeId> {
        let Path::Item(Def::Func(func)) = self.path(base)? else { return None };
        let types = self.type_args(func, targs, span);
        Some(self.call_func(func, types, None, args, want, span))
    }

    /// `value.method[int](…)`, or the call of what is at an index of a field.
    fn method_with_types(
        &mut self,
        (receiver, name): (ExprId, Ident),
        targs: &[ExprId],
        args: &[ExprId],
        want: Option<Ty>,
        span: Span,
    ) -> NodeId {
        let mut receiver = self.expr(receiver, None);
        if self.find_method(self.ty(receiver), name.name).is_none() {
            receiver = self.known_value(receiver);
        }
        let method = match self.find_method(self.ty(receiver), name.name) {
            Some(Method::Static(func, types)) if self.session.program.func(func).receiver => Some((func, types)),
            _ => None,
        };
        let Some((func, mut types)) = method else {
            let field = self.field(receiver, name, self.span(receiver).to(name.span));
            let callee = self.item(field, targs, span);
            return self.call_value(callee, args, span);
        };
        types.extend(self.type_args(func, targs, span));
        self.call_func(func, types, Some(receiver), args, want, name.span.to(span.after()))
    }

    /// The type arguments that are written at a call of a function.
    fn type_args(&mut self, func: FuncId, targs: &[ExprId], span: Span) -> Vec<Ty> {
        let data = self.session.program.func(func);
        let n = data.generics.len() - data.n_parent as usize;
        let mut types = vec![];
        for &targ in targs {
            match self.expr_as_type(targ) {
                Some(ty) => types.push(ty),
                None => {
                    let message = "this is not a type";
                    let span = self.ast[targ].span;
                    self.error(Diagnostic::error(codes::WRONG_KIND, span, message));
                    types.push(Ty::ERROR);
                }
            }
        }
        if types.len() != n {
            let message = format!("the function takes {n} type arguments, but {} are given", types.len());
            self.error(Diagnostic::error(codes::TYPE_ARGS, span, message));
            types.resize(n, Ty::ERROR);
        }
        types
    }

    /// A call of a function; `targs` are its first type arguments, the others are found.
    pub(super) fn call_func(
        &mut self,
        func: FuncId,
        targs: Vec<Ty>,
        receiver: Option<NodeId>,
        args: &[ExprId],
        want: Option<Ty>,
        span: Span,
    ) -> NodeId {
        let data = self.session.program.func(func);
        let n_generics = data.generics.len();
        let mut targs = targs;
        while targs.len() < n_generics {
            targs.push(self.fresh(span));
        }
        self.oblige_bounds(func, &targs, span);
        let data = self.session.program.func(func);
        let mut params: Vec<Ty> = data.params.iter().map(|param| param.ty).collect();
        let mut result = data.result;
        let (source, parent, def_span) = (data.source, data.parent, data.span);
        if n_generics > 0 {
            let types = &mut self.session.program.types;
            params = params.into_iter().map(|ty| types.subst(ty, &targs)).collect();
            result = types.subst(result, &targs);
        }
        self.hint_result(result, want);
        let skip = usize::from(receiver.is_some());
        let variadic = matches!(source, Source::Extern { variadic: true, .. });
        let is_extern = matches!(source, Source::Extern { .. });
        let expected = params.len() - skip;
        if args.len() != expected && !(variadic && args.len() > expected) {
            self.wrong_count(args.len(), expected, Some(def_span), span);
        }
        let mut nodes: Vec<NodeId> = receiver.into_iter().collect();
        nodes.extend(self.args(args, &params[skip..], is_extern));
        let targs = self.session.program.types.tys(&targs);
        let args = nodes.into();
        let kind = match parent {
            crate::program::Parent::Trait(..) => NodeKind::CallTrait { method: func, targs, args },
            _ => NodeKind::Call { func, targs, args },
        };
        self.node(kind, result, span)
    }

    /// Uses what is wanted of a call to find type arguments, where that cannot mislead.
    fn hint_result(&mut self, result: Ty, want: Option<Ty>) {
        let Some(want) = want else { return };
        let same_form = match (self.kind(result), self.kind(want)) {
            (Kind::Adt(a, _), Kind::Adt(b, _)) => a == b,
            (Kind::List(_), Kind::List(_))
            | (Kind::Map(..), Kind::Map(..))
            | (Kind::Optional(_), Kind::Optional(_)) => true,
            (Kind::Fn(..), Kind::Fn(..)) | (Kind::Tuple(_), Kind::Tuple(_)) => true,
            _ => false,
        };
        if same_form && self.session.program.types.has_infer(result) {
            self.try_unify(result, want);
        }
    }

    pub(super) fn wrong_count(&mut self, n: usize, expected: usize, declared: Option<Span>, span: Span) {
        let plural = if expected == 1 { "" } else { "s" };
        let message = format!("{expected} argument{plural} expected, but {n} given");
        let mut diagnostic = Diagnostic::error(codes::ARG_COUNT, span, message);
        if let Some(declared) = declared
            && !self.session.program.module(self.module).is_std
        {
            diagnostic = diagnostic.label(declared, "declared here");
        }
        self.error(diagnostic);
    }

    /// The arguments of a call. Closures come last, when the types of their parameters are more likely to be known,
    /// and literals after what may decide their type.
    pub(super) fn args(&mut self, args: &[ExprId], params: &[Ty], is_extern: bool) -> Vec<NodeId> {
        let mut nodes: Vec<Option<NodeId>> = vec![None; args.len()];
        let order = |checker: &Self, arg: ExprId| match &checker.ast[arg].kind {
            ExprKind::Closure(_) => 2,
            ExprKind::Int(_) | ExprKind::Nil => 1,
            ExprKind::List(items) if items.is_empty() => 1,
            _ => 0,
        };
        // If some are missing or too many, it is not known which, so the types say nothing.
        let fit = args.len() == params.len() || is_extern && args.len() > params.len();
        for turn in 0..3 {
            for (position, &arg) in args.iter().enumerate() {
                if order(self, arg) != turn {
                    continue;
                }
                nodes[position] = Some(match params.get(position) {
                    Some(&param) if !fit => {
                        let node = self.expr(arg, Some(param));
                        let have = self.ty(node);
                        self.try_unify(param, have);
                        node
                    }
                    Some(&param) if is_extern => self.extern_arg(arg, param),
                    Some(&param) => self.expr_as(arg, param),
                    None => {
                        let node = self.expr(arg, None);
                        if is_extern {
                            self.check_c_type(node);
                        }
                        node
                    }
                });
            }
        }
        nodes.into_iter().flatten().collect()
    }

    /// The arguments of a call that has been reported: what closures take is not known, and nothing is said of it.
    pub(super) fn args_of_nothing(&mut self, args: &[ExprId]) {
        for &arg in args {
            let is_closure = matches!(self.ast[arg].kind, ExprKind::Closure(_));
            self.expr(arg, is_closure.then_some(Ty::ERROR));
        }
    }

    /// An argument of a C function: strings and lists go to pointers.
    fn extern_arg(&mut self, arg: ExprId, param: Ty) -> NodeId {
        let node = self.expr(arg, Some(param));
        let have = self.ty(node);
        if let Kind::Ptr(to) = self.kind(param) {
            let fits = match self.kind(have) {
                Kind::Str => matches!(self.kind(to), Kind::U8 | Kind::I8),
                Kind::Bytes => matches!(self.kind(to), Kind::U8 | Kind::I8 | Kind::Unit),
                Kind::List(item) => self.kind(item).is_number() && self.try_unify(item, to),
                _ => false,
            };
            if fits {
                return node;
            }
        }
        self.coerce(node, param)
    }

    fn check_c_type(&mut self, node: NodeId) {
        let ty = self.ty(node);
        if !self.session.program.crosses_to_c(ty) && self.kind(ty) != Kind::Str {
            let (shown, span) = (self.show(ty), self.span(node));
            self.error(Diagnostic::error(codes::BAD_FOREIGN, span, format!("C has no type `{shown}`")));
        }
    }

    /// A call through a function value.
    pub(super) fn call_value(&mut self, callee: NodeId, args: &[ExprId], span: Span) -> NodeId {
        let callee = self.known_value(callee);
        let ty = self.ty(callee);
        match self.kind(ty) {
            Kind::Fn(params, result) => {
                let params: Vec<Ty> = self.session.program.types.list(params).to_vec();
                if args.len() != params.len() {
                    self.wrong_count(args.len(), params.len(), None, span);
                }
                let args = self.args(args, &params, false).into();
                self.node(NodeKind::CallValue { callee, args }, result, span)
            }
            Kind::Infer(_) => {
                let nodes: Vec<NodeId> = args.iter().map(|&arg| self.expr(arg, None)).collect();
                let params: Vec<Ty> = nodes.iter().map(|&node| self.ty(node)).collect();
                let result = self.fresh(span);
                let function = self.session.program.types.function(&params, result);
                self.unify(ty, function);
                self.node(NodeKind::CallValue { callee, args: nodes.into() }, result, span)
            }
            kind => {
                self.args_of_nothing(args);
                if let Kind::Optional(_) = kind {
                    let at = self.span(callee);
                    let diagnostic = Diagnostic::error(codes::MAYBE_NIL, at, "this may be nil, which cannot be called");
                    self.error(diagnostic.fix("throw `NilError` if it is nil", at.after(), "!"));
                } else if !matches!(kind, Kind::Error | Kind::Never) {
                    let (shown, at) = (self.show(ty), self.span(callee));
                    let message = format!("`{shown}` is not a function");
                    self.error(Diagnostic::error(codes::NOT_CALLABLE, at, message));
                }
                self.valueless(callee, span)
            }
        }
    }

    /// `Circle(1.0)`.
    pub(super) fn new_variant(
        &mut self,
        adt: AdtId,
        tag: u32,
        args: &[ExprId],
        want: Option<Ty>,
        name_span: Span,
        span: Span,
    ) -> NodeId {
        let ty = self.instance(adt, want, span);
        let wanted = want.is_some_and(|want| self.is_adt(want, adt));
        let data = self.session.program.adt(adt);
        let variant = &data.variants[tag as usize];
        let name = variant.name;
        let named = variant.fields.first().is_some_and(|field| field.name.is_some());
        let fields: Vec<Ty> = variant.fields.iter().map(|field| field.ty).collect();
        if !wanted {
            self.report_ambiguity(name, adt, name_span);
        }
        if named {
            let message = format!("the fields of `{}` have names and are given in braces", self.text(name));
            self.error(Diagnostic::error(codes::NOT_CALLABLE, span, message));
            return self.error_node(span);
        }
        let Kind::Adt(_, targs) = self.kind(ty) else { return self.error_node(span) };
        let targs: Vec<Ty> = self.session.program.types.list(targs).to_vec();
        let fields: Vec<Ty> = fields.into_iter().map(|field| self.session.program.types.subst(field, &targs)).collect();
        if args.len() != fields.len() {
            self.wrong_count(args.len(), fields.len(), None, span);
            return self.error_node(span);
        }
        let fields = self.args(args, &fields, false).into();
        self.node(NodeKind::New { variant: tag, fields }, ty, span)
    }

    /// `Point { x: 1.0 }`, `Rect { w, h }`.
    pub(super) fn struct_value(
        &mut self,
        path: ExprId,
        given: &[(Ident, ExprId)],
        want: Option<Ty>,
        span: Span,
    ) -> NodeId {
        let path_span = self.ast[path].span;
        let (ty, adt, tag) = match self.path_of_struct(path, want) {
            Some(found) => found,
            None => {
                for (_, value) in given {
                    self.expr(*value, None);
                }
                return self.error_node(span);
            }
        };
        let ty = match want.map(|want| self.shallow(want)) {
            Some(want) if self.is_adt(want, adt) => self.instance(adt, Some(want), path_span),
            _ => ty,
        };
        let Kind::Adt(_, targs) = self.kind(ty) else { return self.error_node(span) };
        let targs: Vec<Ty> = self.session.program.types.list(targs).to_vec();
        let declared = self.session.program.adt(adt).variants[tag as usize].fields.clone();
        let mut values: Vec<Option<NodeId>> = vec![None; declared.len()];
        let mut order = vec![];
        for (name, value) in given {
            let Some(position) = declared.iter().position(|field| field.name == Some(name.name)) else {
                self.no_such_field(adt, tag, *name);
                self.expr(*value, None);
                continue;
            };
            let field_ty = self.session.program.types.subst(declared[position].ty, &targs);
            let node = self.expr_as(*value, field_ty);
            if values[position].replace(node).is_some() {
                let message = format!("the field `{}` is given twice", self.text(name.name));
                self.error(Diagnostic::error(codes::DUPLICATE, name.span, message));
            }
            order.push(position);
        }
        // Values are computed in the order in which they are written.
        let mut stmts = vec![];
        if !order.is_sorted() {
            for position in order {
                let Some(value) = values[position] else { continue };
                let (ty, span) = (self.ty(value), self.span(value));
                let local = self.hidden(ty, span);
                let pat = self.pat(PatKind::Bind(local, None), ty, span);
                stmts.push(Stmt::Let { pat, value: Some(value), otherwise: None });
                values[position] = Some(self.node(NodeKind::Local(local), ty, span));
            }
        }
        let mut missing = vec![];
        let mut fields = vec![];
        for (field, value) in declared.iter().zip(values) {
            fields.push(match (value, field.default) {
                (Some(value), _) => value,
                (None, Some(func)) => {
                    let field_ty = self.session.program.types.subst(field.ty, &targs);
                    let targs = self.session.program.types.tys(&targs);
                    self.node(NodeKind::Call { func, targs, args: Box::new([]) }, field_ty, span)
                }
                (None, None) => {
                    let name = field.name.map_or("", |name| self.session.program.text(name));
                    missing.push(format!("`{name}`"));
                    continue;
                }
            });
        }
        if !missing.is_empty() {
            let plural = if missing.len() == 1 { "" } else { "s" };
            let message = format!("the field{plural} {} must be given", missing.join(", "));
            self.error(Diagnostic::error(codes::MISSING_FIELD, path_span, message));
            return self.error_node(span);
        }
        let made = self.node(NodeKind::New { variant: tag, fields: fields.into() }, ty, span);
        match stmts.is_empty() {
            true => made,
            false => self.node(NodeKind::Block { stmts: stmts.into(), tail: Some(made) }, ty, span),
        }
    }

    fn no_such_field(&mut self, adt: AdtId, tag: u32, name: Ident) {
        let data = self.session.program.adt(adt);
        let owner = match data.is_enum {
            true => self.text(data.variants[tag as usize].name).to_owned(),
            false => data.full_name.clone(),
        };
        let fields: Vec<&str> = data.variants[tag as usize]
            .fields
            .iter()
            .filter_map(|field| field.name)
            .map(|name| self.session.program.text(name))
            .collect();
        let text = self.text(name.name);
        let meant = nearest(text, fields.iter().copied()).map(str::to_owned);
        let message = format!("`{owner}` has no field `{text}`");
        let mut diagnostic = Diagnostic::error(codes::UNKNOWN_FIELD, name.span, message);
        diagnostic = match meant {
            Some(meant) => diagnostic.fix(format!("there is `{meant}`"), name.span, meant),
            None if fields.is_empty() => diagnostic,
            None => diagnostic.note(format!("it has `{}`", fields.join("`, `"))),
        };
        self.error(diagnostic);
    }

    /// What stands before the braces: a struct, or a variant with named fields.
    fn path_of_struct(&mut self, path: ExprId, want: Option<Ty>) -> Option<(Ty, AdtId, u32)> {
        let ast = self.ast;
        let span = ast[path].span;
        if let ExprKind::Name(name) = &ast[path].kind
            && let Some((adt, tag)) = self.variant(*name, want)
        {
            let own = self.module;
            if self.program().lookup_own(own, *name).is_none() {
                let ty = self.instance(adt, want, span);
                return Some((ty, adt, tag));
            }
        }
        match self.path(path) {
            Some(Path::Type(ty)) => match self.kind(ty) {
                Kind::Adt(adt, _) if !self.session.program.adt(adt).is_enum => return Some((ty, adt, 0)),
                _ => {
                    let shown = self.show(ty);
                    let message = format!("`{shown}` is not a struct");
                    self.error(Diagnostic::error(codes::WRONG_KIND, span, message));
                }
            },
            Some(Path::Variant(adt, tag)) => {
                let ty = self.instance(adt, want, span);
                return Some((ty, adt, tag));
            }
            Some(Path::Item(_)) => {
                self.error(Diagnostic::error(codes::WRONG_KIND, span, "this is not a struct"));
            }
            None => match &ast[path].kind {
                ExprKind::Name(name) => {
                    let module = self.module;
                    self.program().unknown_name(module, Ident { name: *name, span }, &[], true);
                }
                ExprKind::Field(base, name) => {
                    let module = self.session.program.module(self.module);
                    let is_missing = matches!(ast[*base].kind, ExprKind::Name(name) if module.missing.contains(&name));
                    if let Some(Path::Item(Def::Module(target))) = self.path(*base) {
                        self.program().unknown_in(target, *name);
                    } else if !is_missing {
                        self.error(Diagnostic::error(codes::UNKNOWN_TYPE, span, "there is no such struct"));
                    }
                }
                _ => self.error(Diagnostic::error(codes::UNKNOWN_TYPE, span, "there is no such struct")),
            },
        }
        None
    }
}
