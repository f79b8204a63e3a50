//! Definite assignment: a variable declared without a value has one on every path to where it is read, and gets no
//! second one unless it is mutable.

use crate::body::{Body, Items, LocalId, LoopId, NodeId, NodeKind, PatKind, Stmt};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::program::Program;
use crate::source::Span;
use rustc_hash::{FxHashMap, FxHashSet};

/// What is known about the variables at some place.
#[derive(Clone, Default)]
struct State {
    /// Surely assigned.
    assigned: FxHashSet<LocalId>,
    /// Perhaps assigned.
    touched: FxHashSet<LocalId>,
    /// No path leads here, so that everything holds.
    dead: bool,
}

impl State {
    /// What holds where two paths meet.
    fn join(&mut self, other: &State) {
        if other.dead {
            return;
        }
        if self.dead {
            *self = other.clone();
            return;
        }
        self.assigned.retain(|local| other.assigned.contains(local));
        self.touched.extend(&other.touched);
    }
}

/// How many loops and closures are around.
#[derive(Clone, Copy, Default)]
struct Depth {
    loops: u32,
    closures: u32,
}

struct Flow<'p> {
    program: &'p mut Program,
    body: &'p Body,
    state: State,
    /// What holds where a loop is left.
    breaks: FxHashMap<LoopId, State>,
    /// What holds where the next turn of a loop is begun early.
    continues: FxHashMap<LoopId, State>,
    depth: Depth,
    declared: FxHashMap<LocalId, Depth>,
    /// Assignments in loops that may be begun again, to variables declared outside.
    pending: Vec<(LocalId, Span)>,
    reported: FxHashSet<(LocalId, Span)>,
}

/// Reports what is read before it is assigned.
pub(crate) fn check(program: &mut Program, body: &Body) {
    let Some(root) = body.root else { return };
    let mut flow = Flow {
        program,
        body,
        state: State::default(),
        breaks: FxHashMap::default(),
        continues: FxHashMap::default(),
        depth: Depth::default(),
        declared: FxHashMap::default(),
        pending: vec![],
        reported: FxHashSet::default(),
    };
    flow.node(root);
}

impl Flow<'_> {
    fn nodes(&mut self, nodes: &[NodeId]) {
        nodes.iter().for_each(|&node| self.node(node));
    }

    fn end(&mut self) {
        self.state = State { dead: true, ..State::default() };
    }

    /// Runs `f` from the state at hand; gives the state after it and goes back.
    fn branch(&mut self, f: impl FnOnce(&mut Self)) -> State {
        let before = self.state.clone();
        f(self);
        std::mem::replace(&mut self.state, before)
    }

    fn read(&mut self, local: LocalId, span: Span) {
        if !self.body.local(local).deferred || self.state.dead || self.state.assigned.contains(&local) {
            return;
        }
        if self.reported.insert((local, span)) {
            let data = self.body.local(local);
            let message = format!("`{}` has no value on every path to here", self.program.text(data.name));
            let diagnostic = Diagnostic::error(codes::UNASSIGNED, span, message);
            self.program.report(diagnostic.label(data.span, "declared here without a value"));
        }
    }

    fn assign(&mut self, local: LocalId, span: Span) {
        let data = self.body.local(local);
        if !data.deferred {
            return;
        }
        let again = self.state.touched.contains(&local) && !self.state.dead;
        let declared = self.declared.get(&local).copied().unwrap_or(self.depth);
        if !data.mutable && (again || declared.closures < self.depth.closures) {
            self.report_again(local, span);
        } else if !data.mutable && declared.loops < self.depth.loops {
            self.pending.push((local, span));
        }
        self.state.assigned.insert(local);
        self.state.touched.insert(local);
    }

    fn report_again(&mut self, local: LocalId, span: Span) {
        if !self.reported.insert((local, span)) {
            return;
        }
        let data = self.body.local(local);
        let name = self.program.text(data.name);
        let message = format!("`{name}` may have a value already, and is not mutable");
        let diagnostic = Diagnostic::error(codes::IMMUTABLE, span, message);
        let diagnostic = diagnostic.label(data.span, "declared here");
        self.program.report(diagnostic.fix("declare it with `mut`", data.span.before(), "mut "));
    }

    fn in_loop(&mut self, id: LoopId, endless: bool, f: impl FnOnce(&mut Self)) {
        self.depth.loops += 1;
        let before = self.state.clone();
        f(self);
        self.depth.loops -= 1;
        let mut again = self.state.clone();
        if let Some(continued) = self.continues.remove(&id) {
            again.join(&continued);
        }
        for (local, span) in std::mem::take(&mut self.pending) {
            let declared = self.declared.get(&local).map_or(0, |depth| depth.loops);
            if again.touched.contains(&local) && declared <= self.depth.loops {
                self.report_again(local, span);
            } else if declared < self.depth.loops {
                self.pending.push((local, span));
            }
        }
        let mut after = if endless { State { dead: true, ..State::default() } } else { before };
        if let Some(broken) = self.breaks.remove(&id) {
            after.join(&broken);
        }
        after.touched.extend(&self.state.touched);
        self.state = after;
    }

    fn node(&mut self, id: NodeId) {
        let body = self.body;
        let node = body.node(id);
        match &node.kind {
            NodeKind::Local(local) => self.read(*local, node.span),
            NodeKind::AssignLocal { local, op, value } => {
                self.node(*value);
                if op.is_some() {
                    self.read(*local, node.span);
                }
                self.assign(*local, node.span);
            }
            NodeKind::Call { args, .. }
            | NodeKind::CallTrait { args, .. }
            | NodeKind::CallDyn { args, .. }
            | NodeKind::Op(_, args)
            | NodeKind::New { fields: args, .. }
            | NodeKind::Tuple(args)
            | NodeKind::List(args)
            | NodeKind::Print { args, .. } => self.nodes(args),
            NodeKind::Concat(parts) => self.nodes(parts),
            NodeKind::CallValue { callee, args } => {
                self.node(*callee);
                self.nodes(args);
            }
            NodeKind::Map(entries) => entries.iter().for_each(|&(key, value)| self.nodes(&[key, value])),
            NodeKind::Binary(_, left, right) | NodeKind::Fill(left, right) => self.nodes(&[*left, *right]),
            NodeKind::And(left, right) | NodeKind::Or(left, right) | NodeKind::Coalesce(left, right) => {
                self.node(*left);
                let other = self.branch(|flow| flow.node(*right));
                // What the right side assigns is not sure, unless the condition as a whole is asked.
                self.state.touched.extend(&other.touched);
            }
            NodeKind::Field { base: inner, .. }
            | NodeKind::Wrap(inner)
            | NodeKind::Unwrap(inner)
            | NodeKind::ToAny(inner)
            | NodeKind::FromAny(inner)
            | NodeKind::ToTrait(inner)
            | NodeKind::Convert(inner)
            | NodeKind::PtrCast(inner)
            | NodeKind::Is(inner, _)
            | NodeKind::ToStr(inner)
            | NodeKind::Let(_, inner)
            | NodeKind::Spawn { body: inner, .. } => self.node(*inner),
            NodeKind::OptChain { base, body, .. } => {
                self.node(*base);
                let other = self.branch(|flow| flow.node(*body));
                self.state.touched.extend(&other.touched);
            }
            NodeKind::If { arms, otherwise } => {
                let mut after = State { dead: true, ..State::default() };
                for &(cond, value) in arms {
                    self.node(cond);
                    let taken = self.branch(|flow| flow.node(value));
                    after.join(&taken);
                }
                if let Some(otherwise) = otherwise {
                    self.node(*otherwise);
                }
                self.state.join(&after);
            }
            NodeKind::Match { value, arms } => {
                self.node(*value);
                let mut after = State { dead: true, ..State::default() };
                for arm in arms {
                    let taken = self.branch(|flow| {
                        arm.guard.into_iter().for_each(|guard| flow.node(guard));
                        flow.node(arm.body);
                    });
                    after.join(&taken);
                }
                self.state = after;
            }
            NodeKind::Receive { arms, after } => {
                let mut joined = State { dead: true, ..State::default() };
                for arm in arms {
                    let taken = self.branch(|flow| {
                        arm.guard.into_iter().for_each(|guard| flow.node(guard));
                        flow.node(arm.body);
                    });
                    joined.join(&taken);
                }
                if let Some((millis, value)) = after {
                    self.node(*millis);
                    let taken = self.branch(|flow| flow.node(*value));
                    joined.join(&taken);
                }
                self.state = joined;
            }
            NodeKind::Block { stmts, tail } => {
                for stmt in stmts {
                    self.stmt(stmt);
                }
                tail.iter().for_each(|&tail| self.node(tail));
            }
            NodeKind::Loop { id, body } => self.in_loop(*id, true, |flow| flow.node(*body)),
            NodeKind::While { id, cond, body } => {
                let endless = matches!(self.body.node(*cond).kind, NodeKind::Bool(true));
                self.node(*cond);
                self.in_loop(*id, endless, |flow| flow.node(*body));
            }
            NodeKind::For { id, items, body, .. } => {
                match items {
                    Items::Range { start, end, .. } => self.nodes(&[*start, *end]),
                    Items::RangeValue(value) | Items::List(value) | Items::Map(value) => self.node(*value),
                    Items::Chars { text, .. } => self.node(*text),
                    Items::Next { value, .. } => self.node(*value),
                }
                self.in_loop(*id, false, |flow| flow.node(*body));
            }
            NodeKind::Break { id, value } => {
                value.iter().for_each(|&value| self.node(value));
                let state = self.state.clone();
                self.breaks.entry(*id).or_insert_with(|| State { dead: true, ..State::default() }).join(&state);
                self.end();
            }
            NodeKind::Continue { id } => {
                let state = self.state.clone();
                self.continues.entry(*id).or_insert_with(|| State { dead: true, ..State::default() }).join(&state);
                self.end();
            }
            NodeKind::Return(value) => {
                value.iter().for_each(|&value| self.node(value));
                self.end();
            }
            NodeKind::Throw(value) => {
                self.node(*value);
                self.end();
            }
            NodeKind::Try { body, catches, finally } => {
                let before = self.state.clone();
                self.node(*body);
                let mut after = self.state.clone();
                let mut thrown = before;
                thrown.touched.extend(&after.touched);
                for catch in catches {
                    self.state = thrown.clone();
                    self.node(catch.body);
                    let state = self.state.clone();
                    after.join(&state);
                }
                self.state = after;
                if let Some(finally) = finally {
                    // It runs after everything, even after an exception.
                    let mut assigned = self.state.clone();
                    self.state = thrown;
                    self.node(*finally);
                    assigned.assigned.extend(&self.state.assigned);
                    assigned.touched.extend(&self.state.touched);
                    assigned.dead |= self.state.dead;
                    self.state = assigned;
                }
            }
            NodeKind::Closure { captures, body, .. } => {
                captures.iter().for_each(|&local| self.read(local, node.span));
                self.depth.closures += 1;
                let outer = std::mem::take(&mut self.breaks);
                let after = self.branch(|flow| flow.node(*body));
                self.breaks = outer;
                self.state.touched.extend(&after.touched);
                self.depth.closures -= 1;
            }
            NodeKind::AssignField { base, value, .. } => self.nodes(&[*base, *value]),
            NodeKind::AssignItem { base, index, value, .. } => self.nodes(&[*base, *index, *value]),
            NodeKind::AssignMany { value, parts, .. } => {
                self.node(*value);
                self.nodes(parts);
            }
            NodeKind::Assert { cond, message, .. } => {
                self.node(*cond);
                let other = self.branch(|flow| message.iter().for_each(|&message| flow.node(message)));
                self.state.touched.extend(&other.touched);
            }
            NodeKind::Error
            | NodeKind::Unit
            | NodeKind::Bool(_)
            | NodeKind::Int(_)
            | NodeKind::Float(_)
            | NodeKind::Str(_)
            | NodeKind::Bytes(_)
            | NodeKind::Nil
            | NodeKind::Const(_)
            | NodeKind::FuncRef { .. }
            | NodeKind::Callback { .. } => {}
        }
        if body.node(id).ty == crate::types::Ty::NEVER && !self.state.dead {
            self.end();
        }
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Expr(node) => self.node(*node),
            Stmt::Let { pat, value, otherwise } => {
                match (&self.body.pat(*pat).kind, value) {
                    (PatKind::Bind(local, _), None) => {
                        // Declared anew, in each turn of a loop.
                        self.state.assigned.remove(local);
                        self.state.touched.remove(local);
                        self.declared.insert(*local, self.depth);
                    }
                    _ => value.iter().for_each(|&value| self.node(value)),
                }
                if let Some(otherwise) = otherwise {
                    self.branch(|flow| flow.node(*otherwise));
                }
            }
        }
    }
}
