//! A module made ready to run: every function decoded once.

use crate::decode::{self, Decoded};
use crate::error::Error;
use crate::op::{Op, Slot};
use std::cell::{Cell, OnceCell};
use std::collections::BTreeMap;
use vitbc::verify::Regions;
use vitbc::{Function, Label, Module, Verified};
use vitte_abi::TypeId;
use vitte_abi::functions::NativeFn;
use vitte_layout::{Layout, resolve_natives};
use vitte_rt::Runtime;
use vitte_rt::foreign::Callbacks;
use vitte_rt::object::Form;

/// A program.
#[derive(Debug)]
pub struct Program {
    /// The module that it was made from.
    pub module: Verified<Module>,
    /// How its values look in memory.
    pub layout: Layout,
    /// The runtime functions that it calls, by their index in the module.
    pub natives: Vec<NativeFn>,
    /// Its functions, by their position in the module.
    pub functions: Vec<Func>,
    /// The methods that are called through traits.
    pub methods: Vec<Method>,
    /// The function that the program starts with.
    pub entry: u32,
    /// The string constants, as traced words; see [`Program::link`].
    pub strs: Vec<u64>,
    /// The addresses of the C functions called so far.
    pub externs: Vec<Cell<Option<u64>>>,
    /// The functions that C calls.
    pub callbacks: Vec<CallbackSite>,
    /// Their addresses, once one was asked for; `None` where there are no such.
    pub callback_code: OnceCell<Option<Callbacks>>,
}

/// A function.
#[derive(Debug, Default)]
pub struct Func {
    /// One for each instruction.
    pub ops: Box<[Op]>,
    /// The slots of a frame.
    pub n_slots: u32,
    /// How many of them take arguments.
    pub n_params: u32,
    /// The slot of the running closure, if the function has captures.
    pub closure: Option<Slot>,
    /// The slots that hold traced words.
    pub roots: Box<[Slot]>,
    /// The try regions.
    pub handlers: Box<[Handler]>,
    /// How they nest; `None` if there are none.
    pub regions: Option<Regions>,
    /// Lists of slots.
    pub slots: Vec<Slot>,
    /// Targets of `Switch`.
    pub targets: Vec<u32>,
    /// Slot bits of constants that are boxed.
    pub bits: Vec<u64>,
    /// What is allocated.
    pub objects: Vec<ObjectSite>,
    /// The C functions that are called.
    pub foreign: Vec<ForeignSite>,
}

/// A try region's handler.
#[derive(Clone, Copy, Debug)]
pub struct Handler {
    /// Where to continue.
    pub target: u32,
    /// The slot for the exception.
    pub slot: Slot,
    /// The type caught, or all.
    pub filter: Option<TypeId>,
}

/// An object to be made, and where its fields come from.
#[derive(Debug)]
pub struct ObjectSite {
    /// Its type.
    pub ty: TypeId,
    /// The tag of its variant.
    pub tag: u16,
    /// Its size in bytes.
    pub size: u32,
    /// Its fields: the slot of the value, the offset in the object, the form.
    pub fields: Box<[(Slot, u32, Form)]>,
}

/// A call of a C function.
#[derive(Debug)]
pub struct ForeignSite {
    /// Its index in the module.
    pub external: u32,
    /// The number of its arguments.
    pub n_args: u32,
    /// What the runtime is told about the arguments, see [`vitte_abi::foreign`].
    pub signature: Box<[u8]>,
}

/// A function that C calls.
#[derive(Debug)]
pub struct CallbackSite {
    /// Its index in the module.
    pub func: u32,
    /// What the runtime is told about its arguments, see [`vitte_abi::foreign`].
    pub signature: Box<[u8]>,
}

/// A method called through a trait.
#[derive(Debug)]
pub struct Method {
    /// For each type that implements the trait: its function, and whether that takes the receiver as a scalar rather
    /// than as an object.
    pub functions: BTreeMap<TypeId, (u32, bool)>,
}

impl Program {
    /// Decodes the functions of a module. With `fuse`, comparisons are joined to the branches behind them, which is
    /// faster, but leaves no step between the two to be watched.
    ///
    /// # Errors
    /// A native that the runtime does not have, functions of other modules that were not linked, or no entry.
    pub fn new(module: Verified<Module>, fuse: bool) -> Result<Program, Error> {
        if let Some(import) = module.imports.first() {
            return Err(Error::NotLinked { function: import.name.clone(), module: import.module.clone() });
        }
        // Without imports, functions have the same indices in the module and here.
        let entry = module.entry.ok_or(Error::NoEntry)?.0;
        let natives = resolve_natives(&module)?;
        let layout = Layout::new(&module);
        let Decoded { functions, methods, callbacks } = decode::decode(&module, &layout, fuse);
        let (strs, externs, callback_code) = (vec![], vec![], OnceCell::new());
        Ok(Program { module, layout, natives, functions, methods, entry, strs, externs, callbacks, callback_code })
    }

    /// Makes what the program needs besides its functions, in a runtime that knows its types.
    pub fn link(mut self, runtime: &Runtime) -> Program {
        self.strs = self.module.strs.iter().map(|text| runtime.intern_constant(text).0).collect();
        self.externs = vec![Cell::new(None); self.module.externs.len()];
        self
    }

    /// The function that is decoded at `index`, as the module declares it.
    pub fn declared(&self, index: u32) -> &Function {
        &self.module.functions[index as usize]
    }

    /// The function that the program starts with, as the module declares it.
    pub fn entry(&self) -> &Function {
        self.declared(self.entry)
    }

    /// The type whose implementation of a trait an object uses: a closure's is its function type.
    pub fn implementing_type(&self, ty: TypeId) -> TypeId {
        match self.layout.table.types[ty as usize].shape {
            vitte_abi::types::Shape::Closure(fn_type, _) => fn_type,
            _ => ty,
        }
    }
}

impl Func {
    /// The handlers of the instruction at `pc`, inner first.
    pub fn handlers_at(&self, pc: u32) -> impl Iterator<Item = &Handler> {
        self.regions.iter().flat_map(move |regions| regions.handlers_at(Label(pc))).map(|region| &self.handlers[region])
    }
}
