//! The streams and the name that the host gives.

use crate::sys::host;
use std::io::Error;

/// Writes to standard output: how many of the bytes it took.
pub(crate) fn write_out(bytes: &[u8]) -> Result<usize, Error> {
    host::write(1, bytes)
}

/// Whether standard output is a terminal.
pub(crate) fn is_out_terminal() -> bool {
    host::is_out_terminal()
}

/// Ends the program whose output nobody reads any more, with the code of a program that the signal ended.
pub(crate) fn end_of_pipe() -> ! {
    host::exit(128 + 13)
}

/// The name of the machine.
pub(crate) fn hostname() -> String {
    host::hostname()
}
