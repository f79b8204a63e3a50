//! The record through which a program hands its tables to the runtime.

/// The version of everything in this crate: a hash of its source. A runtime refuses a program made for another one.
pub const ABI_VERSION: u64 = fingerprint(&[
    include_bytes!("code.rs"),
    include_bytes!("context.rs"),
    include_bytes!("cpu.rs"),
    include_bytes!("foreign.rs"),
    include_bytes!("functions.rs"),
    include_bytes!("lib.rs"),
    include_bytes!("object.rs"),
    include_bytes!("packed.rs"),
    include_bytes!("program.rs"),
    include_bytes!("types.rs"),
]);

/// What stands in each runtime archive, so that the compiler can tell before linking whether they agree:
/// `vitte-abi:` and [`ABI_VERSION`] in hexadecimal.
pub const MARK: [u8; 26] = mark();

/// The symbol of the program's [`Program`] record.
pub const PROGRAM_SYMBOL: &str = "vt_program";

/// The symbol of what the runtime writes floats by. It takes as much code as all the rest of a small program, which
/// contains it only if its record refers to it.
pub const FLOATS_SYMBOL: &str = "vt_floats";

/// Flag of [`Program::flags`]: the entry takes the command line as `[str]`.
pub const ENTRY_TAKES_ARGS: u64 = 1;
/// Flag of [`Program::flags`]: the entry returns `int`, the exit code.
pub const ENTRY_RETURNS_INT: u64 = 2;

/// Bits of [`Program::flags`]: the collector, as [`Engine::flags`] writes it.
pub const COLLECTOR: u64 = 0b1100;

/// A collector engine.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Engine {
    /// Generational copying.
    #[default]
    Generational,
    /// A copying nursery before an old generation that is marked and swept in place.
    MarkSweep,
    /// Memory is never given back.
    None,
}

impl Engine {
    /// The engines and their names.
    pub const NAMES: [(&str, Engine); 3] =
        [("gen", Engine::Generational), ("marksweep", Engine::MarkSweep), ("none", Engine::None)];

    /// The engine of this name: `gen`, `marksweep` or `none`.
    pub fn by_name(name: &str) -> Option<Engine> {
        Engine::NAMES.iter().find(|row| row.0 == name).map(|row| row.1)
    }

    /// The engine as [`COLLECTOR`] of a program's flags.
    pub fn flags(self) -> u64 {
        (self as u64) << COLLECTOR.trailing_zeros()
    }

    /// The engine that a program's flags name.
    pub fn of_flags(flags: u64) -> Engine {
        let named = Engine::NAMES.iter().map(|row| row.1).find(|engine| engine.flags() == flags & COLLECTOR);
        named.unwrap_or_default()
    }
}

/// A compiled program. Lengths are in bytes.
///
/// `entry` and `call_closure` follow the C convention, so that the runtime can call them; each catches every
/// exception, and returns 0 normally, 1 with the exception left in the context.
///
/// - `entry(context, args) -> status`: runs the entry function; its `int` result, or 0, is left in `context.result`.
///   `args` is a `[str]`, or 0 if the entry takes none.
/// - `call_closure(context, closure) -> status`: calls a function value without parameters.
#[repr(C)]
#[derive(Debug)]
pub struct Program {
    /// [`ABI_VERSION`].
    pub abi_version: u64,
    /// `ENTRY_*` and [`COLLECTOR`].
    pub flags: u64,
    /// The address of `entry`; 0 for a library.
    pub entry: u64,
    /// The address of `call_closure`.
    pub call_closure: u64,
    /// The machine code of all functions.
    pub text: u64,
    /// Its length.
    pub text_len: u64,
    /// The encoded [`TypeTable`](crate::types::TypeTable).
    pub types: u64,
    /// Its length.
    pub types_len: u64,
    /// The encoded [`CodeTable`](crate::code::CodeTable), aligned to 4 bytes.
    pub code: u64,
    /// Its length.
    pub code_len: u64,
    /// The features of the processor that the code needs: bits of the list in [`cpu`](crate::cpu).
    pub cpu: u64,
    /// The address of [`FLOATS_SYMBOL`]; 0 if the program has no floats.
    pub floats: u64,
}

/// FNV-1a.
const fn fingerprint(files: &[&[u8]]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut file = 0;
    while file < files.len() {
        let mut at = 0;
        while at < files[file].len() {
            hash = (hash ^ files[file][at] as u64).wrapping_mul(0x0100_0000_01b3);
            at += 1;
        }
        file += 1;
    }
    hash
}

const fn mark() -> [u8; 26] {
    let mut mark = *b"vitte-abi:................";
    let mut digit = 0;
    while digit < 16 {
        mark[10 + digit] = b"0123456789abcdef"[(ABI_VERSION >> (60 - 4 * digit)) as usize & 15];
        digit += 1;
    }
    mark
}
