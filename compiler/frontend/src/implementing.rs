//! Which types implement which traits.

use crate::program::{Generic, Head, ImplId, Program};
use crate::source::Span;
use crate::types::{AdtId, Infer, Kind, TraitId, Ty, Tys};

/// Why a type implements a trait.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Found {
    /// There is an `impl`, with these type arguments.
    Impl(ImplId, Vec<Ty>),
    /// It is a type parameter with this bound.
    Bound,
    /// The language itself says so.
    Builtin,
}

/// How many implementations may depend on each other.
const MAX_DEPTH: u32 = 32;

impl Program {
    /// How `ty` implements a trait, if it does. `generics` are the type parameters in scope; unification of what is
    /// still to be found happens in `infer`.
    pub(crate) fn find_impl(
        &mut self,
        infer: &mut Infer,
        generics: &[Generic],
        (trait_id, args): (TraitId, Tys),
        ty: Ty,
    ) -> Option<Found> {
        self.find_impl_at(infer, generics, (trait_id, args), ty, 0)
    }

    fn find_impl_at(
        &mut self,
        infer: &mut Infer,
        generics: &[Generic],
        (trait_id, args): (TraitId, Tys),
        ty: Ty,
        depth: u32,
    ) -> Option<Found> {
        let ty = infer.shallow(&self.types, ty);
        let kind = self.types.kind(ty);
        if kind == Kind::Error {
            return Some(Found::Builtin);
        }
        if let Kind::Param(position, _) = kind
            && let Some(generic) = generics.get(position as usize)
        {
            for &(bound, bound_args) in &generic.bounds {
                if bound == trait_id {
                    let snapshot = infer.snapshot();
                    if infer.unify_lists(&mut self.types, bound_args, args) {
                        return Some(Found::Bound);
                    }
                    infer.roll_back(snapshot);
                }
            }
        }
        let head = self.head(ty)?;
        for head in [head, Head::All] {
            for id in self.trait_impls.get(&(trait_id, head)).cloned().unwrap_or_default() {
                let snapshot = infer.snapshot();
                if let Some(impl_args) = self.impl_fits(infer, generics, id, args, ty, depth) {
                    return Some(Found::Impl(id, impl_args));
                }
                infer.roll_back(snapshot);
            }
        }
        let lang = self.lang();
        let builtin = trait_id == lang.eq
            || trait_id == lang.to_str
            || trait_id == lang.num && kind.is_number()
            || trait_id == lang.ord && (kind.is_number() || kind == Kind::Str)
            || trait_id == lang.key && self.is_key(infer, ty, &mut vec![]);
        if let Kind::Trait(own, own_args) = kind
            && own == trait_id
            && infer.unify_lists(&mut self.types, own_args, args)
        {
            return Some(Found::Builtin);
        }
        builtin.then_some(Found::Builtin)
    }

    fn impl_fits(
        &mut self,
        infer: &mut Infer,
        generics: &[Generic],
        id: ImplId,
        args: Tys,
        ty: Ty,
        depth: u32,
    ) -> Option<Vec<Ty>> {
        let (pattern, of, n) = (self.imp(id).self_ty, self.imp(id).of, self.imp(id).generics.len());
        let impl_args: Vec<Ty> = (0..n).map(|_| infer.fresh(&mut self.types, Span::default())).collect();
        let pattern = self.types.subst(pattern, &impl_args);
        if !infer.unify(&mut self.types, pattern, ty) {
            return None;
        }
        let (_, of_args) = of?;
        let of_args = self.types.subst_list(of_args, &impl_args);
        if !infer.unify_lists(&mut self.types, of_args, args) || depth >= MAX_DEPTH {
            return None;
        }
        for (position, &arg) in impl_args.iter().enumerate() {
            for (bound, bound_args) in self.imp(id).generics[position].bounds.clone() {
                let bound_args = self.types.subst_list(bound_args, &impl_args);
                // What is not known yet may still turn out to fit.
                if let Kind::Infer(_) = infer.kind(&self.types, arg) {
                    continue;
                }
                self.find_impl_at(infer, generics, (bound, bound_args), arg, depth + 1)?;
            }
        }
        Some(impl_args.into_iter().map(|arg| infer.resolve(&mut self.types, arg)).collect())
    }

    /// Whether values of a type can be keys of maps. `open` holds the enums that are being looked at.
    pub(crate) fn is_key(&mut self, infer: &Infer, ty: Ty, open: &mut Vec<(AdtId, Tys)>) -> bool {
        match infer.kind(&self.types, ty) {
            Kind::Int | Kind::Bool | Kind::Str | Kind::Error => true,
            Kind::Tuple(items) => {
                let items: Vec<Ty> = self.types.list(items).to_vec();
                items.into_iter().all(|item| self.is_key(infer, item, open))
            }
            Kind::Adt(id, args) if self.adt(id).is_enum => {
                if open.contains(&(id, args)) || open.len() > 64 {
                    return true;
                }
                open.push((id, args));
                let fields: Vec<Ty> =
                    self.adt(id).variants.iter().flat_map(|variant| &variant.fields).map(|field| field.ty).collect();
                let args: Vec<Ty> = self.types.list(args).to_vec();
                let fits = fields.into_iter().all(|field| {
                    let field = self.types.subst(field, &args);
                    self.is_key(infer, field, open)
                });
                open.pop();
                fits
            }
            _ => false,
        }
    }
}
