//! Which type has which methods and implements which traits: fills the tables by which they are found, and compares
//! implementations with their traits.

use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::names::nearest;
use crate::program::{FuncId, Head, ImplId, Program, Source};
use crate::source::Span;
use crate::types::{Infer, Ty};

/// Registers and checks all implementations.
pub(super) fn check(program: &mut Program) {
    for position in 0..program.impls.len() {
        let id = ImplId(position as u32);
        let Some(head) = program.head(program.imp(id).self_ty) else { continue };
        register(program, id, head);
        if program.imp(id).of.is_some() {
            conforms(program, id);
        }
    }
}

fn register(program: &mut Program, id: ImplId, head: Head) {
    let imp = program.imp(id);
    let mut methods: Vec<_> = imp.methods.iter().map(|(&name, &func)| (name, func)).collect();
    methods.sort_unstable();
    if head == Head::All && imp.of.is_none() {
        let message = "methods for all types belong to a trait";
        let span = imp.span;
        program.report(Diagnostic::error(codes::BAD_IMPL, span, message));
        return;
    }
    for (name, func) in methods {
        let known = program.methods.entry((head, name)).or_default();
        known.push(func);
        if program.imp(id).of.is_none() {
            report_rival(program, head, func);
        }
    }
    let Some((trait_id, _)) = program.imp(id).of else { return };
    report_overlap(program, id, head);
    program.trait_impls.entry((trait_id, head)).or_default().push(id);
    for method in program.trait_data(trait_id).methods.clone() {
        let name = program.func(method).name;
        let provided = program.func(method).source != Source::Required;
        if provided && !program.imp(id).methods.contains_key(&name) {
            program.inherited.entry((head, name)).or_default().push((id, method));
        }
    }
}

/// Reports an inherent method that the type has already.
fn report_rival(program: &mut Program, head: Head, func: FuncId) {
    let name = program.func(func).name;
    let self_of = |program: &Program, func: FuncId| match program.func(func).parent {
        crate::program::Parent::Impl(id) => {
            (program.imp(id).self_ty, program.imp(id).of.is_some(), program.imp(id).generics.len())
        }
        _ => (Ty::ERROR, true, 0),
    };
    let (own, _, own_generics) = self_of(program, func);
    let others: Vec<FuncId> = program.methods[&(head, name)].iter().copied().filter(|&other| other != func).collect();
    for other in others {
        let (ty, of_trait, generics) = self_of(program, other);
        if !of_trait && may_be_same(program, own, own_generics, ty, generics) {
            let (span, first) = (program.func(func).span, program.func(other).span);
            let message = format!("`{}` has a method `{}` already", program.show(own), program.text(name));
            program.report(Diagnostic::error(codes::DUPLICATE, span, message).label(first, "declared here"));
        }
    }
}

/// Whether two patterns of types have an instance in common.
fn may_be_same(program: &mut Program, a: Ty, a_generics: usize, b: Ty, b_generics: usize) -> bool {
    let mut infer = Infer::default();
    let fresh = |program: &mut Program, infer: &mut Infer, ty: Ty, n: usize| {
        let args: Vec<Ty> = (0..n).map(|_| infer.fresh(&mut program.types, Span::default())).collect();
        program.types.subst(ty, &args)
    };
    let a = fresh(program, &mut infer, a, a_generics);
    let b = fresh(program, &mut infer, b, b_generics);
    infer.unify(&mut program.types, a, b)
}

fn report_overlap(program: &mut Program, id: ImplId, head: Head) {
    let Some((trait_id, args)) = program.imp(id).of else { return };
    let rivals = program.trait_impls.get(&(trait_id, head)).cloned().unwrap_or_default();
    for rival in rivals {
        let (own, other) = (program.imp(id), program.imp(rival));
        let (a, a_n, b, b_n) = (own.self_ty, own.generics.len(), other.self_ty, other.generics.len());
        let (span, first, same_args) = (own.span, other.span, other.of.is_some_and(|(_, other)| other == args));
        if same_args && may_be_same(program, a, a_n, b, b_n) {
            let message =
                format!("`{}` is implemented twice for `{}`", program.trait_data(trait_id).full_name, program.show(a));
            program.report(Diagnostic::error(codes::OVERLAP, span, message).label(first, "first implemented here"));
        }
    }
}

/// Compares an implementation with its trait.
fn conforms(program: &mut Program, id: ImplId) {
    let imp = program.imp(id);
    let Some((trait_id, trait_args)) = imp.of else { return };
    let (self_ty, span) = (imp.self_ty, imp.span);
    let own: Vec<(crate::names::Name, FuncId)> = imp.methods.iter().map(|(&name, &func)| (name, func)).collect();
    let trait_methods = program.trait_data(trait_id).methods.clone();
    let trait_name = program.trait_data(trait_id).full_name.clone();
    let mut missing = vec![];
    for &method in &trait_methods {
        let name = program.func(method).name;
        match own.iter().find(|(own, _)| *own == name) {
            Some(&(_, func)) => {
                let mut args = vec![self_ty];
                args.extend_from_slice(program.types.list(trait_args));
                same_signature(program, func, method, args);
            }
            None if program.func(method).source == Source::Required => {
                let name = program.text(name).to_owned();
                if !missing.contains(&name) {
                    missing.push(name);
                }
            }
            None => {}
        }
    }
    let is_unknown = |program: &Program, name| trait_methods.iter().all(|&method| program.func(method).name != name);
    let unknown: Vec<_> = own.into_iter().filter(|&(name, _)| is_unknown(program, name)).collect();
    // Whoever gives a method another name need not be told of both.
    if missing.len() > unknown.len() {
        let list = missing.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let message = format!("`{trait_name}` for `{}` lacks {list}", program.show(self_ty));
        program.report(Diagnostic::error(codes::BAD_IMPL, span, message));
    }
    for (name, func) in unknown {
        let candidates = trait_methods.iter().map(|&method| program.text(program.func(method).name));
        let meant = match &missing[..] {
            [only] => Some(only.as_str()),
            _ => nearest(program.text(name), candidates),
        };
        let meant = meant.map(str::to_owned);
        let message = format!("`{trait_name}` has no method `{}`", program.text(name));
        let span = program.func(func).span;
        let mut diagnostic = Diagnostic::error(codes::BAD_IMPL, span, message);
        if let Some(meant) = meant {
            diagnostic = diagnostic.fix(format!("there is `{meant}`"), span, meant);
        }
        program.report(diagnostic);
    }
}

/// Reports if a method has another type than its trait demands; `args` stand for the trait's type parameters.
fn same_signature(program: &mut Program, func: FuncId, method: FuncId, mut args: Vec<Ty>) {
    let own = program.func(func);
    let wanted = program.func(method);
    let own_generics: Vec<_> = own.generics[own.n_parent as usize..].iter().map(|generic| generic.name).collect();
    let n_parent = own.n_parent;
    let n_wanted = wanted.generics.len() - wanted.n_parent as usize;
    let own_types: Vec<Ty> = own.params.iter().map(|param| param.ty).chain([own.result]).collect();
    let wanted_types: Vec<Ty> = wanted.params.iter().map(|param| param.ty).chain([wanted.result]).collect();
    let (receivers, span, wanted_span) = ((own.receiver, wanted.receiver), own.span, wanted.span);
    for (position, &name) in own_generics.iter().enumerate() {
        args.push(program.types.param(n_parent + position as u32, name));
    }
    let wanted_types: Vec<Ty> = wanted_types.into_iter().map(|ty| program.types.subst(ty, &args)).collect();
    let has_error = own_types.iter().chain(&wanted_types).any(|&ty| program.types.has_error(ty));
    if has_error || own_types == wanted_types && receivers.0 == receivers.1 && own_generics.len() == n_wanted {
        return;
    }
    let signature = |program: &Program, types: &[Ty], receiver: bool| {
        let (result, params) = types.split_last().unwrap_or_else(|| unreachable!("a result is always there"));
        let mut parts: Vec<String> = params.iter().map(|&ty| program.show(ty)).collect();
        if receiver {
            parts[0] = "self".to_owned();
        }
        let result = if *result == Ty::UNIT { String::new() } else { format!(" -> {}", program.show(*result)) };
        format!("fn({}){result}", parts.join(", "))
    };
    let message = format!("method `{}` has not the type that its trait demands", program.text(program.func(func).name));
    let diagnostic = Diagnostic::error(codes::BAD_IMPL, span, message)
        .note(format!("demanded: `{}`", signature(program, &wanted_types, receivers.1)))
        .note(format!("found:    `{}`", signature(program, &own_types, receivers.0)))
        .label(wanted_span, "declared here");
    program.report(diagnostic);
}
