//! Compares what is said about programs that are wrong with what their comments say.
//!
//! A program of `diagnostics/` says `//~ VT1201 part of the message` on each line that something is said about, or
//! `//~^` on the line below it, and `//~other VT1104 …` for what is said about another file. Files whose names begin
//! with `_` are modules that others import.

use libtest_mimic::{Arguments, Failed, Trial};
use std::fs;
use std::path::{Path, PathBuf};
use vitte_frontend::{Compilation, Options, SourceFile, SourceLoader, compile};

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = vec![];
    for path in files() {
        trials.push(Trial::test(name(&path), move || check_diagnostics(&path)));
    }
    trials.push(Trial::test("the whole standard library", check_std));
    libtest_mimic::run(&arguments, trials).exit();
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics");
    let entries = fs::read_dir(folder).expect("the folder is there");
    let is_program = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".vit") && !name.starts_with('_')
    };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(is_program).collect();
    paths.sort();
    paths
}

fn name(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// Modules beside the importing file, in files whose names begin with `_`.
struct Beside(PathBuf);

impl SourceLoader for Beside {
    fn load(&mut self, _: &str, name: &str) -> Option<SourceFile> {
        let path = self.0.join(format!("_{}.vit", name.replace('.', "/")));
        Some(SourceFile { name: format!("{name}.vit"), text: fs::read_to_string(path).ok()? })
    }
}

fn compile_file(path: &Path, options: &Options) -> Compilation {
    let text = fs::read_to_string(path).expect("a test program is readable");
    let main = SourceFile { name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(), text };
    compile(&mut Beside(path.parent().unwrap_or(Path::new(".")).to_owned()), &main, options)
}

fn describe(compilation: &Compilation) -> String {
    let line = |diagnostic: &vitte_frontend::Diagnostic| {
        let position = compilation.sources.position(diagnostic.span.start);
        let file = &compilation.sources.file(position.file).name;
        let (code, message) = (diagnostic.code, &diagnostic.message);
        format!("{file}:{}:{}: {code} {message}\n", position.line, position.column)
    };
    compilation.diagnostics.iter().map(line).collect()
}

fn check_diagnostics(path: &Path) -> Result<(), Failed> {
    let compilation = compile_file(path, &Options::default());
    let text = fs::read_to_string(path)?;
    let main = path.file_name().unwrap_or_default().to_string_lossy();
    let mut wanted: Vec<(u32, String, String)> = vec![];
    for (number, line) in text.lines().enumerate() {
        let mut rest = line;
        while let Some((_, expectation)) = rest.split_once("//~") {
            rest = expectation;
            let expectation = expectation.split("//~").next().unwrap_or_default();
            if let Some(other) = expectation.strip_prefix("other ") {
                let (code, part) = other.trim().split_once(' ').unwrap_or((other.trim(), ""));
                wanted.push((0, code.to_owned(), part.to_owned()));
                continue;
            }
            let above = expectation.chars().take_while(|&c| c == '^').count();
            let (code, part) = expectation[above..].trim().split_once(' ').unwrap_or((expectation[above..].trim(), ""));
            wanted.push(((number + 1 - above) as u32, code.to_owned(), part.trim().to_owned()));
        }
    }
    let mut wrong = vec![];
    for diagnostic in &compilation.diagnostics {
        let position = compilation.sources.position(diagnostic.span.start);
        let code = diagnostic.code.to_string();
        let is_main = compilation.sources.file(position.file).name == main;
        let found = wanted.iter().position(|(line, wanted_code, part)| {
            *line == if is_main { position.line } else { 0 }
                && *wanted_code == code
                && diagnostic.message.contains(part.as_str())
        });
        match found {
            Some(found) => {
                wanted.remove(found);
            }
            None => wrong.push(format!("unexpected: line {}: {code} {}", position.line, diagnostic.message)),
        }
    }
    wrong.extend(wanted.into_iter().map(|(line, code, part)| format!("missing: line {line}: {code} {part}")));
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// Nothing is said about the standard library, every function of which is checked.
fn check_std() -> Result<(), Failed> {
    let mut text = String::new();
    for module in vitte_frontend::stdlib::names() {
        text += &format!("import {module}\n");
    }
    text += "print(1)\n";
    let main = SourceFile { name: "main.vit".to_owned(), text };
    let options = Options { check_std: true, ..Options::default() };
    let compilation = compile(&mut vitte_frontend::NoModules, &main, &options);
    let others = compilation.diagnostics.iter().filter(|diagnostic| diagnostic.code.0 != 1904).count();
    if others == 0 { Ok(()) } else { Err(describe(&compilation).into()) }
}
