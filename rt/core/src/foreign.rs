//! Calling C functions by a description of their signature, on the worker's stack, and being called by them.
//!
//! Which argument goes where is said by [`vitte_abi::foreign::convention`]. In a variadic part, C's default promotions
//! apply: `float` becomes `double`, and small integers `int`, which slot bits are already.

mod image;
mod incoming;
mod interpreted;

pub(crate) use incoming::Incoming;
pub(crate) use interpreted::vt_interpreted;
pub use interpreted::{Callbacks, Caller, call_interpreted};

use crate::context::{CONVENTION, Call, invoke};
use crate::object::Str;
use crate::process::Process;
use crate::process::compiled::ForeignCall;
use crate::stdlib::io::flush_for_exit;
use crate::sys::{self, fatal};
use crate::throw::Throw;
use image::Image;
use std::cell::Cell;
use std::ffi::CString;
use vitte_abi::TypeId;
use vitte_abi::foreign::convention::{Cursor, Passing, Piece, Place};
use vitte_abi::foreign::{CType, Layout, Registers, Signature};

/// How many C functions may have called back at once. Each takes some of the thread's stack.
const MAX_CALLBACKS: usize = 500;

/// The arguments of a call in the making.
struct Outgoing {
    cursor: Cursor,
    registers: Registers,
    stack: Vec<u64>,
    /// What the arguments are addresses of.
    strings: Vec<Vec<u8>>,
    structs: Vec<Image>,
}

impl Outgoing {
    fn put(&mut self, place: Place, bits: u64) {
        match place {
            Place::Int(number) => self.registers.ints[number] = bits,
            Place::Float(number) => self.registers.floats[number] = bits,
            Place::Stack(number) => {
                self.stack.resize(number + 1, 0);
                self.stack[number] = bits;
            }
        }
    }

    fn scalar(&mut self, ty: CType, bits: u64, variadic: bool) {
        let place = self.cursor.scalar(ty, variadic);
        self.put(place, ty.register(bits));
    }

    /// A copy, since the function may call back, and the string move.
    fn string(&mut self, text: &[u8]) {
        let mut copy = Vec::with_capacity(text.len() + 1);
        copy.extend_from_slice(text);
        copy.push(0);
        self.scalar(CType::Str, copy.as_ptr() as u64, false);
        self.strings.push(copy);
    }

    fn structure(&mut self, layout: &Layout, image: Image, variadic: bool) {
        match self.cursor.structure(layout, variadic) {
            Passing::Pieces(pieces) => {
                for piece in pieces {
                    let bits = image::get(&image, piece.offset, piece.size);
                    self.put(piece.place, piece.ty.map_or(bits, |ty| ty.register(ty.slot_bits(bits))));
                }
            }
            Passing::Reference(place) => {
                self.put(place, image.as_ptr() as u64);
                self.structs.push(image);
            }
        }
    }
}

/// Where a struct comes back.
struct StructResult {
    ty: TypeId,
    layout: &'static Layout,
    /// The registers it is in; `None` if the function writes it to the image.
    pieces: Option<Vec<Piece>>,
    image: Image,
}

impl StructResult {
    /// Tells the function where to write it, if it does.
    fn announce(p: &Process, ty: TypeId, out: &mut Outgoing) -> StructResult {
        let layout = p.runtime().c_layout(ty);
        let pieces = CONVENTION.result(layout);
        let image = image::empty(layout);
        if pieces.is_none() {
            match CONVENTION.result_register {
                true => out.registers.result = image.as_ptr() as u64,
                false => out.scalar(CType::I64, image.as_ptr() as u64, false),
            }
        }
        StructResult { ty, layout, pieces, image }
    }

    /// The object.
    fn take(mut self, p: &Process, registers: &Registers) -> u64 {
        for piece in self.pieces.into_iter().flatten() {
            let bits = match piece.place {
                Place::Int(number) => registers.ints[number],
                Place::Float(number) => registers.floats[number],
                Place::Stack(_) => unreachable!("results come in registers or in memory"),
            };
            image::put(&mut self.image, piece.offset, piece.size, bits);
        }
        image::read(p, self.ty, self.layout, &self.image).address()
    }
}

/// A call that is ready to be made.
struct Prepared {
    call: Call,
    out: Outgoing,
    result: CType,
    structure: Option<StructResult>,
}

/// Lays out the arguments, given as slot bits, for the C function at `code`, which must have this signature. Standard
/// output is flushed first, since the function may write there, too.
fn prepare(p: &Process, code: u64, signature: Signature<'_>, args: &[u64]) -> Prepared {
    flush_for_exit();
    let mut out = Outgoing {
        cursor: CONVENTION.cursor(),
        registers: Registers::default(),
        stack: Vec::new(),
        strings: Vec::new(),
        structs: Vec::new(),
    };
    let result = CType::of(signature.result());
    let structure = (result == CType::Struct).then(|| StructResult::announce(p, signature.result(), &mut out));
    for (index, (ty, &bits)) in signature.args().zip(args).enumerate() {
        let variadic = index >= signature.n_fixed();
        match CType::of(ty) {
            CType::Void => {}
            CType::F32 if variadic => out.scalar(CType::F64, f64::from(f32::from_bits(bits as u32)).to_bits(), true),
            CType::Str => out.string(Str::of(p.object(bits)).bytes()),
            CType::Struct => {
                let layout = p.runtime().c_layout(ty);
                let image = image::write(p, p.object(bits), layout);
                out.structure(layout, image, variadic);
            }
            scalar => out.scalar(scalar, bits, variadic),
        }
    }
    out.registers.stack = out.stack.as_ptr() as u64;
    let call = Call {
        code,
        n_stack: out.stack.len() as u64,
        n_floats: out.cursor.n_floats() as u64,
        registers: out.registers,
    };
    Prepared { call, out, result, structure }
}

impl Prepared {
    /// Tells the process what C is given; what it was told of the call that is running.
    fn announce(&self, p: &Process) -> ForeignCall {
        p.begin_foreign(&self.out.registers.ints, &self.out.stack, &self.out.structs)
    }

    /// The slot bits of the result, or an exception that a callback left.
    fn finish(self, p: &Process, outer: ForeignCall) -> Result<u64, Throw> {
        p.end_foreign(outer);
        match p.take_callback_exception() {
            Some(exception) => Err(Throw::on(exception)),
            None => Ok(self.value(p)),
        }
    }

    fn value(self, p: &Process) -> u64 {
        let (result, registers) = (self.result, self.call.registers);
        match self.structure {
            Some(structure) => structure.take(p, &registers),
            None if result.is_float() => result.slot_bits(registers.floats[0]),
            None => result.slot_bits(registers.ints[0]),
        }
    }

    /// Has a helper make the call: the heap of the process is lent for it, so what C is given neither moves nor dies.
    fn have_made(mut self, p: &Process) -> Result<u64, Throw> {
        let work = move || {
            // It cannot call back, wherever it runs.
            let caller = CURRENT.replace(std::ptr::null());
            make(&mut self.call);
            CURRENT.set(caller);
            self
        };
        p.have_done(true, work, |p, made| Ok(made.value(p)))
    }
}

/// Makes a call, whose words on the stack must be alive. The process may have been told of other parts of it.
fn make(call: &mut Call) {
    // SAFETY: that the function has this signature is the program's claim, which is why bytecode that calls C functions
    // is marked as such.
    unsafe { invoke(call) };
}

/// Calls a C function for compiled code.
fn call(p: &Process, code: u64, signature: Signature<'_>, args: &[u64]) -> Result<u64, Throw> {
    let mut prepared = prepare(p, code, signature, args);
    if signature.is_blocking() {
        return prepared.have_made(p);
    }
    let outer = prepared.announce(p);
    make(&mut prepared.call);
    prepared.finish(p, outer)
}

/// The row `vt_call_foreign`: `signature` and `args` are addresses in the program.
pub fn call_foreign(p: &Process, code: u64, signature: u64, args: u64) -> Result<u64, Throw> {
    // SAFETY: compiled code passes the address of a whole signature, and of as many words as that has arguments.
    let (signature, args) = unsafe {
        let signature = signature_at(signature as usize as *const u8);
        let n_args = signature.args().len();
        let args = args as usize as *const u64;
        (signature, if n_args == 0 { &[] } else { std::slice::from_raw_parts(args, n_args) })
    };
    call(p, code, signature, args)
}

/// The signature at an address.
///
/// # Safety
/// There must be one, and it must stay.
pub(crate) unsafe fn signature_at<'s>(at: *const u8) -> Signature<'s> {
    // SAFETY: the caller vouches for the bytes.
    let bytes = unsafe {
        let head = &*at.cast::<[u8; Signature::HEAD]>();
        std::slice::from_raw_parts(at, Signature::size(head))
    };
    Signature::decode(bytes).unwrap_or_else(|| unreachable!("the length is the signature's own"))
}

/// Calls `shim` for C code, see [`vitte_abi::foreign::CALLBACK_SYMBOL`], on the stack of the process that runs.
///
/// # Safety
/// To be called by the program's callbacks alone, on the thread where a process called C.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vt_callback(shim: u64, registers: *mut Registers, signature: *const u8) {
    let p = CURRENT.get();
    if p.is_null() {
        fatal("C code called back on a thread of its own, or from a function that is declared blocking");
    }
    // SAFETY: the process that runs on this thread called C, so nobody has an exclusive reference to it. The callback
    // passes its registers and its signature.
    unsafe {
        let (p, registers) = (&*p, &mut *registers);
        let mut incoming = Incoming::open(p, signature_at(signature), registers, false);
        let mut failed = p.has_callback_exception();
        if !failed {
            let raised = if p.n_callbacks() == MAX_CALLBACKS {
                Some(p.throw_stack_overflow().exception())
            } else {
                (p.call_back(shim, incoming.words.as_mut_ptr() as u64) != 0).then(|| p.exception())
            };
            failed = raised.is_some();
            raised.into_iter().for_each(|exception| p.set_callback_exception(exception));
        }
        incoming.close(p, registers, failed);
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
    use super::{Process, Signature};
    use crate::testing::Types;
    use std::ffi::{c_char, c_int};
    use vitte_abi::foreign::encode as signature;
    use vitte_abi::object::type_id::*;

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
        super::call(p, code, Signature::decode(signature).unwrap(), args).unwrap()
    }

    #[test]
    fn fixed_signatures_of_every_kind() {
        let p = Types::new().process();
        let f = f64::to_bits;
        let sig = signature(2, &[FLOAT, FLOAT], FLOAT);
        assert_eq!(call(&p, hypot as *const () as u64, &sig, &[f(3.), f(4.)]), f(5.));
        let sig = signature(2, &[F32, I32], F32);
        let args = [1.5f32.to_bits().into(), 3];
        assert_eq!(call(&p, ldexpf as *const () as u64, &sig, &args), 12f32.to_bits().into());
        let sig = signature(1, &[I32], I32);
        assert_eq!(call(&p, toupper as *const () as u64, &sig, &[b'a'.into()]), b'A'.into());
        let sig = signature(11, &[I8, F32, U32, FLOAT, INT, U8, I16, INT, I32, FLOAT, U16], FLOAT);
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
        let sig = signature(1, &[FLOAT], FLOAT);
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
        let args =
            [INT, INT, STR, STR, I8, FLOAT, F32, INT, FLOAT, FLOAT, U32, FLOAT, FLOAT, FLOAT, FLOAT, FLOAT, U8, FLOAT];
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
