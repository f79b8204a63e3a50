//! Verified VITBC to native code: our SSA form, its passes, Cranelift, object files and code in memory.
//!
//! [`mod@translate`] makes SSA of a verified module, [`passes`] improve it, [`clif`] makes
//! machine code of each function, and the code goes into an object file ([`object`]) or into memory
//! ([`jit`]).

pub mod clif;
pub mod code;
mod compile;
pub mod define;
pub mod dispatch;
pub mod env;
mod error;
pub mod exports;
pub mod image;
pub mod ir;
pub mod isa;
pub mod jit;
pub mod limits;
pub mod object;
mod options;
pub mod passes;
mod reach;
mod reloc;
pub mod symbol;
mod tables;
pub mod translate;

pub use compile::{Artifact, Compiled, Report, compile, compile_to_memory, emit_asm, emit_clif, emit_ssa};
pub use env::Env;
pub use error::CompileError;
pub use exports::emit_header;
pub use options::Options;
pub use passes::{OptLevel, Stats};
pub use translate::translate;
