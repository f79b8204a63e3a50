//! Systems that Rust's standard library knows.

use std::fs::File;
use std::io::{self, Read};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub(crate) use std::fs;

/// Nanoseconds since 1970.
pub(crate) fn now() -> i64 {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(after) => after.as_nanos() as i64,
        Err(before) => -(before.duration().as_nanos() as i64),
    }
}

/// Waits.
pub(crate) fn sleep(time: Duration) {
    std::thread::sleep(time);
}

/// A variable of the environment. U+FFFD stands for what is not UTF-8.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// The current directory.
pub(crate) fn current_dir() -> io::Result<String> {
    std::env::current_dir().map(|path| path.to_string_lossy().into_owned())
}

/// 64 bits of the system's randomness, if it has such.
pub(crate) fn random() -> Option<i64> {
    let mut bytes = [0; 8];
    File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes)).ok()?;
    Some(i64::from_le_bytes(bytes))
}

/// Reads some bytes of standard input: how many, 0 at its end.
pub(crate) fn read_input(into: &mut [u8]) -> io::Result<usize> {
    io::stdin().read(into)
}

/// The system's number of an error, or 0.
pub(crate) fn error_number(error: &io::Error) -> i32 {
    error.raw_os_error().unwrap_or(0)
}

/// Ends the program with this code.
pub(crate) fn exit(code: i32) -> ! {
    std::process::exit(code)
}

/// Ends the program at once, as a failure of the runtime does.
pub(crate) fn abort() -> ! {
    std::process::abort()
}
