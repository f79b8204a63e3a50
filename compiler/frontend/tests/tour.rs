//! Runs the snippets of `docs/tour.md` in the interpreter, and compares what they print with what is written below them.
//!
//! Each runs in a process of its own: this program again, told by a variable which source to run.

use libtest_mimic::{Arguments, Failed, Trial};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use vitte_frontend::{NoModules, Options, Severity, SourceFile, compile, format};

/// The variable that names the source to run.
const RUN: &str = "VITTE_TEST_PROGRAM";

fn main() {
    if let Some(path) = std::env::var_os(RUN) {
        run(Path::new(&path));
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut trials = vec![];
    let tour = fs::read_to_string(root.join("docs/tour.md")).unwrap();
    for (title, source, wanted) in snippets(&tour) {
        trials.push(Trial::test(title, move || {
            if format::format(&source) != Ok(source.clone()) {
                return Err("it is not laid out as `vittec fmt` does".into());
            }
            let mut file = tempfile::Builder::new().suffix(".vit").tempfile()?;
            file.write_all(source.as_bytes())?;
            check(file.path(), &wanted)
        }));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// The heading above each snippet (numbered), its source, and the output below it.
fn snippets(text: &str) -> Vec<(String, String, String)> {
    let (mut found, mut heading) = (vec![], "");
    let mut lines = text.lines();
    let until_fence = |lines: &mut std::str::Lines<'_>| -> String {
        lines.by_ref().take_while(|line| *line != "```").map(|line| format!("{line}\n")).collect()
    };
    while let Some(line) = lines.next() {
        if let Some(title) = line.strip_prefix("## ") {
            heading = title;
        } else if line == "```vitte" {
            let source = until_fence(&mut lines);
            assert_eq!(lines.next(), Some("```text"), "the output follows each snippet; under {heading}");
            let output = until_fence(&mut lines);
            found.push((format!("{} {heading}", found.len() + 1), source, output));
        }
    }
    found
}

fn check(path: &Path, wanted: &str) -> Result<(), Failed> {
    let mut command = Command::new(std::env::current_exe()?);
    command.env(RUN, path).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = command.output()?;
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if !output.status.success() || stdout != wanted || !stderr.is_empty() {
        return Err(format!("{}\n{stderr}\nprinted:\n{stdout}\nexpected:\n{wanted}", output.status).into());
    }
    Ok(())
}

/// Runs a program and ends with its exit code.
fn run(path: &Path) -> ! {
    let main = SourceFile { name: path.to_string_lossy().into_owned(), text: fs::read_to_string(path).unwrap() };
    let compilation = compile(&mut NoModules, &main, &Options::default());
    for diagnostic in &compilation.diagnostics {
        let position = compilation.sources.position(diagnostic.span.start);
        let kind = if diagnostic.severity == Severity::Error { "error" } else { "warning" };
        eprintln!("{kind}[{}] {}:{}: {}", diagnostic.code, position.line, position.column, diagnostic.message);
    }
    let Some(module) = compilation.module else { std::process::exit(1) };
    let module = vitbc::verify::verify(module).unwrap_or_else(|error| panic!("the verifier refuses it: {error}"));
    let mut vm = vitte_interp::Vm::new();
    vm.load(module);
    std::process::exit(vm.run().unwrap())
}
