//! Linking: from several modules to one program.
//!
//! Modules are merged in the order of their imports, what is imported before what imports it, so that the result
//! depends only on the modules and their order. Types, constants, C and runtime functions and source files that are
//! equal become one; nominal types are equal if they have the same name and, up to that, the same declaration.

mod merge;
mod order;

use crate::codes::Code;
use crate::error::{Error, Result};
use crate::module::Module;
use crate::text::did_you_mean;
use crate::verified::Verified;
use merge::Merger;
use rustc_hash::FxHashMap;

/// Merges modules into one program without imports. The program has the name, entry, exports and free data of the
/// module `main`. It is to be verified in its turn.
///
/// # Errors
/// Codes VT04xx: a module is missing or there twice, an import has no export or one of another type, imports form a
/// cycle, types or implementations contradict each other.
pub fn link(modules: Vec<Verified<Module>>, main: &str) -> Result<Module> {
    let mut by_name = FxHashMap::default();
    for (position, module) in modules.iter().enumerate() {
        if by_name.insert(module.name.as_str(), position).is_some() {
            let message = format!("two modules are named `{}`", module.name.escape_debug());
            return Err(Error::new(Code::REPEATED_MODULE, message));
        }
    }
    let Some(&main) = by_name.get(main) else {
        return Err(missing(main, by_name.keys().copied()));
    };
    let order = order::by_imports(&modules, &by_name, main)?;
    let mut merger = Merger::new(&modules, &by_name);
    for position in order {
        merger.add(position).map_err(|mut error| {
            error.message = format!("module `{}`: {}", modules[position].name.escape_debug(), error.message);
            error
        })?;
    }
    Ok(merger.finish(main))
}

fn missing<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Error {
    let mut error = Error::new(Code::MISSING_MODULE, format!("there is no module `{}`", name.escape_debug()));
    error.help = did_you_mean(name, known);
    error
}
