//! Vitte source: compiling it to a module, and what the front end has to say about it.

use crate::failure::{DIAGNOSTICS, Diagnostic, Excerpt, Excerpts, Failure, Result};
use std::fs;
use std::path::{Path, PathBuf};
use vitbc::{Module, Place};
use vitte_frontend::{Compilation, Options, Severity, SourceFile, SourceLoader, Sources, Span, compile};

/// Finds imported modules beside the file that imports them, then in the folders of the command line.
pub struct Folders<'f> {
    /// The folders of the command line.
    pub include: &'f [PathBuf],
}

impl SourceLoader for Folders<'_> {
    fn load(&mut self, importer: &str, name: &str) -> Option<SourceFile> {
        let beside = Path::new(importer).parent().map(Path::to_owned).unwrap_or_default();
        let relative = format!("{}.vit", name.replace('.', "/"));
        let file = std::iter::once(&beside)
            .chain(self.include)
            .map(|folder| folder.join(&relative))
            .find(|file| file.is_file())?;
        Some(SourceFile { text: fs::read_to_string(&file).ok()?, name: file.to_string_lossy().into_owned() })
    }
}

/// A compiled program.
pub struct Compiled {
    /// The program.
    pub module: Module,
    /// What is to be said about it all the same.
    pub warnings: Vec<Diagnostic>,
    /// How many tests it runs.
    pub n_tests: usize,
}

/// Compiles a program of Vitte source.
///
/// # Errors
/// The program has errors.
pub fn module(main: SourceFile, include: &[PathBuf], options: &Options) -> Result<Compiled> {
    let Compilation { module, n_tests, diagnostics, sources, .. } = compile(&mut Folders { include }, &main, options);
    let has_errors = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    let diagnostics = diagnostics.into_iter().map(|diagnostic| translate(diagnostic, &sources)).collect();
    match module {
        Some(module) if !has_errors => Ok(Compiled { module, warnings: diagnostics, n_tests }),
        _ => Err(Failure { exit: DIAGNOSTICS, diagnostics }),
    }
}

/// The type of the value that a program shows; `None` if it shows none.
///
/// # Errors
/// The program has errors.
pub fn shown_type(main: SourceFile, include: &[PathBuf], options: &Options) -> Result<Option<String>> {
    let Compilation { shown, diagnostics, sources, .. } = compile(&mut Folders { include }, &main, options);
    if diagnostics.iter().all(|diagnostic| diagnostic.severity == Severity::Warning) {
        return Ok(shown);
    }
    let diagnostics = diagnostics.into_iter().map(|diagnostic| translate(diagnostic, &sources)).collect();
    Err(Failure { exit: DIAGNOSTICS, diagnostics })
}

/// What keeps a single file from being read by the formatter and the like.
pub fn failure(file: SourceFile, diagnostics: Vec<vitte_frontend::Diagnostic>) -> Failure {
    let sources = Sources::from(file);
    let diagnostics = diagnostics.into_iter().map(|diagnostic| translate(diagnostic, &sources)).collect();
    Failure { exit: DIAGNOSTICS, diagnostics }
}

fn translate(diagnostic: vitte_frontend::Diagnostic, sources: &Sources) -> Diagnostic {
    let mut marks: Vec<(Span, Option<String>, bool)> = vec![(diagnostic.span, diagnostic.label, true)];
    marks.extend(diagnostic.labels.into_iter().map(|(span, text)| (span, Some(text), false)));
    let mut files: Vec<Excerpt> = Vec::new();
    for (span, label, is_main) in marks {
        let (file, range) = sources.locate(span);
        let at = files.iter().position(|excerpt| excerpt.file == file.name).unwrap_or_else(|| {
            files.push(Excerpt { file: file.name.clone(), line: 1, source: String::new(), marks: vec![] });
            files.len() - 1
        });
        files[at].marks.push((range, label, is_main));
    }
    for excerpt in &mut files {
        let text = sources.files().find(|file| file.name == excerpt.file).map_or("", |file| file.text.as_str());
        excerpt.cut(text);
    }
    let position = sources.position(diagnostic.span.start);
    let fixes: Vec<String> = diagnostic.fixes.into_iter().map(|fix| fix.message).collect();
    Diagnostic {
        code: diagnostic.code,
        message: diagnostic.message,
        file: Some(sources.file(position.file).name.clone()),
        place: Place { line: Some((position.line, position.column)), ..Place::default() },
        source: None,
        context: None,
        help: fixes.first().cloned(),
        vitte: Some(Box::new(Excerpts {
            is_warning: diagnostic.severity == Severity::Warning,
            files,
            notes: diagnostic.notes,
            fixes,
        })),
    }
}
