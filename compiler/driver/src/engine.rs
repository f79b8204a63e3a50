//! Running programs: in the interpreter, compiled into memory, as an executable, or by all of them to compare.

use crate::cli::Run;
use crate::codes;
use crate::failure::{BUG, DIAGNOSTICS, Diagnostic, Failure, MISSING_TOOL, REJECTED, Result};
use crate::{output, pipeline};
use std::collections::HashMap;
use std::ffi::OsString;
use std::io::{IsTerminal, Seek, Write};
use std::path::Path;
use std::process::{Command, ExitCode, ExitStatus};
use vitbc::{Module, Verified};
use vitte_abi::program::Program;
use vitte_interp::{TraceStyle, Vm};
use vitte_rt::{CodeMemory, Engine as Collector, Options};
use vittec_codegen::image::Import;
use vittec_codegen::jit;
use vittec_link::{LinkOptions, Target, link};

/// The options of a run: from the environment, with the collector of the command line.
///
/// # Errors
/// A variable of the environment has a value that makes no sense.
pub fn run_options(collector: Option<&str>) -> Result<Options> {
    let mut options =
        Options::from_env(Collector::default()).map_err(|variable| Failure::usage(variable.to_string()))?;
    if let Some(engine) = collector.and_then(Collector::by_name) {
        options.engine = engine;
    }
    Ok(options)
}

/// Runs a program in the interpreter, with what is to be shown on standard output.
pub fn interpret(
    module: Verified<Module>,
    args: &[OsString],
    options: Options,
    trace: Option<TraceStyle>,
    dump: bool,
) -> Result<ExitCode> {
    let mut vm = Vm::new();
    vm.set_options(options);
    vm.set_args(texts(args));
    if let Some(style) = trace {
        vm.set_trace_style(style);
        vm.set_trace(Box::new(std::io::stdout()));
    }
    if dump {
        vm.set_dump(Box::new(std::io::stdout()));
    }
    vm.load(module);
    vm.run().map(exit_code).map_err(|error| match error {
        vitte_interp::Error::Module(error) => Failure::new(REJECTED, Diagnostic::of(error, "", None)),
        vitte_interp::Error::NoEntry => no_entry(),
        error => Failure::new(DIAGNOSTICS, Diagnostic::new(codes::COMPILE_FAILED, error.to_string())),
    })
}

/// Compiles a program into memory and runs it.
pub fn compile_and_run(module: &Verified<Module>, args: &[OsString], options: Options, opt: u8) -> Result<ExitCode> {
    if module.entry.is_none() {
        return Err(no_entry());
    }
    let code = vittec_codegen::Options {
        cpu: Some(vittec_codegen::isa::NATIVE.into()),
        opt: pipeline::opt_level(opt),
        ..vittec_codegen::Options::default()
    };
    let program = load(module, &code)?;
    Ok(exit_code(vitte_rt::run_program(program, options, texts(args))))
}

/// Compiles a program and puts it into this process's memory.
///
/// # Errors
/// The code generator cannot, or a C function is not there.
pub fn load(module: &Verified<Module>, code: &vittec_codegen::Options) -> Result<&'static Program> {
    let compiled = vittec_codegen::compile_to_memory(module, code)?;
    let layout = jit::Layout::new(&compiled.image, compiled.architecture);
    let memory = CodeMemory::reserve(layout.size());
    let mut runtime: HashMap<&str, u64> =
        vitte_rt::addresses().map(|(name, address)| (name, address as usize as u64)).collect();
    // The program has a C `main` too, which nobody calls here.
    runtime.insert("vt_main", vitte_rt::vt_main as *const () as usize as u64);
    let lookup = |import: &Import| match &import.library {
        None => runtime.get(import.name.as_ref()).copied(),
        Some(library) => vitte_rt::foreign::lookup(library, &import.name),
    };
    let bytes = layout
        .link(memory.base(), &lookup)
        .map_err(|error| Failure::new(DIAGNOSTICS, Diagnostic::new(codes::NO_SYMBOL, error.to_string())))?;
    let record = layout.program().ok_or_else(no_entry)?;
    Ok(memory.fill(&bytes, layout.executable(), record))
}

/// Builds an executable in a folder of its own and runs it.
pub fn build_and_run(
    module: &Verified<Module>,
    args: &[OsString],
    opt: u8,
    collector: Option<&str>,
) -> Result<ExitCode> {
    if module.entry.is_none() {
        return Err(no_entry());
    }
    let target = Target::host()?;
    let options = vittec_codegen::Options {
        cpu: Some(target.cpu.clone()),
        opt: pipeline::opt_level(opt),
        ..vittec_codegen::Options::default()
    };
    let artifact = vittec_codegen::compile(module, &options)?;
    let folder = tempfile::tempdir().map_err(temporary)?;
    let program = folder.path().join("program");
    link(&target, &artifact.object, &program, &LinkOptions { libs: artifact.libraries, ..LinkOptions::default() })?;
    let mut command = Command::new(&program);
    command.args(args);
    if let Some(name) = collector {
        command.env("VITTE_GC", name);
    }
    let status = command.status().map_err(|error| Failure::io(&program, "run", &error))?;
    Ok(exit_code(status_code(status)))
}

/// Runs the program by every engine, each in a process of its own, and compares what they print and how they end.
pub fn compare(run: &Run) -> Result<ExitCode> {
    let this = std::env::current_exe().map_err(|error| Failure::io(Path::new("vittec"), "find", &error))?;
    let ways = [("interp", 2), ("jit", 0), ("jit", 2), ("native", 0), ("native", 2)];
    let mut outcomes = Vec::new();
    // Each gets the same input, which may be the program itself.
    let mut input = tempfile::tempfile().map_err(temporary)?;
    if !std::io::stdin().is_terminal() {
        std::io::copy(&mut std::io::stdin(), &mut input)
            .map_err(|error| Failure::io(Path::new("-"), "read", &error))?;
    }
    for (engine, level) in ways {
        input.rewind().map_err(temporary)?;
        let mut command = Command::new(&this);
        command.stdin(input.try_clone().map_err(temporary)?);
        command.args(["run", "--engine", engine, &format!("-O{level}")]);
        if let Some(name) = &run.gc {
            command.args(["--gc", name]);
        }
        for folder in &run.source.include {
            command.arg("-I").arg(folder);
        }
        command.arg("--").arg(&run.source.input).args(&run.args);
        let output = command.output().map_err(|error| Failure::io(&this, "run", &error))?;
        outcomes.push((format!("{engine} -O{level}"), output));
    }
    let (first_name, first) = &outcomes[0];
    for (name, other) in &outcomes[1..] {
        for (what, a, b) in
            [("standard output", &first.stdout, &other.stdout), ("standard error", &first.stderr, &other.stderr)]
        {
            if let Some(text) = first_difference(first_name, a, name, b) {
                return Err(Failure::new(BUG, Diagnostic::new(codes::ENGINES_DIFFER, format!("{what} differs{text}"))));
            }
        }
        if status_code(first.status) != status_code(other.status) {
            let message = format!("{first_name} ended with {}, {name} with {}", first.status, other.status);
            return Err(Failure::new(BUG, Diagnostic::new(codes::ENGINES_DIFFER, message)));
        }
    }
    output::print(&first.stdout)?;
    let _ = std::io::stderr().write_all(&first.stderr);
    Ok(exit_code(status_code(first.status)))
}

/// The first line in which two outputs differ, for a message.
fn first_difference(a_name: &str, a: &[u8], b_name: &str, b: &[u8]) -> Option<String> {
    if a == b {
        return None;
    }
    let mut lines = a.split(|&byte| byte == b'\n').zip(b.split(|&byte| byte == b'\n')).enumerate();
    let difference = lines.find(|(_, (a, b))| a != b);
    Some(match difference {
        Some((number, (a, b))) => format!(
            " in line {}\n  {a_name}: {}\n  {b_name}: {}",
            number + 1,
            String::from_utf8_lossy(a),
            String::from_utf8_lossy(b)
        ),
        None => format!(": one of {a_name} and {b_name} prints more"),
    })
}

/// The exit code of a finished process, as shells give it: 128 and the signal's number if one ended it.
fn status_code(status: ExitStatus) -> i32 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return 128 + signal;
    }
    status.code().unwrap_or(i32::from(MISSING_TOOL))
}

/// The lower eight bits, which is all that the system keeps.
fn exit_code(code: i32) -> ExitCode {
    ExitCode::from(code as u8)
}

/// A program's arguments as text; U+FFFD stands for what is none, as in executables.
fn texts(args: &[OsString]) -> Vec<String> {
    args.iter().map(|arg| arg.to_string_lossy().into_owned()).collect()
}

fn temporary(error: std::io::Error) -> Failure {
    Failure::io(&std::env::temp_dir(), "write to", &error)
}

fn no_entry() -> Failure {
    let mut diagnostic = Diagnostic::new(codes::NO_ENTRY, "the module has no main");
    diagnostic.help = Some("give it a MAIN".into());
    Failure::new(DIAGNOSTICS, diagnostic)
}
