//! Indexing, slices and assignment.

use super::Checker;
use crate::ast::{Binary, ExprId, ExprKind, Ident};
use crate::body::{LocalId, NodeId, NodeKind, Op, PatKind};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::names::kw;
use crate::source::Span;
use crate::types::{Kind, Ty};

impl Checker<'_, '_> {
    pub(super) fn index(&mut self, base: ExprId, args: &[ExprId], span: Span) -> NodeId {
        // `f[int]` as a value.
        if let Some(super::paths::Path::Item(crate::program::Def::Func(_))) = self.path(base) {
            let message = "a generic function with type arguments is called at once; as a value it stands without them";
            self.error(Diagnostic::error(codes::WRONG_KIND, span, message));
            return self.error_node(span);
        }
        let base = self.expr(base, None);
        self.item(base, args, span)
    }

    /// The item of a value at an index, or a slice of it.
    pub(super) fn item(&mut self, base: NodeId, args: &[ExprId], span: Span) -> NodeId {
        let base = self.known_value(base);
        let [index] = args[..] else {
            let message = "one index is needed";
            self.error(Diagnostic::error(codes::ARG_COUNT, span, message));
            return self.error_node(span);
        };
        if let ExprKind::Range { start, end, inclusive } = &self.ast[index].kind {
            return self.slice(base, *start, *end, *inclusive, span);
        }
        let ty = self.ty(base);
        let (op, item, key) = match self.kind(ty) {
            Kind::List(item) => (Op::ListGet, item, Ty::INT),
            Kind::Bytes => (Op::ListGet, Ty::U8, Ty::INT),
            Kind::Str => (Op::StrByte, Ty::INT, Ty::INT),
            Kind::Map(key, value) => (Op::MapGet, value, key),
            _ => {
                self.expr(index, None);
                return self.not_indexable(base, span);
            }
        };
        let index = self.expr_as(index, key);
        self.node(NodeKind::Op(op, Box::new([base, index])), item, span)
    }

    fn not_indexable(&mut self, base: NodeId, span: Span) -> NodeId {
        let ty = self.ty(base);
        let shown = self.show(ty);
        let at = self.span(base);
        let diagnostic = match self.kind(ty) {
            Kind::Error | Kind::Never => return self.valueless(base, span),
            Kind::Infer(_) => {
                let message = "the type of this is not known yet, so it cannot be indexed";
                Diagnostic::error(codes::CANNOT_INFER, at, message)
                    .help("write the type where the variable is declared")
            }
            Kind::Optional(_) => Diagnostic::error(codes::MAYBE_NIL, at, format!("`{shown}` may be nil")).fix(
                "throw `NilError` if it is nil",
                at.after(),
                "!",
            ),
            Kind::Tuple(_) => Diagnostic::error(codes::NOT_INDEXABLE, at, "the items of a tuple are named by number")
                .help("write `t.0`"),
            _ => Diagnostic::error(codes::NOT_INDEXABLE, at, format!("`{shown}` has no items to index")),
        };
        self.error(diagnostic);
        self.error_node(span)
    }

    fn slice(
        &mut self,
        base: NodeId,
        start: Option<ExprId>,
        end: Option<ExprId>,
        inclusive: bool,
        span: Span,
    ) -> NodeId {
        let ty = self.ty(base);
        let (slice, len) = match self.kind(ty) {
            Kind::List(_) | Kind::Bytes => (Op::ListSlice, Op::ListLen),
            Kind::Str => (Op::StrSlice, Op::StrLen),
            _ => return self.not_indexable(base, span),
        };
        let start = match start {
            Some(start) => self.expr_as(start, Ty::INT),
            None => self.node(NodeKind::Int(0), Ty::INT, span),
        };
        let base_span = self.span(base);
        match end {
            Some(end) => {
                let mut end = self.expr_as(end, Ty::INT);
                if inclusive {
                    let one = self.node(NodeKind::Int(1), Ty::INT, span);
                    end = self.node(NodeKind::Binary(Binary::Add, end, one), Ty::INT, span);
                }
                self.node(NodeKind::Op(slice, Box::new([base, start, end])), ty, span)
            }
            None => {
                // The base is computed once: it goes into a variable of its own.
                let local = self.hidden(ty, base_span);
                let pat = self.pat(PatKind::Bind(local, None), ty, base_span);
                let first = self.node(NodeKind::Local(local), ty, base_span);
                let second = self.node(NodeKind::Local(local), ty, base_span);
                let end = self.node(NodeKind::Op(len, Box::new([second])), Ty::INT, span);
                let value = self.node(NodeKind::Op(slice, Box::new([first, start, end])), ty, span);
                let stmts = Box::new([crate::body::Stmt::Let { pat, value: Some(base), otherwise: None }]);
                self.node(NodeKind::Block { stmts, tail: Some(value) }, ty, span)
            }
        }
    }

    pub(super) fn assign(&mut self, target: ExprId, value: ExprId, span: Span) -> NodeId {
        if let ExprKind::Tuple(parts) = &self.ast[target].kind {
            return self.assign_many(parts, value, span);
        }
        if let ExprKind::Name(name) = &self.ast[target].kind
            && self.text(*name) == "_"
        {
            return self.expr(value, None);
        }
        self.assign_to(target, None, Value::Expr(value), span)
    }

    pub(super) fn assign_op(&mut self, op: Binary, target: ExprId, value: ExprId, span: Span) -> NodeId {
        self.assign_to(target, Some(op), Value::Expr(value), span)
    }

    fn assign_to(&mut self, target: ExprId, op: Option<Binary>, value: Value, span: Span) -> NodeId {
        let ast = self.ast;
        match &ast[target].kind {
            ExprKind::Name(name) => match self.find_local(*name) {
                Some(local) => self.assign_local(local, op, value, ast[target].span, span),
                None => {
                    self.assigned_value(value, None);
                    let target_span = ast[target].span;
                    if *name == kw::SELF {
                        self.bad_target(target_span, "`self` cannot be assigned to");
                    } else if let Some(super::paths::Path::Item(crate::program::Def::Const(_))) = self.path(target) {
                        let message = format!("the constant `{}` cannot be changed", self.text(*name));
                        self.bad_target(target_span, &message);
                    } else if self.path(target).is_some() {
                        self.bad_target(target_span, "only variables, fields and items can be assigned to");
                    } else {
                        self.undeclared(Ident { name: *name, span: target_span }, op.is_none());
                    }
                    self.error_node(span)
                }
            },
            ExprKind::Field(base, name) => {
                let base = self.expr(*base, None);
                let place = self.field(base, *name, ast[target].span);
                match self.body.node(place).kind {
                    NodeKind::Field { base, field } => {
                        self.refuse_constant(base, ast[target].span);
                        let ty = self.ty(place);
                        let value = self.new_value(ty, place, op, value, span);
                        let assignment = self.node(NodeKind::AssignField { base, field, op, value }, Ty::UNIT, span);
                        self.learn_assigned(place, value);
                        assignment
                    }
                    _ => {
                        self.assigned_value(value, None);
                        self.error_node(span)
                    }
                }
            }
            ExprKind::Index(base, args) => {
                let place = self.index(*base, args, ast[target].span);
                let ty = self.ty(place);
                match &self.body.node(place).kind {
                    NodeKind::Op(Op::ListGet | Op::MapGet, parts) => {
                        let (base, index) = (parts[0], parts[1]);
                        self.refuse_constant(base, ast[target].span);
                        let value = self.new_value(ty, place, op, value, span);
                        self.node(NodeKind::AssignItem { base, index, op, value }, Ty::UNIT, span)
                    }
                    kind => {
                        let is_str = matches!(kind, NodeKind::Op(Op::StrByte, _));
                        let is_error = matches!(kind, NodeKind::Error);
                        self.assigned_value(value, None);
                        if is_str {
                            self.bad_target(ast[target].span, "strings cannot be changed");
                        } else if !is_error {
                            self.bad_target(ast[target].span, "a slice is a copy and cannot be assigned to");
                        }
                        self.error_node(span)
                    }
                }
            }
            ExprKind::Item(..) => {
                self.assigned_value(value, None);
                self.bad_target(ast[target].span, "the items of a tuple cannot be changed; make a new tuple");
                self.error_node(span)
            }
            _ => {
                self.assigned_value(value, None);
                self.bad_target(ast[target].span, "only variables, fields and items can be assigned to");
                self.error_node(span)
            }
        }
    }

    /// Reports a change of what a constant holds.
    pub(super) fn refuse_constant(&mut self, place: NodeId, span: Span) {
        match &self.body.node(place).kind {
            NodeKind::Field { base, .. } => self.refuse_constant(*base, span),
            NodeKind::Op(Op::ListGet | Op::MapGet, parts) => self.refuse_constant(parts[0], span),
            NodeKind::Const(id) => {
                let name = self.session.program.constant(*id).name;
                let text = self.text(name).to_owned();
                let message = format!("the constant `{text}` cannot be changed");
                let help = format!("change a copy: `let mine = {text}`");
                self.error(Diagnostic::error(codes::BAD_TARGET, span, message).help(&help));
            }
            _ => {}
        }
    }

    fn bad_target(&mut self, span: Span, message: &str) {
        self.error(Diagnostic::error(codes::BAD_TARGET, span, message));
    }

    /// An assignment to a name that does not exist.
    fn undeclared(&mut self, name: Ident, plain: bool) {
        let before = self.session.program.diagnostics.len();
        self.unknown(name);
        if let Some(last) = self.session.program.diagnostics.get_mut(before)
            && last.fixes.is_empty()
            && plain
        {
            let edits = vec![(name.span.before(), "let ".to_owned())];
            last.fixes.push(crate::diagnostic::Fix { message: "declare it with `let`".to_owned(), edits });
        }
    }

    fn assigned_value(&mut self, value: Value, want: Option<Ty>) -> NodeId {
        match value {
            Value::Expr(value) => self.expr(value, want),
            Value::Node(node) => node,
        }
    }

    /// The value to be assigned to a place of type `ty`: with `op`, the right operand.
    fn new_value(&mut self, ty: Ty, place: NodeId, op: Option<Binary>, value: Value, span: Span) -> NodeId {
        let node = self.assigned_value(value, Some(ty));
        let Some(op) = op else { return self.coerce(node, ty) };
        // The operator is checked on a stand-in for the place, then its converted operand is kept.
        let place_ty = self.ty(place);
        let place_span = self.span(place);
        let stand_in = self.node(NodeKind::Error, place_ty, place_span);
        let result = self.operate(op, stand_in, node, span);
        let have = self.ty(result);
        if have != Ty::ERROR && !self.try_unify(have, ty) {
            self.report_mismatch(have, ty, span);
        }
        match &self.body.node(result).kind {
            NodeKind::Binary(_, _, right) => *right,
            NodeKind::Concat(parts) => *parts.last().unwrap_or(&node),
            _ => node,
        }
    }

    fn assign_local(
        &mut self,
        local: LocalId,
        op: Option<Binary>,
        value: Value,
        name_span: Span,
        span: Span,
    ) -> NodeId {
        let ty = self.body.local(local).ty;
        let place = self.node(NodeKind::Local(local), ty, name_span);
        let value = self.new_value(ty, place, op, value, span);
        self.capture(local);
        let frame = self.frames.len() as u32 - 1;
        let data = &mut self.body.locals[local.0 as usize];
        if op.is_some() {
            data.used = true;
        }
        let (name, declared, mutable, deferred) = (data.name, data.span, data.mutable, data.deferred);
        let first = deferred && !mutable && op.is_none() && data.frame == frame;
        if !first {
            data.assigned = true;
        }
        if !mutable && !first {
            // A parameter or variable that is not `mut`; what is declared without a value is assigned once.
            let text = self.text(name).to_owned();
            let is_param = self.body.params.contains(&local);
            let what = if is_param { "parameter" } else { "variable" };
            let message = format!("the {what} `{text}` is not mutable");
            let mut diagnostic = Diagnostic::error(codes::IMMUTABLE, span, message);
            if name == kw::SELF {
                diagnostic = Diagnostic::error(codes::BAD_TARGET, span, "`self` cannot be assigned to");
            } else {
                diagnostic = diagnostic.label(declared, "declared here");
                diagnostic = diagnostic.fix("declare it with `mut`", declared.before(), "mut ");
            }
            self.error(diagnostic);
        }
        let assignment = self.node(NodeKind::AssignLocal { local, op, value }, Ty::UNIT, span);
        self.learn_assigned(place, value);
        assignment
    }

    /// `(a, b) = (b, a)`: all values are computed before the first is assigned.
    fn assign_many(&mut self, targets: &[ExprId], value: ExprId, span: Span) -> NodeId {
        let value = self.expr(value, None);
        let ty = self.ty(value);
        let items = match self.kind(ty) {
            Kind::Tuple(items) => self.session.program.types.list(items).to_vec(),
            Kind::Error | Kind::Never => return self.valueless(value, span),
            _ => {
                let shown = self.show(ty);
                let message = format!("`{shown}` is not a tuple");
                self.error(Diagnostic::error(codes::MISMATCH, span, message));
                return self.error_node(span);
            }
        };
        if items.len() != targets.len() {
            let message = format!("{} values for {} targets", items.len(), targets.len());
            self.error(Diagnostic::error(codes::MISMATCH, span, message));
            return self.error_node(span);
        }
        let mut parts = vec![];
        let mut pats = vec![];
        for (&target, &item) in targets.iter().zip(&items) {
            let at = self.ast[target].span;
            if let ExprKind::Name(name) = &self.ast[target].kind
                && self.text(*name) == "_"
            {
                pats.push(self.pat(PatKind::Wild, item, at));
                continue;
            }
            let local = self.hidden(item, at);
            pats.push(self.pat(PatKind::Bind(local, None), item, at));
            let part = self.node(NodeKind::Local(local), item, at);
            parts.push(self.assign_to(target, None, Value::Node(part), at));
        }
        let pat = self.pat(PatKind::Tuple(pats.into()), ty, span);
        self.node(NodeKind::AssignMany { pat, value, parts: parts.into() }, Ty::UNIT, span)
    }
}

/// What is assigned: an expression yet to be checked, or a value at hand.
#[derive(Clone, Copy)]
enum Value {
    Expr(ExprId),
    Node(NodeId),
}
