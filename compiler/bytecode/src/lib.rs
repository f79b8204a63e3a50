//! VITBC bytecode: instruction table, module model, binary and text forms, verifier.
//!
//! A module comes from bytes ([`read()`]), from text ([`text`]) or from the builder ([`builder`]); [`verify`] turns it
//! into a [`Verified<Module>`], which the engines take.
#![forbid(unsafe_code)]

#[macro_use]
pub mod ops;
pub mod builder;
pub mod codes;
pub mod error;
mod foreign;
pub mod index;
pub mod inst;
mod intern;
pub mod limits;
mod link;
pub mod module;
mod read;
mod section;
pub mod text;
pub mod types;
mod verified;
pub mod verify;
mod write;

pub use codes::Code;
pub use error::{Error, Place};
pub use index::*;
pub use inst::{Inst, Opcode};
pub use link::link;
pub use module::*;
pub use read::read;
pub use types::{Signature, Type};
pub use verified::Verified;
pub use write::{WriteOptions, write, write_with};
