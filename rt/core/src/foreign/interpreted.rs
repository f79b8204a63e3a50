//! Calls of C functions by the interpreter, which C calls back by addresses made for the purpose.
//!
//! ```text
//! interpreter ──→ call_interpreted ──→ C ──→ trampoline(index)      in memory made at run time, one for each function
//!                                              └─→ called_back      registers = [every register]
//!                                                    └─→ vt_interpreted(index, registers) ──→ Caller::call_back
//! ```
//!
//! All of it happens on one stack. The interpreter lends itself for the time of the call, so that only one reference to
//! it is in use at any time.

use super::{Incoming, MAX_CALLBACKS, make, prepare};
use crate::code_memory::CodeMemory;
use crate::context::{TRAMPOLINE, called_back};
use crate::process::Process;
use crate::sys::{self, fatal};
use crate::throw::Throw;
use crate::word::Word;
use std::cell::Cell;
use std::ptr;
use vitte_abi::foreign::{Registers, Signature};

/// What calls C functions and is called by them: an interpreter of one process.
pub trait Caller {
    /// The process.
    fn process(&mut self) -> &mut Process;
    /// The signature of the function that has the callback of this number, as [`vitte_abi::foreign`] encodes it.
    fn signature(&self, index: u32) -> &'static [u8];
    /// Calls that function with the slot bits of its arguments, in place of the first of which it leaves its result.
    ///
    /// # Errors
    /// The exception that it did not handle.
    fn call_back(&mut self, index: u32, words: &mut [u64]) -> Result<(), Word>;
}

/// Addresses for C to call, one for each function of a program that is used so.
#[derive(Debug)]
pub struct Callbacks {
    base: u64,
}

/// The bytes of a trampoline: code, the address that it leads to, and its index.
const SIZE: usize = TRAMPOLINE.len() + 16;

impl Callbacks {
    /// As many as there are such functions; `None` where no C functions can be called.
    pub fn new(n: u32) -> Option<Callbacks> {
        let entry = called_back as *const () as u64;
        let mut bytes = Vec::with_capacity(n as usize * SIZE);
        for index in 0..n {
            bytes.extend_from_slice(&TRAMPOLINE);
            bytes.extend_from_slice(&entry.to_le_bytes());
            bytes.extend_from_slice(&u64::from(index).to_le_bytes());
        }
        let memory = CodeMemory::reserve(bytes.len());
        let base = memory.base();
        memory.put(&bytes, bytes.len().next_multiple_of(sys::PAGE));
        Some(Callbacks { base })
    }

    /// The address of a number.
    pub fn address(&self, index: u32) -> u64 {
        self.base + u64::from(index) * SIZE as u64
    }
}

/// The call that is running on a thread: who made it, and what takes what C asks of it.
#[derive(Clone, Copy)]
struct Lent {
    caller: *mut (),
    take: unsafe fn(*mut (), u32, *mut Registers),
}

thread_local! {
    static LENT: Cell<Option<Lent>> = const { Cell::new(None) };
}

/// Calls the C function at `code`, which must have this signature, with the slot bits of its arguments; the slot bits of
/// its result.
///
/// # Errors
/// An exception that a callback left.
pub fn call_interpreted<C: Caller>(caller: &mut C, code: u64, signature: &[u8], args: &[u64]) -> Result<u64, Throw> {
    let signature = Signature::decode(signature).unwrap_or_else(|| unreachable!("the interpreter encodes whole ones"));
    let p = caller.process();
    let mut prepared = prepare(p, code, signature, args);
    if signature.is_blocking() {
        let former = LENT.replace(None);
        let outcome = prepared.have_made(p);
        LENT.set(former);
        return outcome;
    }
    let outer = prepared.announce(p);
    let lent = Lent { caller: ptr::from_mut(caller).cast(), take: take::<C> };
    let former = LENT.replace(Some(lent));
    make(&mut prepared.call);
    LENT.set(former);
    prepared.finish(caller.process(), outer)
}

/// What trampolines lead to.
///
/// # Safety
/// To be called by them alone, with the registers that C left.
pub(crate) unsafe extern "C" fn vt_interpreted(index: u32, registers: *mut Registers) {
    let Some(lent) = LENT.get() else {
        fatal("C code called back on a thread of its own, or from a function that is declared blocking")
    };
    // SAFETY: the caller waits for C on this thread and uses no reference of its own meanwhile; the registers are those
    // of the trampoline.
    unsafe { (lent.take)(lent.caller, index, registers) };
}

/// Takes a call by C.
///
/// # Safety
/// `caller` must be the address of a `C` to which there is no reference in use, `registers` that of what C left for the
/// callback of this number.
unsafe fn take<C: Caller>(caller: *mut (), index: u32, registers: *mut Registers) {
    // SAFETY: the caller of this function vouches for it.
    let (caller, registers) = unsafe { (&mut *caller.cast::<C>(), &mut *registers) };
    let signature = Signature::decode(caller.signature(index));
    let signature = signature.unwrap_or_else(|| unreachable!("the interpreter encodes whole ones"));
    let p = caller.process();
    // SAFETY: a C function of this signature was called with these registers, and waits.
    let mut incoming = unsafe { Incoming::open(p, signature, registers, false) };
    let mut failed = p.has_callback_exception();
    if !failed {
        let raised = if p.n_callbacks() == MAX_CALLBACKS {
            Err(p.throw_stack_overflow().exception())
        } else {
            let was_pinned = p.begin_callback((0, 0));
            let outcome = caller.call_back(index, &mut incoming.words);
            caller.process().end_callback(was_pinned);
            outcome
        };
        if let Err(exception) = raised {
            caller.process().set_callback_exception(exception);
            failed = true;
        }
    }
    // SAFETY: as above.
    unsafe { incoming.close(caller.process(), registers, failed) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Types;
    use vitte_abi::foreign::encode;
    use vitte_abi::object::type_id::{F32, FLOAT, I16, INT, PTR};

    /// An interpreter whose functions add their arguments up, or raise the first if it is negative.
    struct Adder {
        process: Box<Process>,
        signatures: [&'static [u8]; 2],
        called: Vec<u32>,
    }

    impl Caller for Adder {
        fn process(&mut self) -> &mut Process {
            &mut self.process
        }

        fn signature(&self, index: u32) -> &'static [u8] {
            self.signatures[index as usize]
        }

        fn call_back(&mut self, index: u32, words: &mut [u64]) -> Result<(), Word> {
            assert!(self.process.is_called_back());
            self.called.push(index);
            if (words[0] as i64) < 0 {
                return Err(self.process.any(INT, words[0]));
            }
            let ints = words[..10].iter().map(|&word| word as i64 as f64);
            let sum: f64 = ints.chain(words[10..].iter().map(|&word| f64::from_bits(word))).sum();
            words[0] = if index == 1 { sum.to_bits() } else { sum as u64 };
            Ok(())
        }
    }

    type Floats = extern "C" fn(
        i64,
        i64,
        i64,
        i64,
        i64,
        i64,
        i64,
        i64,
        i64,
        i16,
        f64,
        f64,
        f64,
        f64,
        f64,
        f64,
        f64,
        f64,
        f64,
        f64,
    ) -> f64;

    extern "C" fn apply(f: Floats, first: i64) -> f64 {
        let once = || f(first, 2, 3, 4, 5, 6, 7, 8, 9, -10, 0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5);
        once() + once() * 1000.0
    }

    #[test]
    fn c_calls_back_with_arguments_in_registers_and_on_the_stack() {
        let mut types = vec![INT; 9];
        types.push(I16);
        types.extend([FLOAT; 10]);
        let floats = encode(20, &types, FLOAT).leak();
        let other = encode(1, &[F32], INT).leak();
        let process = Types::new().process();
        let mut adder = Adder { process, signatures: [other, floats], called: vec![] };
        let callbacks = Callbacks::new(2).unwrap();
        let signature = encode(2, &[PTR, INT], FLOAT);
        let mut call = |first: i64| {
            let args = [callbacks.address(1), first as u64];
            call_interpreted(&mut adder, apply as *const () as u64, &signature, &args)
        };
        let sum = f64::from(1 + 2 + 3 + 4 + 5 + 6 + 7 + 8 + 9 - 10) + 50.0;
        assert_eq!(call(1).map(f64::from_bits).ok(), Some(sum * 1001.0));
        let exception = call(-7).unwrap_err().exception();
        assert_eq!(adder.called, [1, 1, 1], "after an exception there are no further calls");
        assert_eq!(exception.bits(&adder.process), -7i64 as u64);
        assert!(!adder.process.is_called_back());
    }
}
