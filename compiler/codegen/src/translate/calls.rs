//! Calls of functions, closures, methods, natives and C functions.

use super::Translator;
use crate::ir::{Op, Region, Terminator, Value};
use vitbc::{CaptureIdx, ExternIdx, FuncIdx, MethodIdx, NativeIdx, Reg, Type, TypeIdx};
use vitte_abi::TypeId;
use vitte_abi::foreign::encode_call;
use vitte_abi::functions::{ArgType, Helper};
use vitte_abi::object::Repr;

impl Translator<'_> {
    fn result_repr(&self, func: FuncIdx) -> Repr {
        let (_, result) = self.env.module.signature(func).unwrap_or_else(|| unreachable!("verified: {func} exists"));
        self.env.layout.repr(result)
    }

    pub(super) fn call(&mut self, dst: Option<Reg>, func: FuncIdx, args: &[Reg]) {
        let args = self.read_all(args);
        let result = self.raising(Op::Call(func), args, self.result_repr(func));
        self.write_result(dst, result);
    }

    pub(super) fn call_closure(&mut self, dst: Option<Reg>, callee: Reg, args: &[Reg]) {
        let Type::Fn(signature) = self.env.module.ty(self.ty(callee)) else {
            unreachable!("verified: {callee} is a function value")
        };
        let repr = self.env.layout.repr(signature.result);
        let mut values = vec![self.read(callee)];
        values.extend(self.read_all(args));
        let result = self.raising(Op::CallClosure, values, repr);
        self.write_result(dst, result);
    }

    pub(super) fn call_method(&mut self, dst: Option<Reg>, ty: TypeIdx, method: MethodIdx, object: Reg, args: &[Reg]) {
        let Type::Trait(declared) = self.env.module.ty(ty) else { unreachable!("verified: {ty} is a trait") };
        let repr = self.env.layout.repr(declared.methods[method.index()].signature.result);
        let mut values = vec![self.read(object)];
        values.extend(self.read_all(args));
        let result = self.raising(Op::CallMethod(ty, method), values, repr);
        self.write_result(dst, result);
    }

    pub(super) fn call_native(&mut self, dst: Option<Reg>, native: NativeIdx, args: &[Reg]) {
        let function = self.env.natives[native.index()];
        let info = function.info();
        let mut values = self.read_all(args);
        for (value, (_, ty)) in values.iter_mut().zip(info.args) {
            if *ty == ArgType::Bool {
                *value = self.value(Op::ZExt(Repr::I64), vec![*value], Repr::I64);
            }
        }
        let mut result = self.runtime(Op::Native(function), info, values, Repr::I64);
        if info.result == ArgType::Bool {
            result = result.map(|value| self.value(Op::Reduce(Repr::I8), vec![value], Repr::I8));
        }
        self.write_result(dst, result);
    }

    /// By the description of [`vitte_abi::foreign`].
    pub(super) fn call_extern(&mut self, dst: Option<Reg>, external: ExternIdx, args: &[Reg]) {
        let function = &self.env.module.externs[external.index()];
        let signature = &function.signature;
        let types: Vec<TypeId> = args.iter().map(|&arg| self.ty(arg).0).collect();
        let description = encode_call(signature.params.len(), function.blocking, &types, signature.result.0);
        let mut slots = Vec::with_capacity(args.len());
        for &arg in args {
            let value = self.read(arg);
            slots.push(self.slot_of(value, self.ty(arg)));
        }
        let code = self.value(Op::Extern(external), vec![], Repr::I64);
        let description = self.value(Op::Bytes(description.into()), vec![], Repr::I64);
        let slots = self.array(slots);
        let call = vec![code, description, slots];
        if signature.result == TypeIdx::UNIT {
            self.helper_effect(Helper::vt_call_foreign, call);
        } else {
            let result = self.helper_of(Helper::vt_call_foreign, call, signature.result);
            self.write_result(dst, Some(result));
        }
    }

    /// The address of slots that the next helper reads.
    pub(super) fn array(&mut self, slots: Vec<Value>) -> Value {
        match slots.is_empty() {
            true => self.int(Repr::I64, 0),
            false => self.value(Op::Array, slots, Repr::I64),
        }
    }

    pub(super) fn tail_call(&mut self, func: FuncIdx, args: &[Reg]) {
        let args = self.read_all(args);
        self.end(Terminator::TailCall(func, args));
    }

    pub(super) fn tail_call_closure(&mut self, callee: Reg, args: &[Reg]) {
        let mut values = vec![self.read(callee)];
        values.extend(self.read_all(args));
        self.end(Terminator::TailCallClosure(values));
    }

    pub(super) fn new_closure(&mut self, dst: Reg, func: FuncIdx, captures: &[Reg]) {
        let captures = self.read_all(captures);
        let result = self.raising(Op::NewClosure(func), captures, Repr::Ref);
        self.write_result(Some(dst), result);
    }

    pub(super) fn load_capture(&mut self, dst: Reg, capture: CaptureIdx) {
        let repr = self.repr_of(dst);
        if repr == Repr::Unit {
            return;
        }
        let closure = self.closure.unwrap_or_else(|| unreachable!("verified: the function has captured values"));
        let (_, record) = self.env.layout.closure(self.idx);
        let offset = record.fields[capture.index()].offset;
        let value = self.value(Op::Load(repr, offset, Region::Immutable), vec![closure], repr);
        self.write(dst, value);
    }

    pub(super) fn callback(&mut self, dst: Reg, func: FuncIdx) {
        let address = self.value(Op::Callback(func), vec![], Repr::I64);
        self.write(dst, address);
    }

    pub(super) fn stack_trace(&mut self, dst: Reg) {
        let trace = self.helper(Helper::vt_stack_trace, vec![]);
        self.write(dst, trace);
    }
}
