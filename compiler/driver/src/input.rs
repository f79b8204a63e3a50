//! Reading programs: a binary or text module, and the modules that it imports.

use crate::codes;
use crate::failure::{DIAGNOSTICS, Diagnostic, Failure, REJECTED, Result};
use crate::output::shown;
use crate::report::Reporter;
use crate::vit;
use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use vitbc::limits::MAX_FILE;
use vitbc::text::ParseOptions;
use vitbc::{Module, Verified};
use vitte_frontend::SourceFile;

/// Endings of module files, in the order in which an import looks for them.
const ENDINGS: [&str; 2] = ["vitbc", "vitasm"];

/// A module and the file it came from.
pub struct Input {
    /// The file's name, for messages.
    pub file: String,
    /// The module.
    pub module: Module,
    /// Where it can be read again; standard input cannot.
    path: Option<PathBuf>,
    /// What is to be said about it all the same.
    pub warnings: Vec<Diagnostic>,
}

/// Reads one file: Vitte source (`.vit`, which finds what it imports in `folders` too), bytecode as text (`.vitasm`, and
/// standard input, `-`, unless it begins as bytecode does), or bytecode.
///
/// # Errors
/// It cannot be read, or is no module.
pub fn read(path: &Path, folders: &[PathBuf]) -> Result<Input> {
    read_with(path, folders, &vitte_frontend::Options::default())
}

fn read_with(path: &Path, folders: &[PathBuf], options: &vitte_frontend::Options) -> Result<Input> {
    let bytes = read_bytes(path)?;
    let file = shown(path);
    if path.extension().is_some_and(|ending| ending == "vit") {
        let main = SourceFile { text: text_of(&file, bytes)?, name: file.clone() };
        let compiled = vit::module(main, folders, options)?;
        return Ok(Input { file, module: compiled.module, path: None, warnings: compiled.warnings });
    }
    let is_text = path.extension().is_some_and(|ending| ending == "vitasm")
        || path == Path::new("-") && !bytes.starts_with(b"VIT");
    if is_text {
        return read_text(path, file, bytes);
    }
    match vitbc::read(&bytes) {
        Ok(module) => Ok(Input { file, module, path: Some(path.to_owned()), warnings: vec![] }),
        Err(error) => Err(Failure::new(REJECTED, Diagnostic::of(error, &file, None))),
    }
}

/// Reads a file of Vitte source as it is, `-` for standard input.
///
/// # Errors
/// It cannot be read, or is not UTF-8.
pub fn read_source(path: &Path) -> Result<SourceFile> {
    let bytes = read_bytes(path)?;
    let name = shown(path);
    Ok(SourceFile { text: text_of(&name, bytes)?, name })
}

/// The files among `inputs`, and all Vitte sources in the folders among them.
///
/// # Errors
/// A folder cannot be read.
pub fn source_files(inputs: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in inputs {
        match path.is_dir() {
            true => find(path, &mut files)?,
            false => files.push(path.clone()),
        }
    }
    Ok(files)
}

/// All source files in a folder and those in it, by name; hidden ones are left alone.
fn find(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let failed = |error: std::io::Error| Failure::io(folder, "read", &error);
    let mut entries = fs::read_dir(folder).and_then(Iterator::collect::<std::io::Result<Vec<_>>>).map_err(failed)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        // A link to a folder may lead back.
        let is_folder = entry.file_type().map_err(failed)?.is_dir();
        if is_folder && !entry.file_name().to_string_lossy().starts_with('.') {
            find(&path, files)?;
        } else if path.extension().is_some_and(|ending| ending == "vit") && path.is_file() {
            files.push(path);
        }
    }
    Ok(())
}

fn read_bytes(path: &Path) -> Result<Vec<u8>> {
    let failed = |error: std::io::Error| Failure::io(path, "read", &error);
    let limit = MAX_FILE as u64 + 1;
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().take(limit).read_to_end(&mut bytes).map_err(failed)?;
    } else {
        // A device may go on for ever.
        fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes)).map_err(failed)?;
    }
    Ok(bytes)
}

fn text_of(file: &str, bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let mut diagnostic = Diagnostic::new(codes::IO_FAILED, "the file is not UTF-8 text");
        diagnostic.file = Some(file.to_owned());
        diagnostic.place.offset = Some(at as u64);
        Failure::new(DIAGNOSTICS, diagnostic)
    })
}

fn read_text(path: &Path, file: String, bytes: Vec<u8>) -> Result<Input> {
    let source: Rc<str> = text_of(&file, bytes)?.into();
    let name = path.file_name().map_or_else(|| "stdin".into(), |name| shown(Path::new(name)));
    let options = ParseOptions { source_name: Some(name) };
    match vitbc::text::parse(&source, &options) {
        Ok(mut module) => {
            // A module without a name of its own is called after its file, so that others can import it.
            if module.name == Module::default().name
                && let Some(stem) = path.file_stem().and_then(|stem| stem.to_str())
                && stem != "-"
            {
                module.name = shown(Path::new(stem));
            }
            let path = (path != Path::new("-")).then(|| path.to_owned());
            Ok(Input { file, module, path, warnings: vec![] })
        }
        Err(errors) => {
            let diagnostics = errors.into_iter().map(|error| Diagnostic::of(error, &file, Some(&source))).collect();
            Err(Failure { exit: DIAGNOSTICS, diagnostics })
        }
    }
}

/// Reads a program: its main module and, beside it or in `folders`, all that it imports; linked into one and verified.
/// Warnings go to `reporter`.
///
/// # Errors
/// A module is missing, broken or rejected.
pub fn load(path: &Path, folders: &[PathBuf], reporter: Option<&Reporter>) -> Result<Verified<Module>> {
    load_from(read(path, folders)?, path, folders, reporter)
}

/// The same for what is to be called by C: of Vitte source, public functions count, and no main is needed.
///
/// # Errors
/// As [`load`].
pub fn load_library(path: &Path, folders: &[PathBuf], reporter: Option<&Reporter>) -> Result<Verified<Module>> {
    let options = vitte_frontend::Options { library: true, ..vitte_frontend::Options::default() };
    load_from(read_with(path, folders, &options)?, path, folders, reporter)
}

fn load_from(main: Input, path: &Path, folders: &[PathBuf], reporter: Option<&Reporter>) -> Result<Verified<Module>> {
    if let Some(reporter) = reporter {
        main.warnings.iter().for_each(|warning| reporter.print(warning));
    }
    if main.module.imports.is_empty() {
        return verify(main);
    }
    let beside = path.parent().map(Path::to_owned).unwrap_or_default();
    let (file, name) = (main.file.clone(), main.module.name.clone());
    let mut known = BTreeSet::from([name.clone()]);
    let mut wanted: Vec<String> = main.module.imports.iter().map(|import| import.module.clone()).collect();
    let mut modules = vec![verify(main)?];
    while let Some(name) = wanted.pop() {
        if !known.insert(name.clone()) {
            continue;
        }
        let mut input = find_module(&name, &beside, folders)?;
        input.module.name = name;
        wanted.extend(input.module.imports.iter().map(|import| import.module.clone()));
        modules.push(verify(input)?);
    }
    let reject = |error| Failure::new(REJECTED, Diagnostic::of(error, &file, None));
    let linked = vitbc::link(modules, &name).map_err(reject)?;
    vitbc::verify::verify(linked).map_err(reject)
}

fn find_module(name: &str, beside: &Path, folders: &[PathBuf]) -> Result<Input> {
    // A module's name is no path: an import reaches no file outside the folders.
    let is_plain = !name.contains(['/', '\\']) && name != "..";
    for folder in std::iter::once(beside).chain(folders.iter().map(PathBuf::as_path)).filter(|_| is_plain) {
        for ending in ENDINGS {
            let file = folder.join(format!("{name}.{ending}"));
            if file.is_file() {
                return read(&file, folders);
            }
        }
    }
    let mut diagnostic =
        Diagnostic::new(codes::NO_MODULE, format!("the module `{}` is not there", name.escape_debug()));
    diagnostic.help = Some(format!("put {name}.vitbc beside the program, or name its folder with -I"));
    Err(Failure::new(DIAGNOSTICS, diagnostic))
}

/// Verifies a module; an error shows the instructions around its place.
///
/// # Errors
/// The verifier rejects it.
pub fn verify(input: Input) -> Result<Verified<Module>> {
    vitbc::verify::verify(input.module).map_err(|error| {
        let mut diagnostic = Diagnostic::of(error, &input.file, None);
        let again = input.path.and_then(|path| read(&path, &[]).ok());
        diagnostic.context = again.and_then(|input| context(&input.module, &diagnostic.place));
        Failure::new(REJECTED, diagnostic)
    })
}

/// Verifies a module that was made from source.
///
/// # Errors
/// The verifier rejects it, which is a fault of the front end.
pub fn verify_source(file: String, module: Module) -> Result<Verified<Module>> {
    verify(Input { file, module, path: None, warnings: vec![] })
}

/// The instructions around a place.
fn context(module: &Module, place: &vitbc::Place) -> Option<String> {
    let (at, _) = place.inst?;
    let name = place.function.as_ref()?;
    let position = module.functions.iter().position(|function| function.name == *name)?;
    let insts = vitbc::text::print_instructions(module, position);
    let lines = insts.iter().enumerate().skip((at as usize).saturating_sub(2)).take(5).map(|(number, inst)| {
        let mark = if number == at as usize { "->" } else { "  " };
        format!("{mark} {number:4}  {inst}")
    });
    Some(lines.collect::<Vec<_>>().join("\n"))
}
