//! The module's tables: C and runtime functions, constants, exports, trait implementations, the entry.

use super::constants;
use super::describe::type_name;
use super::names::{self, Unique};
use super::types::{check_index, check_signature, check_value, limit};
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::index::{FuncIdx, TypeIdx};
use crate::limits::{MAX_FIELDS, MAX_PATH};
use crate::types::{Impl, Type};
use crate::{Const, ExportItem, Extern, Global, Module};
use std::collections::HashSet;

/// Checks the tables; gives the pairs of a trait and a type that implements it.
pub(super) fn check(module: &Module) -> Result<HashSet<(TypeIdx, TypeIdx)>> {
    names::check(&module.name, || "the module's name".to_owned())?;
    for (position, file) in module.files.iter().enumerate() {
        check_file(file, position)?;
    }
    for (position, external) in module.externs.iter().enumerate() {
        check_extern(module, external, position)?;
    }
    for (position, native) in module.natives.iter().enumerate() {
        names::check(&native.name, || format!("the name of native {position}"))?;
        check_signature(module, &native.signature).map_err(|error| within(error, "native", &native.name))?;
    }
    for (position, global) in module.globals.iter().enumerate() {
        names::check(&global.name, || format!("the name of global {position}"))?;
        check_global(module, global).map_err(|error| within(error, "global", &global.name))?;
    }
    let mut impls = HashSet::new();
    for implementation in &module.impls {
        check_impl(module, implementation)?;
        if !impls.insert((implementation.trait_ty, implementation.ty)) {
            let trait_name = type_name(module, implementation.trait_ty);
            let message = format!("{} implements {trait_name} twice", type_name(module, implementation.ty));
            return Err(Error::new(Code::BAD_IMPL, message));
        }
    }
    check_exports(module)?;
    if let Some(entry) = module.entry {
        check_entry(module, entry)?;
    }
    Ok(impls)
}

fn within(mut error: Error, what: &str, name: &str) -> Error {
    error.message = format!("{what} `{}`: {}", name.escape_debug(), error.message);
    error
}

fn check_file(file: &str, position: usize) -> Result<()> {
    let fault = if file.len() > MAX_PATH {
        format!("has {} bytes, but the limit is {MAX_PATH}", file.len())
    } else if let Some(control) = file.chars().find(|c| c.is_control()) {
        format!("contains the control character U+{:04X}", control as u32)
    } else if file.is_empty() {
        "is empty".to_owned()
    } else {
        return Ok(());
    };
    Err(Error::new(Code::BAD_NAME, format!("the path of source file {position} {fault}")))
}

fn check_extern(module: &Module, external: &Extern, position: usize) -> Result<()> {
    names::check(&external.symbol, || format!("the symbol of extern {position}"))?;
    if !external.library.is_empty() {
        names::check(&external.library, || format!("the library of extern {position}"))?;
    }
    if !module.foreign {
        let message = format!("extern `{}` in a module without the `foreign` flag", external.symbol.escape_debug());
        return Err(Error::new(Code::FOREIGN, message));
    }
    let signature = &external.signature;
    if signature.params.len() > MAX_FIELDS {
        return Err(within(limit("parameters", signature.params.len(), MAX_FIELDS), "extern", &external.symbol));
    }
    for (n, &param) in signature.params.iter().enumerate() {
        check_value(module, param, || format!("parameter {n}"))
            .and_then(|()| match crosses_to_c(module, param) {
                true => Ok(()),
                false => Err(no_c_type(module, param, &format!("parameter {n}"))),
            })
            .map_err(|error| within(error, "extern", &external.symbol))?;
    }
    check_c_result(module, signature.result).map_err(|error| within(error, "extern", &external.symbol))
}

/// Whether a value of the type may be an argument of a C function.
pub(super) fn crosses_to_c(module: &Module, ty: TypeIdx) -> bool {
    ty == TypeIdx::STR || module.is_c_type(ty)
}

/// Says that C has no such type.
pub(super) fn no_c_type(module: &Module, ty: TypeIdx, what: &str) -> Error {
    let message = format!("{what} is {}, which C does not have", type_name(module, ty));
    Error::new(Code::BAD_EXTERN, message)
        .help("numbers, `bool`, `ptr` and structs of them cross to C and back; `str` goes there as a pointer")
}

fn check_c_result(module: &Module, result: TypeIdx) -> Result<()> {
    check_index(module, result, || "the result".to_owned())?;
    if result == TypeIdx::UNIT || module.is_c_type(result) {
        return Ok(());
    }
    Err(no_c_type(module, result, "the result"))
}

fn check_global(module: &Module, global: &Global) -> Result<()> {
    check_value(module, global.ty, || "its type".to_owned())?;
    let simple = |ty: &Type| matches!(ty, Type::Str) || ty.is_c_scalar() && !matches!(ty, Type::Ptr);
    let fits = match module.ty(global.ty) {
        Type::Any => !matches!(global.value, Const::Data(_)),
        Type::Optional(inner) => simple(module.ty(*inner)),
        ty => simple(ty),
    };
    if !fits {
        let message = format!("a constant of type {}", type_name(module, global.ty));
        return Err(Error::new(Code::BAD_CONSTANT, message)
            .help("constants are numbers, `bool`, `str`, optionals of those, and `any`"));
    }
    constants::check_fits(module, global.value, global.ty)
}

fn check_impl(module: &Module, implementation: &Impl) -> Result<()> {
    let bad = |message: String| Err(Error::new(Code::BAD_IMPL, message));
    let Impl { trait_ty, ty, methods } = implementation;
    check_index(module, *trait_ty, || "an implemented trait".to_owned())?;
    check_value(module, *ty, || "an implementing type".to_owned())?;
    let Type::Trait(declared) = module.ty(*trait_ty) else {
        return bad(format!("{} is implemented but is not a trait", type_name(module, *trait_ty)));
    };
    let whose = || format!("{} for {}", type_name(module, *trait_ty), type_name(module, *ty));
    if matches!(module.ty(*ty), Type::Trait(_) | Type::Any | Type::Optional(_)) {
        return bad(format!("{}: this type cannot implement a trait", whose()));
    }
    if methods.len() != declared.methods.len() {
        let message = format!("{}: {} methods, but the trait has {}", whose(), methods.len(), declared.methods.len());
        return bad(message);
    }
    for (&func, method) in methods.iter().zip(&declared.methods) {
        let name = method.name.escape_debug();
        let Some((params, result)) = module.signature(func) else {
            return bad(format!("{}: method `{name}` is {func}, which does not exist", whose()));
        };
        let agrees = params.split_first().is_some_and(|(receiver, rest)| {
            receiver == ty && *rest == *method.signature.params && result == method.signature.result
        });
        if !agrees {
            let message = format!("{}: `{}` has not the type of method `{name}`", whose(), func_name(module, func));
            return Err(Error::new(Code::BAD_IMPL, message)
                .help("it takes the receiver, then the parameters that the trait declares"));
        }
        check_no_captures(module, func)?;
    }
    Ok(())
}

fn func_name(module: &Module, func: FuncIdx) -> String {
    module.func_name(func).escape_debug().to_string()
}

/// Checks that a function can be called as it stands, without captured values.
pub(super) fn check_no_captures(module: &Module, func: FuncIdx) -> Result<()> {
    match module.function(func) {
        Some(function) if !function.captures.is_empty() => {
            let message = format!("`{}` captures values", func_name(module, func));
            Err(Error::new(Code::CAPTURES, message).help("make a function value of it with CLOSURE"))
        }
        _ => Ok(()),
    }
}

fn check_exports(module: &Module) -> Result<()> {
    let mut unique = Unique::default();
    for (position, export) in module.exports.iter().enumerate() {
        names::check(&export.name, || format!("the name of export {position}"))?;
        unique.add(&export.name, || "export".to_owned())?;
        let exists = match export.item {
            ExportItem::Func(func) => module.signature(func).is_some(),
            ExportItem::Global(global) => global.index() < module.globals.len(),
        };
        if !exists {
            let item = match export.item {
                ExportItem::Func(func) => func.to_string(),
                ExportItem::Global(global) => global.to_string(),
            };
            let message = format!("export `{}` names {item}, which does not exist", export.name.escape_debug());
            return Err(Error::new(Code::BAD_INDEX, message));
        }
        if let ExportItem::Func(func) = export.item {
            check_no_captures(module, func).map_err(|error| within(error, "export", &export.name))?;
        }
    }
    Ok(())
}

fn check_entry(module: &Module, entry: FuncIdx) -> Result<()> {
    let bad = |message: String| {
        Err(Error::new(Code::BAD_ENTRY, message)
            .help("the entry is a function of the module that takes nothing or `[str]` and gives `unit` or `int`"))
    };
    let Some(function) = module.function(entry) else {
        return bad(format!("the entry is {entry}, which the module does not define"));
    };
    let params_fit = match function.params() {
        [] => true,
        [args] => *module.ty(*args) == Type::List(TypeIdx::STR),
        _ => false,
    };
    if !params_fit || ![TypeIdx::UNIT, TypeIdx::INT].contains(&function.result) || !function.captures.is_empty() {
        return bad(format!("`{}` cannot be the entry", function.name.escape_debug()));
    }
    Ok(())
}
