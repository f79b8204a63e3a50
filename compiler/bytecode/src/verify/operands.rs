//! Every index that an instruction holds, against the table that it points into.
//!
//! Fields, variants and methods depend on a type; the instruction's own rule checks them.

use super::constants;
use super::types::{check_index, limit};
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::index::Label;
use crate::inst::{Inst, OperandRef};
use crate::limits::MAX_LIST;
use crate::{Function, Module};

/// Checks the operands of one instruction.
pub(super) fn check(module: &Module, function: &Function, inst: &Inst) -> Result<()> {
    let mut result = Ok(());
    inst.for_each_operand(|info, operand| {
        if result.is_ok() {
            result = check_operand(module, function, operand, info.name);
        }
    });
    result
}

fn check_operand(module: &Module, function: &Function, operand: OperandRef<'_>, name: &str) -> Result<()> {
    let below = |idx: usize, len: usize, what: String| match idx < len {
        true => Ok(()),
        false => Err(Error::new(Code::BAD_INDEX, format!("`{name}` is {what}, but there are {len}"))),
    };
    let n_regs = function.regs.len();
    match operand {
        OperandRef::Reg(reg) | OperandRef::OptReg(Some(reg)) => {
            below(reg.index(), n_regs, format!("register {}", reg.0))
        }
        OperandRef::OptReg(None) => Ok(()),
        OperandRef::Regs(regs) => {
            if regs.len() > MAX_LIST {
                return Err(limit("registers in a list", regs.len(), MAX_LIST));
            }
            regs.iter().try_for_each(|reg| below(reg.index(), n_regs, format!("register {}", reg.0)))
        }
        OperandRef::Const(value) => constants::check_exists(module, value),
        OperandRef::Param(param) => below(param.index(), function.n_params as usize, param.to_string()),
        OperandRef::Capture(capture) => {
            below(capture.index(), function.captures.len(), format!("captured value {capture}"))
        }
        OperandRef::Type(ty) => check_index(module, ty, || format!("`{name}`")),
        OperandRef::Func(func) => below(func.index(), module.imports.len() + module.functions.len(), func.to_string()),
        OperandRef::Extern(external) => below(external.index(), module.externs.len(), external.to_string()),
        OperandRef::Native(native) => below(native.index(), module.natives.len(), native.to_string()),
        OperandRef::Global(global) => below(global.index(), module.globals.len(), global.to_string()),
        OperandRef::Label(label) => check_label(function, label),
        OperandRef::Labels(labels) => {
            if labels.len() > MAX_LIST {
                return Err(limit("jump targets", labels.len(), MAX_LIST));
            }
            labels.iter().try_for_each(|&label| check_label(function, label))
        }
        OperandRef::Field(_) | OperandRef::Variant(_) | OperandRef::Method(_) | OperandRef::Imm(_) => Ok(()),
    }
}

fn check_label(function: &Function, label: Label) -> Result<()> {
    if label.index() < function.code.len() {
        return Ok(());
    }
    let message = format!("a jump to {label}, but the code ends before @{}", function.code.len());
    Err(Error::new(Code::BAD_JUMP, message))
}
