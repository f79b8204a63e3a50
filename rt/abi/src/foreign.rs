//! How compiled code and interpreter describe a C function to the runtime.
//!
//! A signature is a sequence of bytes: the number of fixed parameters, the number of arguments, one [`CType`] for
//! each argument, one for the result. More arguments than fixed parameters make a variadic call. Arguments and
//! result travel as slot bits; a `str` as a traced word.

/// The C function through which C code calls the program: `vt_callback(shim, args)`.
///
/// For each function whose address is given to C, the program has two functions by the C convention. One has the C
/// signature: it stores the slot bits of its arguments in an array `args` (of at least one word), calls `vt_callback`
/// with it and the address of the other, and returns `args[0]`. The other, `shim(context, args) -> status`, calls the
/// function with the words in `args` and leaves its result in `args[0]`; it returns as `entry` does, see
/// [`Program`](crate::program::Program).
///
/// An exception ends the call of the shim, not the C code: `args[0]` becomes 0, further callbacks do the same at once,
/// and when the C function returns, the exception is raised at its call.
pub const CALLBACK_SYMBOL: &str = "vt_callback";

/// The C function through which C code calls what a library exports:
/// `vt_export(program, shim, args, signature) -> status`.
///
/// `shim` and `args` are as of [`CALLBACK_SYMBOL`]; `signature` describes arguments and result, of which a `str`
/// crosses as `const char *`. The status is 0, [`FAILED`] or [`REFUSED`]; only with 0 is `args[0]` the result.
pub const EXPORT_SYMBOL: &str = "vt_export";

/// The C function that gives the text of the error that the last call of an export on this thread left.
pub const ERROR_SYMBOL: &str = "vitte_last_error";

/// The status of an export that did not handle an exception.
pub const FAILED: u64 = 101;

/// The status of an export that was not called: the library belongs to another thread, or has ended.
pub const REFUSED: u64 = 102;

/// The C type of an argument or result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
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
}

impl CType {
    /// All of them, by number.
    pub const ALL: [CType; 12] = [
        CType::Void,
        CType::Bool,
        CType::I8,
        CType::U8,
        CType::I16,
        CType::U16,
        CType::I32,
        CType::U32,
        CType::I64,
        CType::F32,
        CType::F64,
        CType::Str,
    ];
}
