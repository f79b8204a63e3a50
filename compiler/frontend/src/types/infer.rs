//! Types to be found while a function is checked: unification.

use super::{Kind, Ty, Types, Tys};
use crate::source::Span;

/// The types to be found in one function.
#[derive(Default)]
pub(crate) struct Infer {
    vars: Vec<Option<Ty>>,
    origins: Vec<Span>,
    /// What has been found, in order, to be forgotten when a trial fails.
    trail: Vec<u32>,
}

/// A moment to which [`Infer::roll_back`] returns.
pub(crate) struct Snapshot {
    vars: usize,
    trail: usize,
}

impl Infer {
    /// A type to be found; `origin` is what a message about it points at.
    pub(crate) fn fresh(&mut self, types: &mut Types, origin: Span) -> Ty {
        self.vars.push(None);
        self.origins.push(origin);
        types.infer(self.vars.len() as u32 - 1)
    }

    /// Where a type to be found comes from.
    pub(crate) fn origin(&self, number: u32) -> Span {
        self.origins[number as usize]
    }

    /// The type itself, or what is known about it if it is to be found; parts may still be.
    pub(crate) fn shallow(&self, types: &Types, mut ty: Ty) -> Ty {
        while let Kind::Infer(number) = types.kind(ty) {
            match self.vars[number as usize] {
                Some(known) => ty = known,
                None => break,
            }
        }
        ty
    }

    /// What kind of type it is, as far as is known.
    pub(crate) fn kind(&self, types: &Types, ty: Ty) -> Kind {
        types.kind(self.shallow(types, ty))
    }

    /// The type with all that has been found in place.
    pub(crate) fn resolve(&self, types: &mut Types, ty: Ty) -> Ty {
        if !types.has_infer(ty) {
            return ty;
        }
        let ty = self.shallow(types, ty);
        if let Kind::Infer(_) = types.kind(ty) {
            return ty;
        }
        types.map_parts(ty, &mut |types, part| self.resolve(types, part))
    }

    /// Makes two types the same; false if they cannot be.
    pub(crate) fn unify(&mut self, types: &mut Types, a: Ty, b: Ty) -> bool {
        let (a, b) = (self.shallow(types, a), self.shallow(types, b));
        if a == b {
            return true;
        }
        match (types.kind(a), types.kind(b)) {
            (Kind::Error, _) | (_, Kind::Error) => true,
            (Kind::Infer(number), _) => self.bind(types, number, b),
            (_, Kind::Infer(number)) => self.bind(types, number, a),
            (Kind::List(a), Kind::List(b)) | (Kind::Optional(a), Kind::Optional(b)) | (Kind::Ptr(a), Kind::Ptr(b)) => {
                self.unify(types, a, b)
            }
            (Kind::Map(ak, av), Kind::Map(bk, bv)) => self.unify(types, ak, bk) && self.unify(types, av, bv),
            (Kind::Tuple(a), Kind::Tuple(b)) => self.unify_lists(types, a, b),
            (Kind::Adt(a, a_args), Kind::Adt(b, b_args)) => a == b && self.unify_lists(types, a_args, b_args),
            (Kind::Trait(a, a_args), Kind::Trait(b, b_args)) => a == b && self.unify_lists(types, a_args, b_args),
            (Kind::Fn(ap, ar), Kind::Fn(bp, br)) | (Kind::ExternFn(ap, ar), Kind::ExternFn(bp, br)) => {
                self.unify_lists(types, ap, bp) && self.unify(types, ar, br)
            }
            _ => false,
        }
    }

    pub(crate) fn unify_lists(&mut self, types: &mut Types, a: Tys, b: Tys) -> bool {
        if a == b {
            return true;
        }
        let (a, b) = (types.list(a).to_vec(), types.list(b).to_vec());
        a.len() == b.len() && a.into_iter().zip(b).all(|(a, b)| self.unify(types, a, b))
    }

    fn bind(&mut self, types: &mut Types, number: u32, ty: Ty) -> bool {
        if self.occurs(types, number, ty) {
            return false;
        }
        self.vars[number as usize] = Some(ty);
        self.trail.push(number);
        true
    }

    fn occurs(&self, types: &Types, number: u32, ty: Ty) -> bool {
        if !types.has_infer(ty) {
            return false;
        }
        let ty = self.shallow(types, ty);
        let kind = types.kind(ty);
        if kind == Kind::Infer(number) {
            return true;
        }
        let mut found = false;
        types.for_each_part(kind, |part| found |= self.occurs(types, number, part));
        found
    }

    /// The state of things: with [`Infer::roll_back`], a way to try unification out.
    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot { vars: self.vars.len(), trail: self.trail.len() }
    }

    /// Forgets what has been found since the snapshot.
    pub(crate) fn roll_back(&mut self, snapshot: Snapshot) {
        for number in self.trail.drain(snapshot.trail..) {
            self.vars[number as usize] = None;
        }
        self.vars.truncate(snapshot.vars);
        self.origins.truncate(snapshot.vars);
    }
}
