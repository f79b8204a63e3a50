//! Bad programs, and what is said about them.
//!
//! Beside each `tests/ui/NAME.vit` stands `NAME.txt`: a line for each message with its code, place and text, and lines
//! for labels, notes and fixes. `BLESS=1` writes these files; read the difference before you commit it.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use vitte_frontend::{Compilation, Options, Severity, SourceFile, SourceLoader, compile};

struct Folder(PathBuf);

impl SourceLoader for Folder {
    fn load(&mut self, importer: &str, name: &str) -> Option<SourceFile> {
        let folder = Path::new(importer).parent()?;
        let name = folder.join(format!("{}.vit", name.replace('.', "/")));
        let text = fs::read_to_string(self.0.join(&name)).ok()?;
        Some(SourceFile { name: name.to_string_lossy().into_owned(), text })
    }
}

fn place(compilation: &Compilation, offset: u32) -> String {
    let position = compilation.sources.position(offset);
    let file = &compilation.sources.file(position.file).name;
    format!("{file}:{}:{}", position.line, position.column)
}

fn render(compilation: &Compilation) -> String {
    let mut out = String::new();
    for diagnostic in &compilation.diagnostics {
        let kind = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let marked = compilation.sources.text(diagnostic.span).escape_debug().to_string();
        let at = place(compilation, diagnostic.span.start);
        writeln!(out, "{kind}[{}] {at}: {}", diagnostic.code, diagnostic.message).unwrap();
        match &diagnostic.label {
            Some(label) => writeln!(out, "  at `{marked}`: {label}").unwrap(),
            None => writeln!(out, "  at `{marked}`").unwrap(),
        }
        for (span, label) in &diagnostic.labels {
            writeln!(out, "  see {}: {label}", place(compilation, span.start)).unwrap();
        }
        for note in &diagnostic.notes {
            writeln!(out, "  note: {note}").unwrap();
        }
        for fix in &diagnostic.fixes {
            writeln!(out, "  help: {}", fix.message).unwrap();
        }
    }
    out
}

#[test]
fn messages_are_as_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/ui");
    let mut files: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "vit"));
    files.sort();
    assert!(files.len() >= 120, "only {} programs", files.len());
    let mut failures = vec![];
    for path in files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let main = SourceFile { name: name.clone(), text: fs::read_to_string(&path).unwrap() };
        let compilation = compile(&mut Folder(folder.clone()), &main, &Options::default());
        let got = render(&compilation);
        let has_errors = compilation.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
        assert!(!got.is_empty(), "{name}: nothing is said about it");
        assert_eq!(compilation.module.is_none(), has_errors, "{name}: a module goes with no errors\n{got}");
        let beside = path.with_extension("txt");
        if std::env::var_os("BLESS").is_some() {
            fs::write(&beside, &got).unwrap();
        } else if fs::read_to_string(&beside).unwrap_or_default() != got {
            failures.push(format!("{name}:\n{got}"));
        }
    }
    assert!(failures.is_empty(), "{} programs; BLESS=1 accepts\n\n{}", failures.len(), failures.join("\n"));
}
