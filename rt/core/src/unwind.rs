//! Walking the frames of compiled code: to find an exception's handler, and the roots of a collection.
//!
//! Compiled frames keep frame pointers, so each is found from the one below: at `fp` stands the caller's frame
//! pointer, at `fp + 8` the address to return to. That address leads to a row of the code table, and the row's frame
//! size to the stack pointer. The walk begins where compiled code called the runtime, and ends at the first return
//! address outside the program's text: the runtime's, which entered the program.

use crate::process::Process;
use crate::stdlib::any::is_type;
use crate::sys::fatal;
use crate::trace::Passed;
use crate::word::Word;
use vitte_abi::code::{ANY, CodeTable, SiteRef};
use vitte_abi::context::Context;

/// The code of a program and its tables.
pub(crate) struct Code {
    /// Safepoints, handlers, locations.
    pub(crate) table: CodeTable<'static>,
    /// The address of the text.
    pub(crate) text: u64,
    /// Its length.
    pub(crate) len: u64,
}

/// What `context.throwing` says of the pending exception: it begins its way here.
pub(crate) const RAISED: u64 = 1;
/// It goes on from a handler.
pub(crate) const RAISED_AGAIN: u64 = 2;
/// It goes on from a callback.
pub(crate) const RAISED_ON: u64 = 3;
/// It begins its way on entry to a function, which therefore is not part of it.
pub(crate) const RAISED_ON_ENTRY: u64 = 5;
/// There is none: the process is to be suspended. Also what entering or resuming it returns then, apart from the
/// program's own 0 and 1.
pub(crate) const SUSPENDED: u64 = 4;

/// Compiled frames, innermost first.
pub(crate) struct Frames<'c> {
    code: &'c Code,
    pc: u64,
    fp: u64,
    /// The call found last: deep recursion repeats it.
    last: Option<(u64, SiteRef<'static>)>,
}

/// One compiled frame, at a call.
pub(crate) struct CompiledFrame {
    /// What is known of the call.
    pub(crate) site: SiteRef<'static>,
    /// The frame pointer.
    pub(crate) fp: u64,
    /// The stack pointer at the call.
    pub(crate) sp: u64,
}

impl<'c> Frames<'c> {
    /// The frames that lead to the call which returns to `pc`, by a function whose frame pointer is `fp`.
    pub(crate) fn new(code: &'c Code, pc: u64, fp: u64) -> Frames<'c> {
        Frames { code, pc, fp, last: None }
    }

    /// Calls `visit` with each traced word in the frames.
    pub(crate) fn visit_roots(self, visit: &mut dyn FnMut(&mut u64)) {
        for frame in self {
            for offset in frame.site.roots() {
                // SAFETY: the code table says that a traced word is there.
                visit(unsafe { &mut *((frame.sp + u64::from(offset)) as usize as *mut u64) });
            }
        }
    }
}

impl Iterator for Frames<'_> {
    type Item = CompiledFrame;

    fn next(&mut self) -> Option<CompiledFrame> {
        let offset = self.pc.wrapping_sub(self.code.text);
        if offset >= self.code.len {
            return None;
        }
        let site = match self.last {
            Some((pc, site)) if pc == self.pc => site,
            _ => match self.code.table.find(offset as u32) {
                Some(site) => site,
                None => fatal("a call is missing from the code table"),
            },
        };
        self.last = Some((self.pc, site));
        let fp = self.fp;
        let record = fp as usize as *const u64;
        // SAFETY: a compiled frame keeps its caller's frame pointer and the return address there.
        (self.fp, self.pc) = unsafe { (*record, *record.add(1)) };
        Some(CompiledFrame { site, fp, sp: fp - u64::from(site.frame_size()) })
    }
}

/// Finds the handler of the pending exception, and leaves in `context.resume` where it goes on. Records the frames it
/// passes in the exception's trace.
///
/// # Safety
/// `context` must be that of the running process, with an exception pending.
pub(crate) unsafe extern "C" fn find_handler(context: *mut Context) {
    // SAFETY: a context is the head of a process, and compiled code, which also uses it, does not run now.
    let p = unsafe { &*context.cast::<Process>() };
    let (exception, way) = p.take_pending();
    let goes_on = p.begin_trace(exception, matches!(way, RAISED_AGAIN | RAISED_ON));
    let Some(code) = p.runtime().code() else { fatal("compiled code without tables") };
    // A handler's frame was recorded when the exception got there; raising it again continues above.
    let mut skip = goes_on && way == RAISED_AGAIN;
    let mut begins = way == RAISED_ON_ENTRY;
    let mut traces = p.traces();
    let mut trace = traces.last();
    for frame in p.frames(code) {
        let mut handlers = frame.site.handlers();
        let handler = handlers.find(|handler| handler.filter == ANY || is_type(p, exception, handler.filter));
        if !std::mem::take(&mut begins)
            && let Some(trace) = &mut trace
        {
            let depth = handler.map_or(0, |handler| handler.depth);
            trace.push_site(&code.table, Passed { location: frame.site.location(), depth, skip });
        }
        skip = false;
        if let Some(handler) = handler {
            p.set_resume([code.text + u64::from(handler.target), frame.sp, frame.fp]);
            return;
        }
    }
    fatal("an exception left the program");
}

/// Leaves where a process is that is suspended as the trace of nil.
pub(crate) fn trace_suspended(p: &Process) {
    p.begin_trace(Word::NIL, false);
    let Some(code) = p.runtime().code() else { fatal("compiled code without tables") };
    let mut traces = p.traces();
    let Some(trace) = traces.last() else { return };
    for frame in p.frames(code) {
        trace.push_site(&code.table, Passed { location: frame.site.location(), depth: 0, skip: false });
    }
}
