//! Blocks, statements, conditionals, `match`, `try`.

use super::Checker;
use super::known::Meeting;
use crate::ast::{self, ExprId, ExprKind, StmtKind};
use crate::body::{Arm, Catch, NodeId, NodeKind, Stmt};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::types::{Kind, Ty};

/// What is made of the value of an expression.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Use {
    /// It is needed; perhaps it is known of which type.
    Value(Option<Ty>),
    /// Nothing.
    Nothing,
}

/// Whether the next statement of a block is never reached.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dead {
    No,
    Yes,
    /// And that has been said.
    Told,
}

impl Checker<'_, '_> {
    /// The body of a function with this result.
    pub(super) fn function_body(&mut self, block: &ast::Block, result: Ty) -> NodeId {
        if result == Ty::UNIT {
            return self.block(block, Use::Nothing);
        }
        let node = self.block(block, Use::Value(Some(result)));
        if self.ty(node) == Ty::UNIT && result != Ty::ERROR {
            return self.no_result(block, result);
        }
        if result == Ty::NEVER {
            if self.ty(node) != Ty::NEVER {
                let message = "a function whose result is `never` must not come to its end";
                self.error(Diagnostic::error(codes::NO_RESULT, block.span, message));
            }
            return node;
        }
        self.coerce(node, result)
    }

    fn no_result(&mut self, block: &ast::Block, result: Ty) -> NodeId {
        let shown = self.show(result);
        let end = Span { start: block.span.end.saturating_sub(1), end: block.span.end };
        let message = format!("the function must give `{shown}`, but its end gives nothing");
        let mut diagnostic = Diagnostic::error(codes::NO_RESULT, end, message);
        if let Some(span) = self.frame().result_span {
            diagnostic = diagnostic.label(span, format!("the result is `{shown}` here"));
        }
        if let Some(last) = block.stmts.last()
            && let StmtKind::Expr(expr, true) = &last.kind
            && !matches!(self.ast[*expr].kind, ExprKind::Assign { .. } | ExprKind::AssignOp { .. })
        {
            diagnostic = diagnostic.help("leave the last semicolon out, so that the expression is the result");
        }
        self.error(diagnostic);
        self.error_node(block.span)
    }

    /// The statements of a file.
    pub(super) fn top_level(&mut self) -> NodeId {
        let stmts = &self.ast.stmts;
        let span = stmts.first().map_or(Span::default(), |first| first.span);
        let mut checked = vec![];
        let mut dead = Dead::No;
        for stmt in stmts {
            self.stmt(stmt, &mut checked, &mut dead);
        }
        let ty = if dead != Dead::No { Ty::NEVER } else { Ty::UNIT };
        self.node(NodeKind::Block { stmts: checked.into(), tail: None }, ty, span)
    }

    pub(super) fn block(&mut self, block: &ast::Block, usage: Use) -> NodeId {
        self.scoped(|checker| checker.open_block(block, usage))
    }

    /// A block whose variables stay in the scope around it.
    pub(super) fn open_block(&mut self, block: &ast::Block, usage: Use) -> NodeId {
        let mut stmts = vec![];
        let mut dead = Dead::No;
        for stmt in &block.stmts {
            self.stmt(stmt, &mut stmts, &mut dead);
        }
        let mut ty = Ty::UNIT;
        let mut tail = None;
        if let Some(expr) = block.tail {
            self.warn_if_dead(&mut dead, self.ast[expr].span);
            let node = self.used(expr, usage);
            ty = match usage {
                Use::Nothing => Ty::UNIT,
                Use::Value(_) => self.ty(node),
            };
            self.note_end(node, &mut dead);
            match usage {
                Use::Nothing => stmts.push(Stmt::Expr(node)),
                Use::Value(_) => tail = Some(node),
            }
        }
        if dead != Dead::No {
            ty = Ty::NEVER;
        }
        self.node(NodeKind::Block { stmts: stmts.into(), tail }, ty, block.span)
    }

    /// Notes if a statement never comes to its end.
    fn note_end(&mut self, node: NodeId, dead: &mut Dead) {
        if self.ty(node) == Ty::NEVER && *dead == Dead::No {
            *dead = Dead::Yes;
        }
    }

    /// Warns of the first statement that follows one that never comes to its end.
    fn warn_if_dead(&mut self, dead: &mut Dead, span: Span) {
        if *dead == Dead::Yes {
            *dead = Dead::Told;
            self.warn(Diagnostic::warning(codes::UNREACHABLE, span, "this is never executed"));
        }
    }

    fn stmt(&mut self, stmt: &ast::Stmt, out: &mut Vec<Stmt>, dead: &mut Dead) {
        self.warn_if_dead(dead, stmt.span);
        match &stmt.kind {
            StmtKind::Let { pat, ty, value, otherwise } => {
                let checked = self.let_stmt(*pat, *ty, *value, otherwise.as_ref(), stmt.span);
                if let Stmt::Let { value: Some(value), .. } = checked {
                    self.note_end(value, dead);
                }
                out.push(checked);
            }
            StmtKind::Expr(expr, _) => {
                let node = self.used(*expr, Use::Nothing);
                self.note_end(node, dead);
                self.warn_if_idle(node);
                out.push(Stmt::Expr(node));
            }
        }
    }

    /// Warns of an expression whose value is dropped and that does nothing else.
    fn warn_if_idle(&mut self, node: NodeId) {
        use NodeKind::*;
        let idle = matches!(
            self.body.node(node).kind,
            Bool(_)
                | Int(_)
                | Float(_)
                | Str(_)
                | Bytes(_)
                | Nil
                | Local(_)
                | Const(_)
                | FuncRef { .. }
                | Binary(..)
                | And(..)
                | Or(..)
                | Tuple(_)
                | List(_)
                | Map(_)
                | Field { .. }
                | Closure { .. }
        );
        let span = self.span(node);
        if idle && !matches!(self.ty(node), Ty::NEVER | Ty::ERROR) {
            let mut diagnostic =
                Diagnostic::warning(codes::UNUSED_VALUE, span, "the value of this expression is not used");
            if let Binary(crate::ast::Binary::Eq, ..) = self.body.node(node).kind {
                diagnostic = diagnostic.help("to assign, write `=`");
            }
            self.warn(diagnostic);
        }
    }

    fn let_stmt(
        &mut self,
        pat: ast::PatId,
        ty: Option<ast::TypeId>,
        value: Option<ExprId>,
        otherwise: Option<&ast::Block>,
        span: Span,
    ) -> Stmt {
        let written = ty.map(|ty| self.written_type(ty));
        let Some(value) = value else {
            let ty = written.unwrap_or_else(|| self.fresh(span));
            let pat = self.pattern(pat, ty);
            match self.body.pat(pat).kind {
                crate::body::PatKind::Bind(local, None) => {
                    self.body.locals[local.0 as usize].deferred = true;
                    self.body.has_deferred = true;
                }
                crate::body::PatKind::Error => {}
                _ => {
                    let message = "only a single variable can be declared without a value";
                    self.error(Diagnostic::error(codes::REFUTABLE, span, message));
                }
            }
            return Stmt::Let { pat, value: None, otherwise: None };
        };
        let mut node = match written {
            Some(ty) => self.expr_as(value, ty),
            None => self.expr(value, None),
        };
        let mut have = written.unwrap_or_else(|| self.ty(node));
        if otherwise.is_some()
            && let Kind::Optional(inner) = self.kind(have)
            && self.binds_value(pat)
        {
            // `let x = optional else { … }` takes the value out.
            let checked = otherwise.map(|block| self.diverging(block));
            let inner_pat = self.pattern(pat, inner);
            let span = self.body.pat(inner_pat).span;
            let pat = self.pat(crate::body::PatKind::Some(inner_pat), have, span);
            return Stmt::Let { pat, value: Some(node), otherwise: checked };
        }
        let otherwise = otherwise.map(|block| self.diverging(block));
        if have == Ty::UNIT && self.binds_value(pat) {
            let message = "this gives no value that a variable could hold";
            let span = self.span(node);
            let mut diagnostic = Diagnostic::error(codes::UNIT_VALUE, span, message);
            if let NodeKind::If { otherwise: None, .. } = self.body.node(node).kind {
                diagnostic = diagnostic.help("an `if` gives a value if it has an `else`");
            }
            self.error(diagnostic);
            node = self.error_node(span);
            have = Ty::ERROR;
        }
        if have == Ty::NEVER {
            have = Ty::ERROR;
        }
        let pat = self.pattern(pat, have);
        if otherwise.is_none() {
            self.require_irrefutable(pat);
        }
        Stmt::Let { pat, value: Some(node), otherwise }
    }

    /// A block that must not come to its end.
    fn diverging(&mut self, block: &ast::Block) -> NodeId {
        let before = self.facts.clone();
        let node = self.block(block, Use::Nothing);
        self.facts = before;
        if self.ty(node) != Ty::NEVER {
            let message = "this block must leave: with `return`, `break`, `continue` or `throw`";
            self.error(Diagnostic::error(codes::MISPLACED, block.span, message));
        }
        node
    }

    /// An expression whose value is used in this way.
    pub(super) fn used(&mut self, id: ExprId, usage: Use) -> NodeId {
        let ast = self.ast;
        let span = ast[id].span;
        match (&ast[id].kind, usage) {
            (ExprKind::Block(block), _) => self.block(block, usage),
            (ExprKind::If { arms, otherwise }, _) => self.conditional(arms, otherwise.as_ref(), usage, span),
            (ExprKind::Match { value, arms }, _) => self.match_expr(*value, arms, usage, span),
            (ExprKind::Try(parts), _) => self.try_expr(parts, usage, span),
            (ExprKind::Receive { arms, after }, _) => self.receive(arms, *after, usage, span),
            // As an arm that does nothing.
            (ExprKind::Nil, Use::Nothing) => self.node(NodeKind::Unit, Ty::UNIT, span),
            (_, Use::Nothing) => self.expr(id, None),
            (_, Use::Value(want)) => {
                let node = self.expr(id, want);
                let is_plain = |kind| !matches!(kind, Kind::Optional(_) | Kind::Any | Kind::Trait(..) | Kind::Infer(_));
                if want.is_some_and(|want| is_plain(self.kind(want))) { self.known_value(node) } else { node }
            }
        }
    }

    fn conditional(
        &mut self,
        arms: &[(ExprId, ast::Block)],
        otherwise: Option<&ast::Block>,
        usage: Use,
        span: Span,
    ) -> NodeId {
        // Without `else` there is no value.
        let usage = if otherwise.is_none() { Use::Nothing } else { usage };
        let mut conds = vec![];
        let mut values = vec![];
        let mut meeting = Meeting::default();
        for (cond, block) in arms {
            let (cond, value, otherwise) = self.scoped(|checker| {
                let cond = checker.condition(*cond);
                let before = checker.facts.clone();
                checker.learn(cond, false);
                let otherwise = std::mem::replace(&mut checker.facts, before);
                checker.learn(cond, true);
                (cond, checker.block(block, usage), otherwise)
            });
            self.arrive(&mut meeting, value);
            self.facts = otherwise;
            conds.push(cond);
            values.push(value);
        }
        match otherwise {
            Some(block) => {
                let value = self.block(block, usage);
                self.arrive(&mut meeting, value);
                values.push(value);
            }
            None => self.pass(&mut meeting),
        }
        self.leave(meeting);
        let ty = self.join(&mut values, usage);
        let ty = if otherwise.is_none() { Ty::UNIT } else { ty };
        let otherwise = otherwise.and_then(|_| values.pop());
        let arms = conds.into_iter().zip(values).collect();
        self.node(NodeKind::If { arms, otherwise }, ty, span)
    }

    /// A condition, which may declare variables with `let`.
    pub(super) fn condition(&mut self, id: ExprId) -> NodeId {
        let ast = self.ast;
        let span = ast[id].span;
        match &ast[id].kind {
            ExprKind::Let(pat, value) => {
                let node = self.expr(*value, None);
                let ty = self.ty(node);
                let mut want = ty;
                let mut unwraps = false;
                if let Kind::Optional(inner) = self.kind(ty)
                    && self.binds_value(*pat)
                {
                    want = inner;
                    unwraps = true;
                }
                let mut pat = self.pattern(*pat, want);
                if unwraps {
                    let span = self.body.pat(pat).span;
                    pat = self.pat(crate::body::PatKind::Some(pat), ty, span);
                }
                self.node(NodeKind::Let(pat, node), Ty::BOOL, span)
            }
            ExprKind::Binary(ast::Binary::And, left, right) => {
                let left = self.condition(*left);
                let right = self.given(left, true, |checker| checker.condition(*right));
                self.node(NodeKind::And(left, right), Ty::BOOL, span)
            }
            _ => {
                let node = self.expr(id, Some(Ty::BOOL));
                let node = self.known_value(node);
                if let Kind::Optional(_) = self.kind(self.ty(node)) {
                    let message = "a condition is a `bool`, but this is a value that may be nil";
                    let diagnostic = Diagnostic::error(codes::MISMATCH, span, message);
                    self.error(diagnostic.help("compare it: `… != nil`, or take the value out: `if let v = … { }`"));
                    return self.error_node(span);
                }
                self.coerce(node, Ty::BOOL)
            }
        }
    }

    /// The common type of several values, each of which becomes of this type.
    pub(super) fn join(&mut self, values: &mut [NodeId], usage: Use) -> Ty {
        let all_never = values.iter().all(|&value| self.ty(value) == Ty::NEVER);
        if all_never && !values.is_empty() {
            return Ty::NEVER;
        }
        let want = match usage {
            Use::Nothing => return Ty::UNIT,
            Use::Value(want) => want,
        };
        let common = match want {
            Some(want) if !matches!(self.kind(want), Kind::Infer(_)) => want,
            _ => self.common(values),
        };
        for value in values.iter_mut() {
            *value = self.coerce(*value, common);
        }
        common
    }

    /// The type that all of the values can become: that of the first, or an optional of it.
    pub(super) fn common(&mut self, values: &[NodeId]) -> Ty {
        let mut common: Option<Ty> = None;
        for &value in values {
            let ty = self.ty(value);
            if ty == Ty::NEVER || ty == Ty::ERROR {
                continue;
            }
            common = Some(match common {
                None => ty,
                Some(known) if self.try_unify(known, ty) => known,
                Some(known) => match (self.kind(known), self.kind(ty)) {
                    (Kind::Optional(_), _) | (Kind::Any, _) => known,
                    (_, Kind::Optional(inner)) if self.try_unify(known, inner) => ty,
                    (_, Kind::Any) => ty,
                    _ => known,
                },
            });
        }
        common.unwrap_or(Ty::ERROR)
    }

    fn match_expr(&mut self, value: ExprId, arms: &[ast::Arm], usage: Use, span: Span) -> NodeId {
        let node = self.expr(value, None);
        let ty = self.ty(node);
        let (arms, ty) = self.arms(arms, ty, Some(node), usage);
        let ty = if arms.is_empty() { Ty::NEVER } else { ty };
        self.node(NodeKind::Match { value: node, arms }, ty, span)
    }

    /// The arms of a `match` on a value of this type, which perhaps a node reads.
    fn arms(&mut self, arms: &[ast::Arm], ty: Ty, value: Option<NodeId>, usage: Use) -> (Box<[Arm]>, Ty) {
        let mut meeting = Meeting::default();
        let mut nil_covered = false;
        let mut checked = vec![];
        let mut values = vec![];
        for arm in arms {
            let (pat, guard, body) = self.scoped(|checker| {
                let pat = checker.arm_pattern(arm.pat, ty, nil_covered);
                if nil_covered && let Some(value) = value {
                    checker.learn_not_nil(value);
                }
                let guard = arm.guard.map(|guard| checker.condition(guard));
                let before = checker.facts.clone();
                if let Some(guard) = guard {
                    checker.learn(guard, true);
                }
                let body = checker.used(arm.body, usage);
                checker.arrive(&mut meeting, body);
                checker.facts = before;
                (pat, guard, body)
            });
            nil_covered |= guard.is_none() && self.covers_nil(pat);
            checked.push((pat, guard));
            values.push(body);
        }
        self.leave(meeting);
        let joined = self.join(&mut values, usage);
        let arms = checked.into_iter().zip(values).map(|((pat, guard), body)| Arm { pat, guard, body }).collect();
        (arms, joined)
    }

    fn try_expr(&mut self, parts: &ast::Try, usage: Use, span: Span) -> NodeId {
        let (mut meeting, before) = (Meeting::default(), self.facts.clone());
        let body = self.block(&parts.body, usage);
        self.arrive(&mut meeting, body);
        let mut values = vec![body];
        let mut catches = vec![];
        for catch in &parts.catches {
            let ty = catch.ty.map(|ty| self.written_type(ty));
            if let Some(ty) = ty
                && matches!(self.kind(ty), Kind::Unit | Kind::Never)
            {
                let shown = self.show(ty);
                let message = format!("no exception is of type `{shown}`");
                let span = catch.name.map_or(span, |name| name.span);
                self.error(Diagnostic::error(codes::MISMATCH, span, message));
            }
            // Any part of the body may have been carried out.
            self.facts.clone_from(&before);
            self.forget_changed_in(parts.body.span);
            let (local, value) = self.scoped(|checker| {
                let local = catch.name.map(|name| checker.declare(name.name, ty.unwrap_or(Ty::ANY), name.span, false));
                (local, checker.block(&catch.body, usage))
            });
            // That a handler does not look at the exception is common and means nothing.
            if let Some(local) = local {
                self.body.locals[local.0 as usize].used = true;
            }
            self.arrive(&mut meeting, value);
            values.push(value);
            catches.push((local, ty.filter(|&ty| ty != Ty::ANY)));
        }
        let ty = self.join(&mut values, usage);
        let finally = parts.finally.as_ref().map(|block| {
            self.facts = before;
            self.forget_changed_in(span);
            self.block(block, Use::Nothing)
        });
        let learnt = std::mem::take(&mut self.facts);
        self.leave(meeting);
        if let Some(block) = &parts.finally {
            self.forget_changed_in(block.span);
            self.facts.extend(learnt);
        }
        let body = values.remove(0);
        let catches = catches.into_iter().zip(values).map(|((local, ty), body)| Catch { local, ty, body }).collect();
        self.node(NodeKind::Try { body, catches, finally }, ty, span)
    }

    fn receive(&mut self, arms: &[ast::Arm], after: Option<(ExprId, ExprId)>, usage: Use, span: Span) -> NodeId {
        let before = self.facts.clone();
        let (mut checked, mut ty) = self.arms(arms, Ty::ANY, None, usage);
        let after = after.map(|(millis, value)| {
            let (mut meeting, received) = (Meeting::default(), std::mem::replace(&mut self.facts, before));
            let millis = self.expr_as(millis, Ty::INT);
            let value = self.used(value, usage);
            self.arrive(&mut meeting, value);
            self.facts = received;
            self.pass(&mut meeting);
            self.leave(meeting);
            (millis, value)
        });
        let mut after_value = after.map(|(_, value)| value);
        if let Some(value) = after_value {
            let mut values: Vec<NodeId> = checked.iter().map(|arm| arm.body).collect();
            values.push(value);
            ty = self.join(&mut values, usage);
            after_value = values.pop();
            for (arm, value) in checked.iter_mut().zip(values) {
                arm.body = value;
            }
        }
        let after = after.zip(after_value).map(|((millis, _), value)| (millis, value));
        self.node(NodeKind::Receive { arms: checked, after }, ty, span)
    }
}
