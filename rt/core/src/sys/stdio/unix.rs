//! Linux and its relatives.

use std::ffi::{c_char, c_int, c_void};
use std::io::Error;

unsafe extern "C" {
    fn write(fd: c_int, data: *const c_void, len: usize) -> isize;
    fn isatty(fd: c_int) -> c_int;
    fn signal(number: c_int, handler: usize) -> usize;
    fn raise(number: c_int) -> c_int;
    fn gethostname(name: *mut c_char, len: usize) -> c_int;
}

const SIGPIPE: c_int = 13;
const SIG_DFL: usize = 0;

/// Writes to standard output: how many of the bytes it took.
pub(crate) fn write_out(bytes: &[u8]) -> Result<usize, Error> {
    // SAFETY: the bytes are readable.
    let written = unsafe { write(1, bytes.as_ptr().cast(), bytes.len()) };
    usize::try_from(written).map_err(|_| Error::last_os_error())
}

/// Whether standard output is a terminal.
pub(crate) fn is_out_terminal() -> bool {
    // SAFETY: only asks.
    unsafe { isatty(1) == 1 }
}

/// Ends the program as the signal does that a write to a closed pipe sends.
pub(crate) fn end_of_pipe() -> ! {
    // SAFETY: the default action ends the program; nothing of ours handles the signal.
    unsafe {
        signal(SIGPIPE, SIG_DFL);
        raise(SIGPIPE);
    }
    // The signal may be blocked.
    std::process::exit(128 + SIGPIPE)
}

/// The name of the machine.
pub(crate) fn hostname() -> String {
    let mut name = [0u8; 256];
    // SAFETY: the buffer is that long; its last byte stays zero.
    unsafe { gethostname(name.as_mut_ptr().cast(), name.len() - 1) };
    let len = name.iter().position(|&byte| byte == 0).unwrap_or(name.len());
    String::from_utf8_lossy(&name[..len]).into_owned()
}
