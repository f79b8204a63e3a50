//! x86_64, by the System V convention.
//!
//! ```text
//! process's stack                             worker's stack
//! ┌──────────────────────┐                    ┌──────────────────────┐
//! │ compiled frame       │                    │ Rust                 │
//! │   return address     │ ← exit_pc          │   rbp rbx r12 … r15  │ pushed by `enter`
//! ├──────────────────────┤                    ├──────────────────────┤ ← native_stack
//! │ rbp (= exit_frame)   │                    │   return address     │
//! │ rbx                  │ ← rsp in rbp       │ thunk: Rust          │
//! └──────────────────────┘                    └──────────────────────┘
//! ```
//!
//! `tail` takes arguments in rdi rsi rdx rcx r8 r9 and xmm0–7 and gives results in rax and xmm0, as C does. An
//! exception arrives in rax.

use super::{
    CALL_CODE, CALL_FLOATS, CALL_INTS, CALL_N_FLOATS, CALL_N_STACK, CALL_STACK, Call, EXCEPTION, NATIVE_STACK,
    REGISTER_FLOATS, REGISTER_STACK, RESUME_FP, RESUME_PC, RESUME_SP, SUSPENDED, THROWING,
};
use std::arch::naked_asm;
use vitte_abi::context::Context;
use vitte_abi::foreign::Registers;

macro_rules! native_stub {
    ($thunk:path) => {
        std::arch::naked_asm!(
            "mov r11, [rsp]",
            "mov [rdi + {exit_pc}], r11",
            "mov [rdi + {exit_frame}], rbp",
            "push rbp",
            "push rbx",
            "mov rbx, rdi",
            "mov rbp, rsp",
            "mov rsp, [rdi + {native_stack}]",
            "call {thunk}",
            "mov rsp, rbp",
            "cmp qword ptr [rbx + {throwing}], 0",
            "jne 2f",
            "pop rbx",
            "pop rbp",
            "ret",
            "2: call {leave}",
            "mov rax, [rbx + {result}]",
            "pop rbx",
            "pop rbp",
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
            "push rbp",
            "push rbx",
            "push rax",
            "push rcx",
            "push rdx",
            "push rsi",
            "push rdi",
            "push r8",
            "push r9",
            "push r10",
            "push r11",
            "mov rax, [rsp + 88]",
            "mov [rdi + {exit_pc}], rax",
            "mov [rdi + {exit_frame}], rbp",
            "sub rsp, 256",
            "movups [rsp], xmm0",
            "movups [rsp + 16], xmm1",
            "movups [rsp + 32], xmm2",
            "movups [rsp + 48], xmm3",
            "movups [rsp + 64], xmm4",
            "movups [rsp + 80], xmm5",
            "movups [rsp + 96], xmm6",
            "movups [rsp + 112], xmm7",
            "movups [rsp + 128], xmm8",
            "movups [rsp + 144], xmm9",
            "movups [rsp + 160], xmm10",
            "movups [rsp + 176], xmm11",
            "movups [rsp + 192], xmm12",
            "movups [rsp + 208], xmm13",
            "movups [rsp + 224], xmm14",
            "movups [rsp + 240], xmm15",
            "mov rbx, rdi",
            "mov rbp, rsp",
            "mov rsp, [rdi + {native_stack}]",
            "call {body}",
            "mov rsp, rbp",
            "cmp qword ptr [rbx + {throwing}], 0",
            "je 2f",
            "call {leave}",
            "2: movups xmm0, [rsp]",
            "movups xmm1, [rsp + 16]",
            "movups xmm2, [rsp + 32]",
            "movups xmm3, [rsp + 48]",
            "movups xmm4, [rsp + 64]",
            "movups xmm5, [rsp + 80]",
            "movups xmm6, [rsp + 96]",
            "movups xmm7, [rsp + 112]",
            "movups xmm8, [rsp + 128]",
            "movups xmm9, [rsp + 144]",
            "movups xmm10, [rsp + 160]",
            "movups xmm11, [rsp + 176]",
            "movups xmm12, [rsp + 192]",
            "movups xmm13, [rsp + 208]",
            "movups xmm14, [rsp + 224]",
            "movups xmm15, [rsp + 240]",
            "add rsp, 256",
            "pop r11",
            "pop r10",
            "pop r9",
            "pop r8",
            "pop rdi",
            "pop rsi",
            "pop rdx",
            "pop rcx",
            "pop rax",
            "pop rbx",
            "pop rbp",
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
            "mov rax, [rsp]",
            "mov [rdi + {exit_pc}], rax",
            "mov [rdi + {exit_frame}], rbp",
            "mov rbx, rdi",
            "mov rsp, [rdi + {native_stack}]",
            "call {body}",
            "jmp {unwind}",
            body = sym $body,
            unwind = sym $crate::context::unwind,
            exit_pc = const $crate::context::EXIT_PC,
            exit_frame = const $crate::context::EXIT_FRAME,
            native_stack = const $crate::context::NATIVE_STACK,
        )
    };
}

/// How C functions take their arguments.
pub(crate) use vitte_abi::foreign::convention::X86_64 as CONVENTION;

/// Leaves compiled code for what `context.throwing` asks for. Called by a stub on the process's stack, with the context
/// in rbx: unwinds, or suspends the process and returns when it goes on.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn leave() {
    naked_asm!(
        "cmp qword ptr [rbx + {throwing}], {suspended}",
        "jne {unwind}",
        "mov qword ptr [rbx + {throwing}], 0",
        "push rbp",
        "push rbx",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "mov [rbx + {resume_sp}], rsp",
        "mov eax, {suspended}",
        "jmp {end}",
        unwind = sym unwind,
        end = sym end,
        throwing = const THROWING,
        suspended = const SUSPENDED,
        resume_sp = const RESUME_SP,
    )
}

/// Continues at the handler of the pending exception, with the context in rbx.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn unwind() {
    naked_asm!(
        "mov rsp, [rbx + {native_stack}]",
        "mov rdi, rbx",
        "call {find}",
        "mov rax, [rbx + {exception}]",
        "mov rsp, [rbx + {resume_sp}]",
        "mov rbp, [rbx + {resume_fp}]",
        "jmp [rbx + {resume_pc}]",
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
        ".cfi_undefined rip",
        "push rbp",
        "push rbx",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "push [rdi + {native_stack}]",
        "mov [rdi + {native_stack}], rsp",
        "mov rbx, rdi",
        "mov rsp, rcx",
        "xor ebp, ebp",
        "call rdx",
        "jmp {end}",
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
        "push rbp",
        "push rbx",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "push [rdi + {native_stack}]",
        "mov [rdi + {native_stack}], rsp",
        "mov rsp, [rdi + {resume_sp}]",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "cmp qword ptr [rbx + {throwing}], 0",
        "jne {leave}",
        "ret",
        leave = sym leave,
        native_stack = const NATIVE_STACK,
        resume_sp = const RESUME_SP,
        throwing = const THROWING,
    )
}

/// Returns rax from `enter` or `resume`, with the context in rbx.
#[unsafe(naked)]
unsafe extern "C" fn end() {
    naked_asm!(
        "mov rsp, [rbx + {native_stack}]",
        "pop [rbx + {native_stack}]",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
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
        "push rbp",
        "mov rbp, rsp",
        "push rbx",
        "sub rsp, 8",
        "mov rbx, rdi",
        "mov rcx, [rbx + {n_stack}]",
        "lea rax, [rcx * 8 + 15]",
        "and rax, -16",
        "sub rsp, rax",
        "mov rsi, [rbx + {stack}]",
        "mov rdi, rsp",
        "rep movsq",
        "movsd xmm0, [rbx + {floats} + 0]",
        "movsd xmm1, [rbx + {floats} + 8]",
        "movsd xmm2, [rbx + {floats} + 16]",
        "movsd xmm3, [rbx + {floats} + 24]",
        "movsd xmm4, [rbx + {floats} + 32]",
        "movsd xmm5, [rbx + {floats} + 40]",
        "movsd xmm6, [rbx + {floats} + 48]",
        "movsd xmm7, [rbx + {floats} + 56]",
        "mov rdi, [rbx + {ints} + 0]",
        "mov rsi, [rbx + {ints} + 8]",
        "mov rdx, [rbx + {ints} + 16]",
        "mov rcx, [rbx + {ints} + 24]",
        "mov r8, [rbx + {ints} + 32]",
        "mov r9, [rbx + {ints} + 40]",
        "mov rax, [rbx + {n_floats}]",
        "call [rbx + {code}]",
        "mov [rbx + {ints} + 0], rax",
        "mov [rbx + {ints} + 8], rdx",
        "movsd [rbx + {floats} + 0], xmm0",
        "movsd [rbx + {floats} + 8], xmm1",
        "mov rbx, [rbp - 8]",
        "mov rsp, rbp",
        "pop rbp",
        "ret",
        code = const CALL_CODE,
        ints = const CALL_INTS,
        floats = const CALL_FLOATS,
        stack = const CALL_STACK,
        n_stack = const CALL_N_STACK,
        n_floats = const CALL_N_FLOATS,
    )
}

/// The code of a trampoline, which is followed by an address and an index: it goes to the one with the other in r11.
pub(crate) const TRAMPOLINE: [u8; 16] = [
    0x4c, 0x8b, 0x1d, 0x11, 0, 0, 0, // mov r11, [rip + 17]
    0xff, 0x25, 0x03, 0, 0, 0, // jmp [rip + 3]
    0xcc, 0xcc, 0xcc, // int3
];

/// What trampolines lead to.
///
/// # Safety
/// To be called by them alone.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn called_back() {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "sub rsp, {size}",
        "mov [rsp + 0], rdi",
        "mov [rsp + 8], rsi",
        "mov [rsp + 16], rdx",
        "mov [rsp + 24], rcx",
        "mov [rsp + 32], r8",
        "mov [rsp + 40], r9",
        "movsd [rsp + {floats} + 0], xmm0",
        "movsd [rsp + {floats} + 8], xmm1",
        "movsd [rsp + {floats} + 16], xmm2",
        "movsd [rsp + {floats} + 24], xmm3",
        "movsd [rsp + {floats} + 32], xmm4",
        "movsd [rsp + {floats} + 40], xmm5",
        "movsd [rsp + {floats} + 48], xmm6",
        "movsd [rsp + {floats} + 56], xmm7",
        "lea rax, [rbp + 16]",
        "mov [rsp + {stack}], rax",
        "mov edi, r11d",
        "mov rsi, rsp",
        "call {body}",
        "mov rax, [rsp + 0]",
        "mov rdx, [rsp + 8]",
        "movsd xmm0, [rsp + {floats} + 0]",
        "movsd xmm1, [rsp + {floats} + 8]",
        "mov rsp, rbp",
        "pop rbp",
        "ret",
        size = const size_of::<Registers>(),
        floats = const REGISTER_FLOATS,
        stack = const REGISTER_STACK,
        body = sym crate::foreign::vt_interpreted,
    )
}
