//! A program as a compiler would make it, by hand, for x86_64: frames with roots and handlers that call natives, poll,
//! allocate, overflow the stack and raise.

use super::*;
use crate::testing::Types;
use crate::{Engine, Options};
use std::arch::global_asm;
use vitte_abi::code::{ANY, Location, NONE, Site, encode};
use vitte_abi::context::Context;
use vitte_abi::object::type_id;

// The labels `vtt_r…` are return addresses, `vtt_h…` handlers.
global_asm!(
    ".pushsection .text.vtt, \"ax\"",
    ".global vtt_text, vtt_entry, vtt_end, vtt_r0, vtt_r1, vtt_r2, vtt_r3, vtt_r4, vtt_r5, vtt_r6, vtt_r7, vtt_r8",
    ".global vtt_r9, vtt_h0, vtt_h3, vtt_h6, vtt_h9",
    "vtt_text:",
    // entry(context, args) by the C convention: catches everything.
    "vtt_entry:",
    "push rbp",
    "mov rbp, rsp",
    "push rbx",
    "push r12",
    "push r13",
    "push r14",
    "push r15",
    "push rdi",
    "mov ebx, 1001",
    "mov r15d, 1005",
    "call vtt_main",
    "vtt_r0:",
    "mov rdi, [rsp]",
    "mov [rdi + {result}], rax",
    "xor eax, eax",
    "1:",
    "pop rdi",
    "pop r15",
    "pop r14",
    "pop r13",
    "pop r12",
    "pop rbx",
    "pop rbp",
    "ret",
    "vtt_h0:",
    "mov rdi, [rsp]",
    "mov [rdi + {exception}], rax",
    "mov eax, 1",
    "jmp 1b",
    // main(context): [rsp] context, [rsp + 8] an object, [rsp + 16] an exception.
    "vtt_main:",
    "push rbp",
    "mov rbp, rsp",
    "sub rsp, 32",
    "mov [rsp], rdi",
    "mov rsi, 24",
    // preserve_all: whatever is in other registers stays there.
    "mov r10, 4242",
    "movq xmm9, r10",
    "mov r9, 17",
    "call vt_alloc",
    "vtt_r1:",
    "movq r11, xmm9",
    "cmp r11, r10",
    "jne 9f",
    "cmp r9, 17",
    "jne 9f",
    "mov rax, [rdi + {result}]",
    "mov rcx, {node}",
    "mov [rax], rcx",
    "mov qword ptr [rax + 8], 0",
    "mov qword ptr [rax + 16], 30",
    "mov [rsp + 8], rax",
    "call vt_poll",
    "vtt_r2:",
    // A function below raises IndexError.
    "mov rdi, [rsp]",
    "call vtt_inner",
    "vtt_r3:",
    "9: ud2",
    "vtt_h3:",
    "mov [rsp + 16], rax",
    "mov rdi, [rsp]",
    "call vt_poll",
    "vtt_r4:",
    // Two natives: "11111111" has 8 characters.
    "mov rsi, 255",
    "mov rdx, 2",
    "call vt_int_to_str_radix",
    "vtt_r5:",
    "mov rdi, [rsp]",
    "mov rsi, rax",
    "call vt_str_char_count",
    "vtt_r7:",
    "mov rcx, [rsp + 8]",
    "add [rcx + 16], rax",
    // A native that raises, with a handler here.
    "mov rdi, [rsp]",
    "mov rsi, -1",
    "call vt_str_from_char",
    "vtt_r6:",
    "ud2",
    "vtt_h6:",
    "mov rcx, [rsp + 8]",
    "add qword ptr [rcx + 16], 4",
    "mov rax, [rcx + 16]",
    "mov rdi, [rsp]",
    "cmp dword ptr [rip + vtt_ending], 0",
    "je 2f",
    "mov rsi, [rsp + 16]",
    "cmp dword ptr [rip + vtt_ending], 1",
    "je 3f",
    "cmp dword ptr [rip + vtt_ending], 5",
    "je 7f",
    "cmp dword ptr [rip + vtt_ending], 3",
    "jae 5f",
    // Endless recursion.
    "call vtt_recurse",
    "vtt_r9:",
    "ud2",
    "vtt_h9:",
    "mov rax, 99",
    "2:",
    "mov rsp, rbp",
    "pop rbp",
    "ret",
    "3: call vt_rethrow",
    "vtt_r8:",
    "ud2",
    // A C function that calls back: twice(callback, 20) or twice(callback, 60).
    "5: lea rsp, [rsp - 32]",
    "lea rsi, [rip + vtt_callback]",
    "mov [rsp], rsi",
    "mov qword ptr [rsp + 8], 20",
    "je 6f",
    "mov qword ptr [rsp + 8], 60",
    "6: mov rsi, {twice}@GOTPCREL[rip]",
    "lea rdx, [rip + vtt_signature]",
    "mov rcx, rsp",
    "call vt_call_foreign",
    "vtt_r13:",
    "mov rcx, [rsp + 40]",
    "add rax, [rcx + 16]",
    "jmp 2b",
    // Is suspended twice, and polls until its turn is over: nothing arrives within 20 ms, so 0 is added.
    "7: mov r12d, 77",
    "mov rsi, 20",
    "call vt_receive_wait",
    "vtt_r17:",
    "mov r13, rax",
    "mov rdi, [rsp]",
    "mov rsi, 5",
    "call vt_sleep",
    "vtt_r18:",
    "mov rdi, [rsp]",
    "mov r10, 4243",
    "movq xmm15, r10",
    "mov qword ptr [rdi + {poll}], 3",
    "call vt_poll",
    "vtt_r19:",
    "movq rax, xmm15",
    "cmp rax, r10",
    "jne 9b",
    "cmp r12, 77",
    "jne 9b",
    "mov rcx, [rsp + 8]",
    "mov rax, [rcx + 16]",
    "add rax, r13",
    "jmp 2b",
    "vtt_callback:",
    "push rdi",
    "lea rdi, [rip + vtt_shim]",
    "mov rsi, rsp",
    "call vt_callback",
    "pop rax",
    "ret",
    "vtt_signature: .byte 2, 2, 8, 8, 8",
    // shim(context, args), like entry.
    "vtt_shim:",
    "push rbp",
    "mov rbp, rsp",
    "push rbx",
    "push r12",
    "push r13",
    "push r14",
    "push r15",
    "push rsi",
    "mov rsi, [rsi]",
    "call vtt_called",
    "vtt_r14:",
    "mov rsi, [rsp]",
    "mov [rsi], rax",
    "xor eax, eax",
    "7:",
    "pop rsi",
    "pop r15",
    "pop r14",
    "pop r13",
    "pop r12",
    "pop rbx",
    "pop rbp",
    "ret",
    "vtt_h14:",
    "mov rdi, [rip + vtt_context]",
    "mov [rdi + {exception}], rax",
    "mov eax, 1",
    "jmp 7b",
    // called(context, x): polls, then x + 1, or IndexError from 50 on.
    "vtt_called:",
    "push rbp",
    "mov rbp, rsp",
    "sub rsp, 16",
    "mov [rsp], rdi",
    "mov [rip + vtt_context], rdi",
    "call vt_poll",
    "vtt_r15:",
    "lea rax, [rsi + 1]",
    "mov rdx, 50",
    "cmp rsi, rdx",
    "jb 8f",
    "call vt_throw_index",
    "vtt_r16:",
    "ud2",
    "8: mov rsp, rbp",
    "pop rbp",
    "ret",
    ".popsection",
    // inner(context) and recurse(context).
    ".pushsection .text.vtt, \"ax\"",
    ".global vtt_r10, vtt_r11, vtt_r12, vtt_r13, vtt_r14, vtt_r15, vtt_r16, vtt_r17, vtt_r18, vtt_r19, vtt_h14",
    "vtt_inner:",
    "push rbp",
    "mov rbp, rsp",
    "sub rsp, 16",
    "mov ebx, 0",
    "mov r15d, 0",
    "mov rsi, 5",
    "mov rdx, 3",
    "call vt_throw_index",
    "vtt_r10:",
    "ud2",
    "vtt_recurse:",
    "push rbp",
    "mov rbp, rsp",
    "sub rsp, 48",
    "mov [rsp], rdi",
    "cmp rsp, [rdi + {stack_limit}]",
    "jae 4f",
    "call vt_stack_check",
    "vtt_r11:",
    "4: call vtt_recurse",
    "vtt_r12:",
    "ud2",
    "vtt_end:",
    ".popsection",
    ".pushsection .data.vtt, \"aw\"",
    ".global vtt_ending",
    "vtt_ending: .long 0",
    "vtt_context: .quad 0",
    ".popsection",
    result = const std::mem::offset_of!(Context, result),
    exception = const std::mem::offset_of!(Context, exception),
    stack_limit = const std::mem::offset_of!(Context, stack_limit),
    poll = const std::mem::offset_of!(Context, poll),
    node = const type_id::FIRST_USER,
    twice = sym twice,
);

extern "C" fn twice(f: extern "C" fn(u64) -> u64, x: u64) -> u64 {
    f(f(x)) * 1000
}

unsafe extern "C" {
    static vtt_text: u8;
    static vtt_entry: u8;
    static vtt_end: u8;
    static vtt_r0: u8;
    static vtt_r1: u8;
    static vtt_r2: u8;
    static vtt_r3: u8;
    static vtt_r4: u8;
    static vtt_r5: u8;
    static vtt_r6: u8;
    static vtt_r7: u8;
    static vtt_r8: u8;
    static vtt_r9: u8;
    static vtt_r10: u8;
    static vtt_r11: u8;
    static vtt_r12: u8;
    static vtt_r13: u8;
    static vtt_r14: u8;
    static vtt_r15: u8;
    static vtt_r16: u8;
    static vtt_r17: u8;
    static vtt_r18: u8;
    static vtt_r19: u8;
    static vtt_h14: u8;
    static vtt_h0: u8;
    static vtt_h3: u8;
    static vtt_h6: u8;
    static vtt_h9: u8;
    static vtt_ending: std::sync::atomic::AtomicU32;
}

macro_rules! offset {
    ($label:ident) => {
        (&raw const $label as u64 - &raw const vtt_text as u64) as u32
    };
}

/// What happens at the end of the program's `main`.
#[derive(Clone, Copy, PartialEq)]
enum Ending {
    Returns,
    RaisesAgain,
    Recurses,
    IsCalledBack,
    RaisesInCallback,
    Waits,
}

fn program() -> &'static Program {
    let mut types = Types::new();
    types.record("Node", &[("next", type_id::FIRST_USER), ("value", type_id::INT)]);
    let types = types.table().encode().leak();
    let location = |function: &str, line| Location {
        function: function.into(),
        file: "main.vit".into(),
        line,
        column: 1,
        caller: NONE,
    };
    let mut locations = vec![location("main", 1), location("inner", 5), location("recurse", 7)];
    // What `main` calls at line 2 was inlined.
    locations.push(Location { caller: 0, ..location("helper", 9) });
    locations.push(location("called", 11));
    let site = |pc, frame_size, roots: &[u32], handlers: &[(u32, u32)], location| Site {
        pc,
        frame_size,
        roots: roots.to_vec(),
        handlers: handlers.to_vec(),
        location,
    };
    let mut sites = vec![
        site(offset!(vtt_r0), 48, &[], &[(ANY, offset!(vtt_h0))], NONE),
        site(offset!(vtt_r1), 32, &[], &[], 0),
        site(offset!(vtt_r2), 32, &[8], &[], 0),
        site(offset!(vtt_r3), 32, &[8], &[(type_id::KEY_ERROR, 0), (type_id::INDEX_ERROR, offset!(vtt_h3))], 3),
        site(offset!(vtt_r4), 32, &[8, 16], &[], 0),
        site(offset!(vtt_r5), 32, &[8, 16], &[], 0),
        site(offset!(vtt_r6), 32, &[8, 16], &[(ANY, offset!(vtt_h6))], 0),
        site(offset!(vtt_r7), 32, &[8, 16], &[], 0),
        site(offset!(vtt_r8), 32, &[], &[], 0),
        site(offset!(vtt_r9), 32, &[], &[(type_id::STACK_OVERFLOW, offset!(vtt_h9))], 0),
        site(offset!(vtt_r10), 16, &[], &[], 1),
        site(offset!(vtt_r11), 48, &[], &[], 2),
        site(offset!(vtt_r12), 48, &[], &[], 2),
        site(offset!(vtt_r13), 64, &[40, 48], &[(type_id::INDEX_ERROR, offset!(vtt_h9))], 0),
        site(offset!(vtt_r17), 32, &[8], &[], 0),
        site(offset!(vtt_r18), 32, &[8], &[], 0),
        site(offset!(vtt_r19), 32, &[8], &[], 0),
        site(offset!(vtt_r14), 48, &[], &[(ANY, offset!(vtt_h14))], NONE),
        site(offset!(vtt_r15), 16, &[], &[], 4),
        site(offset!(vtt_r16), 16, &[], &[], 4),
    ];
    sites.sort_by_key(|site| site.pc);
    let len = offset!(vtt_end);
    let code = encode(&sites, &locations, len).leak();
    Box::leak(Box::new(Program {
        abi_version: ABI_VERSION,
        flags: ENTRY_RETURNS_INT,
        entry: &raw const vtt_entry as u64,
        call_closure: 0,
        text: &raw const vtt_text as u64,
        text_len: u64::from(len),
        types: types.as_ptr() as u64,
        types_len: types.len() as u64,
        code: code.as_ptr() as u64,
        code_len: code.len() as u64,
    }))
}

fn run(ending: Ending, options: Options) -> (Result<i64, String>, String) {
    static ONE_AT_A_TIME: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap();
    // SAFETY: the program above has this variable.
    unsafe { &vtt_ending }.store(ending as u32, std::sync::atomic::Ordering::Relaxed);
    let program = program();
    let mut main = CompiledBody::main(program, Process::new(load(program, options, Vec::new())));
    let result = run_main(&mut main);
    (result, main.process.stack_trace())
}

fn everywhere(test: impl Fn(Options)) {
    for engine in [Engine::Generational, Engine::MarkSweep, Engine::None] {
        for gc_stress in [false, true] {
            test(Options { engine, gc_stress, ..Options::default() });
        }
    }
}

#[test]
fn natives_handlers_and_roots_work_together() {
    everywhere(|options| {
        let (result, trace) = run(Ending::Returns, options);
        assert_eq!(result, Ok(30 + 8 + 4));
        assert_eq!(trace, "  at main (main.vit:1:1)\n", "of the native's ParseError");
    });
}

#[test]
fn an_uncaught_exception_has_the_whole_trace() {
    everywhere(|options| {
        let (result, trace) = run(Ending::RaisesAgain, options);
        assert_eq!(result, Err(format!("error: uncaught IndexError: index 5 out of range for length 3\n{trace}")));
        assert_eq!(trace, "  at inner (main.vit:5:1)\n  at helper (main.vit:9:1)\n  at main (main.vit:1:1)\n");
    });
}

#[test]
fn endless_recursion_is_caught() {
    let (result, trace) = run(Ending::Recurses, Options { stack: 1 << 20, ..Options::default() });
    assert_eq!(result, Ok(99));
    assert_eq!(trace, "  at recurse (main.vit:7:1)\n  …\n  at main (main.vit:1:1)\n");
}

#[test]
fn c_functions_call_back() {
    everywhere(|options| {
        let (result, _) = run(Ending::IsCalledBack, options);
        assert_eq!(result, Ok(22 * 1000 + 30 + 8 + 4));
    });
}

#[test]
fn exceptions_of_callbacks_pass_c_functions() {
    everywhere(|options| {
        let (result, trace) = run(Ending::RaisesInCallback, options);
        assert_eq!(result, Ok(99));
        assert_eq!(trace, "  at called (main.vit:11:1)\n  at main (main.vit:1:1)\n");
    });
}

#[test]
fn processes_are_suspended_in_natives_and_at_polls() {
    everywhere(|options| {
        let began = std::time::Instant::now();
        let (result, _) = run(Ending::Waits, options);
        assert_eq!(result, Ok(30 + 8 + 4));
        assert!(began.elapsed().as_millis() >= 25);
    });
}
