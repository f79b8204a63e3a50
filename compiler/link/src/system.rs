//! Linking by the system's C compiler, or by what the user names in its place.

use crate::error::LinkError;
use crate::linker::{LinkOptions, Mode, Product};
use crate::runtime::{ARCHIVE, find_runtime};
use crate::target::Target;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// The symbols that a shared library shows.
const EXPORTS: &str = "{ global: vitte_*; local: *; };\n";

/// Links `object` into the file `output`.
pub(crate) fn link(target: &Target, object: &[u8], output: &Path, options: &LinkOptions) -> Result<(), LinkError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |error| LinkError::Io { path, error }
    };
    let program = options.linker.clone().unwrap_or_else(|| target.linker.clone());
    if find_program(&program).is_none() {
        let package = match options.linker {
            None if !target.package.is_empty() => {
                format!("install the package `{0}` (Debian, Ubuntu: apt-get install {0})", target.package)
            }
            _ => "install it".to_owned(),
        };
        return Err(LinkError::NoLinker { program, package });
    }
    let runtime = find_runtime(&target.name)?;
    let folder = tempfile::tempdir().map_err(io(&env::temp_dir()))?;
    let object_file = folder.path().join("program.o");
    fs::write(&object_file, object).map_err(io(&object_file))?;
    let archive = folder.path().join(ARCHIVE);
    fs::write(&archive, runtime.archive()?).map_err(io(&archive))?;

    let mut command = Command::new(&program);
    command.arg("-o").arg(output).arg(&object_file).arg(&archive);
    command.args(&target.args).args(match (options.product, options.mode) {
        (Product::SharedLibrary, _) => &target.shared_args,
        (Product::Executable, Mode::Static) => &target.static_args,
        (Product::Executable, Mode::Auto | Mode::Dynamic) => &target.dynamic_args,
    });
    if options.product == Product::SharedLibrary {
        let exports = folder.path().join("exports");
        fs::write(&exports, EXPORTS).map_err(io(&exports))?;
        command.arg(format!("-Wl,--version-script={}", exports.display()));
    }
    if options.strip {
        command.arg("-s");
    }
    for directory in &options.lib_dirs {
        command.arg("-L").arg(directory);
    }
    command.args(options.libs.iter().chain(&target.libs).map(|lib| format!("-l{lib}")));
    command.args(&options.extra).env("LC_ALL", "C");
    let result = command.output().map_err(io(Path::new(&program)))?;
    if result.status.success() {
        return Ok(());
    }
    let output = String::from_utf8_lossy(&result.stderr).trim_end().to_owned();
    Err(explain(program, result.status.to_string(), output))
}

/// Finds the best words for a failed link.
fn explain(program: String, status: String, output: String) -> LinkError {
    for line in output.lines() {
        if let Some((_, library)) = line.split_once("cannot find -l") {
            let library = library.split([':', ' ']).next().unwrap_or(library).to_owned();
            let hint = format!(
                "install its development package (Debian, Ubuntu: often lib{library}-dev), or say where it is with -L"
            );
            return LinkError::NoLibrary { library, hint };
        }
        if let Some((_, rest)) = line.split_once("undefined reference to `")
            && let Some((symbol, _)) = rest.rsplit_once('\'')
        {
            return LinkError::NoSymbol { symbol: symbol.to_owned() };
        }
    }
    LinkError::LinkerFailed { program, status, output }
}

/// The file that a program name stands for: a path, or a name to be found in `PATH`.
pub fn find_program(program: &str) -> Option<PathBuf> {
    if program.contains('/') {
        return Path::new(program).is_file().then(|| program.into());
    }
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_linker_names_its_package() {
        let mut target = Target::host().unwrap();
        target.linker = "no-such-linker-anywhere".into();
        let error = link(&target, b"", Path::new("x"), &LinkOptions::default()).unwrap_err();
        assert!(error.is_missing_tool());
        assert!(error.to_string().contains("apt-get install gcc"), "{error}");
    }

    #[test]
    fn a_missing_library_is_named() {
        let output = "/usr/bin/ld: cannot find -lsqlite3: No such file or directory".to_owned();
        let error = explain("cc".into(), "exit status: 1".into(), output);
        assert!(error.to_string().starts_with("no library `sqlite3`"), "{error}");
    }

    #[test]
    fn a_missing_function_is_named() {
        let output =
            "/usr/bin/ld: program.o: in function `main':\n(.text+0x1): undefined reference to `frob'".to_owned();
        let error = explain("cc".into(), "exit status: 1".into(), output);
        assert!(error.to_string().starts_with("no C function `frob`"), "{error}");
    }
}
