//! What all processes of a program share: its types, its code tables, the options of the run.

use crate::heap::Shapes;
use crate::names::Names;
use crate::object::Form;
use crate::options::Options;
use crate::scheduler::Scheduler;
use crate::stdlib::number::{FLOATS, Floats};
use crate::ties::Reference;
use crate::unwind::Code;
use crate::word::Word;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use vitte_abi::TypeId;
use vitte_abi::foreign::Layout;
use vitte_abi::object::{immortal_header, offset, str_size, type_id};
use vitte_abi::types::{Record, Shape, TypeInfo, TypeTable};

/// A running program, apart from its processes. It lives as long as the operating system's process.
pub struct Runtime {
    types: TypeTable,
    forms: Box<[Form]>,
    scalars: Box<[bool]>,
    /// For each type that of its lists.
    lists: Box<[Option<TypeId>]>,
    shapes: Shapes,
    /// How C lays each type out, once it has crossed.
    c_layouts: Box<[OnceLock<Layout>]>,
    options: Options,
    args: Vec<String>,
    code: Option<Code>,
    floats: Option<&'static Floats>,
    scheduler: Scheduler,
    names: Names,
    last_reference: AtomicU64,
}

impl Runtime {
    /// A program of these types, with `args` as its command line, that has no compiled code.
    pub fn new(types: TypeTable, options: Options, args: Vec<String>) -> &'static Runtime {
        Runtime::with_code(types, None, Some(&FLOATS), options, args)
    }

    /// A program of these types and this code, and of what floats are written by, if it has any.
    pub(crate) fn with_code(
        types: TypeTable,
        code: Option<Code>,
        floats: Option<&'static Floats>,
        options: Options,
        args: Vec<String>,
    ) -> &'static Runtime {
        let forms = types.types.iter().enumerate().map(|(ty, info)| Form::new(ty as TypeId, info.repr)).collect();
        let scalars = types.types.iter().map(|info| matches!(info.shape, Shape::Scalar)).collect();
        let shapes = Shapes::new(&types);
        let mut lists = vec![None; types.types.len()];
        for (ty, info) in types.types.iter().enumerate() {
            if let Shape::List(item) = info.shape {
                lists[item as usize] = Some(ty as TypeId);
            }
        }
        let lists = lists.into();
        let c_layouts = types.types.iter().map(|_| OnceLock::new()).collect();
        Box::leak(Box::new(Runtime {
            types,
            forms,
            scalars,
            lists,
            shapes,
            c_layouts,
            scheduler: Scheduler::new(&options),
            options,
            args,
            code,
            floats,
            names: Names::default(),
            last_reference: AtomicU64::new(0),
        }))
    }

    /// All types.
    pub fn types(&self) -> &TypeTable {
        &self.types
    }

    /// One type.
    pub fn ty(&self, ty: TypeId) -> &TypeInfo {
        &self.types.types[ty as usize]
    }

    /// How values of a type are held.
    pub fn form(&self, ty: TypeId) -> Form {
        self.forms[ty as usize]
    }

    /// How the items of a list of this type, or of `bytes`, are held.
    pub fn item_form(&self, list: TypeId) -> Form {
        match self.ty(list).shape {
            Shape::List(item) => self.form(item),
            _ => Form::U8,
        }
    }

    /// The type of lists of `item`; the program must have it.
    pub fn list_of(&self, item: TypeId) -> TypeId {
        self.lists[item as usize].expect("the program has this list type")
    }

    /// Whether it is a number, truth value or handle: as an object, a box.
    pub fn is_scalar(&self, ty: TypeId) -> bool {
        self.scalars[ty as usize]
    }

    /// The layout of a tuple or struct, or of a closure.
    pub fn record(&self, ty: TypeId) -> &Record {
        match &self.ty(ty).shape {
            Shape::Tuple(record) | Shape::Struct(record) | Shape::Closure(_, record) => record,
            shape => unreachable!("type {ty} is no record: {shape:?}"),
        }
    }

    /// The layout of one variant of an enum.
    pub fn variant(&self, ty: TypeId, tag: u16) -> &Record {
        match &self.ty(ty).shape {
            Shape::Enum(variants) => &variants[usize::from(tag)].record,
            shape => unreachable!("type {ty} is no enum: {shape:?}"),
        }
    }

    /// Whether a type implements a trait.
    pub fn implements(&self, trait_ty: TypeId, ty: TypeId) -> bool {
        self.types.impls.binary_search(&(trait_ty, ty)).is_ok()
    }

    /// How C lays out a type that crosses to it.
    pub fn c_layout(&self, ty: TypeId) -> &Layout {
        self.c_layouts[ty as usize].get_or_init(|| Layout::of(&self.types, ty))
    }

    /// How the collector sees objects.
    pub(crate) fn shapes(&self) -> &Shapes {
        &self.shapes
    }

    /// The compiled code.
    pub(crate) fn code(&self) -> Option<&Code> {
        self.code.as_ref()
    }

    /// How floats are written.
    pub(crate) fn floats(&self) -> &Floats {
        self.floats.expect("only a program with floats writes one")
    }

    /// The processes.
    pub fn scheduler(&self) -> &Scheduler {
        &self.scheduler
    }

    /// The names of processes.
    pub(crate) fn names(&self) -> &Names {
        &self.names
    }

    /// A number for a monitor that no other has.
    pub(crate) fn new_reference(&self) -> Reference {
        self.last_reference.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The number that was given last: all later ones are larger.
    pub(crate) fn last_reference(&self) -> Reference {
        self.last_reference.load(Ordering::Relaxed)
    }

    /// The options of the run.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// The command line, without the program's name.
    pub fn args(&self) -> &[String] {
        &self.args
    }

    /// A string that lives for ever, outside every heap: a constant of an interpreted program.
    pub fn intern_constant(&self, text: &str) -> Word {
        let mut words = vec![0u64; str_size(text.len() as u64) as usize / 8];
        words[0] = immortal_header(type_id::STR, 0);
        words[1] = text.len() as u64;
        for (word, chunk) in words[offset::STR_BYTES as usize / 8..].iter_mut().zip(text.as_bytes().chunks(8)) {
            let mut bytes = [0; 8];
            bytes[..chunk.len()].copy_from_slice(chunk);
            *word = u64::from_le_bytes(bytes);
        }
        Word(words.leak().as_ptr() as u64)
    }
}
