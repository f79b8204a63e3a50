//! A program as a compiler would make it, by hand, for each processor: frames with roots and handlers that call natives,
//! poll, allocate, overflow the stack, raise, wait and call C.
//!
//! The processors' files have the same labels: `vtt_r…` are return addresses, `vtt_h…` handlers. The frame of `entry`
//! and `shim` is [`ENTRY_FRAME`] bytes large, that of the others the same everywhere.

use super::*;
use crate::testing::Types;
use crate::{Engine, Options};
use vitte_abi::code::{ANY, Handler, Location, NONE, Site, encode};
use vitte_abi::object::type_id;

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "riscv64")]
mod riscv64;
#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(target_arch = "aarch64")]
use aarch64::ENTRY_FRAME;
#[cfg(target_arch = "riscv64")]
use riscv64::ENTRY_FRAME;
#[cfg(target_arch = "x86_64")]
use x86_64::ENTRY_FRAME;

/// A C function that calls back.
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
        handlers: handlers.iter().map(|&(filter, target)| Handler { filter, target, depth: 0 }).collect(),
        location,
    };
    let mut sites = vec![
        site(offset!(vtt_r0), ENTRY_FRAME, &[], &[(ANY, offset!(vtt_h0))], NONE),
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
        site(offset!(vtt_r14), ENTRY_FRAME, &[], &[(ANY, offset!(vtt_h14))], NONE),
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
        cpu: 0,
        floats: 0,
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
