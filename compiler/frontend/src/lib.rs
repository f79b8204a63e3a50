//! Vitte source to VITBC.
#![forbid(unsafe_code)]

mod ast;
pub mod codes;
pub mod diagnostic;
mod lex;
mod names;
mod parse;
pub mod source;
