//! Tests of code generation that run no code: every instruction for every processor, Cranelift's form of small programs,
//! the same bytes for any number of threads.

#[path = "it/goldens.rs"]
mod goldens;
#[path = "it/machines.rs"]
mod machines;
#[path = "it/memory.rs"]
mod memory;
#[path = "it/objects.rs"]
mod objects;

use std::path::PathBuf;
use vitbc::{Module, Verified};

/// The processors that programs are made for.
const TARGETS: [&str; 3] = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu", "riscv64gc-unknown-linux-gnu"];

/// A file under `tests` at the root of the repository.
fn test_path(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests").join(path)
}

/// The module of a text.
fn module(source: &str, name: &str) -> Verified<Module> {
    let options = vitbc::text::ParseOptions { source_name: Some(name.to_owned()) };
    let module = vitbc::text::parse(source, &options).unwrap_or_else(|errors| panic!("{name}: {}", errors[0]));
    vitbc::verify::verify(module).unwrap_or_else(|error| panic!("{name}: {error}"))
}
