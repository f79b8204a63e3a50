//! Section TYPE.

use super::sink::Sink;
use crate::section::type_kind as kind;
use crate::types::*;

/// Writes types and implementations.
pub(super) fn write(sink: &mut Sink, types: &[Type], impls: &[Impl]) {
    sink.list(types, ty);
    sink.list(impls, |sink, imp| {
        sink.leb(imp.trait_ty.0);
        sink.leb(imp.ty.0);
        sink.list(&imp.methods, |sink, func| sink.leb(func.0));
    });
}

fn ty(sink: &mut Sink, ty: &Type) {
    match ty {
        Type::List(item) => {
            sink.u8(kind::LIST);
            sink.leb(item.0);
        }
        Type::Map(key, value) => {
            sink.u8(kind::MAP);
            sink.leb(key.0);
            sink.leb(value.0);
        }
        Type::Tuple(items) => {
            sink.u8(kind::TUPLE);
            sink.types(items);
        }
        Type::Optional(inner) => {
            sink.u8(kind::OPTIONAL);
            sink.leb(inner.0);
        }
        Type::Fn(signature) => {
            sink.u8(kind::FN);
            sink.signature(signature);
        }
        Type::Struct(declaration) => {
            sink.u8(kind::STRUCT);
            sink.str(&declaration.name);
            fields(sink, &declaration.fields);
        }
        Type::Enum(declaration) => {
            sink.u8(kind::ENUM);
            sink.str(&declaration.name);
            sink.list(&declaration.variants, |sink, variant| {
                sink.str(&variant.name);
                fields(sink, &variant.fields);
            });
        }
        Type::Trait(declaration) => {
            sink.u8(kind::TRAIT);
            sink.str(&declaration.name);
            sink.list(&declaration.methods, |sink, method| {
                sink.str(&method.name);
                sink.signature(&method.signature);
            });
        }
        // A module may hold a built-in type a second time only before it is verified; files cannot say it.
        _ => sink.u8(kind::INVALID),
    }
}

fn fields(sink: &mut Sink, fields: &[Field]) {
    sink.list(fields, |sink, field| {
        sink.str(&field.name);
        sink.leb(field.ty.0);
    });
}
