//! The order of modules: what is imported before what imports it.

use super::missing;
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::module::Module;
use crate::verified::Verified;
use rustc_hash::FxHashMap;

#[derive(Clone, Copy, PartialEq)]
enum State {
    New,
    /// On the way from the first module to the one looked at.
    Open,
    Done,
}

/// Positions of all modules: those that `main` needs, then the others as they are given.
pub(super) fn by_imports(
    modules: &[Verified<Module>],
    by_name: &FxHashMap<&str, usize>,
    main: usize,
) -> Result<Vec<usize>> {
    let mut order = vec![];
    let mut states = vec![State::New; modules.len()];
    for start in std::iter::once(main).chain(0..modules.len()) {
        if states[start] == State::Done {
            continue;
        }
        states[start] = State::Open;
        // The way from `start`: modules, and how many of their imports have been followed.
        let mut path = vec![(start, 0)];
        while let Some((position, followed)) = path.last_mut() {
            let Some(import) = modules[*position].imports.get(*followed) else {
                states[*position] = State::Done;
                order.push(*position);
                path.pop();
                continue;
            };
            *followed += 1;
            let importer = &modules[*position].name;
            let Some(&next) = by_name.get(import.module.as_str()) else {
                let mut error = missing(&import.module, by_name.keys().copied());
                let (importer, name) = (importer.escape_debug(), import.name.escape_debug());
                error.message = format!("module `{importer}` imports `{name}`: {}", error.message);
                return Err(error);
            };
            match states[next] {
                State::New => {
                    states[next] = State::Open;
                    path.push((next, 0));
                }
                State::Open => return Err(cycle(modules, &path, next)),
                State::Done => {}
            }
        }
    }
    Ok(order)
}

fn cycle(modules: &[Verified<Module>], path: &[(usize, usize)], repeated: usize) -> Error {
    let names = path.iter().map(|&(position, _)| position).skip_while(|&position| position != repeated);
    let mut message = "modules import each other: ".to_owned();
    for position in names {
        message += &format!("`{}` imports ", modules[position].name.escape_debug());
    }
    message += &format!("`{}`", modules[repeated].name.escape_debug());
    Error::new(Code::IMPORT_CYCLE, message).help("move what both need into a module of its own")
}
