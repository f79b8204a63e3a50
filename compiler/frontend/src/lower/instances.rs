//! Which functions the module has: instances of the program's functions, and functions around natives.

use super::function::FunctionLower;
use super::{Lowering, MAX_DEPTH, MAX_INSTANCES, Pending, Resolved};
use crate::body::Body;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::implementing::Found;
use crate::program::{FuncId, Parent, Source};
use crate::source::Span;
use crate::types::{Infer, Ty, Tys};
use std::rc::Rc;
use vitbc::limits::MAX_TYPE_NESTING;
use vitbc::{FuncIdx, Inst, NativeIdx, Reg, TypeIdx};

impl Lowering<'_, '_> {
    /// The function for these type arguments, which is made if it is new; `span` is where it is asked for.
    pub(super) fn instance(&mut self, func: FuncId, targs: Tys, span: Span) -> FuncIdx {
        if let Some(&idx) = self.instances.get(&(func, targs)) {
            return idx;
        }
        let types = &self.session.program.types;
        let immense = types.list(targs).iter().any(|&ty| types.is_immense(ty) || types.nesting(ty) > MAX_TYPE_NESTING);
        // Only instances can multiply.
        let depth = if targs == Tys::EMPTY { 0 } else { self.depth + 1 };
        if immense || depth > MAX_DEPTH && self.grows(func) || self.instances.len() > MAX_INSTANCES {
            self.endless(span);
            let idx = self.out.declare("endless", &[], TypeIdx::UNIT);
            self.instances.insert((func, targs), idx);
            return idx;
        }
        let (params, result) = self.signature(func, targs);
        let name = self.instance_name(func, targs);
        let params: Vec<TypeIdx> = params.into_iter().map(|ty| self.ty(ty)).collect();
        let result = self.result_type(result);
        let idx = self.out.declare(&name, &params, result);
        self.instances.insert((func, targs), idx);
        self.pending.push(Pending { func, targs, idx, depth });
        idx
    }

    /// Whether there are suspiciously many instances of a function.
    fn grows(&self, func: FuncId) -> bool {
        self.instances.keys().filter(|key| key.0 == func).count() > MAX_DEPTH as usize
    }

    pub(super) fn endless(&mut self, span: Span) {
        if !self.failed {
            let message = "a generic function asks for itself with ever larger types";
            self.error(Diagnostic::error(codes::ENDLESS_GENERIC, span, message));
        }
    }

    /// Parameter and result types of an instance.
    pub(super) fn signature(&mut self, func: FuncId, targs: Tys) -> (Vec<Ty>, Ty) {
        let data = self.session.program.func(func);
        let (params, result): (Vec<Ty>, Ty) = (data.params.iter().map(|param| param.ty).collect(), data.result);
        if targs == Tys::EMPTY {
            return (params, result);
        }
        let types = &mut self.session.program.types;
        let args: Vec<Ty> = types.list(targs).to_vec();
        (params.into_iter().map(|ty| types.subst(ty, &args)).collect(), types.subst(result, &args))
    }

    /// The name that stack traces show.
    fn instance_name(&mut self, func: FuncId, targs: Tys) -> String {
        let data = self.session.program.func(func);
        let mut name = data.full_name.clone();
        // Methods bear the name of the type that they are called on.
        if let (Parent::Trait(..), Some(&own)) = (data.parent, self.session.program.types.list(targs).first()) {
            name = format!("{}.{}", self.session.program.show(own), self.session.program.text(data.name));
        }
        if let Parent::Impl(id) = data.parent
            && !self.session.program.imp(id).generics.is_empty()
        {
            let self_ty = self.session.program.imp(id).self_ty;
            let args: Vec<Ty> = self.session.program.types.list(targs).to_vec();
            let own = self.session.program.types.subst(self_ty, &args);
            let data = self.session.program.func(func);
            name = format!("{}.{}", self.session.program.show(own), self.session.program.text(data.name));
        }
        name.retain(|c| !c.is_control());
        name.truncate((0..=500.min(name.len())).rev().find(|&at| name.is_char_boundary(at)).unwrap_or(0));
        name
    }

    /// A function of the runtime.
    pub(super) fn native(&mut self, func: FuncId) -> NativeIdx {
        if let Some(&idx) = self.natives.get(&func) {
            return idx;
        }
        let (params, result) = self.signature(func, Tys::EMPTY);
        let params: Vec<TypeIdx> = params.into_iter().map(|ty| self.ty(ty)).collect();
        let result = self.result_type(result);
        let Source::Native(name) = self.session.program.func(func).source else {
            unreachable!("only functions of the runtime are called as such")
        };
        let name = self.session.program.text(name).to_owned();
        let idx = self.out.native(&name, &params, result);
        self.natives.insert(func, idx);
        idx
    }

    /// What a trait's method is for the type arguments, of which the first is the type that implements it.
    pub(super) fn resolve(&mut self, method: FuncId, targs: Tys) -> Resolved {
        if let Some(&resolved) = self.resolved.get(&(method, targs)) {
            return resolved;
        }
        let resolved = self.resolve_anew(method, targs);
        self.resolved.insert((method, targs), resolved);
        resolved
    }

    fn resolve_anew(&mut self, method: FuncId, targs: Tys) -> Resolved {
        let program = &mut self.session.program;
        let Parent::Trait(trait_id, _) = program.func(method).parent else {
            return Resolved::Func(method, targs);
        };
        let list: Vec<Ty> = program.types.list(targs).to_vec();
        let n_trait = program.trait_data(trait_id).generics.len();
        let trait_args = program.types.tys(&list[1..n_trait]);
        match program.find_impl(&mut Infer::default(), &[], (trait_id, trait_args), list[0]) {
            Some(Found::Impl(imp, mut impl_args)) => {
                let name = program.func(method).name;
                match program.imp(imp).methods.get(&name).copied() {
                    Some(func) => {
                        impl_args.extend_from_slice(&list[n_trait..]);
                        Resolved::Func(func, program.types.tys(&impl_args))
                    }
                    None => Resolved::Func(method, targs),
                }
            }
            // The trait's own body serves types that the language says implement it.
            Some(Found::Builtin | Found::Bound) if program.func(method).source != Source::Required => {
                Resolved::Func(method, targs)
            }
            _ => Resolved::Builtin,
        }
    }

    /// A function that does nothing but call a native, a C function, or a method of a built-in implementation.
    pub(super) fn wrapper(&mut self, func: FuncId, targs: Tys, span: Span) -> FuncIdx {
        if let Some(&idx) = self.wrappers.get(&(func, targs)) {
            return idx;
        }
        let (params, result) = self.signature(func, targs);
        let param_idxs: Vec<TypeIdx> = params.iter().map(|&ty| self.ty(ty)).collect();
        let result_idx = self.result_type(result);
        let name = self.session.program.func(func).full_name.clone();
        let idx = self.out.declare(&name, &param_idxs, result_idx);
        self.wrappers.insert((func, targs), idx);
        self.define_made(idx, result, span, |lower| {
            let args: Vec<Reg> = (0..params.len() as u32).map(Reg).collect();
            let dst = (result_idx != TypeIdx::UNIT).then(|| lower.temp_idx(result_idx));
            lower.call_regs(func, targs, &args, &params, dst, span);
            lower.emit(Inst::Return { value: dst }, span);
        });
        idx
    }

    /// Defines a declared function that stands nowhere in the source.
    pub(super) fn define_made(
        &mut self,
        idx: FuncIdx,
        result: Ty,
        span: Span,
        make: impl FnOnce(&mut FunctionLower<'_, '_, '_>),
    ) {
        let builder = self.out.body(idx);
        let mut lower = FunctionLower::new(self, builder, Rc::new(Body::default()), Rc::new([]), result, span);
        make(&mut lower);
        let function = lower.finish();
        self.define(idx, function, span);
    }
}
