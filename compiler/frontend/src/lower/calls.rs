//! Calls, and returning.

use super::Resolved;
use super::function::FunctionLower;
use crate::body::{NodeId, NodeKind};
use crate::program::{FuncId, Parent, Source};
use crate::source::Span;
use crate::types::{Kind, Ty, Tys};
use std::rc::Rc;
use vitbc::{FuncIdx, Inst, MethodIdx, Reg, TypeIdx};

impl FunctionLower<'_, '_, '_> {
    /// Where the result of a call goes, if there is one.
    fn result_reg(&mut self, want: Option<Reg>, ty: Ty) -> Option<Reg> {
        match ty {
            Ty::UNIT | Ty::NEVER => None,
            _ => Some(self.target(want, ty)),
        }
    }

    pub(super) fn call(
        &mut self,
        func: FuncId,
        targs: Tys,
        args: &[NodeId],
        want: Option<Reg>,
        ty: Ty,
        span: Span,
    ) -> Reg {
        let targs = self.concrete_list(targs);
        let types: Vec<Ty> = args.iter().map(|&arg| self.node_ty(arg)).collect();
        let regs = self.exprs(args);
        let dst = self.result_reg(want, ty);
        self.call_regs(func, targs, &regs, &types, dst, span);
        dst.or(want).unwrap_or(Reg(0))
    }

    /// `dst = func(args)`; `types` are those of the arguments.
    pub(super) fn call_regs(
        &mut self,
        func: FuncId,
        targs: Tys,
        args: &[Reg],
        types: &[Ty],
        dst: Option<Reg>,
        span: Span,
    ) {
        self.low.at = span;
        let data = self.low.session.program.func(func);
        match data.source {
            Source::Native(_) => {
                let native = self.low.native(func);
                self.emit(Inst::CallNative { dst, native, args: args.into() }, span);
            }
            Source::Extern { .. } => self.call_extern(func, args, types, dst, span),
            Source::Required => self.call_builtin_method(func, args, types, dst, span),
            _ => {
                let func = self.low.instance(func, targs, span);
                self.emit(Inst::Call { dst, func, args: args.into() }, span);
            }
        }
    }

    fn call_extern(&mut self, func: FuncId, args: &[Reg], types: &[Ty], dst: Option<Reg>, span: Span) {
        let program = &self.low.session.program;
        let Source::Extern { library, variadic, blocking } = program.func(func).source else {
            unreachable!("only C functions are called so")
        };
        let library = library.map_or("", |library| program.text(library)).to_owned();
        let data = program.func(func);
        let symbol = program.text(data.name).to_owned();
        let (n_params, result) = (data.params.len(), data.result);
        let mut regs: Vec<Reg> = vec![];
        let mut params: Vec<TypeIdx> = vec![];
        // Lists go last: their addresses hold until the next allocation only.
        let mut lists = vec![];
        for (position, (&arg, &ty)) in args.iter().zip(types).enumerate() {
            let idx = self.low.ty(ty);
            let (reg, idx) = match self.kind(ty) {
                Kind::List(_) | Kind::Bytes => {
                    let reg = self.temp_idx(TypeIdx::PTR);
                    lists.push((reg, arg));
                    (reg, TypeIdx::PTR)
                }
                _ => (arg, idx),
            };
            regs.push(reg);
            if position < n_params {
                params.push(idx);
            }
        }
        for (reg, list) in lists {
            self.emit(Inst::PtrItems { dst: reg, list }, span);
        }
        let result = self.low.result_type(result);
        let external = self.low.out.external(&library, &symbol, &params, result, variadic, blocking);
        self.emit(Inst::CallExtern { dst, external, args: regs.into() }, span);
    }

    /// A method of a trait that the language implements for the type.
    fn call_builtin_method(&mut self, func: FuncId, args: &[Reg], types: &[Ty], dst: Option<Reg>, span: Span) {
        let program = &self.low.session.program;
        let Parent::Trait(trait_id, _) = program.func(func).parent else {
            unreachable!("only methods of traits lack a body")
        };
        let lang = program.lang();
        let Some(dst) = dst else { return };
        if trait_id == lang.ord {
            self.three_way(dst, args[0], args[1], span);
        } else if trait_id == lang.eq {
            self.compare(crate::ast::Binary::Eq, types[0], dst, args[0], args[1], span);
        } else {
            let text = self.text_of(args[0], types[0], span);
            self.copy(dst, text, span);
        }
    }

    /// A call of a trait's method on a type that is known by now.
    pub(super) fn call_trait(
        &mut self,
        method: FuncId,
        targs: Tys,
        args: &[NodeId],
        want: Option<Reg>,
        ty: Ty,
        span: Span,
    ) -> Reg {
        let targs = self.concrete_list(targs);
        let own = self.low.session.program.types.list(targs)[0];
        if let (Kind::Trait(..), true) = (self.kind(own), self.low.session.program.func(method).receiver) {
            return self.call_dynamic(method, args, want, ty, span);
        }
        let (func, targs) = match self.low.resolve(method, targs) {
            Resolved::Func(func, targs) => (func, targs),
            Resolved::Builtin => (method, targs),
        };
        let types: Vec<Ty> = args.iter().map(|&arg| self.node_ty(arg)).collect();
        let regs = self.exprs(args);
        let dst = self.result_reg(want, ty);
        self.call_regs(func, targs, &regs, &types, dst, span);
        dst.or(want).unwrap_or(Reg(0))
    }

    pub(super) fn call_dynamic(
        &mut self,
        method: FuncId,
        args: &[NodeId],
        want: Option<Reg>,
        ty: Ty,
        span: Span,
    ) -> Reg {
        let object_ty = self.node_ty(args[0]);
        let Parent::Trait(_, position) = self.low.session.program.func(method).parent else {
            unreachable!("a method of a trait object belongs to a trait")
        };
        let regs = self.exprs(args);
        let dst = self.result_reg(want, ty);
        let trait_idx = self.low.ty(object_ty);
        let args = regs[1..].into();
        self.emit(Inst::CallMethod { dst, ty: trait_idx, method: MethodIdx(position), object: regs[0], args }, span);
        dst.or(want).unwrap_or(Reg(0))
    }

    pub(super) fn call_value(&mut self, callee: NodeId, args: &[NodeId], want: Option<Reg>, ty: Ty, span: Span) -> Reg {
        let mut all = vec![callee];
        all.extend_from_slice(args);
        let regs = self.exprs(&all);
        let dst = self.result_reg(want, ty);
        self.emit(Inst::CallClosure { dst, callee: regs[0], args: regs[1..].into() }, span);
        dst.or(want).unwrap_or(Reg(0))
    }

    /// A function as a value.
    pub(super) fn func_ref(&mut self, func: FuncId, targs: Tys, want: Option<Reg>, ty: Ty, span: Span) -> Reg {
        let func = self.func_idx(func, targs, span);
        let dst = self.target(want, ty);
        self.emit(Inst::Closure { dst, func, captures: Box::new([]) }, span);
        dst
    }

    fn func_idx(&mut self, func: FuncId, targs: Tys, span: Span) -> FuncIdx {
        self.low.at = span;
        let targs = self.concrete_list(targs);
        match self.low.resolve(func, targs) {
            Resolved::Func(func, targs) => self.low.callable(func, targs, span),
            Resolved::Builtin => self.low.wrapper(func, targs, span),
        }
    }

    /// The address of a function for C.
    pub(super) fn callback(&mut self, func: FuncId, targs: Tys, want: Option<Reg>, span: Span) -> Reg {
        let func = self.func_idx(func, targs, span);
        let dst = match want {
            Some(want) => want,
            None => self.temp_idx(TypeIdx::PTR),
        };
        self.low.out.set_foreign();
        self.emit(Inst::Callback { dst, func }, span);
        dst
    }

    /// `return value`: a call there takes the place of this function, outside of `try`.
    pub(super) fn return_value(&mut self, value: Option<NodeId>, span: Span) {
        let body = Rc::clone(&self.body);
        if let Some(value) = value
            && self.tries.is_empty()
            && self.node_ty(value) == self.result
            && self.tail_call(value)
        {
            return;
        }
        let value = match value {
            Some(value) if self.result == Ty::UNIT || matches!(body.node(value).ty, Ty::NEVER) => {
                self.effect(value);
                None
            }
            Some(value) => {
                let reg = self.expr(value, None);
                // What `finally` does must not change it any more.
                match self.is_changing_variable(value) && !self.tries.is_empty() {
                    true => {
                        let ty = self.node_ty(value);
                        let copy = self.temp(ty);
                        self.copy(copy, reg, span);
                        Some(copy)
                    }
                    false => Some(reg),
                }
            }
            None => None,
        };
        self.leave(0, |lower| lower.emit(Inst::Return { value }, span));
    }

    /// Makes a tail call of a call, if it can be one.
    fn tail_call(&mut self, id: NodeId) -> bool {
        let body = Rc::clone(&self.body);
        let node = body.node(id);
        let (func, targs, args) = match &node.kind {
            NodeKind::Call { func, targs, args } => (*func, *targs, args),
            NodeKind::CallTrait { method, targs, args } => (*method, *targs, args),
            NodeKind::CallValue { callee, args } => {
                let mut all = vec![*callee];
                all.extend_from_slice(args);
                let regs = self.exprs(&all);
                self.emit(Inst::TailCallClosure { callee: regs[0], args: regs[1..].into() }, node.span);
                return true;
            }
            _ => return false,
        };
        self.low.at = node.span;
        let targs = self.concrete_list(targs);
        let Resolved::Func(func, targs) = self.low.resolve(func, targs) else { return false };
        if !self.low.has_body(func) {
            return false;
        }
        let regs = self.exprs(args).into();
        let func = self.low.instance(func, targs, node.span);
        self.emit(Inst::TailCall { func, args: regs }, node.span);
        true
    }
}
