//! Functions that C calls, see [`vitte_abi::foreign::CALLBACK_SYMBOL`].
//!
//! ```text
//! C ──→ callback(every register)    registers = [every register]; vt_callback(callback_body, registers, signature)
//!         └─→ vt_callback           makes args of them; changes to the stack of the process
//!               └─→ callback_body(context, args)     args[0] = function(context, args[0], args[1])
//! ```
//!
//! What of the registers is an argument, only the runtime knows. Arguments on the stack are behind the frame.

use super::machine_type;
use super::shims::Shim;
use crate::env::Env;
use crate::symbol::{Single, Symbol};
use cranelift_codegen::ir::{
    AbiParam, ArgumentPurpose, InstBuilder, MemFlagsData, Signature, StackSlotData, StackSlotKind, Value, types,
};
use cranelift_codegen::isa::{CallConv, TargetIsa};
use std::mem::offset_of;
use target_lexicon::Architecture;
use vitbc::{FuncIdx, Type, TypeIdx};
use vitte_abi::foreign::convention::{AARCH64, Convention, RISCV64, X86_64};
use vitte_abi::foreign::{Layout, Registers, encode};

/// How C functions take their arguments.
fn convention(isa: &dyn TargetIsa) -> &'static Convention {
    match isa.triple().architecture {
        Architecture::Aarch64(_) => &AARCH64,
        Architecture::Riscv64(_) => &RISCV64,
        _ => &X86_64,
    }
}

/// Every register that may hold an argument: the integer ones, the float ones, and, if `result` is to be written to an
/// address that has a register of its own, that.
fn registers(convention: &'static Convention, result: bool) -> Signature {
    let mut signature = Signature::new(CallConv::SystemV);
    signature.params.extend(vec![AbiParam::new(types::I64); convention.int_registers]);
    signature.params.extend(vec![AbiParam::new(types::F64); convention.float_registers]);
    if result {
        signature.params.push(AbiParam::special(types::I64, ArgumentPurpose::StructReturn));
    }
    signature
}

/// The signature of a callback, whatever its C signature is.
pub(super) fn signature(env: &Env<'_>, isa: &dyn TargetIsa, func: FuncIdx) -> Signature {
    let convention = convention(isa);
    let (_, result) = env.module.signature(func).expect("verified: the function exists");
    let in_memory =
        env.module.is_c_struct(result) && convention.result(&Layout::of(&env.layout.table, result.0)).is_none();
    // A result in memory leaves nothing in registers but, on some processors, its address.
    if in_memory && convention.result_register {
        return registers(convention, true);
    }
    let mut signature = registers(convention, false);
    signature.returns.extend([AbiParam::new(types::I64); 2]);
    signature.returns.extend(vec![AbiParam::new(types::F64); convention.float_results]);
    signature
}

/// The signature of an export, whatever its C signature is.
pub(super) fn export_signature(isa: &dyn TargetIsa) -> Signature {
    let mut signature = registers(convention(isa), false);
    signature.returns.push(AbiParam::new(types::I64));
    signature
}

/// What the frame pointer points to, on all processors: the caller's, and the return address. Behind are the arguments.
const FRAME_HEAD: i64 = 16;

impl Shim<'_> {
    /// The function that C calls.
    pub(super) fn callback(&mut self, func: FuncIdx) {
        let registers = self.store_registers();
        let (params, result) = self.shared.env.module.signature(func).expect("verified: the function exists");
        let description = self.describe(params, result);
        let mut signature = Signature::new(CallConv::SystemV);
        signature.params.extend([AbiParam::new(types::I64); 3]);
        let runtime = self.import(Symbol::Single(Single::VtCallback), signature);
        let body = self.address(Symbol::CallbackBody(func));
        self.b.ins().call(runtime, &[body, registers, description]);
        let (mut values, mut n_ints, mut n_floats) = (vec![], 0, 0);
        let returns: Vec<_> = self.b.func.signature.returns.iter().map(|param| param.value_type).collect();
        for ty in returns {
            let (start, n) = match ty {
                types::F64 => (offset_of!(Registers, floats), &mut n_floats),
                _ => (offset_of!(Registers, ints), &mut n_ints),
            };
            values.push(self.b.ins().load(ty, MemFlagsData::trusted(), registers, (start + 8 * *n) as i32));
            *n += 1;
        }
        self.b.ins().return_(&values);
    }

    /// Stores what came in registers as [`Registers`]; their address.
    pub(super) fn store_registers(&mut self) -> Value {
        let size = size_of::<Registers>() as u32;
        let slot = self.b.create_sized_stack_slot(StackSlotData::new(StackSlotKind::ExplicitSlot, size, 3));
        let registers = self.b.ins().stack_addr(types::I64, slot, 0);
        let (mut n_ints, mut n_floats) = (0, 0);
        for (position, &value) in self.params.clone().iter().enumerate() {
            let at = match self.b.func.signature.params[position] {
                AbiParam { purpose: ArgumentPurpose::StructReturn, .. } => offset_of!(Registers, result),
                AbiParam { value_type: types::F64, .. } => {
                    n_floats += 1;
                    offset_of!(Registers, floats) + 8 * (n_floats - 1)
                }
                _ => {
                    n_ints += 1;
                    offset_of!(Registers, ints) + 8 * (n_ints - 1)
                }
            };
            self.b.ins().store(MemFlagsData::trusted(), value, registers, at as i32);
        }
        let frame = self.b.ins().get_frame_pointer(types::I64);
        let stack = self.b.ins().iadd_imm_s(frame, FRAME_HEAD);
        self.b.ins().store(MemFlagsData::trusted(), stack, registers, offset_of!(Registers, stack) as i32);
        registers
    }

    /// The address of the description of a signature without a variadic part.
    pub(super) fn describe(&mut self, params: &[TypeIdx], result: TypeIdx) -> Value {
        let params: Vec<_> = params.iter().map(|ty| ty.0).collect();
        let number = self.bytes.len() as u32;
        self.bytes.push(encode(params.len(), &params, result.0).into());
        self.address(Symbol::Bytes(number))
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
