//! What compiled code shares with the runtime.

use super::Process;
#[cfg(all(unix, not(miri)))]
use crate::context::enter;
#[cfg(all(unix, not(miri)))]
use crate::sys::fatal;
use crate::throw::Throw;
use crate::unwind::{Code, Frames, SUSPENDED};
use crate::word::Word;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use vitte_abi::context::Context;
use vitte_abi::object::ALIGN;

/// More than a native's stub saves on the process's stack.
#[cfg(all(unix, not(miri)))]
const STUB_FRAME: u64 = 64;

/// Bit of `context.poll`: collect.
pub(super) const POLL_COLLECT: u64 = 1;
/// Bit of `context.poll`: yield.
pub(super) const POLL_YIELD: u64 = 2;

/// A call of a C function: the words that it was given, some of which may be addresses.
#[derive(Clone, Copy)]
pub(crate) struct ForeignCall {
    registers: *const [u64],
    stack: *const [u64],
    structs: *const [Box<[u64]>],
    /// Whether one of them is the address of something in the heap, once somebody asked.
    pins: Option<bool>,
}

impl Default for ForeignCall {
    fn default() -> ForeignCall {
        let none: *const [u64] = &[];
        ForeignCall { registers: none, stack: none, structs: &[], pins: None }
    }
}

macro_rules! context_words {
    ($($(#[$doc:meta])* $name:ident, $set:ident;)*) => { $(
        $(#[$doc])*
        pub fn $name(&self) -> u64 {
            // SAFETY: compiled code writes the word, but does not run meanwhile.
            unsafe { (*self.context.get()).$name }
        }

        $(#[$doc])*
        pub(crate) fn $set(&self, value: u64) {
            // SAFETY: as above.
            unsafe { (*self.context.get()).$name = value }
        }
    )* };
}

impl Process {
    context_words! {
        /// The next free byte of the allocation area.
        heap_next, set_heap_next;
        /// The result of a stub or helper that leaves one in the context.
        result, set_result;
    }

    /// What other threads may ask for, too.
    fn shared(&self) -> (&AtomicU64, &AtomicU64) {
        let context = self.context.get();
        // SAFETY: both words are aligned and live as long as the process; Rust reaches them in no other way, and
        // compiled code reads whole words.
        unsafe { (AtomicU64::from_ptr(&raw mut (*context).poll), AtomicU64::from_ptr(&raw mut (*context).stack_limit)) }
    }

    /// What is to be done at the next safepoint: `POLL_*`.
    pub(crate) fn poll(&self) -> u64 {
        self.shared().0.load(Relaxed)
    }

    /// Asks for something at the next safepoint: at a loop, or on entry to a function.
    pub(crate) fn request_poll(&self, what: u64) {
        let (poll, stack_limit) = self.shared();
        poll.fetch_or(what, Relaxed);
        stack_limit.store(u64::MAX, Relaxed);
    }

    /// Whether this was asked for; now it is done.
    pub(crate) fn take_poll(&self, what: u64) -> bool {
        self.shared().0.fetch_and(!what, Relaxed) & what != 0
    }

    /// Below it, compiled code calls the stub that checks the stack.
    pub(crate) fn set_stack_limit(&self, limit: u64) {
        self.shared().1.store(limit, Relaxed);
    }

    /// Has the process yield at the next safepoint. From any thread.
    pub(crate) fn request_yield(&self) {
        self.request_poll(POLL_YIELD);
    }

    /// Has the stub that called Rust suspend the process.
    pub(crate) fn set_suspended(&self) {
        // SAFETY: compiled code does not run meanwhile.
        unsafe { (*self.context.get()).throwing = SUSPENDED }
    }

    /// The process goes on.
    pub(crate) fn clear_suspended(&self) {
        // SAFETY: as above.
        unsafe { (*self.context.get()).throwing = 0 }
    }

    /// Whether C code stands between frames of the process, which therefore cannot be suspended.
    pub fn is_called_back(&self) -> bool {
        self.n_callbacks() != 0
    }

    /// Where compiled code stops allocating.
    pub(super) fn set_heap_limit(&self, limit: u64) {
        // SAFETY: as above.
        unsafe { (*self.context.get()).heap_limit = limit }
    }

    /// Leaves an exception for the stub that called Rust.
    pub(crate) fn set_pending(&self, exception: Word, throwing: u64) {
        // SAFETY: compiled code does not run meanwhile.
        unsafe {
            (*self.context.get()).exception = exception.0;
            (*self.context.get()).throwing = throwing;
        }
    }

    /// The pending exception, which is pending no more, and in which way it was raised.
    pub(crate) fn take_pending(&self) -> (Word, u64) {
        // SAFETY: as above.
        unsafe {
            let context = self.context.get();
            (Word((*context).exception), std::mem::take(&mut (*context).throwing))
        }
    }

    /// The exception that ended the process, or was caught last.
    pub(crate) fn exception(&self) -> Word {
        // SAFETY: as above.
        Word(unsafe { (*self.context.get()).exception })
    }

    /// Leaves the exception that ends the process.
    pub fn set_exception(&self, exception: Word) {
        // SAFETY: as above.
        unsafe { (*self.context.get()).exception = exception.0 }
    }

    /// Where compiled code goes on: program counter, stack pointer, frame pointer.
    pub(crate) fn set_resume(&self, resume: [u64; 3]) {
        // SAFETY: as above.
        unsafe { (*self.context.get()).resume = resume }
    }

    /// The stack pointer of a process that is suspended.
    pub(crate) fn resume_sp(&self) -> u64 {
        // SAFETY: as above.
        unsafe { (*self.context.get()).resume[1] }
    }

    /// The context, for compiled code.
    pub(crate) fn context(&self) -> *mut Context {
        self.context.get()
    }

    /// The compiled frames up to the one that called the runtime.
    pub(crate) fn frames<'c>(&self, code: &'c Code) -> Frames<'c> {
        let (pc, fp) = self.exit();
        Frames::new(code, pc, fp)
    }

    /// The name of the function that called the runtime last.
    pub(super) fn compiled_function(&self, code: &Code) -> Option<&'static str> {
        let offset = u32::try_from(self.exit().0.checked_sub(code.text)?).ok()?;
        let (place, _) = code.table.place(code.table.find(offset)?.location())?;
        code.table.location(place).map(|found| found.function)
    }

    /// Where compiled code called the runtime: the return address, and the caller's frame pointer.
    pub(crate) fn exit(&self) -> (u64, u64) {
        // SAFETY: as above.
        unsafe { ((*self.context.get()).exit_pc, (*self.context.get()).exit_frame) }
    }

    /// Collects at a safepoint of compiled code.
    pub(crate) fn collect_frames(&mut self, size: usize) -> Result<(), Throw> {
        let code = self.runtime.code();
        let (pc, fp) = self.exit();
        let outer = self.seldom.get().map_or_else(Vec::new, |seldom| seldom.outer_exits.take());
        let outcome = self.collect_for(size, &mut |visit| {
            let Some(code) = code else { return };
            Frames::new(code, pc, fp).visit_roots(visit);
            for &(pc, fp) in &outer {
                Frames::new(code, pc, fp).visit_roots(visit);
            }
        });
        if let Some(seldom) = self.seldom.get() {
            seldom.outer_exits.replace(outer);
        }
        outcome
    }

    /// Lets the process use the stack from `floor` up.
    pub(crate) fn set_stack_floor(&self, floor: u64) {
        self.stack_floor.set(floor);
        self.reset_stack_limit();
    }

    /// Checks of the stack mean nothing else again, unless something is to be done.
    pub(crate) fn reset_stack_limit(&self) {
        self.set_stack_limit(self.stack_floor.get());
        // After the store above, as another thread may ask meanwhile.
        if self.poll() != 0 {
            self.set_stack_limit(u64::MAX);
        }
    }

    /// The lowest stack pointer that the process may have on entry to a function.
    pub(crate) fn stack_floor(&self) -> u64 {
        self.stack_floor.get()
    }

    /// At a safepoint: memory for an object of `size` bytes, uninitialised.
    pub(crate) fn alloc_at_safepoint(&mut self, size: usize) -> Result<u64, Throw> {
        let size = size.next_multiple_of(ALIGN as usize);
        self.collect_frames(size)?;
        Ok(self.alloc(size))
    }

    /// Calls `shim` with the context and `args` on the process's stack, for C code that a native called: its status.
    ///
    /// # Safety
    /// `shim` must be a C function like the program's entry, and compiled code must have called a native last.
    #[cfg(all(unix, not(miri)))]
    pub(crate) unsafe fn call_back(&self, shim: u64, args: u64) -> u64 {
        let code = self.runtime.code().expect("compiled code has tables");
        let (pc, fp) = self.exit();
        let Some(frame) = self.frames(code).next() else { fatal("a callback without a caller") };
        let was_pinned = self.begin_callback((pc, fp));
        // Below what the native's stub saved.
        let top = frame.sp.wrapping_sub(STUB_FRAME) & !15;
        // SAFETY: the caller vouches for the shim; below `top` the stack is free, and it checks for its end.
        let status = unsafe { enter(self.context(), args, shim, top) };
        self.end_callback(was_pinned);
        // SAFETY: as above.
        unsafe { ((*self.context.get()).exit_pc, (*self.context.get()).exit_frame) = (pc, fp) };
        status
    }

    /// The C function that runs has called back; where compiled code called that. Until [`Process::end_callback`], which
    /// wants the result, nothing moves to which C has addresses.
    pub(crate) fn begin_callback(&self, exit: (u64, u64)) -> bool {
        self.seldom().outer_exits.borrow_mut().push(exit);
        self.seldom().is_pinned.replace(self.seldom().is_pinned.get() || self.call_pins())
    }

    /// The callback has ended.
    pub(crate) fn end_callback(&self, was_pinned: bool) {
        self.seldom().outer_exits.borrow_mut().pop();
        self.seldom().is_pinned.set(was_pinned);
        if !was_pinned && self.seldom().is_put_off.take() {
            self.request_collection(false);
        }
    }

    /// How many C functions that called back have not returned.
    pub(crate) fn n_callbacks(&self) -> usize {
        self.seldom.get().map_or(0, |seldom| seldom.outer_exits.borrow().len())
    }

    /// A C function is called with these words in integer registers, on the stack, and in structs passed by their
    /// addresses; the call that was running.
    pub(crate) fn begin_foreign(&self, registers: &[u64], stack: &[u64], structs: &[Box<[u64]>]) -> ForeignCall {
        self.seldom().foreign_call.replace(ForeignCall { registers, stack, structs, pins: None })
    }

    /// It has returned.
    pub(crate) fn end_foreign(&self, outer: ForeignCall) {
        self.seldom().foreign_call.set(outer);
    }

    /// Whether the running C function was given the address of something in the heap.
    fn call_pins(&self) -> bool {
        let call = self.seldom().foreign_call.get();
        call.pins.unwrap_or_else(|| {
            // SAFETY: they stay where they are until the C function returns.
            let (registers, stack, structs) = unsafe { (&*call.registers, &*call.stack, &*call.structs) };
            let heap = self.heap.borrow();
            let mut words = registers.iter().chain(stack).chain(structs.iter().flatten());
            let pins = words.any(|&word| heap.contains(word));
            self.seldom().foreign_call.set(ForeignCall { pins: Some(pins), ..call });
            pins
        })
    }

    /// Whether a callback left an exception to be raised when C returns.
    pub(crate) fn has_callback_exception(&self) -> bool {
        self.seldom.get().is_some_and(|seldom| seldom.callback_exception.get().is_some())
    }

    /// Leaves such an exception.
    pub(crate) fn set_callback_exception(&self, exception: Word) {
        self.seldom().callback_exception.set(Some(exception));
    }

    /// Takes such an exception.
    pub(crate) fn take_callback_exception(&self) -> Option<Word> {
        self.seldom().callback_exception.take()
    }
}
