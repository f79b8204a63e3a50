//! The verifier: from a [`Module`] that may say anything to a [`Verified<Module>`] that the engines trust.
//!
//! It is a security boundary. Whatever the module says, [`verify`] ends in a proof or in an error that names the
//! function and the instruction; it does not panic, its time is linear in the module's size but for the dataflow,
//! which [`limits::MAX_DATAFLOW`](crate::limits::MAX_DATAFLOW) bounds, and its memory is linear.
//!
//! The order matters, since each step relies on those before it:
//!
//! ```text
//! types       every index in range, every type well formed        from here on, types may be followed and named
//! headers     parameters, registers, results, captures            from here on, `Module::signature` is safe
//! tables      imports, externs, natives, constants, exports, impls
//! bodies      operands in range → types agree → try regions nest → every register read is assigned
//! ```
//!
//! Engines that need basic blocks or try regions take [`Blocks`] and [`Regions`] from here.

mod blocks;
mod body;
mod calls;
mod constants;
mod dataflow;
mod describe;
mod headers;
mod names;
mod nesting;
mod operands;
mod regions;
mod tables;
mod types;
mod typing;
mod values;

pub use blocks::Blocks;
pub use regions::Regions;

use crate::error::Result;
use crate::index::TypeIdx;
use crate::{Module, Verified};
use std::collections::HashSet;

/// Checks a module.
///
/// # Errors
/// The first violation found, with a `VT02xx` code.
pub fn verify(module: Module) -> Result<Verified<Module>> {
    check(&module)?;
    Ok(Verified::new(module))
}

fn check(module: &Module) -> Result<()> {
    let keys = types::check(module)?;
    headers::check(module)?;
    let env = Env { module, keys, impls: tables::check(module)? };
    let mut budget = dataflow::Budget::new();
    module.functions.iter().try_for_each(|function| body::check(&env, function, &mut budget))
}

/// What the rules for instructions ask about the module.
struct Env<'m> {
    module: &'m Module,
    keys: types::Keys,
    /// Pairs of a trait and a type that implements it.
    impls: HashSet<(TypeIdx, TypeIdx)>,
}
