//! Calls: of functions, function values and methods, of the runtime, and of what a failed check raises.

use super::{Emitter, machine_type, reprs, signature};
use crate::clif::region::Memory;
use crate::ir::{self, Catch, Failure, Op};
use crate::symbol::Symbol;
use cranelift_codegen::ir::{
    BlockArg, BlockCall, ExceptionTableData, ExceptionTableItem, ExceptionTag, ExtFuncData, ExternalName, FuncRef,
    Inst, InstBuilder, SigRef, Signature, TrapCode, Type, Value, types,
};
use cranelift_codegen::isa::CallConv;
use std::mem::offset_of;
use vitbc::{FuncIdx, MethodIdx, TypeIdx};
use vitte_abi::code;
use vitte_abi::context::Context;
use vitte_abi::functions::{ArgType, FnEffect, FnInfo, FnKind, Helper, Stub};
use vitte_abi::object::{Repr, offset};

/// What is never executed: the code after a call that does not return.
pub const UNREACHABLE: TrapCode = TrapCode::unwrap_user(1);

/// A handler around the instruction being translated.
pub struct Handler {
    /// Which exceptions it takes.
    pub catch: Catch,
    /// Where it is, with its arguments.
    pub block: cranelift_codegen::ir::Block,
    /// The arguments of that block.
    pub args: Vec<BlockArg>,
}

/// A signature of an indirect call: parameters after the context, and result.
pub type SigKey = (Vec<Type>, Option<Type>);

/// Who is called.
#[derive(Clone, Copy)]
enum Callee {
    Direct(FuncRef),
    Indirect(SigRef, Value),
}

impl Emitter<'_> {
    /// Translates an instruction that calls.
    pub(super) fn call_inst(&mut self, data: &ir::InstData, wanted: Option<Repr>) -> Option<Value> {
        match data.op {
            Op::Check(failure) => self.check(failure, data),
            Op::Poll => self.poll(),
            Op::PollDue => return Some(self.load_context(offset_of!(Context, poll))),
            Op::PollSlow => {
                let refs: Vec<Value> = data.args.iter().map(|&arg| self.value(arg)).collect();
                self.moved = self.call_with(Stub::vt_poll, &refs);
            }
            Op::Moved(number) => return Some(self.moved[number as usize]),
            Op::Call(func) => return self.call_function(func, data),
            Op::CallClosure => {
                let (code, args) = self.closure_call(&data.args);
                return self.call_code(code, &args, wanted);
            }
            Op::CallMethod(trait_ty, method) => return self.call_method(trait_ty, method, data, wanted),
            Op::Helper(helper) => return self.call_runtime(Symbol::Helper(helper), helper.info(), &data.args),
            Op::Native(native) => return self.call_runtime(Symbol::Native(native), native.info(), &data.args),
            Op::Throw => self.raise(Stub::vt_throw, &[self.arg(data, 0)]),
            Op::Rethrow => self.raise(Stub::vt_rethrow, &[self.arg(data, 0)]),
            ref other => unreachable!("{other:?} is no call"),
        }
        None
    }

    fn call_function(&mut self, func: FuncIdx, data: &ir::InstData) -> Option<Value> {
        let callee = self.function_ref(func);
        let args = self.with_context(&data.args);
        self.call(Callee::Direct(callee), &args, true)
    }

    /// The reference for calls of a function of the program, closure object included if it takes one.
    pub(super) fn function_ref(&mut self, func: FuncIdx) -> FuncRef {
        let env = self.shared.env;
        let symbol = if self.frame_ahead > 0 { Symbol::LargeFrame(func) } else { Symbol::Function(func) };
        self.import(symbol, || {
            let (params, result) = reprs(&env, func);
            let closure = env.takes_closure(func).then_some(Repr::Ref);
            signature(CallConv::Tail, closure.into_iter().chain(params), result)
        })
    }

    /// The code of the function value that is the first argument, and all arguments with the context.
    pub(super) fn closure_call(&mut self, args: &[ir::Value]) -> (Value, Vec<Value>) {
        let flags = self.regions.flags(&mut self.b, Memory::Object(ir::Region::Immutable));
        let closure = self.value(args[0]);
        let code = self.b.ins().load(types::I64, flags, closure, offset::CLOSURE_CODE as i32);
        (code, self.with_context(args))
    }

    fn call_method(
        &mut self,
        trait_ty: TypeIdx,
        method: MethodIdx,
        data: &ir::InstData,
        wanted: Option<Repr>,
    ) -> Option<Value> {
        let args = self.with_context(&data.args);
        let Some((table, lowest)) = self.shared.dispatch.table(trait_ty, method) else {
            // No type implements the trait, so there is no object either.
            self.b.ins().trap(UNREACHABLE);
            let dead = self.b.create_block();
            self.b.switch_to_block(dead);
            return wanted.map(|repr| self.zero(repr));
        };
        let flags = self.regions.flags(&mut self.b, Memory::Object(ir::Region::Immutable));
        let ty = self.b.ins().uload32(flags, args[1], offset::TYPE as i32);
        let table = self.address(table);
        let entry = self.b.ins().ishl_imm_u(ty, 2);
        let entry = self.b.ins().iadd(table, entry);
        // The entries count from the lowest type id, and hold distances from the start of the text.
        let below = -i32::try_from(u64::from(lowest) * 4).expect("type ids are limited to 2^20 and some");
        let distance = self.b.ins().uload32(flags, entry, below);
        let text = self.address(Symbol::Single(crate::symbol::Single::Text));
        let code = self.b.ins().iadd(text, distance);
        self.call_code(code, &args, wanted)
    }

    /// Calls the code at an address; `args` include the context.
    fn call_code(&mut self, code: Value, args: &[Value], wanted: Option<Repr>) -> Option<Value> {
        let result = wanted.map(machine_type);
        let signature = self.indirect_signature(args, result);
        self.call(Callee::Indirect(signature, code), args, true)
    }

    pub(super) fn indirect_signature(&mut self, args: &[Value], result: Option<Type>) -> SigRef {
        let params: Vec<Type> = args.iter().map(|&arg| self.b.func.dfg.value_type(arg)).collect();
        let b = &mut self.b;
        *self.signatures.entry((params, result)).or_insert_with_key(|(params, result)| {
            let mut signature = Signature::new(CallConv::Tail);
            signature.params.extend(params.iter().copied().map(cranelift_codegen::ir::AbiParam::new));
            signature.returns.extend(result.map(cranelift_codegen::ir::AbiParam::new));
            b.import_signature(signature)
        })
    }

    /// Calls a helper or native.
    fn call_runtime(&mut self, symbol: Symbol, info: &'static FnInfo, args: &[ir::Value]) -> Option<Value> {
        let leaf = info.has(FnEffect::Leaf);
        let mut values = if leaf { Vec::new() } else { vec![self.context] };
        values.extend(args.iter().map(|&arg| self.value(arg)));
        let callee = self.import(symbol, || runtime_signature(info));
        self.call(Callee::Direct(callee), &values, info.has(FnEffect::Throws))
    }

    /// Calls a helper with values as the table types them.
    pub(super) fn call_helper(&mut self, helper: Helper, args: &[Value]) -> Option<Value> {
        let info = helper.info();
        let callee = self.import(Symbol::Helper(helper), || runtime_signature(info));
        let args: Vec<Value> = std::iter::once(self.context).chain(args.iter().copied()).collect();
        self.call(Callee::Direct(callee), &args, info.has(FnEffect::Throws))
    }

    /// Calls a slow path. Nothing that is passed comes from a register of the usual path: the register allocator would
    /// otherwise hold it where the call wants it, all the time, and move whatever else belongs there.
    pub(super) fn call_stub(&mut self, stub: Stub, args: &[Value]) -> Option<Inst> {
        let info = stub.info();
        let callee = self.import(Symbol::Stub(stub), || runtime_signature(info));
        for (number, &arg) in args.iter().enumerate() {
            self.store_context(offset_of!(Context, arguments) + number * 8, arg);
        }
        let args = [self.load_context(offset_of!(Context, this))];
        if self.handlers.is_empty() || !info.has(FnEffect::Throws) {
            return Some(self.b.ins().call(callee, &args));
        }
        self.call(Callee::Direct(callee), &args, true);
        let after = self.b.current_block().expect("a call in a block");
        self.b.set_cold_block(after);
        None
    }

    /// Raises an exception; the code after it is dead, but in a block.
    fn raise(&mut self, stub: Stub, args: &[Value]) {
        self.call_stub(stub, args);
        self.b.ins().trap(UNREACHABLE);
        let dead = self.b.create_block();
        self.b.set_cold_block(dead);
        self.b.switch_to_block(dead);
    }

    fn check(&mut self, failure: Failure, data: &ir::InstData) {
        let failed = self.cold_block();
        let passed = self.b.create_block();
        let condition = self.arg(data, 0);
        self.b.ins().brif(condition, failed, &[], passed, &[]);
        self.b.switch_to_block(failed);
        let stub = match failure {
            Failure::Divide => Stub::vt_throw_divide,
            Failure::Index => Stub::vt_throw_index,
            Failure::Nil => Stub::vt_throw_nil,
            Failure::Type(_) => Stub::vt_throw_type,
            Failure::Variant(_) => Stub::vt_throw_variant,
        };
        let mut args: Vec<Value> = data.args[1..].iter().map(|&arg| self.value(arg)).collect();
        match failure {
            Failure::Type(ty) => args.push(self.int(i64::from(ty))),
            Failure::Variant(tag) => args.push(self.int(i64::from(tag))),
            Failure::Divide | Failure::Index | Failure::Nil => {}
        }
        self.call_stub(stub, &args);
        self.b.ins().trap(UNREACHABLE);
        self.b.switch_to_block(passed);
    }

    fn poll(&mut self) {
        let due = self.load_context(offset_of!(Context, poll));
        let slow = self.cold_block();
        let next = self.b.create_block();
        self.b.ins().brif(due, slow, &[], next, &[]);
        self.b.switch_to_block(slow);
        self.call_stub(Stub::vt_poll, &[]);
        self.b.ins().jump(next, &[]);
        self.b.switch_to_block(next);
    }

    /// A call; one that may throw goes to the handlers around it. Continues in a new block then.
    fn call(&mut self, callee: Callee, args: &[Value], throws: bool) -> Option<Value> {
        if self.handlers.is_empty() || !throws {
            let inst = match callee {
                Callee::Direct(callee) => self.b.ins().call(callee, args),
                Callee::Indirect(signature, code) => self.b.ins().call_indirect(signature, code, args),
            };
            return self.b.inst_results(inst).first().copied();
        }
        let sig_ref = match callee {
            Callee::Direct(callee) => self.b.func.dfg.ext_funcs[callee].signature,
            Callee::Indirect(signature, _) => signature,
        };
        let returned = self.b.func.dfg.signatures[sig_ref].returns.first().map(|result| result.value_type);
        let next = self.b.create_block();
        let result = returned.map(|ty| self.b.append_block_param(next, ty));
        let ret = returned.map(|_| BlockArg::TryCallRet(0));
        let normal = BlockCall::new(next, ret, &mut self.b.func.dfg.value_lists);
        let mut items = Vec::with_capacity(self.handlers.len());
        for handler in &self.handlers {
            let target = BlockCall::new(handler.block, handler.args.iter().copied(), &mut self.b.func.dfg.value_lists);
            items.push(match handler.catch {
                Catch { filter: None, depth: 0 } => ExceptionTableItem::Default(target),
                catch => ExceptionTableItem::Tag(ExceptionTag::from_u32(tag_of(catch)), target),
            });
        }
        let table = self.b.func.dfg.exception_tables.push(ExceptionTableData::new(sig_ref, normal, items));
        match callee {
            Callee::Direct(callee) => self.b.ins().try_call(callee, args, table),
            Callee::Indirect(_, code) => self.b.ins().try_call_indirect(code, args, table),
        };
        self.b.switch_to_block(next);
        result
    }

    /// The reference for calls of a symbol.
    pub(super) fn import(&mut self, symbol: Symbol, signature: impl FnOnce() -> Signature) -> FuncRef {
        let b = &mut self.b;
        *self.callees.entry(symbol).or_insert_with(|| {
            let name = b.func.declare_imported_user_function(symbol.into());
            let signature = b.import_signature(signature());
            b.import_function(ExtFuncData {
                name: ExternalName::user(name),
                signature,
                colocated: true,
                patchable: false,
            })
        })
    }

    fn with_context(&self, args: &[ir::Value]) -> Vec<Value> {
        std::iter::once(self.context).chain(args.iter().map(|&arg| self.value(arg))).collect()
    }
}

/// The bits of a tag that hold a type, or all of them set for any.
const TAG_TYPE_BITS: u32 = 22;
const TAG_ANY: u32 = (1 << TAG_TYPE_BITS) - 1;

/// How Cranelift carries what a handler takes. More calls than it has room for are never inlined around one.
fn tag_of(catch: Catch) -> u32 {
    let filter = catch.filter.map_or(TAG_ANY, |ty| ty.0);
    debug_assert!(catch.filter.is_none_or(|ty| ty.0 < TAG_ANY));
    catch.depth.min(u32::MAX >> TAG_TYPE_BITS) << TAG_TYPE_BITS | filter
}

/// Filter and depth in a tag.
pub fn filter_of(tag: u32) -> (u32, u32) {
    let filter = tag & TAG_ANY;
    (if filter == TAG_ANY { code::ANY } else { filter }, tag >> TAG_TYPE_BITS)
}

/// The signature of a function of the runtime: stubs preserve all registers and have arguments and result in the context,
/// leaves are C functions without context, quick ones C functions with it, the others follow the convention of compiled
/// functions.
pub(super) fn runtime_signature(info: &FnInfo) -> Signature {
    let machine = |ty: ArgType| match ty {
        ArgType::Unit | ArgType::Never => Repr::Unit,
        ArgType::Float => Repr::F64,
        _ if ty.is_traced() => Repr::Ref,
        _ => Repr::I64,
    };
    let (convention, result) = match info.kind {
        FnKind::Stub => (CallConv::PreserveAll, Repr::Unit),
        FnKind::Helper | FnKind::Native if info.has(FnEffect::Leaf) || info.has(FnEffect::Quick) => {
            (CallConv::SystemV, machine(info.result))
        }
        FnKind::Helper | FnKind::Native => (CallConv::Tail, machine(info.result)),
    };
    let args = if info.kind == FnKind::Stub { &[] } else { info.args };
    let mut signature = signature(convention, args.iter().map(|&(_, ty)| machine(ty)), result);
    if info.has(FnEffect::Leaf) {
        signature.params.remove(0);
    }
    signature
}
