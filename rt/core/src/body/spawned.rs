//! A process that was spawned: it runs compiled code on a stack that others use, too.

use super::turn;
use crate::context::{enter, resume};
use crate::foreign::set_current;
use crate::letter::Letter;
use crate::process::Process;
use crate::scheduler::{Body, Pause, Turn};
use crate::stack::Tenant;
use crate::unwind::trace_suspended;
use vitte_abi::program::Program;

/// The process, and where it is.
pub(crate) struct SpawnedBody {
    process: Box<Process>,
    program: &'static Program,
    stack: Tenant,
    /// The function value that it calls first.
    start: Option<Box<Letter>>,
}

// SAFETY: the process may change threads. The homes that tenants share are made for that, see there.
unsafe impl Send for SpawnedBody {}

impl SpawnedBody {
    /// A process that calls the function value in the letter.
    pub(crate) fn new(program: &'static Program, process: Box<Process>, closure: Letter) -> SpawnedBody {
        SpawnedBody { process, program, stack: Tenant::new(), start: Some(Box::new(closure)) }
    }
}

impl Body for SpawnedBody {
    fn resume(&mut self) -> Turn {
        let p = &*self.process;
        if let Err(room) = self.stack.enter() {
            return Turn::Paused(Pause::Crowded(room));
        }
        set_current(p);
        // SAFETY: the record says that this is such a function; the stack is large enough for whatever checks it. A
        // process that has started and not ended was suspended.
        let status = unsafe {
            match self.start.take() {
                Some(closure) => {
                    p.set_stack_floor(self.stack.floor());
                    enter(p.context(), closure.open(p).0, self.program.call_closure, self.stack.top())
                }
                None => resume(p.context()),
            }
        };
        let turn = turn(p, status);
        let queue = |waiting| p.runtime().scheduler().enqueue(waiting);
        match turn {
            Turn::Paused(_) => self.stack.leave(p.resume_sp()).for_each(queue),
            _ => self.stack.leave_for_ever().for_each(queue),
        }
        turn
    }

    fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    fn trace(&mut self) {
        if self.stack.enter().is_ok() {
            trace_suspended(&self.process);
            self.stack.leave(self.process.resume_sp()).for_each(|waiting| {
                self.process.runtime().scheduler().enqueue(waiting);
            });
        }
    }
}
