//! Targets, the carried runtime archive, and linking.
#![forbid(unsafe_code)]

mod error;
mod linker;
mod runtime;
mod target;

pub use error::LinkError;
pub use linker::{LinkOptions, find_program, link_executable};
pub use runtime::{Runtime, find_runtime};
pub use target::Target;

/// The triple of the machine that this compiler was built for.
pub const HOST: &str = env!("VITTE_HOST");
