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
    /// The file is VITBC of version 1 or 2, which this toolchain does not read. Compile the source again with a front
    /// end that writes version 3.
    103 OLD_VERSION = "an older version of VITBC";
    /// The file is VITBC of a version that did not exist when this toolchain was made. Use a newer toolchain.
    104 NEW_VERSION = "a newer version of VITBC";
    /// The header sets flags that version 3 does not define. Only bit 0 (`foreign`) may be set.
    105 BAD_FLAGS = "unknown flags";
    /// The bytes end before what they announce: the file was cut off, or a count or length in it is too large.
    106 TRUNCATED = "the data ends too early";
    /// The CRC-32 in the last section is not that of the file's bytes. The file was damaged or changed after it was
    /// written; nothing in it was looked at. Transfer or compile it again.
    107 BAD_CHECKSUM = "wrong checksum";
    /// A section's tag is not one of version 3. Tags of four lower-case letters are skipped, all others must be known.
    108 UNKNOWN_SECTION = "unknown section";
    /// Sections stand in a fixed order, each at most once:
    /// `TYPE INTS FLTS STRS DATA IMPT GLOB FUNC CODE EXPT HNDL NAME LINE META CRCC`.
    109 SECTION_ORDER = "section out of order or repeated";
    /// A section does not fit the file, or stands there without content: what says nothing must be absent, so that
    /// each module has one form only.
    110 BAD_SECTION = "malformed section";
    /// A section's content ends before the section does.
    111 TRAILING_BYTES = "bytes after a section's content";
    /// A number is not in its shortest LEB128 form, or does not fit the width it must have.
    112 BAD_NUMBER = "malformed number";
    /// A string or name is not valid UTF-8.
    113 BAD_UTF8 = "invalid UTF-8";
    /// A compressed section is not exactly one zstd frame of the declared length, or needs a window larger than
    /// allowed.
    114 BAD_COMPRESSION = "damaged compressed section";
    /// A count, length or size exceeds the bounds that the reader keeps, so that no file can exhaust memory.
    115 LIMIT_EXCEEDED = "a limit is exceeded";
    /// A byte that tells kinds of types, constants or exports apart has a value without meaning.
    116 BAD_KIND = "unknown kind";
    /// An instruction's number is not in the instruction table.
    117 UNKNOWN_OPCODE = "unknown instruction";
    /// A jump, handler or source position refers to a byte of the code where no instruction begins.
    118 BAD_OFFSET = "jump into the middle of an instruction";
    /// An entry refers to a function that does not exist, or entries are not in ascending order.
    119 ENTRY_ORDER = "entry out of order or range";
    /// The module has more types, functions, registers, instructions, fields or the like than the format allows, or
    /// types that nest too deep or would be too long when written out. Every bound is listed in the specification of
    /// VITBC.
    200 LIMIT = "a limit of the format is exceeded";
    /// A name is empty, longer than 1024 bytes, or contains a control character; or some fields of a struct or
    /// variant have names and others have none.
    201 BAD_NAME = "bad name";
    /// Names must be unique among the nominal types of a module, the fields of a struct or variant, the variants of an
    /// enum, the methods of a trait, and the exports of a module; a register has one name, and names stand by
    /// ascending register.
    202 DUPLICATE_NAME = "name stands twice";
    /// Every module begins with the same built-in types and error structs, at the same indices.
    203 BAD_PREDEFINED = "predefined types changed";
    /// A type index is past the end of the type table, or one of those held in reserve for built-in types.
    204 BAD_TYPE_INDEX = "no such type";
    /// Lists, maps, tuples, optionals and function types refer to types that come before them, or to structs, enums
    /// and traits. A type that contains itself needs a struct or an enum in between.
    205 TYPE_ORDER = "structural type refers to a later one";
    /// Two types are the same when their indices are, so a structural type may stand only once.
    206 DUPLICATE_TYPE = "type stands twice";
    /// A tuple has two or more items; an optional is not of an optional or `any`; `unit` is only a result or the type
    /// of a register that is not a parameter; keys of maps are `int`, `bool`, `str`, and tuples and enums of those.
    207 BAD_TYPE = "malformed type";
    /// An implementation names a trait and a type other than a trait, `any` or an optional, once, with one function
    /// for each method of the trait; each takes the receiver first and then what the trait declares.
    208 BAD_IMPL = "bad trait implementation";
    /// A constant does not fit its type: an integer out of range, a string for a number, bytes in a global.
    209 BAD_CONSTANT = "constant does not fit";
    /// An index of a register, function, constant, parameter, field, variant, method or the like is out of range.
    210 BAD_INDEX = "index out of range";
    /// C functions take and give numbers, `bool` and `ptr`; they also take `str`, as a pointer.
    211 BAD_EXTERN = "type that C does not have";
    /// C functions and raw memory are only for modules whose `foreign` flag is set, because no verifier can vouch for
    /// what they do.
    212 FOREIGN = "foreign code without the flag";
    /// The entry must be a function that the module defines, without captured values, that takes nothing or `[str]`
    /// and gives `unit` or `int`.
    213 BAD_ENTRY = "bad entry function";
    /// The parameters of a function are its first registers, so it has at least as many registers.
    214 BAD_PARAMS = "more parameters than registers";
    /// Source positions stand by ascending instruction, within the code, with an existing file and lines from 1.
    215 BAD_LINES = "bad source positions";
    /// A try region covers at least one instruction; its handler lies within the code but outside the region and
    /// receives the exception in a register of type `any`.
    216 BAD_HANDLER = "bad try region";
    /// Two try regions are either apart or one inside the other, and the inner one stands first.
    217 HANDLER_NESTING = "try regions do not nest";
    /// A jump leads past the last instruction of its function.
    218 BAD_JUMP = "jump out of the code";
    /// The last instruction of a function must be one that never continues: RETURN, JUMP, THROW, a tail call or
    /// UNREACHABLE.
    219 FALLS_OFF = "code falls off its end";
    /// On some path from the start of the function to this instruction, nothing is assigned to the register. A handler
    /// is entered with what was assigned before each instruction of its region that may throw, allocate or jump back.
    220 UNASSIGNED = "register read before it is assigned";
    /// Following all paths for all registers would take more steps than the verifier allows itself. Split the function.
    221 TOO_COMPLEX = "control flow too complex";
    /// A register has not the type that the instruction needs there. Types are the same when their indices are; nothing
    /// is converted silently.
    222 TYPE_MISMATCH = "wrong type";
    /// The instruction works on some types only, and this is none of them: no ADD on `bool`, no SQRT on `int`.
    223 BAD_CLASS = "type not allowed for the instruction";
    /// A call or construction gives more or fewer values than there are parameters or fields.
    224 BAD_COUNT = "wrong number of values";
    /// A RETURN without a value needs a function whose result is `unit`, an optional or `any`.
    225 BAD_RETURN = "missing result";
    /// A tail call reuses the frame, so it cannot stand in a try region, and the callee's result must be the
    /// function's.
    226 BAD_TAIL_CALL = "bad tail call";
    /// A function that captures values is used through CLOSURE only, with registers of the captured types.
    227 CAPTURES = "bad use of captured values";
    /// The type of the source does not implement the trait.
    228 NO_IMPL = "trait not implemented";
    /// A character, number or string that cannot be read. Strings end on the line on which they begin; their escapes are
    /// `\n \t \r \0 \\ \" \' \x41 \u{1F409}`.
    301 BAD_TOKEN = "unreadable text";
    /// Something else must stand at this place of the text.
    302 UNEXPECTED_TOKEN = "unexpected text";
    /// The line begins with a word that is no instruction, `REG`, `HANDLER`, `LINE` or `END`.
    303 UNKNOWN_MNEMONIC = "unknown instruction name";
    /// No register, label, function, type, field or the like has this name. Labels and registers belong to their
    /// function; registers without a name are `r0`, `r1` …, counted after the parameters, which are `p0`, `p1` ….
    304 UNKNOWN_NAME = "unknown name";
    /// The name is taken already, or what may stand once stands twice.
    305 REPEATED_NAME = "repeated name";
    /// Several things have this name. Refer to the one that is meant by its index, like `#0`.
    306 AMBIGUOUS_NAME = "ambiguous name";
    /// A number in the text is too large for what it counts, or types nest too deep.
    307 TEXT_LIMIT = "a limit of the text form is exceeded";
    /// A function ends at a line `END`. Here the text or another function comes first.
    308 MISSING_END = "missing END";
    /// An item TYPE gives one index to one type, so the types it is made of must have theirs from items before it.
    309 UNDECLARED_PART = "part of a type not declared";
    /// Two of the modules to be linked have the same name, so that an import of it could mean either.
    401 REPEATED_MODULE = "two modules of one name";
    /// A module that is imported, or is to be the main one, is not among those to be linked.
    402 MISSING_MODULE = "missing module";
    /// A function is imported that its module does not export. Only `pub` names of a source file are exported.
    403 MISSING_EXPORT = "missing export";
    /// A function is imported with another type than it has. Its module has changed since the importing one was
    /// compiled.
    404 IMPORT_MISMATCH = "import of another type";
    /// Modules import each other in a circle, so that none could come first.
    405 IMPORT_CYCLE = "circular imports";
    /// Two modules declare a type of the same name in different ways.
    406 TYPE_CONFLICT = "conflicting declarations of a type";
    /// Two modules implement the same trait for the same type in different ways.
    407 IMPL_CONFLICT = "conflicting implementations";
    /// The module calls a runtime function by a name that this version of the runtime does not know. Check the
    /// spelling against the list of natives in the specification, or build with a newer toolchain.
    481 UNKNOWN_NATIVE = "unknown runtime function";
    /// The module declares a runtime function with parameter or result types that differ from the runtime's own.
    482 NATIVE_SIGNATURE = "runtime function declared with the wrong type";
}
