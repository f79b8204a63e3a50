//! Programs and what they print; checks of the whole.
#![forbid(unsafe_code)]

mod dice;
mod generate;

pub use dice::Dice;
pub use generate::generate;
