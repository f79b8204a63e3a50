//! Closures, and processes, whose bodies are closures.

use super::{Checker, Frame};
use crate::ast::{self, ExprId, ExprKind, Spawn};
use crate::body::{LocalId, NodeId, NodeKind};
use crate::codes;
use crate::collect::PROCESS;
use crate::diagnostic::Diagnostic;
use crate::program::Def;
use crate::source::Span;
use crate::types::{Kind, Ty, Tys};

impl Checker<'_, '_> {
    pub(super) fn closure(&mut self, closure: &ast::Closure, want: Option<Ty>, span: Span) -> NodeId {
        let mut want = want.map(|want| self.shallow(want));
        if let Some(ty) = want
            && let Kind::Optional(inner) = self.kind(ty)
        {
            want = Some(inner);
        }
        let (wanted_params, wanted_result) = match want.map(|want| self.kind(want)) {
            Some(Kind::Fn(params, result)) => (self.session.program.types.list(params).to_vec(), Some(result)),
            _ => (vec![], None),
        };
        if wanted_result.is_some() && wanted_params.len() != closure.params.len() {
            let (n, m) = (wanted_params.len(), closure.params.len());
            let plural = if n == 1 { "" } else { "s" };
            let message = format!("a closure with {n} parameter{plural} is needed here, but this one has {m}");
            self.error(Diagnostic::error(codes::ARG_COUNT, span, message));
            return self.error_node(span);
        }
        let mut param_types = vec![];
        for (position, (pat, ty)) in closure.params.iter().enumerate() {
            let wanted = wanted_params.get(position).copied();
            param_types.push(match (ty, wanted) {
                (Some(ty), _) => self.written_type(*ty),
                (None, Some(wanted)) => wanted,
                (None, None) if want == Some(Ty::ERROR) => Ty::ERROR,
                (None, None) => {
                    let span = self.ast[*pat].span;
                    self.fresh(span)
                }
            });
        }
        let result = match (closure.result, wanted_result) {
            (Some(written), _) => self.written_type(written),
            (None, Some(wanted)) => wanted,
            (None, None) if want == Some(Ty::ERROR) => Ty::ERROR,
            (None, None) => self.fresh(span),
        };
        let result_span = closure.result.map(|result| self.ast[result].span);
        let (params, captures, body) = self.in_frame(result, result_span, |checker| {
            let mut params = vec![];
            for ((pat, _), &ty) in closure.params.iter().zip(&param_types) {
                let pat = checker.pattern(*pat, ty);
                checker.require_irrefutable(pat);
                params.push(pat);
            }
            (params, checker.closure_body(closure.body, result))
        });
        let ty = self.session.program.types.function(&param_types, result);
        self.node(NodeKind::Closure { params: params.into(), captures: captures.into(), body }, ty, span)
    }

    fn closure_body(&mut self, body: ExprId, result: Ty) -> NodeId {
        let kind = self.kind(result);
        let ast = self.ast;
        if kind == Kind::Unit {
            return self.used(body, super::blocks::Use::Nothing);
        }
        if let (ExprKind::Block(block), false) = (&ast[body].kind, matches!(kind, Kind::Infer(_))) {
            return self.function_body(block, result);
        }
        let hint = (!matches!(kind, Kind::Infer(_))).then_some(result);
        let node = self.expr(body, hint);
        // A closure that only leaves says nothing about its result.
        if self.ty(node) == Ty::NEVER {
            if let Kind::Infer(_) = self.kind(result) {
                self.unify(result, Ty::UNIT);
            }
            return node;
        }
        self.coerce(node, result)
    }

    /// Runs `f` as the body of a closure; gives what it captures with `f`'s results.
    fn in_frame<P, B>(
        &mut self,
        result: Ty,
        result_span: Option<Span>,
        f: impl FnOnce(&mut Self) -> (P, B),
    ) -> (P, Vec<LocalId>, B) {
        self.frames.push(Frame { result, loops: vec![], captures: vec![], result_span });
        let before = self.facts.clone();
        self.forget_changing();
        let (params, body) = self.scoped(f);
        self.facts = before;
        let frame = self.frames.pop().unwrap_or_else(|| unreachable!("the frame was pushed above"));
        (params, frame.captures, body)
    }

    /// `spawn f(x)` computes `f` and `x` here and calls there, as `spawn f` does; `spawn { … }` runs all of it there.
    pub(super) fn spawn(&mut self, how: Spawn, body: ExprId, span: Span) -> NodeId {
        let ast = self.ast;
        let function = self.session.program.types.function(&[], Ty::UNIT);
        let closure = match &ast[body].kind {
            ExprKind::Block(_) | ExprKind::Closure(_) => match &ast[body].kind {
                ExprKind::Closure(_) => self.expr_as(body, function),
                _ => {
                    let ((), captures, node) =
                        self.in_frame(Ty::UNIT, None, |checker| ((), checker.used(body, super::blocks::Use::Nothing)));
                    let kind = NodeKind::Closure { params: Box::new([]), captures: captures.into(), body: node };
                    self.node(kind, function, span)
                }
            },
            _ => {
                let node = self.expr(body, None);
                match self.kind(self.ty(node)) {
                    Kind::Fn(params, result) if self.session.program.types.list(params).is_empty() => {
                        let call = NodeKind::CallValue { callee: node, args: Box::new([]) };
                        let call = self.node(call, result, span);
                        self.deferred_call(call, function, span)
                    }
                    _ => self.deferred_call(node, function, span),
                }
            }
        };
        if how == Spawn::Monitor {
            return self.spawn_monitored(closure, span);
        }
        self.node(NodeKind::Spawn { link: how == Spawn::Link, body: closure }, Ty::PID, span)
    }

    /// A call whose arguments are computed now, and the call itself later, as a closure.
    fn deferred_call(&mut self, node: NodeId, function: Ty, span: Span) -> NodeId {
        let args = match &mut self.body.nodes[node.0 as usize].kind {
            NodeKind::Call { args, .. }
            | NodeKind::CallTrait { args, .. }
            | NodeKind::CallDyn { args, .. }
            | NodeKind::CallValue { args, .. } => args.clone(),
            NodeKind::Error => return node,
            _ => {
                let message = "`spawn` takes a call or a block";
                self.error(Diagnostic::error(codes::NOT_CALLABLE, span, message).help("write `spawn { … }`"));
                return self.error_node(span);
            }
        };
        let mut stmts = vec![];
        let mut captures = vec![];
        let mut later = vec![];
        let mut hold = |checker: &mut Self, value: NodeId| {
            let (ty, span) = (checker.ty(value), checker.span(value));
            let local = checker.hidden(ty, span);
            checker.body.locals[local.0 as usize].captured = true;
            let pat = checker.pat(crate::body::PatKind::Bind(local, None), ty, span);
            stmts.push(crate::body::Stmt::Let { pat, value: Some(value), otherwise: None });
            captures.push(local);
            checker.node(NodeKind::Local(local), ty, span)
        };
        for &arg in &args {
            later.push(hold(self, arg));
        }
        let callee = match &self.body.node(node).kind {
            NodeKind::CallValue { callee, .. } => Some(*callee),
            _ => None,
        };
        let callee = callee.map(|callee| hold(self, callee));
        match (&mut self.body.nodes[node.0 as usize].kind, callee) {
            (NodeKind::CallValue { callee, args }, Some(held)) => {
                *callee = held;
                *args = later.into();
            }
            (NodeKind::Call { args, .. } | NodeKind::CallTrait { args, .. } | NodeKind::CallDyn { args, .. }, _) => {
                *args = later.into();
            }
            _ => {}
        }
        let body = NodeKind::Block { stmts: Box::new([crate::body::Stmt::Expr(node)]), tail: None };
        let body = self.node(body, Ty::UNIT, span);
        let closure =
            self.node(NodeKind::Closure { params: Box::new([]), captures: captures.into(), body }, function, span);
        self.node(NodeKind::Block { stmts: stmts.into(), tail: Some(closure) }, function, span)
    }

    /// The call of the library's function that starts a monitored process.
    fn spawn_monitored(&mut self, closure: NodeId, span: Span) -> NodeId {
        let name = self.program().names.intern("spawn_monitored");
        let Some(Def::Func(func)) = self.session.program.module(PROCESS).items.get(&name).map(|entry| entry.def) else {
            unreachable!("the library has no `spawn_monitored`");
        };
        let result = self.session.program.func(func).result;
        let call = NodeKind::Call { func, targs: Tys::EMPTY, args: Box::new([closure]) };
        self.node(call, result, span)
    }
}
