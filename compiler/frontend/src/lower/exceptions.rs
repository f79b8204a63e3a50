//! `try`, and leaving it.
//!
//! ```text
//! try { A } catch e: E { B } finally { C }
//!
//!     ┌ region F: everything → 4          1  A                  what leaves A or B in another way (return, break)
//!     │ ┌ region C: E → 2                    jump 3             runs C on its way: there the regions have a hole
//!     │ └                                 2  B
//!     └                                   3  C, jump 5
//!                                         4  C, rethrow
//!                                         5  …
//! ```

use super::function::FunctionLower;
use super::{Lowering, Roots};
use crate::body::{Catch, NodeId, NodeKind};
use crate::collect::PRELUDE;
use crate::program::{Def, FuncId};
use crate::source::Span;
use crate::stdlib::FOLDER;
use crate::types::{Kind, Ty, Tys};
use std::rc::Rc;
use vitbc::builder::{Catch as Handler, Region};
use vitbc::{Inst, Label, Reg, TypeIdx};

/// A `try` whose body is being made.
pub(super) struct TryScope {
    /// The open region; `None` within a hole.
    region: Option<Region>,
    handlers: Vec<Handler>,
    finally: Option<Finally>,
}

/// What is done wherever such a scope is left.
#[derive(Clone, Copy)]
pub(super) enum Finally {
    /// A `finally` block.
    Block(NodeId),
    /// A `receive` is over, one of whose guards is left; whether it was put aside for the guard.
    Receive { is_aside: bool },
}

impl FunctionLower<'_, '_, '_> {
    pub(super) fn try_block(
        &mut self,
        body: NodeId,
        catches: &[Catch],
        finally: Option<NodeId>,
        dst: Option<Reg>,
        span: Span,
    ) {
        let Some(finally) = finally else {
            return self.try_catch(body, catches, dst, span);
        };
        let (end, handler) = (self.b.label(), self.b.label());
        let exception = self.b.reg(TypeIdx::ANY);
        let handlers = vec![Handler { target: handler, reg: exception, filter: None }];
        self.enter(handlers, Some(Finally::Block(finally)));
        match catches {
            [] => self.statement(|lower| lower.into(body, dst)),
            _ => self.try_catch(body, catches, dst, span),
        }
        self.exit();
        if !self.dead() {
            self.statement(|lower| lower.effect(finally));
            self.jump(end);
        }
        self.bind(handler);
        self.statement(|lower| lower.effect(finally));
        self.emit(Inst::Rethrow { value: exception }, span);
        self.bind(end);
    }

    fn try_catch(&mut self, body: NodeId, catches: &[Catch], dst: Option<Reg>, span: Span) {
        let end = self.b.label();
        let exception = self.b.reg(TypeIdx::ANY);
        let labels: Vec<Label> = catches.iter().map(|_| self.b.label()).collect();
        let mut handlers = vec![];
        // Traits are asked for by hand: from the first such clause on, everything is caught.
        let mut by_hand: Option<(usize, Label)> = None;
        for (position, catch) in catches.iter().enumerate() {
            let ty = catch.ty.map(|ty| self.concrete(ty));
            let is_trait = ty.is_some_and(|ty| matches!(self.kind(ty), Kind::Trait(..) | Kind::Optional(_)));
            if is_trait {
                let target = self.b.label();
                by_hand = Some((position, target));
                handlers.push(Handler { target, reg: exception, filter: None });
                break;
            }
            let filter = ty.map(|ty| self.low.ty(ty));
            handlers.push(Handler { target: labels[position], reg: exception, filter });
            if filter.is_none() {
                break;
            }
        }
        self.enter(handlers, None);
        self.statement(|lower| lower.into(body, dst));
        self.exit();
        self.jump(end);
        if let Some((first, target)) = by_hand {
            self.bind(target);
            self.dispatch(&catches[first..], &labels[first..], exception, span);
        }
        for (catch, label) in catches.iter().zip(labels) {
            self.bind(label);
            self.statement(|lower| {
                if let Some(local) = catch.local {
                    lower.locals.remove(&local);
                    let ty = catch.ty.map_or(Ty::ANY, |ty| lower.concrete(ty));
                    let value = lower.take_from_any(exception, None, ty, span);
                    lower.new_variable(local, Some(value), span);
                }
                lower.into(catch.body, dst);
            });
            self.jump(end);
        }
        self.bind(end);
    }

    /// Finds the clause for an exception by asking.
    fn dispatch(&mut self, catches: &[Catch], labels: &[Label], exception: Reg, span: Span) {
        for (catch, &label) in catches.iter().zip(labels) {
            match catch.ty.map(|ty| self.concrete(ty)) {
                None | Some(Ty::ANY) => return self.jump(label),
                Some(ty) => {
                    let fits = self.temp(Ty::BOOL);
                    self.is_type(fits, exception, ty, span);
                    self.emit(Inst::If { cond: fits, target: label }, span);
                }
            }
        }
        self.emit(Inst::Rethrow { value: exception }, span);
    }

    pub(super) fn enter(&mut self, handlers: Vec<Handler>, finally: Option<Finally>) {
        let region = Some(self.b.begin_region());
        self.tries.push(TryScope { region, handlers, finally });
    }

    pub(super) fn exit(&mut self) {
        let scope = self.tries.pop().unwrap_or_else(|| unreachable!("what is left was entered"));
        if let Some(region) = scope.region {
            self.b.end_region(region, &scope.handlers);
        }
    }

    /// The body of a function that nobody handles exceptions of, which says what is to be told of one before it goes on.
    pub(super) fn outermost_body(&mut self, root: NodeId) {
        let handler = self.b.label();
        let exception = self.b.reg(TypeIdx::ANY);
        self.enter(vec![Handler { target: handler, reg: exception, filter: None }], None);
        self.body_of(root);
        self.exit();
        self.bind(handler);
        let span = self.body.node(root).span;
        if let Some((func, _)) = self.low.last_words {
            let func = self.low.instance(func, Tys::EMPTY, span);
            self.b.emit(Inst::Call { dst: None, func, args: Box::new([exception]) });
        }
        self.b.emit(Inst::Rethrow { value: exception });
    }

    /// The closure that a new process is to run.
    pub(super) fn process_body(&mut self, node: NodeId) -> Reg {
        if self.low.last_words.is_some() {
            let body = Rc::clone(&self.body);
            let closure = match &body.node(node).kind {
                NodeKind::Block { tail: Some(tail), .. } => *tail,
                _ => node,
            };
            if let NodeKind::Closure { body, .. } = &body.node(closure).kind {
                self.process_body = Some(*body);
            }
        }
        self.expr(node, None)
    }

    /// Leaves all `try` but the outer `n`, by running their `finally` blocks, and then `f`. The same for guards.
    pub(super) fn leave(&mut self, n: usize, f: impl FnOnce(&mut Self)) {
        if self.tries[n..].iter().all(|scope| scope.finally.is_none()) {
            return f(self);
        }
        let mut left = vec![];
        while self.tries.len() > n {
            let mut scope = self.tries.pop().unwrap_or_else(|| unreachable!("there are more than {n}"));
            if let Some(region) = scope.region.take() {
                self.b.end_region(region, &scope.handlers);
            }
            let finally = scope.finally;
            left.push(scope);
            match finally {
                Some(Finally::Block(finally)) => {
                    // What is inside of a `finally` sees the variables as they are here, and leaves them so.
                    let locals = self.locals.clone();
                    self.statement(|lower| lower.effect(finally));
                    self.locals = locals;
                }
                Some(Finally::Receive { is_aside }) => self.abandon_receive(is_aside, self.span),
                None => {}
            }
        }
        f(self);
        while let Some(mut scope) = left.pop() {
            scope.region = Some(self.b.begin_region());
            self.tries.push(scope);
        }
    }
}

impl Lowering<'_, '_> {
    /// What is called with what nobody handled, if the program has errors of its own, and the functions that are to.
    pub(super) fn find_last_words(&self, roots: &Roots) -> Option<(FuncId, Vec<FuncId>)> {
        let program = &self.session.program;
        let mut errors = program.trait_impls.iter().filter(|((id, _), _)| *id == program.lang().error);
        let is_own = |id| !program.sources.locate(program.imp(id).span).0.name.starts_with(FOLDER);
        if !errors.any(|(_, impls)| impls.iter().any(|&id| is_own(id))) {
            return None;
        }
        let name = program.names.get("tell_uncaught")?;
        let Def::Func(func) = program.module(PRELUDE).items.get(&name)?.def else { return None };
        let roots = roots.top_level.iter().chain(&roots.main).chain(&roots.exports);
        Some((func, roots.copied().collect()))
    }
}
