//! Runs the programs of `tests/run/` and `examples/` through every engine, and compares what they print with what is
//! expected.
//!
//! A program's head comments say what to expect (in Vitte source they begin with `//`):
//!
//! ```text
//! ;; args: a b          its arguments
//! ;; env: A=b           a variable of its environment
//! ;; stdin: text        a line of its input; repeat for more, or put it into a file beside it: NAME.stdin
//! ;; stdout: text       a line of its output; repeat for more, or put the output into a file beside it: NAME.stdout
//! ;; stderr: text       a part of what it prints on standard error; repeat for more
//! ;; exit: 101          its exit code, 0 if left out
//! ;; engines: interp    only these engines (interp, jit, native), for what others cannot do
//! ;; targets: native    not for wasm, which has no sockets
//! ;; targets: host      not on other machines either, for libraries that only this one has
//! ;; stress: off        not under collection at every safepoint, for programs that allocate a lot
//! ;; seeds: off         not under seeds, for programs that compute until time has passed, which it does not then
//! ```
//!
//! Programs that start processes also run with `VITTE_SCHED=seed:N`, for as many N as `VITTE_SEEDS` says, 16 if it says
//! nothing: a failure names the seed, which repeats it.
//!
//! Executables are also built for each other processor that `vittec targets` calls ready and whose programs something
//! here can run: all at `-O2`, a sample at `-O0` and under collection at every safepoint.
//!
//! Where there is a Node that is new enough, programs are also packed for wasm, and run by it as the interpreter runs them.
//!
//! `BLESS=1` writes the interpreter's output into the file beside it; read the difference before you commit it.

use libtest_mimic::{Arguments, Failed, Trial};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use vitte_tests::{Machine, Node};

const VITTEC: &str = env!("CARGO_BIN_EXE_vittec");
const WASM: &str = "wasm64-unknown-unknown";
/// Of so many programs one is in a sample.
const SAMPLE: usize = 8;

/// What a program's head says.
#[derive(Clone, Default)]
struct Expected {
    args: Vec<String>,
    env: Vec<(String, String)>,
    stdin: String,
    stdout: Option<String>,
    stderr: Vec<String>,
    exit: i32,
    engines: Option<Vec<String>>,
    stress: bool,
    targets: Targets,
    spawns: bool,
}

/// What a program is tested for.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Targets {
    #[default]
    All,
    Native,
    Host,
}

fn main() {
    let arguments = Arguments::from_args();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let machines = Machine::all(VITTEC);
    let node = node();
    let mut trials = Vec::new();
    let mut paths = programs(&root.join("tests/run"), &["vitasm", "vit"]);
    paths.extend(programs(&root.join("examples"), &["vit"]));
    for (number, path) in paths.into_iter().enumerate() {
        let expected = read_expected(&path);
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let allows =
            |engine: &str| expected.engines.as_ref().is_none_or(|names| names.iter().any(|name| name == engine));
        let mut add = |engine: &str, kind: &'static str, run: fn(&Path, &Expected, &str) -> Result<(), Failed>| {
            if allows(kind) {
                let (path, expected, engine) = (path.clone(), expected.clone(), engine.to_owned());
                trials.push(Trial::test(format!("{name}::{engine}"), move || run(&path, &expected, &engine)));
            }
        };
        add("interp", "interp", run_in_process);
        add("jit", "jit", run_in_process);
        add("native-O0", "native", build_and_run);
        add("native-O2", "native", build_and_run);
        if expected.spawns {
            add("seeds", "native", build_and_run_by_seeds);
        }
        if let Some(node) = node.clone().filter(|_| allows("interp") && expected.targets == Targets::All) {
            let sampled = expected.stress && number.is_multiple_of(SAMPLE);
            let (path, expected) = (path.clone(), expected.clone());
            let run = move || pack_and_run(&path, &expected, &node, sampled);
            trials.push(Trial::test(format!("{name}::wasm64"), run));
        }
        for machine in machines.iter().filter(|_| allows("native") && expected.targets != Targets::Host) {
            let mut add = |level: &'static str, stress: bool| {
                let (path, expected, machine) = (path.clone(), expected.clone(), machine.clone());
                let name = format!("{name}::{}{level}{}", machine.architecture(), if stress { "-stress" } else { "" });
                trials.push(Trial::test(name, move || build_and_emulate(&path, &expected, &machine, level, stress)));
            };
            add("-O2", false);
            // Emulation is slow: the rest for a sample, another one for each machine.
            if number % SAMPLE == machine.target.len() % SAMPLE {
                add("-O0", false);
                if expected.stress {
                    add("-O2", true);
                }
            }
        }
    }
    libtest_mimic::run(&arguments, trials).exit();
}

/// The files of a folder with one of these endings.
fn programs(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| endings.iter().any(|ending| path.extension().is_some_and(|own| own == *ending)))
        .collect();
    paths.sort();
    paths
}

fn read_expected(path: &Path) -> Expected {
    let text = fs::read_to_string(path).expect("a test program is readable");
    let mut expected = Expected { stress: true, ..Expected::default() };
    expected.stdin = fs::read_to_string(path.with_extension("stdin")).unwrap_or_default();
    expected.spawns = ["spawn", "SPAWN"].iter().any(|word| text.contains(word)) && !text.contains("VITTE_SCHED");
    for line in text.lines().map_while(|line| line.strip_prefix(";;").or_else(|| line.strip_prefix("//"))) {
        let Some((key, value)) = line.trim_start().split_once(':') else { continue };
        let value = value.strip_prefix(' ').unwrap_or(value);
        match key {
            "args" => expected.args.extend(value.split_whitespace().map(str::to_owned)),
            "env" => {
                let variables = value.split_whitespace().filter_map(|variable| variable.split_once('='));
                expected.env.extend(variables.map(|(name, value)| (name.to_owned(), value.to_owned())));
            }
            "stdin" => expected.stdin += &format!("{value}\n"),
            "stdout" => *expected.stdout.get_or_insert_default() += &format!("{value}\n"),
            "stderr" => expected.stderr.push(value.trim_end().to_owned()),
            "exit" => expected.exit = value.trim().parse().expect("an exit code"),
            "engines" => expected.engines = Some(value.split_whitespace().map(str::to_owned).collect()),
            "stress" => expected.stress = value.trim() != "off",
            "seeds" => expected.spawns = false,
            "targets" => {
                expected.targets = match value.trim() {
                    "native" => Targets::Native,
                    "host" => Targets::Host,
                    other => panic!("{}: unknown targets '{other}'", path.display()),
                }
            }
            _ => {}
        }
    }
    expected
}

/// Builds an executable and runs it under the seeds.
fn build_and_run_by_seeds(path: &Path, expected: &Expected, _: &str) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let program = folder.path().join("program");
    let built = Command::new(VITTEC).args(["build", "-o"]).arg(&program).arg(path).output()?;
    if !built.status.success() {
        return Err(format!("vittec build: {}", String::from_utf8_lossy(&built.stderr)).into());
    }
    let n = std::env::var("VITTE_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(16);
    for seed in 0..n {
        let seed = format!("seed:{seed}");
        let mut command = Command::new(&program);
        command.args(&expected.args).env("VITTE_SCHED", &seed);
        let output = execute(command, expected, false)?;
        compare(path, expected, &output, &format!("with VITTE_SCHED={seed}"))?;
    }
    Ok(())
}

/// Runs a program with `vittec run`, plain and under stress.
fn run_in_process(path: &Path, expected: &Expected, engine: &str) -> Result<(), Failed> {
    for stress in [false, true] {
        if stress && !expected.stress {
            continue;
        }
        let mut command = Command::new(VITTEC);
        command.args(["run", "--engine", engine]).arg(path).args(&expected.args);
        let output = execute(command, expected, stress)?;
        if engine == "interp" && !stress && std::env::var_os("BLESS").is_some() && expected.stdout.is_none() {
            fs::write(path.with_extension("stdout"), &output.stdout)?;
        }
        compare(path, expected, &output, if stress { "under stress" } else { "plain" })?;
    }
    Ok(())
}

/// Builds an executable and runs it, plain and under stress.
fn build_and_run(path: &Path, expected: &Expected, engine: &str) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let program = folder.path().join("program");
    let level = engine.trim_start_matches("native");
    let built = Command::new(VITTEC).args(["build", level, "-o"]).arg(&program).arg(path).output()?;
    if !built.status.success() {
        return Err(format!("vittec build {level}: {}", String::from_utf8_lossy(&built.stderr)).into());
    }
    for stress in [false, true] {
        if stress && !expected.stress {
            continue;
        }
        let mut command = Command::new(&program);
        command.args(&expected.args);
        let output = execute(command, expected, stress)?;
        compare(path, expected, &output, if stress { "under stress" } else { "plain" })?;
    }
    Ok(())
}

/// Builds an executable for another machine and runs it.
fn build_and_emulate(
    path: &Path,
    expected: &Expected,
    machine: &Machine,
    level: &str,
    stress: bool,
) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let program = folder.path().join("program");
    let mut build = Command::new(VITTEC);
    let built = build.args(["build", level, "--target", &machine.target, "-o"]).arg(&program).arg(path).output()?;
    if !built.status.success() {
        return Err(format!("vittec build: {}", String::from_utf8_lossy(&built.stderr)).into());
    }
    let mut command = machine.command(&program);
    command.args(&expected.args);
    let output = execute(command, expected, stress)?;
    compare(path, expected, &output, if stress { "under stress" } else { "plain" })
}

/// What runs programs for wasm, if this compiler packs such.
fn node() -> Option<Node> {
    let output = Command::new(VITTEC).args(["targets", "--json"]).output().expect("vittec runs");
    let rows: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it prints JSON");
    let packs = rows.as_array().is_some_and(|rows| rows.iter().any(|row| row["packs"] == true));
    let node = if packs { Node::find() } else { Err(format!("`scripts/build-rt {WASM}` makes the runtime for it")) };
    node.inspect_err(|why| eprintln!("{WASM} is left out: {why}")).ok()
}

/// Packs a program for wasm and has Node run it, plain and, if `sampled`, under stress.
fn pack_and_run(path: &Path, expected: &Expected, node: &Node, sampled: bool) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let module = folder.path().join("program.wasm");
    let built = Command::new(VITTEC).args(["build", "--target", WASM, "-o"]).arg(&module).arg(path).output()?;
    if !built.status.success() {
        let message = String::from_utf8_lossy(&built.stderr);
        let is_foreign = fs::read_to_string(path)?.to_lowercase().contains("extern");
        return if is_foreign && message.contains("[VT0511]") { Ok(()) } else { Err(message.into()) };
    }
    for stress in [false, true].into_iter().take(if sampled { 2 } else { 1 }) {
        let mut command = node.command(&module.with_extension("mjs"));
        command.args(&expected.args);
        let output = execute(command, expected, stress)?;
        compare(path, expected, &output, if stress { "under stress" } else { "plain" })?;
    }
    Ok(())
}

fn execute(mut command: Command, expected: &Expected, stress: bool) -> Result<Output, Failed> {
    command.envs(expected.env.iter().map(|(name, value)| (name, value)));
    if stress {
        command.env("VITTE_GC_STRESS", "1");
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    // A program that reads nothing closes its end early.
    let _ = child.stdin.take().map(|mut stdin| stdin.write_all(expected.stdin.as_bytes()));
    Ok(child.wait_with_output()?)
}

fn compare(path: &Path, expected: &Expected, output: &Output, how: &str) -> Result<(), Failed> {
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    let wanted = match &expected.stdout {
        Some(text) => text.clone(),
        None => fs::read_to_string(path.with_extension("stdout")).unwrap_or_default(),
    };
    let mut wrong = Vec::new();
    if stdout != wanted {
        wrong.push(format!("standard output, {how}:\n{}", difference(&wanted, &stdout)));
    }
    for part in &expected.stderr {
        if !stderr.contains(part.as_str()) {
            wrong.push(format!("standard error lacks `{part}`"));
        }
    }
    if output.status.code() != Some(expected.exit) {
        wrong.push(format!("exit: expected {}, got {}", expected.exit, output.status));
    }
    if wrong.is_empty() {
        return Ok(());
    }
    wrong.push(format!("standard error, {how}:\n{stderr}"));
    Err(wrong.join("\n").into())
}

/// The first lines that differ.
fn difference(wanted: &str, got: &str) -> String {
    let (mut wanted, mut got) = (wanted.lines(), got.lines());
    for number in 1.. {
        match (wanted.next(), got.next()) {
            (None, None) => break,
            (a, b) if a == b => {}
            (a, b) => {
                return format!(
                    "line {number}\n  expected: {}\n  got:      {}",
                    a.unwrap_or("(end)"),
                    b.unwrap_or("(end)")
                );
            }
        }
    }
    "they differ in the end of the last line".into()
}
