//! The interpreter: the reference meaning of each instruction of the table in [`vitbc::ops`].
//!
//! A verified module is decoded once, into instructions specialised by the types of their registers, and run by one
//! loop over a stack of slots. Vitte functions call each other without recursion of the loop, so the depth of calls is
//! limited by the stack that the program is given. What values mean — text, equality, maps, messages of errors — is
//! the runtime's, which compiled code uses too.
//!
//! [`Vm`] does it all, from a file to an exit code.
#![forbid(unsafe_code)]

mod body;
mod decode;
mod dump;
mod error;
mod foreign;
mod machine;
mod op;
mod profile;
mod program;
mod run;
mod scalar;
mod trace;
mod unwind;
mod vm;

pub use error::Error;
pub use profile::Profile;
pub use trace::TraceStyle;
pub use vm::Vm;
