//! How compiled code and interpreter describe a C function to the runtime.
//!
//! A signature is a sequence of bytes: the number of fixed parameters, the number of arguments, one [`CType`] for
//! each argument, one for the result. More arguments than fixed parameters make a variadic call. Arguments and
//! result travel as slot bits; a `str` as a traced word.

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
