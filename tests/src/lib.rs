//! Programs and what they print; checks of the whole.
#![forbid(unsafe_code)]

mod dice;
mod foreign;
mod generate;
mod node;
mod recipe;
mod reduce;

pub use dice::Dice;
pub use foreign::foreign;
pub use generate::generate;
pub use node::Node;
pub use recipe::bake;
pub use reduce::reduce;
