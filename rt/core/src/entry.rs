//! How a compiled program starts and ends.

#[cfg(test)]
mod tests;

use crate::body::CompiledBody;
use crate::cpu;
use crate::options::{Engine, Options};
use crate::process::Process;
use crate::report::report_failure;
use crate::runtime::Runtime;
use crate::scheduler::{Ending, run};
use crate::stdlib::io::flush_for_exit;
use crate::stdlib::number::Floats;
use crate::sys::{self, fatal};
use crate::unwind::Code;
use std::ffi::{CStr, c_char, c_int};
use vitte_abi::code::CodeTable;
use vitte_abi::program::{ABI_VERSION, ENTRY_RETURNS_INT, MARK, Program};
use vitte_abi::types::TypeTable;

/// The exit code of a program that was started with options that make no sense.
const USAGE: c_int = 64;
/// The exit code of a program on a machine that it was not made for.
const UNAVAILABLE: c_int = 69;

/// For the compiler, which looks for it before it links an archive.
#[used]
static ABI_MARK: [u8; MARK.len()] = MARK;

/// Where the program's own `main` goes: runs the program and returns its exit code.
///
/// # Safety
/// The arguments are those of C's `main`, and the address of the program's record.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vt_main(argc: c_int, argv: *const *const c_char, program: *const Program) -> c_int {
    report_panics();
    let args = (1..argc as usize).map(|at| {
        // SAFETY: `argv` has `argc` strings that end in a zero byte.
        unsafe { CStr::from_ptr(*argv.add(at)) }.to_string_lossy().into_owned()
    });
    let args = args.collect();
    // SAFETY: the record is part of the program, and so stays.
    let program = unsafe { &*program };
    let missing = cpu::missing(program.cpu);
    if !missing.is_empty() {
        let message = format!(
            "error: this program was made for a processor with {}, which this one lacks; build it with another --cpu\n",
            missing.join(", ")
        );
        sys::write_err(message.as_bytes());
        return UNAVAILABLE;
    }
    match Options::from_env(Engine::of_flags(program.flags)) {
        Ok(options) => run_program(program, options, args),
        Err(error) => {
            sys::write_err(format!("error: {error}\n").as_bytes());
            USAGE
        }
    }
}

/// Has panics of the runtime say whose they are.
pub(crate) fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        sys::write_err(b"vitte runtime: ");
        sys::write_err(panic.to_string().as_bytes());
        sys::write_err(b"\n");
    }));
}

/// Stands in carried archives for what the standard library prints a backtrace by: it prints nothing.
#[unsafe(no_mangle)]
fn vt_no_backtrace(_: &(), _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
    Ok(())
}

/// Runs a program and returns its exit code.
///
/// The record's addresses must lead to the program's code and tables; only a compiler makes such records.
pub fn run_program(program: &'static Program, options: Options, args: Vec<String>) -> i32 {
    let runtime = load(program, options, args);
    runtime.scheduler().set_program(program, true);
    let mut main = CompiledBody::main(program, Process::new(runtime));
    match run_main(&mut main) {
        Ok(code) => {
            flush_for_exit();
            code as i32
        }
        Err(report) => report_failure(&report),
    }
}

/// Decodes the tables of a program.
pub(crate) fn load(program: &'static Program, options: Options, args: Vec<String>) -> &'static Runtime {
    if program.abi_version != ABI_VERSION {
        fatal(&format!(
            "the program was compiled for runtime version {:x}, this is version {ABI_VERSION:x}; compile it again",
            program.abi_version
        ));
    }
    // SAFETY: the record says where its tables are.
    let [types, code] = unsafe { [bytes(program.types, program.types_len), bytes(program.code, program.code_len)] };
    let types = TypeTable::decode(types).unwrap_or_else(|| fatal("the program's type table is damaged"));
    let table = CodeTable::new(code).unwrap_or_else(|| fatal("the program's code table is damaged"));
    let code = Code { table, text: program.text, len: program.text_len };
    // SAFETY: so does it where that is.
    let floats = unsafe { (program.floats as usize as *const Floats).as_ref() };
    Runtime::with_code(types, Some(code), floats, options, args)
}

/// Runs a program to its end: its result, or what to tell about its failure.
fn run_main(main: &mut CompiledBody) -> Result<i64, String> {
    let runtime = main.process.runtime();
    let program = main.program;
    match run(runtime, main) {
        Ending::Returned if program.flags & ENTRY_RETURNS_INT == 0 => Ok(0),
        Ending::Returned => Ok(main.process.result() as i64),
        Ending::Exited(code) => Ok(code),
        Ending::Failed(report) => Err(report),
    }
}

/// Memory that stays.
///
/// # Safety
/// `len` bytes at `address` must be readable and never change.
unsafe fn bytes(address: u64, len: u64) -> &'static [u8] {
    // SAFETY: the caller vouches for it.
    unsafe { std::slice::from_raw_parts(address as usize as *const u8, len as usize) }
}
