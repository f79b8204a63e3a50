//! Functions that C calls, see [`vitte_abi::foreign::CALLBACK_SYMBOL`].
//!
//! ```text
//! C ──→ callback(a, b)             args = [a, b]; vt_callback(callback_body, args); return args[0]
//!         └─→ vt_callback          changes to the stack of the process
//!               └─→ callback_body(context, args)     args[0] = function(context, args[0], args[1])
//! ```

use super::machine_type;
use super::shims::Shim;
use crate::env::Env;
use crate::symbol::{Single, Symbol};
use cranelift_codegen::ir::{
    AbiParam, InstBuilder, MemFlagsData, Signature, StackSlotData, StackSlotKind, Value, types,
};
use cranelift_codegen::isa::CallConv;
use vitbc::{FuncIdx, Type, TypeIdx};
use vitte_abi::object::Repr;

/// The C signature of a callback. Integers are returned in 64 bits, so that each processor finds them extended as it
/// wants them.
pub(super) fn signature(env: &Env<'_>, func: FuncIdx) -> Signature {
    let (params, result) = env.module.signature(func).expect("verified: the function exists");
    let mut signature = Signature::new(CallConv::SystemV);
    signature.params.extend(params.iter().map(|&ty| AbiParam::new(machine_type(env.layout.repr(ty)))));
    match env.layout.repr(result) {
        Repr::Unit => {}
        repr @ (Repr::F32 | Repr::F64) => signature.returns.push(AbiParam::new(machine_type(repr))),
        _ => signature.returns.push(AbiParam::new(types::I64)),
    }
    signature
}

impl Shim<'_> {
    /// The function with the C signature.
    pub(super) fn callback(&mut self, func: FuncIdx) {
        let env = &self.shared.env;
        let (params, result) = env.module.signature(func).expect("verified: the function exists");
        let result = env.layout.repr(result);
        let args = self.words(params);
        let mut signature = Signature::new(CallConv::SystemV);
        signature.params.extend([AbiParam::new(types::I64), AbiParam::new(types::I64)]);
        let runtime = self.import(Symbol::Single(Single::VtCallback), signature);
        let body = self.address(Symbol::CallbackBody(func));
        self.b.ins().call(runtime, &[body, args]);
        let value = match result {
            Repr::Unit => None,
            Repr::F32 | Repr::F64 => Some(machine_type(result)),
            _ => Some(types::I64),
        };
        let value = value.map(|ty| self.b.ins().load(ty, MemFlagsData::trusted(), args, 0));
        self.b.ins().return_(value.as_slice());
    }

    /// The address of an array on the stack with the slot bits of the first parameters, which have these types. It has
    /// at least one word.
    pub(super) fn words(&mut self, params: &[TypeIdx]) -> Value {
        let size = params.len().max(1) as u32 * 8;
        let slot = self.b.create_sized_stack_slot(StackSlotData::new(StackSlotKind::ExplicitSlot, size, 3));
        let args = self.b.ins().stack_addr(types::I64, slot, 0);
        for (position, &ty) in params.iter().enumerate() {
            let bits = self.slot_bits(ty, self.params[position]);
            self.b.ins().store(MemFlagsData::trusted(), bits, args, position as i32 * 8);
        }
        args
    }

    /// The function that calls the program's function, on the stack of the process.
    pub(super) fn callback_body(&mut self, func: FuncIdx) {
        let env = &self.shared.env;
        let (params, result) = env.module.signature(func).expect("verified: the function exists");
        let words = self.params[1];
        let mut args = vec![self.params[0]];
        for (position, &ty) in params.iter().enumerate() {
            let ty = machine_type(env.layout.repr(ty));
            args.push(self.b.ins().load(ty, MemFlagsData::trusted(), words, position as i32 * 8));
        }
        if let Some(value) = self.call_and_catch(func, &args) {
            let bits = self.slot_bits(result, value);
            self.b.ins().store(MemFlagsData::trusted(), bits, words, 0);
        }
        self.finish(0);
    }

    /// A scalar in 64 bits, extended by its type. RISC-V wants 32 bits sign-extended whatever the type, which nobody
    /// else looks at.
    pub(super) fn slot_bits(&mut self, ty: TypeIdx, value: Value) -> Value {
        let ty = self.shared.env.module.ty(ty);
        match self.b.func.dfg.value_type(value) {
            types::I64 => value,
            types::F64 => self.b.ins().bitcast(types::I64, MemFlagsData::new(), value),
            types::F32 => {
                let bits = self.b.ins().bitcast(types::I32, MemFlagsData::new(), value);
                self.b.ins().uextend(types::I64, bits)
            }
            _ if ty.is_signed() || *ty == Type::U32 => self.b.ins().sextend(types::I64, value),
            _ => self.b.ins().uextend(types::I64, value),
        }
    }
}
