//! Files of the host, in the shape of [`std::fs`]: as much of it as the standard library of Vitte uses.

use super::error::count;
use super::{Text, import, read, split, text};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::time::{Duration, SystemTime};

/// How a file is opened, as bits.
mod how {
    pub(super) const READ: i32 = 1;
    pub(super) const WRITE: i32 = 2;
    pub(super) const APPEND: i32 = 4;
    pub(super) const CREATE: i32 = 8;
    pub(super) const TRUNCATE: i32 = 16;
    pub(super) const NEW: i32 = 32;
}

/// A path that systems can have.
fn checked(path: &str) -> io::Result<&str> {
    if path.contains('\0') {
        return Err(ErrorKind::InvalidInput.into());
    }
    Ok(path)
}

/// How to open a file.
#[derive(Default)]
pub(crate) struct OpenOptions(i32);

macro_rules! options {
    ($($name:ident $bits:expr;)*) => { $(
        pub(crate) fn $name(&mut self, on: bool) -> &mut OpenOptions {
            self.0 = if on { self.0 | $bits } else { self.0 & !$bits };
            self
        }
    )* };
}

impl OpenOptions {
    pub(crate) fn new() -> OpenOptions {
        OpenOptions::default()
    }

    options! {
        read how::READ;
        write how::WRITE;
        append how::APPEND | how::WRITE;
        create how::CREATE;
        truncate how::TRUNCATE;
        create_new how::NEW | how::CREATE;
    }

    pub(crate) fn open(&self, path: &str) -> io::Result<File> {
        let path = checked(path)?;
        // SAFETY: the path is readable.
        let file = count(unsafe { import::open(path.as_ptr(), path.len(), self.0) })?;
        Ok(File(file as i32))
    }
}

/// An open file.
pub(crate) struct File(i32);

impl File {
    pub(crate) fn open(path: &str) -> io::Result<File> {
        OpenOptions::new().read(true).open(path)
    }

    fn seek_to(&self, offset: i64, whence: i32) -> io::Result<u64> {
        // SAFETY: touches no memory.
        count(unsafe { import::seek(self.0, offset, whence) }).map(|place| place as u64)
    }

    /// The size of the file, 0 if it has none.
    pub(crate) fn metadata(&self) -> io::Result<Metadata> {
        let size = self.seek_to(0, 1).and_then(|place| {
            let end = self.seek_to(0, 2)?;
            self.seek_to(place as i64, 0).map(|_| end)
        });
        Ok(Metadata { kind: 0, len: size.unwrap_or(0), changed: 0 })
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // SAFETY: touches no memory. An error leaves nothing to do.
        unsafe { import::close(self.0) };
    }
}

impl Read for &File {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        read(self.0, into)
    }
}

impl Read for File {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        read(self.0, into)
    }
}

impl Write for &File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        super::write(self.0, bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for &File {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match to {
            SeekFrom::Start(offset) => self.seek_to(offset as i64, 0),
            SeekFrom::Current(offset) => self.seek_to(offset, 1),
            SeekFrom::End(offset) => self.seek_to(offset, 2),
        }
    }
}

/// What is known of something at a path.
#[derive(Clone, Copy)]
pub(crate) struct Metadata {
    /// 0 for a file, 1 for a directory, 2 for something else.
    kind: i64,
    len: u64,
    /// Nanoseconds since 1970.
    changed: i64,
}

impl Metadata {
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    pub(crate) fn file_type(&self) -> Metadata {
        *self
    }

    pub(crate) fn is_file(&self) -> bool {
        self.kind == 0
    }

    pub(crate) fn is_dir(&self) -> bool {
        self.kind == 1
    }

    pub(crate) fn modified(&self) -> io::Result<SystemTime> {
        let time = Duration::from_nanos(self.changed.unsigned_abs());
        let epoch = SystemTime::UNIX_EPOCH;
        Ok(if self.changed < 0 { epoch - time } else { epoch + time })
    }
}

pub(crate) fn metadata(path: &str) -> io::Result<Metadata> {
    let (path, mut info) = (checked(path)?, [0; 3]);
    // SAFETY: the path is readable, and there is room for three numbers.
    count(unsafe { import::info(path.as_ptr(), path.len(), info.as_mut_ptr()) })?;
    let [kind, len, changed] = info;
    Ok(Metadata { kind, len: len as u64, changed })
}

/// Makes `bytes` the contents of a file.
pub(crate) fn write(path: &str, bytes: &[u8]) -> io::Result<()> {
    (&OpenOptions::new().write(true).create(true).truncate(true).open(path)?).write_all(bytes)
}

fn change(path: &str, how: i32) -> io::Result<()> {
    let path = checked(path)?;
    // SAFETY: the path is readable.
    count(unsafe { import::change(path.as_ptr(), path.len(), how) }).map(drop)
}

pub(crate) fn remove_file(path: &str) -> io::Result<()> {
    change(path, 0)
}

pub(crate) fn remove_dir(path: &str) -> io::Result<()> {
    change(path, 1)
}

pub(crate) fn create_dir(path: &str) -> io::Result<()> {
    change(path, 2)
}

pub(crate) fn rename(from: &str, to: &str) -> io::Result<()> {
    let (from, to) = (checked(from)?, checked(to)?);
    // SAFETY: both paths are readable.
    count(unsafe { import::rename(from.as_ptr(), from.len(), to.as_ptr(), to.len()) }).map(drop)
}

/// A name in a directory.
pub(crate) struct DirEntry(String);

impl DirEntry {
    pub(crate) fn file_name(&self) -> std::ffi::OsString {
        self.0.clone().into()
    }
}

pub(crate) fn read_dir(path: &str) -> io::Result<impl Iterator<Item = io::Result<DirEntry>>> {
    let names = split(&text(Text::Names, checked(path)?)?);
    Ok(names.into_iter().map(|name| Ok(DirEntry(name))))
}
