//! Every bound that reading and verifying keep, in one place.

/// The largest file read, in bytes.
pub const MAX_FILE: usize = 1 << 30;
/// The largest section after inflation, in bytes.
pub const MAX_SECTION: usize = 256 << 20;
/// The most that a section may grow by inflation: stored length times this, plus 64 KiB.
pub const MAX_INFLATION: usize = 1000;
/// The most types of a module.
pub const MAX_TYPES: usize = 1 << 20;
/// The most fields of a struct, tuple or variant; also parameters of a signature and methods of a trait.
pub const MAX_FIELDS: usize = 1 << 12;
/// The most variants of an enum: tags are 16 bits wide in object headers.
pub const MAX_VARIANTS: usize = 1 << 15;
/// The most functions of a module, imported ones included.
pub const MAX_FUNCTIONS: usize = 1 << 20;
/// The most registers of a function.
pub const MAX_REGS: usize = 1 << 15;
/// The most instructions of a function.
pub const MAX_INSTS: usize = 1 << 20;
/// The most try regions of a function, and how deep they nest.
pub const MAX_HANDLERS: usize = 1 << 12;
/// The most blocks × registers of a function that the verifier's dataflow looks at (in bits of its sets).
pub const MAX_DATAFLOW: usize = 1 << 30;
/// The longest name, in bytes.
pub const MAX_NAME: usize = 1 << 10;
/// The most registers, labels or fields that one instruction lists.
pub const MAX_LIST: usize = 1 << 16;
