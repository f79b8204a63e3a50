//! Runs random well-typed programs by all engines, which must agree on every byte; some also as executables of each other
//! processor that something here emulates.
//!
//! `VITTE_MODULES=10000` runs that many instead of a few hundred, `VITTE_SEED=7` begins at that seed. A seed that fails
//! is the name of its test; `vittec run --engine=check` on the module it leaves in the system's temporary folder
//! shows it again.

use libtest_mimic::{Arguments, Failed, Trial};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use vitte_tests::Machine;

const VITTEC: &str = env!("CARGO_BIN_EXE_vittec");
/// Seeds to a test, so that a run of thousands stays readable.
const BATCH: u64 = 10;

fn number(variable: &str, default: u64) -> u64 {
    match std::env::var(variable) {
        Ok(value) => value.parse().unwrap_or_else(|_| panic!("{variable} is a number")),
        Err(_) => default,
    }
}

fn main() {
    let first = number("VITTE_SEED", 0);
    let last = first + number("VITTE_MODULES", 200);
    let machines = Machine::all(VITTEC);
    let batches = (first..last).step_by(BATCH as usize).map(|start| {
        let end = (start + BATCH).min(last);
        let machines = machines.clone();
        let test = move || (start..end).try_for_each(|seed| compare(seed, &machines));
        Trial::test(format!("seeds {start} to {}", end - 1), test)
    });
    libtest_mimic::run(&Arguments::from_args(), batches.collect()).exit();
}

fn compare(seed: u64, machines: &[Machine]) -> Result<(), Failed> {
    let module = vitte_tests::generate(seed);
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("module.vitbc");
    fs::write(&file, vitbc::write(&module))?;
    let reference = run(&file, &["--engine=interp"], false)?;
    let mut ways = vec![(vec!["--engine=jit", "-O0"], false), (vec!["--engine=jit", "-O2"], false)];
    // What is slow is done for some.
    if seed.is_multiple_of(5) {
        ways.push((vec!["--engine=jit", "-O2"], true));
        ways.push((vec!["--engine=interp"], true));
    }
    if seed.is_multiple_of(10) {
        ways.push((vec!["--engine=native", "-O2"], false));
    }
    for (arguments, stress) in ways {
        let output = run(&file, &arguments, stress)?;
        agree(seed, &format!("{arguments:?}, stress {stress}"), &file, &reference, &output)?;
    }
    for machine in machines.iter().filter(|_| seed.is_multiple_of(5)) {
        let program = folder.path().join(&machine.target);
        let mut build = Command::new(VITTEC);
        let built = build.args(["build", "--target", &machine.target, "-o"]).arg(&program).arg(&file).output()?;
        if !built.status.success() {
            return Err(format!("seed {seed}, {machine:?}: {}", String::from_utf8_lossy(&built.stderr)).into());
        }
        agree(seed, &machine.target, &file, &reference, &machine.command(&program).output()?)?;
    }
    Ok(())
}

/// Fails if a run differs from the interpreter's.
fn agree(seed: u64, how: &str, file: &Path, reference: &Output, output: &Output) -> Result<(), Failed> {
    let same = (&output.stdout, &output.stderr, output.status.code())
        == (&reference.stdout, &reference.stderr, reference.status.code());
    if same {
        return Ok(());
    }
    let kept = std::env::temp_dir().join(format!("vitte-seed-{seed}.vitbc"));
    fs::copy(file, &kept)?;
    let message = format!(
        "seed {seed}, {how}: {} against the interpreter's {}; see {}\n{}",
        output.status,
        reference.status,
        kept.display(),
        difference(reference, output)
    );
    Err(message.into())
}

fn run(file: &Path, arguments: &[&str], stress: bool) -> Result<Output, Failed> {
    let mut command = Command::new(VITTEC);
    command.arg("run").args(arguments).arg(file);
    if stress {
        command.env("VITTE_GC_STRESS", "1");
    }
    Ok(command.output()?)
}

/// The first line in which two runs differ.
fn difference(a: &Output, b: &Output) -> String {
    for (a, b) in [(&a.stdout, &b.stdout), (&a.stderr, &b.stderr)] {
        let (a, b) = (String::from_utf8_lossy(a), String::from_utf8_lossy(b));
        if let Some((number, (a, b))) = a.lines().zip(b.lines()).enumerate().find(|(_, (a, b))| a != b) {
            return format!("line {}\n  interpreter: {a}\n  compiled:    {b}", number + 1);
        }
    }
    "one prints more than the other".into()
}
