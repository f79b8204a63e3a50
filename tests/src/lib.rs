//! Programs and what they print; checks of the whole.
#![forbid(unsafe_code)]

mod generate;

pub use generate::generate;
