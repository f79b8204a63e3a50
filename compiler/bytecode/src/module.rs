//! The module model: what a `.vitbc` file or a `.vitasm` text says, in memory.
//!
//! A [`Module`] is plain data and may say anything; [`verify`](crate::verify::verify) turns it into a
//! [`Verified<Module>`](crate::Verified), which the engines take.

use crate::index::*;
use crate::inst::Inst;
use crate::types::{Impl, Signature, Type, predefined};

/// A unit of bytecode.
#[derive(Clone, PartialEq, Debug)]
pub struct Module {
    /// The module's name, by which others import it.
    pub name: String,
    /// All types, the predefined ones first.
    pub types: Vec<Type>,
    /// Which types implement which traits.
    pub impls: Vec<Impl>,
    /// The constant pool: integers.
    pub ints: Vec<i64>,
    /// The constant pool: floats, kept by their bits.
    pub floats: Vec<u64>,
    /// The constant pool: strings.
    pub strs: Vec<String>,
    /// The constant pool: byte sequences.
    pub data: Vec<Vec<u8>>,
    /// Functions of other modules. They come first in the function index space.
    pub imports: Vec<Import>,
    /// C functions.
    pub externs: Vec<Extern>,
    /// Functions of the runtime.
    pub natives: Vec<Native>,
    /// Named constants.
    pub globals: Vec<Global>,
    /// The functions that the module defines; the first has index `imports.len()`.
    pub functions: Vec<Function>,
    /// What other modules, or C, may use.
    pub exports: Vec<Export>,
    /// Where the program starts: takes nothing or `[str]`, gives `unit` or `int`.
    pub entry: Option<FuncIdx>,
    /// Source files of the line tables.
    pub files: Vec<String>,
    /// Free key–value pairs; nothing interprets them.
    pub meta: Vec<(String, String)>,
    /// Whether the module uses foreign functions or raw memory, which no verifier can vouch for.
    pub foreign: bool,
}

/// A function of another module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Import {
    /// The module that exports it.
    pub module: String,
    /// Its name there.
    pub name: String,
    /// Its type, checked when modules are linked.
    pub signature: Signature,
}

/// A C function.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Extern {
    /// The library, as after `-l`; empty for the C library.
    pub library: String,
    /// The symbol.
    pub symbol: String,
    /// Parameters and result: scalars, structs of scalars, and `str` for parameters.
    pub signature: Signature,
    /// Whether more arguments may follow.
    pub variadic: bool,
    /// Whether it may take its time: other processes run meanwhile. It must not call back.
    pub blocking: bool,
}

/// A function of the runtime, called by name.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Native {
    /// Its name in the runtime's table.
    pub name: String,
    /// Its type, checked against that table before code is made or run.
    pub signature: Signature,
}

/// A named constant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Global {
    /// Its name.
    pub name: String,
    /// Its type: a scalar, `str` or an optional of them, or `any`.
    pub ty: TypeIdx,
    /// Its value.
    pub value: Const,
}

/// A function that the module defines.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Function {
    /// Its name; need not be unique.
    pub name: String,
    /// How many of the registers are parameters.
    pub n_params: u32,
    /// The types of all registers, the parameters first.
    pub regs: Vec<TypeIdx>,
    /// The result type.
    pub result: TypeIdx,
    /// The types of the captured values, for a closure body.
    pub captures: Vec<TypeIdx>,
    /// The instructions.
    pub code: Vec<Inst>,
    /// The try regions, inner before outer.
    pub handlers: Vec<Handler>,
    /// Source positions, by ascending instruction; each holds until the next.
    pub lines: Vec<Line>,
    /// Names of registers, for people.
    pub reg_names: Vec<(Reg, String)>,
}

/// A try region: an exception raised at an instruction in `start .. end` continues at `target`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Handler {
    /// The first instruction covered.
    pub start: Label,
    /// The first instruction after the region.
    pub end: Label,
    /// Where to continue. Outside the region.
    pub target: Label,
    /// Receives the exception; of type `any`.
    pub reg: Reg,
    /// Which exceptions are caught: those of this type; all if absent.
    pub filter: Option<TypeIdx>,
}

/// A source position.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Line {
    /// The instruction from which it holds.
    pub at: Label,
    /// The source file.
    pub file: FileIdx,
    /// The line, counted from 1.
    pub line: u32,
    /// The column in characters, counted from 1; 0 if unknown.
    pub column: u32,
}

/// A name that others may use.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Export {
    /// The name.
    pub name: String,
    /// What it names.
    pub item: ExportItem,
}

/// What an export names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExportItem {
    /// A function.
    Func(FuncIdx),
    /// A constant.
    Global(GlobalIdx),
}

/// A constant operand.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Const {
    /// The unit value.
    Unit,
    /// Nil, of an optional type or `any`.
    Nil,
    /// A truth value.
    Bool(bool),
    /// An integer of the pool, of any integer type that can hold it.
    Int(IntIdx),
    /// A float of the pool, rounded if the register is `f32`.
    Float(FloatIdx),
    /// A string of the pool.
    Str(StrIdx),
    /// Bytes of the pool.
    Data(DataIdx),
}

impl Default for Module {
    fn default() -> Self {
        Self::new("main")
    }
}

impl Module {
    /// An empty module that knows the predefined types.
    pub fn new(name: &str) -> Self {
        Module {
            name: name.to_owned(),
            types: predefined(),
            impls: vec![],
            ints: vec![],
            floats: vec![],
            strs: vec![],
            data: vec![],
            imports: vec![],
            externs: vec![],
            natives: vec![],
            globals: vec![],
            functions: vec![],
            exports: vec![],
            entry: None,
            files: vec![],
            meta: vec![],
            foreign: false,
        }
    }

    /// The type `idx` stands for.
    pub fn ty(&self, idx: TypeIdx) -> &Type {
        &self.types[idx.index()]
    }

    /// The function that the module defines under `idx`; `None` for an imported one.
    pub fn function(&self, idx: FuncIdx) -> Option<&Function> {
        self.functions.get(idx.index().checked_sub(self.imports.len())?)
    }

    /// The index of the function at `position` of [`Module::functions`].
    pub fn func_idx(&self, position: usize) -> FuncIdx {
        FuncIdx::new(self.imports.len() + position)
    }

    /// The name of a function, defined or imported.
    pub fn func_name(&self, idx: FuncIdx) -> &str {
        match self.imports.get(idx.index()) {
            Some(import) => &import.name,
            None => &self.functions[idx.index() - self.imports.len()].name,
        }
    }

    /// Parameter and result types of a function, defined or imported; `None` if there is no such function.
    pub fn signature(&self, idx: FuncIdx) -> Option<(&[TypeIdx], TypeIdx)> {
        if let Some(import) = self.imports.get(idx.index()) {
            return Some((&import.signature.params, import.signature.result));
        }
        let function = self.function(idx)?;
        Some((function.params(), function.result))
    }
}

impl Function {
    /// The types of the parameters.
    pub fn params(&self) -> &[TypeIdx] {
        &self.regs[..self.n_params as usize]
    }

    /// The source position of an instruction.
    pub fn line_at(&self, at: Label) -> Option<&Line> {
        let after = self.lines.partition_point(|line| line.at <= at);
        self.lines[..after].last()
    }
}
