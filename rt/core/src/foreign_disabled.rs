//! Where no C functions can be called.

use crate::process::Process;
use crate::throw::Throw;
use vitte_abi::object::type_id;

/// Raises `ProcessError`.
pub fn call_foreign(p: &Process, _: u64, _: u64, _: u64) -> Result<u64, Throw> {
    Err(p.throw_error(type_id::PROCESS_ERROR, "C functions cannot be called on this system"))
}

/// There are none.
pub fn lookup(_: &str, _: &str) -> Option<u64> {
    None
}
