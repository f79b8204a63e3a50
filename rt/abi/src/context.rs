//! The words of a process that compiled code touches. A pointer to them is parameter 0 of every compiled function.

/// The head of a process record. All fields are one word; the runtime keeps the rest of the record behind it.
///
/// `stack_limit` and `poll` are also written by other threads (with atomic stores); compiled code reads them with
/// plain loads.
#[repr(C)]
#[derive(Debug)]
pub struct Context {
    /// The next free byte of the allocation area.
    pub heap_next: u64,
    /// The end of the allocation area. 0 makes every allocation take the slow path.
    pub heap_limit: u64,
    /// A function whose stack pointer is below it on entry calls [`vt_stack_check`](crate::functions): the stack is
    /// exhausted, or (`u64::MAX`) the process should yield or collect.
    pub stack_limit: u64,
    /// Not 0: call [`vt_poll`](crate::functions) at the next loop back-edge.
    pub poll: u64,
    /// The result of a stub that preserves all registers.
    pub result: u64,
    /// The exception being raised or handled, an `any` word.
    pub exception: u64,
    /// Not 0 while an exception is pending: a native returns to its caller's handler instead of its caller.
    pub throwing: u64,
    /// The frame pointer of the compiled frame that called the runtime last.
    pub exit_frame: u64,
    /// The return address into that frame.
    pub exit_pc: u64,
    /// Where natives run: the top of the scheduler's stack.
    pub native_stack: u64,
    /// Where to continue after unwinding: program counter, stack pointer, frame pointer.
    pub resume: [u64; 3],
    /// The address of this record. Slow paths take the context from here: if they took it from where compiled code
    /// holds it, that would have to be the register of first arguments.
    pub this: u64,
    /// The arguments of a stub, for the same reason.
    pub arguments: [u64; 2],
}
