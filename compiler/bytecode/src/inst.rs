//! Instructions in memory, and the ways through their operands, all derived from the [table](crate::ops).

use crate::index::*;
use crate::module::Const;

/// What an operand is, by its column in the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A register written.
    Def,
    /// A register written, or nothing.
    OptDef,
    /// A register read.
    Use,
    /// A register read, or nothing.
    OptUse,
    /// Registers read.
    Uses,
    /// A constant.
    Const,
    /// A parameter's position.
    Param,
    /// A field's position.
    Field,
    /// A variant's position.
    Variant,
    /// A method's position.
    Method,
    /// A captured value's position.
    Capture,
    /// A type.
    Type,
    /// A function.
    Func,
    /// A C function.
    Extern,
    /// A runtime function.
    Native,
    /// A global constant.
    Global,
    /// A jump target.
    Label,
    /// Jump targets.
    Labels,
    /// A signed integer.
    Imm,
}

/// A type pattern of the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pattern {
    /// Not a register, or checked by a rule of the instruction's own.
    Free,
    /// A type variable: `T U K V` are 0 to 3.
    Var(u8),
    /// This type.
    Is(TypeIdx),
    /// A list of the variable, or `bytes` with the variable standing for `u8`.
    List(u8),
    /// A map from one variable to the other.
    Map(u8, u8),
    /// An optional of the variable.
    Opt(u8),
}

/// What a type variable must be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// The verifier has a rule of its own for the instruction.
    Special,
    /// `Arith` or `str`.
    Addable,
    /// `Num` or `any`.
    Arith,
    /// Integers, `float`, `f32`.
    Num,
    /// Integers.
    Integer,
    /// `float`, `f32`.
    Real,
    /// Integers, `bool`, `any`.
    Bits,
    /// `Num`, `bool`, `ptr`.
    Scalar,
    /// `Num`, `str`, `any`.
    Ord,
    /// `bool`, `any`.
    Truth,
    /// Optionals, `any`.
    Nullable,
    /// An enum.
    Enum,
    /// Whatever lives on the heap: not a scalar.
    Object,
    /// What may be a map's key: `int`, `bool`, `str`, and tuples and enums of such.
    Key,
    /// `Num`, `bool`.
    Packed,
}

/// What an instruction may do besides writing its destination.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    /// May raise an exception.
    Throws,
    /// May allocate, and so collect.
    Allocs,
    /// Never falls through.
    Ends,
    /// Needs the module's `foreign` flag.
    Foreign,
    /// May suspend the process.
    Waits,
}

/// One operand column of a row.
#[derive(Clone, Copy, Debug)]
pub struct OperandInfo {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// The type pattern of a register.
    pub pattern: Pattern,
}

/// One row of the table.
#[derive(Debug)]
pub struct OpInfo {
    /// The mnemonic.
    pub mnemonic: &'static str,
    /// The doc comment, one line each.
    pub doc: &'static [&'static str],
    /// The operands in order.
    pub operands: &'static [OperandInfo],
    /// What the type variables must be; `(0, Special)` for a rule of its own.
    pub classes: &'static [(u8, Class)],
    /// What it may do.
    pub effects: &'static [Effect],
}

impl OpInfo {
    /// Whether the row has the effect.
    pub fn has(&self, effect: Effect) -> bool {
        self.effects.contains(&effect)
    }

    /// Whether the verifier has a rule of its own for the instruction.
    pub fn is_special(&self) -> bool {
        self.classes.iter().any(|&(_, class)| class == Class::Special)
    }
}

/// An operand's value, seen from outside.
#[derive(Clone, Copy, PartialEq, Debug)]
#[allow(missing_docs)]
pub enum OperandRef<'a> {
    Reg(Reg),
    OptReg(Option<Reg>),
    Regs(&'a [Reg]),
    Const(Const),
    Param(ParamIdx),
    Field(FieldIdx),
    Variant(VariantIdx),
    Method(MethodIdx),
    Capture(CaptureIdx),
    Type(TypeIdx),
    Func(FuncIdx),
    Extern(ExternIdx),
    Native(NativeIdx),
    Global(GlobalIdx),
    Label(Label),
    Labels(&'a [Label]),
    Imm(i64),
}

/// An operand's place, to be changed.
#[derive(Debug)]
#[allow(missing_docs)]
pub enum OperandMut<'a> {
    Reg(&'a mut Reg),
    OptReg(&'a mut Option<Reg>),
    Regs(&'a mut [Reg]),
    Const(&'a mut Const),
    Param(&'a mut ParamIdx),
    Field(&'a mut FieldIdx),
    Variant(&'a mut VariantIdx),
    Method(&'a mut MethodIdx),
    Capture(&'a mut CaptureIdx),
    Type(&'a mut TypeIdx),
    Func(&'a mut FuncIdx),
    Extern(&'a mut ExternIdx),
    Native(&'a mut NativeIdx),
    Global(&'a mut GlobalIdx),
    Label(&'a mut Label),
    Labels(&'a mut [Label]),
    Imm(&'a mut i64),
}

/// Where operands come from: the bytes of a file, the tokens of a text, a generator's dice.
#[allow(missing_docs)]
pub trait OperandSource {
    /// What can go wrong.
    type Error;
    fn reg(&mut self, info: &OperandInfo) -> Result<Reg, Self::Error>;
    fn opt_reg(&mut self, info: &OperandInfo) -> Result<Option<Reg>, Self::Error>;
    fn regs(&mut self, info: &OperandInfo) -> Result<Box<[Reg]>, Self::Error>;
    fn constant(&mut self, info: &OperandInfo) -> Result<Const, Self::Error>;
    /// An index of any kind but registers and labels, told apart by `info.kind`.
    fn index(&mut self, info: &OperandInfo) -> Result<u32, Self::Error>;
    fn label(&mut self, info: &OperandInfo) -> Result<Label, Self::Error>;
    fn labels(&mut self, info: &OperandInfo) -> Result<Box<[Label]>, Self::Error>;
    fn imm(&mut self, info: &OperandInfo) -> Result<i64, Self::Error>;
}

/// The Rust type of an operand kind, and how it is read and seen.
trait Operand: Sized {
    fn read<S: OperandSource>(source: &mut S, info: &OperandInfo) -> Result<Self, S::Error>;
    fn see(&self) -> OperandRef<'_>;
    fn see_mut(&mut self) -> OperandMut<'_>;
}

macro_rules! operand {
    ($ty:ty, $variant:ident, $read:ident, |$v:ident| $see:expr) => {
        impl Operand for $ty {
            fn read<S: OperandSource>(source: &mut S, info: &OperandInfo) -> Result<Self, S::Error> {
                source.$read(info)
            }
            fn see(&self) -> OperandRef<'_> {
                let $v = self;
                OperandRef::$variant($see)
            }
            fn see_mut(&mut self) -> OperandMut<'_> {
                OperandMut::$variant(self)
            }
        }
    };
    ($ty:ident, $variant:ident) => {
        impl Operand for $ty {
            fn read<S: OperandSource>(source: &mut S, info: &OperandInfo) -> Result<Self, S::Error> {
                source.index(info).map($ty)
            }
            fn see(&self) -> OperandRef<'_> {
                OperandRef::$variant(*self)
            }
            fn see_mut(&mut self) -> OperandMut<'_> {
                OperandMut::$variant(self)
            }
        }
    };
}

operand!(Reg, Reg, reg, |v| *v);
operand!(Option<Reg>, OptReg, opt_reg, |v| *v);
operand!(Box<[Reg]>, Regs, regs, |v| v);
operand!(Const, Const, constant, |v| *v);
operand!(Label, Label, label, |v| *v);
operand!(Box<[Label]>, Labels, labels, |v| v);
operand!(i64, Imm, imm, |v| *v);
operand!(ParamIdx, Param);
operand!(FieldIdx, Field);
operand!(VariantIdx, Variant);
operand!(MethodIdx, Method);
operand!(CaptureIdx, Capture);
operand!(TypeIdx, Type);
operand!(FuncIdx, Func);
operand!(ExternIdx, Extern);
operand!(NativeIdx, Native);
operand!(GlobalIdx, Global);

macro_rules! operand_type {
    (Def) => { Reg };
    (OptDef) => { Option<Reg> };
    (Use) => { Reg };
    (OptUse) => { Option<Reg> };
    (Uses) => { Box<[Reg]> };
    (Const) => { Const };
    (Param) => { ParamIdx };
    (Field) => { FieldIdx };
    (Variant) => { VariantIdx };
    (Method) => { MethodIdx };
    (Capture) => { CaptureIdx };
    (Type) => { TypeIdx };
    (Func) => { FuncIdx };
    (Extern) => { ExternIdx };
    (Native) => { NativeIdx };
    (Global) => { GlobalIdx };
    (Label) => { Label };
    (Labels) => { Box<[Label]> };
    (Imm) => { i64 };
}

macro_rules! variable {
    (T) => {
        0
    };
    (U) => {
        1
    };
    (K) => {
        2
    };
    (V) => {
        3
    };
}

macro_rules! pattern {
    () => {
        Pattern::Free
    };
    (_) => {
        Pattern::Free
    };
    (Int) => {
        Pattern::Is(TypeIdx::INT)
    };
    (Bool) => {
        Pattern::Is(TypeIdx::BOOL)
    };
    (Str) => {
        Pattern::Is(TypeIdx::STR)
    };
    (Any) => {
        Pattern::Is(TypeIdx::ANY)
    };
    (Pid) => {
        Pattern::Is(TypeIdx::PID)
    };
    (Ptr) => {
        Pattern::Is(TypeIdx::PTR)
    };
    ([$t:tt]) => {
        Pattern::List(variable!($t))
    };
    ({$k:tt $v:tt}) => {
        Pattern::Map(variable!($k), variable!($v))
    };
    ((opt $t:tt)) => {
        Pattern::Opt(variable!($t))
    };
    ($t:tt) => {
        Pattern::Var(variable!($t))
    };
}

macro_rules! class {
    (Special) => {
        (0, Class::Special)
    };
    ($t:tt $class:ident) => {
        (variable!($t), Class::$class)
    };
}

macro_rules! derive_instructions {
    ($(
        $(#[doc = $doc:literal])*
        $number:literal $mnemonic:ident = $name:ident {
            $($field:ident: $kind:ident $(<$pattern:tt>)?),* $(,)?
        } where { $($var:ident $(: $class:ident)?),* } [$($effect:ident)*];
    )*) => {
        /// The number of an instruction in files.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        #[repr(u8)]
        pub enum Opcode {
            $($(#[doc = $doc])* $name = $number,)*
        }

        /// An instruction.
        #[derive(Clone, PartialEq, Debug)]
        #[allow(missing_docs)]
        pub enum Inst {
            $($(#[doc = $doc])* $name { $($field: operand_type!($kind)),* },)*
        }

        impl Opcode {
            /// All of them, by ascending number.
            pub const ALL: &'static [Opcode] = &[$(Opcode::$name),*];

            /// The instruction of this number, if there is one.
            pub fn from_u8(number: u8) -> Option<Opcode> {
                match number {
                    $($number => Some(Opcode::$name),)*
                    _ => None,
                }
            }

            /// The instruction of this mnemonic, in upper case.
            pub fn from_mnemonic(mnemonic: &str) -> Option<Opcode> {
                match mnemonic {
                    $(stringify!($mnemonic) => Some(Opcode::$name),)*
                    _ => None,
                }
            }

            /// Its row.
            pub fn info(self) -> &'static OpInfo {
                match self {
                    $(Opcode::$name => {
                        const INFO: OpInfo = OpInfo {
                            mnemonic: stringify!($mnemonic),
                            doc: &[$($doc),*],
                            operands: &[$(OperandInfo {
                                name: stringify!($field),
                                kind: Kind::$kind,
                                pattern: pattern!($($pattern)?),
                            }),*],
                            classes: &[$(class!($var $($class)?)),*],
                            effects: &[$(Effect::$effect),*],
                        };
                        &INFO
                    })*
                }
            }
        }

        impl Inst {
            /// Which instruction it is.
            pub fn opcode(&self) -> Opcode {
                match self {
                    $(Inst::$name { .. } => Opcode::$name,)*
                }
            }

            /// Reads the operands of `opcode`, in the table's order.
            ///
            /// # Errors
            /// The first that the source reports.
            pub fn read<S: OperandSource>(opcode: Opcode, source: &mut S) -> Result<Inst, S::Error> {
                let _operands = opcode.info().operands;
                match opcode {
                    $(Opcode::$name => {
                        let mut _position = 0..;
                        $(let $field = Operand::read(source, &_operands[_position.next().unwrap_or(0)])?;)*
                        Ok(Inst::$name { $($field),* })
                    })*
                }
            }

            /// Shows each operand with its column, in the table's order.
            pub fn for_each_operand<'a>(&'a self, mut f: impl FnMut(&'static OperandInfo, OperandRef<'a>)) {
                let mut _info = self.opcode().info().operands.iter();
                match self {
                    $(Inst::$name { $($field),* } => {
                        $(if let Some(info) = _info.next() { f(info, $field.see()); })*
                    })*
                }
            }

            /// Gives each operand to be changed, in the table's order.
            pub fn for_each_operand_mut(&mut self, mut f: impl FnMut(&'static OperandInfo, OperandMut<'_>)) {
                let mut _info = self.opcode().info().operands.iter();
                match self {
                    $(Inst::$name { $($field),* } => {
                        $(if let Some(info) = _info.next() { f(info, $field.see_mut()); })*
                    })*
                }
            }
        }
    };
}

for_each_op!(derive_instructions);

impl Inst {
    /// Whether the instruction has the effect.
    pub fn has(&self, effect: Effect) -> bool {
        self.opcode().info().has(effect)
    }

    /// The register it writes, if any.
    pub fn def(&self) -> Option<Reg> {
        let mut def = None;
        self.for_each_operand(|info, operand| match (info.kind, operand) {
            (Kind::Def, OperandRef::Reg(reg)) => def = Some(reg),
            (Kind::OptDef, OperandRef::OptReg(reg)) => def = reg,
            _ => {}
        });
        def
    }

    /// Calls `f` for each register it reads.
    pub fn for_each_use(&self, mut f: impl FnMut(Reg)) {
        self.for_each_operand(|info, operand| match (info.kind, operand) {
            (Kind::Use, OperandRef::Reg(reg)) => f(reg),
            (Kind::OptUse, OperandRef::OptReg(Some(reg))) => f(reg),
            (Kind::Uses, OperandRef::Regs(regs)) => regs.iter().for_each(|&reg| f(reg)),
            _ => {}
        });
    }

    /// Calls `f` for each label it may jump to.
    pub fn for_each_label(&self, mut f: impl FnMut(Label)) {
        self.for_each_operand(|_, operand| match operand {
            OperandRef::Label(label) => f(label),
            OperandRef::Labels(labels) => labels.iter().for_each(|&label| f(label)),
            _ => {}
        });
    }
}
