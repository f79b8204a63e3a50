//! Errors of the host: Linux's numbers, with Linux's words, so that programs say the same everywhere.

use crate::sys::words;
use std::fmt;
use std::io::{self, ErrorKind};

/// An error by its number.
#[derive(Debug)]
struct HostError(i32);

/// Numbers and kinds of errors that files and streams have.
const KINDS: &[(i32, ErrorKind)] = &[
    (1, ErrorKind::PermissionDenied),
    (2, ErrorKind::NotFound),
    (4, ErrorKind::Interrupted),
    (11, ErrorKind::WouldBlock),
    (12, ErrorKind::OutOfMemory),
    (13, ErrorKind::PermissionDenied),
    (16, ErrorKind::ResourceBusy),
    (17, ErrorKind::AlreadyExists),
    (18, ErrorKind::CrossesDevices),
    (20, ErrorKind::NotADirectory),
    (21, ErrorKind::IsADirectory),
    (22, ErrorKind::InvalidInput),
    (26, ErrorKind::ExecutableFileBusy),
    (27, ErrorKind::FileTooLarge),
    (28, ErrorKind::StorageFull),
    (29, ErrorKind::NotSeekable),
    (30, ErrorKind::ReadOnlyFilesystem),
    (31, ErrorKind::TooManyLinks),
    (32, ErrorKind::BrokenPipe),
    (36, ErrorKind::InvalidFilename),
    (38, ErrorKind::Unsupported),
    (39, ErrorKind::DirectoryNotEmpty),
    (122, ErrorKind::QuotaExceeded),
];

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&words(self.0))
    }
}

impl std::error::Error for HostError {}

/// What the host answered: a count, or an error's number below zero.
pub(super) fn count(answer: i64) -> io::Result<usize> {
    usize::try_from(answer).map_err(|_| {
        let number = i32::try_from(answer.unsigned_abs()).unwrap_or(0);
        let kind = KINDS.iter().find(|row| row.0 == number).map_or(ErrorKind::Other, |row| row.1);
        io::Error::new(kind, HostError(number))
    })
}

/// The number of an error of the host, or 0.
pub(crate) fn error_number(error: &io::Error) -> i32 {
    let host = error.get_ref().and_then(|error| error.downcast_ref::<HostError>());
    host.map_or(0, |error| error.0)
}
