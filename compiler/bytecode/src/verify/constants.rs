//! Which constant fits which type.

use super::describe::type_name;
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::index::TypeIdx;
use crate::inst::Class;
use crate::types::Type;
use crate::{Const, Module};

/// Checks that `value` exists and makes a value of type `ty`. Into an optional or `any` it is wrapped.
pub(super) fn check_fits(module: &Module, value: Const, ty: TypeIdx) -> Result<()> {
    check_exists(module, value)?;
    let inner = match module.ty(ty) {
        Type::Optional(_) | Type::Any if value == Const::Nil => return Ok(()),
        // The unit value is no value that `any` could hold.
        Type::Any if value != Const::Unit => return Ok(()),
        Type::Optional(inner) => module.ty(*inner),
        own => own,
    };
    let fits = match value {
        Const::Unit => *inner == Type::Unit,
        Const::Nil => false,
        Const::Bool(_) => *inner == Type::Bool,
        Const::Int(idx) => holds(inner, module.ints[idx.index()]),
        Const::Float(_) => inner.is_real(),
        Const::Str(_) => *inner == Type::Str,
        Const::Data(_) => match inner {
            Type::List(item) if Class::Num.admits(module.ty(*item)) => return check_table(module, value, *item),
            own => *own == Type::Bytes,
        },
    };
    if fits {
        return Ok(());
    }
    let message = format!("{} does not fit type {}", describe(module, value), type_name(module, ty));
    Err(Error::new(Code::BAD_CONSTANT, message))
}

/// Checks that `table` is a byte sequence that holds numbers of type `item`.
pub(super) fn check_table(module: &Module, table: Const, item: TypeIdx) -> Result<()> {
    let Const::Data(idx) = table else {
        let message = format!("{} is no table; a table is a byte sequence", describe(module, table));
        return Err(Error::new(Code::BAD_CONSTANT, message));
    };
    let data = &module.data[idx.index()];
    let size = match module.ty(item) {
        Type::I8 | Type::U8 => Some(1),
        Type::I16 | Type::U16 => Some(2),
        Type::I32 | Type::U32 | Type::F32 => Some(4),
        Type::Int | Type::U64 | Type::Float => Some(8),
        _ => None,
    };
    if size.is_some_and(|size| data.len().is_multiple_of(size)) {
        return Ok(());
    }
    let message = format!("these {} bytes are no table of {}", data.len(), type_name(module, item));
    Err(Error::new(Code::BAD_CONSTANT, message))
}

/// Checks that the pool has the constant.
pub(super) fn check_exists(module: &Module, value: Const) -> Result<()> {
    let (exists, idx) = match value {
        Const::Int(idx) => (idx.index() < module.ints.len(), idx.to_string()),
        Const::Float(idx) => (idx.index() < module.floats.len(), idx.to_string()),
        Const::Str(idx) => (idx.index() < module.strs.len(), idx.to_string()),
        Const::Data(idx) => (idx.index() < module.data.len(), idx.to_string()),
        Const::Unit | Const::Nil | Const::Bool(_) => return Ok(()),
    };
    match exists {
        true => Ok(()),
        false => Err(Error::new(Code::BAD_INDEX, format!("{idx} does not exist"))),
    }
}

/// Whether an integer type holds the number.
fn holds(ty: &Type, n: i64) -> bool {
    match ty {
        Type::Int => true,
        Type::I8 => i8::try_from(n).is_ok(),
        Type::I16 => i16::try_from(n).is_ok(),
        Type::I32 => i32::try_from(n).is_ok(),
        Type::U8 => u8::try_from(n).is_ok(),
        Type::U16 => u16::try_from(n).is_ok(),
        Type::U32 => u32::try_from(n).is_ok(),
        Type::U64 => u64::try_from(n).is_ok(),
        _ => false,
    }
}

fn describe(module: &Module, value: Const) -> String {
    match value {
        Const::Unit => "the unit value".to_owned(),
        Const::Nil => "nil".to_owned(),
        Const::Bool(value) => value.to_string(),
        Const::Int(idx) => module.ints[idx.index()].to_string(),
        Const::Float(idx) => f64::from_bits(module.floats[idx.index()]).to_string(),
        Const::Str(_) => "a string".to_owned(),
        Const::Data(_) => "a byte sequence".to_owned(),
    }
}
