//! The program's surroundings: files, clocks, environment, how it ends. Rust's standard library knows them on every
//! system but wasm's, where they are what the host gives.

#[cfg(not(target_family = "wasm"))]
#[path = "host/std.rs"]
mod imp;
#[cfg(target_family = "wasm")]
#[path = "host/wasm.rs"]
mod imp;

pub(crate) use imp::*;
