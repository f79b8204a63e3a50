//! Strings: immutable UTF-8, indexed by bytes.

mod build;
mod search;

pub use build::*;
pub use search::*;
