//! The way from a module to code.

use crate::env::Env;
use crate::image::Image;
use crate::passes::{self, Stats};
use crate::{CompileError, Options, define, ir, isa, limits, object, translate};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use target_lexicon::Architecture;
use vitbc::{Module, Verified};
use vitte_layout::{Layout, resolve_natives};

/// An object file, and what is to be known about it.
#[derive(Debug)]
pub struct Artifact {
    /// Its bytes.
    pub object: Vec<u8>,
    /// The libraries that the module's C functions are declared in, as after `-l`.
    pub libraries: Vec<String>,
    /// How it was made.
    pub report: Report,
}

/// Code to be put into memory with [`jit::Layout`](crate::jit::Layout).
pub struct Compiled {
    /// The program.
    pub image: Image,
    /// The processor that it is for.
    pub architecture: Architecture,
    /// How it was made.
    pub report: Report,
}

/// What happened on the way.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What the passes did.
    pub stats: Stats,
    /// The steps, in their order, and how long they took.
    pub timings: Vec<(&'static str, Duration)>,
}

/// Compiles a module to an object file.
///
/// # Errors
/// See [`CompileError`].
pub fn compile(module: &Verified<Module>, options: &Options) -> Result<Artifact, CompileError> {
    let isa = isa::make(options)?;
    let (image, mut report) = on_threads(options, || make(module, &*isa, options))?;
    let object = report.time("object", || object::write(&image, &*isa, options))?;
    let libraries: BTreeSet<&String> = module.externs.iter().map(|external| &external.library).collect();
    let libraries = libraries.into_iter().filter(|library| !library.is_empty()).cloned().collect();
    Ok(Artifact { object, libraries, report })
}

/// Compiles a module to code that goes into memory.
///
/// # Errors
/// See [`CompileError`].
pub fn compile_to_memory(module: &Verified<Module>, options: &Options) -> Result<Compiled, CompileError> {
    let isa = isa::make(options)?;
    let (image, report) = on_threads(options, || make(module, &*isa, options))?;
    Ok(Compiled { image, architecture: isa.triple().architecture, report })
}

/// Our SSA form of a module's functions, after the passes, as text.
///
/// # Errors
/// See [`CompileError`].
pub fn emit_ssa(module: &Verified<Module>, options: &Options) -> Result<String, CompileError> {
    on_threads(options, || {
        let prepared = Prepared::new(module, options.library)?;
        let functions = prepared.functions(options, &mut Report::default())?;
        Ok(functions.iter().map(|function| format!("{function}\n")).collect())
    })
}

/// Cranelift's form of a module's functions, as text.
///
/// # Errors
/// See [`CompileError`].
pub fn emit_clif(module: &Verified<Module>, options: &Options) -> Result<String, CompileError> {
    let isa = isa::make(options)?;
    on_threads(options, || {
        let prepared = Prepared::new(module, options.library)?;
        let functions = prepared.functions(options, &mut Report::default())?;
        define::print_clif(prepared.env(), &functions, &*isa)
    })
}

/// The machine code of a module's functions, as text.
///
/// # Errors
/// See [`CompileError`].
pub fn emit_asm(module: &Verified<Module>, options: &Options) -> Result<String, CompileError> {
    let isa = isa::make(options)?;
    on_threads(options, || {
        let prepared = Prepared::new(module, options.library)?;
        let functions = prepared.functions(options, &mut Report::default())?;
        define::print_asm(prepared.env(), &functions, &*isa)
    })
}

/// Translate, improve, define.
fn make(
    module: &Verified<Module>,
    target: &dyn cranelift_codegen::isa::TargetIsa,
    options: &Options,
) -> Result<(Image, Report), CompileError> {
    let mut report = Report::default();
    let prepared = report.time("layout", || Prepared::new(module, options.library))?;
    let functions = prepared.functions(options, &mut report)?;
    let mut image = report.time("define", || define::define(prepared.env(), &functions, target, options))?;
    image.choose_collector(options.collector);
    image.require(isa::features(target));
    Ok((image, report))
}

/// A module and what is worked out about it before anything else.
struct Prepared<'m> {
    module: &'m Verified<Module>,
    layout: Layout,
    natives: Vec<vitte_abi::functions::NativeFn>,
    library: bool,
}

impl<'m> Prepared<'m> {
    fn new(module: &'m Verified<Module>, library: bool) -> Result<Prepared<'m>, CompileError> {
        if let Some(import) = module.imports.first() {
            return Err(CompileError::Unlinked(format!("{}.{}", import.module, import.name)));
        }
        Ok(Prepared { module, layout: Layout::new(module), natives: resolve_natives(module)?, library })
    }

    fn env(&self) -> Env<'_> {
        Env { module: self.module, layout: &self.layout, natives: &self.natives, library: self.library }
    }

    fn functions(&self, options: &Options, report: &mut Report) -> Result<Vec<ir::Function>, CompileError> {
        let env = self.env();
        let translated = report.time("translate", || {
            let positions = 0..self.module.functions.len();
            positions
                .into_par_iter()
                .with_min_len(8)
                .map(|position| translate(&env, position))
                .collect::<Result<_, _>>()
        })?;
        let mut stats = Stats::default();
        let functions = report.time("passes", || passes::run(&env, translated, options.opt, &mut stats));
        report.stats = stats;
        functions.par_iter().try_for_each(limits::check)?;
        Ok(functions)
    }
}

impl Report {
    fn time<T>(&mut self, step: &'static str, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = work();
        self.timings.push((step, start.elapsed()));
        result
    }
}

/// Runs `work` where as many threads help as the options say.
fn on_threads<T: Send>(options: &Options, work: impl FnOnce() -> T + Send) -> T {
    if options.threads == 0 {
        return work();
    }
    match rayon::ThreadPoolBuilder::new().num_threads(options.threads).build() {
        Ok(pool) => pool.install(work),
        // The system gives no threads; the result is the same without.
        Err(_) => work(),
    }
}
