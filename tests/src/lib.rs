//! Programs and what they print; checks of the whole.
#![forbid(unsafe_code)]

mod dice;
mod generate;
mod machine;
mod node;
mod recipe;
mod reduce;

pub use dice::Dice;
pub use generate::generate;
pub use machine::Machine;
pub use node::Node;
pub use recipe::bake;
pub use reduce::reduce;
