//! Types and registers as messages name them. Only for types that are known to be well formed.

use crate::index::{Reg, TypeIdx};
use crate::types::{BUILTIN_NAMES, Signature, Type};
use crate::{Function, Module};
use std::fmt::Write;

/// How long a description may get before its inner types are left out: nesting types doubles them at each level.
const MAX_DESCRIPTION: usize = 120;

/// A type in the notation of the text form, shortened if it is long.
pub(super) fn type_name(module: &Module, ty: TypeIdx) -> String {
    let mut text = String::from("`");
    write_type(module, ty, &mut text);
    text.push('`');
    text
}

fn write_type(module: &Module, ty: TypeIdx, text: &mut String) {
    if let Some(name) = BUILTIN_NAMES.get(ty.index()) {
        text.push_str(name);
        return;
    }
    if text.len() > MAX_DESCRIPTION {
        text.push('…');
        return;
    }
    match module.ty(ty) {
        Type::List(item) => {
            text.push('[');
            write_type(module, *item, text);
            text.push(']');
        }
        Type::Map(key, value) => {
            text.push('{');
            write_type(module, *key, text);
            text.push_str(": ");
            write_type(module, *value, text);
            text.push('}');
        }
        Type::Tuple(items) => write_list(module, items, text),
        Type::Optional(inner) => {
            write_type(module, *inner, text);
            text.push('?');
        }
        Type::Fn(Signature { params, result }) => {
            text.push_str("fn");
            write_list(module, params, text);
            text.push_str(" -> ");
            write_type(module, *result, text);
        }
        nominal => {
            // Writing to a string does not fail.
            let _ = write!(text, "{}", nominal.name().unwrap_or("?").escape_debug());
        }
    }
}

fn write_list(module: &Module, types: &[TypeIdx], text: &mut String) {
    text.push('(');
    for (position, &ty) in types.iter().enumerate() {
        if position > 0 {
            text.push_str(", ");
        }
        if text.len() > MAX_DESCRIPTION {
            text.push('…');
            break;
        }
        write_type(module, ty, text);
    }
    text.push(')');
}

/// A register as the text form names it: a parameter by its name, the others counted from the first after them.
pub(super) fn reg_name(function: &Function, reg: Reg) -> String {
    if reg.0 >= function.n_params {
        return format!("r{}", reg.0 - function.n_params);
    }
    match function.reg_names.iter().find(|(named, _)| *named == reg) {
        Some((_, name)) => format!("`{}`", name.escape_debug()),
        None => format!("p{}", reg.0),
    }
}
