//! Whether a text need not say which indices types, constants and files have.
//!
//! Where the parser meets a type or constant first decides its index. If that gives the indices that the module has,
//! items TYPE, CONST and FILE can be left out.

use super::types::{TypeTexts, for_each_part};
use crate::index::*;
use crate::inst::OperandRef;
use crate::module::*;
use crate::types::{Signature, Type};

/// The order in which a table's entries occur in the text.
#[derive(Default)]
struct Order {
    next: u32,
    disturbed: bool,
}

impl Order {
    fn meet(&mut self, index: u32) {
        if index == self.next {
            self.next += 1;
        } else if index > self.next {
            self.disturbed = true;
        }
    }

    /// Whether the entries occur in order, and all do.
    fn is_natural(&self, len: usize) -> bool {
        !self.disturbed && self.next as usize == len
    }
}

fn all_differ<T: std::hash::Hash + Eq>(entries: &[T]) -> bool {
    let mut seen = rustc_hash::FxHashSet::default();
    entries.iter().all(|entry| seen.insert(entry))
}

/// Whether the structural types follow the nominal ones, in the order in which they occur.
pub(super) fn types(module: &Module, texts: &TypeTexts<'_>) -> bool {
    let first = TypeIdx::FIRST_USER.index();
    let user = module.types.get(first..).unwrap_or_default();
    let n_nominal = user.iter().take_while(|ty| ty.name().is_some()).count();
    let structural = (first + n_nominal..).map(TypeIdx::new).take(user.len() - n_nominal);
    if structural.clone().any(|idx| module.ty(idx).name().is_some() || !texts.is_written(idx)) {
        return false;
    }
    let mut walk = TypeWalk { module, order: Order { next: (first + n_nominal) as u32, disturbed: false } };
    for ty in &user[..n_nominal] {
        match ty {
            Type::Struct(declared) => declared.fields.iter().for_each(|field| walk.ty(field.ty)),
            Type::Enum(declared) => {
                let fields = declared.variants.iter().flat_map(|variant| &variant.fields);
                fields.for_each(|field| walk.ty(field.ty));
            }
            Type::Trait(declared) => declared.methods.iter().for_each(|method| walk.signature(&method.signature)),
            _ => {}
        }
    }
    module.imports.iter().for_each(|import| walk.signature(&import.signature));
    module.externs.iter().for_each(|external| walk.signature(&external.signature));
    module.natives.iter().for_each(|native| walk.signature(&native.signature));
    module.globals.iter().for_each(|global| walk.ty(global.ty));
    for function in &module.functions {
        function.params().iter().chain(&function.captures).for_each(|&ty| walk.ty(ty));
        walk.ty(function.result);
    }
    for implementation in &module.impls {
        walk.ty(implementation.trait_ty);
        walk.ty(implementation.ty);
    }
    for function in &module.functions {
        function.regs[function.params().len()..].iter().for_each(|&ty| walk.ty(ty));
        function.handlers.iter().filter_map(|handler| handler.filter).for_each(|ty| walk.ty(ty));
        for inst in &function.code {
            inst.for_each_operand(|_, operand| {
                if let OperandRef::Type(ty) = operand {
                    walk.ty(ty);
                }
            });
        }
    }
    walk.order.is_natural(module.types.len())
}

struct TypeWalk<'m> {
    module: &'m Module,
    order: Order,
}

impl TypeWalk<'_> {
    /// Meets a type, after its parts. Types met before are not looked into again.
    fn ty(&mut self, idx: TypeIdx) {
        if idx.0 < self.order.next || self.order.disturbed {
            return;
        }
        if let Some(ty) = self.module.types.get(idx.index()) {
            // A part has a lower index, or this is not the natural order.
            for_each_part(ty, |part| match part < idx {
                true => self.ty(part),
                false => self.order.disturbed = true,
            });
        }
        self.order.meet(idx.0);
    }

    fn signature(&mut self, signature: &Signature) {
        signature.params.iter().for_each(|&param| self.ty(param));
        self.ty(signature.result);
    }
}

/// Which of the constant pools are in the order in which their entries occur, without repetition or rest.
pub(super) struct Pools {
    pub(super) ints: bool,
    pub(super) floats: bool,
    pub(super) strs: bool,
    pub(super) data: bool,
}

/// Looks at the constant pools.
pub(super) fn pools(module: &Module) -> Pools {
    let [mut ints, mut floats, mut strs, mut data] = [const { Order { next: 0, disturbed: false } }; 4];
    let mut meet = |value: Const| match value {
        Const::Int(idx) => ints.meet(idx.0),
        Const::Float(idx) => floats.meet(idx.0),
        Const::Str(idx) => strs.meet(idx.0),
        Const::Data(idx) => data.meet(idx.0),
        Const::Unit | Const::Nil | Const::Bool(_) => {}
    };
    module.globals.iter().for_each(|global| meet(global.value));
    for inst in module.functions.iter().flat_map(|function| &function.code) {
        inst.for_each_operand(|_, operand| {
            if let OperandRef::Const(value) = operand {
                meet(value);
            }
        });
    }
    Pools {
        ints: ints.is_natural(module.ints.len()) && all_differ(&module.ints),
        floats: floats.is_natural(module.floats.len()) && all_differ(&module.floats),
        strs: strs.is_natural(module.strs.len()) && all_differ(&module.strs),
        data: data.is_natural(module.data.len()) && all_differ(&module.data),
    }
}

/// Whether the source files stand in the order in which they occur.
pub(super) fn files(module: &Module) -> bool {
    let mut order = Order::default();
    module.functions.iter().flat_map(|function| &function.lines).for_each(|line| order.meet(line.file.0));
    order.is_natural(module.files.len()) && all_differ(&module.files)
}
