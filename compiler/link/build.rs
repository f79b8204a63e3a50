//! Builds the runtime archive for the host, to be carried inside `vittec`.
//!
//! Three plain compiler calls, one for each crate of the runtime: a nested cargo would wait for the lock that the
//! outer one holds. The archive is optimised whatever the profile of the compiler itself.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let root = Path::new(&env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../../rt");
    let target = env::var("TARGET").expect("cargo sets TARGET");
    for name in ["abi", "core", "static"] {
        println!("cargo::rerun-if-changed={}", root.join(name).join("src").display());
    }
    println!("cargo::rerun-if-changed=build.rs");

    let abi = compile(&out, &root.join("abi"), &target, "vitte_abi", "rlib", &[]);
    let core = compile(&out, &root.join("core"), &target, "vitte_rt", "rlib", &[("vitte_abi", &abi)]);
    let externs = [("vitte_rt", core.as_path()), ("vitte_abi", &abi)];
    let archive = compile(&out, &root.join("static"), &target, "vitte_rt_static", "staticlib", &externs);
    fs::rename(&archive, out.join("libvitte_rt.a")).expect("renaming within OUT_DIR");
    println!("cargo::rustc-env=VITTE_HOST={target}");
}

/// Compiles one crate, and gives the path of what came out.
fn compile(out: &Path, dir: &Path, target: &str, name: &str, kind: &str, externs: &[(&str, &Path)]) -> PathBuf {
    let file = out.join(if kind == "rlib" { format!("lib{name}.rlib") } else { format!("lib{name}.a") });
    let mut rustc = Command::new(env::var_os("RUSTC").expect("cargo sets RUSTC"));
    rustc
        .args(["--edition=2024", "--cap-lints=allow", "-Copt-level=3", "-Cpanic=abort", "-Ccodegen-units=1"])
        .args(["--crate-name", name, "--crate-type", kind, "--target", target])
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
