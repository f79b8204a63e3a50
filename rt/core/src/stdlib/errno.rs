//! Linux's words for its errors, as glibc has them, where musl has others: a program says the same whichever it is
//! linked with.

const WORDS: &[(i32, &str)] = &[
    (5, "Input/output error"),
    (12, "Cannot allocate memory"),
    (16, "Device or resource busy"),
    (18, "Invalid cross-device link"),
    (24, "Too many open files"),
    (25, "Inappropriate ioctl for device"),
    (29, "Illegal seek"),
    (36, "File name too long"),
    (40, "Too many levels of symbolic links"),
    (75, "Value too large for defined data type"),
    (88, "Socket operation on non-socket"),
    (90, "Message too long"),
    (95, "Operation not supported"),
    (98, "Address already in use"),
    (99, "Cannot assign requested address"),
    (101, "Network is unreachable"),
    (103, "Software caused connection abort"),
    (106, "Transport endpoint is already connected"),
    (107, "Transport endpoint is not connected"),
    (108, "Cannot send after transport endpoint shutdown"),
    (110, "Connection timed out"),
    (113, "No route to host"),
    (122, "Disk quota exceeded"),
];

/// The words for an error's number, if they are not the same everywhere.
pub(super) fn words(number: i32) -> Option<&'static str> {
    let row = WORDS.iter().find(|row| row.0 == number && cfg!(target_os = "linux"));
    row.map(|row| row.1)
}
