//! Spelling types.

use crate::index::TypeIdx;
use crate::module::Module;
use crate::text::names::Names;
use crate::text::spell;
use crate::types::{BUILTIN_NAMES, Signature, Type};

/// A type of more parts than this is referred to by its index: types that share parts could fill any memory.
const MAX_PARTS: u32 = 64;

/// How the types of a module are written.
pub(in crate::text) struct TypeTexts<'m> {
    types: &'m [Type],
    names: Names,
    /// How many types each type consists of, counted up to a little above `MAX_PARTS`.
    sizes: Vec<u32>,
}

impl<'m> TypeTexts<'m> {
    /// Looks at all types of the module.
    pub(in crate::text) fn new(module: &'m Module) -> Self {
        let mut names = Names::new("type");
        let mut sizes: Vec<u32> = Vec::with_capacity(module.types.len());
        for (position, ty) in module.types.iter().enumerate() {
            if let Some(name) = ty.name() {
                names.add(name, position as u32);
            }
            let mut size = 1u32;
            for_each_part(ty, |part| {
                size = match sizes.get(part.index()) {
                    Some(part) => size.saturating_add(*part),
                    // A nominal type further down. Others are refused by the verifier.
                    None if module.types.get(part.index()).is_some_and(|ty| ty.name().is_some()) => size + 1,
                    None => u32::MAX,
                };
            });
            sizes.push(if ty.name().is_some() { 1 } else { size.min(MAX_PARTS + 1) });
        }
        TypeTexts { types: &module.types, names, sizes }
    }

    /// Whether the type is written in full where it is used, or has a name.
    pub(in crate::text) fn is_written(&self, idx: TypeIdx) -> bool {
        self.sizes.get(idx.index()).is_some_and(|&size| size <= MAX_PARTS)
    }

    /// The type as it is written where it is used.
    pub(in crate::text) fn text(&self, idx: TypeIdx) -> String {
        match self.types.get(idx.index()) {
            // In reserve.
            Some(Type::Unit) if idx != TypeIdx::UNIT => format!("#{}", idx.0),
            Some(ty) if self.is_written(idx) => self.form(idx, ty),
            _ => format!("#{}", idx.0),
        }
    }

    /// What an item TYPE says for `ty`, which is structural.
    pub(in crate::text) fn structure(&self, ty: &Type) -> String {
        match ty {
            Type::List(item) => format!("[{}]", self.text(*item)),
            Type::Map(key, value) => format!("{{{}: {}}}", self.text(*key), self.text(*value)),
            Type::Tuple(items) => format!("({})", self.list(items)),
            Type::Optional(inner) => match self.types.get(inner.index()) {
                Some(Type::Fn(_)) if self.is_written(*inner) => format!("({})?", self.text(*inner)),
                _ => format!("{}?", self.text(*inner)),
            },
            Type::Fn(signature) => format!("fn{}", self.signature(signature)),
            _ => "unit".to_owned(),
        }
    }

    /// `(A, B) -> R`, without a result that is `unit`.
    pub(in crate::text) fn signature(&self, signature: &Signature) -> String {
        format!("({}){}", self.list(&signature.params), self.result(signature.result, TypeIdx::UNIT))
    }

    /// ` -> R`, nothing for the result that is meant if none is written.
    pub(in crate::text) fn result(&self, result: TypeIdx, default: TypeIdx) -> String {
        if result == default { String::new() } else { format!(" -> {}", self.text(result)) }
    }

    /// Types with commas.
    pub(in crate::text) fn list(&self, types: &[TypeIdx]) -> String {
        types.iter().map(|&ty| self.text(ty)).collect::<Vec<_>>().join(", ")
    }

    fn form(&self, idx: TypeIdx, ty: &Type) -> String {
        if let Some(builtin) = BUILTIN_NAMES.get(idx.index()) {
            return (*builtin).to_owned();
        }
        match ty.name() {
            Some(name) if self.names.find(name).is_some() => spell::name(name),
            Some(_) => format!("#{}", idx.0),
            None => self.structure(ty),
        }
    }
}

/// Calls `f` with the types that a structural type is made of, in the order in which they are written.
pub(super) fn for_each_part(ty: &Type, mut f: impl FnMut(TypeIdx)) {
    match ty {
        Type::List(part) | Type::Optional(part) => f(*part),
        Type::Map(key, value) => {
            f(*key);
            f(*value);
        }
        Type::Tuple(items) => items.iter().for_each(|&item| f(item)),
        Type::Fn(signature) => {
            signature.params.iter().for_each(|&param| f(param));
            if signature.result != TypeIdx::UNIT {
                f(signature.result);
            }
        }
        _ => {}
    }
}
