//! Typed trees to bytecode: one function for each function that is reached, and each set of type arguments.
//!
//! Starting from the entry, functions are made as they are called. Whatever nobody calls costs nothing.

mod assign;
mod calls;
mod closures;
mod compare;
mod constants;
mod control;
mod convert;
mod data;
mod exceptions;
mod exprs;
mod function;
mod instances;
mod loops;
mod matches;
mod ops;
mod processes;
mod text;
mod traits;
mod types;

use crate::check::Session;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::program::{FuncId, ModuleId, Source};
use crate::source::{FileId, Span};
use crate::stdlib;
use crate::types::{Ty, Tys};
use function::FunctionLower;
use rustc_hash::{FxHashMap, FxHashSet};
use vitbc::builder::ModuleBuilder;
use vitbc::{FileIdx, FuncIdx, Module, NativeIdx, TypeIdx};

/// How long a chain of functions may be, each of which asks for a larger instance of a generic function.
const MAX_DEPTH: u32 = 64;
/// How many instances a program may have.
const MAX_INSTANCES: usize = 200_000;

/// A function to be made.
struct Pending {
    func: FuncId,
    targs: Tys,
    idx: FuncIdx,
    depth: u32,
}

/// What a trait's method is for some types.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Resolved {
    Func(FuncId, Tys),
    /// The language itself implements it.
    Builtin,
}

pub(crate) struct Lowering<'s, 'a> {
    session: &'s mut Session<'a>,
    out: ModuleBuilder,
    main: ModuleId,
    types: FxHashMap<Ty, TypeIdx>,
    /// The names of structs, enums and traits that are taken.
    type_names: FxHashSet<String>,
    /// The boxes of captured variables, by what they hold.
    cells: FxHashMap<Ty, TypeIdx>,
    instances: FxHashMap<(FuncId, Tys), FuncIdx>,
    pending: Vec<Pending>,
    natives: FxHashMap<FuncId, NativeIdx>,
    /// Functions around natives and C functions that are used as values.
    wrappers: FxHashMap<(FuncId, Tys), FuncIdx>,
    resolved: FxHashMap<(FuncId, Tys), Resolved>,
    files: FxHashMap<FileId, FileIdx>,
    /// Which types may be found in `any`.
    in_any: Vec<Ty>,
    in_any_set: FxHashSet<Ty>,
    /// Traits that values in `any` are asked for.
    asked: Vec<Ty>,
    implemented: FxHashSet<(Ty, Ty)>,
    /// Functions that compare values of types with an equality of their own within.
    equality: FxHashMap<Ty, FuncIdx>,
    /// Functions that answer for constants.
    answers: FxHashMap<constants::Answer, FuncIdx>,
    /// The items of constants that are numbers.
    tables: FxHashMap<constants::Answer, vitbc::Const>,
    own_equality: FxHashMap<Ty, bool>,
    /// Functions that write values of types with a text of their own within.
    texts: FxHashMap<Ty, FuncIdx>,
    own_text: FxHashMap<Ty, bool>,
    /// What a program with errors of its own calls with what nobody handled, and the functions of which that is asked.
    last_words: Option<(FuncId, Vec<FuncId>)>,
    /// How deep the instance is that is being made.
    depth: u32,
    /// The place in the source that code is made for.
    at: Span,
    /// Something was reported, so that nothing comes of it.
    failed: bool,
}

/// What a module starts with and offers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Roots {
    /// The file's statements.
    pub(crate) top_level: Option<FuncId>,
    /// `fn main`.
    pub(crate) main: Option<FuncId>,
    /// The functions to be exported.
    pub(crate) exports: Vec<FuncId>,
    /// The tests to be run, with the functions that run one and report on all.
    pub(crate) tests: Option<Tests>,
}

#[derive(Clone, Debug)]
pub(crate) struct Tests {
    pub(crate) tests: Vec<FuncId>,
    pub(crate) run: FuncId,
    pub(crate) report: FuncId,
    /// How long each may take; for ever if that is negative.
    pub(crate) millis: i64,
}

/// Makes the module; `None` if something was reported.
pub(crate) fn lower(session: &mut Session<'_>, main: ModuleId, roots: &Roots) -> Option<Module> {
    let name = session.program.sources.file(session.program.module(main).file).name.clone();
    let stem = name.rsplit(['/', '\\']).next().unwrap_or("main");
    let stem = stem.split('.').next().filter(|stem| !stem.is_empty()).unwrap_or("main");
    let mut lowering = Lowering {
        session,
        out: ModuleBuilder::new(stem),
        main,
        types: FxHashMap::default(),
        type_names: types::taken_names(),
        cells: FxHashMap::default(),
        instances: FxHashMap::default(),
        pending: vec![],
        natives: FxHashMap::default(),
        wrappers: FxHashMap::default(),
        resolved: FxHashMap::default(),
        files: FxHashMap::default(),
        in_any: vec![],
        in_any_set: FxHashSet::default(),
        asked: vec![],
        implemented: FxHashSet::default(),
        equality: FxHashMap::default(),
        answers: FxHashMap::default(),
        tables: FxHashMap::default(),
        own_equality: FxHashMap::default(),
        texts: FxHashMap::default(),
        own_text: FxHashMap::default(),
        last_words: None,
        depth: 0,
        at: Span::default(),
        failed: false,
    };
    lowering.run(roots);
    (!lowering.failed).then(|| lowering.out.finish())
}

impl Lowering<'_, '_> {
    fn run(&mut self, roots: &Roots) {
        self.last_words = self.find_last_words(roots);
        for &func in &roots.exports {
            let idx = self.instance(func, Tys::EMPTY, Span::default());
            let name = self.session.program.text(self.session.program.func(func).name).to_owned();
            self.out.export_func(&name, idx);
        }
        if let Some(tests) = &roots.tests {
            self.test_entry(tests);
        } else if let (Some(top_level), Some(main)) = (roots.top_level, roots.main) {
            self.joint_entry(top_level, main);
        } else if let Some(entry) = roots.top_level.or(roots.main) {
            let idx = self.instance(entry, Tys::EMPTY, Span::default());
            self.out.set_entry(idx);
        }
        self.drain();
    }

    /// Makes what is pending, and what that asks for, until nothing is left.
    fn drain(&mut self) {
        loop {
            while let Some(pending) = self.pending.pop() {
                if self.failed {
                    return;
                }
                self.make(pending);
            }
            self.implement_asked();
            if self.pending.is_empty() {
                return;
            }
        }
    }

    fn make(&mut self, pending: Pending) {
        let Pending { func, targs, idx, depth } = pending;
        self.depth = depth;
        let body = self.session.body(func);
        let targs: Vec<Ty> = self.session.program.types.list(targs).to_vec();
        let result = self.session.program.func(func).result;
        let result = self.session.program.types.subst(result, &targs);
        let builder = self.out.body(idx);
        let span = self.session.program.func(func).span;
        let name = self.session.program.func(func).full_name.as_str().into();
        let mut lower = FunctionLower::new(self, builder, body, targs.into(), result, span);
        lower.name = name;
        let is_outermost = lower.low.last_words.as_ref().is_some_and(|(_, all)| all.contains(&func));
        lower.function_body(is_outermost);
        let function = lower.finish();
        self.define(idx, function, span);
    }

    /// Gives a function its body, if bytecode can hold it.
    fn define(&mut self, idx: FuncIdx, function: vitbc::Function, span: Span) {
        let limits = [
            ("registers", function.regs.len(), vitbc::limits::MAX_REGS),
            ("instructions", function.code.len(), vitbc::limits::MAX_INSTS),
            ("try regions", function.handlers.len(), vitbc::limits::MAX_HANDLERS),
        ];
        for (what, n, max) in limits {
            if n > max {
                let message = format!("the function takes {n} {what}, but bytecode allows {max}");
                self.error(Diagnostic::error(codes::TOO_COMPLEX, span, message).help("split it"));
            }
        }
        self.out.define(idx, function);
    }

    fn error(&mut self, diagnostic: Diagnostic) {
        self.failed = true;
        self.session.program.report(diagnostic);
    }

    /// A file as the module knows it: by its path from the main file's folder, or only by its name if it lies
    /// elsewhere. So the module does not depend on where it was made.
    fn file(&mut self, id: FileId) -> FileIdx {
        if let Some(&idx) = self.files.get(&id) {
            return idx;
        }
        let program = &self.session.program;
        let main = &program.sources.file(program.module(self.main).file).name;
        let name = &program.sources.file(id).name;
        let own_name = |path: &str| path.rfind(['/', '\\']).map_or(0, |at| at + 1);
        let idx = self.out.file(match name.strip_prefix(&main[..own_name(main)]) {
            Some(inside) if !inside.starts_with(['/', '\\']) && !inside.starts_with("..") => inside,
            _ if name.starts_with(stdlib::FOLDER) => name,
            _ => &name[own_name(name)..],
        });
        self.files.insert(id, idx);
        idx
    }

    /// The entry of a file with statements and a `fn main`.
    fn joint_entry(&mut self, top_level: FuncId, main: FuncId) {
        let params: Vec<Ty> = self.session.program.func(main).params.iter().map(|param| param.ty).collect();
        let result = self.session.program.func(main).result;
        let params: Vec<TypeIdx> = params.into_iter().map(|ty| self.ty(ty)).collect();
        let result_idx = self.result_type(result);
        let first = self.instance(top_level, Tys::EMPTY, Span::default());
        let then = self.instance(main, Tys::EMPTY, Span::default());
        let idx = self.out.declare("main", &params, result_idx);
        let mut builder = self.out.body(idx);
        builder.emit(vitbc::Inst::Call { dst: None, func: first, args: Box::new([]) });
        let args = (0..params.len() as u32).map(vitbc::Reg).collect();
        let dst = (result_idx != TypeIdx::UNIT).then(|| builder.reg(result_idx));
        builder.emit(vitbc::Inst::Call { dst, func: then, args });
        builder.emit(vitbc::Inst::Return { value: dst });
        self.out.define(idx, builder.finish());
        self.out.set_entry(idx);
    }

    /// The entry that runs tests: it gives the exit code.
    fn test_entry(&mut self, tests: &Tests) {
        let run = self.instance(tests.run, Tys::EMPTY, Span::default());
        let report = self.instance(tests.report, Tys::EMPTY, Span::default());
        let bodies: Vec<(String, FuncIdx)> = tests
            .tests
            .iter()
            .map(|&test| {
                let name = self.session.program.func(test).full_name.clone();
                (name, self.instance(test, Tys::EMPTY, Span::default()))
            })
            .collect();
        let body_type = self.out.fn_type(&[], TypeIdx::UNIT);
        let idx = self.out.declare("main", &[], TypeIdx::INT);
        let mut builder = self.out.body(idx);
        let millis = builder.reg(TypeIdx::INT);
        let (name, body, good) = (builder.reg(TypeIdx::STR), builder.reg(body_type), builder.reg(TypeIdx::BOOL));
        let (passed, failed, one) = (builder.reg(TypeIdx::INT), builder.reg(TypeIdx::INT), builder.reg(TypeIdx::INT));
        use vitbc::Inst::*;
        let (zero_const, one_const) = (self.out.int(0), self.out.int(1));
        builder.emit(LoadConst { dst: passed, value: zero_const });
        builder.emit(LoadConst { dst: failed, value: zero_const });
        builder.emit(LoadConst { dst: one, value: one_const });
        builder.emit(LoadConst { dst: millis, value: self.out.int(tests.millis) });
        for (text, func) in bodies {
            let (bad, next) = (builder.label(), builder.label());
            builder.emit(LoadConst { dst: name, value: self.out.str(&text) });
            builder.emit(Closure { dst: body, func, captures: Box::new([]) });
            builder.emit(Call { dst: Some(good), func: run, args: Box::new([name, body, millis]) });
            builder.emit(IfNot { cond: good, target: bad });
            builder.emit(Add { dst: passed, a: passed, b: one });
            builder.emit(Jump { target: next });
            builder.bind(bad);
            builder.emit(Add { dst: failed, a: failed, b: one });
            builder.bind(next);
        }
        builder.emit(Call { dst: Some(passed), func: report, args: Box::new([passed, failed]) });
        builder.emit(Return { value: Some(passed) });
        self.out.define(idx, builder.finish());
        self.out.set_entry(idx);
    }

    /// Whether a function has a body in Vitte.
    fn has_body(&self, func: FuncId) -> bool {
        !matches!(self.session.program.func(func).source, Source::Required | Source::Native(_) | Source::Extern { .. })
    }
}
