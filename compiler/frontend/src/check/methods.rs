//! Which method is meant.

use super::Checker;
use crate::ast::{ExprId, Ident};
use crate::body::{NodeId, NodeKind};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::names::{Name, listed, nearest};
use crate::program::{FuncId, Head, ImplId, Parent};
use crate::source::Span;
use crate::types::{Kind, Ty};

/// A method, and its first type arguments.
pub(super) enum Method {
    /// A function with the type arguments of its parent.
    Static(FuncId, Vec<Ty>),
    /// Of a trait object.
    Dynamic(FuncId, Vec<Ty>),
}

impl Checker<'_, '_> {
    /// `receiver.name(args)`.
    pub(super) fn method_call(
        &mut self,
        receiver: NodeId,
        name: Ident,
        args: &[ExprId],
        want: Option<Ty>,
        span: Span,
    ) -> NodeId {
        let mut receiver = receiver;
        if self.text(name.name) != "to_str" && self.find_method(self.ty(receiver), name.name).is_none() {
            receiver = self.known_value(receiver);
        }
        let ty = self.ty(receiver);
        if let Kind::Error | Kind::Never = self.kind(ty) {
            self.args_of_nothing(args);
            return self.valueless(receiver, span);
        }
        if let Some(node) = self.builtin_method(receiver, name, args, span) {
            return node;
        }
        let call_span = name.span.to(span.after());
        match self.find_method(ty, name.name) {
            Some(Method::Static(func, targs)) if self.session.program.func(func).receiver => {
                return self.call_func(func, targs, Some(receiver), args, want, call_span);
            }
            Some(Method::Dynamic(func, targs)) => return self.call_dynamic(func, targs, receiver, args, call_span),
            Some(Method::Static(..)) => {
                let (shown, text) = (self.show(ty), self.text(name.name).to_owned());
                let message = format!("`{text}` takes no `self`, so it is not called on a value");
                let diagnostic = Diagnostic::error(codes::UNKNOWN_METHOD, name.span, message);
                self.error(diagnostic.help(format!("call it on the type: `{shown}.{text}(…)`")));
                return self.error_node(span);
            }
            None => {}
        }
        if let Some((position, field_ty)) = self.field_of(ty, name.name) {
            let callee = self.node(NodeKind::Field { base: receiver, field: position }, field_ty, span);
            return self.call_value(callee, args, span);
        }
        self.no_method(receiver, name);
        self.args_of_nothing(args);
        self.error_node(span)
    }

    fn call_dynamic(&mut self, func: FuncId, targs: Vec<Ty>, receiver: NodeId, args: &[ExprId], span: Span) -> NodeId {
        let data = self.session.program.func(func);
        let (params, result): (Vec<Ty>, Ty) = (data.params[1..].iter().map(|param| param.ty).collect(), data.result);
        let def_span = data.span;
        let types = &mut self.session.program.types;
        let params: Vec<Ty> = params.into_iter().map(|ty| types.subst(ty, &targs)).collect();
        let result = types.subst(result, &targs);
        if args.len() != params.len() {
            self.wrong_count(args.len(), params.len(), Some(def_span), span);
        }
        let mut nodes = vec![receiver];
        nodes.extend(self.args(args, &params, false));
        self.node(NodeKind::CallDyn { method: func, args: nodes.into() }, result, span)
    }

    /// The method of this name that values of a type have.
    pub(super) fn find_method(&mut self, ty: Ty, name: Name) -> Option<Method> {
        if let Kind::Param(position, _) = self.kind(ty)
            && let Some(found) = self.bound_method(position, ty, name)
        {
            return Some(found);
        }
        if let Kind::Trait(id, args) = self.kind(ty) {
            let methods = self.session.program.trait_data(id).methods.clone();
            if let Some(func) = methods.into_iter().find(|&func| self.session.program.func(func).name == name) {
                let mut targs = vec![ty];
                targs.extend_from_slice(self.session.program.types.list(args));
                return Some(Method::Dynamic(func, targs));
            }
        }
        self.associated(ty, name).map(|(func, targs)| Method::Static(func, targs))
    }

    /// A method that the bounds of a type parameter promise.
    fn bound_method(&mut self, position: u32, ty: Ty, name: Name) -> Option<Method> {
        for (trait_id, args) in self.generics.get(position as usize)?.bounds.clone() {
            let methods = &self.session.program.trait_data(trait_id).methods;
            if let Some(&func) = methods.iter().find(|&&func| self.session.program.func(func).name == name) {
                let mut targs = vec![ty];
                targs.extend_from_slice(self.session.program.types.list(args));
                return Some(Method::Static(func, targs));
            }
        }
        None
    }

    /// The function of this name that belongs to a type, with the type arguments of its `impl`.
    pub(super) fn associated(&mut self, ty: Ty, name: Name) -> Option<(FuncId, Vec<Ty>)> {
        if let Kind::Param(position, _) = self.kind(ty)
            && let Some(Method::Static(func, targs)) = self.bound_method(position, ty, name)
        {
            return Some((func, targs));
        }
        let ty = self.shallow(ty);
        let head = self.session.program.head(ty)?;
        for head in [head, Head::All] {
            for func in self.session.program.methods.get(&(head, name)).cloned().unwrap_or_default() {
                let Parent::Impl(imp) = self.session.program.func(func).parent else { continue };
                if let Some(targs) = self.fit_impl(imp, ty) {
                    return Some((func, targs));
                }
            }
            for (imp, func) in self.session.program.inherited.get(&(head, name)).cloned().unwrap_or_default() {
                if let Some(impl_args) = self.fit_impl(imp, ty) {
                    let (_, args) = self.session.program.imp(imp).of?;
                    let args = self.session.program.types.subst_list(args, &impl_args);
                    let mut targs = vec![ty];
                    targs.extend_from_slice(self.session.program.types.list(args));
                    return Some((func, targs));
                }
            }
        }
        self.built_in_trait(ty, name)
    }

    /// A method of a trait that the language itself implements for the type: `compare` of numbers, for instance.
    fn built_in_trait(&mut self, ty: Ty, name: Name) -> Option<(FuncId, Vec<Ty>)> {
        let lang = self.session.program.lang();
        for trait_id in [lang.ord, lang.eq] {
            let methods = self.session.program.trait_data(trait_id).methods.clone();
            if let Some(func) = methods.into_iter().find(|&func| self.session.program.func(func).name == name) {
                let found = self.find_impl(trait_id, crate::types::Tys::EMPTY, ty);
                return found.map(|_| (func, vec![ty]));
            }
        }
        None
    }

    /// The type arguments with which an `impl` is for a type, if there are any.
    fn fit_impl(&mut self, imp: ImplId, ty: Ty) -> Option<Vec<Ty>> {
        let (pattern, n) = (self.session.program.imp(imp).self_ty, self.session.program.imp(imp).generics.len());
        let snapshot = self.infer.snapshot();
        let span = Span::default();
        let args: Vec<Ty> = (0..n).map(|_| self.fresh(span)).collect();
        let pattern = self.session.program.types.subst(pattern, &args);
        if !self.unify(pattern, ty) {
            self.infer.roll_back(snapshot);
            return None;
        }
        // An implementation for all types is chosen by its bounds.
        if let Kind::Param(..) = self.session.program.types.kind(self.session.program.imp(imp).self_ty) {
            for (position, &arg) in args.iter().enumerate() {
                for (bound, bound_args) in self.session.program.imp(imp).generics[position].bounds.clone() {
                    let bound_args = self.session.program.types.subst_list(bound_args, &args);
                    if self.find_impl(bound, bound_args, arg).is_none() {
                        self.infer.roll_back(snapshot);
                        return None;
                    }
                }
            }
        }
        Some(args)
    }

    /// `Type.name(args)`.
    pub(super) fn associated_call(
        &mut self,
        ty: Ty,
        name: Ident,
        args: &[ExprId],
        want: Option<Ty>,
        span: Span,
    ) -> NodeId {
        // What is wanted may say which instance of a generic type it is.
        if let Some(want) = want
            && let (Kind::Adt(a, _), Kind::Adt(b, _)) = (self.kind(ty), self.kind(want))
            && a == b
            && self.session.program.types.has_infer(ty)
        {
            let snapshot = self.infer.snapshot();
            if !self.unify(ty, want) {
                self.infer.roll_back(snapshot);
            }
        }
        match self.associated(ty, name.name) {
            Some((func, targs)) => self.call_func(func, targs, None, args, want, name.span.to(span.after())),
            None => {
                self.no_member(ty, name);
                self.args_of_nothing(args);
                self.error_node(span)
            }
        }
    }

    /// The names of all methods of a type, for messages.
    pub(super) fn method_names(&mut self, ty: Ty) -> Vec<String> {
        let mut names: Vec<String> = self.builtin_method_names(ty).iter().map(|&name| name.to_owned()).collect();
        let ty = self.shallow(ty);
        let Some(head) = self.session.program.head(ty) else { return names };
        let program = &self.session.program;
        let declared = program.methods.keys().chain(program.inherited.keys()).filter(|(of, _)| *of == head);
        names.extend(declared.map(|&(_, name)| program.text(name).to_owned()));
        if let Kind::Trait(id, _) = self.kind(ty) {
            names.extend(
                program.trait_data(id).methods.iter().map(|&func| program.text(program.func(func).name).to_owned()),
            );
        }
        names.sort_unstable();
        names.dedup();
        names
    }

    fn no_method(&mut self, receiver: NodeId, name: Ident) {
        let ty = self.ty(receiver);
        let text = self.text(name.name).to_owned();
        match self.kind(ty) {
            Kind::Infer(_) => {
                let span = self.span(receiver);
                let message = format!("the type of this is not known yet, so neither is its method `{text}`");
                let diagnostic = Diagnostic::error(codes::CANNOT_INFER, span, message);
                self.error(diagnostic.help("write the type where the variable is declared"));
                return;
            }
            Kind::Optional(inner) if self.method_names(inner).contains(&text) => {
                let message = format!("this may be nil, which has no method `{text}`");
                let dot = Span { start: name.span.start - 1, end: name.span.start };
                let diagnostic = Diagnostic::error(codes::MAYBE_NIL, name.span, message);
                let diagnostic = diagnostic.fix("call it only if it is not nil", dot, "?.");
                self.error(diagnostic.help("or throw `NilError` if it is nil: `!.`"));
                return;
            }
            _ => {}
        }
        let shown = self.show(ty);
        let names = self.method_names(ty);
        let message = format!("`{shown}` has no method `{text}`");
        let mut diagnostic = Diagnostic::error(codes::UNKNOWN_METHOD, name.span, message);
        let synonym = match text.as_str() {
            "length" | "size" | "count" => Some("len"),
            "append" | "add" => Some("push"),
            "toString" | "to_string" | "str" => Some("to_str"),
            "includes" | "has" | "contains_key" | "has_key" => Some("contains"),
            "set" | "put" => Some("insert"),
            "forEach" | "for_each" => Some("each"),
            "reduce" => Some("fold"),
            "delete" => Some("remove"),
            "strip" => Some("trim"),
            "index" | "indexOf" => Some(if names.iter().any(|name| name == "find") { "find" } else { "index_of" }),
            "to_upper" | "to_uppercase" | "toUpperCase" | "uppercase" => Some("upper"),
            "to_lower" | "to_lowercase" | "toLowerCase" | "lowercase" => Some("lower"),
            _ => None,
        };
        let meant = synonym.filter(|synonym| names.iter().any(|name| name == synonym));
        let meant = meant.or_else(|| nearest(&text, names.iter().map(String::as_str)));
        if let Some(meant) = meant {
            diagnostic = diagnostic.fix(format!("there is `{meant}`"), name.span, meant);
        } else if let Kind::Param(_, param) = self.kind(ty) {
            let param = self.text(param).to_owned();
            diagnostic = diagnostic.help(format!("bind the type parameter by a trait that has it: `[{param}: Trait]`"));
        } else if let Some(names) = listed(names.iter().map(String::as_str).collect()) {
            diagnostic = diagnostic.note(format!("its methods are {names}"));
        }
        self.error(diagnostic);
    }
}
