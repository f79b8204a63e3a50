//! Expressions.

use super::function::{FunctionLower, Place};
use crate::body::{LocalId, NodeId, NodeKind, Stmt};
use crate::source::Span;
use crate::types::{Kind, Ty};
use std::rc::Rc;
use vitbc::{Const, FieldIdx, Inst, Reg, TypeIdx};

impl FunctionLower<'_, '_, '_> {
    /// An expression whose value nobody needs.
    pub(super) fn effect(&mut self, id: NodeId) {
        self.effect_of(id);
        self.end_if_never(id);
    }

    /// Nothing follows an expression that never comes to its end.
    fn end_if_never(&mut self, id: NodeId) {
        let node = self.body.node(id);
        if node.ty == Ty::NEVER {
            let span = node.span;
            self.emit(Inst::Unreachable {}, span);
        }
    }

    fn effect_of(&mut self, id: NodeId) {
        let body = Rc::clone(&self.body);
        let node = body.node(id);
        match &node.kind {
            NodeKind::Unit | NodeKind::Local(_) | NodeKind::Nil | NodeKind::Bool(_) | NodeKind::Int(_) => {}
            NodeKind::Block { stmts, tail } => {
                self.stmts(stmts);
                tail.iter().for_each(|&tail| self.effect(tail));
            }
            NodeKind::If { arms, otherwise } => self.conditional(arms, *otherwise, None),
            NodeKind::Match { value, arms } => self.match_on(*value, arms, None, node.span),
            NodeKind::Try { body, catches, finally } => self.try_block(*body, catches, *finally, None, node.span),
            NodeKind::Receive { arms, after } => self.receive(arms, *after, None, node.span),
            NodeKind::And(..) | NodeKind::Or(..) => {
                let end = self.b.label();
                self.branch(id, end, true);
                self.bind(end);
            }
            NodeKind::OptChain { base, local, body } => self.optional_chain(*base, *local, *body, None, node.span),
            _ => {
                self.value(id, None, true);
            }
        }
    }

    /// An expression; its value goes to `want`, or wherever it is.
    pub(super) fn expr(&mut self, id: NodeId, want: Option<Reg>) -> Reg {
        let reg = self.expr_of(id, want);
        self.end_if_never(id);
        reg
    }

    fn expr_of(&mut self, id: NodeId, want: Option<Reg>) -> Reg {
        let body = Rc::clone(&self.body);
        let node = body.node(id);
        match &node.kind {
            NodeKind::Block { stmts, tail } => {
                self.stmts(stmts);
                match tail {
                    Some(tail) => self.expr(*tail, want),
                    None => self.never(id, want),
                }
            }
            NodeKind::If { .. } | NodeKind::Match { .. } | NodeKind::Try { .. } | NodeKind::Receive { .. } => {
                let ty = self.node_ty(id);
                let dst = self.target(want, ty);
                match &node.kind {
                    NodeKind::If { arms, otherwise } => self.conditional(arms, *otherwise, Some(dst)),
                    NodeKind::Match { value, arms } => self.match_on(*value, arms, Some(dst), node.span),
                    NodeKind::Try { body, catches, finally } => {
                        self.try_block(*body, catches, *finally, Some(dst), node.span);
                    }
                    NodeKind::Receive { arms, after } => self.receive(arms, *after, Some(dst), node.span),
                    _ => unreachable!("the outer match names these four"),
                }
                dst
            }
            NodeKind::OptChain { base, local, body } => {
                let ty = self.node_ty(id);
                let dst = self.target(want, ty);
                self.optional_chain(*base, *local, *body, Some(dst), node.span);
                dst
            }
            _ => self.value(id, want, false),
        }
    }

    /// What stands for the value of an expression that never gives one.
    fn never(&mut self, id: NodeId, want: Option<Reg>) -> Reg {
        match want {
            Some(want) => want,
            None => {
                let ty = self.node_ty(id);
                self.temp(ty)
            }
        }
    }

    /// Several expressions, whose values are all needed at once.
    pub(super) fn exprs(&mut self, ids: &[NodeId]) -> Vec<Reg> {
        let mut regs = Vec::with_capacity(ids.len());
        for (position, &id) in ids.iter().enumerate() {
            let reg = self.expr(id, None);
            regs.push(self.kept(id, reg, &ids[position + 1..]));
        }
        regs
    }

    /// The value of `id`, which is in `reg`: elsewhere, if what comes after might change it there.
    pub(super) fn kept(&mut self, id: NodeId, reg: Reg, after: &[NodeId]) -> Reg {
        if !self.is_changing_variable(id) || !after.iter().any(|&node| self.may_assign(node)) {
            return reg;
        }
        self.copied(id, reg)
    }

    /// A copy of the value of `id`, which is in `reg`.
    pub(super) fn copied(&mut self, id: NodeId, reg: Reg) -> Reg {
        let ty = self.node_ty(id);
        let copy = self.temp(ty);
        let span = self.span;
        self.copy(copy, reg, span);
        copy
    }

    /// Whether an expression's value may lie in the register of a variable that is assigned again.
    pub(super) fn is_changing_variable(&self, id: NodeId) -> bool {
        match &self.body.node(id).kind {
            NodeKind::Local(local) => {
                let data = self.body.local(*local);
                data.assigned && !data.is_boxed()
            }
            NodeKind::Block { tail: Some(inner), .. }
            | NodeKind::PtrCast(inner)
            | NodeKind::Wrap(inner)
            | NodeKind::Unwrap(inner)
            | NodeKind::ToAny(inner)
            | NodeKind::FromAny(inner)
            | NodeKind::ToTrait(inner)
            | NodeKind::Convert(inner)
            | NodeKind::ToStr(inner)
            | NodeKind::Coalesce(inner, _) => self.is_changing_variable(*inner),
            _ => false,
        }
    }

    /// Whether an expression may assign to variables in registers. Only statements within expressions can.
    fn may_assign(&self, id: NodeId) -> bool {
        use NodeKind::*;
        let any = |ids: &[NodeId]| ids.iter().any(|&id| self.may_assign(id));
        match &self.body.node(id).kind {
            Error
            | Unit
            | Bool(_)
            | Int(_)
            | Float(_)
            | Str(_)
            | Bytes(_)
            | Nil
            | Local(_)
            | Const(_)
            | FuncRef { .. }
            | Callback { .. }
            | Closure { .. } => false,
            Call { args, .. }
            | CallTrait { args, .. }
            | CallDyn { args, .. }
            | Op(_, args)
            | Tuple(args)
            | List(args)
            | New { fields: args, .. } => any(args),
            CallValue { callee, args } => self.may_assign(*callee) || any(args),
            Concat(parts) => any(parts),
            Binary(_, left, right) | And(left, right) | Or(left, right) | Coalesce(left, right) => {
                any(&[*left, *right])
            }
            Field { base: inner, .. }
            | Wrap(inner)
            | Unwrap(inner)
            | ToAny(inner)
            | FromAny(inner)
            | ToTrait(inner)
            | Convert(inner)
            | PtrCast(inner)
            | Is(inner, _)
            | ToStr(inner) => self.may_assign(*inner),
            _ => true,
        }
    }

    /// Expressions that are not made of blocks. With `dropped`, the value is not needed and may be missing.
    fn value(&mut self, id: NodeId, want: Option<Reg>, dropped: bool) -> Reg {
        let body = Rc::clone(&self.body);
        let node = body.node(id);
        let span = node.span;
        let outer = std::mem::replace(&mut self.span, span);
        let ty = self.node_ty(id);
        if let Some(result) = self.of_constant(id, want) {
            self.span = outer;
            return result;
        }
        let result = match &node.kind {
            NodeKind::Error => unreachable!("a program with errors is not lowered"),
            NodeKind::Unit => self.target(want, ty),
            NodeKind::Bool(value) => self.literal(Const::Bool(*value), want, ty),
            NodeKind::Int(value) => self.number(*value, want, ty),
            NodeKind::Float(value) => {
                let value = self.low.out.float(*value);
                self.literal(value, want, ty)
            }
            NodeKind::Str(text) => {
                let value = self.low.out.str(self.low.session.program.names.text(*text));
                self.literal(value, want, ty)
            }
            NodeKind::Bytes(bytes) => {
                let value = self.low.out.data(bytes);
                self.literal(value, want, ty)
            }
            NodeKind::Nil => self.literal(Const::Nil, want, ty),
            NodeKind::Local(local) => self.read(*local, want, span),
            NodeKind::Const(id) => self.const_value(*id, want, ty, span),
            NodeKind::FuncRef { func, targs } => self.func_ref(*func, *targs, want, ty, span),
            NodeKind::Callback { func, targs } => self.callback(*func, *targs, want, span),
            NodeKind::Call { func, targs, args } => self.call(*func, *targs, args, want, ty, span),
            NodeKind::CallTrait { method, targs, args } => self.call_trait(*method, *targs, args, want, ty, span),
            NodeKind::CallDyn { method, args } => self.call_dynamic(*method, args, want, ty, span),
            NodeKind::CallValue { callee, args } => self.call_value(*callee, args, want, ty, span),
            NodeKind::Op(op, args) => self.op(*op, args, want, ty, span),
            NodeKind::Binary(..) => self.binary_chain(id, want),
            NodeKind::And(..) | NodeKind::Or(..) | NodeKind::Let(..) => self.condition_value(id, want),
            NodeKind::Coalesce(left, right) => self.coalesce(*left, *right, want, ty, span),
            NodeKind::New { variant, fields } => self.new_value(*variant, fields, want, ty, span),
            NodeKind::Tuple(items) => {
                let fields = self.exprs(items).into();
                let dst = self.target(want, ty);
                let idx = self.low.ty(ty);
                self.emit(Inst::Alloc { dst, ty: idx, fields }, span);
                dst
            }
            NodeKind::List(items) => self.list(items, want, ty, span),
            NodeKind::Fill(value, count) => self.fill(*value, *count, want, ty, span),
            NodeKind::Map(entries) => self.map(entries, want, ty, span),
            NodeKind::Field { base, field } => {
                let object = self.expr(*base, None);
                let dst = self.target(want, ty);
                self.emit(Inst::Load { dst, object, field: FieldIdx(*field) }, span);
                dst
            }
            NodeKind::Wrap(inner) => self.wrap(*inner, want, ty, span),
            NodeKind::Unwrap(inner) => self.unwrap(*inner, want, ty, span),
            NodeKind::ToAny(inner) => self.any_of(*inner, want, span),
            NodeKind::FromAny(inner) => self.out_of_any(*inner, want, ty, span),
            NodeKind::ToTrait(inner) => self.object_of(*inner, want, ty, span),
            NodeKind::Convert(inner) => self.convert(*inner, want, ty, span),
            NodeKind::PtrCast(inner) => self.ptr_cast(*inner, want, ty, span),
            NodeKind::Is(inner, asked) => {
                let asked = self.concrete(*asked);
                let src = self.expr(*inner, None);
                let dst = self.target(want, Ty::BOOL);
                self.is_type(dst, src, asked, span);
                dst
            }
            NodeKind::ToStr(inner) => self.text_node(*inner, want, span),
            NodeKind::Concat(parts) => {
                let parts = self.exprs(parts).into();
                let dst = self.target(want, Ty::STR);
                self.emit(Inst::StrConcat { dst, parts }, span);
                dst
            }
            NodeKind::Loop { .. } | NodeKind::While { .. } | NodeKind::For { .. } => {
                let dst = match dropped || ty == Ty::UNIT || ty == Ty::NEVER {
                    true => None,
                    false => Some(self.target(want, ty)),
                };
                self.loop_node(id, dst);
                dst.unwrap_or(Reg(0))
            }
            NodeKind::Break { id, value } => {
                self.break_loop(*id, *value, span);
                want.unwrap_or(Reg(0))
            }
            NodeKind::Continue { id } => {
                self.continue_loop(*id, span);
                want.unwrap_or(Reg(0))
            }
            NodeKind::Return(value) => {
                self.return_value(*value, span);
                want.unwrap_or(Reg(0))
            }
            NodeKind::Throw(value) => {
                let value = self.expr(*value, None);
                self.emit(Inst::Throw { value }, span);
                want.unwrap_or(Reg(0))
            }
            NodeKind::Closure { params, captures, body } => self.closure(params, captures, *body, want, ty, span),
            NodeKind::Spawn { link, body } => {
                let body = self.process_body(*body);
                let dst = self.target(want, Ty::PID);
                self.emit(Inst::Spawn { dst, body, link: i64::from(*link) }, span);
                dst
            }
            NodeKind::AssignLocal { local, op, value } => {
                self.assign_local(*local, *op, *value, span);
                want.unwrap_or(Reg(0))
            }
            NodeKind::AssignField { base, field, op, value } => {
                self.assign_field(*base, *field, *op, *value, span);
                want.unwrap_or(Reg(0))
            }
            NodeKind::AssignItem { base, index, op, value } => {
                self.assign_item(*base, *index, *op, *value, span);
                want.unwrap_or(Reg(0))
            }
            NodeKind::AssignMany { pat, value, parts } => {
                self.forget(*pat);
                self.bind_value(*pat, *value, span);
                parts.iter().for_each(|&part| self.effect(part));
                want.unwrap_or(Reg(0))
            }
            NodeKind::Assert { cond, message, text } => {
                let text = self.low.session.program.text(*text).to_owned();
                self.assert(*cond, *message, &text, span);
                want.unwrap_or(Reg(0))
            }
            NodeKind::Print { args, error } => {
                self.print(args, *error, span);
                want.unwrap_or(Reg(0))
            }
            NodeKind::Block { .. }
            | NodeKind::If { .. }
            | NodeKind::Match { .. }
            | NodeKind::Try { .. }
            | NodeKind::Receive { .. }
            | NodeKind::OptChain { .. } => {
                unreachable!("blocks are lowered where it is known whether they give values")
            }
        };
        self.span = outer;
        result
    }

    pub(super) fn stmts(&mut self, stmts: &[Stmt]) {
        for stmt in stmts {
            self.statement(|lower| match stmt {
                Stmt::Expr(node) => {
                    let span = lower.body.node(*node).span;
                    lower.note(span);
                    lower.effect(*node);
                }
                Stmt::Let { pat, value, otherwise } => lower.let_stmt(*pat, *value, *otherwise),
            });
        }
    }

    /// A literal as a value of type `ty`.
    pub(super) fn literal(&mut self, value: Const, want: Option<Reg>, ty: Ty) -> Reg {
        let dst = self.target(want, ty);
        let span = self.span;
        self.emit(Inst::LoadConst { dst, value }, span);
        dst
    }

    /// An integer as a value of some number type.
    pub(super) fn number(&mut self, value: i64, want: Option<Reg>, ty: Ty) -> Reg {
        let kind = self.kind(ty);
        if kind.is_float() {
            let value = self.low.out.float(value as f64);
            return self.literal(value, want, ty);
        }
        // A literal of a generic number may not fit the number that it becomes.
        let fitting = crate::consts::wrap(kind, i128::from(value));
        if kind == Kind::U64 && fitting < 0 {
            let bits = self.int(fitting);
            let dst = self.target(want, ty);
            let span = self.span;
            self.emit(Inst::Convert { dst, src: bits }, span);
            return dst;
        }
        let value = self.low.out.int(fitting);
        self.literal(value, want, ty)
    }

    /// The value of a variable.
    pub(super) fn read(&mut self, local: LocalId, want: Option<Reg>, span: Span) -> Reg {
        match self.locals.get(&local).copied() {
            Some(Place::Reg(reg)) => self.deliver(reg, want, span),
            Some(Place::Cell(object)) => {
                let ty = self.body.local(local).ty;
                let ty = self.concrete(ty);
                let dst = self.target(want, ty);
                self.emit(Inst::Load { dst, object, field: FieldIdx(0) }, span);
                dst
            }
            Some(Place::Nowhere) => self.target(want, Ty::UNIT),
            None => unreachable!("a variable is read where it is not declared"),
        }
    }

    /// `print(…)`, `eprint(…)`.
    fn print(&mut self, args: &[NodeId], error: bool, span: Span) {
        if let ([arg], false) = (args, error) {
            let ty = self.node_ty(*arg);
            let src = match self.low.has_own_text(ty) {
                true => self.text_node(*arg, None, span),
                false => self.expr(*arg, None),
            };
            self.emit(Inst::Print { src }, span);
            return;
        }
        let mut parts = vec![];
        let space = (args.len() > 1).then(|| self.str(" "));
        for (position, &arg) in args.iter().enumerate() {
            if let (Some(space), true) = (space, position > 0) {
                parts.push(space);
            }
            parts.push(self.text_node(arg, None, span));
        }
        if error {
            parts.push(self.str("\n"));
        }
        let text = match parts[..] {
            [] => self.str(""),
            [only] => only,
            _ => {
                let dst = self.temp_idx(TypeIdx::STR);
                self.emit(Inst::StrConcat { dst, parts: parts.into() }, span);
                dst
            }
        };
        match error {
            true => {
                let native = self.low.out.native("write_err", &[TypeIdx::STR], TypeIdx::UNIT);
                self.emit(Inst::CallNative { dst: None, native, args: Box::new([text]) }, span);
            }
            false => self.emit(Inst::Print { src: text }, span),
        }
    }
}
