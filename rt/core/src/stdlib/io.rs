//! Standard output and error.
//!
//! Output is collected in one buffer for all processes. On a terminal it is written out after each line; otherwise
//! when the buffer is full, before the program waits for input, before it calls foreign functions, and at its end. A
//! program whose output nobody reads any more (a closed pipe) ends quietly.

use super::file::throw_io;
use super::format::write_value;
use super::number::Digits;
use super::value::Value;
use crate::object::Str;
use crate::sys::{self, stdio};
use crate::{Process, Throw};
use std::fmt;
use std::io::{self, ErrorKind};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use vitte_abi::TypeId;
use vitte_abi::object::type_id;

/// The size of the output buffer; as much as a pipe takes at once.
const CAPACITY: usize = 64 << 10;

static OUT: Mutex<Out> = Mutex::new(Out { bytes: Vec::new(), write: stdio::write_out, by_lines: false, error: None });

/// What was printed and not yet written.
struct Out {
    bytes: Vec<u8>,
    /// Writes some of the bytes it is given: how many.
    write: fn(&[u8]) -> io::Result<usize>,
    /// Whether lines are written as they end.
    by_lines: bool,
    /// What went wrong while a value was printed in parts.
    error: Option<io::Error>,
}

impl Out {
    fn lock() -> MutexGuard<'static, Out> {
        let mut out = OUT.lock().unwrap_or_else(PoisonError::into_inner);
        if out.bytes.capacity() == 0 {
            out.bytes.reserve(CAPACITY);
            out.by_lines = stdio::is_out_terminal();
        }
        out
    }

    /// Puts bytes into the buffer, which is written out first if they do not fit.
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.bytes.len() + bytes.len() > CAPACITY {
            self.flush()?;
            if bytes.len() >= CAPACITY {
                return write_all(self.write, bytes);
            }
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// The end of what one instruction prints.
    fn finish(&mut self) -> io::Result<()> {
        if self.by_lines && self.bytes.contains(&b'\n') {
            self.flush()?;
        }
        self.error.take().map_or(Ok(()), Err)
    }

    fn flush(&mut self) -> io::Result<()> {
        let result = write_all(self.write, &self.bytes);
        // What cannot be written is dropped, or the program could not even report it.
        self.bytes.clear();
        result
    }
}

impl fmt::Write for Out {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.put(text.as_bytes()).map_err(|error| {
            self.error = Some(error);
            fmt::Error
        })
    }
}

fn write_all(write: fn(&[u8]) -> io::Result<usize>, bytes: &[u8]) -> io::Result<()> {
    let mut rest = bytes;
    while !rest.is_empty() {
        match write(rest) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => rest = &rest[written..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::BrokenPipe => stdio::end_of_pipe(),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn out_error(p: &Process, error: io::Error) -> Throw {
    throw_io(p, "cannot write to standard output", "", &error)
}

/// Writes the text of a value of type `ty` and a newline to standard output.
pub fn print(p: &Process, value: u64, ty: TypeId) -> Result<(), Throw> {
    let mut out = Out::lock();
    let written = match ty {
        type_id::INT => out.put(Digits::of_int(value as i64).as_str().as_bytes()),
        type_id::STR => out.put(Str::of(p.object(value)).bytes()),
        // The error, if there is one, is in `out`.
        _ => write_value(p, &mut *out, Value { ty, bits: value }).or(Ok(())),
    };
    written.and_then(|()| out.put(b"\n")).and_then(|()| out.finish()).map_err(|error| out_error(p, error))
}

/// Writes `s` to standard output.
pub fn write_out(p: &Process, s: Str<'_>) -> Result<(), Throw> {
    let mut out = Out::lock();
    out.put(s.bytes()).and_then(|()| out.finish()).map_err(|error| out_error(p, error))
}

/// Writes `s` to standard error, at once.
pub fn write_err(_: &Process, s: Str<'_>) -> Result<(), Throw> {
    sys::write_err(s.bytes());
    Ok(())
}

/// Writes out what was printed.
pub fn flush_out(p: &Process) -> Result<(), Throw> {
    flush().map_err(|error| out_error(p, error))
}

/// Writes out what was printed, for the runtime: before foreign calls, and before the program waits.
pub fn flush() -> io::Result<()> {
    Out::lock().flush()
}

/// What writes out what waits for files: set by the first that waits, so that programs without files do not carry it.
static FLUSH_FILES: OnceLock<fn()> = OnceLock::new();

pub(super) fn flush_files_at_exit(flush: fn()) {
    FLUSH_FILES.get_or_init(|| flush);
}

/// Writes out what was printed, and what waits for files, at the end of the program; says so on standard error if that
/// fails.
pub fn flush_for_exit() {
    if let Some(flush_files) = FLUSH_FILES.get() {
        flush_files();
    }
    if let Err(error) = flush() {
        let reason = super::file::reason(&error);
        sys::write_err(format!("error: cannot write to standard output: {reason}\n").as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::fmt::Write;

    thread_local! {
        static WRITTEN: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
    }

    /// A slow device: takes up to 100 000 bytes at once.
    fn record(bytes: &[u8]) -> io::Result<usize> {
        let n = bytes.len().min(100_000);
        WRITTEN.with_borrow_mut(|written| written.push(bytes[..n].to_vec()));
        Ok(n)
    }

    fn out(by_lines: bool, write: fn(&[u8]) -> io::Result<usize>) -> Out {
        Out { bytes: Vec::with_capacity(CAPACITY), write, by_lines, error: None }
    }

    fn written() -> Vec<Vec<u8>> {
        WRITTEN.take()
    }

    #[test]
    fn lines_are_collected_and_large_output_is_not_copied() {
        let mut out = out(false, record);
        for _ in 0..1_000 {
            out.put(&[b'x'; 99]).unwrap();
            out.put(b"\n").unwrap();
            out.finish().unwrap();
        }
        let sizes: Vec<usize> = written().iter().map(Vec::len).collect();
        assert_eq!(sizes, [65_500], "one full buffer");
        out.put(&[b'y'; 150_000]).unwrap();
        out.put(b"end").unwrap();
        out.flush().unwrap();
        let sizes: Vec<usize> = written().iter().map(Vec::len).collect();
        assert_eq!(sizes, [34_500, 100_000, 50_000, 3]);
    }

    #[test]
    fn a_terminal_sees_each_line_as_it_ends() {
        let mut out = out(true, record);
        out.put(b"no end ").unwrap();
        out.finish().unwrap();
        assert_eq!(written(), [b""; 0]);
        out.put(b"yet\n").unwrap();
        out.finish().unwrap();
        assert_eq!(written(), [b"no end yet\n"]);
    }

    #[test]
    fn a_failure_is_told_once() {
        let mut out = out(true, |_| Err(io::Error::from_raw_os_error(28)));
        assert!(write!(out, "{}", "x".repeat(CAPACITY + 1)).is_err());
        assert_eq!(out.finish().unwrap_err().raw_os_error(), Some(28));
        assert!(out.finish().is_ok());
        out.put(b"x\n").unwrap();
        assert_eq!(out.finish().unwrap_err().raw_os_error(), Some(28));
        assert!(out.flush().is_ok());
    }
}
