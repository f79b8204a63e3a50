//! Distinct index types: only the table that an index belongs to takes it.

macro_rules! index {
    ($($(#[$doc:meta])* $name:ident $prefix:literal;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
        pub struct $name(pub u32);

        impl $name {
            /// The position in its table.
            pub fn index(self) -> usize {
                self.0 as usize
            }

            /// The index of position `index`, which the limits keep below 2³².
            pub fn new(index: usize) -> Self {
                Self(u32::try_from(index).expect("tables are limited to 2^32 entries"))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }
    )* };
}

index! {
    /// A register of a function; the parameters come first.
    Reg "r";
    /// A type of [`Module::types`](crate::Module::types).
    TypeIdx "type ";
    /// A function: first the imported ones, then those that the module defines.
    FuncIdx "function ";
    /// A C function of [`Module::externs`](crate::Module::externs).
    ExternIdx "extern ";
    /// A runtime function of [`Module::natives`](crate::Module::natives).
    NativeIdx "native ";
    /// A constant of [`Module::globals`](crate::Module::globals).
    GlobalIdx "global ";
    /// An integer of the constant pool.
    IntIdx "int constant ";
    /// A float of the constant pool.
    FloatIdx "float constant ";
    /// A string of the constant pool.
    StrIdx "string constant ";
    /// A byte sequence of the constant pool.
    DataIdx "data constant ";
    /// The position of an instruction in its function; in files, its byte offset.
    Label "@";
    /// The position of a parameter.
    ParamIdx "parameter ";
    /// The position of a field in a struct, tuple or variant.
    FieldIdx "";
    /// The position of a variant in an enum; also its tag.
    VariantIdx "";
    /// The position of a method in a trait.
    MethodIdx "";
    /// The position of a captured value in a closure.
    CaptureIdx "";
    /// A source file of [`Module::files`](crate::Module::files).
    FileIdx "file ";
}
