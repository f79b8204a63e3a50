//! Our SSA form, between bytecode and CLIF: where inlining and specialisation happen, before safepoints are spilled.
//!
//! A function is a graph of blocks. A block has parameters (there are no phis), instructions, and one terminator.
//! Values have a machine representation ([`Repr`]); Vitte's types have turned into representations, offsets and type
//! ids, and compound instructions into checks, loads and stores that passes can see.
//!
//! Exceptions: outside try regions, instructions that throw simply leave the function. Inside, such an instruction
//! ends its block with [`Terminator::Try`], which names the handlers. So control flow is all in the terminators.
//!
//! Collections: where [`Op::collects`] says so (allocations, polls, calls) and nowhere else, references may change. CLIF
//! translation declares all `Ref` values for the stack maps; an address computed from a reference never lives across
//! such a point.
//!
//! Operands and results of [`Op::Helper`] and [`Op::Native`] follow the runtime's tables: `Float` is `F64`, traced types
//! are `Ref`, `Bool Int Pid Ptr Type` are `I64`, and `Bits` is slot bits: `Ref`, or an `I64` into which translation has
//! extended or cast the scalar. So a `Bits` result is of the representation that the instruction's result has.

mod build;
pub mod cfg;
mod effects;
mod print;
pub mod quiet;
pub mod traced;
pub mod verify;

pub use effects::Writes;

use cranelift_codegen::entity::{PrimaryMap, entity_impl};
use vitbc::{ExternIdx, FileIdx, FuncIdx, MethodIdx, StrIdx, TypeIdx};
use vitte_abi::TypeId;
use vitte_abi::functions::{Helper, NativeFn};
use vitte_abi::object::Repr;

/// A value, defined once: a block parameter or the result of an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Value(u32);
entity_impl!(Value, "v");

/// An instruction.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Inst(u32);
entity_impl!(Inst, "inst");

/// A basic block.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Block(u32);
entity_impl!(Block, "block");

/// A source position in [`Function::locs`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Loc(u32);
entity_impl!(Loc, "loc");

/// A function in SSA form. Its parameters are those of the entry block: the closure object first if
/// [`Function::takes_closure`], then the bytecode function's; `unit` parameters are left out.
#[derive(Clone, Debug)]
pub struct Function {
    /// Which function of the module it is.
    pub func: FuncIdx,
    /// Its name, for people.
    pub name: String,
    /// Whether the first parameter is the closure object, for a function with captures.
    pub takes_closure: bool,
    /// The representation of the result; `Unit` for none.
    pub result: Repr,
    /// All values.
    pub values: PrimaryMap<Value, ValueData>,
    /// All instructions, those of dead blocks included.
    pub insts: PrimaryMap<Inst, InstData>,
    /// All blocks.
    pub blocks: PrimaryMap<Block, BlockData>,
    /// The blocks in order of emission, the entry first; blocks that are not listed are dead.
    pub layout: Vec<Block>,
    /// Source positions.
    pub locs: PrimaryMap<Loc, LocData>,
}

/// What is known of a value.
#[derive(Clone, Debug)]
pub struct ValueData {
    /// How it is held; never `Unit`.
    pub repr: Repr,
    /// Where it is defined.
    pub def: ValueDef,
}

/// Where a value is defined.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ValueDef {
    /// Parameter number `1` of block `0`.
    Param(Block, u32),
    /// The result of an instruction. That of a [`Terminator::Try`] is not a value of its own: it reaches the normal
    /// successor as [`Arg::Result`].
    Inst(Inst),
}

/// An instruction with its operands.
#[derive(Clone, Debug)]
pub struct InstData {
    /// What it does.
    pub op: Op,
    /// Its operands.
    pub args: Vec<Value>,
    /// Its result.
    pub result: Option<Value>,
    /// Where it comes from.
    pub loc: Option<Loc>,
}

/// A basic block.
#[derive(Clone, Debug)]
pub struct BlockData {
    /// Its parameters.
    pub params: Vec<Value>,
    /// Its instructions, without the terminator's.
    pub insts: Vec<Inst>,
    /// How it ends.
    pub term: Terminator,
    /// Where the terminator comes from.
    pub term_loc: Option<Loc>,
    /// Seldom reached: kept out of the way of the others.
    pub cold: bool,
}

/// A source position, and the call through which its function was inlined.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct LocData {
    /// The function whose source it is.
    pub func: FuncIdx,
    /// File, line and column, if known.
    pub position: Option<(FileIdx, u32, u32)>,
    /// The call that was inlined here.
    pub caller: Option<Loc>,
}

/// A jump with the values of the target's parameters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Jump {
    /// Where to.
    pub block: Block,
    /// One for each parameter of the target.
    pub args: Vec<Arg>,
}

/// What a block parameter receives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arg {
    /// A value.
    Value(Value),
    /// The result of the instruction of a [`Terminator::Try`], on its normal edge.
    Result,
    /// The exception, an `any` word, on the edge to a handler.
    Exception,
}

/// Which exceptions a handler takes, and whose it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Catch {
    /// Those of this type; `None` for all.
    pub filter: Option<TypeIdx>,
    /// How many calls were inlined around the function that it is of.
    pub depth: u32,
}

/// How a block ends.
#[derive(Clone, PartialEq, Debug)]
pub enum Terminator {
    /// Go on there.
    Jump(Jump),
    /// Go on at the first if the value is not 0, else at the second.
    Branch(Value, Jump, Jump),
    /// Go on at number `value` of the list (unsigned), or at the last operand if there is none.
    Switch(Value, Vec<Jump>, Jump),
    /// Leave the function with its result.
    Return(Option<Value>),
    /// Leave the function by calling another in its place.
    TailCall(FuncIdx, Vec<Value>),
    /// Leave the function by calling a function value in its place; the first operand.
    TailCallClosure(Vec<Value>),
    /// Execute an instruction that may throw, see [`Op::throws`]. The handlers are tried in order.
    Try {
        /// The instruction; in no list of instructions, and without a result value.
        inst: Inst,
        /// Where to go on normally.
        normal: Jump,
        /// Where to go on with an exception.
        handlers: Vec<(Catch, Jump)>,
    },
    /// Never reached: after a throw, or after the runtime has ended the program.
    Unreachable,
}

/// Which memory a load or store touches. Different regions never overlap.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Region {
    /// Never changes once the object is initialised: headers, strings, tuples, payloads of variants, captures, boxes.
    Immutable,
    /// This field of this struct type.
    Field(TypeIdx, u32),
    /// The number of items of a list.
    ListLen,
    /// The buffer of a list.
    ListBuffer,
    /// The size of a buffer.
    BufferSize,
    /// Items held like this, in buffers.
    Items(Repr),
    /// The number of live entries of a map.
    MapLen,
    /// Which keys a map has, where their entries stand, and the buffer of the values.
    MapPlaces,
    /// Foreign memory. It may overlap with items, to which there are pointers.
    Foreign,
}

/// Comparison of integers: `s` signed, `u` unsigned.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum IntCond {
    Eq,
    Ne,
    Slt,
    Sle,
    Sgt,
    Sge,
    Ult,
    Ule,
    Ugt,
    Uge,
}

/// Comparison of floats: false with NaN, except `Ne`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum FloatCond {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// What a failed check raises; its operands follow the condition.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Failure {
    /// `DivideByZero`.
    Divide,
    /// `IndexError`, of index and length.
    Index,
    /// `NilError`.
    Nil,
    /// `TypeError`, of an `any` word that is not of this type.
    Type(TypeId),
    /// `TypeError`, of an object that is not of the variant with this tag.
    Variant(u16),
}

/// What an instruction does. Operands are `args`; integer operands and result of the plain arithmetic have one
/// representation, that of the result.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Op {
    // ---- constants
    /// An integer constant, sign-extended to 64 bits here.
    Int(Repr, i64),
    /// A float constant by its bits (`f32` in the lower half).
    Float(Repr, u64),
    /// An immediate traced word; 0 is nil.
    Word(u64),
    /// A constant string object.
    Str(StrIdx),
    /// The address of constant bytes, `I64`.
    Bytes(Box<[u8]>),
    /// The address of a C function, `I64`.
    Extern(ExternIdx),
    /// The address of a C function that calls this function, `I64`.
    Callback(FuncIdx),

    // ---- integers: two's complement, wrapping
    /// `a + b`
    Add,
    /// `a - b`
    Sub,
    /// `a * b`
    Mul,
    /// `a / b`; `b` is not 0, `MIN / -1` is `MIN`.
    SDiv,
    /// `a / b` unsigned; `b` is not 0.
    UDiv,
    /// `a % b`; `b` is not 0, `MIN % -1` is 0.
    SRem,
    /// `a % b` unsigned; `b` is not 0.
    URem,
    /// `a & b`
    And,
    /// `a | b`
    Or,
    /// `a ^ b`
    Xor,
    /// `a << b`, the count modulo the width.
    Shl,
    /// `a >> b` filling with the sign, the count modulo the width.
    AShr,
    /// `a >> b` filling with zeros, the count modulo the width.
    LShr,
    /// `-a`
    Neg,
    /// `!a`, all bits.
    Not,
    /// The lesser, signed.
    SMin,
    /// The greater, signed.
    SMax,
    /// The lesser, unsigned.
    UMin,
    /// The greater, unsigned.
    UMax,
    /// `|a|`, wrapping.
    IAbs,
    /// Leading zeros.
    Clz,
    /// Trailing zeros.
    Ctz,
    /// One bits.
    Popcnt,
    /// `a cond b` as `I8`, 0 or 1; also of two `Ref` for identity (`Eq`, `Ne`).
    ICmp(IntCond),

    // ---- floats
    /// `a + b`
    FAdd,
    /// `a - b`
    FSub,
    /// `a * b`
    FMul,
    /// `a / b`
    FDiv,
    /// `-a`
    FNeg,
    /// `|a|`
    FAbs,
    /// The lesser; NaN if either is.
    FMin,
    /// The greater; NaN if either is.
    FMax,
    /// `√a`
    Sqrt,
    /// Rounded down.
    Floor,
    /// Rounded up.
    Ceil,
    /// Rounded toward zero.
    Trunc,
    /// Rounded to nearest, ties to even.
    Nearest,
    /// `a cond b` as `I8`, 0 or 1.
    FCmp(FloatCond),

    // ---- conversions, to the representation given
    /// Sign extension.
    SExt(Repr),
    /// Zero extension.
    ZExt(Repr),
    /// The lower bits.
    Reduce(Repr),
    /// Signed integer to float.
    SToF(Repr),
    /// Unsigned integer to float.
    UToF(Repr),
    /// Float to signed integer, saturating, NaN gives 0.
    FToS(Repr),
    /// Float to unsigned integer, saturating, NaN gives 0.
    FToU(Repr),
    /// `f32` to `float`.
    Promote,
    /// `float` to `f32`.
    Demote,
    /// The same bits between integer and float.
    Bitcast(Repr),
    /// `b` if `a` is not 0, else `c`.
    Select,

    // ---- memory
    /// Load from object `a` at an offset in bytes.
    Load(Repr, u32, Region),
    /// Store `b` in object `a` at an offset. References need [`Op::Barrier`] first.
    Store(u32, Region),
    /// Load item number `b` (`I64`, in bounds) of buffer `a`.
    LoadItem(Repr),
    /// Store `c` as item number `b` of buffer `a`. References need [`Op::Barrier`] first.
    StoreItem(Repr),
    /// Load number `b` (`I64`, in bounds) of the constant numbers at the address `a`, which [`Op::Bytes`] gives.
    LoadTable(Repr),
    /// Load from the foreign address `a` plus an offset.
    LoadForeign(Repr, i64),
    /// Store `b` at the foreign address `a` plus an offset.
    StoreForeign(i64),
    /// The address of the data of buffer `a`, `I64`; dead at the next collection.
    BufferData,
    /// A reference is about to be stored at this offset of object `a`.
    Barrier(u32),
    /// A reference is about to be stored as item number `b` of buffer `a`.
    BarrierItem,
    /// A new struct, tuple or variant (with its tag) of this type and these field values, in order of declaration.
    New(TypeId, u16),
    /// A new function value, with these captures.
    NewClosure(FuncIdx),
    /// All operands, slot bits held as `I64` or `Ref`, one after the other in memory of the frame: its address, `I64`.
    /// Read by the next helper call; nothing between them collects.
    Array,

    // ---- any
    /// The word of a scalar of this type.
    Box(TypeId),
    /// The scalar of this type in a word that holds one.
    Unbox(TypeId),
    /// Whether the word is of this type, as `I8`.
    IsType(TypeId),
    /// The same word, after a check has shown that it is an object, of the type that is then assumed. Loads take this
    /// value, so that none of them can come before the check.
    Refine,

    // ---- checks and calls
    /// If `a` is not 0, raise.
    Check(Failure),
    /// A loop goes round: a safepoint.
    Poll,
    /// Not 0 if a poll is due, `I64`: what [`Op::Poll`] asks.
    PollDue,
    /// The poll itself. The operands, all `Ref`, are handed over: [`Op::Moved`] gives them back.
    PollSlow,
    /// The operand with this number of the `PollSlow` before it in its block.
    Moved(u32),
    /// A function of the program, with its closure object before the arguments if it takes one.
    Call(FuncIdx),
    /// The function value `a`; then the arguments.
    CallClosure,
    /// The method of this trait on the trait object `a`; then the arguments.
    CallMethod(TypeIdx, MethodIdx),
    /// A helper of the runtime. An argument of the table's type `Bits` is an `I64` or a `Ref`.
    Helper(Helper),
    /// The word that the helper just before left in `context.result`, as [`Helper::vt_receive_peek`] does.
    Peeked,
    /// A native of the runtime.
    Native(NativeFn),
    /// Raise the `any` word `a`; the block ends in `Unreachable`.
    Throw,
    /// Raise the `any` word `a` again, going on with its stack trace.
    Rethrow,
}

impl Function {
    /// A function without blocks.
    pub fn new(func: FuncIdx, name: &str, result: Repr) -> Self {
        Function {
            func,
            name: name.to_owned(),
            takes_closure: false,
            result,
            values: PrimaryMap::new(),
            insts: PrimaryMap::new(),
            blocks: PrimaryMap::new(),
            layout: Vec::new(),
            locs: PrimaryMap::new(),
        }
    }

    /// The first block.
    pub fn entry(&self) -> Block {
        self.layout[0]
    }

    /// A new block at the end of the layout; it ends in `Unreachable` until told otherwise.
    pub fn add_block(&mut self) -> Block {
        let block = self.blocks.push(BlockData {
            params: Vec::new(),
            insts: Vec::new(),
            term: Terminator::Unreachable,
            term_loc: None,
            cold: false,
        });
        self.layout.push(block);
        block
    }

    /// A new parameter of `block`.
    pub fn add_param(&mut self, block: Block, repr: Repr) -> Value {
        let number = self.blocks[block].params.len() as u32;
        let value = self.values.push(ValueData { repr, def: ValueDef::Param(block, number) });
        self.blocks[block].params.push(value);
        value
    }

    /// A new instruction, in no block yet; with a result unless `result` is `Unit`.
    pub fn add_inst(&mut self, op: Op, args: Vec<Value>, result: Repr, loc: Option<Loc>) -> Inst {
        let inst = self.insts.push(InstData { op, args, result: None, loc });
        if result != Repr::Unit {
            let value = self.values.push(ValueData { repr: result, def: ValueDef::Inst(inst) });
            self.insts[inst].result = Some(value);
        }
        inst
    }

    /// A copy of an instruction, in no block yet, whose arguments are what `value` makes of the original's.
    pub fn copy_inst(&mut self, inst: Inst, value: impl Fn(Value) -> Value) -> Inst {
        let data = self.insts[inst].clone();
        let args = data.args.into_iter().map(value).collect();
        let repr = data.result.map_or(Repr::Unit, |result| self.repr(result));
        self.add_inst(data.op, args, repr, data.loc)
    }

    /// How a value is held.
    pub fn repr(&self, value: Value) -> Repr {
        self.values[value].repr
    }
}

impl Terminator {
    /// All jumps it may take.
    pub fn jumps(&self) -> impl Iterator<Item = &Jump> {
        type Parts<'a> = (Option<&'a Jump>, &'a [Jump], &'a [(Catch, Jump)], Option<&'a Jump>);
        let (first, many, handlers, last): Parts<'_> = match self {
            Terminator::Jump(jump) => (Some(jump), &[], &[], None),
            Terminator::Branch(_, then, other) => (Some(then), &[], &[], Some(other)),
            Terminator::Switch(_, jumps, default) => (None, jumps, &[], Some(default)),
            Terminator::Try { normal, handlers, .. } => (Some(normal), &[], handlers, None),
            _ => (None, &[], &[], None),
        };
        first.into_iter().chain(many).chain(handlers.iter().map(|handler| &handler.1)).chain(last)
    }

    /// All jumps it may take, to be changed.
    pub fn jumps_mut(&mut self) -> impl Iterator<Item = &mut Jump> {
        type Parts<'a> = (Option<&'a mut Jump>, &'a mut [Jump], &'a mut [(Catch, Jump)], Option<&'a mut Jump>);
        let (first, many, handlers, last): Parts<'_> = match self {
            Terminator::Jump(jump) => (Some(jump), &mut [], &mut [], None),
            Terminator::Branch(_, then, other) => (Some(then), &mut [], &mut [], Some(other)),
            Terminator::Switch(_, jumps, default) => (None, jumps, &mut [], Some(default)),
            Terminator::Try { normal, handlers, .. } => (Some(normal), &mut [], handlers, None),
            _ => (None, &mut [], &mut [], None),
        };
        first.into_iter().chain(many).chain(handlers.iter_mut().map(|handler| &mut handler.1)).chain(last)
    }
}
