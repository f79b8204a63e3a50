//! What C can call of a library, and how C is told.

use std::fmt::Write;
use vitbc::{ExportItem, FuncIdx, Module, Type, TypeIdx, Verified};
use vitte_abi::foreign::{CType, ERROR_SYMBOL, FAILED, REFUSED};

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
    module: &'m Module,
}

impl Export<'_> {
    /// Its signature, as the runtime gets it: see [`vitte_abi::foreign`].
    pub fn description(&self) -> Box<[u8]> {
        let n = self.params.len() as u8;
        let params = self.params.iter().map(|&ty| self.c_type(ty) as u8);
        [n, n].into_iter().chain(params).chain([self.c_result() as u8]).collect()
    }

    /// The C type of the result.
    pub fn c_result(&self) -> CType {
        self.c_type(self.result)
    }

    fn c_type(&self, ty: TypeIdx) -> CType {
        c_type(self.module.ty(ty)).expect("C has all types of the export").0
    }
}

/// All exports that C can call.
pub fn callable(module: &Verified<Module>) -> impl Iterator<Item = Export<'_>> {
    (0..module.exports.len()).filter_map(|position| at(module, position as u32).ok())
}

/// The export at a position, or why C cannot call it.
pub fn at(module: &Verified<Module>, position: u32) -> Result<Export<'_>, &'static str> {
    let export = &module.exports[position as usize];
    let ExportItem::Func(func) = export.item else { return Err("a constant") };
    let is_name = export.name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !is_name || export.name.is_empty() || c_name(export) == ERROR_SYMBOL {
        return Err("its name is none in C");
    }
    if module.function(func).is_some_and(|function| !function.captures.is_empty()) {
        return Err("it has captured values");
    }
    let (params, result) = module.signature(func).expect("verified: the function exists");
    let crosses = |ty| c_type(module.ty(ty)).map(|known| known.0);
    if params.iter().any(|&ty| matches!(crosses(ty), None | Some(CType::Void))) {
        return Err("C has no such parameters");
    }
    if crosses(result).is_none() {
        return Err("C has no such result");
    }
    if params.len() > usize::from(u8::MAX) {
        return Err("it has too many parameters");
    }
    Ok(Export { position, func, params, result, module })
}

/// The name by which C calls an export.
pub fn c_name(export: &vitbc::Export) -> String {
    format!("vitte_{}", export.name)
}

/// The C type of a type, and its name there.
pub fn c_type(ty: &Type) -> Option<(CType, &'static str)> {
    Some(match ty {
        Type::Unit => (CType::Void, "void"),
        Type::Bool => (CType::Bool, "bool"),
        Type::I8 => (CType::I8, "int8_t"),
        Type::U8 => (CType::U8, "uint8_t"),
        Type::I16 => (CType::I16, "int16_t"),
        Type::U16 => (CType::U16, "uint16_t"),
        Type::I32 => (CType::I32, "int32_t"),
        Type::U32 => (CType::U32, "uint32_t"),
        Type::Int => (CType::I64, "int64_t"),
        Type::U64 => (CType::I64, "uint64_t"),
        Type::Ptr => (CType::I64, "void *"),
        Type::F32 => (CType::F32, "float"),
        Type::Float => (CType::F64, "double"),
        Type::Str => (CType::Str, "const char *"),
        _ => return None,
    })
}

/// The C header of a library.
pub fn emit_header(module: &Verified<Module>) -> String {
    let name = |ty| c_type(module.ty(ty)).expect("C has all types of the export").1;
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
    for (position, export) in module.exports.iter().enumerate() {
        let Export { params, result, .. } = match at(module, position as u32) {
            Ok(export) => export,
            Err(reason) => {
                _ = writeln!(out, "/* {} is left out: {reason}. */", plain(&export.name, ' '));
                continue;
            }
        };
        let mut list: Vec<String> =
            params.iter().enumerate().map(|(at, &ty)| declare(name(ty), &format!("a{at}"))).collect();
        if result != TypeIdx::UNIT {
            list.push(declare(name(result), "*result"));
        }
        let list = if list.is_empty() { "void".to_owned() } else { list.join(", ") };
        _ = writeln!(out, "int {}({list});", c_name(export));
    }
    out.push_str("\n#ifdef __cplusplus\n}\n#endif\n\n#endif\n");
    out
}

/// A declaration of `name`.
fn declare(ty: &str, name: &str) -> String {
    let space = if ty.ends_with('*') { "" } else { " " };
    format!("{ty}{space}{name}")
}

/// A name as letters and digits, whatever it is: nothing in it ends a comment or a line.
fn plain(name: &str, other: char) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { other }).collect()
}
