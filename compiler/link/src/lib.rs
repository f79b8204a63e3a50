//! Targets, the carried runtimes, and linking.
#![forbid(unsafe_code)]

mod archive;
mod error;
mod linker;
#[cfg_attr(not(feature = "embedded-linker"), path = "memory_disabled.rs")]
mod memory;
mod pack;
mod patience;
mod runtime;
mod system;
mod target;
mod unfinished;

pub use archive::make_library;
pub use error::LinkError;
pub use linker::{LinkOptions, Mode, Product, carried_target, link};
pub use pack::{loader, pack_program};
pub use runtime::{Runtime, find_runtime};
pub use system::find_program;
pub use target::Target;
pub use unfinished::Unfinished;

/// The triple of the machine that this compiler was built for.
pub const HOST: &str = env!("VITTE_HOST");
