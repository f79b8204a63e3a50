//! Making ends meet: a value of one type where another is needed.

use super::{Checker, Obligation};
use crate::body::{NodeId, NodeKind};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::implementing::Found;
use crate::source::Span;
use crate::types::{Kind, TraitId, Ty, Tys};

impl Checker<'_, '_> {
    /// The node as a value of type `want`; reports if there is no way.
    pub(super) fn coerce(&mut self, node: NodeId, want: Ty) -> NodeId {
        let (have, want) = (self.ty(node), self.shallow(want));
        if have == want {
            return node;
        }
        let span = self.span(node);
        let is_open = matches!(self.kind(want), Kind::Any | Kind::Infer(_) | Kind::Error);
        let stays = matches!((self.kind(have), self.kind(want)), (Kind::Optional(_), Kind::Optional(_)));
        if !is_open && !stays {
            let value = self.known_value(node);
            if value != node {
                return self.coerce(value, want);
            }
        }
        match (self.kind(have), self.kind(want)) {
            (Kind::Error, _) | (_, Kind::Error) | (Kind::Never, _) => node,
            (Kind::Unit, Kind::Any | Kind::Optional(_)) => self.mismatch(node, want),
            (Kind::Infer(_), _) | (_, Kind::Infer(_)) => self.same_or_mismatch(node, want),
            (Kind::Optional(_), Kind::Optional(_)) => self.same_or_mismatch(node, want),
            (_, Kind::Optional(inner)) if have != Ty::ANY => {
                if !self.may_become(have, inner) {
                    return self.mismatch(node, want);
                }
                let value = self.coerce(node, inner);
                self.node(NodeKind::Wrap(value), want, span)
            }
            (_, Kind::Any) => self.node(NodeKind::ToAny(node), Ty::ANY, span),
            (Kind::Trait(..), Kind::Trait(..)) => self.same_or_mismatch(node, want),
            (_, Kind::Trait(id, args)) => self.coerce_to_trait(node, want, id, args),
            _ => self.same_or_mismatch(node, want),
        }
    }

    /// Whether [`Checker::coerce`] would succeed, as far as can be said without changing anything.
    fn may_become(&mut self, have: Ty, want: Ty) -> bool {
        match self.kind(want) {
            Kind::Trait(..) => true,
            _ => {
                let snapshot = self.infer.snapshot();
                let same = self.unify(have, want);
                self.infer.roll_back(snapshot);
                same
            }
        }
    }

    fn same_or_mismatch(&mut self, node: NodeId, want: Ty) -> NodeId {
        let have = self.ty(node);
        match self.try_unify(have, want) {
            true => node,
            false => self.mismatch(node, want),
        }
    }

    fn coerce_to_trait(&mut self, node: NodeId, want: Ty, id: TraitId, args: Tys) -> NodeId {
        let (have, span) = (self.ty(node), self.span(node));
        if matches!(self.kind(have), Kind::Optional(_) | Kind::Any | Kind::Unit) {
            return self.mismatch(node, want);
        }
        match self.find_impl(id, args, have) {
            // A type parameter is some type that implements it.
            Some(_) => self.node(NodeKind::ToTrait(node), want, span),
            None => {
                self.no_impl(have, id, span);
                self.error_node(span)
            }
        }
    }

    pub(super) fn find_impl(&mut self, id: TraitId, args: Tys, ty: Ty) -> Option<Found> {
        let generics = std::mem::take(&mut self.generics);
        let found = self.session.program.find_impl(&mut self.infer, &generics, (id, args), ty);
        self.generics = generics;
        found
    }

    pub(super) fn no_impl(&mut self, ty: Ty, id: TraitId, span: Span) {
        let (shown, name) = (self.show(ty), self.session.program.trait_data(id).full_name.clone());
        let message = format!("`{shown}` does not implement `{name}`");
        let mut diagnostic = Diagnostic::error(codes::NO_IMPL, span, message);
        match self.kind(ty) {
            Kind::Param(_, param) => {
                let param = self.text(param).to_owned();
                diagnostic = diagnostic.help(format!("bind the type parameter: `[{param}: {name}]`"));
            }
            Kind::Adt(..) => diagnostic = diagnostic.help(format!("write `impl {name} for {shown} {{ … }}`")),
            _ => {}
        }
        self.error(diagnostic);
    }

    /// Notes that a type must implement a trait.
    pub(super) fn oblige(&mut self, ty: Ty, trait_id: TraitId, args: Tys, span: Span) {
        self.obligations.push(Obligation { ty, trait_id, args, span });
    }

    pub(super) fn check_obligations(&mut self) {
        for obligation in std::mem::take(&mut self.obligations) {
            let ty = self.shallow(obligation.ty);
            if let Kind::Infer(_) = self.kind(ty) {
                continue;
            }
            if self.find_impl(obligation.trait_id, obligation.args, ty).is_none() {
                self.no_impl(ty, obligation.trait_id, obligation.span);
            }
        }
    }

    /// Reports that a value has not the type that is needed.
    pub(super) fn mismatch(&mut self, node: NodeId, want: Ty) -> NodeId {
        let span = self.span(node);
        let have = self.ty(node);
        self.report_mismatch(have, want, span);
        self.error_node(span)
    }

    pub(super) fn report_mismatch(&mut self, have: Ty, want: Ty, span: Span) {
        let (have_kind, want_kind) = (self.kind(have), self.kind(want));
        let (shown_have, shown_want) = (self.show(have), self.show(want));
        let mut code = codes::MISMATCH;
        let message = format!("expected `{shown_want}`, found `{shown_have}`");
        let mut diagnostic = Diagnostic::error(code, span, message);
        match (have_kind, want_kind) {
            (Kind::Optional(inner), _) if self.may_become(inner, want) => {
                code = codes::MAYBE_NIL;
                diagnostic = Diagnostic::error(code, span, format!("expected `{shown_want}`, but this may be nil"))
                    .fix("take the value out, and throw `NilError` if there is none", span.after(), "!")
                    .help("or give another value for nil: `… ?? value`");
            }
            (Kind::Unit, Kind::Map(..))
                if self.session.program.sources.text(span).chars().filter(|c| !c.is_whitespace()).eq(['{', '}']) =>
            {
                diagnostic = diagnostic.here("this is an empty block").fix("write the empty map", span, "{:}");
            }
            (Kind::Unit, _) => {
                diagnostic = diagnostic.here("this gives no value");
            }
            (Kind::Any, _) => {
                let help = format!("take the value out with `as {shown_want}`");
                diagnostic = diagnostic.fix(help, span.after(), format!(" as {shown_want}"));
            }
            (have, want) if have.is_number() && want.is_number() => {
                let text = self.session.program.sources.text(span);
                let simple = text.chars().all(|c| c.is_alphanumeric() || "_.()".contains(c));
                let help = "numbers are converted with `as`".to_owned();
                diagnostic = match simple {
                    true => diagnostic.fix(help, span.after(), format!(" as {shown_want}")),
                    false => {
                        let text = format!("({text}) as {shown_want}");
                        diagnostic.fix(help, span, text)
                    }
                };
            }
            (_, Kind::Str) => {
                diagnostic = diagnostic.help("make it a string with `.to_str()` or in a string: `\"{…}\"`")
            }
            (Kind::Str, Kind::Int) => {
                diagnostic = diagnostic.help("`parse_int(s)` reads a number; it gives nil if there is none")
            }
            (Kind::Str, Kind::Float) => {
                diagnostic = diagnostic.help("`parse_float(s)` reads a number; it gives nil if there is none")
            }
            _ => {}
        }
        self.error(diagnostic);
    }
}
