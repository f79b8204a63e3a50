//! A process: its heap, its stack of frames, its pending exception.
//!
//! Natives hold a shared `&Process`; whatever they change sits in cells. Collecting takes `&mut Process`, so no object
//! moves while a native looks at it.

mod allocate;
mod bundle;
pub(crate) mod compiled;

pub(crate) use bundle::{MIN_BUNDLE, bundle_size};

use crate::heap::{Heap, Roots, Stats};
use crate::helpers::Finish;
use crate::mailbox::Mailbox;
use crate::object::Obj;
use crate::runtime::Runtime;
use crate::scheduler::{Handle, Scheduled};
use crate::throw::Throw;
use crate::trace::{Frame, Traces};
use crate::word::Word;
use compiled::{ForeignCall, POLL_COLLECT, POLL_YIELD};
use std::cell::{Cell, OnceCell, RefCell, RefMut, UnsafeCell};
use std::sync::Arc;
use vitte_abi::context::Context;
use vitte_abi::types::TypeTable;

/// A process. Compiled code knows its head, the [`Context`].
#[repr(C)]
pub struct Process {
    context: UnsafeCell<Context>,
    runtime: &'static Runtime,
    /// The true end of the allocation area; `context.heap_limit` is below it when a collection is due.
    end: Cell<u64>,
    heap: RefCell<Heap>,
    /// Whether the next collection is to be a major one.
    full_due: Cell<bool>,
    /// Whether `OutOfMemory` was raised and the heap has not shrunk since.
    out_of_memory: Cell<bool>,
    stack_floor: Cell<u64>,
    seldom: OnceCell<Box<Seldom>>,
    scheduled: Scheduled,
}

// SAFETY: one thread at a time uses a process, and nothing in it belongs to a thread.
unsafe impl Send for Process {}

/// What few processes have: exceptions, and calls of C functions.
#[derive(Default)]
struct Seldom {
    traces: RefCell<Traces>,
    /// What to print about the exception that is being handled, if nobody handles it.
    uncaught: RefCell<Option<String>>,
    /// Where compiled code called the C functions that called back, outermost first.
    outer_exits: RefCell<Vec<(u64, u64)>>,
    /// The C function that runs.
    foreign_call: Cell<ForeignCall>,
    /// Whether C holds addresses of objects while it calls back: then nothing may move or be freed.
    is_pinned: Cell<bool>,
    /// Whether a collection was put off for that.
    is_put_off: Cell<bool>,
    /// What the process does with what its helper has done.
    finish: Cell<Option<Finish>>,
    /// What a callback raised, until its C function returns.
    callback_exception: Cell<Option<Word>>,
    /// The function that the interpreter was in when it last said so.
    function: Cell<Option<&'static str>>,
}

impl Process {
    /// A process of a program; the first is the main process.
    pub fn new(runtime: &'static Runtime) -> Box<Process> {
        Process::with_handle(runtime, runtime.scheduler().register())
    }

    /// A process that is known to the scheduler.
    pub(crate) fn with_handle(runtime: &'static Runtime, handle: Arc<Handle>) -> Box<Process> {
        let heap = Heap::new(runtime.options());
        let mut process = Box::new(Process {
            // All words of a context may be zero.
            context: UnsafeCell::new(Context {
                heap_next: 0,
                heap_limit: 0,
                stack_limit: 0,
                // Under stress, the first safepoint collects, too.
                poll: u64::from(heap.is_stressed()),
                result: 0,
                exception: 0,
                throwing: 0,
                exit_frame: 0,
                exit_pc: 0,
                native_stack: 0,
                resume: [0; 3],
                this: 0,
                arguments: [0; 2],
            }),
            runtime,
            end: Cell::new(0),
            heap: RefCell::new(heap),
            full_due: Cell::new(false),
            out_of_memory: Cell::new(false),
            stack_floor: Cell::new(0),
            seldom: OnceCell::new(),
            scheduled: Scheduled {
                handle,
                mailbox: Mailbox::default(),
                stream: Cell::new(None),
                quotas: OnceCell::new(),
                ties: RefCell::default(),
                doom: RefCell::default(),
                pause: Cell::new(None),
                turns: Cell::new(0),
                budget: Cell::new(None),
            },
        });
        process.context.get_mut().this = &raw const process.context as u64;
        process
    }

    fn seldom(&self) -> &Seldom {
        self.seldom.get_or_init(Box::default)
    }

    /// What the processes of the program share.
    pub fn runtime(&self) -> &'static Runtime {
        self.runtime
    }

    /// The types of the program.
    pub fn types(&self) -> &'static TypeTable {
        self.runtime.types()
    }

    // ---- For the interpreter -----------------------------------------------------------------------------------------

    /// Whether anything is due at a safepoint: a collection, or a pause.
    pub fn is_polled(&self) -> bool {
        self.poll() != 0
    }

    /// Whether a collection is due: the interpreter asks at calls and loops, and then calls [`Process::collect`].
    pub fn collection_due(&self) -> bool {
        self.poll() & POLL_COLLECT != 0
    }

    /// Whether the process is to yield; asked once. The interpreter asks in loops, and then returns
    /// [`Pause::Yielding`](crate::scheduler::Pause) from its turn.
    pub fn yield_due(&self) -> bool {
        match self.scheduled.budget.get() {
            None => self.take_poll(POLL_YIELD),
            Some(left) if left > 1 => {
                self.scheduled.budget.set(Some(left - 1));
                false
            }
            Some(_) => self.take_poll(POLL_YIELD),
        }
    }

    pub(crate) fn scheduled(&self) -> &Scheduled {
        &self.scheduled
    }

    /// Collects what is due. `roots` calls the function it is given with each traced word that the caller holds, once.
    pub fn collect(&mut self, roots: Roots<'_>) -> Result<(), Throw> {
        self.collect_for(0, roots)
    }

    /// The stack trace of `exception` begins here, or, if it is raised `again` by a handler, goes on: then the result
    /// is true, and the frame that raises it is not to be pushed, since it was when it handled the exception.
    pub fn begin_trace(&self, exception: Word, again: bool) -> bool {
        let mut traces = self.seldom().traces.borrow_mut();
        let goes_on = again && traces.resume(exception);
        if !goes_on {
            traces.begin(exception);
        }
        goes_on
    }

    /// The traces of the exceptions that are still around.
    pub(crate) fn traces(&self) -> RefMut<'_, Traces> {
        self.seldom().traces.borrow_mut()
    }

    /// Appends a frame that the exception raised last passes or is handled in. Returns false if further frames would
    /// not be shown.
    pub fn push_frame(&self, frame: Frame) -> bool {
        self.seldom().traces.borrow_mut().last().is_some_and(|trace| {
            trace.push(frame);
            !trace.is_full()
        })
    }

    /// The stack trace of the exception raised last.
    pub fn stack_trace(&self) -> String {
        let table = self.runtime().code().map(|code| &code.table);
        self.traces().last().map_or(String::new(), |trace| trace.text(table))
    }

    /// Sets what to print if nobody handles the exception that is being handled.
    pub(crate) fn tell_uncaught(&self, text: &str) {
        self.seldom().uncaught.replace(Some(text.to_owned()));
    }

    /// What that is.
    pub(crate) fn told_uncaught(&self) -> Option<String> {
        self.seldom.get()?.uncaught.borrow().clone()
    }

    /// Leaves what the process does with what its helper has done.
    pub(crate) fn set_finish(&self, finish: Finish) {
        self.seldom().finish.set(Some(finish));
    }

    /// The same, which is to be done now.
    pub(crate) fn take_finish(&self) -> Option<Finish> {
        self.seldom.get()?.finish.take()
    }

    /// The name of the function that the process is in; `None` before it has begun.
    pub(crate) fn function(&self) -> Option<&'static str> {
        match self.runtime.code() {
            Some(code) => self.compiled_function(code),
            None => self.seldom.get()?.function.get(),
        }
    }

    /// For the interpreter: the function that it is in when others may ask.
    pub fn set_function(&self, name: &'static str) {
        self.seldom().function.set(Some(name));
    }

    /// For the interpreter: the slot bits that are the result of a row in which the process waited.
    ///
    /// # Errors
    /// What the row raised instead.
    pub fn awaited(&self) -> Result<u64, Throw> {
        match self.take_pending() {
            (_, 0) => Ok(self.result()),
            (exception, _) => Err(Throw::new(exception)),
        }
    }

    /// The object at an address that a traced word holds.
    pub fn object(&self, address: u64) -> Obj<'_> {
        Obj::at(self, address)
    }

    /// The counts of the heap.
    pub fn heap_stats(&self) -> Stats {
        self.heap.borrow().stats(self.heap_next())
    }
}
