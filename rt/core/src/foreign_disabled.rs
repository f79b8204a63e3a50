//! Where no C functions can be called.

use crate::process::Process;
use crate::throw::Throw;
use crate::word::Word;
use vitte_abi::object::type_id;

/// Raises `ProcessError`.
pub fn call_foreign(p: &Process, _: u64, _: u64, _: u64) -> Result<u64, Throw> {
    Err(p.throw_error(type_id::PROCESS_ERROR, "C functions cannot be called on this system"))
}

/// There are none.
pub fn lookup(_: &str, _: &str) -> Option<u64> {
    None
}

/// What calls C functions and is called by them.
pub trait Caller {
    /// The process.
    fn process(&mut self) -> &mut Process;
    /// The signature of the function that has the callback of this number.
    fn signature(&self, index: u32) -> &'static [u8];
    /// Calls that function.
    ///
    /// # Errors
    /// The exception that it did not handle.
    fn call_back(&mut self, index: u32, words: &mut [u64]) -> Result<(), Word>;
}

/// Addresses for C to call.
#[derive(Debug)]
pub enum Callbacks {}

impl Callbacks {
    /// There are none.
    pub fn new(_: u32) -> Option<Callbacks> {
        None
    }

    /// Nobody asks.
    pub fn address(&self, _: u32) -> u64 {
        match *self {}
    }
}

/// Raises `ProcessError`.
///
/// # Errors
/// Always.
pub fn call_interpreted<C: Caller>(caller: &mut C, _: u64, _: &[u8], _: &[u64]) -> Result<u64, Throw> {
    call_foreign(caller.process(), 0, 0, 0)
}
