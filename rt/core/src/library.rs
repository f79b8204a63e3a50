//! C code calling what a compiled library exports, see [`vitte_abi::foreign::EXPORT_SYMBOL`].
//!
//! ```text
//! C ──→ vt_export ──→ scheduler ──→ main process: shim(context, args)       the first call starts the runtime
//!                                     └─→ C function ──→ vt_export          on the stack of the process that runs
//! ```
//!
//! The runtime stays between calls, and with it the main process, its heap, and other processes, which run while a
//! call waits. It belongs to the thread that called first.

use crate::body::CompiledBody;
use crate::entry::{load, report_panics};
use crate::foreign::{Incoming, current, signature_at};
use crate::object::Str;
use crate::options::{Engine, Options};
use crate::process::Process;
use crate::report::describe_uncaught;
use crate::scheduler::{Body, Ending, Turn, run};
use crate::stdlib::io::flush_for_exit;
use std::cell::{Cell, RefCell};
use std::ffi::{CString, c_char};
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};
use vitte_abi::foreign::{CType, FAILED, REFUSED, Registers, Signature};
use vitte_abi::program::Program;

/// The library whose runtime a thread has started.
static STARTED: AtomicPtr<Program> = AtomicPtr::new(ptr::null_mut());

thread_local! {
    static STATE: Cell<State> = const { Cell::new(State::Elsewhere) };
    static ERROR: RefCell<CString> = RefCell::default();
    static RESULT: RefCell<CString> = RefCell::default();
}

/// What the runtime is doing, as this thread sees it.
enum State {
    /// Nothing, or it belongs to another thread.
    Elsewhere,
    /// Nothing: this is the main process, to be called.
    Idle(&'static mut CompiledBody),
    /// It runs a call.
    Calling,
    /// The main process was ended by another one, or waits for ever.
    Over,
}

/// Calls `shim` for C code; see [`vitte_abi::foreign::EXPORT_SYMBOL`].
///
/// # Safety
/// To be called by a library's exports alone, with the library's record.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vt_export(
    program: *const Program,
    shim: u64,
    registers: *mut Registers,
    signature: *const u8,
) -> u64 {
    // SAFETY: the record is part of the library, and so stays, as does the export's signature.
    let (program, signature) = unsafe { (&*program, signature_at(signature)) };
    let request = Request { shim, registers, signature };
    let started = STARTED.load(Ordering::Relaxed);
    let outcome = if !started.is_null() && !ptr::eq(started, program) {
        Err((REFUSED, "another Vitte library is in use; make one library of both".to_owned()))
    } else {
        match STATE.replace(State::Calling) {
            State::Idle(body) => call(body, request),
            State::Calling => call_nested(request),
            State::Over => {
                STATE.set(State::Over);
                Err((REFUSED, "the library has ended".to_owned()))
            }
            State::Elsewhere => match start(program) {
                Ok(body) => call(body, request),
                Err(text) => {
                    STATE.set(State::Elsewhere);
                    Err((REFUSED, text))
                }
            },
        }
    };
    let (status, text) = outcome.err().unwrap_or_default();
    ERROR.set(c_string(text.trim_end()));
    status
}

/// The text of the error of this thread's last call, empty if there was none; until the next call.
#[unsafe(no_mangle)]
pub extern "C" fn vitte_last_error() -> *const c_char {
    ERROR.with_borrow(|text| text.as_ptr())
}

/// Starts the runtime.
fn start(program: &'static Program) -> Result<&'static mut CompiledBody, String> {
    let options = Options::from_env(Engine::of_flags(program.flags)).map_err(|error| error.to_string())?;
    let record = ptr::from_ref(program).cast_mut();
    if STARTED.compare_exchange(ptr::null_mut(), record, Ordering::Relaxed, Ordering::Relaxed).is_err() {
        return Err("the library is in use by another thread, the one that called it first".to_owned());
    }
    report_panics();
    let runtime = load(program, options, Vec::new());
    runtime.scheduler().set_program(program, false);
    let process = Process::new(runtime);
    Ok(Box::leak(Box::new(CompiledBody::library(program, process))))
}

/// A call from outside.
fn call(body: &'static mut CompiledBody, request: Request) -> Result<(), (u64, String)> {
    let mut incoming = request.open(&body.process);
    body.call_export(request.shim, incoming.words.as_mut_ptr() as u64);
    let mut call = Call { body, failure: None };
    let ending = run(call.body.process.runtime(), &mut call);
    flush_for_exit();
    let Call { body, failure } = call;
    match ending {
        Ending::Returned => {
            if failure.is_none() {
                request.close(&body.process, incoming);
            }
            STATE.set(State::Idle(body));
            failure.map_or(Ok(()), |text| Err((FAILED, text)))
        }
        Ending::Failed(text) => {
            STATE.set(State::Over);
            Err((FAILED, text))
        }
        Ending::Exited(_) => unreachable!("compiled code exits by itself"),
    }
}

/// A call by C code that the library called.
fn call_nested(request: Request) -> Result<(), (u64, String)> {
    // SAFETY: a process runs on this thread and called C, so nobody has an exclusive reference to it.
    let p = unsafe { &*current() };
    if p.has_callback_exception() {
        return Err((REFUSED, "a callback left an exception, which is raised once C returns".to_owned()));
    }
    let mut incoming = request.open(p);
    // SAFETY: the shim is one of the library's, whose code called the C function that called us.
    if unsafe { p.call_back(request.shim, incoming.words.as_mut_ptr() as u64) } != 0 {
        return Err((FAILED, describe_uncaught(p, p.exception())));
    }
    request.close(p, incoming);
    Ok(())
}

/// What C code asks for.
struct Request {
    shim: u64,
    registers: *mut Registers,
    signature: Signature<'static>,
}

impl Request {
    /// The arguments.
    fn open(&self, p: &Process) -> Incoming {
        // SAFETY: the export that was called passes its registers and its signature.
        unsafe { Incoming::open(p, self.signature, &*self.registers, true) }
    }

    /// Gives the result back. A string lives on this thread until the next call.
    fn close(&self, p: &Process, mut incoming: Incoming) {
        if CType::of(self.signature.result()) == CType::Str {
            let text = c_string(Str::of(p.object(incoming.words[0])).as_str());
            incoming.words[0] = text.as_ptr() as u64;
            RESULT.set(text);
        }
        // SAFETY: as above; nothing collected since the shim returned.
        unsafe { incoming.close(p, &mut *self.registers, false) };
    }
}

/// C takes the first zero byte for the end, so there must be none before.
fn c_string(text: &str) -> CString {
    CString::new(text.replace('\0', "\u{fffd}")).expect("no zero bytes are left")
}

/// The main process during a call. An exception ends the call, not the process.
struct Call {
    body: &'static mut CompiledBody,
    failure: Option<String>,
}

impl Body for Call {
    fn resume(&mut self) -> Turn {
        match self.body.resume() {
            Turn::Failed => {
                let p = &self.body.process;
                self.failure = Some(describe_uncaught(p, p.exception()));
                Turn::Returned
            }
            turn => turn,
        }
    }

    fn process(&mut self) -> &mut Process {
        self.body.process()
    }
}
