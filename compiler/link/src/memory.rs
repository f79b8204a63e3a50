//! Linking inside this process, from bytes to bytes, with the linker Wild.
//!
//! The linker sees a file system of five names: the program's object, the runtime's archive, the C library and its
//! start file, and the output.

use crate::error::LinkError;
use crate::linker::LinkOptions;
use crate::runtime::{C_LIBRARY, Runtime, START};
use crate::target::Target;
use libwild::{Args, FileSystem, FileType, InputFileData, Linker, OutputFileData, OutputOptions};
use std::borrow::Cow;
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// Whether this compiler can link by itself.
pub(crate) const AVAILABLE: bool = true;

const OBJECT: &str = "program.o";
const OUTPUT: &str = "program";

/// Links `object` with a complete runtime into a static executable.
pub(crate) fn link(
    target: &Target,
    runtime: &Runtime,
    object: &[u8],
    options: &LinkOptions,
) -> Result<Vec<u8>, LinkError> {
    let archive = runtime.archive()?;
    let inputs = [
        (START, runtime.read(START)?),
        (OBJECT, Cow::from(object.to_vec())),
        (crate::runtime::ARCHIVE, archive),
        (C_LIBRARY, runtime.read(C_LIBRARY)?),
    ];
    let names = inputs.iter().map(|input| input.0);
    let mut arguments = vec!["vittec", "-m", &target.emulation, "-static", "--gc-sections", "--build-id=none"];
    arguments.extend(["--no-identity-comment", "-z", "noexecstack", "-z", "relro", "-z", "now", "-o", OUTPUT]);
    if options.strip {
        arguments.push("--strip-all");
    }
    arguments.extend(names);

    let files = Files { inputs: inputs.map(|(name, bytes)| (name, Arc::new(bytes))).into(), output: Arc::default() };
    run(&arguments, files.clone()).map_err(|error| explain(&error.to_string()))?;
    let output = std::mem::take(&mut *files.output.lock().unwrap_or_else(|poisoned| poisoned.into_inner()));
    Ok(output)
}

/// Finds the best words for a failed link.
fn explain(error: &str) -> LinkError {
    let missing = error.split_once("Undefined symbol ").and_then(|(_, rest)| rest.split_once(", referenced by"));
    match missing {
        Some((symbol, _)) => LinkError::NoSymbol { symbol: symbol.to_owned() },
        None => LinkError::LinkerFailed {
            program: "the built-in linker".into(),
            status: "error".into(),
            output: error.to_owned(),
        },
    }
}

fn run(arguments: &[&str], files: Files) -> libwild::error::Result {
    let all = || arguments.iter();
    let mut args = Args::new(all)?;
    // There are none to be told about: all inputs are ours.
    args.on_warning(Box::new(|_| {}));
    args.parse(all)?;
    Linker::with_file_system(files).run(&args).map(drop)
}

/// An input's content, which many may read.
type Bytes = Arc<Cow<'static, [u8]>>;

/// The inputs by name, and the output.
#[derive(Clone)]
struct Files {
    inputs: Arc<[(&'static str, Bytes)]>,
    output: Arc<Mutex<Vec<u8>>>,
}

#[derive(Debug)]
struct Input(Bytes);

struct Output {
    bytes: Vec<u8>,
    place: Arc<Mutex<Vec<u8>>>,
}

impl InputFileData for Input {
    fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl OutputFileData for Output {
    fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    fn finish(self) -> libwild::error::Result {
        *self.place.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = self.bytes;
        Ok(())
    }
}

impl Files {
    fn find(&self, path: &Path) -> Result<&Bytes, std::io::Error> {
        let input = self.inputs.iter().find(|input| Path::new(input.0) == path);
        input.map(|input| &input.1).ok_or_else(|| ErrorKind::NotFound.into())
    }
}

impl FileSystem for Files {
    type Input = Input;
    type Output = Output;

    fn open_input(&self, path: &Path, _: bool) -> libwild::error::Result<(Input, Option<Arc<File>>)> {
        Ok((Input(self.find(path)?.clone()), None))
    }

    fn file_type(&self, path: &Path) -> libwild::error::Result<FileType> {
        self.find(path)?;
        Ok(FileType::File)
    }

    fn canonicalize(&self, path: &Path) -> libwild::error::Result<PathBuf> {
        Ok(path.to_owned())
    }

    fn remove_file(&self, _: &Path) -> libwild::error::Result<()> {
        Err(std::io::Error::from(ErrorKind::NotFound).into())
    }

    fn rename_file(&self, _: &Path, _: &Path) -> libwild::error::Result<()> {
        Err(std::io::Error::from(ErrorKind::NotFound).into())
    }

    fn create_output(&self, _: Arc<Path>, options: OutputOptions) -> libwild::error::Result<Output> {
        Ok(Output { bytes: vec![0; options.size as usize], place: self.output.clone() })
    }

    fn write_auxiliary(&self, path: &Path, _: &[u8]) -> libwild::error::Result {
        unreachable!("no option asks for the file {}", path.display())
    }
}
