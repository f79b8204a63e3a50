//! A process: its heap, its stack of frames, its pending exception.
//!
//! Natives hold a shared `&Process`; whatever they change sits in cells. Collecting takes `&mut Process`, so no object
//! moves while a native looks at it.

use crate::heap::{Area, Heap, LARGE, Roots, Stats};
use crate::object::{Buffer, List, Obj, Str};
use crate::runtime::Runtime;
use crate::throw::Throw;
use crate::trace::{Frame, Traces};
use crate::unwind::{Code, Frames, RAISED_AGAIN};
use crate::word::Word;
use std::cell::{Cell, RefCell, UnsafeCell};
use vitte_abi::TypeId;
use vitte_abi::context::Context;
use vitte_abi::object::{ALIGN, LIST_SIZE, flag, header, offset, str_size, type_id, word};
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
    traces: RefCell<Traces>,
}

macro_rules! context_words {
    ($($(#[$doc:meta])* $name:ident, $set:ident;)*) => { $(
        $(#[$doc])*
        pub(crate) fn $name(&self) -> u64 {
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
    /// A process of a program.
    pub fn new(runtime: &'static Runtime) -> Box<Process> {
        Box::new(Process {
            // All words of a context may be zero.
            context: UnsafeCell::new(Context {
                heap_next: 0,
                heap_limit: 0,
                stack_limit: 0,
                poll: 0,
                result: 0,
                exception: 0,
                throwing: 0,
                exit_frame: 0,
                exit_pc: 0,
                native_stack: 0,
                resume: [0; 3],
            }),
            runtime,
            end: Cell::new(0),
            heap: RefCell::new(Heap::new(runtime.options())),
            full_due: Cell::new(false),
            out_of_memory: Cell::new(false),
            stack_floor: Cell::new(0),
            traces: RefCell::default(),
        })
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

    /// Whether a collection is due: the interpreter asks at calls and loops, and then calls [`Process::collect`].
    pub fn collection_due(&self) -> bool {
        self.poll() != 0
    }

    /// Collects what is due. `roots` calls the function it is given with each traced word that the caller holds, once.
    pub fn collect(&mut self, roots: Roots<'_>) -> Result<(), Throw> {
        self.collect_for(0, roots)
    }

    /// The stack trace of `exception` begins here, or, if it is raised `again` by a handler, goes on: then the result
    /// is true, and the frame that raises it is not to be pushed, since it was when it handled the exception.
    pub fn begin_trace(&self, exception: Word, again: bool) -> bool {
        let mut traces = self.traces.borrow_mut();
        let goes_on = again && traces.resume(exception);
        if !goes_on {
            traces.begin(exception);
        }
        goes_on
    }

    /// Appends a frame that the exception raised last passes or is handled in. Returns false if further frames would
    /// not be shown.
    pub fn push_frame(&self, frame: Frame) -> bool {
        self.traces.borrow_mut().last().is_some_and(|trace| {
            trace.push(frame);
            !trace.is_full()
        })
    }

    /// The stack trace of the exception raised last.
    pub fn stack_trace(&self) -> String {
        self.traces.borrow_mut().last().map_or(String::new(), |trace| trace.to_string())
    }

    context_words! {
        /// The next free byte of the allocation area.
        heap_next, set_heap_next;
        /// Where compiled code stops allocating.
        heap_limit, set_heap_limit;
        /// Whether compiled code is to call the poll stub.
        poll, set_poll;
        /// Below it, compiled code calls the stub that checks the stack.
        stack_limit, set_stack_limit;
        /// The result of a stub or helper that leaves one in the context.
        result, set_result;
    }

    // ---- Compiled code -----------------------------------------------------------------------------------------------

    /// Leaves an exception for the stub that called Rust.
    pub(crate) fn set_pending(&self, exception: Word, throwing: u64) {
        // SAFETY: compiled code does not run meanwhile.
        unsafe {
            (*self.context.get()).exception = exception.0;
            (*self.context.get()).throwing = throwing;
        }
    }

    /// The pending exception, which is pending no more, and whether it was raised again.
    pub(crate) fn take_pending(&self) -> (Word, bool) {
        // SAFETY: as above.
        unsafe {
            let context = self.context.get();
            let again = std::mem::take(&mut (*context).throwing) == RAISED_AGAIN;
            (Word((*context).exception), again)
        }
    }

    /// The exception that was caught last.
    pub(crate) fn exception(&self) -> Word {
        // SAFETY: as above.
        Word(unsafe { (*self.context.get()).exception })
    }

    /// Where compiled code goes on: program counter, stack pointer, frame pointer.
    pub(crate) fn set_resume(&self, resume: [u64; 3]) {
        // SAFETY: as above.
        unsafe { (*self.context.get()).resume = resume }
    }

    /// The context, for compiled code.
    pub(crate) fn context(&self) -> *mut Context {
        self.context.get()
    }

    /// The compiled frames up to the one that called the runtime.
    pub(crate) fn frames<'c>(&self, code: &'c Code) -> Frames<'c> {
        // SAFETY: as above.
        let (pc, fp) = unsafe { ((*self.context.get()).exit_pc, (*self.context.get()).exit_frame) };
        Frames::new(code, pc, fp)
    }

    /// Collects at a safepoint of compiled code.
    pub(crate) fn collect_frames(&mut self, size: usize) -> Result<(), Throw> {
        let code = self.runtime.code();
        // SAFETY: as above.
        let (pc, fp) = unsafe { ((*self.context.get()).exit_pc, (*self.context.get()).exit_frame) };
        self.collect_for(size, &mut |visit| {
            if let Some(code) = code {
                Frames::new(code, pc, fp).visit_roots(visit);
            }
        })
    }

    /// Lets the process use the stack from `floor` up.
    pub(crate) fn set_stack_floor(&self, floor: u64) {
        self.stack_floor.set(floor);
        self.set_stack_limit(floor);
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

    /// The object at an address that a traced word holds.
    pub fn object(&self, address: u64) -> Obj<'_> {
        Obj::at(self, address)
    }

    // ---- Allocation ------------------------------------------------------------------------------------------------

    /// A new object of `size` bytes, all zero behind the header.
    pub fn new_object(&self, ty: TypeId, tag: u16, size: u32) -> Obj<'_> {
        let address = self.alloc(size as usize);
        let object = Obj::at(self, address);
        object.set_raw(0, header(ty, tag));
        // SAFETY: the object is that large, and nobody else knows it yet.
        unsafe { std::ptr::write_bytes((address + 8) as usize as *mut u8, 0, size as usize - 8) };
        object
    }

    /// A new struct, tuple or closure, all zero.
    pub fn new_record(&self, ty: TypeId) -> Obj<'_> {
        self.new_object(ty, 0, self.runtime.record(ty).size)
    }

    /// A new value of a variant, all zero.
    pub fn new_variant(&self, ty: TypeId, tag: u16) -> Obj<'_> {
        self.new_object(ty, tag, self.runtime.variant(ty, tag).size)
    }

    /// A new string.
    pub fn new_str(&self, text: &str) -> Str<'_> {
        self.new_str_with(text.len(), |bytes| bytes.copy_from_slice(text.as_bytes()))
    }

    /// A new string of `len` bytes, zero until `fill` writes them; what it leaves there must be UTF-8.
    pub fn new_str_with(&self, len: usize, fill: impl FnOnce(&mut [u8])) -> Str<'_> {
        let size = str_size(len as u64) as usize;
        let (object, zeroed) = self.alloc_data(type_id::STR, size);
        object.set_raw(offset::STR_LEN, len as u64);
        let bytes = (object.address() + u64::from(offset::STR_BYTES)) as usize as *mut u8;
        // SAFETY: the string has room for `len` bytes and padding, and nobody else knows it yet.
        fill(unsafe {
            if !zeroed {
                std::ptr::write_bytes(bytes, 0, size - offset::STR_BYTES as usize);
            }
            std::slice::from_raw_parts_mut(bytes, len)
        });
        Str::of(object)
    }

    /// A new buffer with room for `size` bytes of traced words (`refs`) or of raw data, all zero.
    pub fn new_buffer(&self, refs: bool, size: usize) -> Buffer<'_> {
        let ty = if refs { type_id::REF_BUFFER } else { type_id::RAW_BUFFER };
        let size = size.next_multiple_of(ALIGN as usize);
        let (object, zeroed) = self.alloc_data(ty, offset::BUFFER_DATA as usize + size);
        object.set_raw(offset::BUFFER_SIZE, size as u64);
        let buffer = Buffer::of(object);
        if !zeroed {
            buffer.clear(0, size);
        }
        buffer
    }

    /// A new list, or `bytes`, of type `ty`: empty, with room for `capacity` items.
    pub fn new_list(&self, ty: TypeId, capacity: usize) -> List<'_> {
        let form = self.runtime.item_form(ty);
        let buffer = self.new_buffer(form == crate::object::Form::REF, capacity * form.size());
        let list = List::of(self.new_object(ty, 0, LIST_SIZE));
        list.set_buffer(self, buffer);
        list
    }

    /// A new box of a scalar.
    pub fn new_box(&self, ty: TypeId, bits: u64) -> Obj<'_> {
        let object = self.new_object(ty, 0, vitte_abi::object::BOX_SIZE);
        object.set_raw(offset::BOX_VALUE, bits);
        object
    }

    /// The `any` word of a value of type `ty`, given by its slot bits.
    pub fn any(&self, ty: TypeId, bits: u64) -> Word {
        let immediate = match ty {
            type_id::INT => word::from_int(bits as i64),
            type_id::FLOAT => word::from_float_bits(bits),
            type_id::U64 | type_id::PID | type_id::MONITOR_REF | type_id::PTR => None,
            _ if self.runtime.is_scalar(ty) => Some(word::from_small(ty, bits)),
            _ => return Word(bits),
        };
        immediate.map_or_else(|| self.new_box(ty, bits).word(), Word)
    }

    /// Whether `bytes` more may be allocated at all, else `OutOfMemory`. For natives whose result can be of any size.
    pub fn check_room(&self, bytes: usize) -> Result<(), Throw> {
        if bytes as u64 > self.runtime.options().heap_max.min(1 << 46) {
            return Err(self.throw_error(type_id::OUT_OF_MEMORY, "out of memory"));
        }
        Ok(())
    }

    /// Whether the heap has become too large for the process to go on: after a full collection, at a safepoint.
    fn check_heap(&self) -> Result<(), Throw> {
        let max = self.runtime.options().heap_max;
        let used = self.heap.borrow().used(self.heap_next());
        if used <= max {
            self.out_of_memory.set(false);
            return Ok(());
        }
        // The handlers of the exception need some memory, too.
        if self.out_of_memory.get() && used <= max.saturating_add(max / 4 + (64 << 10)) {
            return Ok(());
        }
        self.out_of_memory.set(true);
        Err(self.throw_error(type_id::OUT_OF_MEMORY, "out of memory"))
    }

    /// At a safepoint: collects what is due, and sees to it that `size` bytes can be allocated.
    pub(crate) fn collect_for(&mut self, size: usize, roots: Roots<'_>) -> Result<(), Throw> {
        let limit = self.runtime.options().heap_max;
        let next = self.heap_next();
        let heap = self.heap.get_mut();
        let crowded = heap.used(next) + size as u64 > limit;
        let full = std::mem::take(self.full_due.get_mut()) || crowded;
        let traces = self.traces.get_mut();
        let area = heap.collect(self.runtime.shapes(), next, size, full, &mut |visit| {
            traces.roots().for_each(|word| visit(&mut word.0));
            roots(visit);
        });
        self.open(area);
        if crowded { self.check_heap() } else { Ok(()) }
    }

    /// Allocates in this area from now on.
    fn open(&self, area: Area) {
        self.set_heap_next(area.next);
        self.end.set(area.end);
        let stress = self.heap.borrow().is_stressed();
        self.set_heap_limit(if stress { 0 } else { area.end });
        self.set_poll(u64::from(stress));
        self.set_stack_limit(if stress { u64::MAX } else { self.stack_floor.get() });
    }

    /// Has the next safepoint collect.
    pub(crate) fn request_collection(&self, full: bool) {
        self.set_heap_limit(0);
        self.set_poll(1);
        self.set_stack_limit(u64::MAX);
        if full {
            self.full_due.set(true);
        }
    }

    /// The counts of the heap.
    pub fn heap_stats(&self) -> Stats {
        self.heap.borrow().stats(self.heap_next())
    }

    /// Memory for an object that is not a large one.
    fn alloc(&self, size: usize) -> u64 {
        let size = size.next_multiple_of(ALIGN as usize);
        let address = self.heap_next();
        if self.end.get() - address < size as u64 {
            return self.alloc_beyond(size);
        }
        self.set_heap_next(address + size as u64);
        address
    }

    #[cold]
    fn alloc_beyond(&self, size: usize) -> u64 {
        let area = self.heap.borrow_mut().extend(size);
        self.open(area);
        self.request_collection(false);
        self.set_heap_next(area.next + size as u64);
        area.next
    }

    /// Memory for a string or buffer, the header written, and whether the rest is all zero.
    fn alloc_data(&self, ty: TypeId, size: usize) -> (Obj<'_>, bool) {
        if size <= LARGE {
            let object = Obj::at(self, self.alloc(size));
            object.set_raw(0, header(ty, 0));
            return (object, false);
        }
        let mut heap = self.heap.borrow_mut();
        let (address, zeroed) = heap.alloc_large(size.next_multiple_of(ALIGN as usize));
        let due = heap.is_large_due();
        drop(heap);
        if due {
            self.request_collection(false);
        }
        let object = Obj::at(self, address);
        object.set_raw(0, header(ty, 0) | flag::LARGE);
        (object, zeroed)
    }

    /// Before a reference is stored at address `slot` of the object at `object`, which bears the flag `OLD`.
    pub(crate) fn barrier(&self, object: u64, slot: u64) {
        self.heap.borrow_mut().remember(object, Some(slot));
    }

    /// Before references are stored anywhere in the object at `object`, which bears the flag `OLD`.
    pub(crate) fn barrier_whole(&self, object: u64) {
        self.heap.borrow_mut().remember(object, None);
    }
}
