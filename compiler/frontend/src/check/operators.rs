//! Binary operators.

use super::Checker;
use crate::ast::{Binary, ExprId, ExprKind, Unary};
use crate::body::{NodeId, NodeKind, Op};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::types::{Kind, Ty, Tys};

impl Checker<'_, '_> {
    /// A chain of operators. It is followed along its left side without recursion, since chains can be long.
    pub(super) fn binary(&mut self, id: ExprId, want: Option<Ty>) -> NodeId {
        let ast = self.ast;
        let mut chain = vec![];
        let mut leftmost = id;
        while let ExprKind::Binary(op, left, right) = &ast[leftmost].kind {
            chain.push((*op, *right, ast[leftmost].span));
            leftmost = *left;
        }
        let (first_op, first_right, _) = chain[chain.len() - 1];
        let hint = self.left_hint(&chain, want);
        // A literal takes the type of what stands beside it.
        let mut early_right = None;
        let left =
            match self.is_number_literal(leftmost) && !self.is_number_literal(first_right) && is_symmetric(first_op) {
                true => {
                    let right = self.expr(first_right, hint);
                    early_right = Some(right);
                    let ty = self.ty(right);
                    self.expr(leftmost, Some(ty))
                }
                false => match first_op {
                    Binary::And | Binary::Or => self.expr_as(leftmost, Ty::BOOL),
                    _ => self.expr(leftmost, hint),
                },
            };
        let mut node = left;
        for (op, right, span) in chain.into_iter().rev() {
            node = self.apply(op, node, right, early_right.take(), want, span);
        }
        node
    }

    fn is_number_literal(&self, id: ExprId) -> bool {
        match &self.ast[id].kind {
            ExprKind::Int(_) | ExprKind::Nil => true,
            ExprKind::Unary(Unary::Neg, operand) => self.is_number_literal(*operand),
            _ => false,
        }
    }

    /// What is wanted of the leftmost operand.
    fn left_hint(&mut self, chain: &[(Binary, ExprId, Span)], want: Option<Ty>) -> Option<Ty> {
        let all = |f: &dyn Fn(Binary) -> bool| chain.iter().all(|&(op, ..)| f(op));
        let want = want?;
        if all(&|op| op == Binary::Coalesce) {
            return Some(self.session.program.types.optional(want));
        }
        let arithmetic = all(&|op| !op.is_comparison() && !matches!(op, Binary::And | Binary::Or | Binary::Coalesce));
        (arithmetic && self.kind(want) != Kind::Any).then_some(want)
    }

    fn apply(
        &mut self,
        op: Binary,
        left: NodeId,
        right: ExprId,
        early_right: Option<NodeId>,
        want: Option<Ty>,
        span: Span,
    ) -> NodeId {
        match op {
            Binary::And | Binary::Or => {
                let left = self.coerce(left, Ty::BOOL);
                let right = self.given(left, op == Binary::And, |checker| checker.expr_as(right, Ty::BOOL));
                let kind = if op == Binary::And { NodeKind::And(left, right) } else { NodeKind::Or(left, right) };
                self.node(kind, Ty::BOOL, span)
            }
            Binary::Coalesce => self.coalesce(left, right, want, span),
            _ => {
                let right = match early_right {
                    Some(right) => right,
                    None => {
                        let hint = self.ty(left);
                        // `x == nil`, `x == 5` on an optional: the right side is of the inner type or nil.
                        self.expr(right, Some(hint))
                    }
                };
                self.operate(op, left, right, span)
            }
        }
    }

    fn coalesce(&mut self, left: NodeId, right: ExprId, want: Option<Ty>, span: Span) -> NodeId {
        let ty = self.ty(left);
        let inner = match self.kind(ty) {
            Kind::Optional(inner) => inner,
            Kind::Any => Ty::ANY,
            Kind::Error | Kind::Never => {
                self.expr(right, want);
                return self.valueless(left, span);
            }
            _ => {
                let shown = self.show(ty);
                let message = format!("`{shown}` is never nil, so that what follows `??` would never be used");
                self.error(Diagnostic::error(codes::BAD_OPERAND, span, message));
                self.expr(right, Some(ty));
                return left;
            }
        };
        let right = self.perhaps(|checker| checker.expr(right, Some(inner)));
        let right_ty = self.ty(right);
        if matches!(self.kind(right_ty), Kind::Optional(_)) && inner != Ty::ANY {
            // Still perhaps nil.
            let right = self.coerce(right, ty);
            return self.node(NodeKind::Coalesce(left, right), ty, span);
        }
        let right = self.coerce(right, inner);
        self.node(NodeKind::Coalesce(left, right), inner, span)
    }

    /// An operator on two checked operands.
    pub(super) fn operate(&mut self, op: Binary, left: NodeId, right: NodeId, span: Span) -> NodeId {
        let (mut left, mut right) = (left, right);
        if !matches!(op, Binary::Eq | Binary::Ne) {
            (left, right) = (self.known_value(left), self.known_value(right));
        }
        let (left_ty, right_ty) = (self.ty(left), self.ty(right));
        let (left_kind, right_kind) = (self.kind(left_ty), self.kind(right_ty));
        let result = |ty: Ty| if op.is_comparison() { Ty::BOOL } else { ty };
        if [left_kind, right_kind].iter().any(|kind| matches!(kind, Kind::Error | Kind::Never)) {
            let ty = if op.is_comparison() { Ty::BOOL } else { Ty::ERROR };
            self.valueless(left, span);
            self.valueless(right, span);
            return self.node(NodeKind::Error, ty, span);
        }
        if let Binary::Eq | Binary::Ne = op {
            return self.equality(op, left, right, span);
        }
        if let Binary::Shl | Binary::Shr = op
            && left_kind.is_integer()
            && right_kind.is_integer()
        {
            if left_ty != right_ty {
                let span = self.span(right);
                right = self.node(NodeKind::Convert(right), left_ty, span);
            }
            return self.node(NodeKind::Binary(op, left, right), left_ty, span);
        }
        if left_kind == Kind::Any || right_kind == Kind::Any {
            if matches!(left_kind, Kind::Unit) || matches!(right_kind, Kind::Unit) {
                return self.bad_operands(op, left_ty, right_ty, span);
            }
            left = self.coerce(left, Ty::ANY);
            right = self.coerce(right, Ty::ANY);
            return self.node(NodeKind::Binary(op, left, right), result(Ty::ANY), span);
        }
        if !self.try_unify(left_ty, right_ty) {
            return self.bad_operands(op, left_ty, right_ty, span);
        }
        let ty = self.ty(left);
        let kind = self.kind(ty);
        if let Kind::Infer(_) = kind {
            // As in `|x| x * x`: what `x` is turns out later.
            self.late_operators.push((op, ty, span));
            return self.node(NodeKind::Binary(op, left, right), result(ty), span);
        }
        if let (Binary::Add, Kind::Str) = (op, kind) {
            return self.concat(left, right, span);
        }
        if !self.operator_fits(op, ty) {
            return self.bad_operands(op, left_ty, right_ty, span);
        }
        self.node(NodeKind::Binary(op, left, right), result(ty), span)
    }

    /// Whether an operator other than `==` works on two operands of this type.
    fn operator_fits(&mut self, op: Binary, ty: Ty) -> bool {
        let kind = self.kind(ty);
        match op {
            Binary::Add | Binary::Sub | Binary::Mul | Binary::Div | Binary::Rem => {
                kind.is_number() || self.is_num_param(ty) || op == Binary::Add && kind == Kind::Str || kind == Kind::Any
            }
            Binary::Shl | Binary::Shr => kind.is_integer(),
            Binary::BitAnd | Binary::BitOr | Binary::BitXor => kind.is_integer() || kind == Kind::Bool,
            Binary::Lt | Binary::Le | Binary::Gt | Binary::Ge => {
                let ord = self.session.program.lang().ord;
                kind.is_number()
                    || matches!(kind, Kind::Str | Kind::Any)
                    || self.is_num_param(ty)
                    || self.find_impl(ord, Tys::EMPTY, ty).is_some()
            }
            _ => false,
        }
    }

    /// Checks the operators that were put off until the types of their operands would be known.
    pub(super) fn check_operators(&mut self) {
        for (op, ty, span) in std::mem::take(&mut self.late_operators) {
            let ty = self.shallow(ty);
            if !matches!(self.kind(ty), Kind::Infer(_) | Kind::Error) && !self.operator_fits(op, ty) {
                self.bad_operands(op, ty, ty, span);
            }
        }
    }

    /// Strings one after the other; a chain becomes one node.
    fn concat(&mut self, left: NodeId, right: NodeId, span: Span) -> NodeId {
        if let NodeKind::Concat(parts) = &mut self.body.nodes[left.0 as usize].kind {
            parts.push(right);
            self.body.nodes[left.0 as usize].span = span;
            return left;
        }
        self.node(NodeKind::Concat(vec![left, right]), Ty::STR, span)
    }

    fn equality(&mut self, op: Binary, left: NodeId, right: NodeId, span: Span) -> NodeId {
        let (left_ty, right_ty) = (self.ty(left), self.ty(right));
        let is_nil = |checker: &Self, node: NodeId| matches!(checker.body.node(node).kind, NodeKind::Nil);
        for (value, other) in [(left, right), (right, left)] {
            if is_nil(self, other) {
                let ty = self.ty(value);
                if !matches!(self.kind(ty), Kind::Optional(_) | Kind::Any | Kind::Infer(_) | Kind::Param(..)) {
                    let shown = self.show(ty);
                    let mut diagnostic = Diagnostic::error(codes::BAD_OPERAND, span, format!("`{shown}` is never nil"));
                    if let Kind::Ptr(..) = self.kind(ty) {
                        diagnostic = diagnostic.help("the null pointer has the address 0: `p as int == 0`");
                    }
                    self.error(diagnostic);
                    return self.error_node(span);
                }
                if let Kind::Infer(_) = self.kind(ty) {
                    let nil = self.ty(other);
                    self.unify(ty, nil);
                }
                let test = self.node(NodeKind::Op(Op::IsNil, Box::new([value])), Ty::BOOL, span);
                return match op {
                    Binary::Eq => test,
                    _ => self.node(NodeKind::Op(Op::Not, Box::new([test])), Ty::BOOL, span),
                };
            }
        }
        let (left, right) = match (self.kind(left_ty), self.kind(right_ty)) {
            (Kind::Unit, _) | (_, Kind::Unit) => return self.bad_operands(op, left_ty, right_ty, span),
            (Kind::Any, _) | (_, Kind::Any) => (self.coerce(left, Ty::ANY), self.coerce(right, Ty::ANY)),
            (Kind::Optional(_), Kind::Optional(_)) => (left, self.coerce(right, left_ty)),
            (Kind::Optional(inner), _) if self.try_unify(inner, right_ty) => (left, self.coerce(right, left_ty)),
            (_, Kind::Optional(inner)) if self.try_unify(inner, left_ty) => (self.coerce(left, right_ty), right),
            _ if self.try_unify(left_ty, right_ty) => (left, right),
            _ => return self.bad_operands(op, left_ty, right_ty, span),
        };
        self.node(NodeKind::Binary(op, left, right), Ty::BOOL, span)
    }

    fn bad_operands(&mut self, op: Binary, left: Ty, right: Ty, span: Span) -> NodeId {
        let (shown_left, shown_right) = (self.show(left), self.show(right));
        let (left_kind, right_kind) = (self.kind(left), self.kind(right));
        let sign = op.text();
        let message = match left == right {
            true => format!("`{sign}` does not work on `{shown_left}`"),
            false => format!("`{sign}` does not work on `{shown_left}` and `{shown_right}`"),
        };
        let mut diagnostic = Diagnostic::error(codes::BAD_OPERAND, span, message);
        if let Kind::Optional(_) = left_kind {
            diagnostic.code = codes::MAYBE_NIL;
            diagnostic = diagnostic.help("the left side may be nil; take the value out with `!` or `??`");
        } else if let Kind::Optional(_) = right_kind {
            diagnostic.code = codes::MAYBE_NIL;
            diagnostic = diagnostic.help("the right side may be nil; take the value out with `!` or `??`");
        } else if op == Binary::Add && (left_kind == Kind::Str || right_kind == Kind::Str) {
            diagnostic = diagnostic.help("put values into a string with braces: `\"… {value}\"`");
        } else if left_kind.is_number() && right_kind.is_number() {
            diagnostic = diagnostic.help("numbers of different types are not mixed; convert one with `as`");
        } else if let (Kind::List(_), Binary::Add) = (left_kind, op) {
            diagnostic = diagnostic.help("join lists with `a.concat(b)`");
        } else if let Kind::Param(_, name) = left_kind {
            let name = self.text(name).to_owned();
            let bound = if op.is_comparison() { "Ord" } else { "Num" };
            diagnostic = diagnostic.help(format!("bind the type parameter: `[{name}: {bound}]`"));
        } else if op.is_comparison() && matches!(left_kind, Kind::Adt(..)) && left == right {
            diagnostic = diagnostic
                .help(format!("write `impl Ord for {shown_left} {{ fn compare(self, other: Self) -> int {{ … }} }}`"));
        }
        self.error(diagnostic);
        let ty = if op.is_comparison() { Ty::BOOL } else { Ty::ERROR };
        self.node(NodeKind::Error, ty, span)
    }
}

/// Whether both operands are of one type, so that either says what the other is.
fn is_symmetric(op: Binary) -> bool {
    !matches!(op, Binary::And | Binary::Or | Binary::Coalesce | Binary::Shl | Binary::Shr)
}
