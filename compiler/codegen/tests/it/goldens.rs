//! Code of small programs as it was recorded; `BLESS=1` records it anew.
//!
//! - `tests/clif/NAME.clif`: Cranelift's form of `NAME.vitasm` without our passes;
//! - `tests/asm/FAMILY.PROCESSOR`: the machine code of `FAMILY.vitasm`, a family of instructions, for each processor.

use crate::{TARGETS, module, test_path};
use std::path::{Path, PathBuf};
use vitbc::{Module, Verified};
use vittec_codegen::{OptLevel, Options, emit_asm, emit_clif};

#[test]
fn cranelifts_form_is_as_recorded() {
    for (path, module) in programs("clif") {
        let target = "x86_64-unknown-linux-gnu".parse().expect("a target");
        let options = Options { target, opt: OptLevel::O0, ..Options::default() };
        let text = emit_clif(&module, &options).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        // What surrounds each program is the same in all of them.
        let (own, _) = text.split_once("; vitte.entry\n").expect("an entry");
        compare(&path.with_extension("clif"), own);
    }
}

#[test]
fn machine_code_is_as_recorded() {
    for (path, module) in programs("asm") {
        for target in TARGETS {
            // What executables need at least, see `targets`.
            let cpu = target.starts_with("x86_64").then(|| "x86-64-v2".to_owned());
            let options = Options { target: target.parse().expect("a target"), cpu, ..Options::default() };
            let text = emit_asm(&module, &options).unwrap_or_else(|error| panic!("{path:?}: {error}"));
            let processor = target.split('-').next().expect("a processor");
            compare(&path.with_extension(processor), &text);
        }
    }
}

/// The programs in a folder of `tests`.
fn programs(folder: &str) -> Vec<(PathBuf, Verified<Module>)> {
    let entries = std::fs::read_dir(test_path(folder)).unwrap_or_else(|error| panic!("tests/{folder}: {error}"));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "vitasm"));
    paths.sort();
    assert!(!paths.is_empty());
    let read = |path: PathBuf| {
        let source = std::fs::read_to_string(&path).expect("a text");
        let module = module(&source, &path.file_name().expect("a name").to_string_lossy());
        (path, module)
    };
    paths.into_iter().map(read).collect()
}

/// Compares a text with the recorded one, or records it.
fn compare(golden: &Path, text: &str) {
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(golden, text).expect("writing");
        return;
    }
    let recorded = std::fs::read_to_string(golden).unwrap_or_default();
    let difference = recorded.lines().zip(text.lines()).find(|(old, new)| old != new);
    assert!(recorded == text, "{golden:?} is not what is made now, first in {difference:#?}; BLESS=1 rewrites it");
}
