//! The way of a program: file → module → verified → machine code → executable.

use crate::cli::{CodeOptions, Form};
use crate::codes;
use crate::failure::{Diagnostic, Failure, Result, USAGE};
use crate::output;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use vitbc::{Module, Verified};
use vitte_abi::program::Engine;
use vittec_codegen::{Artifact, OptLevel, Options};
use vittec_link::Target;

/// What this process is doing, for the report of a panic. Panics come from any thread.
static STEP: Mutex<String> = Mutex::new(String::new());

/// What this process is doing.
pub fn current_step() -> String {
    match STEP.try_lock() {
        Ok(step) if !step.is_empty() => step.clone(),
        _ => "starting".into(),
    }
}

/// What `--cpu` calls the processor that the target's file names.
pub const GENERIC: &str = "generic";

/// How long each step took.
#[derive(Default)]
pub struct Timings(Vec<(String, Duration)>);

impl Timings {
    /// Runs a step and remembers how long it took.
    pub fn time<T>(&mut self, step: &str, run: impl FnOnce() -> T) -> T {
        if let Ok(mut current) = STEP.lock() {
            current.clear();
            current.push_str(step);
        }
        let start = Instant::now();
        let result = run();
        self.0.push((step.to_owned(), start.elapsed()));
        result
    }

    /// Adds parts of a step that were measured elsewhere.
    pub fn add(&mut self, parts: &[(&str, Duration)]) {
        self.0.extend(parts.iter().map(|(name, time)| (format!("  {name}"), *time)));
    }

    /// Prints all of it to standard error.
    pub fn print(&self) {
        for (name, time) in &self.0 {
            output::note(format_args!("{:>10.3} ms  {name}", time.as_secs_f64() * 1e3));
        }
    }
}

/// The target that the options name, or the host.
pub fn target(code: &CodeOptions) -> Result<Target> {
    Ok(match &code.target {
        Some(name) => Target::find(name)?,
        None => Target::host()?,
    })
}

/// The code generator's options.
///
/// # Errors
/// The processor is unknown.
pub fn options(code: &CodeOptions, target: &Target) -> Result<Options> {
    let cpu = code.cpu.as_deref().filter(|cpu| *cpu != GENERIC).unwrap_or(&target.cpu);
    let options = Options {
        target: target.triple.clone(),
        cpu: Some(cpu.to_owned()).filter(|cpu| cpu != GENERIC),
        features: vec![],
        opt: opt_level(code.opt),
        debug: code.debug,
        collector: Engine::default(),
        library: false,
        threads: code.threads.unwrap_or(0).into(),
        note: vec![],
    };
    match vittec_codegen::isa::make(&options) {
        Ok(_) => Ok(options),
        Err(error) => {
            let mut diagnostic = Diagnostic::new(codes::UNKNOWN_CPU, error.to_string());
            let models = vittec_codegen::isa::models(&options.target);
            diagnostic.help = Some(match models.is_empty() {
                true => format!("leave --cpu out for what all processors of {} have in common", target.name),
                false => format!("there are generic, native, {}", models.join(", ")),
            });
            Err(Failure::new(USAGE, diagnostic))
        }
    }
}

/// The level of the option `-O`.
pub fn opt_level(level: u8) -> OptLevel {
    match level {
        0 => OptLevel::O0,
        1 => OptLevel::O1,
        _ => OptLevel::O2,
    }
}

/// Compiles a program.
///
/// # Errors
/// The code generator cannot.
pub fn compile(module: &Verified<Module>, options: &Options, timings: &mut Timings) -> Result<Artifact> {
    let artifact = timings.time("compile", || vittec_codegen::compile(module, options))?;
    timings.add(&artifact.report.timings);
    Ok(artifact)
}

/// One form of a program other than executable, object and library, as bytes.
///
/// # Errors
/// The code generator cannot.
pub fn text(module: &Verified<Module>, form: Form, options: &Options) -> Result<Vec<u8>> {
    Ok(match form {
        Form::Asm => vittec_codegen::emit_asm(module, options)?.into_bytes(),
        Form::Clif => vittec_codegen::emit_clif(module, options)?.into_bytes(),
        Form::Ssa => vittec_codegen::emit_ssa(module, options)?.into_bytes(),
        Form::Vitasm => vitbc::text::print(module).into_bytes(),
        Form::Vitbc => vitbc::write(module),
        Form::Header => vittec_codegen::emit_header(module).into_bytes(),
        Form::Exe | Form::Obj | Form::Staticlib | Form::Sharedlib => unreachable!("{form:?} is made from the object"),
    })
}
