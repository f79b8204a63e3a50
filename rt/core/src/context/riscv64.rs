//! riscv64 with double floats, by the LP64D convention.
//!
//! ```text
//! process's stack                             worker's stack
//! ┌──────────────────────┐                    ┌──────────────────────┐
//! │ compiled frame       │ ra = exit_pc       │ Rust                 │
//! │                      │                    │  ra s0–s11 fs0–fs11  │ stored by `enter`
//! ├──────────────────────┤                    ├──────────────────────┤ ← native_stack
//! │ ra                   │                    │ thunk: Rust          │
//! │ s0 (= exit_frame)    │                    │                      │
//! │ s1                   │ ← sp in s0         │                      │
//! └──────────────────────┘                    └──────────────────────┘
//! ```
//!
//! `tail` takes arguments and gives results in the registers of C: a0–a7, fa0–fa7. An exception arrives in a0.

use super::{
    CALL_CODE, CALL_FLOATS, CALL_INTS, CALL_N_STACK, CALL_STACK, Call, EXCEPTION, NATIVE_STACK, REGISTER_FLOATS,
    REGISTER_STACK, RESUME_FP, RESUME_PC, RESUME_SP, SUSPENDED, THROWING,
};
use std::arch::naked_asm;
use vitte_abi::context::Context;
use vitte_abi::foreign::Registers;

macro_rules! native_stub {
    ($thunk:path) => {
        std::arch::naked_asm!(
            "sd ra, {exit_pc}(a0)",
            "sd s0, {exit_frame}(a0)",
            "addi sp, sp, -32",
            "sd ra, 24(sp)",
            "sd s0, 16(sp)",
            "sd s1, 8(sp)",
            "mv s1, a0",
            "mv s0, sp",
            "ld sp, {native_stack}(a0)",
            "call {thunk}",
            "mv sp, s0",
            "ld t0, {throwing}(s1)",
            "beqz t0, 2f",
            "call {leave}",
            "ld a0, {result}(s1)",
            "2: ld ra, 24(sp)",
            "ld s0, 16(sp)",
            "ld s1, 8(sp)",
            "addi sp, sp, 32",
            "ret",
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
            // The assembler does not know the target's features here.
            ".option push",
            ".option arch, +d",
            "addi sp, sp, -320",
            "sd ra, 312(sp)",
            "sd s0, 304(sp)",
            "sd s1, 296(sp)",
            "sd ra, {exit_pc}(a0)",
            "sd s0, {exit_frame}(a0)",
            "sd a0, 0(sp)",
            "sd a1, 8(sp)",
            "sd a2, 16(sp)",
            "sd a3, 24(sp)",
            "sd a4, 32(sp)",
            "sd a5, 40(sp)",
            "sd a6, 48(sp)",
            "sd a7, 56(sp)",
            "sd t0, 64(sp)",
            "sd t1, 72(sp)",
            "sd t2, 80(sp)",
            "sd t3, 88(sp)",
            "sd t4, 96(sp)",
            "sd t5, 104(sp)",
            "sd t6, 112(sp)",
            "fsd ft0, 120(sp)",
            "fsd ft1, 128(sp)",
            "fsd ft2, 136(sp)",
            "fsd ft3, 144(sp)",
            "fsd ft4, 152(sp)",
            "fsd ft5, 160(sp)",
            "fsd ft6, 168(sp)",
            "fsd ft7, 176(sp)",
            "fsd ft8, 184(sp)",
            "fsd ft9, 192(sp)",
            "fsd ft10, 200(sp)",
            "fsd ft11, 208(sp)",
            "fsd fa0, 216(sp)",
            "fsd fa1, 224(sp)",
            "fsd fa2, 232(sp)",
            "fsd fa3, 240(sp)",
            "fsd fa4, 248(sp)",
            "fsd fa5, 256(sp)",
            "fsd fa6, 264(sp)",
            "fsd fa7, 272(sp)",
            "mv s1, a0",
            "mv s0, sp",
            "ld sp, {native_stack}(a0)",
            "call {body}",
            "mv sp, s0",
            "ld t0, {throwing}(s1)",
            "beqz t0, 2f",
            "call {leave}",
            "2:",
            "ld a0, 0(sp)",
            "ld a1, 8(sp)",
            "ld a2, 16(sp)",
            "ld a3, 24(sp)",
            "ld a4, 32(sp)",
            "ld a5, 40(sp)",
            "ld a6, 48(sp)",
            "ld a7, 56(sp)",
            "ld t0, 64(sp)",
            "ld t1, 72(sp)",
            "ld t2, 80(sp)",
            "ld t3, 88(sp)",
            "ld t4, 96(sp)",
            "ld t5, 104(sp)",
            "ld t6, 112(sp)",
            "fld ft0, 120(sp)",
            "fld ft1, 128(sp)",
            "fld ft2, 136(sp)",
            "fld ft3, 144(sp)",
            "fld ft4, 152(sp)",
            "fld ft5, 160(sp)",
            "fld ft6, 168(sp)",
            "fld ft7, 176(sp)",
            "fld ft8, 184(sp)",
            "fld ft9, 192(sp)",
            "fld ft10, 200(sp)",
            "fld ft11, 208(sp)",
            "fld fa0, 216(sp)",
            "fld fa1, 224(sp)",
            "fld fa2, 232(sp)",
            "fld fa3, 240(sp)",
            "fld fa4, 248(sp)",
            "fld fa5, 256(sp)",
            "fld fa6, 264(sp)",
            "fld fa7, 272(sp)",
            "ld ra, 312(sp)",
            "ld s0, 304(sp)",
            "ld s1, 296(sp)",
            "addi sp, sp, 320",
            "ret",
            ".option pop",
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
            "sd ra, {exit_pc}(a0)",
            "sd s0, {exit_frame}(a0)",
            "mv s1, a0",
            "ld sp, {native_stack}(a0)",
            "call {body}",
            "tail {unwind}",
            body = sym $body,
            unwind = sym $crate::context::unwind,
            exit_pc = const $crate::context::EXIT_PC,
            exit_frame = const $crate::context::EXIT_FRAME,
            native_stack = const $crate::context::NATIVE_STACK,
        )
    };
}

/// Stores ra and the registers that a function must preserve, from sp on.
macro_rules! save {
    () => {
        concat!(
            "sd ra, 0(sp)\n",
            "sd s0, 8(sp)\n",
            "sd s1, 16(sp)\n",
            "sd s2, 24(sp)\n",
            "sd s3, 32(sp)\n",
            "sd s4, 40(sp)\n",
            "sd s5, 48(sp)\n",
            "sd s6, 56(sp)\n",
            "sd s7, 64(sp)\n",
            "sd s8, 72(sp)\n",
            "sd s9, 80(sp)\n",
            "sd s10, 88(sp)\n",
            "sd s11, 96(sp)\n",
            "fsd fs0, 104(sp)\n",
            "fsd fs1, 112(sp)\n",
            "fsd fs2, 120(sp)\n",
            "fsd fs3, 128(sp)\n",
            "fsd fs4, 136(sp)\n",
            "fsd fs5, 144(sp)\n",
            "fsd fs6, 152(sp)\n",
            "fsd fs7, 160(sp)\n",
            "fsd fs8, 168(sp)\n",
            "fsd fs9, 176(sp)\n",
            "fsd fs10, 184(sp)\n",
            "fsd fs11, 192(sp)\n",
        )
    };
}

/// Loads what `save` stored.
macro_rules! restore {
    () => {
        concat!(
            "ld ra, 0(sp)\n",
            "ld s0, 8(sp)\n",
            "ld s1, 16(sp)\n",
            "ld s2, 24(sp)\n",
            "ld s3, 32(sp)\n",
            "ld s4, 40(sp)\n",
            "ld s5, 48(sp)\n",
            "ld s6, 56(sp)\n",
            "ld s7, 64(sp)\n",
            "ld s8, 72(sp)\n",
            "ld s9, 80(sp)\n",
            "ld s10, 88(sp)\n",
            "ld s11, 96(sp)\n",
            "fld fs0, 104(sp)\n",
            "fld fs1, 112(sp)\n",
            "fld fs2, 120(sp)\n",
            "fld fs3, 128(sp)\n",
            "fld fs4, 136(sp)\n",
            "fld fs5, 144(sp)\n",
            "fld fs6, 152(sp)\n",
            "fld fs7, 160(sp)\n",
            "fld fs8, 168(sp)\n",
            "fld fs9, 176(sp)\n",
            "fld fs10, 184(sp)\n",
            "fld fs11, 192(sp)\n",
        )
    };
}

/// How C functions take their arguments.
pub(crate) use vitte_abi::foreign::convention::RISCV64 as CONVENTION;

/// Leaves compiled code for what `context.throwing` asks for. Called by a stub on the process's stack, with the context
/// in s1: unwinds, or suspends the process and returns when it goes on.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn leave() {
    naked_asm!(
        ".option push",
        ".option arch, +d",
        "ld t0, {throwing}(s1)",
        "li t1, {suspended}",
        "beq t0, t1, 2f",
        "tail {unwind}",
        "2:",
        "sd zero, {throwing}(s1)",
        "addi sp, sp, -208",
        save!(),
        "sd sp, {resume_sp}(s1)",
        "li a0, {suspended}",
        "tail {end}",
        ".option pop",
        unwind = sym unwind,
        end = sym end,
        throwing = const THROWING,
        suspended = const SUSPENDED,
        resume_sp = const RESUME_SP,
    )
}

/// Continues at the handler of the pending exception, with the context in s1.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn unwind() {
    naked_asm!(
        "ld sp, {native_stack}(s1)",
        "mv a0, s1",
        "call {find}",
        "ld a0, {exception}(s1)",
        "ld sp, {resume_sp}(s1)",
        "ld s0, {resume_fp}(s1)",
        "ld t1, {resume_pc}(s1)",
        "jr t1",
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
        ".cfi_undefined ra",
        ".option push",
        ".option arch, +d",
        "addi sp, sp, -208",
        save!(),
        "ld t0, {native_stack}(a0)",
        "sd t0, 200(sp)",
        "sd sp, {native_stack}(a0)",
        "mv s1, a0",
        "mv sp, a3",
        "mv s0, zero",
        "jalr a2",
        "tail {end}",
        ".cfi_endproc",
        ".option pop",
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
        ".option push",
        ".option arch, +d",
        "addi sp, sp, -208",
        save!(),
        "ld t0, {native_stack}(a0)",
        "sd t0, 200(sp)",
        "sd sp, {native_stack}(a0)",
        "ld sp, {resume_sp}(a0)",
        restore!(),
        "addi sp, sp, 208",
        "ld t0, {throwing}(s1)",
        "bnez t0, 2f",
        "ret",
        "2: tail {leave}",
        ".option pop",
        leave = sym leave,
        native_stack = const NATIVE_STACK,
        resume_sp = const RESUME_SP,
        throwing = const THROWING,
    )
}

/// Returns a0 from `enter` or `resume`, with the context in s1.
#[unsafe(naked)]
unsafe extern "C" fn end() {
    naked_asm!(
        ".option push",
        ".option arch, +d",
        "ld sp, {native_stack}(s1)",
        "ld t0, 200(sp)",
        "sd t0, {native_stack}(s1)",
        restore!(),
        "addi sp, sp, 208",
        "ret",
        ".option pop",
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
        ".option push",
        ".option arch, +d",
        "addi sp, sp, -32",
        "sd ra, 24(sp)",
        "sd s0, 16(sp)",
        "sd s1, 8(sp)",
        "mv s0, sp",
        "mv s1, a0",
        "ld t0, {n_stack}(s1)",
        "ld t1, {stack}(s1)",
        "addi t2, t0, 1",
        "andi t2, t2, -2",
        "slli t2, t2, 3",
        "sub sp, sp, t2",
        "mv t2, sp",
        "2:",
        "beqz t0, 3f",
        "ld t3, 0(t1)",
        "sd t3, 0(t2)",
        "addi t1, t1, 8",
        "addi t2, t2, 8",
        "addi t0, t0, -1",
        "j 2b",
        "3:",
        "fld fa0, {floats} + 0(s1)",
        "fld fa1, {floats} + 8(s1)",
        "fld fa2, {floats} + 16(s1)",
        "fld fa3, {floats} + 24(s1)",
        "fld fa4, {floats} + 32(s1)",
        "fld fa5, {floats} + 40(s1)",
        "fld fa6, {floats} + 48(s1)",
        "fld fa7, {floats} + 56(s1)",
        "ld a0, {ints} + 0(s1)",
        "ld a1, {ints} + 8(s1)",
        "ld a2, {ints} + 16(s1)",
        "ld a3, {ints} + 24(s1)",
        "ld a4, {ints} + 32(s1)",
        "ld a5, {ints} + 40(s1)",
        "ld a6, {ints} + 48(s1)",
        "ld a7, {ints} + 56(s1)",
        "ld t0, {code}(s1)",
        "jalr t0",
        "sd a0, {ints} + 0(s1)",
        "sd a1, {ints} + 8(s1)",
        "fsd fa0, {floats} + 0(s1)",
        "fsd fa1, {floats} + 8(s1)",
        "mv sp, s0",
        "ld ra, 24(sp)",
        "ld s0, 16(sp)",
        "ld s1, 8(sp)",
        "addi sp, sp, 32",
        "ret",
        ".option pop",
        code = const CALL_CODE,
        ints = const CALL_INTS,
        floats = const CALL_FLOATS,
        stack = const CALL_STACK,
        n_stack = const CALL_N_STACK,
    )
}

/// The code of a trampoline, which is followed by an address and an index: it goes to the one with the other in t2.
pub(crate) const TRAMPOLINE: [u8; 16] = [
    0x97, 0x02, 0x00, 0x00, // auipc t0, 0
    0x03, 0xb3, 0x02, 0x01, // ld t1, 16(t0)
    0x83, 0xb3, 0x82, 0x01, // ld t2, 24(t0)
    0x67, 0x00, 0x03, 0x00, // jr t1
];

/// What trampolines lead to.
///
/// # Safety
/// To be called by them alone.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn called_back() {
    naked_asm!(
        ".option push",
        ".option arch, +d",
        "addi sp, sp, -16",
        "sd ra, 8(sp)",
        "sd s0, 0(sp)",
        "addi s0, sp, 16",
        "addi sp, sp, -{size}",
        "sd a0, 0(sp)",
        "sd a1, 8(sp)",
        "sd a2, 16(sp)",
        "sd a3, 24(sp)",
        "sd a4, 32(sp)",
        "sd a5, 40(sp)",
        "sd a6, 48(sp)",
        "sd a7, 56(sp)",
        "fsd fa0, {floats} + 0(sp)",
        "fsd fa1, {floats} + 8(sp)",
        "fsd fa2, {floats} + 16(sp)",
        "fsd fa3, {floats} + 24(sp)",
        "fsd fa4, {floats} + 32(sp)",
        "fsd fa5, {floats} + 40(sp)",
        "fsd fa6, {floats} + 48(sp)",
        "fsd fa7, {floats} + 56(sp)",
        "sd s0, {stack}(sp)",
        "mv a0, t2",
        "mv a1, sp",
        "call {body}",
        "ld a0, 0(sp)",
        "ld a1, 8(sp)",
        "fld fa0, {floats} + 0(sp)",
        "fld fa1, {floats} + 8(sp)",
        "addi sp, s0, -16",
        "ld ra, 8(sp)",
        "ld s0, 0(sp)",
        "addi sp, sp, 16",
        "ret",
        ".option pop",
        size = const size_of::<Registers>(),
        floats = const REGISTER_FLOATS,
        stack = const REGISTER_STACK,
        body = sym crate::foreign::vt_interpreted,
    )
}
