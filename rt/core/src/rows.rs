//! Which Rust function stands behind which row of the runtime's function tables.

// Rows not yet taken over below.
pub use crate::pending::*;
