//! Giving written types their places in the module.
//!
//! Each type item takes the next index, in the text's order. Structural types that no item declares follow, in the
//! order in which they occur; each is preceded by the types that it is made of.

use super::errors::Errors;
use super::item::{FieldItem, TypeItem};
use super::names::{Names, Ref, did_you_mean};
use super::type_expr::{Form, SignatureExpr, TypeExpr};
use crate::codes::Code;
use crate::index::TypeIdx;
use crate::intern::Interner;
use crate::module::Module;
use crate::types::*;
use std::borrow::Cow;

/// The named types.
pub(super) struct Types {
    names: Names,
}

impl Types {
    /// Gives the declared types their indices and meaning.
    pub(super) fn declare(
        items: &[TypeItem<'_>],
        module: &mut Module,
        interner: &mut Interner,
        errors: &mut Errors,
    ) -> Types {
        let mut types = Types { names: Names::new("type") };
        for (position, ty) in module.types.iter().enumerate() {
            if let Some(name) = ty.name() {
                types.names.add(name, position as u32);
            }
        }
        for (idx, item) in (module.types.len() as u32..).zip(items) {
            match item {
                TypeItem::Struct((name, spot), _)
                | TypeItem::Enum((name, spot), _)
                | TypeItem::Trait((name, spot), _) => {
                    if types.names.has(name) {
                        let message = format!("there is another type `{}`", name.escape_debug());
                        errors.push(*spot, Code::REPEATED_NAME, message);
                    } else {
                        types.names.add(name.as_ref(), idx);
                    }
                }
                TypeItem::Structural(_) => {}
            }
        }
        // Structural types may refer to nominal ones further down, so all indices must exist first.
        let first = module.types.len();
        module.types.resize(first + items.len(), Type::Unit);
        for (idx, item) in (first..).zip(items) {
            if let TypeItem::Structural(expr) = item {
                module.types[idx] = types.declared(expr, interner, errors);
                interner.note_type(module.types[idx].clone(), TypeIdx::new(idx));
            }
        }
        for (idx, item) in (first..).zip(items) {
            let mut resolve = |fields: &[FieldItem<'_>]| types.fields(fields, module, interner, errors);
            let name = |name: &Cow<'_, str>| name.as_ref().into();
            module.types[idx] = match item {
                TypeItem::Structural(_) => continue,
                TypeItem::Struct((declared, _), fields) => {
                    Type::Struct(StructType { name: name(declared), fields: resolve(fields) })
                }
                TypeItem::Enum((declared, _), variants) => {
                    let variant =
                        |(variant, fields): &(_, Vec<_>)| VariantType { name: name(variant), fields: resolve(fields) };
                    Type::Enum(EnumType { name: name(declared), variants: variants.iter().map(variant).collect() })
                }
                TypeItem::Trait((declared, _), methods) => {
                    let method = |(method, signature): &(_, SignatureExpr<'_>)| MethodType {
                        name: name(method),
                        signature: types.signature(signature, module, interner, errors),
                    };
                    Type::Trait(TraitType { name: name(declared), methods: methods.iter().map(method).collect() })
                }
            };
        }
        types
    }

    fn fields(
        &self,
        fields: &[FieldItem<'_>],
        module: &mut Module,
        interner: &mut Interner,
        errors: &mut Errors,
    ) -> Box<[Field]> {
        let field = |(name, ty): &FieldItem<'_>| Field {
            name: name.as_ref().into(),
            ty: self.resolve(ty, module, interner, errors),
        };
        fields.iter().map(field).collect()
    }

    /// The type of an item `TYPE`, whose parts must be declared: it takes one index only.
    fn declared(&self, expr: &TypeExpr<'_>, interner: &Interner, errors: &mut Errors) -> Type {
        let mut missing = None;
        let ty = self.structure(expr, errors, &mut |part, errors| {
            let idx = self.declared_part(part, interner, errors);
            if idx.is_none() {
                missing.get_or_insert(part.spot);
            }
            idx.unwrap_or(TypeIdx::ANY)
        });
        if let Some(spot) = missing {
            let help = Some("put another TYPE item for this part before it".to_owned());
            errors.push_with(spot, Code::UNDECLARED_PART, "this part of the type has no index of its own yet", help);
        }
        match ty {
            Ok(ty) => ty,
            Err(_) => {
                let message = "TYPE declares lists, maps, tuples, optionals and function types only";
                errors.push(expr.spot, Code::UNEXPECTED_TOKEN, message);
                Type::Unit
            }
        }
    }

    fn declared_part(&self, expr: &TypeExpr<'_>, interner: &Interner, errors: &mut Errors) -> Option<TypeIdx> {
        let mut complete = true;
        let structure = self.structure(expr, errors, &mut |part, errors| {
            let idx = self.declared_part(part, interner, errors);
            complete &= idx.is_some();
            idx.unwrap_or(TypeIdx::ANY)
        });
        match structure {
            Ok(ty) if complete => interner.find_type(&ty),
            Ok(_) => None,
            Err(idx) => Some(idx),
        }
    }

    /// The index of a type, which is added to the module if it is structural and new.
    pub(super) fn resolve(
        &self,
        expr: &TypeExpr<'_>,
        module: &mut Module,
        interner: &mut Interner,
        errors: &mut Errors,
    ) -> TypeIdx {
        match self.structure(expr, errors, &mut |part, errors| self.resolve(part, module, interner, errors)) {
            Ok(ty) => interner.ty(module, ty),
            Err(idx) => idx,
        }
    }

    /// Parameters and result; `unit` if that is left out.
    pub(super) fn signature(
        &self,
        expr: &SignatureExpr<'_>,
        module: &mut Module,
        interner: &mut Interner,
        errors: &mut Errors,
    ) -> Signature {
        let mut part = |expr: &TypeExpr<'_>| self.resolve(expr, module, interner, errors);
        Signature {
            params: expr.params.iter().map(&mut part).collect(),
            result: expr.result.as_deref().map_or(TypeIdx::UNIT, part),
        }
    }

    /// The structural type that is written, its parts found by `part`; or the index of a type that has a name.
    fn structure(
        &self,
        expr: &TypeExpr<'_>,
        errors: &mut Errors,
        part: &mut dyn FnMut(&TypeExpr<'_>, &mut Errors) -> TypeIdx,
    ) -> Result<Type, TypeIdx> {
        Ok(match &expr.form {
            Form::Named { name, quoted } => return Err(self.named(name, *quoted, expr, errors)),
            Form::List(item) => Type::List(part(item, errors)),
            Form::Map(key, value) => Type::Map(part(key, errors), part(value, errors)),
            Form::Tuple(items) => Type::Tuple(items.iter().map(|item| part(item, errors)).collect()),
            Form::Optional(inner) => Type::Optional(part(inner, errors)),
            Form::Fn(signature) => Type::Fn(Signature {
                params: signature.params.iter().map(|param| part(param, errors)).collect(),
                result: signature.result.as_deref().map_or(TypeIdx::UNIT, |result| part(result, errors)),
            }),
        })
    }

    fn named(&self, reference: &Ref<'_>, quoted: bool, expr: &TypeExpr<'_>, errors: &mut Errors) -> TypeIdx {
        if let Ref::Name(name) = reference {
            if let Some(position) = BUILTIN_NAMES.iter().position(|builtin| !quoted && builtin == name) {
                return TypeIdx::new(position);
            }
            if !self.names.has(name) {
                let message = format!("there is no type `{}`", name.escape_debug());
                let help = did_you_mean(name, self.names.all().chain(BUILTIN_NAMES.iter().copied()));
                errors.push_with(expr.spot, Code::UNKNOWN_NAME, message, help);
                return TypeIdx::ANY;
            }
        }
        self.names.resolve(reference, expr.spot, errors).map_or(TypeIdx::ANY, TypeIdx)
    }
}
