//! Targets are data: one file each in `targets/`, which may inherit from another.

use crate::error::LinkError;
use serde::Deserialize;
use target_lexicon::Triple;

/// The files of `targets/`, carried inside.
const FILES: &[(&str, &str)] = &[
    ("linux", include_str!("../../../targets/linux.toml")),
    ("x86_64-unknown-linux-gnu", include_str!("../../../targets/x86_64-unknown-linux-gnu.toml")),
    ("aarch64-unknown-linux-gnu", include_str!("../../../targets/aarch64-unknown-linux-gnu.toml")),
    ("riscv64gc-unknown-linux-gnu", include_str!("../../../targets/riscv64gc-unknown-linux-gnu.toml")),
    ("x86_64-unknown-linux-musl", include_str!("../../../targets/x86_64-unknown-linux-musl.toml")),
    ("aarch64-unknown-linux-musl", include_str!("../../../targets/aarch64-unknown-linux-musl.toml")),
    ("riscv64gc-unknown-linux-musl", include_str!("../../../targets/riscv64gc-unknown-linux-musl.toml")),
    ("wasm64-unknown-unknown", include_str!("../../../targets/wasm64-unknown-unknown.toml")),
];

/// A machine and system to make programs for.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its name, that of its file.
    pub name: String,
    /// The same, taken apart.
    pub triple: Triple,
    /// The processor that programs need at least.
    pub cpu: String,
    /// Whether its programs are bytecode in a runtime with the interpreter, rather than machine code.
    pub packed: bool,
    /// The C compiler that links for it.
    pub linker: String,
    /// The distribution's package that provides it.
    pub package: String,
    /// The target whose runtime brings a C library: what static executables are linked with, in memory.
    pub carried: Option<String>,
    /// What linkers call the machine, after `-m`.
    pub emulation: String,
    /// Arguments for every link.
    pub args: Vec<String>,
    /// Arguments for a static executable.
    pub static_args: Vec<String>,
    /// Arguments for a dynamic executable.
    pub dynamic_args: Vec<String>,
    /// Arguments for a shared library.
    pub shared_args: Vec<String>,
    /// The system's libraries that the runtime needs.
    pub libs: Vec<String>,
    /// Whether this machine runs its programs.
    pub native: bool,
    /// What else runs its programs here; empty for nothing.
    pub run_with: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct File {
    inherits: Option<String>,
    triple: Option<String>,
    os: Option<String>,
    cpu: Option<String>,
    code_model: Option<String>,
    packed: bool,
    link: Link,
    run: Run,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Link {
    linker: Option<String>,
    package: Option<String>,
    carried: Option<String>,
    emulation: Option<String>,
    args: Option<Vec<String>>,
    libs: Option<Vec<String>>,
    static_args: Option<Vec<String>>,
    dynamic_args: Option<Vec<String>>,
    shared_args: Option<Vec<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Run {
    with: Option<Vec<String>>,
}

impl File {
    fn read(name: &str) -> Option<File> {
        let text = FILES.iter().find(|file| file.0 == name)?.1;
        let mut file: File = toml::from_str(text).unwrap_or_else(|error| unreachable!("targets/{name}.toml: {error}"));
        if let Some(base) = file.inherits.take() {
            let base = File::read(&base).unwrap_or_else(|| unreachable!("targets/{name}.toml inherits `{base}`"));
            file.os = file.os.or(base.os);
            file.cpu = file.cpu.or(base.cpu);
            file.code_model = file.code_model.or(base.code_model);
            file.link.linker = file.link.linker.or(base.link.linker);
            file.link.package = file.link.package.or(base.link.package);
            file.link.carried = file.link.carried.or(base.link.carried);
            file.link.emulation = file.link.emulation.or(base.link.emulation);
            file.link.args = file.link.args.or(base.link.args);
            file.link.libs = file.link.libs.or(base.link.libs);
            file.link.static_args = file.link.static_args.or(base.link.static_args);
            file.link.dynamic_args = file.link.dynamic_args.or(base.link.dynamic_args);
            file.link.shared_args = file.link.shared_args.or(base.link.shared_args);
            file.run.with = file.run.with.or(base.run.with);
        }
        Some(file)
    }
}

impl Target {
    /// The names of all targets.
    pub fn names() -> impl Iterator<Item = &'static str> {
        FILES.iter().map(|file| file.0).filter(|name| name.contains('-'))
    }

    /// The target of this name.
    ///
    /// # Errors
    /// There is none.
    pub fn find(name: &str) -> Result<Target, LinkError> {
        let file = File::read(name).filter(|file| file.triple.is_some());
        let Some(file) = file else {
            let known = Target::names().collect::<Vec<_>>().join(", ");
            return Err(LinkError::UnknownTarget { name: name.to_owned(), known });
        };
        let triple = file.triple.unwrap_or_default();
        let triple: Triple = triple.parse().unwrap_or_else(|error| unreachable!("targets/{name}.toml: {error}"));
        let host = Triple::host();
        let native = (triple.architecture, triple.operating_system) == (host.architecture, host.operating_system);
        let link = file.link;
        Ok(Target {
            name: name.to_owned(),
            triple,
            cpu: file.cpu.unwrap_or_else(|| "generic".into()),
            packed: file.packed,
            linker: link.linker.unwrap_or_else(|| "cc".into()),
            package: link.package.unwrap_or_default(),
            carried: link.carried,
            emulation: link.emulation.unwrap_or_default(),
            args: link.args.unwrap_or_default(),
            static_args: link.static_args.unwrap_or_default(),
            dynamic_args: link.dynamic_args.unwrap_or_default(),
            shared_args: link.shared_args.unwrap_or_default(),
            libs: link.libs.unwrap_or_default(),
            native,
            run_with: if native { vec![] } else { file.run.with.unwrap_or_default() },
        })
    }

    /// The machine that this compiler runs on.
    ///
    /// # Errors
    /// The compiler was built for a machine that it makes no programs for.
    pub fn host() -> Result<Target, LinkError> {
        Target::find(crate::HOST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_reads() {
        for name in Target::names() {
            let target = Target::find(name).unwrap();
            assert!(target.packed || !target.linker.is_empty() && !target.args.is_empty(), "{target:?}");
            assert!(target.carried.is_none_or(|name| Target::find(&name).is_ok()), "{name}");
        }
        assert!(Target::find("linux").is_err(), "a base is no target");
        assert!(Target::find("z80-unknown-none").unwrap_err().to_string().contains("aarch64-unknown-linux-gnu"));
    }

    #[test]
    fn unknown_keys_are_refused() {
        assert!(toml::from_str::<File>("linkre = 1").is_err());
    }
}
