//! Linking by the system's C compiler, or by what the user names in its place.

use crate::error::LinkError;
use crate::linker::{LinkOptions, Mode, Product};
use crate::runtime::{ARCHIVE, find_runtime};
use crate::target::Target;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};
use target_lexicon::Architecture;

/// Libraries that are not in the package that bears their name.
const PACKAGES: &[(&str, &str)] = &[
    ("crypto", "libssl-dev"),
    ("curl", "libcurl4-openssl-dev"),
    ("GL", "libgl-dev"),
    ("ncurses", "libncurses-dev"),
    ("pcre2-8", "libpcre2-dev"),
    ("SDL2", "libsdl2-dev"),
    ("stdc++", "g++"),
    ("tinfo", "libncurses-dev"),
    ("uv", "libuv1-dev"),
    ("X11", "libx11-dev"),
    ("z", "zlib1g-dev"),
];

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
    if let Some(folder) = &options.sysroot {
        command.arg(format!("--sysroot={}", folder.display()));
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
    Err(explain(target, program, result.status.to_string(), output))
}

/// Finds the best words for a failed link.
fn explain(target: &Target, program: String, status: String, output: String) -> LinkError {
    for line in output.lines() {
        // As GNU's linker and LLVM's say it.
        let missing = ["cannot find -l", "unable to find library -l"].iter().find_map(|words| line.split_once(words));
        if let Some((_, library)) = missing {
            let library = library.split([':', ' ']).next().unwrap_or(library).to_owned();
            let package = package(&library, target);
            let hint = format!("install it (Debian, Ubuntu: the package {package}), or say where it is with -L");
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

/// The package of Debian's with a library for linking.
fn package(library: &str, target: &Target) -> String {
    let known = PACKAGES.iter().find(|row| row.0 == library);
    let package = known.map_or_else(|| format!("lib{library}-dev"), |row| row.1.to_owned());
    match target.triple.architecture {
        _ if target.native => package,
        Architecture::X86_64 => package + ":amd64",
        Architecture::Aarch64(_) => package + ":arm64",
        Architecture::Riscv64(_) => package + ":riscv64",
        other => format!("{package}:{other}"),
    }
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
    fn a_missing_library_is_named_with_its_package() {
        let missing = |library: &str, target: &str| {
            let output = format!("/usr/bin/ld: cannot find -l{library}: No such file or directory");
            explain(&Target::find(target).unwrap(), "cc".into(), "exit status: 1".into(), output).to_string()
        };
        let text = missing("sqlite3", crate::HOST);
        assert!(text.starts_with("no library `sqlite3`") && text.contains("libsqlite3-dev)"), "{text}");
        assert!(missing("z", crate::HOST).contains("zlib1g-dev)"));
        assert!(missing("crypto", "riscv64gc-unknown-linux-gnu").contains("libssl-dev:riscv64)"));
    }

    #[test]
    fn a_missing_function_is_named() {
        let output =
            "/usr/bin/ld: program.o: in function `main':\n(.text+0x1): undefined reference to `frob'".to_owned();
        let error = explain(&Target::host().unwrap(), "cc".into(), "exit status: 1".into(), output);
        assert!(error.to_string().starts_with("no C function `frob`"), "{error}");
    }
}
