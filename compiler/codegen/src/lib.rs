//! Verified VITBC to SSA to Cranelift: object files and in-memory code.
