//! Section TYPE.

use super::cursor::Cursor;
use crate::codes::Code;
use crate::error::Result;
use crate::index::{FuncIdx, TypeIdx};
use crate::limits::{MAX_FIELDS, MAX_TYPES, MAX_VARIANTS};
use crate::section::type_kind as kind;
use crate::types::*;

/// Appends the section's types and gives its implementations.
pub(super) fn read(cursor: &mut Cursor<'_>, types: &mut Vec<Type>) -> Result<Vec<Impl>> {
    types.extend(cursor.list(MAX_TYPES, "types", ty)?);
    cursor.list(MAX_TYPES, "implementations", |cursor| {
        Ok(Impl {
            trait_ty: type_idx(cursor)?,
            ty: type_idx(cursor)?,
            methods: cursor.list(MAX_FIELDS, "methods", |cursor| cursor.leb("a function").map(FuncIdx))?.into(),
        })
    })
}

fn ty(cursor: &mut Cursor<'_>) -> Result<Type> {
    let position = cursor.position();
    let kind = cursor.u8("a type")?;
    Ok(match kind {
        kind::LIST => Type::List(type_idx(cursor)?),
        kind::MAP => Type::Map(type_idx(cursor)?, type_idx(cursor)?),
        kind::TUPLE => Type::Tuple(type_list(cursor)?.into()),
        kind::OPTIONAL => Type::Optional(type_idx(cursor)?),
        kind::FN => Type::Fn(signature(cursor)?),
        kind::STRUCT => Type::Struct(StructType { name: name(cursor)?, fields: fields(cursor)? }),
        kind::ENUM => {
            let name = name(cursor)?;
            let variants = cursor.list(MAX_VARIANTS, "variants", |cursor| {
                Ok(VariantType { name: self::name(cursor)?, fields: fields(cursor)? })
            })?;
            Type::Enum(EnumType { name, variants: variants.into() })
        }
        kind::TRAIT => {
            let name = name(cursor)?;
            let methods = cursor.list(MAX_FIELDS, "methods", |cursor| {
                Ok(MethodType { name: self::name(cursor)?, signature: signature(cursor)? })
            })?;
            Type::Trait(TraitType { name, methods: methods.into() })
        }
        _ => return Err(cursor.error_at(position, Code::BAD_KIND, format!("there is no type of kind {kind:#04x}"))),
    })
}

/// A type's index.
pub(super) fn type_idx(cursor: &mut Cursor<'_>) -> Result<TypeIdx> {
    cursor.leb("a type").map(TypeIdx)
}

/// Parameter types and result type.
pub(super) fn signature(cursor: &mut Cursor<'_>) -> Result<Signature> {
    Ok(Signature { params: type_list(cursor)?.into(), result: type_idx(cursor)? })
}

/// Counted types.
pub(super) fn type_list(cursor: &mut Cursor<'_>) -> Result<Vec<TypeIdx>> {
    cursor.list(MAX_FIELDS, "types", type_idx)
}

fn name(cursor: &mut Cursor<'_>) -> Result<Box<str>> {
    Ok(cursor.name("a name")?.into())
}

fn fields(cursor: &mut Cursor<'_>) -> Result<Box<[Field]>> {
    let fields =
        cursor.list(MAX_FIELDS, "fields", |cursor| Ok(Field { name: name(cursor)?, ty: type_idx(cursor)? }))?;
    Ok(fields.into())
}
