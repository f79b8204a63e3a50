//! What C can call of a library, and how C is told.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write;
use vitbc::{ExportItem, FuncIdx, Module, Type, TypeIdx, Verified};
use vitte_abi::foreign::{ERROR_SYMBOL, FAILED, REFUSED};

/// A function that C can call.
pub struct Export<'m> {
    /// Its position among the module's exports.
    pub position: u32,
    /// The function.
    pub func: FuncIdx,
    /// The types of its parameters.
    pub params: &'m [TypeIdx],
    /// The type of its result.
    pub result: TypeIdx,
}

/// All exports that C can call.
pub fn callable(module: &Verified<Module>) -> impl Iterator<Item = Export<'_>> {
    (0..module.exports.len()).filter_map(|position| at(module, position as u32).ok())
}

/// The export at a position, or why C cannot call it.
pub fn at(module: &Verified<Module>, position: u32) -> Result<Export<'_>, &'static str> {
    let export = &module.exports[position as usize];
    let ExportItem::Func(func) = export.item else { return Err("a constant") };
    if !is_identifier(&export.name) || c_name(export) == ERROR_SYMBOL {
        return Err("its name is none in C");
    }
    if module.function(func).is_some_and(|function| !function.captures.is_empty()) {
        return Err("it has captured values");
    }
    let (params, result) = module.signature(func).expect("verified: the function exists");
    if params.iter().any(|&ty| ty == TypeIdx::UNIT || c_type(module, ty).is_none()) {
        return Err("C has no such parameters");
    }
    if c_type(module, result).is_none() {
        return Err("C has no such result");
    }
    Ok(Export { position, func, params, result })
}

/// The name by which C calls an export.
pub fn c_name(export: &vitbc::Export) -> String {
    format!("vitte_{}", export.name)
}

/// The name of a type in C.
fn c_type(module: &Module, ty: TypeIdx) -> Option<Cow<'static, str>> {
    Some(Cow::Borrowed(match module.ty(ty) {
        Type::Unit => "void",
        Type::Bool => "bool",
        Type::I8 => "int8_t",
        Type::U8 => "uint8_t",
        Type::I16 => "int16_t",
        Type::U16 => "uint16_t",
        Type::I32 => "int32_t",
        Type::U32 => "uint32_t",
        Type::Int => "int64_t",
        Type::U64 => "uint64_t",
        Type::Ptr => "void *",
        Type::F32 => "float",
        Type::Float => "double",
        Type::Str => "const char *",
        Type::Struct(declared) if module.is_c_struct(ty) && names_are_c(module, ty) => {
            return Some(Cow::Owned(format!("struct vitte_{}", declared.name)));
        }
        _ => return None,
    }))
}

/// Whether a type that crosses to C, and all that it is made of, have names that C can spell.
fn names_are_c(module: &Module, ty: TypeIdx) -> bool {
    match module.ty(ty) {
        Type::Struct(declared) => {
            is_identifier(&declared.name) && declared.fields.iter().all(|field| names_are_c(module, field.ty))
        }
        Type::Tuple(items) => names_are_c(module, items[0]),
        _ => true,
    }
}

fn is_identifier(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The C header of a library.
pub fn emit_header(module: &Verified<Module>) -> String {
    let name = |ty| c_type(module, ty).expect("C has all types of the export");
    let mut out = format!(
        "/* Functions of the Vitte library {module}, for C and C++.

   Each returns 0, and its result through the pointer that comes last; {FAILED} if an exception ended it;
   {REFUSED} if it was not called. {ERROR_SYMBOL} then gives the reason, until the thread's next call.

   Call them on one thread: the library belongs to the one that calls first, and refuses others. What is passed as
   const char * is UTF-8, copied, and may be null for an empty text; one that is a result is valid until the thread's
   next call. */

#ifndef VITTE_{guard}_H
#define VITTE_{guard}_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern \"C\" {{
#endif

const char *{ERROR_SYMBOL}(void);

",
        module = plain(&module.name, ' '),
        guard = plain(&module.name, '_').to_ascii_uppercase(),
    );
    let mut defined = BTreeSet::new();
    for export in callable(module) {
        for &ty in export.params.iter().chain([&export.result]) {
            define_struct(module, ty, &mut defined, &mut out);
        }
    }
    for (position, export) in module.exports.iter().enumerate() {
        let Export { params, result, .. } = match at(module, position as u32) {
            Ok(export) => export,
            Err(reason) => {
                _ = writeln!(out, "/* {} is left out: {reason}. */", plain(&export.name, ' '));
                continue;
            }
        };
        let mut list: Vec<String> =
            params.iter().enumerate().map(|(at, &ty)| declare(&name(ty), &format!("a{at}"))).collect();
        if result != TypeIdx::UNIT {
            list.push(declare(&name(result), "*result"));
        }
        let list = if list.is_empty() { "void".to_owned() } else { list.join(", ") };
        _ = writeln!(out, "int {}({list});", c_name(export));
    }
    out.push_str("\n#ifdef __cplusplus\n}\n#endif\n\n#endif\n");
    out
}

/// Defines a struct, once, behind those that it contains.
fn define_struct(module: &Module, ty: TypeIdx, defined: &mut BTreeSet<TypeIdx>, out: &mut String) {
    match module.ty(ty) {
        Type::Tuple(items) => define_struct(module, items[0], defined, out),
        Type::Struct(declared) if defined.insert(ty) => {
            declared.fields.iter().for_each(|field| define_struct(module, field.ty, defined, out));
            _ = writeln!(out, "struct vitte_{} {{", declared.name);
            for (position, field) in declared.fields.iter().enumerate() {
                let name = match &*field.name {
                    name if !is_identifier(name) => format!("f{position}"),
                    name if KEYWORDS.split_ascii_whitespace().any(|word| word == name) => format!("{name}_"),
                    name => name.to_owned(),
                };
                // An array of arrays has the number of the outer ones first.
                let (mut ty, mut dimensions) = (field.ty, String::new());
                while let Type::Tuple(items) = module.ty(ty) {
                    _ = write!(dimensions, "[{}]", items.len());
                    ty = items[0];
                }
                let ty = c_type(module, ty).expect("a struct that crosses to C is made of what does");
                _ = writeln!(out, "    {};", declare(&ty, &(name + &dimensions)));
            }
            out.push_str("};\n\n");
        }
        _ => {}
    }
}

/// Words that cannot be names of fields in C or C++.
const KEYWORDS: &str = "\
    alignas alignof and and_eq asm auto bitand bitor bool break case catch char class compl concept const const_cast \
    consteval constexpr constinit continue co_await co_return co_yield decltype default delete do double dynamic_cast \
    else enum explicit export extern false float for friend goto if inline int long mutable namespace new noexcept not \
    not_eq nullptr operator or or_eq private protected public register reinterpret_cast requires restrict return short \
    signed sizeof static static_assert static_cast struct switch template this thread_local throw true try typedef \
    typeid typename typeof typeof_unqual union unsigned using virtual void volatile wchar_t while xor xor_eq";

/// A declaration of `name`.
fn declare(ty: &str, name: &str) -> String {
    let space = if ty.ends_with('*') { "" } else { " " };
    format!("{ty}{space}{name}")
}

/// A name as letters and digits, whatever it is: nothing in it ends a comment or a line.
fn plain(name: &str, other: char) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { other }).collect()
}
