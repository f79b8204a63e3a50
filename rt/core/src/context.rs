//! Where compiled code and Rust meet: calls across the two stacks, and switching between them.
//!
//! A process runs compiled code on a stack of its own; natives run on the stack of the worker that runs the process,
//! from `context.native_stack` down. Each processor's file holds, in its own assembly,
//!
//! - `native_stub!`: the symbol of a helper or native. Called with Cranelift's `tail` convention; saves where the
//!   caller is in `exit_frame` and `exit_pc`, calls a thunk on the worker's stack, and returns, or unwinds or suspends
//!   the process if `context.throwing` was set;
//! - `safepoint_stub!`: the symbol of a slow path, called with Cranelift's `preserve_all` convention: as above, but it
//!   saves all registers that compiled code may hold something in, and has no result;
//! - `throw_stub!`: a slow path that always unwinds;
//! - [`enter`]: runs a function on a process's stack, until it returns or the process is suspended; then [`resume`]
//!   goes on with it;
//! - [`invoke`]: calls a C function with arguments found at run time;
//! - [`called_back`]: what C calls by a [`TRAMPOLINE`] for the interpreter: stores every register as [`Registers`], calls
//!   [`vt_interpreted`](crate::foreign::vt_interpreted), and returns what is in them then.

#[cfg(target_arch = "x86_64")]
#[path = "context/x86_64.rs"]
#[macro_use]
mod isa;
#[cfg(target_arch = "aarch64")]
#[path = "context/aarch64.rs"]
#[macro_use]
mod isa;
#[cfg(target_arch = "riscv64")]
#[path = "context/riscv64.rs"]
#[macro_use]
mod isa;

#[cfg(all(target_arch = "x86_64", any(target_env = "musl", test)))]
#[path = "context/x86_64_memory.rs"]
mod memory;

pub(crate) use isa::*;

use crate::unwind::SUSPENDED;
use std::mem::offset_of;
use vitte_abi::context::Context;
use vitte_abi::foreign::Registers;

// What the assembly needs to know of the context.
pub(crate) const EXIT_PC: usize = offset_of!(Context, exit_pc);
pub(crate) const EXIT_FRAME: usize = offset_of!(Context, exit_frame);
pub(crate) const NATIVE_STACK: usize = offset_of!(Context, native_stack);
pub(crate) const THROWING: usize = offset_of!(Context, throwing);
pub(crate) const RESULT: usize = offset_of!(Context, result);
pub(crate) const EXCEPTION: usize = offset_of!(Context, exception);
pub(crate) const RESUME_PC: usize = offset_of!(Context, resume);
pub(crate) const RESUME_SP: usize = RESUME_PC + 8;
pub(crate) const RESUME_FP: usize = RESUME_PC + 16;

/// Has the processor bring the memory at this address near, where it can be told to; nothing else happens.
#[inline]
pub(crate) fn prefetch(address: u64) {
    // SAFETY: any address may be named, also where no memory is.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        std::arch::asm!("prefetcht0 [{}]", in(reg) address, options(nostack, preserves_flags, readonly));
        #[cfg(target_arch = "aarch64")]
        std::arch::asm!("prfm pldl1keep, [{}]", in(reg) address, options(nostack, preserves_flags, readonly));
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let _ = address;
}

/// A call of a C function.
#[repr(C)]
pub(crate) struct Call {
    /// The function.
    pub(crate) code: u64,
    /// The number of words on the stack.
    pub(crate) n_stack: u64,
    /// The number of float registers in use.
    pub(crate) n_floats: u64,
    /// The arguments, then the results.
    pub(crate) registers: Registers,
}

const CALL_CODE: usize = offset_of!(Call, code);
const CALL_INTS: usize = offset_of!(Call, registers.ints);
const CALL_FLOATS: usize = offset_of!(Call, registers.floats);
const CALL_STACK: usize = offset_of!(Call, registers.stack);
const CALL_N_STACK: usize = offset_of!(Call, n_stack);
#[cfg(target_arch = "x86_64")]
const CALL_N_FLOATS: usize = offset_of!(Call, n_floats);
#[cfg(target_arch = "aarch64")]
const CALL_RESULT: usize = offset_of!(Call, registers.result);

// Where registers stand in what a callback makes of them.
const REGISTER_FLOATS: usize = offset_of!(Registers, floats);
const REGISTER_STACK: usize = offset_of!(Registers, stack);
#[cfg(target_arch = "aarch64")]
const REGISTER_RESULT: usize = offset_of!(Registers, result);

#[cfg(test)]
mod tests {
    use super::*;

    extern "C" fn double(context: *mut Context, argument: u64) -> u64 {
        // SAFETY: the test passes a context of its own.
        unsafe { (*context).result = &raw const argument as u64 };
        argument * 2
    }

    #[test]
    fn functions_run_on_another_stack() {
        let mut stack = vec![0u128; 4096];
        let top = stack.as_mut_ptr_range().end as u64;
        let mut context = Context {
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
            this: 0,
            arguments: [0; 2],
        };
        // SAFETY: the stack is large enough for `double`.
        let result = unsafe { enter(&raw mut context, 21, double as *const () as u64, top) };
        assert_eq!(result, 42);
        let here = &raw const result as u64;
        assert!(context.result < top && context.result > top - 4096, "it ran on the other stack");
        assert!(context.native_stack < here && context.native_stack.is_multiple_of(16));
    }
}
