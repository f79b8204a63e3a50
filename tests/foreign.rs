//! Calls between Vitte and C, for hundreds of random signatures: numbers, structs by value, variable numbers of
//! arguments, in both directions, through every engine and on every processor that something here can run.

use libtest_mimic::{Arguments, Failed, Trial};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Arc;
use vitte_tests::foreign;

const VITTEC: &str = env!("CARGO_BIN_EXE_vittec");

/// How many signatures there are in each direction.
const SIGNATURES: usize = 200;

/// The library as built by `cc` in a folder of its own, and the programs beside it.
struct Prepared {
    folder: tempfile::TempDir,
}

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = vec![];
    if arguments.list {
        return libtest_mimic::run(&arguments, trials).exit();
    }
    let host = Arc::new(prepare("cc").expect("a C compiler makes a library"));
    for (engine, program) in [("interp", "calls"), ("jit", "calls"), ("jit", "callbacks")] {
        let host = Arc::clone(&host);
        trials.push(Trial::test(format!("{program}::{engine}"), move || {
            let mut command = Command::new(VITTEC);
            command.args(["run", "--engine", engine]).arg(host.program(program));
            host.expect_done(command)
        }));
    }
    for level in ["-O0", "-O2"] {
        for program in ["calls", "callbacks"] {
            let host = Arc::clone(&host);
            trials.push(Trial::test(format!("{program}::native{level}"), move || {
                let executable = host.build(program, level, &[level])?;
                host.expect_done(Command::new(executable))
            }));
        }
    }
    libtest_mimic::run(&arguments, trials).exit();
}

/// Makes the library with a C compiler.
fn prepare(cc: &str) -> Result<Prepared, Failed> {
    let folder = tempfile::tempdir()?;
    let made = foreign(2024, SIGNATURES);
    let at = |name: &str| folder.path().join(name);
    fs::write(at("shapes.c"), made.c)?;
    fs::write(at("calls.vit"), made.calls)?;
    fs::write(at("callbacks.vit"), made.callbacks)?;
    let mut command = Command::new(cc);
    command.args(["-O1", "-shared", "-fPIC", "-o"]).arg(at("libshapes.so")).arg(at("shapes.c"));
    succeed(command.output()?)?;
    Ok(Prepared { folder })
}

impl Prepared {
    fn program(&self, name: &str) -> PathBuf {
        self.folder.path().join(name).with_extension("vit")
    }

    fn build(&self, program: &str, name: &str, args: &[&str]) -> Result<PathBuf, Failed> {
        let executable = self.folder.path().join(format!("{program}{name}"));
        let mut command = Command::new(VITTEC);
        command.arg("build").args(args).arg("-L").arg(self.folder.path()).arg("-o").arg(&executable);
        succeed(command.arg(self.program(program)).output()?)?;
        Ok(executable)
    }

    /// Runs a program, plain and collecting at every safepoint.
    fn expect_done(&self, mut command: Command) -> Result<(), Failed> {
        command.env("LD_LIBRARY_PATH", self.folder.path());
        for stress in [false, true] {
            if stress {
                command.env("VITTE_GC_STRESS", "1");
            }
            let output = succeed(command.output()?)?;
            let printed = String::from_utf8_lossy(&output.stdout);
            if printed != "done\n" {
                let how = if stress { "under stress" } else { "plain" };
                return Err(format!("{how}: {printed}").into());
            }
        }
        Ok(())
    }
}

fn succeed(output: Output) -> Result<Output, Failed> {
    match output.status.success() {
        true => Ok(output),
        false => Err(format!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr)).into()),
    }
}
