//! The internal form of instructions: specialised by the types of their registers, so that the loop asks no questions.
//!
//! A function has as many [`Op`]s as instructions, in the same places, so labels, try regions and source positions
//! hold for both. Registers are slots of the frame: those of the bytecode, then one that takes unwanted results, then
//! one for the running closure. What does not fit sixteen bytes stands in the tables of
//! [`Func`](crate::program::Func).

use vitte_abi::TypeId;
use vitte_rt::object::Form;
use vitte_rt::stdlib::scalar::Operation;

/// A slot of the running frame.
pub type Slot = u16;

/// A scalar type, by its id.
pub type Scalar = u8;

/// A list of slots in [`Func::slots`](crate::program::Func): where it starts. Its length is known elsewhere.
pub type Slots = u32;

/// An operation on one scalar.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Unary {
    Neg,
    Not,
    Abs,
    Sqrt,
    Floor,
    Ceil,
    Trunc,
    Nearest,
    Popcnt,
    Clz,
    Ctz,
}

/// A shift; the count is taken modulo the width of the type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Shift {
    Left,
    Right,
    Unsigned,
}

/// What is asked of two values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Relation {
    Less,
    LessEqual,
}

/// One instruction. `dst` is written; where a comment is missing the name says what the instruction table says.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
#[rustfmt::skip]
pub enum Op {
    Nop,
    Const { dst: Slot, bits: u64 },
    /// String constant number `index`.
    LoadStr { dst: Slot, index: u32 },
    /// A fresh list of what is in byte sequence `index`.
    LoadData { dst: Slot, index: u32, ty: TypeId },
    /// Item of byte sequence `table`.
    TableGet { dst: Slot, index: Slot, form: Form, table: u32 },
    /// `any` word of a scalar that needs a box: number `index` of `Func::bits`.
    LoadBoxed { dst: Slot, ty: Scalar, index: u32 },
    Move { dst: Slot, src: Slot },

    AddInt { dst: Slot, a: Slot, b: Slot },
    SubInt { dst: Slot, a: Slot, b: Slot },
    MulInt { dst: Slot, a: Slot, b: Slot },
    DivInt { dst: Slot, a: Slot, b: Slot },
    RemInt { dst: Slot, a: Slot, b: Slot },
    /// On integers and `bool` of any width: the bits stay in the form that the type wants.
    AndBits { dst: Slot, a: Slot, b: Slot },
    OrBits { dst: Slot, a: Slot, b: Slot },
    XorBits { dst: Slot, a: Slot, b: Slot },
    ShlInt { dst: Slot, a: Slot, b: Slot },
    ShrInt { dst: Slot, a: Slot, b: Slot },
    AddFloat { dst: Slot, a: Slot, b: Slot },
    SubFloat { dst: Slot, a: Slot, b: Slot },
    MulFloat { dst: Slot, a: Slot, b: Slot },
    DivFloat { dst: Slot, a: Slot, b: Slot },
    /// On scalars of other types.
    Binary { operation: Operation, ty: Scalar, dst: Slot, a: Slot, b: Slot },
    Unary { operation: Unary, ty: Scalar, dst: Slot, src: Slot },
    Shift { shift: Shift, ty: Scalar, dst: Slot, a: Slot, b: Slot },
    MinMax { max: bool, ty: Scalar, dst: Slot, a: Slot, b: Slot },
    Convert { to: Scalar, from: Scalar, dst: Slot, src: Slot },
    /// Between `i32` or `u32` and `f32`; the others are moves.
    Bitcast32 { to: Scalar, dst: Slot, src: Slot },
    AddStr { dst: Slot, a: Slot, b: Slot },
    BinaryAny { operation: Operation, dst: Slot, a: Slot, b: Slot },
    NegAny { dst: Slot, src: Slot },
    NotAny { dst: Slot, src: Slot },

    EqBits { dst: Slot, a: Slot, b: Slot },
    NeBits { dst: Slot, a: Slot, b: Slot },
    /// On `float` and `f32`.
    EqScalar { ty: Scalar, negated: bool, dst: Slot, a: Slot, b: Slot },
    EqStr { negated: bool, dst: Slot, a: Slot, b: Slot },
    /// On all other types that are compared by value.
    EqValue { negated: bool, dst: Slot, a: Slot, b: Slot, ty: TypeId },
    /// On integers whose order is that of their slot bits as signed numbers.
    LtInt { dst: Slot, a: Slot, b: Slot },
    LeInt { dst: Slot, a: Slot, b: Slot },
    LtFloat { dst: Slot, a: Slot, b: Slot },
    LeFloat { dst: Slot, a: Slot, b: Slot },
    CompareScalar { relation: Relation, ty: Scalar, dst: Slot, a: Slot, b: Slot },
    CompareStr { relation: Relation, dst: Slot, a: Slot, b: Slot },
    CompareAny { relation: Relation, dst: Slot, a: Slot, b: Slot },
    Hash { dst: Slot, src: Slot, ty: TypeId },

    Jump { target: u32 },
    If { cond: Slot, target: u32 },
    IfNot { cond: Slot, target: u32 },
    IfAny { cond: Slot, wanted: bool, target: u32 },
    IfNil { src: Slot, target: u32 },
    /// A comparison together with the branch behind it, which keeps its place for those who jump to it.
    IfLtInt { dst: Slot, a: Slot, b: Slot, wanted: bool, target: u32 },
    IfLeInt { dst: Slot, a: Slot, b: Slot, wanted: bool, target: u32 },
    IfEqBits { dst: Slot, a: Slot, b: Slot, wanted: bool, target: u32 },
    IfLtFloat { dst: Slot, a: Slot, b: Slot, wanted: bool, target: u32 },
    IfLeFloat { dst: Slot, a: Slot, b: Slot, wanted: bool, target: u32 },
    /// `n` targets from `at` in `Func::targets`.
    Switch { value: Slot, at: u32, n: u32 },
    Return { src: Slot },
    /// Returns nothing, or nil.
    ReturnNone,
    Unreachable,

    Call { dst: Slot, func: u32, args: Slots },
    CallClosure { dst: Slot, callee: Slot, n: u16, args: Slots },
    /// `table` is the method's number in `Program::methods`.
    CallMethod { dst: Slot, object: Slot, n: u16, table: u32, args: Slots },
    CallNative { dst: Slot, n: u16, native: u32, args: Slots },
    /// `site` is a place in `Func::foreign`.
    CallExtern { dst: Slot, site: u32, args: Slots },
    TailCall { func: u32, args: Slots },
    TailCallClosure { callee: Slot, n: u16, args: Slots },
    /// `site` is a place in `Func::objects`.
    Closure { dst: Slot, site: u32, func: u32 },
    /// `index` is a place in `Program::callbacks`.
    Callback { dst: Slot, index: u32 },

    Throw { value: Slot },
    Rethrow { value: Slot },
    StackTrace { dst: Slot },

    /// A struct, tuple or variant; `site` is a place in `Func::objects`.
    New { dst: Slot, site: u32 },
    Load { dst: Slot, object: Slot, form: Form, offset: u32 },
    /// A field of 64 bits.
    Load64 { dst: Slot, object: Slot, offset: u32 },
    Store { object: Slot, value: Slot, form: Form, offset: u32 },
    Tag { dst: Slot, object: Slot },
    /// As `Load`, if the object has the tag.
    LoadVariant { dst: Slot, object: Slot, tag: u16, form: Form, offset: u32 },

    /// A scalar as `any` or optional.
    ToAny { dst: Slot, src: Slot, ty: Scalar },
    /// A scalar in a box, even if there is an immediate.
    ToBox { dst: Slot, src: Slot, ty: Scalar },
    /// The scalar in an optional.
    UnwrapScalar { dst: Slot, src: Slot },
    /// The reference in an optional.
    UnwrapRef { dst: Slot, src: Slot },
    IsNil { dst: Slot, src: Slot },
    FromAny { dst: Slot, src: Slot, ty: TypeId },
    IsType { dst: Slot, src: Slot, ty: TypeId },

    ToStr { dst: Slot, src: Slot, ty: TypeId },
    StrConcat { dst: Slot, n: u32, parts: Slots },
    StrLen { dst: Slot, src: Slot },
    StrByte { dst: Slot, src: Slot, index: Slot },
    StrSlice { dst: Slot, src: Slot, start: Slot, end: Slot },
    Print { src: Slot, ty: TypeId },

    List { dst: Slot, ty: TypeId, n: u32, items: Slots },
    ListFill { dst: Slot, len: Slot, value: Slot, ty: TypeId },
    ListLen { dst: Slot, list: Slot },
    ListGet { dst: Slot, list: Slot, index: Slot, form: Form },
    ListSet { list: Slot, index: Slot, value: Slot, form: Form },
    ListPush { list: Slot, value: Slot, form: Form },
    ListPop { dst: Slot, list: Slot, form: Form },
    ListInsert { list: Slot, index: Slot, value: Slot },
    ListRemove { dst: Slot, list: Slot, index: Slot },
    ListSlice { dst: Slot, list: Slot, start: Slot, end: Slot },
    ListExtend { list: Slot, other: Slot },
    ListTruncate { list: Slot, len: Slot },
    ListReserve { list: Slot, capacity: Slot },
    ListCopy { list: Slot, at: Slot, src: Slot, from: Slot, len: Slot },

    MapNew { dst: Slot, ty: TypeId },
    MapLen { dst: Slot, map: Slot },
    MapGet { dst: Slot, map: Slot, key: Slot },
    MapFind { dst: Slot, map: Slot, key: Slot },
    MapHas { dst: Slot, map: Slot, key: Slot },
    MapSet { map: Slot, key: Slot, value: Slot },
    MapRemove { dst: Slot, map: Slot, key: Slot },
    MapNext { dst: Slot, map: Slot, pos: Slot },
    MapKeyAt { dst: Slot, map: Slot, pos: Slot },
    MapValueAt { dst: Slot, map: Slot, pos: Slot },
    MapClear { map: Slot },

    Spawn { dst: Slot, body: Slot, link: bool },
    SelfPid { dst: Slot },
    Send { to: Slot, message: Slot },
    ReceivePeek { dst: Slot, empty: u32 },
    ReceiveTake,
    ReceiveSkip,
    ReceiveWait { dst: Slot, millis: Slot },

    PtrLoad { dst: Slot, address: Slot, form: Form, is_bool: bool, offset: i64 },
    PtrStore { address: Slot, value: Slot, form: Form, offset: i64 },
    PtrItems { dst: Slot, list: Slot },
    PtrStr { dst: Slot, address: Slot },
}

// The loop walks through them: a cache line holds four.
const _: () = assert!(size_of::<Op>() == 16);
