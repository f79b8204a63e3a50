//! aarch64, by the procedure call standard of the architecture.
//!
//! ```text
//! process's stack                             worker's stack
//! ┌──────────────────────┐                    ┌──────────────────────┐
//! │ compiled frame       │ x30 = exit_pc      │ Rust                 │
//! │                      │                    │  x19 … x30, d8 … d15 │ stored by `enter`
//! ├──────────────────────┤                    ├──────────────────────┤ ← native_stack
//! │ x19 x20              │                    │ thunk: Rust          │
//! │ x29 (= exit_frame) x30 ← sp in x20        │                      │
//! └──────────────────────┘                    └──────────────────────┘
//! ```
//!
//! `tail` takes integers in x2–x7, floats in v0–v7, and gives results in x2 and v0: stubs shift the integers by two
//! registers each way. `preserve_all` takes arguments from x0 on. An exception arrives in x0.

use super::{
    CALL_CODE, CALL_FLOATS, CALL_INTS, CALL_N_STACK, CALL_RESULT, CALL_STACK, Call, EXCEPTION, NATIVE_STACK,
    REGISTER_FLOATS, REGISTER_RESULT, REGISTER_STACK, RESUME_FP, RESUME_PC, RESUME_SP, SUSPENDED, THROWING,
};
use std::arch::naked_asm;
use vitte_abi::context::Context;
use vitte_abi::foreign::Registers;

macro_rules! native_stub {
    ($thunk:path) => {
        std::arch::naked_asm!(
            "str x30, [x2, {exit_pc}]",
            "str x29, [x2, {exit_frame}]",
            "stp x29, x30, [sp, -32]!",
            "stp x19, x20, [sp, 16]",
            "mov x19, x2",
            "mov x20, sp",
            "ldr x9, [x2, {native_stack}]",
            "mov sp, x9",
            "mov x0, x2",
            "mov x1, x3",
            "mov x2, x4",
            "mov x3, x5",
            "mov x4, x6",
            "mov x5, x7",
            "bl {thunk}",
            "mov sp, x20",
            "ldr x9, [x19, {throwing}]",
            "cbnz x9, 2f",
            "mov x2, x0",
            "3: ldp x19, x20, [sp, 16]",
            "ldp x29, x30, [sp], 32",
            "ret",
            "2: bl {leave}",
            "ldr x2, [x19, {result}]",
            "b 3b",
            thunk = sym $thunk,
            leave = sym $crate::context::leave,
            result = const $crate::context::RESULT,
            exit_pc = const $crate::context::EXIT_PC,
            exit_frame = const $crate::context::EXIT_FRAME,
            native_stack = const $crate::context::NATIVE_STACK,
            throwing = const $crate::context::THROWING,
        )
    };
}

macro_rules! safepoint_stub {
    ($body:path) => {
        std::arch::naked_asm!(
            "str x30, [x0, {exit_pc}]",
            "str x29, [x0, {exit_frame}]",
            "stp x29, x30, [sp, -32]!",
            "stp x19, x20, [sp, 16]",
            "sub sp, sp, 656",
            "stp x0, x1, [sp]",
            "stp x2, x3, [sp, 16]",
            "stp x4, x5, [sp, 32]",
            "stp x6, x7, [sp, 48]",
            "stp x8, x9, [sp, 64]",
            "stp x10, x11, [sp, 80]",
            "stp x12, x13, [sp, 96]",
            "stp x14, x15, [sp, 112]",
            "stp x16, x17, [sp, 128]",
            "stp q0, q1, [sp, 144]",
            "stp q2, q3, [sp, 176]",
            "stp q4, q5, [sp, 208]",
            "stp q6, q7, [sp, 240]",
            "stp q8, q9, [sp, 272]",
            "stp q10, q11, [sp, 304]",
            "stp q12, q13, [sp, 336]",
            "stp q14, q15, [sp, 368]",
            "stp q16, q17, [sp, 400]",
            "stp q18, q19, [sp, 432]",
            "stp q20, q21, [sp, 464]",
            "stp q22, q23, [sp, 496]",
            "stp q24, q25, [sp, 528]",
            "stp q26, q27, [sp, 560]",
            "stp q28, q29, [sp, 592]",
            "stp q30, q31, [sp, 624]",
            "mov x19, x0",
            "mov x20, sp",
            "ldr x9, [x0, {native_stack}]",
            "mov sp, x9",
            "bl {body}",
            "mov sp, x20",
            "ldr x9, [x19, {throwing}]",
            "cbz x9, 2f",
            "bl {leave}",
            "2: ldp x0, x1, [sp]",
            "ldp x2, x3, [sp, 16]",
            "ldp x4, x5, [sp, 32]",
            "ldp x6, x7, [sp, 48]",
            "ldp x8, x9, [sp, 64]",
            "ldp x10, x11, [sp, 80]",
            "ldp x12, x13, [sp, 96]",
            "ldp x14, x15, [sp, 112]",
            "ldp x16, x17, [sp, 128]",
            "ldp q0, q1, [sp, 144]",
            "ldp q2, q3, [sp, 176]",
            "ldp q4, q5, [sp, 208]",
            "ldp q6, q7, [sp, 240]",
            "ldp q8, q9, [sp, 272]",
            "ldp q10, q11, [sp, 304]",
            "ldp q12, q13, [sp, 336]",
            "ldp q14, q15, [sp, 368]",
            "ldp q16, q17, [sp, 400]",
            "ldp q18, q19, [sp, 432]",
            "ldp q20, q21, [sp, 464]",
            "ldp q22, q23, [sp, 496]",
            "ldp q24, q25, [sp, 528]",
            "ldp q26, q27, [sp, 560]",
            "ldp q28, q29, [sp, 592]",
            "ldp q30, q31, [sp, 624]",
            "add sp, sp, 656",
            "ldp x19, x20, [sp, 16]",
            "ldp x29, x30, [sp], 32",
            "ret",
            body = sym $body,
            leave = sym $crate::context::leave,
            exit_pc = const $crate::context::EXIT_PC,
            exit_frame = const $crate::context::EXIT_FRAME,
            native_stack = const $crate::context::NATIVE_STACK,
            throwing = const $crate::context::THROWING,
        )
    };
}

macro_rules! throw_stub {
    ($body:path) => {
        std::arch::naked_asm!(
            "str x30, [x0, {exit_pc}]",
            "str x29, [x0, {exit_frame}]",
            "mov x19, x0",
            "ldr x9, [x0, {native_stack}]",
            "mov sp, x9",
            "bl {body}",
            "b {unwind}",
            body = sym $body,
            unwind = sym $crate::context::unwind,
            exit_pc = const $crate::context::EXIT_PC,
            exit_frame = const $crate::context::EXIT_FRAME,
            native_stack = const $crate::context::NATIVE_STACK,
        )
    };
}

/// Stores the registers that a function must preserve but x29 and x30, from 16 bytes above sp on.
macro_rules! save {
    () => {
        concat!(
            "stp x19, x20, [sp, 16]\n",
            "stp x21, x22, [sp, 32]\n",
            "stp x23, x24, [sp, 48]\n",
            "stp x25, x26, [sp, 64]\n",
            "stp x27, x28, [sp, 80]\n",
            "stp d8, d9, [sp, 96]\n",
            "stp d10, d11, [sp, 112]\n",
            "stp d12, d13, [sp, 128]\n",
            "stp d14, d15, [sp, 144]\n",
        )
    };
}

/// Loads what `save` stored.
macro_rules! restore {
    () => {
        concat!(
            "ldp x19, x20, [sp, 16]\n",
            "ldp x21, x22, [sp, 32]\n",
            "ldp x23, x24, [sp, 48]\n",
            "ldp x25, x26, [sp, 64]\n",
            "ldp x27, x28, [sp, 80]\n",
            "ldp d8, d9, [sp, 96]\n",
            "ldp d10, d11, [sp, 112]\n",
            "ldp d12, d13, [sp, 128]\n",
            "ldp d14, d15, [sp, 144]\n",
        )
    };
}

/// How C functions take their arguments.
pub(crate) use vitte_abi::foreign::convention::AARCH64 as CONVENTION;

/// Leaves compiled code for what `context.throwing` asks for. Called by a stub on the process's stack, with the context
/// in x19: unwinds, or suspends the process and returns when it goes on.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn leave() {
    naked_asm!(
        "ldr x9, [x19, {throwing}]",
        "cmp x9, {suspended}",
        "b.eq 2f",
        "b {unwind}",
        "2:",
        "str xzr, [x19, {throwing}]",
        "stp x29, x30, [sp, -160]!",
        save!(),
        "mov x9, sp",
        "str x9, [x19, {resume_sp}]",
        "mov x0, {suspended}",
        "b {end}",
        unwind = sym unwind,
        end = sym end,
        throwing = const THROWING,
        suspended = const SUSPENDED,
        resume_sp = const RESUME_SP,
    )
}

/// Continues at the handler of the pending exception, with the context in x19.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn unwind() {
    naked_asm!(
        "ldr x9, [x19, {native_stack}]",
        "mov sp, x9",
        "mov x0, x19",
        "bl {find}",
        "ldr x0, [x19, {exception}]",
        "ldr x9, [x19, {resume_sp}]",
        "mov sp, x9",
        "ldr x29, [x19, {resume_fp}]",
        "ldr x10, [x19, {resume_pc}]",
        "br x10",
        find = sym crate::unwind::find_handler,
        native_stack = const NATIVE_STACK,
        exception = const EXCEPTION,
        resume_pc = const RESUME_PC,
        resume_sp = const RESUME_SP,
        resume_fp = const RESUME_FP,
    )
}

/// Calls the C function at `code` with the context and `argument` on the stack below `top`, which is aligned to 16
/// bytes; its result, or [`SUSPENDED`]. What it calls natively runs on the caller's stack.
///
/// # Safety
/// `code` must be such a function, and the stack large enough for it.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn enter(context: *mut Context, argument: u64, code: u64, top: u64) -> u64 {
    naked_asm!(
        // Debuggers and profilers are to see no frame behind this one.
        ".cfi_startproc",
        ".cfi_undefined x30",
        "stp x29, x30, [sp, -176]!",
        save!(),
        "ldr x9, [x0, {native_stack}]",
        "str x9, [sp, 160]",
        "mov x9, sp",
        "str x9, [x0, {native_stack}]",
        "mov x19, x0",
        "mov sp, x3",
        "mov x29, xzr",
        "blr x2",
        "b {end}",
        ".cfi_endproc",
        end = sym end,
        native_stack = const NATIVE_STACK,
    )
}

/// Goes on with a process that was suspended; the result as of [`enter`]. `context.throwing` may have been set.
///
/// # Safety
/// The process must have been suspended.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn resume(context: *mut Context) -> u64 {
    naked_asm!(
        "stp x29, x30, [sp, -176]!",
        save!(),
        "ldr x9, [x0, {native_stack}]",
        "str x9, [sp, 160]",
        "mov x9, sp",
        "str x9, [x0, {native_stack}]",
        "ldr x9, [x0, {resume_sp}]",
        "mov sp, x9",
        restore!(),
        "ldp x29, x30, [sp], 160",
        "ldr x9, [x19, {throwing}]",
        "cbnz x9, 2f",
        "ret",
        "2: b {leave}",
        leave = sym leave,
        native_stack = const NATIVE_STACK,
        resume_sp = const RESUME_SP,
        throwing = const THROWING,
    )
}

/// Returns x0 from `enter` or `resume`, with the context in x19.
#[unsafe(naked)]
unsafe extern "C" fn end() {
    naked_asm!(
        "ldr x9, [x19, {native_stack}]",
        "mov sp, x9",
        "ldr x9, [sp, 160]",
        "str x9, [x19, {native_stack}]",
        restore!(),
        "ldp x29, x30, [sp], 176",
        "ret",
        native_stack = const NATIVE_STACK,
    )
}

/// Makes the call that `call` describes.
///
/// # Safety
/// The function must take such arguments.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn invoke(call: *mut Call) {
    naked_asm!(
        "stp x29, x30, [sp, -32]!",
        "str x19, [sp, 16]",
        "mov x29, sp",
        "mov x19, x0",
        "ldr x9, [x19, {n_stack}]",
        "ldr x10, [x19, {stack}]",
        "add x11, x9, 1",
        "and x11, x11, -2",
        "sub sp, sp, x11, lsl 3",
        "mov x12, sp",
        "2:",
        "cbz x9, 3f",
        "ldr x13, [x10], 8",
        "str x13, [x12], 8",
        "sub x9, x9, 1",
        "b 2b",
        "3:",
        "ldp d0, d1, [x19, {floats} + 0]",
        "ldp d2, d3, [x19, {floats} + 16]",
        "ldp d4, d5, [x19, {floats} + 32]",
        "ldp d6, d7, [x19, {floats} + 48]",
        "ldp x0, x1, [x19, {ints} + 0]",
        "ldp x2, x3, [x19, {ints} + 16]",
        "ldp x4, x5, [x19, {ints} + 32]",
        "ldp x6, x7, [x19, {ints} + 48]",
        "ldr x8, [x19, {result}]",
        "ldr x9, [x19, {code}]",
        "blr x9",
        "stp x0, x1, [x19, {ints}]",
        "stp d0, d1, [x19, {floats} + 0]",
        "stp d2, d3, [x19, {floats} + 16]",
        "mov sp, x29",
        "ldr x19, [sp, 16]",
        "ldp x29, x30, [sp], 32",
        "ret",
        code = const CALL_CODE,
        ints = const CALL_INTS,
        floats = const CALL_FLOATS,
        stack = const CALL_STACK,
        n_stack = const CALL_N_STACK,
        result = const CALL_RESULT,
    )
}

/// The code of a trampoline, which is followed by an address and an index: it goes to the one with the other in x17.
pub(crate) const TRAMPOLINE: [u8; 16] = [
    0x90, 0x00, 0x00, 0x58, // ldr x16, 16
    0xb1, 0x00, 0x00, 0x58, // ldr x17, 20
    0x00, 0x02, 0x1f, 0xd6, // br x16
    0x00, 0x00, 0x20, 0xd4, // brk 0
];

/// What trampolines lead to.
///
/// # Safety
/// To be called by them alone.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn called_back() {
    naked_asm!(
        "stp x29, x30, [sp, #-16]!",
        "mov x29, sp",
        "sub sp, sp, #{size}",
        "stp x0, x1, [sp, #0]",
        "stp x2, x3, [sp, #16]",
        "stp x4, x5, [sp, #32]",
        "stp x6, x7, [sp, #48]",
        "stp d0, d1, [sp, #{floats} + 0]",
        "stp d2, d3, [sp, #{floats} + 16]",
        "stp d4, d5, [sp, #{floats} + 32]",
        "stp d6, d7, [sp, #{floats} + 48]",
        "str x8, [sp, #{result}]",
        "add x9, x29, #16",
        "str x9, [sp, #{stack}]",
        "mov w0, w17",
        "mov x1, sp",
        "bl {body}",
        "ldp x0, x1, [sp, #0]",
        "ldp d0, d1, [sp, #{floats} + 0]",
        "ldp d2, d3, [sp, #{floats} + 16]",
        "mov sp, x29",
        "ldp x29, x30, [sp], #16",
        "ret",
        size = const size_of::<Registers>(),
        floats = const REGISTER_FLOATS,
        result = const REGISTER_RESULT,
        stack = const REGISTER_STACK,
        body = sym crate::foreign::vt_interpreted,
    )
}
