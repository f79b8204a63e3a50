//! Processes of an interpreted program, as the scheduler sees them.

use crate::machine::{Machine, Outcome, Stop};
use crate::program::Program;
use crate::trace::Tracer;
use std::cell::RefCell;
use std::rc::Rc;
use vitte_abi::functions::NativeFn;
use vitte_rt::scheduler::{Body, Turn};
use vitte_rt::{Letter, Process, Throw, call_native, report_unreachable};

/// The size of the stack of a process other than the main one, in bytes: as for compiled code.
const STACK: u64 = 1 << 20;

/// A process, and what watches it.
pub struct Interpreted<T> {
    /// Its state.
    pub machine: Machine,
    /// The slot bits that its first function has returned.
    pub result: u64,
    start: Option<Start>,
    tracer: Rc<RefCell<T>>,
}

/// What a process does first.
enum Start {
    /// Calls the program's entry.
    Entry,
    /// Calls the function value in the letter.
    Call(Letter),
}

impl<T: Tracer + 'static> Interpreted<T> {
    /// The main process of a program.
    pub fn main(process: Box<Process>, program: &'static Program, tracer: Rc<RefCell<T>>) -> Interpreted<T> {
        let stack = process.runtime().options().stack;
        let machine = Machine::new(process, program, stack);
        Interpreted { machine, result: 0, start: Some(Start::Entry), tracer }
    }

    /// Lets the processes of the program start others.
    pub fn allow_spawning(&self) {
        let (program, tracer) = (self.machine.program, self.tracer.clone());
        let spawner = move |process, closure| -> Box<dyn Body> {
            let machine = Machine::new(process, program, STACK);
            Box::new(Interpreted { machine, result: 0, start: Some(Start::Call(closure)), tracer: tracer.clone() })
        };
        self.machine.process.runtime().scheduler().set_spawner(Box::new(spawner));
    }
}

impl Machine {
    fn begin(&mut self, start: Start) -> Result<(), Throw> {
        match start {
            Start::Entry => {
                let mut args = vec![];
                if self.program.entry().n_params != 0 {
                    args.push(call_native(&self.process, NativeFn::vt_args, &[])?);
                }
                self.start(self.program.entry, &args, 0)
            }
            Start::Call(closure) => {
                let closure = closure.open(&self.process).0;
                let func = self.process.object(closure).closure_code() as u32;
                self.start(func, &[], closure)
            }
        }
    }
}

impl<T: Tracer> Body for Interpreted<T> {
    fn resume(&mut self) -> Turn {
        let begun = self.start.take().map_or(Ok(()), |start| self.machine.begin(start));
        let outcome = match begun {
            Ok(()) => self.machine.run(&mut *self.tracer.borrow_mut()),
            Err(throw) => Err(Stop::Uncaught(throw.exception())),
        };
        match outcome {
            Ok(Outcome::Returned(bits)) => {
                self.result = bits;
                Turn::Returned
            }
            Ok(Outcome::Paused(pause)) => {
                self.machine.say_function();
                Turn::Paused(pause)
            }
            Err(Stop::Uncaught(exception)) => {
                self.machine.process.set_exception(exception);
                Turn::Failed
            }
            Err(Stop::Exit(code)) => Turn::Exited(code),
            Err(Stop::Trap) => Turn::Exited(report_unreachable().into()),
        }
    }

    fn process(&mut self) -> &mut Process {
        &mut self.machine.process
    }

    fn trace(&mut self) {
        self.machine.trace_suspended();
    }
}
