//! What functions declare: their names, registers, parameters, results and captured values.
//!
//! Once this has passed, [`Module::signature`] is safe to ask for any function.

use super::names;
use super::types::{check_index, check_signature, check_value, limit};
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::limits::{MAX_FIELDS, MAX_FUNCTIONS, MAX_HANDLERS, MAX_INSTS, MAX_REGS};
use crate::{Function, Module};

/// Checks the headers of all functions, imported ones included.
pub(super) fn check(module: &Module) -> Result<()> {
    let n_functions = module.imports.len().saturating_add(module.functions.len());
    if n_functions > MAX_FUNCTIONS {
        return Err(limit("functions", n_functions, MAX_FUNCTIONS));
    }
    for (position, import) in module.imports.iter().enumerate() {
        names::check(&import.module, || format!("the module of import {position}"))?;
        names::check(&import.name, || format!("the name of import {position}"))?;
        check_signature(module, &import.signature).map_err(|mut error| {
            error.message = format!("import `{}`: {}", import.name.escape_debug(), error.message);
            error
        })?;
    }
    for (position, function) in module.functions.iter().enumerate() {
        names::check(&function.name, || format!("the name of function {}", module.imports.len() + position))?;
        check_header(module, function).map_err(|error| error.in_function(&function.name))?;
    }
    Ok(())
}

fn check_header(module: &Module, function: &Function) -> Result<()> {
    let n_params = function.n_params as usize;
    if n_params > function.regs.len() {
        let message = format!("{n_params} parameters, but {} registers", function.regs.len());
        return Err(Error::new(Code::BAD_PARAMS, message).help("the parameters are the first registers"));
    }
    for (what, n, max) in [
        ("registers", function.regs.len(), MAX_REGS),
        ("parameters", n_params, MAX_FIELDS),
        ("captured values", function.captures.len(), MAX_FIELDS),
        ("instructions", function.code.len(), MAX_INSTS),
        ("try regions", function.handlers.len(), MAX_HANDLERS),
    ] {
        if n > max {
            return Err(limit(what, n, max));
        }
    }
    for (position, &ty) in function.regs.iter().enumerate() {
        if position < n_params {
            check_value(module, ty, || format!("parameter {position}"))?;
        } else {
            check_index(module, ty, || format!("the type of r{}", position - n_params))?;
        }
    }
    for (position, &ty) in function.captures.iter().enumerate() {
        check_value(module, ty, || format!("captured value {position}"))?;
    }
    check_index(module, function.result, || "the result".to_owned())?;
    check_lines(module, function)?;
    check_reg_names(function)
}

fn check_lines(module: &Module, function: &Function) -> Result<()> {
    let mut next = 0;
    for line in &function.lines {
        let fault = if line.at.0 < next {
            format!("{} does not come after the position before it", line.at)
        } else if line.at.index() >= function.code.len() {
            format!("{} is past the last instruction", line.at)
        } else if line.file.index() >= module.files.len() {
            format!("{} does not exist", line.file)
        } else if line.line == 0 {
            "lines count from 1".to_owned()
        } else {
            next = line.at.0 + 1;
            continue;
        };
        return Err(Error::new(Code::BAD_LINES, format!("source position of {}: {fault}", line.at)));
    }
    Ok(())
}

fn check_reg_names(function: &Function) -> Result<()> {
    let mut next = 0;
    for (reg, name) in &function.reg_names {
        names::check(name, || format!("the name of {reg}"))?;
        if reg.index() >= function.regs.len() {
            return Err(Error::new(Code::BAD_INDEX, format!("a name for {reg}, which does not exist")));
        }
        if reg.0 < next {
            let message = format!("the name of {reg} does not come after the names of lower registers");
            return Err(Error::new(Code::DUPLICATE_NAME, message));
        }
        next = reg.0 + 1;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TypeIdx;

    fn code(n_params: u32, regs: usize) -> Option<Code> {
        let mut module = Module::new("m");
        let regs = vec![TypeIdx::INT; regs];
        module.functions.push(Function { name: "f".into(), n_params, regs, ..Function::default() });
        check(&module).err().map(|error| error.code)
    }

    #[test]
    fn parameters_are_registers() {
        assert_eq!(code(2, 2), None);
        assert_eq!(code(3, 2), Some(Code::BAD_PARAMS));
        assert_eq!(code(u32::MAX, 2), Some(Code::BAD_PARAMS));
    }

    #[test]
    fn limits_hold() {
        assert_eq!(code(0, MAX_REGS), None);
        assert_eq!(code(0, MAX_REGS + 1), Some(Code::LIMIT));
        assert_eq!(code(MAX_FIELDS as u32, MAX_REGS), None);
        assert_eq!(code(MAX_FIELDS as u32 + 1, MAX_REGS), Some(Code::LIMIT));
    }
}
