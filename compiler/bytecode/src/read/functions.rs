//! The sections that describe functions: FUNC, NAME, HNDL, LINE.

use super::code::Starts;
use super::cursor::Cursor;
use super::types::{type_idx, type_list};
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::index::*;
use crate::limits::{MAX_FIELDS, MAX_FUNCTIONS, MAX_HANDLERS, MAX_INSTS, MAX_REGS};
use crate::module::*;

/// Section FUNC: registers and types, without code.
pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Vec<Function>> {
    cursor.list(MAX_FUNCTIONS, "functions", |cursor| {
        let position = cursor.position();
        let n_params = cursor.leb("the number of parameters")?;
        let regs = cursor.list(MAX_REGS, "registers", type_idx)?;
        if n_params as usize > regs.len() || n_params as usize > MAX_FIELDS {
            let message = format!("{n_params} parameters where {} registers are declared", regs.len());
            return Err(cursor.error_at(position, Code::LIMIT_EXCEEDED, message));
        }
        let result = type_idx(cursor)?;
        let captures = type_list(cursor)?;
        Ok(Function { n_params, regs, result, captures, ..Function::default() })
    })
}

/// Section NAME: the functions' names, then those of registers.
pub(super) fn names(cursor: &mut Cursor<'_>, functions: &mut [Function]) -> Result<()> {
    for function in functions.iter_mut() {
        function.name = cursor.name("a function's name")?;
    }
    for_some(cursor, functions, |cursor, function| {
        function.reg_names = cursor.list(MAX_REGS, "register names", |cursor| {
            Ok((Reg(cursor.leb("a register")?), cursor.name("a register's name")?))
        })?;
        Ok(function.reg_names.is_empty())
    })
}

/// Section HNDL: the functions' try regions.
pub(super) fn handlers(cursor: &mut Cursor<'_>, functions: &mut [Function], starts: &[Starts]) -> Result<()> {
    let functions: &mut [_] = &mut functions.iter_mut().zip(starts).collect::<Vec<_>>();
    for_some(cursor, functions, |cursor, (function, starts)| {
        function.handlers = cursor
            .list(MAX_HANDLERS, "handlers", |cursor| {
                Ok(Handler {
                    start: starts.inst(cursor)?,
                    end: starts.inst_or_end(cursor)?,
                    target: starts.inst(cursor)?,
                    reg: Reg(cursor.leb("a register")?),
                    filter: cursor.optional("a type")?.map(TypeIdx),
                })
            })
            .map_err(|error| name(error, function))?;
        Ok(function.handlers.is_empty())
    })
}

/// Section LINE: the source files, then the functions' source positions, each as the difference to the one before.
pub(super) fn lines(cursor: &mut Cursor<'_>, module: &mut Module, starts: &[Starts]) -> Result<()> {
    module.files = cursor.list(usize::MAX, "source files", |cursor| cursor.str("a source file's name"))?;
    let functions: &mut [_] = &mut module.functions.iter_mut().zip(starts).collect::<Vec<_>>();
    for_some(cursor, functions, |cursor, (function, starts)| {
        let mut last = Line { at: Label(0), file: FileIdx(0), line: 0, column: 0 };
        let lines = cursor.list(MAX_INSTS, "source positions", |cursor| {
            let position = cursor.position();
            last.at.0 = cursor.delta(last.at.0, "an instruction's offset")?;
            last.file.0 = cursor.delta(last.file.0, "a source file")?;
            last.line = cursor.delta(last.line, "a line")?;
            last.column = cursor.delta(last.column, "a column")?;
            Ok(Line { at: starts.find(cursor, position, last.at.0)?, ..last })
        });
        function.lines = lines.map_err(|error| name(error, function))?;
        Ok(function.lines.is_empty())
    })
}

fn name(error: Error, function: &Function) -> Error {
    error.in_function(&function.name)
}

/// Reads something for the functions that have it, by ascending position: a count, then positions and contents.
/// `read` tells whether it read nothing.
fn for_some<F>(
    cursor: &mut Cursor<'_>,
    functions: &mut [F],
    mut read: impl FnMut(&mut Cursor<'_>, &mut F) -> Result<bool>,
) -> Result<()> {
    let count = cursor.count(functions.len(), 0, "functions")?;
    let mut next = 0;
    for _ in 0..count {
        let start = cursor.position();
        let position = cursor.leb("a function's position")? as usize;
        let function = match functions.get_mut(position) {
            Some(function) if position >= next => function,
            _ => {
                let message = format!("position {position} where {next} or a later function's is expected");
                return Err(cursor.error_at(start, Code::ENTRY_ORDER, message));
            }
        };
        if read(cursor, function)? {
            let message = format!("function {position} is listed without content");
            return Err(cursor.error_at(start, Code::BAD_SECTION, message));
        }
        next = position + 1;
    }
    Ok(())
}
