//! What a program starts with: the statements of its main file, `fn main`, what it exports, its tests.

use crate::ast::ItemKind;
use crate::check::Session;
use crate::codes;
use crate::collect::PRELUDE;
use crate::compile::Options;
use crate::diagnostic::{Diagnostic, Severity};
use crate::lower::{Roots, Tests};
use crate::names::Name;
use crate::program::{Def, Func, FuncId, ModuleId, Parent, Program, Source};
use crate::source::Span;
use crate::types::Ty;

/// Adds functions for the statements and tests of all modules but those of the library.
pub(crate) fn declare(session: &mut Session<'_>, main: ModuleId, options: &Options) {
    let asts = session.asts;
    for (position, ast) in asts.iter().enumerate() {
        let module = ModuleId(position as u32);
        if session.program.module(module).is_std && !options.check_std {
            continue;
        }
        if !ast.stmts.is_empty() {
            let name = session.program.names.intern("main");
            let full_name = match module == main {
                true => "main".to_owned(),
                false => session.program.module(module).name.clone(),
            };
            let span = ast.stmts[0].span;
            add(&mut session.program, (module, u32::MAX), name, full_name, Source::TopLevel, span);
        }
        for (item, data) in ast.items.iter().enumerate() {
            if let ItemKind::Test { name, .. } = data.kind {
                let full_name = session.program.text(name).to_owned();
                let item = item as u32;
                add(&mut session.program, (module, item), name, full_name, Source::Test(item), data.span);
            }
        }
    }
}

fn add(program: &mut Program, place: (ModuleId, u32), name: Name, full_name: String, source: Source, span: Span) {
    program.funcs.push(Func {
        module: place.0,
        item: place.1,
        name,
        full_name,
        generics: vec![],
        n_parent: 0,
        receiver: false,
        params: vec![],
        result: Ty::UNIT,
        parent: Parent::None,
        source,
        span,
    });
}

/// What the module starts with and exports; reports what is missing.
pub(crate) fn find(session: &mut Session<'_>, main: ModuleId, options: &Options) -> Roots {
    let program = &mut session.program;
    let own = |program: &Program, id: &FuncId| program.func(*id).module == main;
    let all: Vec<FuncId> = (0..program.funcs.len() as u32).map(FuncId).collect();
    let mut roots = Roots::default();
    if let Some(wanted) = &options.tests {
        let is_wanted = |id: &FuncId| {
            let func = program.func(*id);
            own(program, id)
                && matches!(func.source, Source::Test(_))
                && program.text(func.name).contains(&wanted.filter)
        };
        let tests = all.iter().copied().filter(is_wanted).collect();
        let (run, report) = if wanted.json { ("run_json", "report_json") } else { ("run", "report") };
        if let (Some(run), Some(report)) = (test_function(program, run), test_function(program, report)) {
            let millis = if wanted.timeout == 0 { -1 } else { i64::from(wanted.timeout) * 1000 };
            roots.tests = Some(Tests { tests, run, report, millis });
        }
        exit_from_tests(program);
        return roots;
    }
    roots.top_level = all.iter().copied().find(|id| own(program, id) && program.func(*id).source == Source::TopLevel);
    if let Some(name) = program.names.get("main")
        && let Some(entry) = program.module(main).items.get(&name)
        && let Def::Func(id) = entry.def
    {
        check_main(program, id);
        roots.main = Some(id);
    }
    if options.library {
        let items = program.module(main).items.values();
        let mut exports: Vec<FuncId> = items
            .filter_map(|entry| match entry.def {
                Def::Func(id) if entry.public => Some(id),
                _ => None,
            })
            .filter(|&id| program.func(id).generics.is_empty() && matches!(program.func(id).source, Source::Item(..)))
            .collect();
        exports.sort_unstable();
        roots.exports = exports;
    } else if roots.top_level.is_none() && roots.main.is_none() && program.diagnostics.iter().all(is_warning) {
        let start = program.sources.base(program.module(main).file);
        let message = "this file has neither statements nor a `fn main`, so there is nothing to run";
        let span = Span { start, end: start };
        program.report(Diagnostic::error(codes::NO_MAIN, span, message).help("write `fn main() { … }`"));
    }
    roots
}

fn is_warning(diagnostic: &Diagnostic) -> bool {
    diagnostic.severity == Severity::Warning
}

/// Makes the function that ends the program end only the test that runs.
fn exit_from_tests(program: &mut Program) {
    let Some(leave) = test_function(program, "leave") else { return };
    let leave = program.func(leave).clone();
    let is_exit = |func: &Func| matches!(func.source, Source::Native(name) if program.names.text(name) == "exit");
    for position in (0..program.funcs.len()).filter(|&position| is_exit(&program.funcs[position])).collect::<Vec<_>>() {
        program.funcs[position] = leave.clone();
    }
}

/// A function of the module `test`.
fn test_function(program: &Program, name: &str) -> Option<FuncId> {
    let module = program.modules.iter().find(|module| module.is_std && module.name == "test")?;
    match module.items.get(&program.names.get(name)?)?.def {
        Def::Func(id) => Some(id),
        _ => None,
    }
}

fn check_main(program: &mut Program, id: FuncId) {
    let args = program.types.list_of(Ty::STR);
    let func = program.func(id);
    let params: Vec<Ty> = func.params.iter().map(|param| param.ty).collect();
    let fits = (params.is_empty() || params == [args])
        && (func.result == Ty::UNIT || func.result == Ty::INT)
        && func.generics.is_empty()
        && matches!(func.source, Source::Item(..));
    let has_error = params.iter().chain([&func.result]).any(|&ty| program.types.has_error(ty));
    if !fits && !has_error {
        let span = func.span;
        let message = "`fn main` takes nothing or `args: [str]`, and gives nothing or `int`";
        program.report(Diagnostic::error(codes::BAD_MAIN, span, message));
    }
    debug_assert!(program.module(PRELUDE).is_std);
}
