//! What executables are beyond what they print: the same bytes wherever they are built, and in need of nothing.
//!
//! Targets for which this compiler carries no runtime are left out; `scripts/build-rt` makes the runtimes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use vitte_tests::Machine;

const VITTEC: &str = env!("CARGO_BIN_EXE_vittec");

/// Names of the targets for which `field` of `vittec targets --json` is true.
fn targets_with(field: &str) -> Vec<String> {
    let output = Command::new(VITTEC).args(["targets", "--json"]).output().unwrap();
    let rows: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let rows = rows.as_array().unwrap().iter().filter(|row| row[field] == true);
    rows.map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

fn program(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/run").join(name).canonicalize().unwrap()
}

fn succeed(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

#[test]
fn the_same_bytes_come_of_any_folder_locale_and_number_of_threads() {
    let source = program("gc_binary_trees.vitasm");
    for target in targets_with("ready") {
        let mut built = vec![];
        for (threads, locale) in [("1", "C"), ("8", "tr_TR.UTF-8")] {
            let folder = tempfile::tempdir().unwrap();
            fs::copy(&source, folder.path().join("program.vitasm")).unwrap();
            let mut command = Command::new(VITTEC);
            command.args(["build", "program.vitasm", "-g", "-j", threads, "--target", &target, "-o", "program"]);
            succeed(command.current_dir(folder.path()).env("LC_ALL", locale).env("TMPDIR", folder.path()));
            built.push(fs::read(folder.path().join("program")).unwrap());
        }
        assert!(built[0] == built[1], "{target}: {} and {} bytes that differ", built[0].len(), built[1].len());
    }
}

#[test]
fn a_static_executable_runs_where_nothing_else_is() {
    let native = targets_with("carried").into_iter().find(|name| name.starts_with(std::env::consts::ARCH));
    let Some(target) = native else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("program");
    let mut command = Command::new(VITTEC);
    succeed(
        command.args(["build", "--strip", "--target", &target, "-o"]).arg(&file).arg(program("readme_listing.vitasm")),
    );
    // Only root may change the root, also a root of a namespace; where even that is forbidden, there is no way to test it.
    let mut command = Command::new("unshare");
    command.arg("--map-root-user").arg("chroot").arg(folder.path()).arg("/program");
    let mut allowed = Command::new("unshare");
    if !allowed.args(["--map-root-user", "chroot", "/", "true"]).output().is_ok_and(|output| output.status.success()) {
        return;
    }
    assert_eq!(succeed(&mut command).stdout, b"5\n");
}

/// The most bytes of a static executable, without symbols, that prints a number.
const SMALL: u64 = 150_000;

#[test]
fn building_for_any_machine_needs_no_tool() {
    let machines = Machine::all(VITTEC);
    for target in targets_with("carried") {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("program");
        let mut command = Command::new(VITTEC);
        command.args(["build", "--strip", "--target", &target, "-o"]).arg(&file).arg(program("readme_listing.vitasm"));
        succeed(command.env("PATH", folder.path()));
        let size = fs::metadata(&file).unwrap().len();
        assert!(size <= SMALL, "{target}: {size} bytes, more than {SMALL}");
        let architecture = target.split('-').next();
        if let Some(machine) = machines.iter().find(|machine| Some(machine.architecture()) == architecture) {
            assert_eq!(succeed(&mut machine.command(&file)).stdout, b"5\n", "{target}");
        }
    }
}

#[test]
fn a_program_says_which_features_the_processor_lacks() {
    // An emulated processor of 2008, with SSE 4.2 and without AVX.
    let emulator = |file: &Path| {
        let mut command = Command::new("qemu-x86_64");
        command.args(["-cpu", "Nehalem"]).arg(file);
        command
    };
    if std::env::consts::ARCH != "x86_64" || Command::new("qemu-x86_64").arg("--version").output().is_err() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (cpu, message) in [("x86-64", ""), ("generic", ""), ("x86-64-v3", "made for a processor with "), ("native", "")]
    {
        let file = folder.path().join(cpu);
        let mut command = Command::new(VITTEC);
        succeed(
            command.args(["build", "--cpu", cpu, "-o"]).arg(&file).arg(program("float_rounding_instructions.vitasm")),
        );
        if cpu != "x86-64-v3" {
            // What was made for this processor runs here at least.
            succeed(&mut Command::new(&file));
        }
        if cpu == "native" {
            continue;
        }
        let output = emulator(&file).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(if message.is_empty() { 0 } else { 69 }), "{cpu}: {stderr}");
        assert!(stderr.contains(message) && stderr.contains("avx2") != message.is_empty(), "{cpu}: {stderr}");
    }
}

#[test]
fn the_built_in_linker_names_a_missing_function() {
    let Some(target) = targets_with("carried").into_iter().next() else { return };
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("missing.vitasm");
    fs::write(&source, "FOREIGN\nEXTERN frob() -> i32\nMAIN\n  REG r0: i32\n  CALL_EXTERN r0, frob\nEND\n").unwrap();
    let mut command = Command::new(VITTEC);
    let output = command.args(["build", "--target", &target, "-o", "missing"]).arg(&source).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("no C function `frob`"), "{stderr}");
}
