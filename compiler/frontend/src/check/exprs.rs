//! Expressions of all kinds, and the simple ones themselves.

use super::Checker;
use super::blocks::Use;
use crate::ast::{ExprId, ExprKind, Part, Unary};
use crate::body::{NodeId, NodeKind, Op};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::types::{Kind, Ty};

impl Checker<'_, '_> {
    /// An expression that must be of type `want`.
    pub(super) fn expr_as(&mut self, id: ExprId, want: Ty) -> NodeId {
        let node = self.expr(id, Some(want));
        self.coerce(node, want)
    }

    /// An expression; `want` is a hint and may be disappointed.
    pub(super) fn expr(&mut self, id: ExprId, want: Option<Ty>) -> NodeId {
        let ast = self.ast;
        let span = ast[id].span;
        match &ast[id].kind {
            ExprKind::Error => self.error_node(span),
            ExprKind::Unit => self.node(NodeKind::Unit, Ty::UNIT, span),
            ExprKind::Bool(value) => self.node(NodeKind::Bool(*value), Ty::BOOL, span),
            ExprKind::Int(value) => self.integer(i128::from(*value), want, span),
            ExprKind::Float(value) => {
                let ty = match want.map(|want| self.kind(want)) {
                    Some(Kind::F32) => Ty::F32,
                    _ => Ty::FLOAT,
                };
                self.node(NodeKind::Float(*value), ty, span)
            }
            ExprKind::Str(text) => self.node(NodeKind::Str(*text), Ty::STR, span),
            ExprKind::Bytes(index) => {
                let bytes = ast.bytes[*index as usize].clone().into();
                self.node(NodeKind::Bytes(bytes), Ty::BYTES, span)
            }
            ExprKind::Nil => self.nil(want, span),
            ExprKind::Interpolation(parts) => self.interpolation(parts, span),
            ExprKind::Name(name) => self.name(*name, want, span),
            ExprKind::Field(base, name) => self.member(*base, *name, want, span),
            ExprKind::OptField(base, name) => {
                self.optional_chain(*base, span, |checker, value| checker.field(value, *name, span))
            }
            ExprKind::Item(base, position) => self.tuple_item(*base, *position, span),
            ExprKind::Call(callee, args) => self.call(*callee, args, want, span),
            ExprKind::Index(base, args) => self.index(*base, args, span),
            ExprKind::Unwrap(value) => self.unwrap(*value, want, span),
            ExprKind::Unary(op, operand) => self.unary(*op, *operand, want, span),
            ExprKind::Binary(..) => self.binary(id, want),
            ExprKind::Cast(value, ty) => self.cast(*value, *ty, span),
            ExprKind::Is(value, ty) => self.is_type(*value, *ty, span),
            ExprKind::Range { start, end, inclusive } => self.range(*start, *end, *inclusive, span),
            ExprKind::Tuple(items) => self.tuple(items, want, span),
            ExprKind::List(items) => self.list(items, want, span),
            ExprKind::Fill(value, count) => self.fill(*value, *count, want, span),
            ExprKind::Map(entries) => self.map(entries, want, span),
            ExprKind::Struct { path, fields } => self.struct_value(*path, fields, want, span),
            ExprKind::Closure(closure) => self.closure(closure, want, span),
            ExprKind::Block(_)
            | ExprKind::If { .. }
            | ExprKind::Match { .. }
            | ExprKind::Try(_)
            | ExprKind::Receive { .. } => self.used(id, Use::Value(want)),
            ExprKind::Let(..) => {
                let message = "`let` stands here in the place of a value";
                let diagnostic = Diagnostic::error(codes::MISPLACED, span, message);
                self.error(
                    diagnostic.help("as a condition, `let` belongs to `if` and `while`, alone or joined by `and`"),
                );
                self.error_node(span)
            }
            ExprKind::Loop { label, body } => self.loop_expr(*label, body, want, span),
            ExprKind::While { label, cond, body } => self.while_loop(*label, *cond, body, span),
            ExprKind::For { label, pat, items, body } => self.for_loop(*label, *pat, *items, body, span),
            ExprKind::Break { label, value } => self.break_expr(*label, *value, span),
            ExprKind::Continue { label } => self.continue_expr(*label, span),
            ExprKind::Return(value) => self.return_expr(*value, span),
            ExprKind::Throw(value) => {
                let value = self.expr(*value, None);
                if self.ty(value) == Ty::UNIT {
                    self.mismatch(value, Ty::ANY);
                }
                let value = self.coerce(value, Ty::ANY);
                self.node(NodeKind::Throw(value), Ty::NEVER, span)
            }
            ExprKind::Spawn { how, body } => self.spawn(*how, *body, span),
            ExprKind::Assign { target, value } => self.assign(*target, *value, span),
            ExprKind::AssignOp { op, target, value } => self.assign_op(*op, *target, *value, span),
            ExprKind::Assert { cond, message } => self.assert(*cond, *message, span),
        }
    }

    /// An integer literal, of the number type that is wanted.
    pub(super) fn integer(&mut self, value: i128, want: Option<Ty>, span: Span) -> NodeId {
        let mut want = want.map(|want| self.shallow(want));
        if let Some(ty) = want
            && let Kind::Optional(inner) = self.kind(ty)
        {
            want = Some(self.shallow(inner));
        }
        let ty = match want {
            Some(ty) if self.kind(ty).is_number() => ty,
            Some(ty) if self.is_num_param(ty) => ty,
            _ => Ty::INT,
        };
        if self.kind(ty).is_float() {
            return self.node(NodeKind::Float(value as f64), ty, span);
        }
        let (least, greatest) = self.kind(ty).range().unwrap_or((i64::MIN.into(), i64::MAX.into()));
        if value < least || value > greatest {
            let shown = self.show(ty);
            let message = format!("the number {value} does not fit `{shown}`");
            let diagnostic = Diagnostic::error(codes::LITERAL_RANGE, span, message);
            self.error(diagnostic.note(format!("`{shown}` holds {least} to {greatest}")));
        }
        // `u64` beyond `int` keeps its bits.
        self.node(NodeKind::Int(value as i64), ty, span)
    }

    /// Whether it is a type parameter bound by `Num`.
    pub(super) fn is_num_param(&mut self, ty: Ty) -> bool {
        let num = self.session.program.lang().num;
        match self.kind(ty) {
            Kind::Param(position, _) => self
                .generics
                .get(position as usize)
                .is_some_and(|generic| generic.bounds.iter().any(|bound| bound.0 == num)),
            _ => false,
        }
    }

    fn nil(&mut self, want: Option<Ty>, span: Span) -> NodeId {
        let ty = match want.map(|want| (want, self.kind(want))) {
            Some((want, Kind::Optional(_) | Kind::Any)) => self.shallow(want),
            _ => {
                let inner = self.fresh(span);
                self.session.program.types.optional(inner)
            }
        };
        self.node(NodeKind::Nil, ty, span)
    }

    fn interpolation(&mut self, parts: &[Part], span: Span) -> NodeId {
        let mut nodes = vec![];
        for part in parts {
            nodes.push(match part {
                Part::Text(text) => self.node(NodeKind::Str(*text), Ty::STR, span),
                Part::Expr(expr) => {
                    let node = self.expr(*expr, None);
                    self.text_of(node)
                }
            });
        }
        self.node(NodeKind::Concat(nodes), Ty::STR, span)
    }

    /// The text of a value.
    pub(super) fn text_of(&mut self, node: NodeId) -> NodeId {
        let (ty, span) = (self.ty(node), self.span(node));
        match self.kind(ty) {
            Kind::Str | Kind::Error | Kind::Never => node,
            Kind::Unit => {
                let message = "this gives no value that could be shown";
                self.error(Diagnostic::error(codes::UNIT_VALUE, span, message));
                self.error_node(span)
            }
            _ => self.node(NodeKind::ToStr(node), Ty::STR, span),
        }
    }

    fn tuple_item(&mut self, base: ExprId, position: u32, span: Span) -> NodeId {
        let base = self.expr(base, None);
        let ty = self.ty(base);
        match self.kind(ty) {
            Kind::Tuple(items) => match self.session.program.types.list(items).get(position as usize) {
                Some(&item) => self.node(NodeKind::Field { base, field: position }, item, span),
                None => {
                    let n = self.session.program.types.list(items).len();
                    let message = format!("there is no item {position} in a tuple of {n}, which are counted from 0");
                    self.error(Diagnostic::error(codes::UNKNOWN_FIELD, span, message));
                    self.error_node(span)
                }
            },
            Kind::Error => self.error_node(span),
            _ => {
                let shown = self.show(ty);
                let message = format!("`{shown}` is not a tuple");
                self.error(Diagnostic::error(codes::UNKNOWN_FIELD, span, message));
                self.error_node(span)
            }
        }
    }

    /// Stands for what would be made of a value that there never is: reports that, unless an error is the reason.
    pub(super) fn valueless(&mut self, node: NodeId, span: Span) -> NodeId {
        if self.ty(node) == Ty::NEVER && !matches!(self.body.node(node).kind, NodeKind::Error) {
            let at = self.span(node);
            self.error(Diagnostic::error(codes::UNIT_VALUE, at, "this never gives a value"));
        }
        self.error_node(span)
    }

    fn unwrap(&mut self, value: ExprId, want: Option<Ty>, span: Span) -> NodeId {
        let want = want.map(|want| self.session.program.types.optional(want));
        let value = self.expr(value, want);
        let ty = self.ty(value);
        match self.kind(ty) {
            Kind::Optional(inner) => self.node(NodeKind::Unwrap(value), inner, span),
            Kind::Error | Kind::Never => self.valueless(value, span),
            _ => {
                let shown = self.show(ty);
                let message = format!("`{shown}` is never nil, so there is nothing to unwrap");
                let bang = Span { start: span.end - 1, end: span.end };
                self.error(Diagnostic::error(codes::BAD_OPERAND, span, message).fix("leave the `!` out", bang, ""));
                value
            }
        }
    }

    /// A type that a list, map or tuple can hold.
    pub(super) fn storable(&mut self, node: NodeId) -> NodeId {
        match self.ty(node) {
            Ty::UNIT => {
                let span = self.span(node);
                let message = "this gives no value that could be kept";
                self.error(Diagnostic::error(codes::UNIT_VALUE, span, message));
                self.error_node(span)
            }
            _ => node,
        }
    }

    fn tuple(&mut self, items: &[ExprId], want: Option<Ty>, span: Span) -> NodeId {
        let mut hints: Vec<Option<Ty>> = vec![None; items.len()];
        if let Some(Kind::Tuple(wanted)) = want.map(|want| self.kind(want)) {
            for (hint, &ty) in hints.iter_mut().zip(self.session.program.types.list(wanted)) {
                *hint = Some(ty);
            }
        }
        let mut nodes = vec![];
        for (&item, hint) in items.iter().zip(hints) {
            let node = self.expr(item, hint);
            let node = match hint {
                Some(hint) => self.coerce(node, hint),
                None => self.storable(node),
            };
            nodes.push(node);
        }
        let types: Vec<Ty> = nodes.iter().map(|&node| self.held_type(node)).collect();
        let ty = self.session.program.types.tuple(&types);
        self.node(NodeKind::Tuple(nodes.into()), ty, span)
    }

    /// The type under which a value is kept.
    fn held_type(&mut self, node: NodeId) -> Ty {
        match self.ty(node) {
            Ty::NEVER => {
                self.valueless(node, self.span(node));
                Ty::ERROR
            }
            Ty::UNIT => Ty::ERROR,
            ty => ty,
        }
    }

    fn list(&mut self, items: &[ExprId], want: Option<Ty>, span: Span) -> NodeId {
        let want_kind = want.map(|want| self.kind(want));
        let hint = match want_kind {
            Some(Kind::List(item)) => Some(item),
            Some(Kind::Bytes) => Some(Ty::U8),
            Some(Kind::Optional(inner)) => match self.kind(inner) {
                Kind::List(item) => Some(item),
                _ => None,
            },
            _ => None,
        };
        let mut nodes: Vec<NodeId> = vec![];
        let known = hint.filter(|&hint| !matches!(self.kind(hint), Kind::Infer(_)));
        for &item in items {
            let first = nodes.first().map(|&first| self.ty(first));
            let node = self.expr(item, known.or(first));
            nodes.push(self.storable(node));
        }
        let item_ty = match known {
            Some(item) => item,
            None if nodes.is_empty() => hint.unwrap_or_else(|| self.fresh(span)),
            None => self.common(&nodes),
        };
        for node in &mut nodes {
            *node = self.coerce(*node, item_ty);
        }
        let ty = match want_kind {
            Some(Kind::Bytes) => Ty::BYTES,
            _ => self.session.program.types.list_of(item_ty),
        };
        self.node(NodeKind::List(nodes.into()), ty, span)
    }

    fn fill(&mut self, value: ExprId, count: ExprId, want: Option<Ty>, span: Span) -> NodeId {
        let want_kind = want.map(|want| self.kind(want));
        let hint = match want_kind {
            Some(Kind::List(item)) => Some(item),
            Some(Kind::Bytes) => Some(Ty::U8),
            _ => None,
        };
        let value = self.expr(value, hint);
        let mut value = self.storable(value);
        if let Some(hint) = hint {
            value = self.coerce(value, hint);
        }
        let count = self.expr_as(count, Ty::INT);
        let ty = match want_kind {
            Some(Kind::Bytes) => Ty::BYTES,
            _ => {
                let item = hint.unwrap_or_else(|| self.held_type(value));
                self.session.program.types.list_of(item)
            }
        };
        self.node(NodeKind::Fill(value, count), ty, span)
    }

    fn map(&mut self, entries: &[(ExprId, ExprId)], want: Option<Ty>, span: Span) -> NodeId {
        let (mut key_ty, mut value_ty) = match want.map(|want| self.kind(want)) {
            Some(Kind::Map(key, value)) => (Some(key), Some(value)),
            _ => (None, None),
        };
        let mut nodes = vec![];
        for &(key, value) in entries {
            let key_node = self.expr(key, key_ty);
            let key_node = self.storable(key_node);
            let value_node = self.expr(value, value_ty);
            let value_node = self.storable(value_node);
            // The first entry decides, if nothing else did.
            let key_ty = *key_ty.get_or_insert(self.held_type(key_node));
            let value_ty = *value_ty.get_or_insert(self.held_type(value_node));
            let key_node = self.coerce(key_node, key_ty);
            nodes.push((key_node, self.coerce(value_node, value_ty)));
        }
        let key = key_ty.unwrap_or_else(|| self.fresh(span));
        let value = value_ty.unwrap_or_else(|| self.fresh(span));
        let resolved = self.resolve(key);
        self.session.program.check_key(resolved, span);
        let ty = self.session.program.types.map_of(key, value);
        self.node(NodeKind::Map(nodes.into()), ty, span)
    }

    fn range(&mut self, start: Option<ExprId>, end: Option<ExprId>, inclusive: bool, span: Span) -> NodeId {
        let (Some(start), Some(end)) = (start, end) else {
            let message = "a range needs both ends here";
            let diagnostic = Diagnostic::error(codes::MISPLACED, span, message);
            self.error(diagnostic.note("`a..` and `..b` stand in slices only: `xs[a..]`"));
            return self.error_node(span);
        };
        let start = self.expr_as(start, Ty::INT);
        let mut end = self.expr_as(end, Ty::INT);
        if inclusive {
            let one = self.node(NodeKind::Int(1), Ty::INT, span);
            end = self.node(NodeKind::Binary(crate::ast::Binary::Add, end, one), Ty::INT, span);
        }
        let range = self.session.program.lang().range;
        let ty = self.session.program.types.adt(range, &[]);
        self.node(NodeKind::New { variant: 0, fields: Box::new([start, end]) }, ty, span)
    }

    pub(super) fn assert(&mut self, cond: ExprId, message: Option<ExprId>, span: Span) -> NodeId {
        let cond_span = self.ast[cond].span;
        let cond = self.condition_value(cond);
        let message = message.map(|message| self.given(cond, false, |checker| checker.expr_as(message, Ty::STR)));
        let text = self.session.program.sources.text(cond_span).to_owned();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let text = self.program().names.intern(&text);
        let assert = self.node(NodeKind::Assert { cond, message, text }, Ty::UNIT, span);
        self.learn(cond, true);
        assert
    }

    /// A condition whose variables nobody sees.
    pub(super) fn condition_value(&mut self, id: ExprId) -> NodeId {
        self.scoped(|checker| checker.condition(id))
    }

    fn unary(&mut self, op: Unary, operand: ExprId, want: Option<Ty>, span: Span) -> NodeId {
        if let (Unary::Neg, ExprKind::Int(value)) = (op, &self.ast[operand].kind) {
            return self.integer(-i128::from(*value), want, span);
        }
        let want = if op == Unary::Not { Some(Ty::BOOL) } else { want };
        let node = self.expr(operand, want);
        let node = self.known_value(node);
        let ty = self.ty(node);
        let kind = self.kind(ty);
        let (fits, op, sign) = match op {
            Unary::Neg => (kind.is_number() || kind == Kind::Any || self.is_num_param(ty), Op::Neg, "-"),
            Unary::Not => (kind == Kind::Bool || kind == Kind::Any, Op::Not, "not"),
            Unary::BitNot => (kind.is_integer() || kind == Kind::Any, Op::BitNot, "~"),
        };
        if matches!(kind, Kind::Error | Kind::Never) {
            return node;
        }
        if !fits {
            let shown = self.show(ty);
            let message = format!("`{sign}` does not work on `{shown}`");
            let mut diagnostic = Diagnostic::error(codes::BAD_OPERAND, span, message);
            if op == Op::Not && kind.is_integer() {
                diagnostic = diagnostic.help("`~` inverts the bits of a number");
            }
            if op == Op::Not && matches!(kind, Kind::Optional(_)) {
                diagnostic = diagnostic.help("compare with nil: `… == nil`");
            }
            self.error(diagnostic);
            return self.error_node(span);
        }
        self.node(NodeKind::Op(op, Box::new([node])), ty, span)
    }

    fn cast(&mut self, value: ExprId, ty: crate::ast::TypeId, span: Span) -> NodeId {
        let want = self.written_type(ty);
        // Literals take the type at once: `0xff as u8`, `[] as [int]`.
        let hint = match &self.ast[value].kind {
            ExprKind::Int(_) if !self.kind(want).is_number() => None,
            ExprKind::Int(value) => match self.kind(want).range() {
                Some((least, greatest)) if i128::from(*value) < least || i128::from(*value) > greatest => None,
                _ => Some(want),
            },
            ExprKind::List(_) | ExprKind::Map(_) | ExprKind::Nil | ExprKind::Closure(_) => Some(want),
            _ => None,
        };
        let node = self.expr(value, hint);
        let node = self.known_value(node);
        let have = self.ty(node);
        let (have_kind, want_kind) = (self.kind(have), self.kind(want));
        let scalar = |kind: Kind| kind.is_number() || kind == Kind::Bool;
        if have == want || matches!(have_kind, Kind::Error | Kind::Never) || want == Ty::ERROR {
            return node;
        }
        if scalar(have_kind) && want_kind.is_number()
            || self.is_num_param(have) && (want_kind.is_number() || self.is_num_param(want))
            || have_kind.is_number() && self.is_num_param(want)
        {
            return self.node(NodeKind::Convert(node), want, span);
        }
        match (have_kind, want_kind) {
            (Kind::Any | Kind::Trait(..), Kind::Any) => self.coerce(node, want),
            (Kind::Any, Kind::Unit | Kind::Never) => self.bad_cast(have, want, span),
            (Kind::Any, _) => self.node(NodeKind::FromAny(node), want, span),
            (Kind::Trait(..), Kind::Trait(..)) if self.try_unify(have, want) => node,
            (Kind::Trait(..), _) => {
                let any = self.node(NodeKind::ToAny(node), Ty::ANY, span);
                self.node(NodeKind::FromAny(any), want, span)
            }
            (Kind::Ptr(_), Kind::Ptr(_) | Kind::Int | Kind::U64) | (Kind::Int | Kind::U64, Kind::Ptr(_)) => {
                self.node(NodeKind::PtrCast(node), want, span)
            }
            (Kind::Infer(_), _) => self.coerce(node, want),
            (_, Kind::Any | Kind::Optional(_) | Kind::Trait(..)) => self.coerce(node, want),
            _ if self.try_unify(have, want) => node,
            _ => self.bad_cast(have, want, span),
        }
    }

    fn bad_cast(&mut self, have: Ty, want: Ty, span: Span) -> NodeId {
        let (shown_have, shown_want) = (self.show(have), self.show(want));
        let message = format!("`{shown_have}` cannot be converted to `{shown_want}` by `as`");
        let mut diagnostic = Diagnostic::error(codes::BAD_CAST, span, message);
        diagnostic = match (self.kind(have), self.kind(want)) {
            (_, Kind::Str) => diagnostic.help("use `.to_str()`"),
            (Kind::Str, _) => diagnostic.help("use `parse_int(s)` or `parse_float(s)`"),
            (Kind::Optional(_), _) => diagnostic.help("take the value out first: `x!`"),
            (_, Kind::Bool) => diagnostic.help("compare: `x != 0`"),
            _ => diagnostic,
        };
        self.error(diagnostic);
        self.error_node(span)
    }

    fn is_type(&mut self, value: ExprId, ty: crate::ast::TypeId, span: Span) -> NodeId {
        let want = self.written_type(ty);
        let node = self.expr(value, None);
        let have = self.ty(node);
        let any = match self.kind(have) {
            Kind::Any => node,
            Kind::Error | Kind::Never => return self.valueless(node, span),
            Kind::Trait(..) | Kind::Param(..) => self.node(NodeKind::ToAny(node), Ty::ANY, span),
            _ => {
                let shown = self.show(have);
                let message = format!("`is` asks what is in `any`, but this is known to be `{shown}`");
                self.error(Diagnostic::error(codes::BAD_OPERAND, span, message));
                return self.error_node(span);
            }
        };
        self.node(NodeKind::Is(any, want), Ty::BOOL, span)
    }
}
