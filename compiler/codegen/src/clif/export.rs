//! The C functions for a library's exports, see [`vitte_abi::foreign::EXPORT_SYMBOL`].

use super::shims::Shim;
use crate::exports;
use crate::symbol::{Single, Symbol};
use cranelift_codegen::ir::{AbiParam, InstBuilder, Signature, types};
use cranelift_codegen::isa::CallConv;

impl Shim<'_> {
    /// The function that C calls.
    pub(super) fn export(&mut self, index: u32) {
        let export = exports::at(self.shared.env.module, index).expect("reached: C can call the export");
        let registers = self.store_registers();
        let mut signature = Signature::new(CallConv::SystemV);
        signature.params.extend([AbiParam::new(types::I64); 4]);
        signature.returns.push(AbiParam::new(types::I64));
        let runtime = self.import(Symbol::Single(Single::VtExport), signature);
        let program = self.address(Symbol::Single(Single::Program));
        let body = self.address(Symbol::CallbackBody(export.func));
        let description = self.describe(export.params, export.result);
        let call = self.b.ins().call(runtime, &[program, body, registers, description]);
        let status = self.b.inst_results(call)[0];
        self.b.ins().return_(&[status]);
    }
}
