//! All that is outside a wasm module comes from its host, through the imports that `docs/wasm.md` describes.

#[path = "wasm/error.rs"]
mod error;
#[path = "wasm/file.rs"]
pub(crate) mod fs;
#[path = "wasm/import.rs"]
mod import;

use error::count;
use std::io;
use std::time::Duration;

pub(crate) use error::error_number;

/// The exit code of a runtime that failed: what systems give a program that ends by `abort`.
const ABORTED: i32 = 128 + 6;

/// What the host can be asked for a number.
#[repr(i32)]
enum Number {
    /// Nanoseconds since 1970.
    Now,
    /// Nanoseconds since some moment, never going back.
    Clock,
    /// The most bytes of memory that make sense.
    Memory,
    /// 1 if standard output is a terminal.
    IsTerminal,
    /// 64 random bits.
    Random,
}

/// What the host can be asked for a text.
#[repr(i32)]
enum Text {
    /// The command line without the program's name, each argument with a zero byte behind it.
    Args,
    /// The value of a variable of the environment.
    Variable,
    /// The current directory.
    CurrentDir,
    /// The name of the machine.
    Hostname,
    /// The names in a directory, each with a zero byte behind it.
    Names,
}

fn number(what: Number) -> i64 {
    // SAFETY: only asks.
    unsafe { import::number(what as i32) }
}

/// The answer to a question about `name`.
fn text(what: Text, name: &str) -> io::Result<Vec<u8>> {
    let what = what as i32;
    let mut answer = Vec::with_capacity(256);
    loop {
        let room = answer.capacity();
        // SAFETY: the name is readable, and the host writes no more bytes to `answer` than there is room for.
        let len = unsafe { import::text(what, name.as_ptr(), name.len(), answer.as_mut_ptr(), room) };
        let len = count(len)?;
        if len <= room {
            // SAFETY: the host has written that many bytes.
            unsafe { answer.set_len(len) };
            return Ok(answer);
        }
        answer.reserve(len);
    }
}

fn lossy(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// Texts with a zero byte behind each.
fn split(bytes: &[u8]) -> Vec<String> {
    let texts = bytes.split_inclusive(|&byte| byte == 0);
    texts.map(|text| String::from_utf8_lossy(text.strip_suffix(&[0]).unwrap_or(text)).into_owned()).collect()
}

/// The command line, without the program's name.
pub(crate) fn args() -> Vec<String> {
    text(Text::Args, "").map_or(vec![], |bytes| split(&bytes))
}

/// A variable of the environment.
pub(crate) fn variable(name: &str) -> Option<String> {
    text(Text::Variable, name).ok().map(lossy)
}

/// The current directory.
pub(crate) fn current_dir() -> io::Result<String> {
    text(Text::CurrentDir, "").map(lossy)
}

/// The name of the machine.
pub(crate) fn hostname() -> String {
    text(Text::Hostname, "").map_or("localhost".into(), lossy)
}

/// Whether standard output is a terminal.
pub(crate) fn is_out_terminal() -> bool {
    number(Number::IsTerminal) == 1
}

/// The most bytes of memory that make sense.
pub(crate) fn memory_size() -> u64 {
    number(Number::Memory) as u64
}

/// Nanoseconds since 1970.
pub(crate) fn now() -> i64 {
    number(Number::Now)
}

/// 64 bits of the host's randomness.
pub(crate) fn random() -> Option<i64> {
    Some(number(Number::Random))
}

/// Nanoseconds of the clock that never goes back, from some start on.
pub(crate) fn monotonic() -> u64 {
    number(Number::Clock) as u64
}

/// Waits.
pub(crate) fn sleep(time: Duration) {
    // SAFETY: only waits.
    unsafe { import::sleep(i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)) };
}

/// Writes some of the bytes to an open file: how many.
pub(crate) fn write(file: i32, bytes: &[u8]) -> io::Result<usize> {
    // SAFETY: the bytes are readable.
    count(unsafe { import::write(file, bytes.as_ptr(), bytes.len()) })
}

/// Reads some bytes from an open file: how many, 0 at its end.
fn read(file: i32, into: &mut [u8]) -> io::Result<usize> {
    // SAFETY: the host writes no more bytes than `into` has.
    count(unsafe { import::read(file, into.as_mut_ptr(), into.len()) })
}

/// Reads some bytes of standard input: how many, 0 at its end.
pub(crate) fn read_input(into: &mut [u8]) -> io::Result<usize> {
    read(0, into)
}

/// Ends the program with this code.
pub(crate) fn exit(code: i32) -> ! {
    // SAFETY: does not return.
    unsafe { import::exit(code) }
}

/// Ends the program at once, as a failure of the runtime does.
pub(crate) fn abort() -> ! {
    exit(ABORTED)
}
