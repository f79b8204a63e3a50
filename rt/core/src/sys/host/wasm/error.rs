//! Errors of the host: Linux's numbers, with Linux's words, so that programs say the same everywhere.

use std::fmt;
use std::io::{self, ErrorKind};

/// An error by its number.
#[derive(Debug)]
struct HostError(i32);

/// Numbers, words and kinds of errors that files and streams have.
const ERRORS: &[(i32, &str, ErrorKind)] = &[
    (1, "Operation not permitted", ErrorKind::PermissionDenied),
    (2, "No such file or directory", ErrorKind::NotFound),
    (4, "Interrupted system call", ErrorKind::Interrupted),
    (5, "Input/output error", ErrorKind::Other),
    (9, "Bad file descriptor", ErrorKind::Other),
    (11, "Resource temporarily unavailable", ErrorKind::WouldBlock),
    (12, "Cannot allocate memory", ErrorKind::OutOfMemory),
    (13, "Permission denied", ErrorKind::PermissionDenied),
    (16, "Device or resource busy", ErrorKind::ResourceBusy),
    (17, "File exists", ErrorKind::AlreadyExists),
    (18, "Invalid cross-device link", ErrorKind::CrossesDevices),
    (20, "Not a directory", ErrorKind::NotADirectory),
    (21, "Is a directory", ErrorKind::IsADirectory),
    (22, "Invalid argument", ErrorKind::InvalidInput),
    (23, "Too many open files in system", ErrorKind::Other),
    (24, "Too many open files", ErrorKind::Other),
    (26, "Text file busy", ErrorKind::ExecutableFileBusy),
    (27, "File too large", ErrorKind::FileTooLarge),
    (28, "No space left on device", ErrorKind::StorageFull),
    (29, "Illegal seek", ErrorKind::NotSeekable),
    (30, "Read-only file system", ErrorKind::ReadOnlyFilesystem),
    (31, "Too many links", ErrorKind::TooManyLinks),
    (32, "Broken pipe", ErrorKind::BrokenPipe),
    (36, "File name too long", ErrorKind::InvalidFilename),
    (38, "Function not implemented", ErrorKind::Unsupported),
    (39, "Directory not empty", ErrorKind::DirectoryNotEmpty),
    (40, "Too many levels of symbolic links", ErrorKind::Other),
    (122, "Disk quota exceeded", ErrorKind::QuotaExceeded),
];

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match ERRORS.iter().find(|row| row.0 == self.0) {
            Some((_, words, _)) => f.write_str(words),
            None => write!(f, "Unknown error {}", self.0),
        }
    }
}

impl std::error::Error for HostError {}

/// What the host answered: a count, or an error's number below zero.
pub(super) fn count(answer: i64) -> io::Result<usize> {
    usize::try_from(answer).map_err(|_| {
        let number = i32::try_from(answer.unsigned_abs()).unwrap_or(0);
        let kind = ERRORS.iter().find(|row| row.0 == number).map_or(ErrorKind::Other, |row| row.2);
        io::Error::new(kind, HostError(number))
    })
}

/// The number of an error of the host, or 0.
pub(crate) fn error_number(error: &io::Error) -> i32 {
    let host = error.get_ref().and_then(|error| error.downcast_ref::<HostError>());
    host.map_or(0, |error| error.0)
}
