//! Vitte source to VITBC.
//!
//! ```text
//! load       files → tokens → syntax trees, following imports
//! collect    declarations → tables of types, traits, functions, methods
//! check      bodies → typed trees; matches, assignments, constants
//! lower      typed trees → bytecode, one function for each set of type arguments
//! ```
//!
//! [`compile()`] does it all. It reads nothing itself: imported files come through a [`SourceLoader`]. What it has to
//! say is data, a list of [`Diagnostic`]s.
#![forbid(unsafe_code)]

mod ast;
mod body;
mod check;
pub mod codes;
mod collect;
mod compile;
mod consts;
mod definite;
pub mod diagnostic;
pub mod document;
mod foreign;
pub mod format;
mod implementing;
mod lex;
mod load;
mod lookup;
mod lower;
mod matching;
mod names;
mod parse;
mod program;
pub mod reading;
mod roots;
pub mod source;
pub mod stdlib;
mod types;

pub use compile::{Compilation, Options, TestOptions, compile};
pub use diagnostic::{Diagnostic, Fix, Severity};
pub use source::{FileId, NoModules, Position, SourceFile, SourceLoader, Sources, Span};
