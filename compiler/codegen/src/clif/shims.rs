//! Code between the conventions: what function values and trait objects point to, and what C calls.

use super::{Compiler, Shared, Translated, callback, machine_type, reprs, signature};
use crate::symbol::{Entry, Single, Symbol};
use cranelift_codegen::ir::{
    AbiParam, Block, BlockArg, BlockCall, ExceptionTable, ExceptionTableData, ExceptionTableItem, ExtFuncData,
    ExternalName, FuncRef, GlobalValueData, InstBuilder, MemFlagsData, SigRef, Signature, Type, Value, types,
};
use cranelift_codegen::isa::CallConv;
use cranelift_frontend::FunctionBuilder;
use std::mem::offset_of;
use vitbc::FuncIdx;
use vitte_abi::context::Context;
use vitte_abi::object::{Repr, offset};

impl Compiler<'_> {
    /// Translates code that the compiler itself adds.
    pub fn translate_shim(&mut self, symbol: Symbol) -> Translated {
        let env = &self.shared.env;
        let (frame, body): (Signature, Body) = match symbol {
            Symbol::WithoutClosure(func) => {
                let (params, result) = reprs(env, func);
                let params = std::iter::once(Repr::Ref).chain(params);
                (signature(CallConv::Tail, params, result), Box::new(move |shim| shim.without_closure(func)))
            }
            Symbol::UnboxReceiver(func) => {
                let (mut params, result) = reprs(env, func);
                let receiver = std::mem::replace(&mut params[0], Repr::Ref);
                let body = Box::new(move |shim: &mut Shim<'_>| shim.unbox_receiver(func, receiver));
                (signature(CallConv::Tail, params, result), body)
            }
            Symbol::Entry(Entry::Entry) => {
                let entry = env.module.entry.expect("a program with an entry");
                let frame = signature(CallConv::SystemV, [Repr::I64], Repr::I64);
                (frame, Box::new(move |shim| shim.entry(entry)))
            }
            Symbol::Entry(Entry::CallClosure) => {
                let frame = signature(CallConv::SystemV, [Repr::I64], Repr::I64);
                (frame, Box::new(|shim| shim.call_closure()))
            }
            Symbol::Entry(Entry::Main) => (main_signature(), Box::new(|shim| shim.main())),
            Symbol::Callback(func) => {
                let frame = callback::signature(env, self.shared.isa, func);
                (frame, Box::new(move |shim| shim.callback(func)))
            }
            Symbol::Export(index) => {
                let frame = callback::export_signature(self.shared.isa);
                (frame, Box::new(move |shim| shim.export(index)))
            }
            Symbol::CallbackBody(func) => {
                let frame = signature(CallConv::SystemV, [Repr::I64], Repr::I64);
                (frame, Box::new(move |shim| shim.callback_body(func)))
            }
            other => unreachable!("{other:?} is no shim"),
        };
        self.begin(symbol, frame);
        let mut b = FunctionBuilder::new(&mut self.context.func, &mut self.builder);
        let block = b.create_block();
        b.append_block_params_for_function_params(block);
        b.switch_to_block(block);
        let params = b.block_params(block).to_vec();
        let mut shim = Shim { shared: self.shared, b, params, bytes: Vec::new(), handler: None };
        body(&mut shim);
        shim.b.seal_all_blocks();
        shim.b.finalize(self.shared.isa.frontend_config());
        Translated { symbol, bytes: shim.bytes, frame_ahead: 0 }
    }
}

/// What emits a shim's instructions.
type Body = Box<dyn FnOnce(&mut Shim<'_>)>;

/// C's `main`.
fn main_signature() -> Signature {
    let mut signature = Signature::new(CallConv::SystemV);
    signature.params.extend([AbiParam::new(types::I32), AbiParam::new(types::I64)]);
    signature.returns.push(AbiParam::new(types::I32));
    signature
}

/// A shim in the making.
pub(super) struct Shim<'a> {
    pub(super) shared: &'a Shared<'a>,
    pub(super) b: FunctionBuilder<'a>,
    pub(super) params: Vec<Value>,
    /// Its [`Symbol::Bytes`].
    pub(super) bytes: Vec<Box<[u8]>>,
    /// Where exceptions of its call go, and the exception there.
    handler: Option<(Block, Value)>,
}

impl Shim<'_> {
    /// Calls a function through a value of it: the object is of no use to a function without captures.
    fn without_closure(&mut self, func: FuncIdx) {
        let callee = self.function(func);
        let mut args = self.params.clone();
        args.remove(1);
        self.b.ins().return_call(callee, &args);
    }

    /// Calls a method of a scalar type through a trait object, where the scalar is in a box.
    fn unbox_receiver(&mut self, func: FuncIdx, receiver: Repr) {
        let callee = self.function(func);
        let mut args = self.params.clone();
        let at = offset::BOX_VALUE as i32;
        args[1] = self.b.ins().load(machine_type(receiver), MemFlagsData::trusted(), args[1], at);
        self.b.ins().return_call(callee, &args);
    }

    fn entry(&mut self, func: FuncIdx) {
        let (params, _) = reprs(&self.shared.env, func);
        let args = self.params[..1 + params.len()].to_vec();
        let returned = self.call_and_catch(func, &args);
        let value = returned.unwrap_or_else(|| self.b.ins().iconst(types::I64, 0));
        self.store_context(offset_of!(Context, result), value);
        self.finish(0);
    }

    fn call_closure(&mut self) {
        let (context, closure) = (self.params[0], self.params[1]);
        let at = offset::CLOSURE_CODE as i32;
        let code = self.b.ins().load(types::I64, MemFlagsData::trusted(), closure, at);
        let signature = self.b.import_signature(signature(CallConv::Tail, [Repr::Ref], Repr::Unit));
        let (table, returned, _) = self.catch(signature, None);
        self.b.ins().try_call_indirect(code, &[context, closure], table);
        self.b.switch_to_block(returned);
        let nothing = self.b.ins().iconst(types::I64, 0);
        self.store_context(offset_of!(Context, result), nothing);
        self.finish(0);
    }

    /// Calls a function; an exception is left in the context, and ends the shim with 1. Gives the result, if the function
    /// has one, and goes on after the call.
    pub(super) fn call_and_catch(&mut self, func: FuncIdx, args: &[Value]) -> Option<Value> {
        let callee = self.function(func);
        let signature = self.b.func.dfg.ext_funcs[callee].signature;
        let result = self.b.func.dfg.signatures[signature].returns.first().map(|param| param.value_type);
        let (table, returned, value) = self.catch(signature, result);
        self.b.ins().try_call(callee, args, table);
        self.b.switch_to_block(returned);
        value
    }

    /// The exception table for a call in a shim, where it returns to, and what.
    fn catch(&mut self, signature: SigRef, result: Option<Type>) -> (ExceptionTable, Block, Option<Value>) {
        let returned = self.b.create_block();
        let threw = self.b.create_block();
        let value = result.map(|ty| self.b.append_block_param(returned, ty));
        let exception = self.b.append_block_param(threw, types::I64);
        let ret = value.map(|_| BlockArg::TryCallRet(0));
        let normal = BlockCall::new(returned, ret, &mut self.b.func.dfg.value_lists);
        let handler = BlockCall::new(threw, [BlockArg::TryCallExn(0)], &mut self.b.func.dfg.value_lists);
        let table = ExceptionTableData::new(signature, normal, [ExceptionTableItem::Default(handler)]);
        let table = self.b.func.dfg.exception_tables.push(table);
        self.handler = Some((threw, exception));
        (table, returned, value)
    }

    /// Ends a shim that calls, in the block after the call: 0 here, 1 after an exception.
    pub(super) fn finish(&mut self, status: i64) {
        let status = self.b.ins().iconst(types::I64, status);
        self.b.ins().return_(&[status]);
        if let Some((threw, exception)) = self.handler.take() {
            self.b.switch_to_block(threw);
            self.store_context(offset_of!(Context, exception), exception);
            self.finish(1);
        }
    }

    fn store_context(&mut self, at: usize, value: Value) {
        self.b.ins().store(MemFlagsData::trusted(), value, self.params[0], at as i32);
    }

    fn main(&mut self) {
        let mut signature = main_signature();
        signature.params.push(AbiParam::new(types::I64));
        let callee = self.import(Symbol::Single(Single::VtMain), signature);
        let program = self.address(Symbol::Single(Single::Program));
        let call = self.b.ins().call(callee, &[self.params[0], self.params[1], program]);
        let status = self.b.inst_results(call)[0];
        self.b.ins().return_(&[status]);
    }

    fn function(&mut self, func: FuncIdx) -> FuncRef {
        let (params, result) = reprs(&self.shared.env, func);
        self.import(Symbol::Function(func), signature(CallConv::Tail, params, result))
    }

    pub(super) fn address(&mut self, symbol: Symbol) -> Value {
        let name = ExternalName::user(self.b.func.declare_imported_user_function(symbol.into()));
        let data = GlobalValueData::Symbol { name, offset: 0.into(), colocated: true, tls: false };
        let data = self.b.create_global_value(data);
        self.b.ins().symbol_value(types::I64, data)
    }

    pub(super) fn import(&mut self, symbol: Symbol, signature: Signature) -> FuncRef {
        let name = ExternalName::user(self.b.func.declare_imported_user_function(symbol.into()));
        let signature = self.b.import_signature(signature);
        self.b.import_function(ExtFuncData { name, signature, colocated: true, patchable: false })
    }
}
