//! The interpreter as one object: load a module, run it.

use crate::body::Interpreted;
use crate::error::Error;
use crate::profile::Profile;
use crate::program::Program;
use crate::trace::{Blind, Log, Observer, TraceStyle, Tracer};
use std::cell::RefCell;
use std::io::Write;
use std::path::Path;
use std::rc::Rc;
use vitbc::text::ParseOptions;
use vitbc::{Module, TypeIdx, Verified};
use vitte_rt::scheduler::{self, Ending};
use vitte_rt::stdlib::io::flush_for_exit;
use vitte_rt::{Engine, Options, Process, Runtime, report_failure};

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
    trace_style: TraceStyle,
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

    /// Says how the trace looks.
    pub fn set_trace_style(&mut self, style: TraceStyle) {
        self.trace_style = style;
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
            let source_name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            let options = ParseOptions { source_name };
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
            None => Options::from_env(Engine::default()).map_err(Error::Variable)?,
        };
        let is_observed = self.trace.is_some() || self.is_profiled;
        let program = Program::new(module, !is_observed)?;
        let runtime = Runtime::new(program.layout.table.clone(), options, self.args.clone());
        let program: &'static Program = Box::leak(Box::new(program.link(runtime)));
        if !is_observed {
            return Ok(self.run_watched_by(program, runtime, Rc::new(RefCell::new(Blind))));
        }
        let log = self.trace.take().map(|sink| Log::new(sink, self.trace_style));
        let profile = self.is_profiled.then(|| Profile::new(&program.module));
        let observer = Rc::new(RefCell::new(Observer { log, profile }));
        let code = self.run_watched_by(program, runtime, observer.clone());
        let mut observer = observer.borrow_mut();
        self.profile = observer.profile.take();
        self.trace = observer.log.take().map(Log::into_sink);
        Ok(code)
    }

    fn run_watched_by<T: Tracer + 'static>(
        &mut self,
        program: &'static Program,
        runtime: &'static Runtime,
        tracer: Rc<RefCell<T>>,
    ) -> i32 {
        let mut main = Interpreted::main(Process::new(runtime), program, tracer.clone());
        main.allow_spawning();
        tracer.borrow_mut().begin();
        let ending = scheduler::run(runtime, &mut main);
        flush_for_exit();
        tracer.borrow_mut().end();
        if let Some(sink) = &mut self.dump {
            // Who cannot be told about the end is not told.
            let _ = sink.write_all(main.machine.dump().as_bytes()).and_then(|()| sink.flush());
        }
        match ending {
            Ending::Returned if program.entry().result == TypeIdx::INT => main.result as i32,
            Ending::Returned => 0,
            Ending::Exited(code) => code as i32,
            Ending::Failed(report) => report_failure(&report),
        }
    }
}
