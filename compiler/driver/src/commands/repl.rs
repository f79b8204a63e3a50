//! `vittec repl`: a program typed bit by bit.
//!
//! A session is a program that grows. Each input is run by running the whole program anew in a process of its own, of
//! which only what is printed behind a mark is shown: so variables, functions and types stay as they were, whatever an
//! input does. An input that fails leaves the session as it was.

mod lines;

use crate::cli::Repl;
use crate::failure::{Failure, Result};
use crate::report::Reporter;
use crate::{input, output, vit};
use lines::Lines;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use vitte_frontend::reading::{self, Reading};
use vitte_frontend::{Options, SourceFile};

/// Ends what earlier inputs print, on both streams.
const MARK: &str = "\u{2}\u{3}";

const HELP: &str = "\
An expression prints its value and type; definitions and variables stay. Each input
runs the session again from its start, quietly: do not count on clocks and files.
  :type EXPR   the type of an expression, without running it
  :load FILE   take in a file
  :help        this
  :quit        leave";

/// Reads and runs inputs until there are no more.
pub fn repl(args: &Repl, reporter: &Reporter) -> Result<ExitCode> {
    let mut lines = Lines::new();
    let mut session = Session { args, reporter, inputs: vec![] };
    while let Some(text) = next_input(&mut lines)? {
        let (command, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        match command {
            "" => {}
            ":quit" | ":q" => break,
            ":help" | ":h" => output::print(format!("{HELP}\n").as_bytes())?,
            ":type" | ":t" => session.report_failure(|session| session.show_type(rest)),
            ":load" | ":l" => session.report_failure(|session| {
                let source = input::read_source(Path::new(rest.trim()))?;
                session.run(&source.text)
            }),
            _ if command.starts_with(':') => output::note("no such command; see :help"),
            _ => session.report_failure(|session| session.run(&text)),
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Lines up to where they make a whole, or up to an empty one.
fn next_input(lines: &mut Lines) -> Result<Option<String>> {
    let Some(mut text) = lines.next(false)? else { return Ok(None) };
    while !text.trim_start().starts_with(':') && reading::read(&text).is_unfinished {
        match lines.next(true)? {
            Some(more) if !more.trim().is_empty() => {
                text.push('\n');
                text.push_str(&more);
            }
            _ => break,
        }
    }
    lines.remember(&text);
    Ok(Some(text))
}

struct Session<'r> {
    args: &'r Repl,
    reporter: &'r Reporter,
    /// What has been run so far, with what it declares.
    inputs: Vec<(String, Reading)>,
}

impl Session<'_> {
    fn report_failure(&mut self, f: impl FnOnce(&mut Self) -> Result<()>) {
        if let Err(failure) = f(self) {
            let is_warning =
                |d: &&crate::failure::Diagnostic| d.vitte.as_ref().is_some_and(|excerpts| excerpts.is_warning);
            failure.diagnostics.iter().filter(|d| !is_warning(d)).for_each(|d| self.reporter.print(d));
        }
    }

    /// The inputs that stay beside a new one, which may declare the same names anew.
    fn kept(&self, new: &Reading) -> Vec<(String, Reading)> {
        let is_replaced =
            |old: &Reading| !old.has_statements && old.declared.iter().any(|name| new.declared.contains(name));
        self.inputs.iter().filter(|(_, old)| !is_replaced(old)).cloned().collect()
    }

    fn program(&self, kept: &[(String, Reading)], text: &str) -> SourceFile {
        let mut program: String = kept.iter().map(|(text, _)| format!("{text}\n")).collect();
        program.push_str(&format!("print(\"{MARK}\"); eprint(\"{MARK}\")\n{text}\n"));
        SourceFile { name: "input".to_owned(), text: program }
    }

    fn run(&mut self, text: &str) -> Result<()> {
        let new = reading::read(text);
        let kept = self.kept(&new);
        let options = Options { show: !text.trim_end().ends_with(';'), ..Options::default() };
        let compiled = vit::module(self.program(&kept, text), &self.args.include, &options)?;
        let module = input::verify_source("input".to_owned(), compiled.module)?;
        if execute(&vitbc::write(&module))? {
            self.inputs = kept;
            self.inputs.push((text.to_owned(), new));
        }
        Ok(())
    }

    fn show_type(&mut self, text: &str) -> Result<()> {
        let options = Options { show: true, check: true, ..Options::default() };
        let shown = vit::shown_type(self.program(&self.inputs, text), &self.args.include, &options)?;
        output::print(format!("{}\n", shown.as_deref().unwrap_or("()")).as_bytes())
    }
}

/// Runs a program and shows what it prints behind the mark; gives whether it went well.
fn execute(module: &[u8]) -> Result<bool> {
    let failed = |error: std::io::Error| Failure::io(Path::new("the session"), "run", &error);
    let mut file = tempfile::Builder::new().suffix(".vitbc").tempfile().map_err(failed)?;
    file.write_all(module).map_err(failed)?;
    let mut command = Command::new(std::env::current_exe().map_err(failed)?);
    command.args(["run", "-O1", "--"]).arg(file.path());
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(failed)?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    std::thread::scope(|scope| {
        if let Some(err) = err {
            scope.spawn(|| copy_behind_mark(err, std::io::stderr()));
        }
        if let Some(out) = out {
            copy_behind_mark(out, std::io::stdout());
        }
    });
    Ok(child.wait().map_err(failed)?.success())
}

/// Copies what follows the line of the mark, as it comes.
fn copy_behind_mark(mut from: impl Read, mut to: impl Write) {
    let mark = format!("{MARK}\n").into_bytes();
    let (mut held, mut is_behind, mut buffer) = (Vec::new(), false, [0; 4096]);
    while let Ok(n @ 1..) = from.read(&mut buffer) {
        held.extend_from_slice(&buffer[..n]);
        if !is_behind && let Some(at) = held.windows(mark.len()).position(|window| window == mark) {
            held.drain(..at + mark.len());
            is_behind = true;
        }
        if is_behind {
            // Nobody to read it: nothing to be done.
            let _ = to.write_all(&held).and_then(|()| to.flush());
            held.clear();
        }
    }
}
