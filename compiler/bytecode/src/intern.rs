//! Adding types and constants to a module so that equal ones stand once.

use crate::index::*;
use crate::module::{Const, Module};
use crate::types::{Type, predefined};
use rustc_hash::FxHashMap;

/// Finds the types and constants that a module already has. Of equal ones the first is found.
#[derive(Clone, Default, Debug)]
pub(crate) struct Interner {
    types: FxHashMap<Type, TypeIdx>,
    ints: FxHashMap<i64, IntIdx>,
    floats: FxHashMap<u64, FloatIdx>,
    strs: FxHashMap<String, StrIdx>,
    data: FxHashMap<Vec<u8>, DataIdx>,
}

impl Interner {
    /// Knows the predefined types.
    pub(crate) fn new() -> Self {
        let mut interner = Interner::default();
        for (position, ty) in predefined().into_iter().enumerate() {
            interner.types.entry(ty).or_insert(TypeIdx::new(position));
        }
        interner
    }

    /// The index of a type, if the module has it.
    pub(crate) fn find_type(&self, ty: &Type) -> Option<TypeIdx> {
        self.types.get(ty).copied()
    }

    /// The index of a type, added to the module if need be.
    pub(crate) fn ty(&mut self, module: &mut Module, ty: Type) -> TypeIdx {
        *self.types.entry(ty).or_insert_with_key(|ty| {
            module.types.push(ty.clone());
            TypeIdx::new(module.types.len() - 1)
        })
    }

    /// Takes note of a type that the module has at `idx`.
    pub(crate) fn note_type(&mut self, ty: Type, idx: TypeIdx) {
        self.types.entry(ty).or_insert(idx);
    }

    /// The constant operand for an integer.
    pub(crate) fn int(&mut self, module: &mut Module, int: i64) -> Const {
        Const::Int(*self.ints.entry(int).or_insert_with(|| {
            module.ints.push(int);
            IntIdx::new(module.ints.len() - 1)
        }))
    }

    /// The constant operand for a float, given by its bits.
    pub(crate) fn float(&mut self, module: &mut Module, bits: u64) -> Const {
        Const::Float(*self.floats.entry(bits).or_insert_with(|| {
            module.floats.push(bits);
            FloatIdx::new(module.floats.len() - 1)
        }))
    }

    /// The constant operand for a string.
    pub(crate) fn str(&mut self, module: &mut Module, text: &str) -> Const {
        if let Some(&idx) = self.strs.get(text) {
            return Const::Str(idx);
        }
        let idx = StrIdx::new(module.strs.len());
        module.strs.push(text.to_owned());
        self.strs.insert(text.to_owned(), idx);
        Const::Str(idx)
    }

    /// The constant operand for a byte sequence.
    pub(crate) fn data(&mut self, module: &mut Module, bytes: &[u8]) -> Const {
        if let Some(&idx) = self.data.get(bytes) {
            return Const::Data(idx);
        }
        let idx = DataIdx::new(module.data.len());
        module.data.push(bytes.to_owned());
        self.data.insert(bytes.to_owned(), idx);
        Const::Data(idx)
    }

    /// Appends an entry to a pool even if it has an equal one.
    pub(crate) fn append(&mut self, module: &mut Module, value: Literal) {
        match value {
            Literal::Int(int) => {
                self.ints.entry(int).or_insert(IntIdx::new(module.ints.len()));
                module.ints.push(int);
            }
            Literal::Float(bits) => {
                self.floats.entry(bits).or_insert(FloatIdx::new(module.floats.len()));
                module.floats.push(bits);
            }
            Literal::Str(text) => {
                self.strs.entry(text.clone()).or_insert(StrIdx::new(module.strs.len()));
                module.strs.push(text);
            }
            Literal::Data(bytes) => {
                self.data.entry(bytes.clone()).or_insert(DataIdx::new(module.data.len()));
                module.data.push(bytes);
            }
        }
    }

    /// The constant operand for a pool entry.
    pub(crate) fn literal(&mut self, module: &mut Module, value: Literal) -> Const {
        match value {
            Literal::Int(int) => self.int(module, int),
            Literal::Float(bits) => self.float(module, bits),
            Literal::Str(text) => self.str(module, &text),
            Literal::Data(bytes) => self.data(module, &bytes),
        }
    }
}

/// A value of the constant pool.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Literal {
    /// An integer.
    Int(i64),
    /// A float, by its bits.
    Float(u64),
    /// A string.
    Str(String),
    /// Bytes.
    Data(Vec<u8>),
}
