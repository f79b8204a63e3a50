//! From syntax trees to the tables of [`Program`]: first all names, then what types their declarations mention, then
//! the implementations of traits.

mod declare;
mod implement;
mod signatures;

use crate::ast::Ast;
use crate::load::Load;
use crate::names::Name;
use crate::program::{Def, Lang, Module, ModuleId, Program};
use crate::types::Types;
use rustc_hash::{FxHashMap, FxHashSet};

/// Takes in what was loaded; `main` is the module whose names stand for themselves in messages.
pub(crate) fn collect(load: Load<'_>, main: ModuleId) -> (Program, Vec<Ast>) {
    let Load { names, sources, diagnostics, asts, modules: loaded, .. } = load;
    let mut program = Program {
        names,
        sources,
        diagnostics,
        types: Types::default(),
        modules: vec![],
        adts: vec![],
        traits: vec![],
        impls: vec![],
        funcs: vec![],
        consts: vec![],
        methods: FxHashMap::default(),
        inherited: FxHashMap::default(),
        trait_impls: FxHashMap::default(),
        lang: None,
        reported: FxHashSet::default(),
    };
    for module in &loaded {
        program.modules.push(Module {
            name: module.name.clone(),
            file: module.file,
            is_std: module.is_std,
            items: FxHashMap::default(),
            imports: FxHashMap::default(),
            missing: module.missing.clone(),
            variants: FxHashMap::default(),
        });
    }
    for (position, ast) in asts.iter().enumerate() {
        declare::declare(&mut program, ModuleId(position as u32), ast, main);
    }
    for (position, module) in loaded.iter().enumerate() {
        declare::bind_imports(&mut program, ModuleId(position as u32), module);
    }
    program.lang = Some(find_lang(&program));
    signatures::resolve(&mut program, &asts);
    implement::check(&mut program);
    (program, asts)
}

/// The module whose public names all others see.
pub(crate) const PRELUDE: ModuleId = ModuleId(0);
/// The module whose public names all others see where the prelude has no such.
pub(crate) const PROCESS: ModuleId = ModuleId(1);

fn find_lang(program: &Program) -> Lang {
    let find = |name: &str| {
        let name: Option<Name> = program.names.get(name);
        name.and_then(|name| program.module(PRELUDE).items.get(&name)).map(|entry| entry.def)
    };
    let lang_trait = |name: &str| match find(name) {
        Some(Def::Trait(id)) => id,
        _ => unreachable!("the prelude has no trait `{name}`"),
    };
    let lang_struct = |name: &str| match find(name) {
        Some(Def::Adt(id)) => id,
        _ => unreachable!("the prelude has no struct `{name}`"),
    };
    Lang {
        eq: lang_trait("Eq"),
        ord: lang_trait("Ord"),
        to_str: lang_trait("ToStr"),
        num: lang_trait("Num"),
        key: lang_trait("Key"),
        error: lang_trait("Error"),
        range: lang_struct("Range"),
        assert_error: lang_struct("AssertError"),
    }
}
