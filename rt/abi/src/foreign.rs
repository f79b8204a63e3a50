//! How compiled code and interpreter describe a C function to the runtime, and how C code calls the program.
//!
//! A signature is a sequence of 32-bit numbers, lower bytes first: the number of fixed parameters, with the highest bit
//! set if the function is blocking, the number of arguments, the type id of each argument, that of the result. More arguments than fixed parameters make a variadic
//! call. Arguments and result travel as slot bits; a `str` or struct as a traced word.

pub mod convention;
mod layout;

pub use layout::{Layout, Leaf};

use crate::TypeId;
use crate::object::type_id;
use alloc::vec::Vec;

/// The C function through which C code calls the program: `vt_callback(shim, registers, signature)`.
///
/// For each function whose address is given to C, the program has two functions by the C convention. One stands for
/// the function: it stores what came in registers as [`Registers`], calls `vt_callback` with their address, and
/// returns what is in them then. The other, `shim(context, args) -> status`, calls the function with the slot bits in
/// the array `args` (of at least one word) and leaves those of its result in `args[0]`; it returns as `entry` does, see
/// [`Program`](crate::program::Program).
///
/// An exception ends the call of the shim, not the C code: the result becomes 0, further callbacks give 0 at once, and
/// when the C function returns, the exception is raised at its call.
pub const CALLBACK_SYMBOL: &str = "vt_callback";

/// The C function through which C code calls what a library exports:
/// `vt_export(program, shim, registers, signature) -> status`.
///
/// `shim`, `registers` and `signature` are as of [`CALLBACK_SYMBOL`], but the C function takes one argument more if the
/// export has a result, the address to write it to, and returns a status: 0, [`FAILED`] or [`REFUSED`]. Only with 0 is
/// there a result.
pub const EXPORT_SYMBOL: &str = "vt_export";

/// The C function that gives the text of the error that the last call of an export on this thread left.
pub const ERROR_SYMBOL: &str = "vitte_last_error";

/// The status of an export that did not handle an exception.
pub const FAILED: u64 = 101;

/// The status of an export that was not called: the library belongs to another thread, or has ended.
pub const REFUSED: u64 = 102;

/// What a C function finds when it is called, and leaves when it returns.
#[derive(Clone, Copy, Default, Debug)]
#[repr(C)]
pub struct Registers {
    /// The integer registers for arguments; the first two, for results.
    pub ints: [u64; 8],
    /// The float registers for arguments; the first ones, for results.
    pub floats: [u64; 8],
    /// The register for the address of a struct result, where there is one.
    pub result: u64,
    /// The address of the arguments on the stack.
    pub stack: u64,
}

/// Bit of the first number of a signature: the call may take its time, so that other processes run meanwhile.
const BLOCKING: u32 = 1 << 31;

/// The bytes of a signature.
pub fn encode(n_fixed: usize, args: &[TypeId], result: TypeId) -> Vec<u8> {
    encode_call(n_fixed, false, args, result)
}

/// The bytes of the signature of a function that may be blocking.
pub fn encode_call(n_fixed: usize, is_blocking: bool, args: &[TypeId], result: TypeId) -> Vec<u8> {
    let mark = if is_blocking { BLOCKING } else { 0 };
    let counts = [n_fixed as u32 | mark, args.len() as u32];
    counts.iter().chain(args).chain([&result]).flat_map(|number| number.to_le_bytes()).collect()
}

/// A signature in its encoded form.
#[derive(Clone, Copy, Debug)]
pub struct Signature<'s>(&'s [u8]);

impl<'s> Signature<'s> {
    /// The number of bytes from which [`Signature::size`] can be told.
    pub const HEAD: usize = 8;

    /// How many bytes the signature takes that begins with `head`.
    pub fn size(head: &[u8; Signature::HEAD]) -> usize {
        4 * (number(head, 1) as usize + 3)
    }

    /// The signature that these bytes are; `None` if they are too few or too many.
    pub fn decode(bytes: &'s [u8]) -> Option<Signature<'s>> {
        let head = bytes.first_chunk()?;
        (bytes.len() == Signature::size(head)).then_some(Signature(bytes))
    }

    /// The number of fixed parameters.
    pub fn n_fixed(self) -> usize {
        (number(self.0, 0) & !BLOCKING) as usize
    }

    /// Whether the function may take its time.
    pub fn is_blocking(self) -> bool {
        number(self.0, 0) & BLOCKING != 0
    }

    /// The types of the arguments.
    pub fn args(self) -> impl ExactSizeIterator<Item = TypeId> + 's {
        (2..self.0.len() / 4 - 1).map(move |at| number(self.0, at))
    }

    /// The type of the result.
    pub fn result(self) -> TypeId {
        number(self.0, self.0.len() / 4 - 1)
    }
}

fn number(bytes: &[u8], at: usize) -> u32 {
    let bytes = bytes[4 * at..].first_chunk().unwrap_or(&[0; 4]);
    u32::from_le_bytes(*bytes)
}

/// The C type of an argument, a result or a struct's field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CType {
    /// `void`, for results.
    Void,
    /// `_Bool`.
    Bool,
    /// `int8_t`.
    I8,
    /// `uint8_t`.
    U8,
    /// `int16_t`.
    I16,
    /// `uint16_t`.
    U16,
    /// `int32_t`.
    I32,
    /// `uint32_t`.
    U32,
    /// `int64_t`, `uint64_t`, pointers.
    I64,
    /// `float`.
    F32,
    /// `double`.
    F64,
    /// A `str`, passed as `const char *` to its bytes.
    Str,
    /// A struct, or within one an array: see [`Layout`].
    Struct,
}

impl CType {
    /// The C type of a type that crosses to C.
    pub fn of(ty: TypeId) -> CType {
        match ty {
            type_id::UNIT => CType::Void,
            type_id::BOOL => CType::Bool,
            type_id::I8 => CType::I8,
            type_id::U8 => CType::U8,
            type_id::I16 => CType::I16,
            type_id::U16 => CType::U16,
            type_id::I32 => CType::I32,
            type_id::U32 => CType::U32,
            type_id::F32 => CType::F32,
            type_id::FLOAT => CType::F64,
            type_id::STR => CType::Str,
            ty if ty < type_id::FIRST_USER => CType::I64,
            _ => CType::Struct,
        }
    }

    /// Its size and alignment in bytes, but of a struct.
    pub fn size(self) -> usize {
        match self {
            CType::Void | CType::Struct => 0,
            CType::Bool | CType::I8 | CType::U8 => 1,
            CType::I16 | CType::U16 => 2,
            CType::I32 | CType::U32 | CType::F32 => 4,
            CType::I64 | CType::F64 | CType::Str => 8,
        }
    }

    /// Whether it is `float` or `double`.
    pub fn is_float(self) -> bool {
        matches!(self, CType::F32 | CType::F64)
    }

    /// The slot bits of the value in the lower bits of a word.
    pub fn slot_bits(self, word: u64) -> u64 {
        match self {
            CType::Void => 0,
            CType::Bool => u64::from(word as u8 != 0),
            CType::I8 => word as i8 as u64,
            CType::U8 => u64::from(word as u8),
            CType::I16 => word as i16 as u64,
            CType::U16 => u64::from(word as u16),
            CType::I32 => word as i32 as u64,
            CType::U32 | CType::F32 => u64::from(word as u32),
            CType::I64 | CType::F64 | CType::Str | CType::Struct => word,
        }
    }

    /// The register that holds the value of these slot bits. riscv64 wants 32-bit integers sign-extended whatever
    /// their sign, and the upper half of a float register filled with ones; nobody else looks at either.
    pub fn register(self, bits: u64) -> u64 {
        match self {
            CType::U32 => bits as i32 as u64,
            CType::F32 => bits | 0xffff_ffff << 32,
            _ => bits,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_round_trip() {
        let bytes = encode(1, &[type_id::F32, 1 << 20], type_id::UNIT);
        assert_eq!(Signature::size(bytes.first_chunk().unwrap()), bytes.len());
        let signature = Signature::decode(&bytes).unwrap();
        assert_eq!((signature.n_fixed(), signature.result()), (1, type_id::UNIT));
        assert!(signature.args().eq([type_id::F32, 1 << 20]) && !signature.is_blocking());
        let bytes = encode_call(1, true, &[type_id::F32], type_id::UNIT);
        let signature = Signature::decode(&bytes).unwrap();
        assert_eq!((signature.n_fixed(), signature.is_blocking()), (1, true));
        assert!(Signature::decode(&bytes[..bytes.len() - 1]).is_none() && Signature::decode(&[]).is_none());
    }
}
