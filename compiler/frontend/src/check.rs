//! Checks the bodies of functions: what names mean, which types expressions have, which methods are called. The
//! result is a typed tree for each function.
//!
//! Types are inferred within a function. What is expected of an expression goes down with it as a hint; what it turns
//! out to be comes back, and [`Checker::coerce`] makes both ends meet.

mod blocks;
mod builtins;
mod calls;
mod closures;
mod coerce;
mod exprs;
mod known;
mod loops;
mod methods;
mod operators;
mod paths;
mod patterns;
mod places;
mod writes;

pub(crate) use builtins::builtin_names;

use crate::ast::{self, Ast, ItemKind};
use crate::body::{Body, Local, LocalId, LoopId, Node, NodeId, NodeKind, Pat, PatId, PatKind, Stmt};
use crate::codes;
use crate::consts::Value;
use crate::definite;
use crate::diagnostic::Diagnostic;
use crate::lookup::TypeScope;
use crate::names::Name;
use crate::program::{FuncId, Generic, ModuleId, Parent, Program, Source};
use crate::source::Span;
use crate::types::{Infer, Kind, TraitId, Ty, Tys};
use rustc_hash::FxHashMap;
use std::rc::Rc;
use writes::Writes;

/// A program whose bodies are being checked, each when it is first asked for.
pub(crate) struct Session<'a> {
    pub(crate) program: Program,
    pub(crate) asts: &'a [Ast],
    bodies: FxHashMap<FuncId, Rc<Body>>,
    /// The values of constants; `None` while they are evaluated.
    pub(crate) values: FxHashMap<crate::program::ConstId, Option<Value>>,
    /// Where modules assign to variables, for those of which that was asked.
    writes: FxHashMap<ModuleId, Rc<Writes>>,
    /// The module whose last statement is to show its value.
    pub(crate) show: Option<ModuleId>,
    /// The type of that value.
    pub(crate) shown: Option<String>,
}

impl<'a> Session<'a> {
    pub(crate) fn new(program: Program, asts: &'a [Ast]) -> Self {
        let (bodies, values, writes) = (FxHashMap::default(), FxHashMap::default(), FxHashMap::default());
        Session { program, asts, bodies, values, writes, show: None, shown: None }
    }

    /// Where a module assigns to variables.
    fn writes(&mut self, module: ModuleId) -> Rc<Writes> {
        let asts = self.asts;
        Rc::clone(self.writes.entry(module).or_insert_with(|| Rc::new(Writes::of(&asts[module.0 as usize]))))
    }

    /// The typed body of a function that has one.
    pub(crate) fn body(&mut self, func: FuncId) -> Rc<Body> {
        if let Some(body) = self.bodies.get(&func) {
            return Rc::clone(body);
        }
        let body = Rc::new(check(self, func));
        self.bodies.insert(func, Rc::clone(&body));
        body
    }
}

/// A closure, or the function itself, while it is checked.
struct Frame {
    result: Ty,
    loops: Vec<LoopFrame>,
    captures: Vec<LocalId>,
    /// Where its result type was written, for messages.
    result_span: Option<Span>,
}

struct LoopFrame {
    id: LoopId,
    label: Option<Name>,
    /// What `break` gives: for `loop` only.
    result: Option<Ty>,
    breaks: bool,
}

/// That a type must implement a trait, to be checked when the type is known.
struct Obligation {
    ty: Ty,
    trait_id: TraitId,
    args: Tys,
    span: Span,
}

struct Checker<'s, 'a> {
    session: &'s mut Session<'a>,
    ast: &'a Ast,
    module: ModuleId,
    generics: Vec<Generic>,
    self_ty: Option<Ty>,
    body: Body,
    infer: Infer,
    frames: Vec<Frame>,
    scope: FxHashMap<Name, LocalId>,
    /// What names meant before they were declared anew.
    shadowed: Vec<(Name, Option<LocalId>)>,
    obligations: Vec<Obligation>,
    /// Operators on operands whose type was not known yet.
    late_operators: Vec<(crate::ast::Binary, Ty, Span)>,
    n_loops: u32,
    /// Whether to warn.
    warns: bool,
    /// What is known here of variables.
    facts: Vec<known::Fact>,
    /// The source of the function.
    extent: Span,
    /// Where in `shadowed` the variables of the pattern begin that is being checked, and how deep in it we are.
    pattern: (usize, u32),
    /// The variables of the first alternative, while others are checked.
    alternatives: Option<FxHashMap<Name, LocalId>>,
}

/// Checks the body of a function.
fn check(session: &mut Session<'_>, id: FuncId) -> Body {
    let func = session.program.func(id);
    let module = func.module;
    let asts = session.asts;
    let ast = &asts[module.0 as usize];
    let self_ty = match func.parent {
        Parent::None => None,
        Parent::Impl(imp) => Some(session.program.imp(imp).self_ty),
        Parent::Trait(..) => {
            let name = func.generics[0].name;
            Some(session.program.types.param(0, name))
        }
    };
    let func = session.program.func(id);
    let (result, params, source, span) = (func.result, func.params.clone(), func.source, func.span);
    let generics = func.generics.clone();
    let warns = !session.program.module(module).is_std;
    let mut checker = Checker {
        session,
        ast,
        module,
        generics,
        self_ty,
        body: Body::default(),
        infer: Infer::default(),
        frames: vec![Frame { result, loops: vec![], captures: vec![], result_span: Some(span) }],
        scope: FxHashMap::default(),
        shadowed: vec![],
        obligations: vec![],
        late_operators: vec![],
        n_loops: 0,
        warns,
        facts: vec![],
        extent: Span { start: 0, end: u32::MAX },
        pattern: (0, 0),
        alternatives: None,
    };
    for param in params {
        let local = checker.declare(param.name, param.ty, param.span, param.mutable);
        checker.body.params.push(local);
    }
    let root = match source {
        Source::Item(item, method) => {
            let function = match &ast.items[item as usize].kind {
                ItemKind::Fn(function) => function,
                ItemKind::Impl { methods, .. } | ItemKind::Trait { methods, .. } => &methods[method as usize],
                _ => unreachable!("a function is declared by a function"),
            };
            let block = function.body.as_ref().unwrap_or_else(|| unreachable!("a body was parsed"));
            checker.extent = block.span;
            checker.function_body(block, result)
        }
        Source::Expr(value) => checker.expr_as(value, result),
        Source::TopLevel => checker.top_level(),
        Source::Test(item) => match &ast.items[item as usize].kind {
            ItemKind::Test { body, .. } => {
                checker.extent = body.span;
                checker.function_body(body, Ty::UNIT)
            }
            _ => unreachable!("a test is declared by a test"),
        },
        Source::Required | Source::Native(_) | Source::Extern { .. } => unreachable!("such functions have no body"),
    };
    checker.body.root = Some(root);
    let mut body = checker.finish();
    if source == Source::TopLevel && session.show == Some(module) {
        show_last(session, &mut body);
    }
    body
}

/// Has the value of the last statement printed, with its type.
fn show_last(session: &mut Session<'_>, body: &mut Body) {
    let Some(root) = body.root else { return };
    let NodeKind::Block { stmts, .. } = &body.node(root).kind else { return };
    let Some(&Stmt::Expr(value)) = stmts.last() else { return };
    let (ty, span, last) = (body.node(value).ty, body.node(value).span, stmts.len() - 1);
    if matches!(ty, Ty::UNIT | Ty::NEVER | Ty::ERROR) {
        return;
    }
    let shown = session.program.show(ty);
    let mut node = |kind, ty| {
        body.nodes.push(Node { kind, ty, span });
        NodeId(body.nodes.len() as u32 - 1)
    };
    let mut text = |text: &str| NodeKind::Str(session.program.names.intern(text));
    let mut parts = vec![node(NodeKind::ToStr(value), Ty::STR)];
    if ty == Ty::STR {
        parts = vec![node(text("\""), Ty::STR), value, node(text("\""), Ty::STR)];
    }
    parts.push(node(text(&format!(": {shown}")), Ty::STR));
    let line = node(NodeKind::Concat(parts), Ty::STR);
    let print = node(NodeKind::Print { args: Box::new([line]), error: false }, Ty::UNIT);
    if let NodeKind::Block { stmts, .. } = &mut body.nodes[root.0 as usize].kind {
        stmts[last] = Stmt::Expr(print);
    }
    session.shown = Some(shown);
}

impl<'a> Checker<'_, 'a> {
    fn program(&mut self) -> &mut Program {
        &mut self.session.program
    }

    fn error(&mut self, diagnostic: Diagnostic) {
        self.session.program.report(diagnostic);
    }

    fn warn(&mut self, diagnostic: Diagnostic) {
        if self.warns {
            self.session.program.report(diagnostic);
        }
    }

    fn text(&self, name: Name) -> &str {
        self.session.program.text(name)
    }

    fn show(&mut self, ty: Ty) -> String {
        let ty = self.resolve(ty);
        self.session.program.show(ty)
    }

    fn resolve(&mut self, ty: Ty) -> Ty {
        self.infer.resolve(&mut self.session.program.types, ty)
    }

    fn shallow(&self, ty: Ty) -> Ty {
        self.infer.shallow(&self.session.program.types, ty)
    }

    fn kind(&self, ty: Ty) -> Kind {
        self.infer.kind(&self.session.program.types, ty)
    }

    fn fresh(&mut self, origin: Span) -> Ty {
        self.infer.fresh(&mut self.session.program.types, origin)
    }

    fn unify(&mut self, a: Ty, b: Ty) -> bool {
        self.infer.unify(&mut self.session.program.types, a, b)
    }

    /// Tries to make two types the same; changes nothing if they cannot be.
    fn try_unify(&mut self, a: Ty, b: Ty) -> bool {
        let snapshot = self.infer.snapshot();
        let same = self.unify(a, b);
        if !same {
            self.infer.roll_back(snapshot);
        }
        same
    }

    fn node(&mut self, kind: NodeKind, ty: Ty, span: Span) -> NodeId {
        if !self.facts.is_empty() {
            self.forget_disturbed(&kind);
        }
        self.body.nodes.push(Node { kind, ty, span });
        NodeId(self.body.nodes.len() as u32 - 1)
    }

    fn error_node(&mut self, span: Span) -> NodeId {
        self.node(NodeKind::Error, Ty::ERROR, span)
    }

    fn ty(&self, node: NodeId) -> Ty {
        self.shallow(self.body.node(node).ty)
    }

    fn span(&self, node: NodeId) -> Span {
        self.body.node(node).span
    }

    fn pat(&mut self, kind: PatKind, ty: Ty, span: Span) -> PatId {
        self.body.pats.push(Pat { kind, ty, span });
        PatId(self.body.pats.len() as u32 - 1)
    }

    fn scope(&self) -> TypeScope<'_> {
        TypeScope { module: self.module, generics: &self.generics, self_ty: self.self_ty }
    }

    /// The type that is written at `id`.
    fn written_type(&mut self, id: ast::TypeId) -> Ty {
        let scope = TypeScope { module: self.module, generics: &self.generics, self_ty: self.self_ty };
        self.session.program.resolve_type(self.ast, scope, id, Some(&mut self.infer))
    }

    fn local(&mut self, name: Name, ty: Ty, span: Span, mutable: bool) -> LocalId {
        self.body.locals.push(Local {
            name,
            ty,
            span,
            mutable,
            frame: self.frames.len() as u32 - 1,
            used: false,
            assigned: false,
            captured: false,
            deferred: false,
        });
        LocalId(self.body.locals.len() as u32 - 1)
    }

    /// A variable that the program cannot name.
    fn hidden(&mut self, ty: Ty, span: Span) -> LocalId {
        let name = self.program().names.intern("_");
        self.local(name, ty, span, false)
    }

    fn declare(&mut self, name: Name, ty: Ty, span: Span, mutable: bool) -> LocalId {
        let local = self.local(name, ty, span, mutable);
        let before = self.scope.insert(name, local);
        self.shadowed.push((name, before));
        local
    }

    /// Runs `f` in a scope of its own.
    fn scoped<T>(&mut self, f: impl FnOnce(&mut Self) -> T) -> T {
        let (mark, n_locals) = (self.shadowed.len(), self.body.locals.len());
        let result = f(self);
        self.forget_locals(n_locals);
        for (name, before) in self.shadowed.drain(mark..).rev() {
            match before {
                Some(local) => self.scope.insert(name, local),
                None => self.scope.remove(&name),
            };
        }
        result
    }

    /// The variables that can be named here.
    fn local_names(&self) -> Vec<Name> {
        self.scope.keys().copied().collect()
    }

    fn frame(&mut self) -> &mut Frame {
        self.frames.last_mut().unwrap_or_else(|| unreachable!("a function is being checked"))
    }

    /// Ends the checking of a function: all types must be known now.
    fn finish(mut self) -> Body {
        self.check_operators();
        self.check_obligations();
        let types = &mut self.session.program.types;
        let infer = &self.infer;
        let types = std::cell::RefCell::new(types);
        let mut body = std::mem::take(&mut self.body);
        body.map_types(&mut |ty| infer.resolve(&mut types.borrow_mut(), ty), &mut |tys| {
            let mut types = types.borrow_mut();
            let list: Vec<Ty> = types.list(tys).to_vec();
            let list: Vec<Ty> = list.into_iter().map(|ty| infer.resolve(&mut types, ty)).collect();
            types.tys(&list)
        });
        self.body = body;
        self.report_open_types();
        self.check_matches();
        self.warn_of_locals();
        if self.body.has_deferred {
            definite::check(&mut self.session.program, &self.body);
        }
        self.body
    }

    fn report_open_types(&mut self) {
        let open = |checker: &Self, ty: Ty| checker.session.program.types.has_infer(ty);
        let mut found: Vec<u32> = vec![];
        let mut note = |checker: &Self, ty: Ty| {
            if open(checker, ty)
                && let Some(number) = checker.open_part(ty)
            {
                found.push(number);
            }
        };
        for node in &self.body.nodes {
            note(self, node.ty);
            if let NodeKind::Call { targs, .. } | NodeKind::CallTrait { targs, .. } | NodeKind::FuncRef { targs, .. } =
                &node.kind
            {
                for &ty in self.session.program.types.list(*targs) {
                    note(self, ty);
                }
            }
        }
        for local in &self.body.locals {
            note(self, local.ty);
        }
        let mut spans: Vec<Span> = found.iter().map(|&number| self.infer.origin(number)).collect();
        spans.sort_unstable();
        spans.dedup();
        // One is enough: what hangs together would be reported again and again.
        if let Some(&span) = spans.first()
            && !self
                .session
                .program
                .diagnostics
                .iter()
                .any(|diagnostic| diagnostic.severity == crate::diagnostic::Severity::Error)
        {
            let message = "the type cannot be found out";
            let diagnostic = Diagnostic::error(codes::CANNOT_INFER, span, message);
            self.error(diagnostic.help("write it: `let name: [int] = …`, or `f[int](…)`"));
        }
    }

    /// A part of the type that has not been found.
    fn open_part(&self, ty: Ty) -> Option<u32> {
        let types = &self.session.program.types;
        if !types.has_infer(ty) {
            return None;
        }
        match types.kind(ty) {
            Kind::Infer(number) => Some(number),
            kind => {
                let mut found = None;
                types.for_each_part(kind, |part| found = found.or(self.open_part(part)));
                found
            }
        }
    }

    fn warn_of_locals(&mut self) {
        if !self.warns {
            return;
        }
        for position in 0..self.body.locals.len() {
            let local = &self.body.locals[position];
            let (name, span) = (local.name, local.span);
            let text = self.session.program.text(name);
            if text.starts_with('_') || name == crate::names::kw::SELF || local.ty == Ty::ERROR {
                continue;
            }
            if !local.used {
                let is_param = self.body.params.contains(&LocalId(position as u32));
                let what = match (is_param, local.assigned) {
                    (true, _) => format!("the parameter `{text}` is not used"),
                    (false, true) => format!("the variable `{text}` is assigned but never read"),
                    (false, false) => format!("the variable `{text}` is not used"),
                };
                let diagnostic = Diagnostic::warning(codes::UNUSED_VARIABLE, span, what);
                let fix = format!("_{text}");
                self.warn(diagnostic.fix("begin its name with `_` if that is meant", span, fix));
            } else if local.mutable && !local.assigned {
                let message = format!("`{text}` is declared `mut` but never changed");
                self.warn(Diagnostic::warning(codes::UNUSED_MUT, span, message).help("leave `mut` out"));
            }
        }
    }
}
