//! The sections of a file, in their order.

use std::fmt;

/// The first bytes of a file.
pub(crate) const MAGIC: &[u8; 6] = b"VITBC\0";
/// The format's version.
pub(crate) const VERSION: u16 = 3;
/// Flag: the module uses foreign functions or raw memory.
pub(crate) const FLAG_FOREIGN: u16 = 1;
/// The length of magic, version and flags, in bytes.
pub(crate) const HEADER_LEN: usize = 10;
/// The length of a section's tag, stored length and inflated length, in bytes.
pub(crate) const SECTION_HEADER_LEN: usize = 12;
/// The tag of the last section, which holds the checksum.
pub(crate) const CHECKSUM: [u8; 4] = *b"CRCC";

macro_rules! tags {
    ($($(#[$doc:meta])* $name:ident $text:literal;)*) => {
        /// A section that holds a part of the module; ordered as in files.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub(crate) enum Tag {
            $($(#[$doc])* $name,)*
        }

        impl Tag {
            /// All of them in their order.
            pub(crate) const ALL: &'static [Tag] = &[$(Tag::$name),*];

            /// The four letters in a file.
            pub(crate) fn bytes(self) -> [u8; 4] {
                match self {
                    $(Tag::$name => *$text,)*
                }
            }
        }
    };
}

tags! {
    /// Types, and implementations of traits.
    Type b"TYPE";
    /// Integer constants.
    Ints b"INTS";
    /// Float constants.
    Floats b"FLTS";
    /// String constants.
    Strs b"STRS";
    /// Byte constants.
    Data b"DATA";
    /// Imported functions, C functions, runtime functions.
    Imports b"IMPT";
    /// Named constants.
    Globals b"GLOB";
    /// The functions' registers and types.
    Functions b"FUNC";
    /// The functions' instructions.
    Code b"CODE";
    /// Name, entry and exports.
    Exports b"EXPT";
    /// Try regions.
    Handlers b"HNDL";
    /// Names of functions and registers.
    Names b"NAME";
    /// Source positions.
    Lines b"LINE";
    /// Free key–value pairs.
    Meta b"META";
}

impl Tag {
    /// The section of these four letters.
    pub(crate) fn from_bytes(bytes: [u8; 4]) -> Option<Tag> {
        Tag::ALL.iter().copied().find(|tag| tag.bytes() == bytes)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.bytes().escape_ascii())
    }
}

/// The kinds of types in section TYPE. The built-in types have no kind, as they are not stored.
pub(crate) mod type_kind {
    pub(crate) const INVALID: u8 = 0;
    pub(crate) const LIST: u8 = 1;
    pub(crate) const MAP: u8 = 2;
    pub(crate) const TUPLE: u8 = 3;
    pub(crate) const OPTIONAL: u8 = 4;
    pub(crate) const FN: u8 = 5;
    pub(crate) const STRUCT: u8 = 6;
    pub(crate) const ENUM: u8 = 7;
    pub(crate) const TRAIT: u8 = 8;
}

/// The kinds of constants.
pub(crate) mod const_kind {
    pub(crate) const UNIT: u8 = 0;
    pub(crate) const NIL: u8 = 1;
    pub(crate) const FALSE: u8 = 2;
    pub(crate) const TRUE: u8 = 3;
    pub(crate) const INT: u8 = 4;
    pub(crate) const FLOAT: u8 = 5;
    pub(crate) const STR: u8 = 6;
    pub(crate) const DATA: u8 = 7;
}
