//! House rules that a reader should not need to police.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The crates, and which others of ours each may use.
const ARROWS: &[(&str, &[&str])] = &[
    ("compiler/bytecode", &[]),
    ("rt/abi", &[]),
    ("rt/layout", &["vitbc", "vitte-abi"]),
    ("rt/core", &["vitte-abi"]),
    ("rt/interp", &["vitbc", "vitte-abi", "vitte-layout", "vitte-rt"]),
    ("rt/static", &["vitte-rt", "vitte-abi"]),
    ("rt/wasm", &["vitbc", "vitte-interp", "vitte-rt"]),
    ("compiler/link", &["vitte-abi"]),
    ("compiler/codegen", &["vitbc", "vitte-abi", "vitte-layout"]),
    ("compiler/frontend", &["vitbc"]),
    (
        "compiler/driver",
        &[
            "vitbc",
            "vittec-codegen",
            "vittec-link",
            "vitte-abi",
            "vitte-frontend",
            "vitte-interp",
            "vitte-layout",
            "vitte-rt",
        ],
    ),
];

/// All Rust files of a folder.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn crates_use_only_those_below_them() {
    let ours: Vec<&str> = ARROWS.iter().flat_map(|row| row.1).copied().chain(["vittec"]).collect();
    for (folder, allowed) in ARROWS {
        let manifest = fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap();
        let dependencies = manifest.split("[dev-dependencies]").next().unwrap();
        for line in dependencies.lines().skip_while(|line| *line != "[dependencies]") {
            let name = line.split(['.', ' ', '=']).next().unwrap_or_default();
            if ours.contains(&name) {
                assert!(allowed.contains(&name), "{folder} must not use {name}");
            }
        }
    }
}

#[test]
fn unsafe_lives_in_the_runtime_core() {
    for (folder, _) in ARROWS {
        let mut files = Vec::new();
        sources(&root().join(folder).join("src"), &mut files);
        let lib = fs::read_to_string(root().join(folder).join("src/lib.rs")).unwrap();
        let forbids = lib.contains("#![forbid(unsafe_code)]");
        for file in files {
            let text = fs::read_to_string(&file).unwrap();
            let uses = text.lines().any(|line| !line.trim_start().starts_with("//") && line.contains("unsafe {"));
            let jit = file.ends_with("codegen/src/jit.rs") || file.components().any(|part| part.as_os_str() == "jit");
            assert!(
                !uses || *folder == "rt/core" || jit || *folder == "compiler/driver" && file.ends_with("engine.rs"),
                "{}",
                file.display()
            );
        }
        let exempt = ["rt/core", "rt/static", "rt/wasm", "compiler/codegen", "compiler/driver"].contains(folder);
        assert!(forbids || exempt, "{folder}/src/lib.rs does not forbid unsafe code");
    }
}

/// What Rust's standard library has on no wasm machine; `crate::sys::host` has it everywhere.
const NOT_ON_WASM: [&str; 7] = [
    "std::fs",
    "std::env",
    "std::time::Instant",
    "std::time::SystemTime",
    "std::thread::sleep",
    "std::process::exit",
    "eprintln!",
];

#[test]
fn the_runtime_asks_its_system_only_below_sys() {
    let folder = root().join("rt/core/src");
    let mut files = Vec::new();
    sources(&folder, &mut files);
    for file in files {
        let place = file.strip_prefix(&folder).unwrap();
        if place.starts_with("sys")
            || place.components().any(|part| part.as_os_str().to_string_lossy().contains("tests"))
        {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let text = text.split("#[cfg(test)]").next().unwrap();
        let grouped = |line: &str| line.starts_with("use std::time::{") && line.contains("Instant");
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
            let clash = NOT_ON_WASM.iter().any(|name| line.contains(name)) || grouped(line);
            // The clock that ends turns is another where there are no threads.
            let is_exempt = file.ends_with("ticker.rs") && line.contains("sleep");
            assert!(!clash || is_exempt, "{}: `{}`: use crate::sys::host", file.display(), line.trim());
        }
    }
}

#[test]
fn files_stay_readable() {
    let mut long = BTreeMap::new();
    for (folder, _) in ARROWS {
        let mut files = Vec::new();
        sources(&root().join(folder).join("src"), &mut files);
        for file in files {
            let lines = fs::read_to_string(&file).unwrap().lines().count();
            if lines > 1000 {
                long.insert(file, lines);
            }
        }
    }
    assert!(long.is_empty(), "split these: {long:?}");
}
