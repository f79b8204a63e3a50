//! The program as it will stand in memory, before addresses are known: three sections, and what is to be filled in.
//!
//! ```text
//! text        all functions, in the order of the module; then what the compiler added
//! constants   strings, bytes, dispatch tables, type table, code tables: never changed, without addresses
//! pointers    function values, addresses of C functions, the program record: constant once addresses are filled in
//! ```
//!
//! Object files and code in memory are both made of it.

mod data;

use crate::CompileError;
use crate::code::{Code, CodeReloc, CodeTarget};
use crate::dispatch::Dispatch;
use crate::env::Env;
use crate::ir;
use crate::reloc;
use crate::symbol::{Entry, Single, Symbol};
use crate::tables::Tables;
use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::ir::LibCall;
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::mem::offset_of;
use vitbc::{FileIdx, FuncIdx};
use vitte_abi::program::{Engine, Program};

/// A program, ready to be placed.
pub struct Image {
    /// The module's name.
    pub module: String,
    /// The source files that [`Placed::lines`] refer to.
    pub files: Vec<String>,
    /// Machine code.
    pub text: Section,
    /// Constants without addresses.
    pub constants: Section,
    /// Constants with addresses.
    pub pointers: Section,
    /// What stands in the text, ascending.
    pub functions: Vec<Placed>,
    /// What others define.
    pub imports: Vec<Import>,
    /// Where the program record stands in the pointers; `None` without entry, unless C calls its exports.
    pub program: Option<u32>,
}

/// A part of the image.
#[derive(Default)]
pub struct Section {
    /// Its contents.
    pub bytes: Vec<u8>,
    /// What is to be filled in, ascending.
    pub fixups: Vec<Fixup>,
}

/// Names a section.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SectionId {
    /// [`Image::text`].
    Text,
    /// [`Image::constants`].
    Constants,
    /// [`Image::pointers`].
    Pointers,
}

/// A place that is to be filled in.
pub struct Fixup {
    /// Where in its section.
    pub at: u32,
    /// How.
    pub kind: Reloc,
    /// With what.
    pub target: Target,
    /// How far from it.
    pub addend: i64,
}

/// What a fixup refers to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// A place in a section.
    Section(SectionId, u32),
    /// Number in [`Image::imports`].
    Import(u32),
}

/// A function in the text.
pub struct Placed {
    /// Which.
    pub symbol: Symbol,
    /// The name of its symbol.
    pub name: String,
    /// Where it begins.
    pub start: u32,
    /// How long it is.
    pub len: u32,
    /// Where its code comes from, for debug information: by ascending offsets in the function.
    pub lines: Vec<(u32, Option<Line>)>,
    /// For debuggers.
    pub unwind: Option<cranelift_codegen::isa::unwind::UnwindInfo>,
}

/// File, line and column.
pub type Position = (FileIdx, u32, u32);

/// Where some code comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// The place in the source.
    pub position: Position,
    /// The functions that were inlined around it, the outermost first.
    pub inlined: Vec<Inlined>,
}

/// A function that was inlined.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Inlined {
    /// Its name.
    pub function: String,
    /// Where it was called.
    pub call: Option<Position>,
}

/// Something that the runtime or a library defines.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Import {
    /// The symbol.
    pub name: Cow<'static, str>,
    /// For a C function the library it is declared in, empty for the C library; `None` for the runtime's own.
    pub library: Option<String>,
}

/// Alignment of functions in bytes; also of constants that are objects.
const FUNCTION_ALIGN: u32 = 16;
/// The most bytes of text, and of all constants with it, so that distances fit 31 bits.
const MAX_TEXT: usize = 256 << 20;
const MAX_CONSTANTS: usize = 1 << 30;
/// The most bytes of dispatch tables.
const MAX_DISPATCH: usize = 256 << 20;

impl Image {
    /// Puts a program together. `functions` are those of the program by [`FuncIdx`] of their code.
    ///
    /// # Errors
    /// A program that is too large for its distances.
    pub fn new(
        env: Env<'_>,
        dispatch: &Dispatch,
        functions: &FxHashMap<FuncIdx, &ir::Function>,
        codes: Vec<Code>,
    ) -> Result<Image, CompileError> {
        let mut builder = Builder {
            env,
            image: Image {
                module: env.module.name.clone(),
                files: env.module.files.clone(),
                text: Section::default(),
                constants: Section::default(),
                pointers: Section::default(),
                functions: Vec::with_capacity(codes.len()),
                imports: Vec::new(),
                program: None,
            },
            places: FxHashMap::default(),
            constants: FxHashMap::default(),
            imports: FxHashMap::default(),
        };
        let tables = builder.place_code(functions, &codes)?;
        builder.place_data(dispatch, &codes)?;
        if codes.iter().any(|code| code.symbol == Symbol::Entry(Entry::CallClosure)) {
            builder.place_program(&tables);
        }
        if builder.image.constants.bytes.len() + builder.image.pointers.bytes.len() > MAX_CONSTANTS {
            return Err(too_large());
        }
        for (number, code) in codes.into_iter().enumerate() {
            let start = builder.image.functions[number].start;
            for reloc in &code.relocs {
                builder.fill_in(start, reloc, &code.constants)?;
            }
            let placed = &mut builder.image.functions[number];
            placed.unwind = code.unwind;
            if let Symbol::Function(func) | Symbol::LargeFrame(func) = code.symbol {
                let function = functions[&func];
                let line = |loc: ir::Loc| line(&env, function, loc);
                placed.lines = code.lines.into_iter().map(|(at, loc)| (at, loc.and_then(line))).collect();
            }
        }
        Ok(builder.image)
    }

    /// Writes the collector into the program's record, if there is one.
    pub fn choose_collector(&mut self, engine: Engine) {
        if let Some(record) = self.program {
            let at = record as usize + offset_of!(Program, flags);
            // The flag is one of the lowest eight, and targets are little-endian.
            self.pointers.bytes[at] |= engine.flags() as u8;
        }
    }

    /// Writes the features of the processor that the code needs into the program's record, if there is one.
    pub fn require(&mut self, features: u64) {
        if let Some(record) = self.program {
            let at = record as usize + offset_of!(Program, cpu);
            self.pointers.bytes[at..at + 8].copy_from_slice(&features.to_le_bytes());
        }
    }

    /// A section.
    pub fn section(&self, id: SectionId) -> &Section {
        match id {
            SectionId::Text => &self.text,
            SectionId::Constants => &self.constants,
            SectionId::Pointers => &self.pointers,
        }
    }
}

/// An image in the making.
struct Builder<'a> {
    env: Env<'a>,
    image: Image,
    /// Where symbols stand.
    places: FxHashMap<Symbol, (SectionId, u32)>,
    /// Where constant bytes stand.
    constants: FxHashMap<Box<[u8]>, u32>,
    imports: FxHashMap<Import, u32>,
}

impl Builder<'_> {
    fn place_code(
        &mut self,
        functions: &FxHashMap<FuncIdx, &ir::Function>,
        codes: &[Code],
    ) -> Result<Tables, CompileError> {
        let mut tables = Tables::default();
        self.places.insert(Symbol::Single(Single::Text), (SectionId::Text, 0));
        for code in codes {
            let text = &mut self.image.text.bytes;
            text.resize(text.len().next_multiple_of(code.align.max(FUNCTION_ALIGN) as usize), 0);
            if text.len() + code.bytes.len() > MAX_TEXT {
                return Err(too_large());
            }
            let (start, len) = (text.len() as u32, code.bytes.len() as u32);
            text.extend_from_slice(&code.bytes);
            self.places.insert(code.symbol, (SectionId::Text, start));
            let function = match code.symbol {
                Symbol::Function(func) | Symbol::LargeFrame(func) => functions.get(&func).copied(),
                _ => None,
            };
            tables.add(&self.env, function, code, start);
            let name = code.symbol.name(&self.env).into_owned();
            let placed = Placed { symbol: code.symbol, name, start, len, lines: Vec::new(), unwind: None };
            self.image.functions.push(placed);
        }
        Ok(tables)
    }

    /// Fills in what a function that stands at `start` refers to, as far as that is known.
    fn fill_in(&mut self, start: u32, reloc: &CodeReloc, constants: &[Box<[u8]>]) -> Result<(), CompileError> {
        let at = start + reloc.at;
        let target = match reloc.target {
            CodeTarget::Own(offset) => Target::Section(SectionId::Text, start + offset),
            CodeTarget::LibCall(call) => self.import(Import { name: libcall_name(call).into(), library: None }),
            CodeTarget::Symbol(Symbol::Bytes(number)) => {
                Target::Section(SectionId::Constants, self.constants[&constants[number as usize]])
            }
            CodeTarget::Symbol(symbol) => self.target(symbol),
        };
        match target {
            Target::Section(SectionId::Text, offset) if reloc::is_distance(reloc.kind) => {
                let target = u64::from(offset).wrapping_add_signed(reloc.addend);
                reloc::apply(&mut self.image.text.bytes, at as usize, reloc.kind, u64::from(at), target)
                    .map_err(|_| too_large())?;
            }
            _ => self.image.text.fixups.push(Fixup { at, kind: reloc.kind, target, addend: reloc.addend }),
        }
        Ok(())
    }

    fn target(&mut self, symbol: Symbol) -> Target {
        if let Some(&(section, offset)) = self.places.get(&symbol) {
            return Target::Section(section, offset);
        }
        assert!(symbol.is_import(), "{symbol:?} is defined nowhere");
        let env = &self.env;
        let library = match symbol {
            Symbol::Extern(idx) => Some(env.module.externs[idx.index()].library.clone()),
            _ => None,
        };
        self.import(Import { name: symbol.name(env), library })
    }

    fn import(&mut self, import: Import) -> Target {
        let imports = &mut self.image.imports;
        Target::Import(*self.imports.entry(import).or_insert_with_key(|import| {
            imports.push(import.clone());
            imports.len() as u32 - 1
        }))
    }
}

/// Where the code with this location comes from; `None` if its file is unknown.
fn line(env: &Env<'_>, function: &ir::Function, loc: ir::Loc) -> Option<Line> {
    let mut data = &function.locs[loc];
    let position = data.position?;
    let mut inlined = Vec::new();
    while let Some(caller) = data.caller {
        let caller = &function.locs[caller];
        inlined.push(Inlined { function: env.module.func_name(data.func).to_owned(), call: caller.position });
        data = caller;
    }
    inlined.reverse();
    Some(Line { position, inlined })
}

fn too_large() -> CompileError {
    CompileError::TooLarge("the program is too large".to_owned())
}

/// What C calls the operation.
fn libcall_name(call: LibCall) -> &'static str {
    match call {
        LibCall::CeilF32 => "ceilf",
        LibCall::CeilF64 => "ceil",
        LibCall::FloorF32 => "floorf",
        LibCall::FloorF64 => "floor",
        LibCall::TruncF32 => "truncf",
        LibCall::TruncF64 => "trunc",
        LibCall::NearestF32 => "nearbyintf",
        LibCall::NearestF64 => "nearbyint",
        other => unreachable!("no code is made with {other:?}"),
    }
}
