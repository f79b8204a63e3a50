//! The sections that are one table each: constants, imports, globals, exports, free data.

use super::cursor::Cursor;
use super::types::{signature, type_idx};
use crate::codes::Code;
use crate::error::Result;
use crate::index::*;
use crate::module::*;
use crate::section::const_kind as kind;

/// There is no limit on a table's length but its section's.
const ANY: usize = usize::MAX;

/// Section INTS.
pub(super) fn ints(cursor: &mut Cursor<'_>) -> Result<Vec<i64>> {
    cursor.list(ANY, "integers", |cursor| cursor.zigzag("an integer"))
}

/// Section FLTS.
pub(super) fn floats(cursor: &mut Cursor<'_>) -> Result<Vec<u64>> {
    cursor.list(ANY, "floats", |cursor| cursor.u64_le("a float"))
}

/// Section STRS.
pub(super) fn strs(cursor: &mut Cursor<'_>) -> Result<Vec<String>> {
    cursor.list(ANY, "strings", |cursor| cursor.str("a string"))
}

/// Section DATA.
pub(super) fn data(cursor: &mut Cursor<'_>) -> Result<Vec<Vec<u8>>> {
    cursor.list(ANY, "byte constants", |cursor| Ok(cursor.blob("a byte constant")?.to_vec()))
}

/// Section IMPT.
pub(super) fn imports(cursor: &mut Cursor<'_>, module: &mut Module) -> Result<()> {
    module.imports = cursor.list(ANY, "imports", |cursor| {
        Ok(Import {
            module: cursor.name("a module's name")?,
            name: cursor.name("an imported function's name")?,
            signature: signature(cursor)?,
        })
    })?;
    module.externs = cursor.list(ANY, "C functions", |cursor| {
        let library = cursor.name("a library's name")?;
        let symbol = cursor.name("a symbol")?;
        let signature = signature(cursor)?;
        let marks = cursor.marks("the marks of a C function", 3)?;
        Ok(Extern { library, symbol, signature, variadic: marks & 1 != 0, blocking: marks & 2 != 0 })
    })?;
    module.natives = cursor.list(ANY, "runtime functions", |cursor| {
        Ok(Native { name: cursor.name("a runtime function's name")?, signature: signature(cursor)? })
    })?;
    Ok(())
}

/// Section GLOB.
pub(super) fn globals(cursor: &mut Cursor<'_>) -> Result<Vec<Global>> {
    cursor.list(ANY, "globals", |cursor| {
        Ok(Global { name: cursor.name("a global's name")?, ty: type_idx(cursor)?, value: constant(cursor)? })
    })
}

/// Section EXPT.
pub(super) fn exports(cursor: &mut Cursor<'_>, module: &mut Module) -> Result<()> {
    module.name = cursor.name("the module's name")?;
    module.entry = cursor.optional("the entry")?.map(FuncIdx);
    module.exports = cursor.list(ANY, "exports", |cursor| {
        let name = cursor.name("an export's name")?;
        let position = cursor.position();
        let item = match cursor.u8("an export's kind")? {
            0 => ExportItem::Func(FuncIdx(cursor.leb("a function")?)),
            1 => ExportItem::Global(GlobalIdx(cursor.leb("a global")?)),
            kind => return Err(cursor.error_at(position, Code::BAD_KIND, format!("there is no export kind {kind}"))),
        };
        Ok(Export { name, item })
    })?;
    Ok(())
}

/// Section META.
pub(super) fn meta(cursor: &mut Cursor<'_>) -> Result<Vec<(String, String)>> {
    cursor.list(ANY, "pairs", |cursor| Ok((cursor.str("a key")?, cursor.str("a value")?)))
}

/// A constant operand.
pub(super) fn constant(cursor: &mut Cursor<'_>) -> Result<Const> {
    let position = cursor.position();
    let kind = cursor.u8("a constant")?;
    Ok(match kind {
        kind::UNIT => Const::Unit,
        kind::NIL => Const::Nil,
        kind::FALSE => Const::Bool(false),
        kind::TRUE => Const::Bool(true),
        kind::INT => Const::Int(IntIdx(cursor.leb("an integer constant")?)),
        kind::FLOAT => Const::Float(FloatIdx(cursor.leb("a float constant")?)),
        kind::STR => Const::Str(StrIdx(cursor.leb("a string constant")?)),
        kind::DATA => Const::Data(DataIdx(cursor.leb("a byte constant")?)),
        _ => return Err(cursor.error_at(position, Code::BAD_KIND, format!("there is no constant of kind {kind}"))),
    })
}
