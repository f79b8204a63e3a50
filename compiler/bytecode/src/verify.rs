//! The verifier.

use crate::{Module, Verified, error::Result};

/// Checks a module.
///
/// # Errors
/// The first violation found.
pub fn verify(module: Module) -> Result<Verified<Module>> {
    Ok(Verified::new(module))
}
