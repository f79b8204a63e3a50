//! From Rust: load a module, compile it, run its functions.
