//! The C functions for a library's exports, see [`vitte_abi::foreign::EXPORT_SYMBOL`].

use super::machine_type;
use super::shims::Shim;
use crate::env::Env;
use crate::exports::{self, Export};
use crate::symbol::{Single, Symbol};
use cranelift_codegen::ir::{AbiParam, InstBuilder, MemFlagsData, Signature, types};
use cranelift_codegen::isa::CallConv;
use vitte_abi::foreign::CType;

/// The C signature: the parameters, a pointer to where the result goes, if there is one, and a status.
pub(super) fn signature(env: &Env<'_>, export: &Export<'_>) -> Signature {
    let mut signature = Signature::new(CallConv::SystemV);
    signature.params.extend(export.params.iter().map(|&ty| AbiParam::new(machine_type(env.layout.repr(ty)))));
    if export.c_result() != CType::Void {
        signature.params.push(AbiParam::new(types::I64));
    }
    signature.returns.push(AbiParam::new(types::I64));
    signature
}

impl Shim<'_> {
    /// The function with the C signature.
    pub(super) fn export(&mut self, index: u32) {
        let export = exports::at(self.shared.env.module, index).expect("reached: C can call the export");
        let args = self.words(export.params);
        let mut signature = Signature::new(CallConv::SystemV);
        signature.params.extend([AbiParam::new(types::I64); 4]);
        signature.returns.push(AbiParam::new(types::I64));
        let runtime = self.import(Symbol::Single(Single::VtExport), signature);
        let program = self.address(Symbol::Single(Single::Program));
        let body = self.address(Symbol::CallbackBody(export.func));
        self.bytes.push(export.description());
        let description = self.address(Symbol::Bytes(0));
        let call = self.b.ins().call(runtime, &[program, body, args, description]);
        let status = self.b.inst_results(call)[0];
        if export.c_result() != CType::Void {
            let (succeeded, done) = (self.b.create_block(), self.b.create_block());
            self.b.ins().brif(status, done, &[], succeeded, &[]);
            self.b.switch_to_block(succeeded);
            let ty = machine_type(self.shared.env.layout.repr(export.result));
            let value = self.b.ins().load(ty, MemFlagsData::trusted(), args, 0);
            let to = self.params[export.params.len()];
            // C code need not keep its pointers aligned as the processor would like.
            self.b.ins().store(MemFlagsData::new(), value, to, 0);
            self.b.ins().jump(done, &[]);
            self.b.switch_to_block(done);
        }
        self.b.ins().return_(&[status]);
    }
}
