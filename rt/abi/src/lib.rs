//! What compiled code and the runtime agree on.
//!
//! - [`functions`]: the runtime's functions, one row each;
//! - [`context`]: the words of a process that compiled code touches;
//! - [`cpu`]: features of processors;
//! - [`foreign`]: how C functions are described;
//! - [`object`]: how heap objects and `any` words look;
//! - [`types`]: what the runtime is told about a program's types;
//! - [`code`]: the side tables of compiled code: safepoints, handlers, source positions;
//! - [`program`]: the record through which a program hands all of it over;
//! - [`packed`]: the one by which a runtime finds bytecode that was added to it.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

#[macro_use]
pub mod cpu;
#[macro_use]
pub mod functions;
pub mod code;
pub mod context;
pub mod foreign;
pub mod object;
pub mod packed;
pub mod program;
pub mod types;

/// A type in object headers and type arguments: the index of the type in the verified program, then the closure
/// types that [`types::TypeTable`] adds.
pub type TypeId = u32;
