//! Making a module of its items.

use super::ParseOptions;
use super::errors::Errors;
use super::function::{self, Scope};
use super::item::{FunctionItem, Items};
use super::names::{ModuleNames, Names, Ref};
use super::token::{Spot, Token};
use super::types::Types;
use crate::codes::Code;
use crate::index::*;
use crate::intern::Interner;
use crate::limits::{MAX_FIELDS, MAX_FUNCTIONS, MAX_TYPES};
use crate::module::*;
use crate::types::Impl;

/// Makes the module. Types come first, then constants in the order of their occurrence: items CONST, items GLOBAL,
/// functions.
pub(super) fn module(
    items: Items<'_>,
    tokens: &[(Token<'_>, Spot)],
    options: &ParseOptions,
    errors: &mut Errors,
) -> Module {
    let mut module = Module::new(items.module.as_deref().unwrap_or("main"));
    let mut interner = Interner::new();
    let n_functions = items.imports.len() + items.functions.len();
    if items.types.len() > MAX_TYPES || n_functions > MAX_FUNCTIONS {
        errors.push((1, 1), Code::TEXT_LIMIT, "more types or functions than a module may have");
        return module;
    }
    module.foreign = items.foreign;
    module.meta = items.meta;
    let types = Types::declare(&items.types, &mut module, &mut interner, errors);
    for literal in items.constants {
        interner.append(&mut module, literal);
    }
    module.files = items.files;

    for item in items.imports {
        let signature = types.signature(&item.signature, &mut module, &mut interner, errors);
        module.imports.push(Import { module: item.module, name: item.name, signature });
    }
    for item in items.externs {
        let signature = types.signature(&item.signature, &mut module, &mut interner, errors);
        let (library, symbol, variadic, blocking) = (item.library, item.symbol, item.variadic, item.blocking);
        module.externs.push(Extern { library, symbol, signature, variadic, blocking });
    }
    for item in items.natives {
        let signature = types.signature(&item.signature, &mut module, &mut interner, errors);
        module.natives.push(Native { name: item.name, signature });
    }
    for item in items.globals {
        let ty = types.resolve(&item.ty, &mut module, &mut interner, errors);
        let value = item.value.intern(&mut interner, &mut module);
        module.globals.push(Global { name: item.name, ty, value });
    }
    for item in &items.functions {
        let function = header(item, &types, &mut module, &mut interner, errors);
        if item.is_main {
            if module.entry.is_some() {
                errors.push(item.spot, Code::REPEATED_NAME, "there is another MAIN");
            }
            module.entry = Some(module.func_idx(module.functions.len()));
        }
        module.functions.push(function);
    }

    let names = ModuleNames::new(&module);
    for item in items.impls {
        let trait_ty = types.resolve(&item.trait_ty, &mut module, &mut interner, errors);
        let ty = types.resolve(&item.ty, &mut module, &mut interner, errors);
        let func =
            |(reference, spot): &(Ref<'_>, Spot)| FuncIdx(names.funcs.resolve(reference, *spot, errors).unwrap_or(0));
        module.impls.push(Impl { trait_ty, ty, methods: item.methods.iter().map(func).collect() });
    }
    for item in items.exports {
        let (reference, spot) = &item.item;
        let table = if item.is_global { &names.globals } else { &names.funcs };
        let Some(index) = table.resolve(reference, *spot, errors) else { continue };
        let item_name = match (item.name, reference) {
            (Some(name), _) => name,
            (None, Ref::Name(name)) => name.clone().into_owned(),
            (None, Ref::Index(_)) => {
                errors.push(*spot, Code::UNEXPECTED_TOKEN, "an export by index needs a name: `EXPORT #0 AS name`");
                continue;
            }
        };
        let exported =
            if item.is_global { ExportItem::Global(GlobalIdx(index)) } else { ExportItem::Func(FuncIdx(index)) };
        module.exports.push(Export { name: item_name, item: exported });
    }
    if let Some((reference, spot)) = items.entry {
        if module.entry.is_some() {
            errors.push(spot, Code::REPEATED_NAME, "there is a MAIN, which is the entry");
        }
        module.entry = names.funcs.resolve(&reference, spot, errors).map(FuncIdx);
    }

    let files = Names::of("file", &module.files, String::as_str);
    let mut scope = Scope { module, interner, types, names, options, files };
    for (position, item) in items.functions.iter().enumerate() {
        errors.function = Some(item.name.clone());
        function::body(&mut scope, position, item, tokens, errors);
    }
    scope.module
}

/// A function's type and named parameters. A type left out is `any`; a result left out is `any`, and `unit` for MAIN.
fn header(
    item: &FunctionItem<'_>,
    types: &Types,
    module: &mut Module,
    interner: &mut Interner,
    errors: &mut Errors,
) -> Function {
    if item.params.len() > MAX_FIELDS || item.captures.len() > MAX_FIELDS {
        errors.push(item.spot, Code::TEXT_LIMIT, format!("more than {MAX_FIELDS} parameters or captured values"));
    }
    let mut function = Function { name: item.name.clone(), n_params: item.params.len() as u32, ..Function::default() };
    for (position, (name, ty)) in item.params.iter().enumerate() {
        let ty = ty.as_ref().map_or(TypeIdx::ANY, |ty| types.resolve(ty, module, interner, errors));
        function.regs.push(ty);
        if let Some(name) = name {
            function::check_register_name(name, errors);
            function.reg_names.push((Reg::new(position), name.0.clone().into_owned()));
        }
    }
    let mut resolve = |expr| types.resolve(expr, module, interner, errors);
    function.captures = item.captures.iter().map(&mut resolve).collect();
    let default = if item.is_main { TypeIdx::UNIT } else { TypeIdx::ANY };
    function.result = item.result.as_ref().map_or(default, resolve);
    function
}
