//! One function's code: instruction by instruction, then its try regions, then all its paths together.

use super::blocks::Blocks;
use super::dataflow::{self, Budget};
use super::describe::{reg_name, type_name};
use super::regions::Regions;
use super::types::check_value;
use super::{Env, operands};
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::index::{Label, Reg, TypeIdx};
use crate::inst::{Effect, Inst};
use crate::types::Type;
use crate::{Function, Handler, Module};

/// Checks the code of `function`, whose header has been checked.
pub(super) fn check(env: &Env<'_>, function: &Function, budget: &mut Budget) -> Result<()> {
    let body = Body { env, module: env.module, function };
    body.check(budget).map_err(|error| error.in_function(&function.name))
}

/// The function whose instructions are being checked, and what the rules ask about it.
pub(super) struct Body<'m> {
    pub(super) env: &'m Env<'m>,
    pub(super) module: &'m Module,
    pub(super) function: &'m Function,
}

impl Body<'_> {
    fn check(&self, budget: &mut Budget) -> Result<()> {
        for (position, inst) in self.function.code.iter().enumerate() {
            self.check_inst(inst).map_err(|error| at_inst(error, position, inst))?;
        }
        match self.function.code.last() {
            Some(last) if last.has(Effect::Ends) => {}
            Some(last) => {
                let error = Error::new(Code::FALLS_OFF, "the last instruction continues, but nothing follows")
                    .help("end with RETURN, JUMP, THROW, a tail call or UNREACHABLE");
                return Err(at_inst(error, self.function.code.len() - 1, last));
            }
            None => return Err(Error::new(Code::FALLS_OFF, "there are no instructions").help("end with RETURN")),
        }
        for (position, handler) in self.function.handlers.iter().enumerate() {
            self.check_handler(handler).map_err(|mut error| {
                error.message = format!("try region {position}: {}", error.message);
                error
            })?;
        }
        let regions = Regions::nest(&self.function.handlers)?;
        self.check_tail_calls(&regions)?;
        dataflow::check(self.function, &Blocks::new(self.function), &regions, budget)
    }

    fn check_inst(&self, inst: &Inst) -> Result<()> {
        operands::check(self.module, self.function, inst)?;
        if inst.has(Effect::Foreign) && !self.module.foreign {
            return Err(no_flag());
        }
        self.check_types(inst)
    }

    fn check_handler(&self, handler: &Handler) -> Result<()> {
        let Handler { start, end, target, reg, filter } = handler;
        let n_insts = self.function.code.len();
        let fault = if start >= end {
            format!("it starts at {start} and ends at {end}")
        } else if end.index() > n_insts {
            format!("it ends at {end}, but the code ends before @{n_insts}")
        } else if target.index() >= n_insts {
            format!("its handler is at {target}, but the code ends before @{n_insts}")
        } else if (start..end).contains(&target) {
            format!("its handler at {target} lies in the region itself")
        } else if reg.index() >= self.function.regs.len() {
            format!("register {} does not exist", reg.0)
        } else if self.ty(*reg) != TypeIdx::ANY {
            let name = reg_name(self.function, *reg);
            format!("{name} receives the exception but is {}, not `any`", type_name(self.module, self.ty(*reg)))
        } else {
            return match filter {
                Some(filter) => check_value(self.module, *filter, || "the type that it catches".to_owned()),
                None => Ok(()),
            };
        };
        Err(Error::new(Code::BAD_HANDLER, fault))
    }

    fn check_tail_calls(&self, regions: &Regions) -> Result<()> {
        for (position, inst) in self.function.code.iter().enumerate() {
            let is_tail_call = matches!(inst, Inst::TailCall { .. } | Inst::TailCallClosure { .. });
            if is_tail_call && regions.innermost(Label::new(position)).is_some() {
                let error = Error::new(Code::BAD_TAIL_CALL, "a tail call in a try region")
                    .help("use a call and a RETURN: the region has to outlive the callee");
                return Err(at_inst(error, position, inst));
            }
        }
        Ok(())
    }

    /// The type of a register that exists.
    pub(super) fn ty(&self, reg: Reg) -> TypeIdx {
        self.function.regs[reg.index()]
    }

    /// The definition of a register's type.
    pub(super) fn type_of(&self, reg: Reg) -> &Type {
        self.module.ty(self.ty(reg))
    }

    /// Checks that the register has the type; `what` says which operand it is.
    pub(super) fn expect(&self, reg: Reg, ty: TypeIdx, what: &str) -> Result<()> {
        match self.ty(reg) == ty {
            true => Ok(()),
            false => Err(self.mismatch(reg, what, &type_name(self.module, ty))),
        }
    }

    /// Says that a register has the wrong type.
    pub(super) fn mismatch(&self, reg: Reg, what: &str, needed: &str) -> Error {
        let (name, own) = (reg_name(self.function, reg), type_name(self.module, self.ty(reg)));
        Error::new(Code::TYPE_MISMATCH, format!("{name} (`{what}`) is {own}, but {needed} is needed"))
    }
}

/// Fills in which instruction it is.
pub(super) fn at_inst(mut error: Error, position: usize, inst: &Inst) -> Error {
    // Positions are below `MAX_INSTS`.
    error.place.inst.get_or_insert((position as u32, inst.opcode().info().mnemonic));
    error
}

/// An instruction that only modules with the flag may have.
pub(super) fn no_flag() -> Error {
    Error::new(Code::FOREIGN, "the module has not the `foreign` flag")
}
