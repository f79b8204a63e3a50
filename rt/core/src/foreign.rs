//! Calling C functions by a description of their signature, on the worker's stack.
//!
//! Arguments go into integer and float registers while there are any, then onto the stack, a word each. The processors
//! differ in the number of integer registers, and riscv64 in two rules: floats that find no float register take an
//! integer one, and so do all floats of a variadic part. There, C's default promotions apply: `float` becomes
//! `double`, and small integers `int`, which slot bits are already.

use crate::context::{Call, INT_REGISTERS, invoke};
use crate::object::Str;
use crate::process::Process;
use crate::stdlib::io::flush_for_exit;
use crate::sys::{self, fatal};
use crate::throw::Throw;
use std::cell::Cell;
use std::ffi::CString;
use vitte_abi::foreign::CType;

const FLOAT_REGISTERS: usize = 8;
/// Whether floats may go to integer registers.
const FLOATS_IN_INTS: bool = cfg!(target_arch = "riscv64");

/// A signature, decoded: see [`vitte_abi::foreign`].
struct Signature<'s> {
    n_fixed: usize,
    args: &'s [u8],
    result: CType,
}

impl<'s> Signature<'s> {
    fn decode(bytes: &'s [u8]) -> Option<Signature<'s>> {
        let (&n_fixed, rest) = bytes.split_first()?;
        let (&n_args, rest) = rest.split_first()?;
        let (args, rest) = rest.split_at_checked(usize::from(n_args))?;
        let result = *CType::ALL.get(usize::from(*rest.first()?))?;
        args.iter().all(|&ty| usize::from(ty) < CType::ALL.len()).then_some(Signature {
            n_fixed: usize::from(n_fixed),
            args,
            result,
        })
    }

    fn arg(&self, index: usize) -> CType {
        CType::ALL[usize::from(self.args[index])]
    }
}

/// Where the next argument goes.
#[derive(Default)]
struct Places {
    ints: [u64; 8],
    n_ints: usize,
    floats: [u64; FLOAT_REGISTERS],
    n_floats: usize,
    stack: Vec<u64>,
}

impl Places {
    fn int(&mut self, bits: u64) {
        if self.n_ints < INT_REGISTERS {
            self.ints[self.n_ints] = bits;
            self.n_ints += 1;
        } else {
            self.stack.push(bits);
        }
    }

    fn float(&mut self, bits: u64, variadic: bool) {
        if self.n_floats < FLOAT_REGISTERS && !(FLOATS_IN_INTS && variadic) {
            self.floats[self.n_floats] = bits;
            self.n_floats += 1;
        } else if FLOATS_IN_INTS {
            self.int(bits);
        } else {
            self.stack.push(bits);
        }
    }
}

/// Calls the C function at `code`, which must have this signature, with the slot bits of its arguments; the slot bits
/// of its result, or an exception that a callback left. Standard output is flushed first, since the function may write
/// there, too.
pub fn call(p: &Process, code: u64, signature: &[u8], args: &[u64]) -> Result<u64, Throw> {
    let Some(signature) = Signature::decode(signature) else { fatal("the description of a C function is damaged") };
    flush_for_exit();
    let mut places = Places::default();
    let mut texts = Vec::new();
    for (index, &bits) in args.iter().enumerate() {
        let variadic = index >= signature.n_fixed;
        match signature.arg(index) {
            CType::Void => {}
            CType::F64 => places.float(bits, variadic),
            CType::F32 if variadic => places.float(f64::from(f32::from_bits(bits as u32)).to_bits(), true),
            // riscv64 wants the upper half of a float register filled with ones; nobody else looks at it.
            CType::F32 => places.float(bits | 0xffff_ffff << 32, false),
            // A copy, since the function may call back, and the string move.
            CType::Str => {
                let text = Str::of(p.object(bits)).bytes();
                let mut copy = Vec::with_capacity(text.len() + 1);
                copy.extend_from_slice(text);
                copy.push(0);
                places.int(copy.as_ptr() as u64);
                texts.push(copy);
            }
            // riscv64 keeps 32-bit integers sign-extended, whatever their sign.
            CType::U32 if FLOATS_IN_INTS => places.int(bits as i32 as u64),
            _ => places.int(bits),
        }
    }
    let mut call = Call {
        code,
        ints: places.ints,
        floats: places.floats,
        stack: places.stack.as_ptr(),
        n_stack: places.stack.len() as u64,
        n_floats: places.n_floats as u64,
        int_result: 0,
        float_result: 0,
    };
    let outer = p.begin_foreign(signature.args, args);
    // SAFETY: that the function has this signature is the program's claim, which is why bytecode that calls C functions
    // is marked as such; `call` and its stack words are alive.
    unsafe { invoke(&mut call) };
    p.end_foreign(outer);
    if let Some(exception) = p.take_callback_exception() {
        return Err(Throw::on(exception));
    }
    let int = call.int_result;
    Ok(match signature.result {
        CType::Void => 0,
        CType::Bool => u64::from(int as u8 != 0),
        CType::I8 => int as i8 as u64,
        CType::U8 => u64::from(int as u8),
        CType::I16 => int as i16 as u64,
        CType::U16 => u64::from(int as u16),
        CType::I32 => int as i32 as u64,
        CType::U32 => u64::from(int as u32),
        CType::I64 | CType::Str => int,
        CType::F32 => call.float_result & 0xffff_ffff,
        CType::F64 => call.float_result,
    })
}

/// The row `vt_call_foreign`: `signature` and `args` are addresses in the program.
pub fn call_foreign(p: &Process, code: u64, signature: u64, args: u64) -> Result<u64, Throw> {
    let signature = signature as usize as *const u8;
    // SAFETY: compiled code passes the address of a whole signature, whose second byte is the number of arguments, and
    // of as many words.
    let (signature, args) = unsafe {
        let n_args = usize::from(*signature.add(1));
        (
            std::slice::from_raw_parts(signature, n_args + 3),
            std::slice::from_raw_parts(args as usize as *const u64, n_args),
        )
    };
    call(p, code, signature, args)
}

/// Calls `shim` for C code, see [`vitte_abi::foreign::CALLBACK_SYMBOL`], on the stack of the process that runs.
///
/// # Safety
/// To be called by the program's callbacks alone, on the thread where a process called C.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vt_callback(shim: u64, args: *mut u64) {
    let p = CURRENT.get();
    if p.is_null() {
        fatal("C code called back on a thread of its own");
    }
    // SAFETY: the process that runs on this thread called C, so nobody has an exclusive reference to it. The words
    // behind `args` are the callback's.
    unsafe {
        let p = &*p;
        if p.has_callback_exception() {
            *args = 0;
            return;
        }
        if p.call_back(shim, args as u64) != 0 {
            p.set_callback_exception(p.exception());
            *args = 0;
        }
    }
}

thread_local! {
    /// The process that runs on this thread.
    static CURRENT: Cell<*const Process> = const { Cell::new(std::ptr::null()) };
}

/// The process that runs on this thread, or ran last.
pub(crate) fn current() -> *const Process {
    CURRENT.get()
}

/// Says which process runs on this thread.
pub(crate) fn set_current(p: &Process) {
    CURRENT.set(p);
}

/// The address of a symbol of a C library, for code that no linker sees: `library` as in `-l`, empty for the C library
/// itself.
pub fn lookup(library: &str, symbol: &str) -> Option<u64> {
    let symbol = CString::new(symbol).ok()?;
    if library.is_empty() {
        return sys::symbol(None, &symbol);
    }
    let names = [format!("lib{library}.so"), format!("lib{library}.so.6"), library.to_string()];
    names.into_iter().find_map(|name| sys::symbol(Some(&CString::new(name).ok()?), &symbol))
}

#[cfg(test)]
mod tests {
    use super::{CType, Process};
    use crate::testing::Types;
    use std::ffi::{c_char, c_int};

    unsafe extern "C" {
        fn snprintf(to: *mut c_char, len: usize, format: *const c_char, ...) -> c_int;
        fn ldexpf(x: f32, exponent: c_int) -> f32;
        fn hypot(x: f64, y: f64) -> f64;
        fn toupper(c: c_int) -> c_int;
    }

    extern "C" fn many(a: i8, b: f32, c: u32, d: f64, e: i64, f: u8, g: i16, h: i64, i: i32, j: f64, k: u16) -> f64 {
        a as f64
            + b as f64 * 10.
            + c as f64 * 100.
            + d
            + e as f64 * 1e3
            + f as f64 * 1e4
            + g as f64 * 1e5
            + h as f64 * 1e6
            + i as f64 * 1e7
            + j
            + k as f64 * 1e8
    }

    fn call(p: &Process, code: u64, signature: &[u8], args: &[u64]) -> u64 {
        super::call(p, code, signature, args).unwrap()
    }

    fn signature(n_fixed: u8, args: &[CType], result: CType) -> Vec<u8> {
        let mut bytes = vec![n_fixed, args.len() as u8];
        bytes.extend(args.iter().map(|&ty| ty as u8));
        bytes.push(result as u8);
        bytes
    }

    #[test]
    fn fixed_signatures_of_every_kind() {
        let p = Types::new().process();
        let f = f64::to_bits;
        let sig = signature(2, &[CType::F64, CType::F64], CType::F64);
        assert_eq!(call(&p, hypot as *const () as u64, &sig, &[f(3.), f(4.)]), f(5.));
        let sig = signature(2, &[CType::F32, CType::I32], CType::F32);
        let args = [1.5f32.to_bits().into(), 3];
        assert_eq!(call(&p, ldexpf as *const () as u64, &sig, &args), 12f32.to_bits().into());
        let sig = signature(1, &[CType::I32], CType::I32);
        assert_eq!(call(&p, toupper as *const () as u64, &sig, &[b'a'.into()]), b'A'.into());
        use CType::*;
        let sig = signature(11, &[I8, F32, U32, F64, I64, U8, I16, I64, I32, F64, U16], F64);
        let args = [-1i64 as u64, 2f32.to_bits().into(), 3, f(0.25), 5, 6, -7i64 as u64, 8, -9i64 as u64, f(0.5), 11];
        let expected = many(-1, 2., 3, 0.25, 5, 6, -7, 8, -9, 0.5, 11);
        assert_eq!(call(&p, many as *const () as u64, &sig, &args), f(expected));
    }

    // Programs without a dynamic linker find nothing.
    #[cfg(not(target_feature = "crt-static"))]
    #[test]
    fn symbols_are_found_in_libraries() {
        let p = Types::new().process();
        let floor = super::lookup("m", "floor").expect("libm has floor");
        let sig = signature(1, &[CType::F64], CType::F64);
        assert_eq!(call(&p, floor, &sig, &[f64::to_bits(2.5)]), f64::to_bits(2.));
        assert!(super::lookup("", "strlen").is_some());
        assert_eq!((super::lookup("", "no_such_function"), super::lookup("no such library", "f")), (None, None));
    }

    #[test]
    fn variadic_arguments_spill_to_the_stack() {
        let p = Types::new().process();
        let mut buffer = [0u8; 200];
        let format = p.new_str("%s %d %.1f %.1f %ld %.1f %.1f %u %.1f %.1f %.1f %.1f %.1f %c %.2f|").object().address();
        let text = p.new_str("text").object().address();
        use CType::*;
        let args = [I64, I64, Str, Str, I8, F64, F32, I64, F64, F64, U32, F64, F64, F64, F64, F64, U8, F64];
        let sig = signature(3, &args, I32);
        let f = f64::to_bits;
        let bits = [
            buffer.as_mut_ptr() as u64,
            buffer.len() as u64,
            format,
            text,
            -5i64 as u64,
            f(1.),
            2f32.to_bits().into(),
            1 << 40,
            f(3.),
            f(4.),
            u32::MAX.into(),
            f(5.),
            f(6.),
            f(7.),
            f(8.),
            f(9.),
            b'z'.into(),
            f(10.25),
        ];
        let len = call(&p, snprintf as *const () as u64, &sig, &bits) as usize;
        let expected = "text -5 1.0 2.0 1099511627776 3.0 4.0 4294967295 5.0 6.0 7.0 8.0 9.0 z 10.25|";
        assert_eq!(std::str::from_utf8(&buffer[..len]), Ok(expected));
    }
}
