//! Outputs in the making. Each is in a folder of its own beside its place, `.vittec-XXXXXX`, which its maker locks and
//! removes. Who is killed cannot; what it leaves, the next output in the same place removes, as nobody holds the lock.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

const PREFIX: &str = ".vittec-";

/// How old a folder without a lock is at least that nobody is about to lock.
const ABANDONED: Duration = Duration::from_secs(60);

/// A file to be written, and then to be renamed.
#[derive(Debug)]
pub struct Unfinished {
    folder: TempDir,
    /// Held as long as the folder is in use. Not every system locks folders.
    _lock: Option<File>,
}

impl Unfinished {
    /// A place for what will become `output`, in the same folder, so that renaming stays on one file system.
    ///
    /// # Errors
    /// The system refuses to make anything there.
    pub fn beside(output: &Path) -> io::Result<Unfinished> {
        let directory = output.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(directory)?;
        let lock = File::open(folder.path()).ok().filter(|lock| lock.try_lock().is_ok());
        remove_abandoned(directory);
        Ok(Unfinished { folder, _lock: lock })
    }

    /// The file, which does not exist yet.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("output")
    }

    /// Renames the file to `output`.
    ///
    /// # Errors
    /// The system refuses.
    pub fn finish(self, output: &Path) -> io::Result<()> {
        fs::rename(self.path(), output)
    }
}

/// Removes what others left in a folder; what cannot be removed stays.
fn remove_abandoned(directory: &Path) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let is_ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        if is_ours && is_abandoned(&entry.path()).unwrap_or(false) {
            _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn is_abandoned(folder: &Path) -> io::Result<bool> {
    let metadata = fs::symlink_metadata(folder)?;
    let is_old = metadata.modified()?.elapsed().is_ok_and(|age| age >= ABANDONED);
    Ok(metadata.is_dir() && is_old && File::open(folder)?.try_lock().is_ok())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::time::SystemTime;

    #[test]
    fn what_somebody_left_is_removed_and_what_is_in_use_stays() {
        let place = tempfile::tempdir().unwrap();
        let left = |name: &str, age: Duration| {
            let folder = place.path().join(name);
            fs::create_dir(&folder).unwrap();
            fs::write(folder.join("output"), "half").unwrap();
            let opened = File::open(&folder).unwrap();
            opened.set_modified(SystemTime::now() - age).unwrap();
            opened
        };
        drop(left(".vittec-killed", ABANDONED * 2));
        drop(left(".vittec-recent", Duration::ZERO));
        drop(left("vittec-other", ABANDONED * 2));
        let used = left(".vittec-in-use", ABANDONED * 2);
        used.lock().unwrap();
        let output = place.path().join("program");
        let unfinished = Unfinished::beside(&output).unwrap();
        fs::write(unfinished.path(), "whole").unwrap();
        unfinished.finish(&output).unwrap();
        let mut names: Vec<_> = fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, [".vittec-in-use", ".vittec-recent", "program", "vittec-other"]);
        assert_eq!(fs::read(output).unwrap(), b"whole");
    }
}
