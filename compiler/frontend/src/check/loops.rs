//! Loops, and what leaves loops and functions.

use super::blocks::Use;
use super::{Checker, LoopFrame};
use crate::ast::{self, ExprId, ExprKind, Ident};
use crate::body::{Items, LoopId, NodeId, NodeKind};
use crate::codes;
use crate::collect::PRELUDE;
use crate::diagnostic::Diagnostic;
use crate::names::{Name, nearest};
use crate::program::Def;
use crate::source::Span;
use crate::types::{Kind, Ty};

impl Checker<'_, '_> {
    /// Checks the body of a loop; gives its number and whether `break` leaves it.
    fn in_loop(
        &mut self,
        label: Option<Ident>,
        result: Option<Ty>,
        body: impl FnOnce(&mut Self) -> NodeId,
    ) -> (LoopId, NodeId, bool) {
        let id = LoopId(self.n_loops);
        self.n_loops += 1;
        let label = label.map(|label| label.name);
        self.frame().loops.push(LoopFrame { id, label, result, breaks: false });
        let body = body(self);
        let frame = self.frame().loops.pop();
        (id, body, frame.is_some_and(|frame| frame.breaks))
    }

    pub(super) fn loop_expr(
        &mut self,
        label: Option<Ident>,
        body: &ast::Block,
        want: Option<Ty>,
        span: Span,
    ) -> NodeId {
        let result = match want {
            Some(want) => want,
            None => self.fresh(span),
        };
        self.forget_changed_in(span);
        let before = self.facts.clone();
        let (id, body, breaks) = self.in_loop(label, Some(result), |checker| checker.block(body, Use::Nothing));
        self.facts = before;
        let ty = if breaks { result } else { Ty::NEVER };
        if !breaks && want.is_none() {
            self.unify(result, Ty::UNIT);
        }
        self.node(NodeKind::Loop { id, body }, ty, span)
    }

    pub(super) fn while_loop(&mut self, label: Option<Ident>, cond: ExprId, body: &ast::Block, span: Span) -> NodeId {
        let endless = matches!(self.ast[cond].kind, ExprKind::Bool(true));
        self.forget_changed_in(span);
        let (mut checked, before) = (None, self.facts.clone());
        let (id, body, breaks) = self.scoped(|checker| {
            checker.in_loop(label, None, |checker| {
                let cond = checker.condition(cond);
                let goes_on = checker.facts.clone();
                checker.learn(cond, false);
                let ended = std::mem::replace(&mut checker.facts, goes_on);
                checker.learn(cond, true);
                checked = Some((cond, ended));
                checker.block(body, Use::Nothing)
            })
        });
        let (cond, ended) = checked.unwrap_or_else(|| unreachable!("the condition was checked with the body"));
        self.facts = ended;
        if breaks {
            self.keep_common(&before);
        }
        let ty = if endless && !breaks { Ty::NEVER } else { Ty::UNIT };
        self.node(NodeKind::While { id, cond, body }, ty, span)
    }

    pub(super) fn for_loop(
        &mut self,
        label: Option<Ident>,
        pat: ast::PatId,
        items: ExprId,
        body: &ast::Block,
        span: Span,
    ) -> NodeId {
        let (items, item_ty) = self.items(items);
        self.forget_changed_in(span);
        let before = self.facts.clone();
        let (id, pat, body) = self.scoped(|checker| {
            let pat = checker.pattern(pat, item_ty);
            checker.require_irrefutable(pat);
            let (id, body, _) = checker.in_loop(label, None, |checker| checker.block(body, Use::Nothing));
            (id, pat, body)
        });
        self.facts = before;
        match items {
            Some(items) => self.node(NodeKind::For { id, pat, items, body }, Ty::UNIT, span),
            None => self.error_node(span),
        }
    }

    /// What a `for` goes through, and the type of each item.
    fn items(&mut self, id: ExprId) -> (Option<Items>, Ty) {
        let ast = self.ast;
        if let ExprKind::Range { start: Some(start), end, inclusive } = &ast[id].kind {
            let Some(end) = end else { return self.endless_range(ast[id].span) };
            let (start, end) = self.range_ends(*start, *end);
            let ty = self.ty(start);
            return (Some(Items::Range { start, end, inclusive: *inclusive }), ty);
        }
        if let ExprKind::Call(callee, args) = &ast[id].kind
            && args.is_empty()
            && let ExprKind::Field(text, name) = &ast[*callee].kind
            && self.text(name.name) == "chars"
            && self.path(*text).is_none()
        {
            let receiver = self.expr(*text, None);
            if self.ty(receiver) == Ty::STR
                && let Some(char_at) = self.char_at()
            {
                return (Some(Items::Chars { text: receiver, char_at }), Ty::INT);
            }
            let items = self.method_call(receiver, *name, &[], None, ast[id].span);
            return self.items_of(items);
        }
        let value = self.expr(id, None);
        self.items_of(value)
    }

    /// The runtime's function for the code point at a byte.
    fn char_at(&mut self) -> Option<crate::program::FuncId> {
        let name = self.session.program.names.get("str_char_at")?;
        match self.session.program.module(PRELUDE).items.get(&name)?.def {
            Def::Func(func) => Some(func),
            _ => None,
        }
    }

    fn range_ends(&mut self, start: ExprId, end: ExprId) -> (NodeId, NodeId) {
        let literal = matches!(self.ast[start].kind, ExprKind::Int(_));
        let (start, end) = if literal {
            let end = self.expr(end, None);
            let ty = self.ty(end);
            (self.expr(start, Some(ty)), end)
        } else {
            let start = self.expr(start, None);
            let ty = self.ty(start);
            (start, self.expr(end, Some(ty)))
        };
        let ty = self.ty(start);
        if !self.kind(ty).is_integer() && self.kind(ty) != Kind::Error {
            let (shown, span) = (self.show(ty), self.span(start));
            let message = format!("a range is of integers, not of `{shown}`");
            self.error(Diagnostic::error(codes::MISMATCH, span, message));
            return (self.error_node(span), end);
        }
        let end = self.coerce(end, ty);
        (start, end)
    }

    fn endless_range(&mut self, span: Span) -> (Option<Items>, Ty) {
        let message = "a range without end cannot be gone through";
        self.error(Diagnostic::error(codes::MISPLACED, span, message).help("give its end, or use `loop`"));
        (None, Ty::INT)
    }

    fn items_of(&mut self, value: NodeId) -> (Option<Items>, Ty) {
        let value = self.known_value(value);
        let (ty, span) = (self.ty(value), self.span(value));
        match self.kind(ty) {
            Kind::List(item) => return (Some(Items::List(value)), item),
            Kind::Bytes => return (Some(Items::List(value)), Ty::U8),
            Kind::Map(key, item) => {
                let pair = self.session.program.types.tuple(&[key, item]);
                return (Some(Items::Map(value)), pair);
            }
            Kind::Adt(id, _) if id == self.session.program.lang().range => {
                return (Some(Items::RangeValue(value)), Ty::INT);
            }
            Kind::Error | Kind::Never => {
                self.valueless(value, span);
                return (None, Ty::ERROR);
            }
            Kind::Str => {
                let message = "a string is gone through by characters or by bytes";
                let diagnostic = Diagnostic::error(codes::NOT_INDEXABLE, span, message);
                self.error(diagnostic.fix("go through its code points", span.after(), ".chars()"));
                return (None, Ty::INT);
            }
            _ => {}
        }
        let name: Name = self.program().names.intern("next");
        if self.find_method(ty, name).is_some() {
            let local = self.hidden(ty, span);
            let receiver = self.node(NodeKind::Local(local), ty, span);
            let next = self.method_call(receiver, Ident { name, span }, &[], None, span);
            let next_ty = self.ty(next);
            if let Kind::Optional(item) = self.kind(next_ty) {
                return (Some(Items::Next { value, local, next }), item);
            }
            if next_ty == Ty::ANY {
                return (Some(Items::Next { value, local, next }), Ty::ANY);
            }
        }
        let shown = self.show(ty);
        let message = format!("`{shown}` has no items to go through");
        let mut diagnostic = Diagnostic::error(codes::NOT_INDEXABLE, span, message)
            .note("a `for` goes through ranges, lists, maps, bytes, and whatever has `fn next(self) -> T?`");
        if self.kind(ty).is_integer() {
            diagnostic = diagnostic.fix("count up to it", span.before(), "0..");
        }
        self.error(diagnostic);
        (None, Ty::ERROR)
    }

    /// The loop that a `break` or `continue` means: its position in the frame.
    fn find_loop(&mut self, label: Option<Ident>, what: &str, span: Span) -> Option<usize> {
        let loops = &self.frame().loops;
        if loops.is_empty() {
            let message = format!("`{what}` stands in no loop");
            self.error(Diagnostic::error(codes::NO_LOOP, span, message));
            return None;
        }
        let Some(label) = label else { return Some(loops.len() - 1) };
        let found = loops.iter().rposition(|frame| frame.label == Some(label.name));
        if found.is_none() {
            let known: Vec<Name> = loops.iter().filter_map(|frame| frame.label).collect();
            let known: Vec<String> = known.into_iter().map(|name| self.text(name).to_owned()).collect();
            let text = self.text(label.name).to_owned();
            let message = format!("no loop around this is labelled `'{text}`");
            let mut diagnostic = Diagnostic::error(codes::UNKNOWN_LABEL, label.span, message);
            if let Some(meant) = nearest(&text, known.iter().map(String::as_str)) {
                diagnostic = diagnostic.fix(format!("there is `'{meant}`"), label.span, format!("'{meant}"));
            }
            self.error(diagnostic);
        }
        found
    }

    pub(super) fn break_expr(&mut self, label: Option<Ident>, value: Option<ExprId>, span: Span) -> NodeId {
        let Some(position) = self.find_loop(label, "break", span) else {
            if let Some(value) = value {
                self.expr(value, None);
            }
            return self.node(NodeKind::Error, Ty::NEVER, span);
        };
        let frame = &mut self.frame().loops[position];
        frame.breaks = true;
        let (id, result) = (frame.id, frame.result);
        let value = match (value, result) {
            (None, Some(result)) => {
                if !self.try_unify(result, Ty::UNIT) {
                    let shown = self.show(result);
                    let message = format!("this loop gives `{shown}`, so `break` needs a value");
                    self.error(Diagnostic::error(codes::MISMATCH, span, message));
                }
                None
            }
            (None, None) => None,
            (Some(value), Some(result)) => {
                let hint = (!matches!(self.kind(result), Kind::Infer(_))).then_some(result);
                let node = self.expr(value, hint);
                Some(self.coerce(node, result))
            }
            (Some(value), None) => {
                let at = self.ast[value].span;
                let message = "only `loop` gives a value, so `break` takes none here";
                self.error(Diagnostic::error(codes::MISPLACED, at, message));
                Some(self.expr(value, None))
            }
        };
        self.node(NodeKind::Break { id, value }, Ty::NEVER, span)
    }

    pub(super) fn continue_expr(&mut self, label: Option<Ident>, span: Span) -> NodeId {
        match self.find_loop(label, "continue", span) {
            Some(position) => {
                let id = self.frame().loops[position].id;
                self.node(NodeKind::Continue { id }, Ty::NEVER, span)
            }
            None => self.node(NodeKind::Error, Ty::NEVER, span),
        }
    }

    pub(super) fn return_expr(&mut self, value: Option<ExprId>, span: Span) -> NodeId {
        let result = self.frame().result;
        let value = match value {
            Some(value) if result == Ty::UNIT => {
                let node = self.expr(value, None);
                if !matches!(self.ty(node), Ty::UNIT | Ty::ERROR | Ty::NEVER) {
                    let at = self.span(node);
                    let shown = self.ty(node);
                    let shown = self.show(shown);
                    let message = format!("the function has no result, but this returns `{shown}`");
                    let mut diagnostic = Diagnostic::error(codes::MISMATCH, at, message);
                    if let Some(span) = self.frame().result_span {
                        diagnostic = diagnostic.label(span, format!("declare it: `-> {shown}`"));
                    }
                    self.error(diagnostic);
                }
                Some(node)
            }
            Some(value) => {
                let hint = (!matches!(self.kind(result), Kind::Infer(_))).then_some(result);
                let node = self.expr(value, hint);
                Some(self.coerce(node, result))
            }
            None => {
                if !self.try_unify(result, Ty::UNIT) {
                    let shown = self.show(result);
                    let message = format!("the function must return `{shown}`");
                    self.error(Diagnostic::error(codes::NO_RESULT, span, message));
                }
                None
            }
        };
        self.node(NodeKind::Return(value), Ty::NEVER, span)
    }
}
