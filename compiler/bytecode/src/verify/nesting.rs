//! How far types nest, and how long their names are.
//!
//! Types that share parts are small in a file but may be immense when written out: the tuple of the tuple of the
//! tuple … of two ints each doubles at every level. Engines name types in messages and walk them, so both the depth
//! and the text of all names together are bounded here.

use super::types::limit;
use crate::Module;
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::index::TypeIdx;
use crate::limits::{MAX_TYPE_NAMES, MAX_TYPE_NESTING};
use crate::types::{BUILTIN_NAMES, Type};

/// Checks depth and names of the module's types, which are well formed.
pub(super) fn check(module: &Module) -> Result<()> {
    let mut extents: Vec<Extent> = Vec::with_capacity(module.types.len());
    let mut total = 0;
    for (position, ty) in module.types.iter().enumerate() {
        let extent = match ty {
            Type::List(item) => around(module, &extents, &[*item]),
            Type::Optional(inner) => around(module, &extents, &[*inner]),
            Type::Map(key, value) => around(module, &extents, &[*key, *value]),
            Type::Tuple(items) => around(module, &extents, items),
            Type::Fn(signature) => {
                let params = around(module, &extents, &signature.params);
                let result = around(module, &extents, &[signature.result]);
                Extent { depth: params.depth.max(result.depth), len: params.len.saturating_add(result.len) }
            }
            _ => named(module, TypeIdx::new(position)),
        };
        if extent.depth > MAX_TYPE_NESTING {
            let what = "levels of types without a name";
            return Err(limit(what, extent.depth, MAX_TYPE_NESTING));
        }
        total = extent.len.saturating_add(total);
        if total > MAX_TYPE_NAMES {
            let message = format!("written out, the types take more than the limit of {MAX_TYPE_NAMES} bytes");
            return Err(Error::new(Code::LIMIT, message).help("put structs in place of tuples of tuples"));
        }
        extents.push(extent);
    }
    Ok(())
}

/// The size of a type.
#[derive(Clone, Copy)]
struct Extent {
    /// How many structural types stand around each other.
    depth: usize,
    /// About the length of its text, in bytes.
    len: usize,
}

fn named(module: &Module, ty: TypeIdx) -> Extent {
    let builtin = || BUILTIN_NAMES.get(ty.index()).copied().unwrap_or_default();
    Extent { depth: 0, len: module.ty(ty).name().unwrap_or_else(builtin).len() }
}

/// The size of a structural type of these parts, which are earlier types or nominal ones.
fn around(module: &Module, extents: &[Extent], parts: &[TypeIdx]) -> Extent {
    parts.iter().fold(Extent { depth: 1, len: 4 }, |whole, &part| {
        let part = match module.ty(part).name() {
            Some(_) => named(module, part),
            None => extents[part.index()],
        };
        Extent { depth: whole.depth.max(part.depth + 1), len: whole.len.saturating_add(part.len).saturating_add(2) }
    })
}
