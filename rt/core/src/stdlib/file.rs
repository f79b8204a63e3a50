//! Files and directories.
//!
//! An open file is known by a small number, its place in one table of the program; numbers below `FIRST` are left
//! for the standard streams. What fails raises `IoError` with the path and the system's error number:
//! `cannot open 'x': No such file or directory`.
//!
//! What is written waits in a buffer until there is much of it, until the file is read, moved in, flushed or closed,
//! until C is called, and until the program ends.

use super::io::flush_files_at_exit;
use super::list::reserve_bytes;
use super::range::{check_count, check_range};
use super::string::{list_of_int, list_of_str};
use crate::object::{Form, List, Str};
use crate::sys::host::error_number;
use crate::sys::host::fs::{self, File, OpenOptions};
use crate::sys::{self, words};
use crate::{Process, Throw};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::UNIX_EPOCH;
use vitte_abi::object::type_id;

/// The first number of a file.
const FIRST: usize = 3;

/// The most bytes that one read asks for, so that a careless maximum does not take memory.
const MAX_READ: usize = 1 << 20;

/// Written bytes wait until there are more than these.
const MAX_UNWRITTEN: usize = 32 << 10;

/// An open file, with the path that errors name.
struct Open {
    file: File,
    path: Box<str>,
    /// Nothing waits for a file that was opened to be read: that writing fails shows at once.
    is_buffered: bool,
    unwritten: Mutex<Vec<u8>>,
}

impl Open {
    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let mut unwritten = self.unwritten.lock().unwrap_or_else(PoisonError::into_inner);
        unwritten.extend_from_slice(bytes);
        if unwritten.len() > MAX_UNWRITTEN || !self.is_buffered { self.write_out(&mut unwritten) } else { Ok(()) }
    }

    fn flush(&self) -> io::Result<()> {
        self.write_out(&mut self.unwritten.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Writes what waits; it does not wait any more even if that fails.
    fn write_out(&self, unwritten: &mut Vec<u8>) -> io::Result<()> {
        let result = (&self.file).write_all(unwritten);
        unwritten.clear();
        result
    }
}

static FILES: Mutex<Vec<Option<Arc<Open>>>> = Mutex::new(Vec::new());

fn files() -> MutexGuard<'static, Vec<Option<Arc<Open>>>> {
    FILES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What went wrong, in the system's words.
pub(super) fn reason(error: &io::Error) -> String {
    match (error.raw_os_error(), error.get_ref()) {
        (Some(number), _) => words(number),
        (None, Some(ours)) => ours.to_string(),
        // The standard library itself refuses a name that C could not read to its end, and nothing else.
        (None, None) if error.kind() == ErrorKind::InvalidInput => "there is a zero byte in the name".to_owned(),
        (None, None) => error.kind().to_string(),
    }
}

/// `IoError`: `what` failed because of `error`.
pub(super) fn throw_io(p: &Process, what: &str, path: &str, error: &io::Error) -> Throw {
    let object = p.new_error(type_id::IO_ERROR, &format!("{what}: {}", reason(error)));
    let [_, path_field, code_field] = &*p.runtime().record(type_id::IO_ERROR).fields else {
        unreachable!("IoError has a message, a path and a code")
    };
    object.set_word(p, path_field.offset, p.new_str(path).object().word());
    object.store(p, code_field.offset, Form::INT, error_number(error) as u64);
    Throw::new(object.word())
}

fn throw_path(p: &Process, verb: &str, path: &str, error: &io::Error) -> Throw {
    throw_io(p, &format!("cannot {verb} '{path}'"), path, error)
}

/// Opens a file: its number.
pub fn file_open(p: &Process, path: Str<'_>, mode: Str<'_>) -> Result<i64, Throw> {
    let path = path.as_str();
    let mut options = OpenOptions::new();
    match mode.as_str() {
        "r" => options.read(true),
        "w" => options.write(true).create(true).truncate(true),
        "a" => options.append(true).create(true),
        "r+" => options.read(true).write(true),
        "w+" => options.read(true).write(true).create(true).truncate(true),
        "x" => options.write(true).create_new(true),
        mode => {
            let error = io::Error::new(ErrorKind::InvalidInput, format!("unknown mode '{mode}'"));
            return Err(throw_path(p, "open", path, &error));
        }
    };
    let file = options.open(path).map_err(|error| throw_path(p, "open", path, &error))?;
    let mut files = files();
    let free = files.iter().position(Option::is_none).unwrap_or(files.len());
    if free == files.len() {
        files.push(None);
    }
    let open = Open { file, path: path.into(), is_buffered: mode.as_str() != "r", unwritten: Mutex::default() };
    files[free] = Some(Arc::new(open));
    Ok((free + FIRST) as i64)
}

/// The open file of this number. The table is not locked while the file is in use.
fn open_file(p: &Process, verb: &str, file: i64) -> Result<Arc<Open>, Throw> {
    let found = usize::try_from(file).ok().and_then(|at| files().get(at.checked_sub(FIRST)?)?.clone());
    found.ok_or_else(|| {
        let error = io::Error::new(ErrorKind::NotFound, "it is not open");
        throw_io(p, &format!("cannot {verb} file {file}"), "", &error)
    })
}

/// Appends up to `max` bytes to `into`; their number, 0 at the end.
pub fn file_read<'p>(p: &'p Process, file: i64, into: List<'p>, max: i64) -> Result<i64, Throw> {
    let open = open_file(p, "read", file)?;
    let max = check_count(p, "number of bytes", max)?.min(MAX_READ);
    open.flush().map_err(|error| throw_path(p, "write", &open.path, &error))?;
    let read =
        append_read(p, &mut &open.file, into, max)?.map_err(|error| throw_path(p, "read", &open.path, &error))?;
    Ok(read as i64)
}

/// Reads up to `max` bytes, straight to the end of `into`.
fn append_read<'p>(
    p: &'p Process,
    from: &mut impl Read,
    into: List<'p>,
    max: usize,
) -> Result<io::Result<usize>, Throw> {
    let len = into.len();
    let buffer = reserve_bytes(p, into, len + max)?;
    Ok(loop {
        match buffer.write_with(len, max, |room| from.read(room)) {
            Ok(read) => {
                into.set_len(len + read);
                break Ok(read);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => break Err(error),
        }
    })
}

/// Writes all of `data` from `start` up to `end`.
pub fn file_write(p: &Process, file: i64, data: List<'_>, start: i64, end: i64) -> Result<(), Throw> {
    let open = open_file(p, "write", file)?;
    let range = check_range(p, start, end, data.len())?;
    flush_files_at_exit(flush_files);
    open.write(&data.bytes()[range]).map_err(|error| throw_path(p, "write", &open.path, &error))
}

/// Writes what waits to be written.
pub fn file_flush(p: &Process, file: i64) -> Result<(), Throw> {
    let open = open_file(p, "write", file)?;
    open.flush().map_err(|error| throw_path(p, "write", &open.path, &error))
}

/// Writes what waits for all files; says on standard error what fails.
fn flush_files() {
    let all: Vec<Arc<Open>> = files().iter().flatten().cloned().collect();
    for open in all {
        if let Err(error) = open.flush() {
            sys::write_err(format!("error: cannot write '{}': {}\n", open.path, reason(&error)).as_bytes());
        }
    }
}

/// Moves to `offset` from the start (0), the current place (1) or the end (2); the new place.
pub fn file_seek(p: &Process, file: i64, offset: i64, whence: i64) -> Result<i64, Throw> {
    let open = open_file(p, "seek in", file)?;
    let to = match whence {
        0 => u64::try_from(offset).ok().map(SeekFrom::Start),
        1 => Some(SeekFrom::Current(offset)),
        2 => Some(SeekFrom::End(offset)),
        _ => None,
    };
    open.flush().map_err(|error| throw_path(p, "write", &open.path, &error))?;
    to.ok_or_else(|| io::Error::new(ErrorKind::InvalidInput, "there is no such place"))
        .and_then(|to| (&open.file).seek(to))
        .map(|place| place as i64)
        .map_err(|error| throw_path(p, "seek in", &open.path, &error))
}

/// Closes a file. Its number may be given to another.
pub fn file_close(p: &Process, file: i64) -> Result<(), Throw> {
    let open = open_file(p, "close", file)?;
    files()[file as usize - FIRST] = None;
    open.flush().map_err(|error| throw_path(p, "write", &open.path, &error))
}

/// The whole file as bytes.
pub fn read_file<'p>(p: &'p Process, path: Str<'_>) -> Result<List<'p>, Throw> {
    let path = path.as_str();
    let fail = |error: io::Error| throw_path(p, "read", path, &error);
    let mut file = File::open(path).map_err(fail)?;
    let size = file.metadata().map_err(fail)?.len();
    // One byte more, to see the end without growing; more where the system does not know the size.
    let bytes = p.new_list(type_id::BYTES, 0);
    reserve_bytes(p, bytes, (size as usize).saturating_add(1).max(512))?;
    loop {
        let room = bytes.buffer().size() - bytes.len();
        match append_read(p, &mut file, bytes, room.max(512))? {
            Ok(0) => return Ok(bytes),
            Ok(_) => {}
            Err(error) => return Err(fail(error)),
        }
    }
}

/// Makes `data` the whole contents of a file.
pub fn write_file(p: &Process, path: Str<'_>, data: List<'_>) -> Result<(), Throw> {
    let path = path.as_str();
    fs::write(path, data.bytes()).map_err(|error| throw_path(p, "write", path, &error))
}

/// Removes a file.
pub fn remove_file(p: &Process, path: Str<'_>) -> Result<(), Throw> {
    let path = path.as_str();
    fs::remove_file(path).map_err(|error| throw_path(p, "remove", path, &error))
}

/// Gives a file or directory another name; a file there is replaced.
pub fn rename(p: &Process, from: Str<'_>, to: Str<'_>) -> Result<(), Throw> {
    let (from, to) = (from.as_str(), to.as_str());
    fs::rename(from, to).map_err(|error| throw_io(p, &format!("cannot rename '{from}' to '{to}'"), from, &error))
}

/// Makes a directory.
pub fn create_dir(p: &Process, path: Str<'_>) -> Result<(), Throw> {
    let path = path.as_str();
    fs::create_dir(path).map_err(|error| throw_path(p, "create", path, &error))
}

/// Removes an empty directory.
pub fn remove_dir(p: &Process, path: Str<'_>) -> Result<(), Throw> {
    let path = path.as_str();
    fs::remove_dir(path).map_err(|error| throw_path(p, "remove", path, &error))
}

/// The names in a directory, sorted by bytes.
pub fn list_dir<'p>(p: &'p Process, path: Str<'_>) -> Result<List<'p>, Throw> {
    let path = path.as_str();
    let names = fs::read_dir(path).and_then(|entries| {
        entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect::<io::Result<Vec<String>>>()
    });
    let mut names = names.map_err(|error| throw_path(p, "list", path, &error))?;
    names.sort_unstable();
    let names: Vec<Str<'_>> = names.iter().map(|name| p.new_str(name)).collect();
    Ok(list_of_str(p, &names))
}

/// Kind (0 file, 1 directory, 2 other), size in bytes, time of change in nanoseconds since 1970; empty if there is
/// nothing at `path`.
pub fn file_info<'p>(p: &'p Process, path: Str<'_>) -> Result<List<'p>, Throw> {
    let path = path.as_str();
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(list_of_int(p, [].into_iter()));
        }
        Err(error) => return Err(throw_path(p, "look at", path, &error)),
    };
    let kind = match metadata.file_type() {
        kind if kind.is_file() => 0,
        kind if kind.is_dir() => 1,
        _ => 2,
    };
    let changed = metadata.modified().map_or(0, |time| match time.duration_since(UNIX_EPOCH) {
        Ok(after) => after.as_nanos() as i64,
        Err(before) => -(before.duration().as_nanos() as i64),
    });
    Ok(list_of_int(p, [kind, metadata.len() as i64, changed].into_iter()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::Obj;
    use crate::stdlib::list::new_bytes;
    use crate::testing::Types;
    use std::path::PathBuf;
    use vitte_abi::object::type_id::{INT, STR};

    /// An empty directory that goes away with the test.
    struct Place(PathBuf);

    impl Place {
        fn new(name: &str) -> Place {
            let path = std::env::temp_dir().join(format!("vitte-rt-{}-{name}", std::process::id()));
            fs::create_dir(&path).unwrap();
            Place(path)
        }

        fn path<'p>(&self, p: &'p Process, name: &str) -> Str<'p> {
            p.new_str(self.0.join(name).to_str().unwrap())
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn process() -> Box<Process> {
        let mut types = Types::new();
        types.list("[str]", STR);
        types.list("[int]", INT);
        types.process()
    }

    /// Message, path and code of an `IoError`.
    fn parts<T>(p: &Process, result: Result<T, Throw>) -> (&str, &str, i64) {
        let error: Obj<'_> = result.map(|_| ()).unwrap_err().exception().object(p).unwrap();
        assert_eq!(error.ty(), type_id::IO_ERROR);
        let fields = &p.runtime().record(type_id::IO_ERROR).fields;
        let text = |at: usize| Str::of(p.object(error.raw(fields[at].offset))).as_str();
        (text(0), text(1), error.raw(fields[2].offset) as i64)
    }

    #[test]
    fn what_is_written_can_be_read() {
        let (p, place) = (process(), Place::new("files"));
        let path = place.path(&p, "a.txt");
        let open = |mode| file_open(&p, path, p.new_str(mode));
        let data = new_bytes(&p, b"hello, world");

        let file = open("w").unwrap();
        file_write(&p, file, data, 0, 5).unwrap();
        file_write(&p, file, data, 5, 12).unwrap();
        file_close(&p, file).unwrap();
        assert_eq!(read_file(&p, path).unwrap().bytes(), b"hello, world");
        let file = open("a").unwrap();
        file_write(&p, file, data, 0, 1).unwrap();
        file_close(&p, file).unwrap();

        let file = open("r+").unwrap();
        assert_eq!(file_seek(&p, file, -6, 2).unwrap(), 7);
        let into = new_bytes(&p, b">");
        assert_eq!(file_read(&p, file, into, 3).unwrap(), 3);
        assert_eq!(file_read(&p, file, into, 100).unwrap(), 3);
        assert_eq!(file_read(&p, file, into, 100).unwrap(), 0);
        assert_eq!(into.bytes(), b">worldh");
        assert_eq!(file_seek(&p, file, 0, 0).unwrap(), 0);
        file_write(&p, file, data, 7, 12).unwrap();
        assert_eq!(read_file(&p, path).unwrap().bytes(), b"hello, worldh", "it waits");
        file_flush(&p, file).unwrap();
        assert_eq!(read_file(&p, path).unwrap().bytes(), b"world, worldh");
        file_close(&p, file).unwrap();
        assert_eq!(read_file(&p, path).unwrap().bytes(), b"world, worldh");

        let big: Vec<u8> = (0..1_000_000u32).map(|i| (i % 251) as u8).collect();
        write_file(&p, path, new_bytes(&p, &big)).unwrap();
        assert_eq!(read_file(&p, path).unwrap().bytes(), big);
    }

    #[test]
    fn directories_are_listed_in_order() {
        let (p, place) = (process(), Place::new("dirs"));
        let path = |name| place.path(&p, name);
        create_dir(&p, path("d")).unwrap();
        for name in ["d/b", "d/a", "d/c"] {
            write_file(&p, path(name), new_bytes(&p, b"12345")).unwrap();
        }
        rename(&p, path("d/c"), path("d/0")).unwrap();
        let names = list_dir(&p, path("d")).unwrap();
        let names: Vec<&str> =
            names.buffer().words()[..3].iter().map(|w| Str::of(p.object(w.get().0)).as_str()).collect();
        assert_eq!(names, ["0", "a", "b"]);
        let info = |name| -> Vec<i64> {
            file_info(&p, path(name)).unwrap().cells::<i64>().iter().map(|cell| cell.get()).collect()
        };
        assert_eq!((info("d/a")[..2].to_vec(), info("d")[0], info("no")), (vec![0, 5], 1, vec![]));
        assert!(info("d/a")[2] > 1_500_000_000_000_000_000);
        for name in ["d/0", "d/a", "d/b"] {
            remove_file(&p, path(name)).unwrap();
        }
        remove_dir(&p, path("d")).unwrap();
        assert_eq!(info("d"), []);
    }

    #[test]
    fn failures_say_what_where_and_why() {
        let (p, place) = (process(), Place::new("failures"));
        let path = place.path(&p, "missing");
        let name = path.as_str();
        let expected = format!("cannot open '{name}': No such file or directory");
        assert_eq!(parts(&p, file_open(&p, path, p.new_str("r"))), (&*expected, name, 2));
        let expected = format!("cannot read '{name}': No such file or directory");
        assert_eq!(parts(&p, read_file(&p, path)), (&*expected, name, 2));
        let expected = format!("cannot open '{name}': unknown mode 'rw'");
        assert_eq!(parts(&p, file_open(&p, path, p.new_str("rw"))), (&*expected, name, 0));
        let file = file_open(&p, path, p.new_str("x")).unwrap();
        assert_eq!(parts(&p, file_open(&p, path, p.new_str("x"))).2, 17);
        file_close(&p, file).unwrap();
        for file in [-1, 0, 1_000_000] {
            let expected = format!("cannot read file {file}: it is not open");
            assert_eq!(parts(&p, file_read(&p, file, new_bytes(&p, b""), 1)).0, expected);
        }
    }
}
