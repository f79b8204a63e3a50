//! The module in the making, and what is known about its types and functions.

use crate::Dice;
use vitbc::types::Impl;
use vitbc::{Const, DataIdx, FloatIdx, FuncIdx, Function, GlobalIdx, IntIdx, Module, Signature, StrIdx, Type, TypeIdx};

/// A function and what calling it may cost.
#[derive(Clone, Copy, Debug)]
pub struct Callable {
    /// The function.
    pub func: FuncIdx,
    /// Executed instructions, at most.
    pub cost: u64,
}

/// Everything that functions are made of.
pub struct World {
    pub module: Module,
    pub dice: Dice,
    /// Types whose values can be made anywhere, printed and compared.
    pub values: Vec<TypeIdx>,
    /// Function types, each with functions that have it.
    pub closures: Vec<(TypeIdx, Vec<Callable>)>,
    /// Traits.
    pub traits: Vec<TypeIdx>,
    /// Functions to be called by name.
    pub callables: Vec<Callable>,
    /// What a method may cost, whichever type implements it.
    pub method_cost: u64,
    /// Takes fuel and a value.
    pub recursive: Option<Callable>,
}

impl World {
    pub fn new(seed: u64) -> World {
        World {
            module: Module::new(&format!("seed{seed}")),
            dice: Dice::new(seed),
            values: vec![],
            closures: vec![],
            traits: vec![],
            callables: vec![],
            method_cost: 0,
            recursive: None,
        }
    }

    /// The index of a type, added if need be.
    pub fn intern(&mut self, ty: Type) -> TypeIdx {
        match self.find(&ty) {
            Some(idx) => idx,
            None => {
                self.module.types.push(ty);
                TypeIdx::new(self.module.types.len() - 1)
            }
        }
    }

    /// The index of a type.
    pub fn find(&self, ty: &Type) -> Option<TypeIdx> {
        self.module.types.iter().position(|other| other == ty).map(TypeIdx::new)
    }

    pub fn ty(&self, idx: TypeIdx) -> &Type {
        self.module.ty(idx)
    }

    /// A type of [`World::values`].
    pub fn value_type(&mut self) -> TypeIdx {
        *self.dice.pick(&self.values)
    }

    /// A type of [`World::values`] that the predicate admits, if there is one.
    pub fn value_type_where(&mut self, admits: impl Fn(&World, TypeIdx) -> bool) -> Option<TypeIdx> {
        let fitting: Vec<TypeIdx> = self.values.iter().copied().filter(|&ty| admits(self, ty)).collect();
        (!fitting.is_empty()).then(|| *self.dice.pick(&fitting))
    }

    /// A type for a parameter: a value, a function or a trait object.
    pub fn any_param(&mut self) -> TypeIdx {
        match self.dice.below(10) {
            0 if !self.closures.is_empty() => self.dice.pick(&self.closures).0,
            1 if !self.traits.is_empty() => *self.dice.pick(&self.traits),
            _ => self.value_type(),
        }
    }

    /// Whether a value of type `from` may hold one of type `target`, itself included.
    pub fn reaches(&self, from: TypeIdx, target: TypeIdx) -> bool {
        let mut seen = vec![false; self.module.types.len()];
        let mut open = vec![from];
        while let Some(ty) = open.pop() {
            if ty == target {
                return true;
            }
            if std::mem::replace(&mut seen[ty.index()], true) {
                continue;
            }
            open.extend(self.parts(ty));
        }
        false
    }

    /// Whether a value may hold another of its own type.
    pub fn is_recursive(&self, ty: TypeIdx) -> bool {
        self.parts(ty).into_iter().any(|part| self.reaches(part, ty))
    }

    fn parts(&self, ty: TypeIdx) -> Vec<TypeIdx> {
        match self.ty(ty) {
            Type::List(item) | Type::Optional(item) => vec![*item],
            Type::Map(key, value) => vec![*key, *value],
            Type::Tuple(items) => items.to_vec(),
            Type::Struct(declared) => declared.fields.iter().map(|field| field.ty).collect(),
            Type::Enum(declared) => {
                declared.variants.iter().flat_map(|variant| &variant.fields).map(|field| field.ty).collect()
            }
            _ => vec![],
        }
    }

    /// The index that the next function will have.
    pub fn next_func(&self) -> FuncIdx {
        self.module.func_idx(self.module.functions.len())
    }

    pub fn define(&mut self, function: Function) -> FuncIdx {
        self.module.functions.push(function);
        self.module.func_idx(self.module.functions.len() - 1)
    }

    pub fn signature_of(&self, func: FuncIdx) -> Signature {
        let (params, result) = self.module.signature(func).expect("generated functions call existing ones");
        Signature { params: params.into(), result }
    }

    pub fn implement(&mut self, trait_ty: TypeIdx, ty: TypeIdx, methods: Vec<FuncIdx>) {
        self.module.impls.push(Impl { trait_ty, ty, methods: methods.into() });
    }

    /// The types that implement a trait.
    pub fn implementers(&self, trait_ty: TypeIdx) -> Vec<TypeIdx> {
        self.module.impls.iter().filter(|known| known.trait_ty == trait_ty).map(|known| known.ty).collect()
    }

    /// A global of the type, if there is one.
    pub fn global(&mut self, ty: TypeIdx) -> Option<GlobalIdx> {
        let position = self.module.globals.iter().position(|global| global.ty == ty)?;
        Some(GlobalIdx::new(position))
    }

    pub fn int_const(&mut self, int: i64) -> Const {
        Const::Int(IntIdx::new(position(&mut self.module.ints, int)))
    }

    pub fn float_const(&mut self, float: f64) -> Const {
        Const::Float(FloatIdx::new(position(&mut self.module.floats, float.to_bits())))
    }

    pub fn str_const(&mut self, text: &str) -> Const {
        Const::Str(StrIdx::new(position(&mut self.module.strs, text.to_owned())))
    }

    pub fn data_const(&mut self, bytes: &[u8]) -> Const {
        Const::Data(DataIdx::new(position(&mut self.module.data, bytes.to_owned())))
    }
}

/// Where the pool has the value, added if need be.
fn position<T: PartialEq>(pool: &mut Vec<T>, value: T) -> usize {
    match pool.iter().position(|other| *other == value) {
        Some(position) => position,
        None => {
            pool.push(value);
            pool.len() - 1
        }
    }
}
