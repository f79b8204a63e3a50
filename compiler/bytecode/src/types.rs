//! The types of VITBC. A type is named by its index: two types are the same when their indices are.
//!
//! The first [`TypeIdx::FIRST_USER`] indices are the same in every module and are not stored in files: the scalar
//! and built-in types, then the structs that the runtime throws. Structural types (lists, maps, tuples, optionals,
//! functions) stand once each and refer to earlier types or to nominal ones; nominal types (structs, enums, traits)
//! may refer to any.

use crate::index::{FuncIdx, TypeIdx};

/// A type; see the table in the language reference for what each means.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Type {
    /// No value.
    Unit,
    /// `true` or `false`.
    Bool,
    /// 64-bit two's complement.
    Int,
    /// IEEE 754 binary64.
    Float,
    /// 8-bit two's complement.
    I8,
    /// 16-bit two's complement.
    I16,
    /// 32-bit two's complement.
    I32,
    /// 8-bit unsigned.
    U8,
    /// 16-bit unsigned.
    U16,
    /// 32-bit unsigned.
    U32,
    /// 64-bit unsigned.
    U64,
    /// IEEE 754 binary32.
    F32,
    /// Immutable UTF-8.
    Str,
    /// Mutable bytes.
    Bytes,
    /// Any value together with its type, or nil.
    Any,
    /// A process handle.
    Pid,
    /// A monitor handle.
    MonitorRef,
    /// A raw address.
    Ptr,
    /// A growable list.
    List(TypeIdx),
    /// A hash map that keeps insertion order.
    Map(TypeIdx, TypeIdx),
    /// A fixed sequence of two or more values.
    Tuple(Box<[TypeIdx]>),
    /// A value or nil; never of an optional, of `any` or of `unit`.
    Optional(TypeIdx),
    /// A function value.
    Fn(Signature),
    /// Named fields, with identity.
    Struct(StructType),
    /// A tagged union.
    Enum(EnumType),
    /// A set of methods; a value of it is an object that implements them.
    Trait(TraitType),
}

/// Parameter types and result type.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Signature {
    /// The types of the parameters.
    pub params: Box<[TypeIdx]>,
    /// The type of the result; [`TypeIdx::UNIT`] for none.
    pub result: TypeIdx,
}

/// A struct declaration.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct StructType {
    /// Its name, unique among the nominal types of the program.
    pub name: Box<str>,
    /// Its fields in order.
    pub fields: Box<[Field]>,
}

/// A named field of a struct or variant.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Field {
    /// Its name; the empty string for a positional field.
    pub name: Box<str>,
    /// Its type.
    pub ty: TypeIdx,
}

/// An enum declaration.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct EnumType {
    /// Its name, unique among the nominal types of the program.
    pub name: Box<str>,
    /// Its variants in order; the position is the tag.
    pub variants: Box<[VariantType]>,
}

/// One variant of an enum.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct VariantType {
    /// Its name.
    pub name: Box<str>,
    /// Its payload.
    pub fields: Box<[Field]>,
}

/// A trait declaration.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct TraitType {
    /// Its name, unique among the nominal types of the program.
    pub name: Box<str>,
    /// Its methods in order.
    pub methods: Box<[MethodType]>,
}

/// One method of a trait.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct MethodType {
    /// Its name.
    pub name: Box<str>,
    /// Its parameters after the receiver, and its result.
    pub signature: Signature,
}

/// The methods of a trait for one type. Each function takes the receiver, of type `ty`, before the parameters that
/// the trait declares.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Impl {
    /// The trait.
    pub trait_ty: TypeIdx,
    /// The type that implements it.
    pub ty: TypeIdx,
    /// One function for each method, in the trait's order.
    pub methods: Box<[FuncIdx]>,
}

macro_rules! builtins {
    ($($konst:ident $variant:ident $name:literal;)*) => {
        /// The built-in types in index order, with their names in text.
        pub const BUILTIN_NAMES: &[&str] = &[$($name),*];

        impl TypeIdx {
            builtins!(@consts 0u32; $($konst)*);
        }

        fn builtin_types() -> Vec<Type> {
            vec![$(Type::$variant),*]
        }
    };
    (@consts $n:expr; $first:ident $($rest:ident)*) => {
        #[doc = concat!("The built-in type `", stringify!($first), "`.")]
        pub const $first: TypeIdx = TypeIdx($n);
        builtins!(@consts $n + 1; $($rest)*);
    };
    (@consts $n:expr;) => {
        /// The first built-in error struct.
        pub const FIRST_ERROR: TypeIdx = TypeIdx($n);
    };
}

builtins! {
    UNIT Unit "unit";
    BOOL Bool "bool";
    INT Int "int";
    FLOAT Float "float";
    I8 I8 "i8";
    I16 I16 "i16";
    I32 I32 "i32";
    U8 U8 "u8";
    U16 U16 "u16";
    U32 U32 "u32";
    U64 U64 "u64";
    F32 F32 "f32";
    STR Str "str";
    BYTES Bytes "bytes";
    ANY Any "any";
    PID Pid "pid";
    MONITOR_REF MonitorRef "monitor_ref";
    PTR Ptr "ptr";
}

/// The structs that the runtime throws, in index order from [`TypeIdx::FIRST_ERROR`]. Field 0 of each is
/// `message: str`; `IoError` has `path: str` and `code: int` (the system's error number) after it, `ExitError`
/// has `code: int`.
pub const ERROR_NAMES: &[&str] = &[
    "DivideByZero",
    "IndexError",
    "KeyError",
    "NilError",
    "TypeError",
    "ParseError",
    "IoError",
    "StackOverflow",
    "OutOfMemory",
    "AssertError",
    "ExitError",
    "ProcessError",
];

impl TypeIdx {
    /// The first index that a module may define; below it stand the built-in types and error structs.
    pub const FIRST_USER: TypeIdx = TypeIdx(32);
}

/// The types that every module begins with: [`TypeIdx::FIRST_USER`] of them. Indices in reserve hold `Unit`.
pub fn predefined() -> Vec<Type> {
    let mut types = builtin_types();
    let field = |name: &str, ty| Field { name: name.into(), ty };
    for &name in ERROR_NAMES {
        let mut fields = vec![field("message", TypeIdx::STR)];
        match name {
            "IoError" => fields.extend([field("path", TypeIdx::STR), field("code", TypeIdx::INT)]),
            "ExitError" => fields.push(field("code", TypeIdx::INT)),
            _ => {}
        }
        types.push(Type::Struct(StructType { name: name.into(), fields: fields.into() }));
    }
    types.resize(TypeIdx::FIRST_USER.index(), Type::Unit);
    types
}

impl Type {
    /// The name of a struct, enum or trait.
    pub fn name(&self) -> Option<&str> {
        match self {
            Type::Struct(declared) => Some(&declared.name),
            Type::Enum(declared) => Some(&declared.name),
            Type::Trait(declared) => Some(&declared.name),
            _ => None,
        }
    }

    /// Whether values of the type are held as numbers in a machine register rather than as a traced word.
    pub fn is_scalar(&self) -> bool {
        use Type::*;
        matches!(self, Unit | Bool | Int | Float | I8 | I16 | I32 | U8 | U16 | U32 | U64 | F32 | Pid | MonitorRef | Ptr)
    }

    /// Whether it is an integer type of any width.
    pub fn is_integer(&self) -> bool {
        use Type::*;
        matches!(self, Int | I8 | I16 | I32 | U8 | U16 | U32 | U64)
    }

    /// Whether it is an integer type that holds negative numbers.
    pub fn is_signed(&self) -> bool {
        use Type::*;
        matches!(self, Int | I8 | I16 | I32)
    }

    /// Whether it is `float` or `f32`.
    pub fn is_real(&self) -> bool {
        matches!(self, Type::Float | Type::F32)
    }

    /// The width of a scalar in bytes; 0 for `unit`, `None` for a traced word.
    pub fn scalar_size(&self) -> Option<u32> {
        use Type::*;
        Some(match self {
            Unit => 0,
            Bool | I8 | U8 => 1,
            I16 | U16 => 2,
            I32 | U32 | F32 => 4,
            Int | Float | U64 | Pid | MonitorRef | Ptr => 8,
            _ => return None,
        })
    }
}
