//! Calls between Vitte and C, for hundreds of random signatures: numbers, structs by value, variable numbers of
//! arguments, in both directions, through every engine and on every processor that something here can run.

use libtest_mimic::{Arguments, Failed, Trial};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, OnceLock};
use tempfile::TempDir;
use vitte_tests::foreign;

const VITTEC: &str = env!("CARGO_BIN_EXE_vittec");

/// How many signatures there are in each direction.
const SIGNATURES: usize = 200;

/// A machine: the C compiler that makes the library for it, what programs are built for, what runs them.
struct Machine {
    cc: String,
    target: Option<String>,
    run_with: Vec<String>,
    prepared: OnceLock<Result<TempDir, String>>,
}

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = vec![];
    let mut add = |name: String, machine: &Arc<Machine>, run: fn(&Machine, &str) -> Result<(), Failed>| {
        let machine = Arc::clone(machine);
        let program = name.split(':').next().unwrap_or_default().to_owned();
        trials.push(Trial::test(name, move || run(&machine, &program)));
    };
    let host = Machine::new("cc".into(), None, vec![]);
    for program in ["calls", "callbacks"] {
        add(format!("{program}::interp"), &host, |host, program| host.run_in_process("interp", program));
        add(format!("{program}::jit"), &host, |host, program| host.run_in_process("jit", program));
        add(format!("{program}::native-O0"), &host, |host, program| host.build_and_run("-O0", program));
        add(format!("{program}::native-O2"), &host, |host, program| host.build_and_run("-O2", program));
    }
    add("exports::native-O2".into(), &host, |host, library| host.link_and_run(library));
    for (target, run_with) in emulated() {
        let architecture = target.split('-').next().unwrap_or_default().trim_end_matches("gc").to_owned();
        let machine = Machine::new(format!("{architecture}-linux-gnu-gcc"), Some(target), run_with);
        for program in ["calls", "callbacks"] {
            let run = |machine: &Machine, program: &str| machine.build_and_run("-O2", program);
            add(format!("{program}::{architecture}"), &machine, run);
        }
        add(format!("exports::{architecture}"), &machine, |machine, library| machine.link_and_run(library));
    }
    libtest_mimic::run(&arguments, trials).exit();
}

/// The other targets for which the system links with shared libraries, and what runs their programs.
fn emulated() -> Vec<(String, Vec<String>)> {
    let output = Command::new(VITTEC).args(["targets", "--json"]).output().expect("vittec runs");
    let rows: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it prints JSON");
    let mut found = vec![];
    for row in rows.as_array().expect("it prints an array") {
        let run_with: Vec<String> = serde_json::from_value(row["run-with"].clone()).expect("a list of words");
        let name = row["name"].as_str().unwrap_or_default();
        if run_with.is_empty() || !name.ends_with("-gnu") {
            continue;
        }
        match row["linker"] == true && row["runs"] == true {
            true => found.push((name.to_owned(), run_with)),
            false => eprintln!(
                "{name} is left out: it needs its C compiler, its emulator, and the runtime that `scripts/build-rt {name}` makes"
            ),
        }
    }
    found
}

impl Machine {
    fn new(cc: String, target: Option<String>, run_with: Vec<String>) -> Arc<Machine> {
        Arc::new(Machine { cc, target, run_with, prepared: OnceLock::new() })
    }

    /// The folder with the library and the programs, made when it is first asked for.
    fn folder(&self) -> Result<&Path, Failed> {
        let prepared = self.prepared.get_or_init(|| self.prepare().map_err(|error| format!("{error:?}")));
        prepared.as_ref().map(TempDir::path).map_err(Failed::from)
    }

    fn prepare(&self) -> Result<TempDir, Failed> {
        let folder = tempfile::tempdir()?;
        let made = foreign(2024, SIGNATURES);
        let at = |name: &str| folder.path().join(name);
        fs::write(at("shapes.c"), made.c)?;
        fs::write(at("calls.vit"), made.calls)?;
        fs::write(at("callbacks.vit"), made.callbacks)?;
        fs::write(at("exports.vit"), made.exports)?;
        fs::write(at("exports.c"), made.main)?;
        let mut command = Command::new(&self.cc);
        command.args(["-O1", "-shared", "-fPIC", "-o"]).arg(at("libshapes.so")).arg(at("shapes.c"));
        succeed(command.output()?)?;
        Ok(folder)
    }

    fn run_in_process(&self, engine: &str, program: &str) -> Result<(), Failed> {
        let source = self.folder()?.join(program).with_extension("vit");
        let mut command = Command::new(VITTEC);
        command.args(["run", "--engine", engine]).arg(source);
        self.expect_done(command, &[false, true])
    }

    fn build_and_run(&self, level: &str, program: &str) -> Result<(), Failed> {
        let folder = self.folder()?;
        let executable = folder.join(format!("{program}{level}"));
        let mut command = Command::new(VITTEC);
        command.args(["build", level, "-L"]).arg(folder).arg("-o").arg(&executable);
        command.args(self.target_args());
        succeed(command.arg(folder.join(program).with_extension("vit")).output()?)?;
        self.run(&executable)
    }

    /// Makes a library, links a C program with it in both ways, and runs that.
    fn link_and_run(&self, library: &str) -> Result<(), Failed> {
        let folder = self.folder()?;
        let mut command = Command::new(VITTEC);
        command.current_dir(folder).args(["build", "--emit", "staticlib,sharedlib,header"]).args(self.target_args());
        succeed(command.arg(format!("{library}.vit")).output()?)?;
        let archive = format!("lib{library}.a");
        let linked: [&[&str]; 2] = [&[&archive, "-lm", "-lpthread", "-ldl"], &["-L.", &format!("-l{library}")]];
        for (name, args) in ["static", "shared"].into_iter().zip(linked) {
            let mut command = Command::new(&self.cc);
            command.current_dir(folder).arg(format!("{library}.c")).args(args).args(["-o", name]);
            succeed(command.output()?)?;
            self.run(&folder.join(name))?;
        }
        Ok(())
    }

    fn target_args(&self) -> impl Iterator<Item = &str> {
        self.target.iter().flat_map(|target| ["--target", target.as_str()])
    }

    /// Runs an executable, which is to find nothing wrong.
    fn run(&self, executable: &Path) -> Result<(), Failed> {
        match self.run_with.split_first() {
            None => self.expect_done(Command::new(executable), &[false, true]),
            Some((emulator, args)) => {
                let mut command = Command::new(emulator);
                command.args(args).arg(executable);
                self.expect_done(command, &[false])
            }
        }
    }

    /// Runs a program, which is to find nothing wrong: plain, and with `true` collecting at every safepoint.
    fn expect_done(&self, mut command: Command, stress: &[bool]) -> Result<(), Failed> {
        command.env("LD_LIBRARY_PATH", self.folder()?);
        for &stress in stress {
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
