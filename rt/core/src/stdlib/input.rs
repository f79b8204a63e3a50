//! Standard input, by lines.
//!
//! A line that has been read already is taken at once. Otherwise more is read, by one reader at a time, with a helper
//! if there are other processes; they go on meanwhile. A line that was read for a process which has ended since is left
//! for the next.

use super::file::throw_io;
use super::io::flush_out;
use crate::sync::lock;
use crate::sys::host;
use crate::{Process, Throw};
use std::io::{self, ErrorKind};
use std::sync::{Condvar, Mutex, PoisonError};

/// So much is read at once.
const CHUNK: usize = 64 << 10;

static INPUT: Mutex<Input> = Mutex::new(Input { bytes: Vec::new(), start: 0 });
static IS_READ: Mutex<bool> = Mutex::new(false);
static READ: Condvar = Condvar::new();

/// What was read and not yet taken.
struct Input {
    bytes: Vec<u8>,
    start: usize,
}

impl Input {
    fn rest(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    fn put(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.start);
        self.start = 0;
        self.bytes.extend_from_slice(bytes);
    }

    fn put_back(&mut self, bytes: &[u8]) {
        self.bytes.splice(..self.start, bytes.iter().copied());
        self.start = 0;
    }

    /// The next line with its end, if all of it is here.
    fn take_line(&mut self) -> Option<Vec<u8>> {
        let end = self.rest().iter().position(|&byte| byte == b'\n')? + 1;
        Some(self.take(end))
    }

    fn take(&mut self, n: usize) -> Vec<u8> {
        let taken = self.rest()[..n].to_vec();
        self.start += n;
        taken
    }
}

/// The right to read.
struct Turn;

impl Turn {
    fn wait() -> Turn {
        let mut is_read = lock(&IS_READ);
        while std::mem::replace(&mut *is_read, true) {
            is_read = READ.wait(is_read).unwrap_or_else(PoisonError::into_inner);
        }
        Turn
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *lock(&IS_READ) = false;
        READ.notify_one();
    }
}

/// A line that was read, on its way to who wants it; empty at the end of input. Nobody else reads before it is there.
struct Line(Vec<u8>, Option<Turn>);

impl Drop for Line {
    fn drop(&mut self) {
        if !self.0.is_empty() {
            lock(&INPUT).put_back(&self.0);
        }
        drop(self.1.take());
    }
}

/// Reads until there is a line.
fn read() -> io::Result<Line> {
    let turn = Turn::wait();
    let mut chunk = Vec::new();
    loop {
        if let Some(line) = lock(&INPUT).take_line() {
            return Ok(Line(line, Some(turn)));
        }
        chunk.resize(CHUNK, 0);
        match host::read_input(&mut chunk) {
            Ok(0) => {
                let mut input = lock(&INPUT);
                let len = input.rest().len();
                return Ok(Line(input.take(len), Some(turn)));
            }
            Ok(n) => lock(&INPUT).put(&chunk[..n]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// The next line of standard input without its end, as an optional string; nil at the end of input. U+FFFD stands for
/// what is not UTF-8.
pub fn read_line(p: &Process) -> Result<u64, Throw> {
    flush_out(p)?;
    let text = |p: &Process, line: &[u8]| p.new_str(&String::from_utf8_lossy(without_end(line))).object().address();
    if let Some(line) = lock(&INPUT).take_line() {
        return Ok(text(p, &line));
    }
    p.have_done(false, read, move |p, line| match line {
        Err(error) => Err(throw_io(p, "cannot read standard input", "", &error)),
        Ok(mut line) => Ok(match &*std::mem::take(&mut line.0) {
            [] => 0,
            line => text(p, line),
        }),
    })
}

fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_lose_their_ends() {
        let lines: [(&[u8], &[u8]); 5] =
            [(b"a\n", b"a"), (b"a\r\n", b"a"), (b"a", b"a"), (b"\n", b""), (b"a\rb\n", b"a\rb")];
        for (line, text) in lines {
            assert_eq!(without_end(line), text);
        }
    }

    #[test]
    fn lines_are_taken_in_order_and_put_back_in_front() {
        let mut input = Input { bytes: Vec::new(), start: 0 };
        assert_eq!(input.take_line(), None);
        input.put(b"one\ntw");
        let one = input.take_line().unwrap();
        assert_eq!((&*one, input.take_line()), (&b"one\n"[..], None));
        input.put(b"o\nthree");
        input.put_back(&one);
        assert_eq!((input.take_line().unwrap(), input.take_line().unwrap()), (one, b"two\n".to_vec()));
        assert_eq!((input.take_line(), input.take(5)), (None, b"three".to_vec()));
    }
}
