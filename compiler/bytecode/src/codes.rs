//! The error codes of reading, assembling, verifying and linking modules: one row each, with what `vittec explain`
//! says. Numbers are never reused. VT01xx: reading files; VT02xx: verification; VT03xx: assembler text; VT04xx:
//! linking modules.

macro_rules! codes {
    ($($(#[doc = $doc:literal])* $number:literal $name:ident = $title:literal;)*) => {
        impl Code {
            $(#[doc = $title] pub const $name: Code = Code($number);)*

            /// All codes with their titles and explanations, by ascending number.
            pub const ALL: &'static [(Code, &'static str, &'static [&'static str])] = &[
                $((Code($number), $title, &[$($doc),*])),*
            ];
        }
    };
}

/// A stable error code, printed as `VT0123`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Code(pub u16);

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "VT{:04}", self.0)
    }
}

codes! {
    /// The file does not begin with the six bytes `VITBC\0`.
    101 BAD_MAGIC = "not a VITBC file";
    /// The file begins with the magic number of an older or foreign format, which this toolchain does not read.
    /// Compile the source again with a front end that writes VITBC version 3.
    102 FOREIGN_MAGIC = "another bytecode format";
}
