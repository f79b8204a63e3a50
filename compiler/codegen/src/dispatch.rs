//! Method calls through trait objects: one table of code for each method of each trait, indexed by the type id of
//! the object, counted from the lowest id that implements the trait.

use crate::env::Env;
use crate::symbol::Symbol;
use vitbc::{MethodIdx, Type, TypeIdx};
use vitte_abi::TypeId;
use vitte_abi::object::Repr;
use vitte_abi::types::Shape;

/// The dispatch tables of a program.
#[derive(Debug)]
pub struct Dispatch {
    traits: Vec<TraitTables>,
}

#[derive(Debug)]
struct TraitTables {
    trait_ty: TypeIdx,
    first_table: u32,
    n_methods: u32,
    /// The type ids of objects, ascending, with positions in [`vitbc::Module::impls`].
    impls: Vec<(TypeId, usize)>,
}

impl Dispatch {
    /// Numbers the tables of a program.
    pub fn new(env: &Env<'_>) -> Dispatch {
        let mut traits: Vec<TraitTables> = Vec::new();
        let mut first_table = 0;
        for (trait_ty, ty, at) in implementations(env) {
            if let Some(last) = traits.last_mut().filter(|last| last.trait_ty == trait_ty) {
                last.impls.push((ty, at));
                continue;
            }
            let n_methods = env.module.impls[at].methods.len() as u32;
            traits.push(TraitTables { trait_ty, first_table, n_methods, impls: vec![(ty, at)] });
            first_table += n_methods;
        }
        Dispatch { traits }
    }

    /// The table of a method, and the type id of its first entry; `None` if no type implements the trait, so that
    /// there is no object to call.
    pub fn table(&self, trait_ty: TypeIdx, method: MethodIdx) -> Option<(Symbol, TypeId)> {
        let at = self.traits.binary_search_by_key(&trait_ty, |tables| tables.trait_ty).ok()?;
        let tables = &self.traits[at];
        Some((Symbol::Dispatch(tables.first_table + method.0), tables.lowest()))
    }

    /// The number of entries of table `number`.
    pub fn len(&self, number: u32) -> usize {
        let tables = self.tables(number);
        (tables.highest() - tables.lowest()) as usize + 1
    }

    /// The filled entries of table `number`: their positions, and the code there.
    pub fn entries<'a>(&'a self, env: &'a Env<'_>, number: u32) -> impl Iterator<Item = (usize, Symbol)> + 'a {
        let tables = self.tables(number);
        let method = (number - tables.first_table) as usize;
        tables.impls.iter().map(move |&(ty, at)| {
            let imp = &env.module.impls[at];
            let func = imp.methods[method];
            let code = match env.layout.repr(imp.ty) {
                Repr::Ref => Symbol::Function(func),
                _ => Symbol::UnboxReceiver(func),
            };
            ((ty - tables.lowest()) as usize, code)
        })
    }

    fn tables(&self, number: u32) -> &TraitTables {
        let after = self.traits.partition_point(|tables| tables.first_table <= number);
        let tables = &self.traits[after - 1];
        debug_assert!(number < tables.first_table + tables.n_methods);
        tables
    }
}

impl TraitTables {
    fn lowest(&self) -> TypeId {
        self.impls[0].0
    }

    fn highest(&self) -> TypeId {
        self.impls[self.impls.len() - 1].0
    }
}

/// Trait, type id of objects, position of the implementation; sorted. A function type has many type ids, one for each
/// function that is used as a value.
fn implementations(env: &Env<'_>) -> Vec<(TypeIdx, TypeId, usize)> {
    let mut all = Vec::new();
    for (at, imp) in env.module.impls.iter().enumerate() {
        match env.module.ty(imp.ty) {
            Type::Fn(_) => all.extend(env.layout.closure_functions().filter_map(|func| {
                let id = env.layout.closure(func).0;
                matches!(env.layout.table.types[id as usize].shape, Shape::Closure(ty, _) if ty == imp.ty.0)
                    .then_some((imp.trait_ty, id, at))
            })),
            _ => all.push((imp.trait_ty, imp.ty.0, at)),
        }
    }
    all.sort_unstable();
    all
}
