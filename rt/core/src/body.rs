//! A process that runs compiled code on a stack of its own: the main process.

mod spawned;

pub(crate) use spawned::SpawnedBody;

use crate::context::{enter, resume};
use crate::foreign::set_current;
use crate::process::Process;
use crate::scheduler::{Body, Pause, Turn};
use crate::stack::Mapped;
use crate::stdlib::system;
use crate::unwind::{SUSPENDED, trace_suspended};
use vitte_abi::program::{ENTRY_TAKES_ARGS, Program};

/// The process, and where it is.
pub(crate) struct CompiledBody {
    pub(crate) process: Box<Process>,
    pub(crate) program: &'static Program,
    stack: Mapped,
    start: Option<Start>,
}

/// What a process does first.
enum Start {
    /// Calls the program's entry.
    Entry,
    /// Calls this shim with these arguments, for C code: see [`vitte_abi::foreign::EXPORT_SYMBOL`].
    Export(u64, u64),
}

impl CompiledBody {
    /// The main process of a program.
    pub(crate) fn main(program: &'static Program, process: Box<Process>) -> CompiledBody {
        let stack = Mapped::new(process.runtime().options().stack);
        process.set_stack_floor(stack.floor());
        CompiledBody { process, program, stack, start: Some(Start::Entry) }
    }

    /// The main process of a library, which calls what C code asks for.
    pub(crate) fn library(program: &'static Program, process: Box<Process>) -> CompiledBody {
        let mut body = CompiledBody::main(program, process);
        body.start = None;
        body
    }

    /// Has the process, which must have nothing to do, call a shim on its next turn. `args` is an address.
    pub(crate) fn call_export(&mut self, shim: u64, args: u64) {
        self.start = Some(Start::Export(shim, args));
    }
}

impl Body for CompiledBody {
    fn resume(&mut self) -> Turn {
        let (p, top) = (&*self.process, self.stack.top());
        set_current(p);
        // SAFETY: the record says that these are such functions; the stack is large enough for whatever checks it. A
        // process that has started and not ended was suspended.
        let status = unsafe {
            match self.start.take() {
                Some(Start::Entry) => {
                    let takes_args = self.program.flags & ENTRY_TAKES_ARGS != 0;
                    let args = if takes_args { system::args(p).object().address() } else { 0 };
                    enter(p.context(), args, self.program.entry, top)
                }
                Some(Start::Export(shim, args)) => enter(p.context(), args, shim, top),
                None => resume(p.context()),
            }
        };
        turn(p, status)
    }

    fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    fn trace(&mut self) {
        trace_suspended(&self.process);
    }
}

/// What `enter` or `resume` means by its result.
fn turn(p: &Process, status: u64) -> Turn {
    match status {
        0 => Turn::Returned,
        SUSPENDED => Turn::Paused(p.pause().unwrap_or(Pause::Yielding)),
        _ => Turn::Failed,
    }
}
