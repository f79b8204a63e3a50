//! Reading `.vitbc` files, version 3. The format is described in `docs/vitbc.md`.
//!
//! The reader checks the shape: whatever bytes arrive, it ends in a [`Module`] or in an error that says where, never in
//! a panic, in time linear in the file's length (times its logarithm), and in memory bounded by
//! [`limits`](crate::limits). What the module means is for the [verifier](crate::verify).

mod code;
mod container;
mod cursor;
mod functions;
mod tables;
mod types;

use crate::codes::Code;
use crate::error::{Error, Result};
use crate::module::Module;
use crate::section::{FLAG_FOREIGN, Tag};
use container::Container;
use cursor::{Budget, Cursor};

/// Reads a module from the bytes of a file.
///
/// # Errors
/// Codes VT01xx, with offset and section.
pub fn read(bytes: &[u8]) -> Result<Module> {
    let budget = Budget::new(bytes.len());
    let container = Container::open(bytes, &budget)?;
    if container.flags & !FLAG_FOREIGN != 0 {
        let message = format!("unknown flags {:#06x}", container.flags & !FLAG_FOREIGN);
        return Err(Error::new(Code::BAD_FLAGS, message).at_offset(8));
    }
    let section = |tag| container.section(tag, &budget);

    let mut module = Module { foreign: container.flags & FLAG_FOREIGN != 0, ..Module::new("") };
    module.impls = whole(section(Tag::Type), |cursor| types::read(cursor, &mut module.types))?;
    module.ints = whole(section(Tag::Ints), tables::ints)?;
    module.floats = whole(section(Tag::Floats), tables::floats)?;
    module.strs = whole(section(Tag::Strs), tables::strs)?;
    module.data = whole(section(Tag::Data), tables::data)?;
    whole(section(Tag::Imports), |cursor| tables::imports(cursor, &mut module))?;
    module.globals = whole(section(Tag::Globals), tables::globals)?;
    whole(section(Tag::Exports), |cursor| tables::exports(cursor, &mut module))?;
    module.meta = whole(section(Tag::Meta), tables::meta)?;

    module.functions = whole(section(Tag::Functions), functions::read)?;
    let functions = &mut module.functions;
    // Names come first, so that errors in code can name the function.
    whole(section(Tag::Names), |cursor| functions::names(cursor, functions))?;
    let mut starts = whole(section(Tag::Code), |cursor| code::read(cursor, functions))?;
    starts.resize_with(functions.len(), Default::default);
    whole(section(Tag::Handlers), |cursor| functions::handlers(cursor, functions, &starts))?;
    whole(section(Tag::Lines), |cursor| functions::lines(cursor, &mut module, &starts))?;
    Ok(module)
}

/// Reads a whole section; an absent one says nothing.
fn whole<T: Default>(section: Option<Cursor<'_>>, read: impl FnOnce(&mut Cursor<'_>) -> Result<T>) -> Result<T> {
    let Some(mut cursor) = section else { return Ok(T::default()) };
    let value = read(&mut cursor)?;
    cursor.finish()?;
    Ok(value)
}
