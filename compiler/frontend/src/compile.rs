//! From a main file to a module: the order of things.

use crate::check::Session;
use crate::codes;
use crate::collect;
use crate::consts;
use crate::diagnostic::{Diagnostic, Severity};
use crate::load::Load;
use crate::lower;
use crate::program::{ConstId, FuncId, Import, ModuleId, Source};
use crate::roots;
use crate::source::{SourceFile, SourceLoader, Sources};
use crate::stdlib;
use vitbc::Module;

/// What to make.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Make a library: every public function of the main file is exported, and no program is needed.
    pub library: bool,
    /// Make a program that runs the tests of the main file instead of the program.
    pub tests: Option<TestOptions>,
    /// Print the value of the main file's last statement, with its type, if it is an expression that has one.
    pub show: bool,
    /// Check only: `module` stays empty.
    pub check: bool,
    /// Check unused parts of the standard library too.
    pub check_std: bool,
}

/// Which tests to run, and how to report on them.
#[derive(Clone, Debug, Default)]
pub struct TestOptions {
    /// Only tests whose names contain this.
    pub filter: String,
    /// Report as JSON, an object a line.
    pub json: bool,
    /// How many seconds each may take; 0 for as many as it likes.
    pub timeout: u32,
}

/// What came of it.
#[derive(Debug)]
pub struct Compilation {
    /// The module, if there were no errors.
    pub module: Option<Module>,
    /// How many tests it runs.
    pub n_tests: usize,
    /// The type of the value that it shows.
    pub shown: Option<String>,
    /// What there is to say, by place.
    pub diagnostics: Vec<Diagnostic>,
    /// All source files, to say where.
    pub sources: Sources,
}

/// Compiles a program.
pub fn compile(loader: &mut dyn SourceLoader, main: &SourceFile, options: &Options) -> Compilation {
    let made = with_checked(loader, main, options, |session, main| {
        let roots = roots::find(session, main, options);
        let mut module = None;
        if !has_errors(session) && !options.check {
            module = lower::lower(session, main, &roots);
        }
        (module, roots.tests.map_or(0, |tests| tests.tests.len()), session.shown.take())
    });
    match made {
        (Some((module, n_tests, shown)), diagnostics, sources) => {
            Compilation { module, n_tests, shown, ..finish(diagnostics, sources) }
        }
        (None, diagnostics, sources) => finish(diagnostics, sources),
    }
}

/// Reads and checks a program, and lets `f` have it with its main module, unless it cannot be read; gives what is said
/// about it, and its files.
pub(crate) fn with_checked<T>(
    loader: &mut dyn SourceLoader,
    main: &SourceFile,
    options: &Options,
    f: impl FnOnce(&mut Session<'_>, ModuleId) -> T,
) -> (Option<T>, Vec<Diagnostic>, Sources) {
    let mut load = Load::new(loader);
    // Tests are run by functions of the module `test`, whether the program imports it or not.
    let more: &[&str] = if options.tests.is_some() { &["test"] } else { &[] };
    let Some(main) = load.run(main, more) else {
        return (None, load.diagnostics, load.sources);
    };
    // What cannot be read cannot be judged: types and names in it would be reported for nothing.
    let is_error = |diagnostic: &Diagnostic| diagnostic.severity == Severity::Error;
    if load.diagnostics.iter().any(|diagnostic| is_error(diagnostic) && diagnostic.code < codes::UNKNOWN_NAME) {
        return (None, load.diagnostics, load.sources);
    }
    let (program, asts) = collect::collect(load, main);
    let mut session = Session::new(program, &asts);
    session.show = options.show.then_some(main);
    roots::declare(&mut session, main, options);
    check_all(&mut session, options);
    let made = f(&mut session, main);
    (Some(made), session.program.diagnostics, session.program.sources)
}

/// What is said about a program of which nothing comes.
fn finish(mut diagnostics: Vec<Diagnostic>, sources: Sources) -> Compilation {
    diagnostics.sort_by_key(|diagnostic| (diagnostic.severity, diagnostic.span));
    diagnostics.dedup();
    Compilation { module: None, n_tests: 0, shown: None, diagnostics, sources }
}

fn has_errors(session: &Session<'_>) -> bool {
    session.program.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
}

/// Checks all bodies of the program's own modules.
fn check_all(session: &mut Session<'_>, options: &Options) {
    for position in 0..session.program.funcs.len() {
        let id = FuncId(position as u32);
        let func = session.program.func(id);
        let is_std = session.program.module(func.module).is_std;
        let has_body = !matches!(func.source, Source::Required | Source::Native(_) | Source::Extern { .. });
        if has_body && (!is_std || options.check_std) {
            session.body(id);
        }
    }
    for position in 0..session.program.consts.len() {
        let id = ConstId(position as u32);
        if !session.program.module(session.program.constant(id).module).is_std || options.check_std {
            consts::value(session, id);
        }
    }
    warn_of_imports(session);
}

/// Warns of modules that are imported for nothing.
fn warn_of_imports(session: &mut Session<'_>) {
    let mut unused = vec![];
    for module in &session.program.modules {
        // Those that are there anyway may be named for clarity.
        let is_idle = |import: &Import| !import.used && import.module.0 as usize >= stdlib::ALWAYS.len();
        let imports = module.imports.iter().filter(|(_, import)| !module.is_std && is_idle(import));
        unused.extend(imports.map(|(&name, import)| (name, import.span)));
    }
    for (name, span) in unused {
        let message = format!("the module `{}` is imported but not used", session.program.text(name));
        session.program.report(Diagnostic::warning(codes::UNUSED_IMPORT, span, message));
    }
}
