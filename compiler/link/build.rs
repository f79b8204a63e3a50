//! Gathers the runtimes to be carried inside `vittec`: the host's, compiled here, and those that `scripts/build-rt` made.
//!
//! The host's takes four plain compiler calls, one for each crate of the runtime and one for `libm`: a nested cargo would wait for the
//! lock that the outer one holds. The archive is optimised whatever the profile of the compiler itself.
//!
//! Those of other targets lie in `sysroot/<target>/` at the root, where `scripts/build-rt`, called from here, keeps them
//! from one build to the next. `VITTE_SYSROOTS` names another folder, which is taken as it is.

#[path = "build/trim.rs"]
mod trim;
#[path = "src/archive/write.rs"]
mod write;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let root = Path::new(&env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../..");
    let target = env::var("TARGET").expect("cargo sets TARGET");
    for path in ["rt/abi", "rt/core", "rt/static", "scripts/build-rt"] {
        println!("cargo::rerun-if-changed={}", root.join(path).display());
    }
    for own in ["build.rs", "build", "src/archive/write.rs"] {
        println!("cargo::rerun-if-changed={own}");
    }
    println!("cargo::rerun-if-env-changed=VITTE_SYSROOTS");
    println!("cargo::rerun-if-env-changed=VITTE_OFFLINE");
    println!("cargo::rustc-env=VITTE_HOST={target}");

    let archive = host_runtime(&out, &root.join("rt"), &target);
    let mut files = vec![(target, "libvitte_rt.a".to_owned(), archive)];
    let (sysroots, changes) = match env::var_os("VITTE_SYSROOTS") {
        Some(folder) => (PathBuf::from(&folder), PathBuf::from(folder)),
        None => {
            if env::var_os("CARGO_FEATURE_EMBEDDED_LINKER").is_some() {
                other_runtimes(&root);
            }
            // The file is touched when something was made by hand; the folder also changes from here, which would have
            // the next build begin anew.
            (root.join("sysroot"), root.join("sysroot/.gitignore"))
        }
    };
    println!("cargo::rerun-if-changed={}", changes.display());
    if sysroots.is_dir() {
        for folder in visible(&sysroots).into_iter().filter(|path| path.is_dir()) {
            files.extend(visible(&folder).into_iter().map(|file| (file_name(&folder), file_name(&file), file)));
        }
    }

    let mut table = String::from("&[\n");
    for (target, name, path) in files {
        writeln!(table, "    ({target:?}, {name:?}, include_bytes!({path:?}).as_slice()),").expect("strings grow");
    }
    fs::write(out.join("carried.rs"), table + "]\n").expect("writing to OUT_DIR");
}

/// The entries of a folder whose names begin with no dot.
fn visible(folder: &Path) -> Vec<PathBuf> {
    let folder = folder.canonicalize().expect("a path that exists");
    let entries = fs::read_dir(folder).expect("a readable folder");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    paths.retain(|path| !file_name(path).starts_with('.'));
    paths.sort();
    paths
}

fn file_name(path: &Path) -> String {
    path.file_name().expect("an entry has a name").to_str().expect("a name in ASCII").to_owned()
}

/// Has the runtimes of other targets made if they are missing or old. A compiler without them is of use too, so that it
/// is no error if they cannot be made.
fn other_runtimes(root: &Path) {
    // Some contain the interpreter.
    for path in ["rt", "compiler/bytecode/src"] {
        println!("cargo::rerun-if-changed={}", root.join(path).display());
    }
    let mut script = Command::new(root.join("scripts/build-rt"));
    // It runs a cargo of its own, which must neither wait for this one's folder nor take its flags.
    for variable in ["CARGO_ENCODED_RUSTFLAGS", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "CARGO_TARGET_DIR"] {
        script.env_remove(variable);
    }
    let why = match script.env("VITTE_BUILD", "1").output() {
        Ok(output) if output.status.success() => return,
        Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
        Err(error) => error.to_string(),
    };
    println!("cargo::warning=vittec will lack runtimes for static executables or for other machines, because");
    why.lines().for_each(|line| println!("cargo::warning={line}"));
}

/// Compiles the runtime for the host.
fn host_runtime(out: &Path, rt: &Path, target: &str) -> PathBuf {
    let abi = compile(out, &rt.join("abi"), target, "vitte_abi", "rlib", &[]);
    let libm = compile(out, &folder_of("libm"), target, "libm", "rlib", &[]);
    let core = compile(out, &rt.join("core"), target, "vitte_rt", "rlib", &[("vitte_abi", &abi), ("libm", &libm)]);
    let externs = [("vitte_rt", core.as_path()), ("vitte_abi", &abi)];
    let whole = compile(out, &rt.join("static"), target, "vitte_rt_static", "staticlib", &externs);
    if env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("linux") {
        return whole;
    }
    let members = trim::trim(&fs::read(&whole).expect("the archive was made")).expect("rustc makes ELF objects");
    let members: Vec<_> = members.iter().map(|(name, object)| (name.clone(), object.as_slice())).collect();
    let trimmed = out.join("libvitte_rt.trimmed.a");
    fs::write(&trimmed, write::write(&members).expect("it fits an archive")).expect("writing to OUT_DIR");
    trimmed
}

/// Where the source of a package is that the workspace depends on.
fn folder_of(package: &str) -> PathBuf {
    let host = env::var("HOST").expect("cargo sets HOST");
    let ask = |more: &[&str]| {
        let mut cargo = Command::new(env::var_os("CARGO").expect("cargo sets CARGO"));
        cargo.args(["metadata", "--format-version=1", "--locked", "--filter-platform", &host]).args(more);
        cargo.output().expect("running cargo")
    };
    // Cargo knows of packages for tests too, which a build has not brought here.
    let output = Some(ask(&["--offline"])).filter(|output| output.status.success()).unwrap_or_else(|| ask(&[]));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo writes JSON");
    let packages = metadata["packages"].as_array().expect("a list of packages");
    let package = packages.iter().find(|found| found["name"] == package).expect("a package of the workspace");
    let manifest = package["manifest_path"].as_str().expect("a path");
    Path::new(manifest).parent().expect("a manifest is in a folder").to_owned()
}

/// Compiles one crate, and gives the path of what came out.
fn compile(out: &Path, dir: &Path, target: &str, name: &str, kind: &str, externs: &[(&str, &Path)]) -> PathBuf {
    let file = out.join(if kind == "rlib" { format!("lib{name}.rlib") } else { format!("lib{name}.a") });
    let mut rustc = Command::new(env::var_os("RUSTC").expect("cargo sets RUSTC"));
    rustc
        .args(["--edition=2024", "--cap-lints=allow", "-Copt-level=3", "-Cpanic=abort", "-Ccodegen-units=1"])
        .args(["--crate-name", name, "--crate-type", kind, "--target", target])
        // The square roots of libm are then the processor's.
        .args(["--cfg", "arch_enabled"])
        // Compiled frames are walked by their frame pointers, and so are the runtime's own between them.
        .args(["-Cforce-frame-pointers=yes"])
        // No path of the building machine in what programs carry.
        .arg(format!("--remap-path-prefix={}=vitte", dir.display()))
        .arg("-L")
        .arg(out)
        .arg("-o")
        .arg(&file)
        .arg(dir.join("src/lib.rs"))
        .env_remove("RUSTC_WRAPPER")
        .env_remove("RUSTC_WORKSPACE_WRAPPER");
    if kind == "staticlib" {
        rustc.arg("-Clto=fat");
    }
    for (name, path) in externs {
        rustc.arg("--extern").arg(format!("{name}={}", path.display()));
    }
    let status = rustc.status().expect("running rustc");
    assert!(status.success(), "the runtime's crate {name} does not compile: {status}");
    file
}
