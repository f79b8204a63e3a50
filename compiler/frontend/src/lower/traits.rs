//! Trait objects: which type implements which trait with which functions.

use super::{Lowering, Resolved};
use crate::implementing::Found;
use crate::program::{FuncId, Head};
use crate::source::Span;
use crate::types::{AdtId, Infer, Kind, Ty};
use vitbc::FuncIdx;

impl Lowering<'_, '_> {
    /// Makes sure that the module says how `ty` implements the trait object type `trait_ty`; false if it does not.
    pub(super) fn implement(&mut self, trait_ty: Ty, ty: Ty) -> bool {
        let Kind::Trait(id, args) = self.session.program.types.kind(trait_ty) else { return false };
        if matches!(self.session.program.types.kind(ty), Kind::Trait(..) | Kind::Any | Kind::Optional(_)) {
            return false;
        }
        if self.implemented.contains(&(trait_ty, ty)) {
            return true;
        }
        let found = self.session.program.find_impl(&mut Infer::default(), &[], (id, args), ty);
        if !matches!(found, Some(Found::Impl(..) | Found::Builtin)) {
            return false;
        }
        self.implemented.insert((trait_ty, ty));
        let mut targs = vec![ty];
        targs.extend_from_slice(self.session.program.types.list(args));
        let targs = self.session.program.types.tys(&targs);
        let mut methods: Vec<FuncIdx> = vec![];
        for method in self.session.program.trait_data(id).methods.clone() {
            methods.push(match self.resolve(method, targs) {
                Resolved::Func(func, targs) => self.callable(func, targs, Span::default()),
                Resolved::Builtin => self.wrapper(method, targs, Span::default()),
            });
        }
        let (trait_idx, idx) = (self.ty(trait_ty), self.ty(ty));
        self.out.implement(trait_idx, idx, &methods);
        true
    }

    /// A function that can stand where a function index is needed.
    pub(super) fn callable(&mut self, func: FuncId, targs: crate::types::Tys, span: Span) -> FuncIdx {
        match self.has_body(func) {
            true => self.instance(func, targs, span),
            false => self.wrapper(func, targs, span),
        }
    }

    /// Notes that values of a type may be found in `any`.
    pub(super) fn put_in_any(&mut self, ty: Ty) {
        if self.in_any_set.insert(ty) {
            self.in_any.push(ty);
        }
    }

    /// Notes that values in `any` are asked whether they implement a trait.
    pub(super) fn ask_for(&mut self, trait_ty: Ty) {
        if self.asked.contains(&trait_ty) {
            return;
        }
        if self.asked.is_empty() {
            // The runtime throws these.
            for position in 0..self.session.program.adts.len() {
                if self.session.program.adts[position].predefined.is_some() {
                    let ty = self.session.program.types.adt(AdtId(position as u32), &[]);
                    self.put_in_any(ty);
                }
            }
        }
        self.asked.push(trait_ty);
    }

    /// Implements the traits that are asked for, for all types that may be found in `any`.
    pub(super) fn implement_asked(&mut self) {
        for trait_ty in self.asked.clone() {
            for ty in self.in_any.clone() {
                // What the language implements for everything is not made for everything.
                let by_hand = match self.session.program.types.kind(trait_ty) {
                    Kind::Trait(id, _) => {
                        let program = &self.session.program;
                        let head = program.head(ty);
                        head.is_some_and(|head| program.trait_impls.contains_key(&(id, head)))
                            || program.trait_impls.contains_key(&(id, Head::All))
                    }
                    _ => false,
                };
                if by_hand {
                    self.implement(trait_ty, ty);
                }
            }
        }
    }
}
