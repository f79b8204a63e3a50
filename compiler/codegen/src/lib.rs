//! Verified VITBC to native code: our SSA form, its passes, Cranelift, object files and code in memory.
//!
//! [`translate`](translate) makes SSA of a verified module, [`passes`](passes) improve it, [`clif`](clif) makes
//! machine code of each function, and the code goes into an object file ([`object`](object)) or into memory
//! ([`jit`](jit)).

pub mod env;
pub mod ir;
pub mod passes;
pub mod translate;

pub use env::Env;
pub use passes::{OptLevel, Stats};
pub use translate::translate;
