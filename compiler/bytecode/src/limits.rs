//! Every bound that reading and verifying keep, in one place.

/// The largest file read, in bytes.
pub const MAX_FILE: usize = 1 << 30;
/// The largest section after inflation, in bytes.
pub const MAX_SECTION: usize = 256 << 20;
/// The most that a section may grow by inflation: stored length times this, plus 64 KiB.
pub const MAX_INFLATION: usize = 1000;
/// The largest window of a compressed section, in bytes: what common encoders use at their default levels.
pub const MAX_WINDOW: u64 = 8 << 20;
/// The most memory that reading a file may take for the module, in bytes: file length times [`MEMORY_FACTOR`], plus
/// [`MIN_MEMORY`], but never more than this.
pub const MAX_MEMORY: usize = 2 << 30;
/// How much larger than its file a module may become in memory. Compression gives about 10, and a byte of bytecode
/// takes up to 50 bytes in memory.
pub const MEMORY_FACTOR: usize = 1000;
/// The memory, in bytes, that even the smallest file may ask for.
pub const MIN_MEMORY: usize = 64 << 20;
/// The most types of a module.
pub const MAX_TYPES: usize = 1 << 20;
/// How deep lists, maps, tuples, optionals and function types nest in each other without a name in between.
pub const MAX_TYPE_NESTING: usize = 30;
/// The most bytes that all types of a module take together when they are written out.
pub const MAX_TYPE_NAMES: usize = 16 << 20;
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
/// The most steps of the verifier's dataflow in a module; one step follows one edge between blocks for 64 registers.
pub const MAX_DATAFLOW: usize = 1 << 30;
/// The longest name, in bytes.
pub const MAX_NAME: usize = 1 << 10;
/// The longest path of a source file, in bytes.
pub const MAX_PATH: usize = 1 << 12;
/// The most registers, labels or fields that one instruction lists.
pub const MAX_LIST: usize = 1 << 16;
/// The most numbers that a struct consists of when it crosses to C.
pub const MAX_C_NUMBERS: usize = 1 << 12;
/// How deep structs and arrays nest in each other when they cross to C.
pub const MAX_C_NESTING: usize = 16;
/// How deep types nest in a text.
pub const MAX_TYPE_DEPTH: usize = 64;
