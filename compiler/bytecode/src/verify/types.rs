//! The type table and what is made of types: indices in range, each type well formed, structural types once each.
//!
//! A structural type refers to earlier types or to nominal ones, so that following it always ends; recursion goes
//! through a name.

use super::describe::type_name;
use super::names::{self, Unique};
use super::nesting;
use crate::Module;
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::index::TypeIdx;
use crate::limits::{MAX_FIELDS, MAX_TYPES, MAX_VARIANTS};
use crate::types::{BUILTIN_NAMES, ERROR_NAMES, EnumType, Field, Signature, TraitType, Type, predefined};
use std::collections::HashSet;

/// Checks the type table, and says which types may be the keys of maps.
pub(super) fn check(module: &Module) -> Result<Keys> {
    let types = &module.types;
    if types.len() > MAX_TYPES {
        return Err(limit("types", types.len(), MAX_TYPES));
    }
    if !types.starts_with(&predefined()) {
        let message = format!("the first {} types are not the predefined ones", TypeIdx::FIRST_USER.0);
        return Err(Error::new(Code::BAD_PREDEFINED, message));
    }
    let mut nominal = Unique::default();
    for name in BUILTIN_NAMES {
        nominal.add(name, || "type".to_owned())?;
    }
    // Keyed at random, so that chosen types cannot make it slow.
    let mut structural = HashSet::new();
    for (position, ty) in types.iter().enumerate() {
        let idx = TypeIdx::new(position);
        if let Some(name) = ty.name() {
            names::check(name, || format!("the name of type {position}"))?;
            nominal.add(name, || "type".to_owned())?;
        } else if idx >= TypeIdx::FIRST_USER && !structural.insert(ty) {
            return Err(Error::new(Code::DUPLICATE_TYPE, format!("type {position} repeats an earlier type")));
        }
        if idx >= TypeIdx::FIRST_USER {
            well_formed(module, idx, ty).map_err(|error| in_type(error, idx, ty))?;
        }
    }
    nesting::check(module)?;
    check_map_keys(module)
}

/// Checks that `ty` is a type of the module.
pub(super) fn check_index(module: &Module, ty: TypeIdx, what: impl FnOnce() -> String) -> Result<()> {
    let reserved = TypeIdx::FIRST_ERROR.index() + ERROR_NAMES.len()..TypeIdx::FIRST_USER.index();
    if ty.index() < module.types.len() && !reserved.contains(&ty.index()) {
        return Ok(());
    }
    let fault = if reserved.contains(&ty.index()) { "which is reserved" } else { "which does not exist" };
    Err(Error::new(Code::BAD_TYPE_INDEX, format!("{} is {ty}, {fault}", what())))
}

/// Checks that `ty` is a type of the module that has values, so not `unit`.
pub(super) fn check_value(module: &Module, ty: TypeIdx, what: impl Fn() -> String) -> Result<()> {
    check_index(module, ty, &what)?;
    if ty == TypeIdx::UNIT {
        return Err(Error::new(Code::BAD_TYPE, format!("{} is `unit`, which has no values to hold", what())));
    }
    Ok(())
}

/// Checks the types of a signature: parameters hold values, the result may be `unit`.
pub(super) fn check_signature(module: &Module, signature: &Signature) -> Result<()> {
    if signature.params.len() > MAX_FIELDS {
        return Err(limit("parameters", signature.params.len(), MAX_FIELDS));
    }
    for (position, &param) in signature.params.iter().enumerate() {
        check_value(module, param, || format!("parameter {position}"))?;
    }
    check_index(module, signature.result, || "the result".to_owned())
}

/// More of something than [`limits`](crate::limits) allows.
pub(super) fn limit(what: &str, n: usize, max: usize) -> Error {
    Error::new(Code::LIMIT, format!("{n} {what} are more than the limit of {max}"))
}

fn in_type(mut error: Error, idx: TypeIdx, ty: &Type) -> Error {
    let whose = ty.name().map(|name| format!(" (`{}`)", name.escape_debug())).unwrap_or_default();
    error.message = format!("{idx}{whose}: {}", error.message);
    error
}

fn well_formed(module: &Module, idx: TypeIdx, ty: &Type) -> Result<()> {
    match ty {
        Type::List(item) => earlier(module, idx, *item, "the item"),
        Type::Map(key, value) => {
            earlier(module, idx, *key, "the key")?;
            earlier(module, idx, *value, "the value")
        }
        Type::Tuple(items) => {
            if items.len() < 2 {
                return Err(Error::new(
                    Code::BAD_TYPE,
                    format!("a tuple of {} items; it has two or more", items.len()),
                ));
            }
            if items.len() > MAX_FIELDS {
                return Err(limit("items", items.len(), MAX_FIELDS));
            }
            items.iter().try_for_each(|&item| earlier(module, idx, item, "an item"))
        }
        Type::Optional(inner) => {
            earlier(module, idx, *inner, "the inner type")?;
            if matches!(module.ty(*inner), Type::Optional(_) | Type::Any) {
                return Err(Error::new(Code::BAD_TYPE, "an optional of a type that has nil already"));
            }
            Ok(())
        }
        Type::Fn(signature) => {
            check_signature(module, signature)?;
            signature.params.iter().try_for_each(|&param| earlier(module, idx, param, "a parameter"))?;
            if signature.result == TypeIdx::UNIT {
                return Ok(());
            }
            earlier(module, idx, signature.result, "the result")
        }
        Type::Struct(declared) => check_fields(module, &declared.fields),
        Type::Enum(declared) => check_enum(module, declared),
        Type::Trait(declared) => check_trait(module, declared),
        _ => Err(Error::new(Code::DUPLICATE_TYPE, "a built-in type stands a second time")),
    }
}

/// A part of the structural type `idx`: earlier, or nominal.
fn earlier(module: &Module, idx: TypeIdx, part: TypeIdx, what: &str) -> Result<()> {
    check_value(module, part, || what.to_owned())?;
    if part < idx || module.ty(part).name().is_some() {
        return Ok(());
    }
    let message = format!("{what} is {part}, which does not come before it");
    Err(Error::new(Code::TYPE_ORDER, message).help("let recursion go through a struct or an enum"))
}

fn check_fields(module: &Module, fields: &[Field]) -> Result<()> {
    if fields.len() > MAX_FIELDS {
        return Err(limit("fields", fields.len(), MAX_FIELDS));
    }
    let positional = fields.first().is_some_and(|field| field.name.is_empty());
    let mut unique = Unique::default();
    for (position, field) in fields.iter().enumerate() {
        if field.name.is_empty() != positional {
            return Err(Error::new(Code::BAD_NAME, "either all fields have names or none has"));
        }
        if !positional {
            names::check(&field.name, || format!("the name of field {position}"))?;
            unique.add(&field.name, || "field".to_owned())?;
        }
        check_value(module, field.ty, || format!("field {position}"))?;
    }
    Ok(())
}

fn check_enum(module: &Module, declared: &EnumType) -> Result<()> {
    if declared.variants.len() > MAX_VARIANTS {
        return Err(limit("variants", declared.variants.len(), MAX_VARIANTS));
    }
    let mut unique = Unique::default();
    for (position, variant) in declared.variants.iter().enumerate() {
        names::check(&variant.name, || format!("the name of variant {position}"))?;
        unique.add(&variant.name, || "variant".to_owned())?;
        check_fields(module, &variant.fields)?;
    }
    Ok(())
}

fn check_trait(module: &Module, declared: &TraitType) -> Result<()> {
    if declared.methods.len() > MAX_FIELDS {
        return Err(limit("methods", declared.methods.len(), MAX_FIELDS));
    }
    let mut unique = Unique::default();
    for (position, method) in declared.methods.iter().enumerate() {
        names::check(&method.name, || format!("the name of method {position}"))?;
        unique.add(&method.name, || "method".to_owned())?;
        check_signature(module, &method.signature)?;
        // The receiver makes one more.
        if method.signature.params.len() == MAX_FIELDS {
            return Err(limit("parameters", MAX_FIELDS + 1, MAX_FIELDS));
        }
    }
    Ok(())
}

/// Checks the keys of maps; all types are well formed.
fn check_map_keys(module: &Module) -> Result<Keys> {
    let keys = Keys::new(&module.types);
    for (position, ty) in module.types.iter().enumerate() {
        if let Type::Map(key, _) = ty
            && !keys.contains(*key)
        {
            let message = format!("type {position}: {} cannot be the key of a map", type_name(module, *key));
            return Err(Error::new(Code::BAD_TYPE, message)
                .help("keys are `int`, `bool`, `str`, and tuples and enums of those"));
        }
    }
    Ok(keys)
}

/// Which types may be the keys of maps: `int`, `bool`, `str`, and tuples and enums whose parts all may.
pub(super) struct Keys(Vec<bool>);

impl Keys {
    /// Finds them: assumes it of all tuples and enums, then takes it back from those with a part that is not one.
    pub(super) fn new(types: &[Type]) -> Keys {
        let mut keys = Vec::with_capacity(types.len());
        // Pairs of a part and what it is a part of.
        let mut parts: Vec<(TypeIdx, TypeIdx)> = vec![];
        for (position, ty) in types.iter().enumerate() {
            let whole = TypeIdx::new(position);
            keys.push(match ty {
                Type::Int | Type::Bool | Type::Str => true,
                Type::Tuple(items) => {
                    parts.extend(items.iter().map(|&part| (part, whole)));
                    true
                }
                Type::Enum(declared) => {
                    let fields = declared.variants.iter().flat_map(|variant| &variant.fields);
                    parts.extend(fields.map(|field| (field.ty, whole)));
                    true
                }
                _ => false,
            });
        }
        parts.sort_unstable();
        let mut refused: Vec<TypeIdx> =
            keys.iter().enumerate().filter(|&(_, &key)| !key).map(|(position, _)| TypeIdx::new(position)).collect();
        while let Some(part) = refused.pop() {
            let from = parts.partition_point(|&(other, _)| other < part);
            for &(_, whole) in parts[from..].iter().take_while(|&&(other, _)| other == part) {
                if std::mem::replace(&mut keys[whole.index()], false) {
                    refused.push(whole);
                }
            }
        }
        Keys(keys)
    }

    /// Whether `ty` is one.
    pub(super) fn contains(&self, ty: TypeIdx) -> bool {
        self.0[ty.index()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(change: impl FnOnce(&mut Module)) -> Option<Code> {
        let mut module = Module::new("m");
        change(&mut module);
        check(&module).err().map(|error| error.code)
    }

    #[test]
    fn every_module_begins_with_the_predefined_types() {
        assert_eq!(code(|_| ()), None);
        assert_eq!(code(|module| module.types.truncate(31)), Some(Code::BAD_PREDEFINED));
        assert_eq!(code(|module| module.types.swap(2, 3)), Some(Code::BAD_PREDEFINED));
        assert_eq!(code(|module| module.types[30] = Type::List(TypeIdx::INT)), Some(Code::BAD_PREDEFINED));
        assert_eq!(code(|module| module.types.push(Type::Int)), Some(Code::DUPLICATE_TYPE));
    }

    #[test]
    fn what_holds_no_key_is_no_key() {
        // 32 = (int, 33); 33 = [str]; 34 = (bool, str); 35 = (34, int)
        let mut types = predefined();
        types.push(Type::Tuple(Box::new([TypeIdx::INT, TypeIdx(33)])));
        types.push(Type::List(TypeIdx::STR));
        types.push(Type::Tuple(Box::new([TypeIdx::BOOL, TypeIdx::STR])));
        types.push(Type::Tuple(Box::new([TypeIdx(34), TypeIdx::INT])));
        let keys = Keys::new(&types);
        let found: Vec<u32> = (0..36).filter(|&ty| keys.contains(TypeIdx(ty))).collect();
        assert_eq!(found, [TypeIdx::BOOL.0, TypeIdx::INT.0, TypeIdx::STR.0, 34, 35]);
    }
}
