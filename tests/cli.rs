//! Runs the sessions of `tests/cli/`: commands as one would type them, and what they answer.
//!
//! A session is a Markdown file. Indented lines are the session, everything else explains it:
//!
//! ```text
//!     $ vittec explain VT9999        a command, for the shell
//!     > | head -1                    more lines of it
//!     error[VT0606]: no error …      what it prints, on standard output and standard error
//!     ? 64                           its exit code, 0 if left out
//! ```
//!
//! All commands of a session run in one folder, empty at the start, with `vittec` and `vitte` in `PATH`; `CHECKOUT` is
//! where this project is. In what they print, `[..]` stands for any part of a line, and a line `...` for any number of lines.
//!
//! A line `Needs: gdb` names a program without which a session is left out, which is told.
//!
//! `BLESS=1` writes what was printed into the sessions that differ; read the difference before you commit it.

use libtest_mimic::{Arguments, Failed, Trial};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const INDENT: &str = "    ";

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cli");
    let entries = fs::read_dir(folder).expect("tests/cli is there");
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "md"));
    paths.sort();
    let trial = |path: PathBuf| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let missing = missing_tool(&path);
        if let Some(tool) = &missing {
            eprintln!("session {name} is left out: there is no {tool} in PATH");
        }
        Trial::test(name, move || run(&path)).with_ignored_flag(missing.is_some())
    };
    let mut trials: Vec<Trial> = paths.iter().cloned().map(trial).collect();
    trials.push(Trial::test("every code of the command line is shown", move || show_every_code(&paths)));
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// Codes that no session can show: compilation does not fail for what fits into a test, and a runtime is missing only
/// where one for that target was never built.
const NOT_SHOWN: [&str; 2] = ["VT0503", "VT0506"];

/// The codes of the command line itself are VT05 to VT09; those below are shown by the corpus of bad modules, those
/// above by the front end's tests.
fn show_every_code(sessions: &[PathBuf]) -> Result<(), Failed> {
    let codes = Command::new(env!("CARGO_BIN_EXE_vittec")).arg("explain").output()?;
    let texts: String = sessions.iter().filter_map(|path| fs::read_to_string(path).ok()).collect();
    for line in String::from_utf8_lossy(&codes.stdout).lines() {
        let code = line.split(' ').next().unwrap_or_default();
        let is_shown = texts.contains(&format!("[{code}]"));
        if ("VT05".."VT10").contains(&code) && is_shown == NOT_SHOWN.contains(&code) {
            return Err(format!("{code}: shown by a session: {is_shown}").into());
        }
    }
    Ok(())
}

/// The program that a session needs and this machine does not have.
fn missing_tool(session: &Path) -> Option<String> {
    let text = fs::read_to_string(session).ok()?;
    let tool = text.lines().find_map(|line| line.strip_prefix("Needs: "))?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there = std::env::split_paths(&path).any(|folder| folder.join(tool).is_file());
    (!is_there).then(|| tool.to_owned())
}

/// One command of a session.
#[derive(Default)]
struct Step {
    /// The line of the file that it stands in.
    line: usize,
    command: String,
    /// What it prints, then its exit code if that is not 0.
    answer: String,
}

/// What a session consists of.
enum Part {
    /// A line that explains.
    Prose(String),
    Step(Step),
}

fn parse(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    // Empty lines belong to an answer if more of it follows.
    let mut empty = 0;
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            empty += 1;
            continue;
        }
        let session = line.strip_prefix(INDENT).filter(|line| !line.starts_with("$ "));
        if let (Some(line), Some(Part::Step(step))) = (session, parts.last_mut()) {
            step.answer += &"\n".repeat(std::mem::take(&mut empty));
            match line.strip_prefix('>').filter(|_| step.answer.is_empty()) {
                Some(more) => step.command += &format!("\n{}", more.strip_prefix(' ').unwrap_or(more)),
                None => step.answer += &format!("{line}\n"),
            }
            continue;
        }
        parts.extend((0..std::mem::take(&mut empty)).map(|_| Part::Prose(String::new())));
        parts.push(match line.strip_prefix(INDENT).and_then(|line| line.strip_prefix("$ ")) {
            Some(command) => Part::Step(Step { line: number + 1, command: command.into(), ..Step::default() }),
            None => Part::Prose(line.to_owned()),
        });
    }
    parts
}

fn run(path: &Path) -> Result<(), Failed> {
    let text = fs::read_to_string(path)?;
    let folder = tempfile::tempdir()?;
    let mut parts = parse(&text);
    let mut wrong = Vec::new();
    for part in &mut parts {
        let Part::Step(step) = part else { continue };
        let answer = execute(&step.command, folder.path())?;
        let (wanted, got): (Vec<_>, Vec<_>) = (step.answer.lines().collect(), answer.lines().collect());
        if !matches(&wanted, &got) {
            wrong.push(format!(
                "line {}: {}\nexpected:\n{}\ngot:\n{}",
                step.line,
                step.command,
                quote(&wanted),
                quote(&got)
            ));
            step.answer = answer;
        }
    }
    if !wrong.is_empty() && std::env::var_os("BLESS").is_some() {
        fs::write(path, print(&parts))?;
        return Ok(());
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n\n").into()) }
}

/// Runs a command by the shell; what it prints, and its exit code if that is not 0.
fn execute(command: &str, folder: &Path) -> Result<String, Failed> {
    let mut shell = Command::new("/bin/sh");
    shell.arg("-c").arg(format!("exec 2>&1\n{command}")).current_dir(folder);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("VITTE_") {
            shell.env_remove(name);
        }
    }
    let tools = Path::new(env!("CARGO_BIN_EXE_vittec")).parent().unwrap_or(Path::new("."));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(tools.to_owned()).chain(std::env::split_paths(&path)))?;
    shell
        .env("PATH", path)
        .env("LC_ALL", "C")
        .env("NO_COLOR", "1")
        .env("CHECKOUT", concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .stdin(Stdio::null());
    let output = shell.output()?;
    let mut answer = String::from_utf8_lossy(&output.stdout).trim_end().to_owned();
    if !answer.is_empty() {
        answer.push('\n');
    }
    match output.status.code() {
        Some(0) => {}
        Some(code) => answer += &format!("? {code}\n"),
        None => answer += &format!("? {}\n", output.status),
    }
    Ok(answer)
}

/// Whether lines are as expected, where `...` stands for any number of lines.
fn matches(wanted: &[&str], got: &[&str]) -> bool {
    match wanted {
        [] => got.is_empty(),
        ["...", rest @ ..] => (0..=got.len()).any(|skip| matches(rest, &got[skip..])),
        [first, rest @ ..] => got.split_first().is_some_and(|(line, got)| fits(first, line) && matches(rest, got)),
    }
}

/// Whether a line is as expected, where `[..]` stands for anything.
fn fits(wanted: &str, line: &str) -> bool {
    let Some((start, rest)) = wanted.split_once("[..]") else { return wanted.trim_end() == line.trim_end() };
    let Some(line) = line.strip_prefix(start) else { return false };
    (0..=line.len()).filter(|&at| line.is_char_boundary(at)).any(|at| fits(rest, &line[at..]))
}

fn quote(lines: &[&str]) -> String {
    lines.iter().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

fn print(parts: &[Part]) -> String {
    let mut text = String::new();
    for part in parts {
        let mut session = |start: &str, line: &str| {
            text.push_str(format!("{INDENT}{start}{line}").trim_end());
            text.push('\n');
        };
        match part {
            Part::Prose(line) => text += &format!("{line}\n"),
            Part::Step(step) => {
                for (number, line) in step.command.split('\n').enumerate() {
                    session(if number == 0 { "$ " } else { "> " }, line);
                }
                step.answer.lines().for_each(|line| session("", line));
            }
        }
    }
    text
}
