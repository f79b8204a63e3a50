//! The interpreter as one object: load a module, run it.

use crate::error::Error;
use crate::machine::Machine;
use crate::profile::Profile;
use crate::program::Program;
use crate::trace::{Blind, Log, Observer};
use std::io::Write;
use std::path::Path;
use vitbc::text::ParseOptions;
use vitbc::{Module, Verified};
use vitte_abi::functions::NativeFn;
use vitte_rt::stdlib::io::flush_for_exit;
use vitte_rt::{Options, Process, Runtime, call_native};

/// An interpreter of VITBC.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let path = std::env::temp_dir().join("vitte-interp-doc.vitasm");
/// # std::fs::write(&path, "MAIN\n LOAD_CONST r0, 2\n LOAD_CONST r1, 3\n ADD r2, r0, r1\n PRINT r2\nEND\n")?;
/// use vitte_interp::Vm;
///
/// let mut vm = Vm::new();
/// vm.load_file(&path)?;
/// let exit_code = vm.run()?;
/// assert_eq!(exit_code, 0);
/// # Ok(())
/// # }
/// ```
#[derive(Default)]
pub struct Vm {
    module: Option<Verified<Module>>,
    options: Option<Options>,
    args: Vec<String>,
    trace: Option<Box<dyn Write>>,
    dump: Option<Box<dyn Write>>,
    is_profiled: bool,
    profile: Option<Profile>,
}

impl Vm {
    /// An interpreter without a program.
    pub fn new() -> Vm {
        Vm::default()
    }

    /// Runs with these options instead of those of the environment.
    pub fn set_options(&mut self, options: Options) {
        self.options = Some(options);
    }

    /// Gives the program a command line, without the program's name.
    pub fn set_args(&mut self, args: Vec<String>) {
        self.args = args;
    }

    /// Writes each instruction to `sink` as it is carried out. What the program prints before it is flushed first, so
    /// on standard output both stand in order.
    pub fn set_trace(&mut self, sink: Box<dyn Write>) {
        self.trace = Some(sink);
    }

    /// Writes frames, registers and the heap's state to `sink` when the program ends, however it does.
    pub fn set_dump(&mut self, sink: Box<dyn Write>) {
        self.dump = Some(sink);
    }

    /// Counts instructions and calls, for [`Vm::profile`].
    pub fn set_profiling(&mut self, on: bool) {
        self.is_profiled = on;
    }

    /// What the last run counted.
    pub fn profile(&self) -> Option<&Profile> {
        self.profile.as_ref()
    }

    /// Takes a module.
    pub fn load(&mut self, module: Verified<Module>) {
        self.module = Some(module);
    }

    /// Reads a module from a file and verifies it: bytecode, or assembler text if the name ends in `.vitasm`.
    ///
    /// # Errors
    /// The file cannot be read, or is no valid module.
    pub fn load_file(&mut self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|error| Error::Read(path.to_owned(), error))?;
        let invalid = |errors| Error::Invalid(path.to_owned(), errors);
        let module = if path.extension().is_some_and(|extension| extension == "vitasm") {
            let source = String::from_utf8_lossy(&bytes);
            let options = ParseOptions { source_name: Some(path.display().to_string()) };
            vitbc::text::parse(&source, &options).map_err(invalid)?
        } else {
            vitbc::read(&bytes).map_err(|error| invalid(vec![error]))?
        };
        self.load(vitbc::verify::verify(module).map_err(|error| invalid(vec![error]))?);
        Ok(())
    }

    /// Runs the program and gives its exit code: the result of its entry function or 0, what it gave to `exit`, or
    /// 101 after an uncaught exception, which has been reported on standard error.
    ///
    /// What a run needs to know of a program stays in memory until the operating system's process ends.
    ///
    /// # Errors
    /// There is no program, it cannot be run, or the environment sets an option to something that makes no sense.
    pub fn run(&mut self) -> Result<i32, Error> {
        let module = self.module.clone().ok_or(Error::NoProgram)?;
        let options = match self.options.clone() {
            Some(options) => options,
            None => Options::from_env().map_err(Error::Variable)?,
        };
        let is_observed = self.trace.is_some() || self.is_profiled;
        let program: &'static Program = Box::leak(Box::new(Program::new(module, !is_observed)?));
        let runtime = Runtime::new(program.layout.table.clone(), options, self.args.clone());
        let mut machine = Machine::new(Process::new(runtime), program);

        let mut args = vec![];
        if program.entry().n_params != 0 {
            // Without arguments the native cannot raise anything.
            args.extend(call_native(&machine.process, NativeFn::vt_args, &[]));
        }
        let result = if is_observed {
            self.profile = self.is_profiled.then(|| Profile::new(&program.module));
            let log = self.trace.as_mut().map(|sink| Log::new(sink));
            let mut observer = Observer { log, profile: self.profile.as_mut() };
            observer.line("VM Start");
            let result = machine.run(program.entry, &args, &mut observer);
            flush_for_exit();
            observer.line("VM End");
            result
        } else {
            machine.run(program.entry, &args, &mut Blind)
        };
        if let Some(sink) = &mut self.dump {
            flush_for_exit();
            let _ = sink.write_all(machine.dump().as_bytes()).and_then(|()| sink.flush());
        }
        Ok(machine.end(result))
    }
}
