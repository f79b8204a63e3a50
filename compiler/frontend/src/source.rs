//! Source files, and places in them.
//!
//! A place is a number: files lie one after the other in one space of bytes, so that a [`Span`] says both which file
//! and where in it, in eight bytes. [`Sources`] turns it back into file, line and column.

use std::cell::{Cell, RefCell};

/// A source file as its author wrote it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceFile {
    /// Its name, as messages and stack traces show it.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// Where imported modules come from.
pub trait SourceLoader {
    /// The module `name` (segments parted by dots) that the file `importer` asks for; `None` if there is none.
    ///
    /// Two modules are the same if their file names are.
    fn load(&mut self, importer: &str, name: &str) -> Option<SourceFile>;
}

/// Knows no modules but those of the standard library.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoModules;

impl SourceLoader for NoModules {
    fn load(&mut self, _: &str, _: &str) -> Option<SourceFile> {
        None
    }
}

/// A range of bytes in some file of [`Sources`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

impl Span {
    /// From the start of `self` to the end of `other`.
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The empty range before the first byte.
    pub fn before(self) -> Span {
        Span { start: self.start, end: self.start }
    }

    /// The empty range after the last byte.
    pub fn after(self) -> Span {
        Span { start: self.end, end: self.end }
    }
}

/// A file of [`Sources`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct FileId(pub u32);

/// A place for people: all counted from 1, columns in characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Position {
    /// The file.
    pub file: FileId,
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

#[derive(Debug)]
struct Entry {
    file: SourceFile,
    base: u32,
    /// The offsets at which lines start, computed when first asked for.
    lines: RefCell<Vec<u32>>,
    /// The last offset that was asked for far from the start of its line, and its column.
    far: Cell<(usize, u32)>,
}

/// From how many bytes on a place is far from the start of its line.
const LONG_LINE: usize = 1000;

/// All source files of a compilation.
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<Entry>,
    next: u32,
}

impl From<SourceFile> for Sources {
    /// One file alone, as [`format`](crate::format::format) and the like count its bytes.
    fn from(file: SourceFile) -> Sources {
        let mut sources = Sources::default();
        sources.add(file);
        sources
    }
}

impl Sources {
    /// The most bytes that all files of a compilation may have.
    pub const MAX_BYTES: usize = 1 << 31;

    /// Takes a file in; `None` if there would be more than [`Sources::MAX_BYTES`].
    pub(crate) fn add(&mut self, file: SourceFile) -> Option<FileId> {
        let base = self.next;
        let len = file.text.len();
        if base as usize + len >= Self::MAX_BYTES {
            return None;
        }
        // A byte in between keeps the end of one file apart from the start of the next.
        self.next = base + len as u32 + 1;
        self.files.push(Entry { file, base, lines: RefCell::default(), far: Cell::default() });
        Some(FileId(self.files.len() as u32 - 1))
    }

    /// The file.
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize].file
    }

    /// All files, in the order in which they were read.
    pub fn files(&self) -> impl Iterator<Item = &SourceFile> {
        self.files.iter().map(|entry| &entry.file)
    }

    /// Where the bytes of the file of this name begin, and its text.
    pub(crate) fn file_named(&self, name: &str) -> Option<(u32, &str)> {
        let entry = self.files.iter().find(|entry| entry.file.name == name)?;
        Some((entry.base, &entry.file.text))
    }

    /// Where the bytes of a file begin.
    pub(crate) fn base(&self, id: FileId) -> u32 {
        self.files[id.0 as usize].base
    }

    /// The file that a place is in.
    pub fn file_of(&self, offset: u32) -> FileId {
        let after = self.files.partition_point(|entry| entry.base <= offset);
        FileId(after.saturating_sub(1) as u32)
    }

    /// The file of a span, and its bytes in the file's text.
    pub fn locate(&self, span: Span) -> (&SourceFile, std::ops::Range<usize>) {
        let entry = &self.files[self.file_of(span.start).0 as usize];
        let len = entry.file.text.len();
        let at = |offset: u32| ((offset - entry.base) as usize).min(len);
        (&entry.file, at(span.start)..at(span.end.max(span.start)))
    }

    /// The text of a span.
    pub fn text(&self, span: Span) -> &str {
        let (file, range) = self.locate(span);
        file.text.get(range).unwrap_or_default()
    }

    /// Line and column of a place.
    pub fn position(&self, offset: u32) -> Position {
        let file = self.file_of(offset);
        let entry = &self.files[file.0 as usize];
        let text = &entry.file.text;
        let mut lines = entry.lines.borrow_mut();
        if lines.is_empty() {
            lines.push(0);
            lines.extend(text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n').map(|(at, _)| at as u32 + 1));
        }
        let local = (offset - entry.base).min(text.len() as u32);
        let line = lines.partition_point(|&start| start <= local);
        let start = lines[line - 1] as usize;
        let local = local as usize;
        // Bytes that continue a character do not count.
        let count = |from: usize, to: usize| {
            text.as_bytes()[from..to].iter().filter(|&&byte| byte & 0xc0 != 0x80).count() as u32
        };
        // In a long line, places are often near to the one asked for before.
        let column = match entry.far.get() {
            (far, column) if far > start && far <= local => column + count(far, local),
            _ => 1 + count(start, local),
        };
        if local - start > LONG_LINE {
            entry.far.set((local, column));
        }
        Position { file, line: line as u32, column }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_again() {
        let mut sources = Sources::default();
        let file = |name: &str, text: &str| SourceFile { name: name.to_owned(), text: text.to_owned() };
        let a = sources.add(file("a", "x\nüy\n")).unwrap();
        let b = sources.add(file("b", "z")).unwrap();
        let long = sources.add(file("long", &"é".repeat(3000))).unwrap();
        let at = |offset| {
            let position = sources.position(offset);
            (position.file, position.line, position.column)
        };
        assert_eq!(at(0), (a, 1, 1));
        assert_eq!(at(2), (a, 2, 1));
        assert_eq!(at(4), (a, 2, 2));
        assert_eq!(at(sources.base(b)), (b, 1, 1));
        assert_eq!(sources.text(Span { start: 4, end: 5 }), "y");
        let base = sources.base(long);
        for column in [1500, 2999, 2000, 2001, 1, 3000] {
            assert_eq!(at(base + 2 * (column - 1)), (long, 1, column));
        }
    }
}
