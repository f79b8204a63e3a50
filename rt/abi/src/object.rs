//! Heap objects and `any` words.
//!
//! ```text
//! header       63      48 47      32 31            0
//!             [  flags   |   tag    |   type id     ]
//! str         [header][len in bytes][bytes, then 1 to 8 zero bytes up to a multiple of 8]
//! list, bytes [header][buffer][len in items]
//! buffer      [header][size of the data in bytes][data]
//! box         [header][int, float, u64, pid, monitor_ref or ptr]
//! closure     [header][code][traced captures][other captures]
//! struct …    [header][traced fields][other fields, the wider ones first]
//! map         [header][keys][values][index][live entries][used entries]
//! ```
//!
//! A *traced word* is the address of an object, an immediate, or 0 (nil), told apart by its low bits. An `any` and an
//! optional are traced words, whatever they hold; so are all references.
//!
//! ```text
//! …xxx1   int in 63 bits, two's complement                …x000   address, or nil if 0
//! …xx10   float whose exponent is near 0 (see [`word`])   …x100   immediate: bits 3–7 scalar type, 32–63 payload
//! ```
//!
//! Other ints and floats, and all `u64`, `pid`, `monitor_ref` and `ptr`, are boxed.

use crate::TypeId;

/// Objects are aligned to 8 bytes, so the low three bits of an address are free.
pub const ALIGN: u32 = 8;

/// Where the parts of objects stand, in bytes from the header.
pub mod offset {
    /// The type id, 32 bits.
    pub const TYPE: u32 = 0;
    /// The variant's tag, 16 bits.
    pub const TAG: u32 = 4;
    /// The flags, 16 bits; the lower byte is what write barriers test.
    pub const FLAGS: u32 = 6;
    /// `str`: the length in bytes.
    pub const STR_LEN: u32 = 8;
    /// `str`: the bytes.
    pub const STR_BYTES: u32 = 16;
    /// List and `bytes`: the buffer.
    pub const LIST_BUFFER: u32 = 8;
    /// List and `bytes`: the number of items.
    pub const LIST_LEN: u32 = 16;
    /// Buffer: the size of the data in bytes.
    pub const BUFFER_SIZE: u32 = 8;
    /// Buffer: the data.
    pub const BUFFER_DATA: u32 = 16;
    /// Box: the value.
    pub const BOX_VALUE: u32 = 8;
    /// Closure: the code address, or the function's index under the interpreter.
    pub const CLOSURE_CODE: u32 = 8;
    /// Closure: the first captured value.
    pub const CLOSURE_CAPTURES: u32 = 16;
    /// Struct, tuple, variant: the first field.
    pub const FIELDS: u32 = 8;
    /// Map: the buffer of keys.
    pub const MAP_KEYS: u32 = 8;
    /// Map: the buffer of values, each at the place of its key.
    pub const MAP_VALUES: u32 = 16;
    /// Map: the raw buffer of the hash index.
    pub const MAP_INDEX: u32 = 24;
    /// Map: the number of live entries.
    pub const MAP_LEN: u32 = 32;
    /// Map: the number of positions in use, removed ones included.
    pub const MAP_USED: u32 = 40;
}

/// The size of a list or `bytes` object.
pub const LIST_SIZE: u32 = 24;
/// The size of a box.
pub const BOX_SIZE: u32 = 16;
/// The size of a map object.
pub const MAP_SIZE: u32 = 48;

/// Header flags, in bits 48–63 of the header.
pub mod flag {
    /// An old object that is not in the remembered set: storing a reference into it calls the write barrier.
    pub const OLD: u64 = 1 << 48;
    /// Lives for ever, outside every heap; may be in read-only memory.
    pub const IMMORTAL: u64 = 1 << 49;
    /// Has an allocation of its own and never moves.
    pub const LARGE: u64 = 1 << 50;
    /// Reached in the running collection, for engines that mark.
    pub const MARK: u64 = 1 << 51;
    /// In the old generation, remembered or not.
    pub const SETTLED: u64 = 1 << 56;
    /// Not an object, but a free cell.
    pub const FREE: u64 = 1 << 57;
    /// A string that several heaps refer to. Bears `IMMORTAL`, too, as it does not move and its header does not change.
    pub const SHARED: u64 = 1 << 58;
    /// A string in a block with others, where it stays as large objects do.
    pub const BUNDLED: u64 = 1 << 59;
    /// The rest of the word is the new address of the object.
    pub const FORWARDED: u64 = 1 << 63;
}

/// The header of a fresh object.
pub const fn header(ty: TypeId, tag: u16) -> u64 {
    ty as u64 | (tag as u64) << 32
}

/// The header of a constant in read-only memory.
pub const fn immortal_header(ty: TypeId, tag: u16) -> u64 {
    header(ty, tag) | flag::IMMORTAL
}

/// The size of a `str` of `len` bytes: header, length, bytes, at least one zero byte.
pub const fn str_size(len: u64) -> u64 {
    offset::STR_BYTES as u64 + (len + 8) / 8 * 8
}

/// Type ids that are the same in every program: the predefined types of VITBC, and the two kinds of buffers.
pub mod type_id {
    use crate::TypeId;

    macro_rules! ids {
        ($($(#[$doc:meta])* $name:ident = $id:literal;)*) => {
            $($(#[$doc])* #[doc = stringify!($name)] pub const $name: TypeId = $id;)*
        };
    }

    ids! {
        UNIT = 0; BOOL = 1; INT = 2; FLOAT = 3; I8 = 4; I16 = 5; I32 = 6; U8 = 7; U16 = 8; U32 = 9; U64 = 10; F32 = 11;
        STR = 12; BYTES = 13; ANY = 14; PID = 15; MONITOR_REF = 16; PTR = 17;
        DIVIDE_BY_ZERO = 18; INDEX_ERROR = 19; KEY_ERROR = 20; NIL_ERROR = 21; TYPE_ERROR = 22; PARSE_ERROR = 23;
        IO_ERROR = 24; STACK_OVERFLOW = 25; OUT_OF_MEMORY = 26; ASSERT_ERROR = 27; EXIT_ERROR = 28; PROCESS_ERROR = 29;
        /// A buffer of untraced data.
        RAW_BUFFER = 30;
        /// A buffer of traced words.
        REF_BUFFER = 31;
        /// The first type of the program's own.
        FIRST_USER = 32;
    }
}

/// `any` words.
///
/// Floats use the encoding of Ruby's flonums: the exponent's upper bits of most numbers in use are `011` or `100`,
/// so rotating the number left by three bits frees two bits below.
pub mod word {
    use crate::TypeId;

    /// Nil.
    pub const NIL: u64 = 0;
    /// The word of `0.0`, which the general rule does not cover.
    pub const FLOAT_ZERO: u64 = 0x8000_0000_0000_0002;

    /// The word of an int, if it fits 63 bits.
    pub const fn from_int(value: i64) -> Option<u64> {
        let shifted = (value as u64) << 1;
        if (shifted as i64) >> 1 == value { Some(shifted | 1) } else { None }
    }

    /// Whether the word is an immediate int.
    pub const fn is_int(word: u64) -> bool {
        word & 1 == 1
    }

    /// The int of an immediate int word.
    pub const fn to_int(word: u64) -> i64 {
        word as i64 >> 1
    }

    /// The word of a float given by its bits, if it has one.
    pub const fn from_float_bits(bits: u64) -> Option<u64> {
        let top = bits >> 60 & 7;
        if (top == 3 || top == 4) && bits != 0x3000_0000_0000_0000 {
            Some(bits.rotate_left(3) & !3 | 2)
        } else if bits == 0 {
            Some(FLOAT_ZERO)
        } else {
            None
        }
    }

    /// Whether the word is an immediate float.
    pub const fn is_float(word: u64) -> bool {
        word & 3 == 2
    }

    /// The bits of the float of an immediate float word.
    pub const fn to_float_bits(word: u64) -> u64 {
        if word == FLOAT_ZERO {
            return 0;
        }
        ((2 - (word >> 63)) | (word & !3)).rotate_right(3)
    }

    /// The word of a scalar of at most 32 bits (or of `unit`), given by its slot bits.
    pub const fn from_small(ty: TypeId, bits: u64) -> u64 {
        (bits & 0xffff_ffff) << 32 | (ty as u64) << 3 | 4
    }

    /// The scalar type of an immediate that is neither int nor float.
    pub const fn small_type(word: u64) -> Option<TypeId> {
        if word & 7 == 4 { Some((word >> 3 & 31) as TypeId) } else { None }
    }

    /// The slot bits of such an immediate: sign-extended for signed types.
    pub const fn to_small(word: u64) -> u64 {
        let bits = word >> 32;
        match (word >> 3 & 31) as TypeId {
            super::type_id::I8 | super::type_id::I16 | super::type_id::I32 => bits as u32 as i32 as i64 as u64,
            _ => bits,
        }
    }

    /// Whether the word is the address of an object.
    pub const fn is_object(word: u64) -> bool {
        word != NIL && word & 7 == 0
    }
}

/// How a value is held in a register, a field or an item.
///
/// As *slot bits* (64 bits, in interpreter registers and polymorphic runtime functions) signed integers are
/// sign-extended, everything else is zero-extended, floats are their bits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Repr {
    /// Nothing.
    Unit,
    /// `bool`, `i8`, `u8`.
    I8,
    /// `i16`, `u16`.
    I16,
    /// `i32`, `u32`.
    I32,
    /// `int`, `u64`, `pid`, `monitor_ref`, `ptr`.
    I64,
    /// `f32`.
    F32,
    /// `float`.
    F64,
    /// A traced word.
    Ref,
}

impl Repr {
    /// Its size in bytes; a power of two, or 0 for `Unit`.
    pub const fn size(self) -> u32 {
        match self {
            Repr::Unit => 0,
            Repr::I8 => 1,
            Repr::I16 => 2,
            Repr::I32 | Repr::F32 => 4,
            Repr::I64 | Repr::F64 | Repr::Ref => 8,
        }
    }
}
