//! One function while its code is made: registers, variables, positions.

use super::Lowering;
use super::exceptions::TryScope;
use crate::body::{Body, LocalId, LoopId, NodeId, PatId, PatKind};
use crate::source::Span;
use crate::types::{Ty, Tys};
use rustc_hash::FxHashMap;
use std::rc::Rc;
use vitbc::builder::FunctionBuilder;
use vitbc::inst::Effect;
use vitbc::{Const, Inst, Label, Reg, TypeIdx};

/// Where a variable is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    Reg(Reg),
    /// In a box, which is in the register.
    Cell(Reg),
    /// Nowhere: it is of type `()`.
    Nowhere,
}

/// A loop that is being made.
#[derive(Clone, Copy)]
pub(super) struct LoopScope {
    pub(super) id: LoopId,
    pub(super) end: Label,
    pub(super) next: Label,
    /// Where the value of `break` goes.
    pub(super) dst: Option<Reg>,
    /// How many `try` are around it.
    pub(super) n_tries: usize,
}

pub(super) struct FunctionLower<'l, 's, 'a> {
    pub(super) low: &'l mut Lowering<'s, 'a>,
    pub(super) b: FunctionBuilder,
    pub(super) body: Rc<Body>,
    /// The function's name, after which closures in it are named.
    pub(super) name: Rc<str>,
    pub(super) targs: Rc<[Ty]>,
    /// Types of the body for these type arguments.
    subst: FxHashMap<Ty, Ty>,
    pub(super) locals: FxHashMap<LocalId, Place>,
    pub(super) loops: Vec<LoopScope>,
    pub(super) tries: Vec<TryScope>,
    pub(super) result: Ty,
    /// Registers for passing values, in use.
    temps: Vec<Reg>,
    /// Those that are free, by type.
    free: FxHashMap<TypeIdx, Vec<Reg>>,
    pub(super) span: Span,
    /// The body of the closure that a new process is to run.
    pub(super) process_body: Option<NodeId>,
    /// The position that was written last.
    noted: u32,
}

impl<'l, 's, 'a> FunctionLower<'l, 's, 'a> {
    pub(super) fn new(
        low: &'l mut Lowering<'s, 'a>,
        b: FunctionBuilder,
        body: Rc<Body>,
        targs: Rc<[Ty]>,
        result: Ty,
        span: Span,
    ) -> Self {
        FunctionLower {
            low,
            b,
            body,
            name: "".into(),
            targs,
            subst: FxHashMap::default(),
            locals: FxHashMap::default(),
            loops: vec![],
            tries: vec![],
            result,
            temps: vec![],
            free: FxHashMap::default(),
            span,
            process_body: None,
            noted: u32::MAX,
        }
    }

    /// The whole body of a function; of a program's or process's first if it `is_outermost`.
    pub(super) fn function_body(&mut self, is_outermost: bool) {
        let body = Rc::clone(&self.body);
        for (position, &local) in body.params.iter().enumerate() {
            self.take_param(local, position as u32);
        }
        let Some(root) = body.root else { return };
        match is_outermost {
            true => self.outermost_body(root),
            false => self.body_of(root),
        }
    }

    /// A parameter becomes a variable.
    fn take_param(&mut self, local: LocalId, position: u32) {
        let reg = self.b.param(position);
        let data = self.body.local(local);
        let name = self.low.session.program.text(data.name).to_owned();
        if !data.is_boxed() {
            if name != "_" {
                self.b.name_reg(reg, &name);
            }
            self.locals.insert(local, Place::Reg(reg));
            return;
        }
        let span = data.span;
        self.new_variable(local, Some(reg), span);
    }

    /// The parameter of a closure, which may be a pattern.
    pub(super) fn take_pattern(&mut self, pat: PatId, position: u32) {
        if let PatKind::Bind(local, None) = self.body.pat(pat).kind {
            self.take_param(local, position);
            return;
        }
        let reg = self.b.param(position);
        let span = self.body.pat(pat).span;
        self.bind_pattern(pat, reg, span);
    }

    /// The code of a body, and its return.
    pub(super) fn body_of(&mut self, root: NodeId) {
        let span = self.body.node(root).span;
        let end = Span { start: span.end.saturating_sub(1), end: span.end };
        if self.result == Ty::UNIT || self.result == Ty::NEVER {
            self.effect(root);
            self.emit(Inst::Return { value: None }, end);
            return;
        }
        let value = self.expr(root, None);
        self.emit(Inst::Return { value: Some(value) }, end);
    }

    pub(super) fn finish(mut self) -> vitbc::Function {
        // Code may end where it is never reached, for instance behind a loop that is left by `return` only.
        if !self.dead() {
            self.b.emit(Inst::Unreachable {});
        }
        self.b.finish()
    }

    /// Whether nothing leads to the next instruction.
    pub(super) fn dead(&self) -> bool {
        match self.b.last() {
            None => false,
            Some(last) => last.has(Effect::Ends) && !self.b.is_bound_here(),
        }
    }

    /// Appends an instruction, unless it would never be reached.
    pub(super) fn emit(&mut self, inst: Inst, span: Span) {
        if self.dead() {
            return;
        }
        if self.noted != span.start && (inst.has(Effect::Throws) || inst.has(Effect::Allocs)) {
            self.note(span);
        }
        self.b.emit(inst);
    }

    /// Says where in the source the next instructions come from.
    pub(super) fn note(&mut self, span: Span) {
        if self.dead() || self.noted == span.start {
            return;
        }
        self.noted = span.start;
        let position = self.low.session.program.sources.position(span.start);
        let file = self.low.file(position.file);
        self.b.line(file, position.line, position.column);
    }

    pub(super) fn bind(&mut self, label: Label) {
        self.b.bind(label);
    }

    pub(super) fn jump(&mut self, target: Label) {
        let span = self.span;
        self.emit(Inst::Jump { target }, span);
    }

    /// A type of the body, for the type arguments at hand.
    pub(super) fn concrete(&mut self, ty: Ty) -> Ty {
        let types = &mut self.low.session.program.types;
        if !types.has_param(ty) {
            return ty;
        }
        if let Some(&known) = self.subst.get(&ty) {
            return known;
        }
        let concrete = types.subst(ty, &self.targs);
        self.subst.insert(ty, concrete);
        concrete
    }

    pub(super) fn concrete_list(&mut self, tys: Tys) -> Tys {
        let targs = Rc::clone(&self.targs);
        self.low.session.program.types.subst_list(tys, &targs)
    }

    /// The type of a node.
    pub(super) fn node_ty(&mut self, id: NodeId) -> Ty {
        let ty = self.body.node(id).ty;
        self.concrete(ty)
    }

    pub(super) fn kind(&mut self, ty: Ty) -> crate::types::Kind {
        self.low.session.program.types.kind(ty)
    }

    /// A register for passing a value; free again at the end of the statement.
    pub(super) fn temp(&mut self, ty: Ty) -> Reg {
        self.low.at = self.span;
        let idx = self.low.ty_or_unit(ty);
        self.temp_idx(idx)
    }

    pub(super) fn temp_idx(&mut self, idx: TypeIdx) -> Reg {
        let free = self.free.get_mut(&idx).and_then(Vec::pop);
        let reg = free.unwrap_or_else(|| self.b.reg(idx));
        self.temps.push(reg);
        reg
    }

    /// Runs `f` and frees the registers that it took.
    pub(super) fn statement<T>(&mut self, f: impl FnOnce(&mut Self) -> T) -> T {
        let mark = self.temps.len();
        let result = f(self);
        for reg in self.temps.drain(mark..) {
            self.free.entry(self.b.reg_type(reg)).or_default().push(reg);
        }
        result
    }

    /// Loads a constant into a new register.
    pub(super) fn constant(&mut self, ty: TypeIdx, value: Const) -> Reg {
        let dst = self.temp_idx(ty);
        let span = self.span;
        self.emit(Inst::LoadConst { dst, value }, span);
        dst
    }

    pub(super) fn int(&mut self, value: i64) -> Reg {
        let value = self.low.out.int(value);
        self.constant(TypeIdx::INT, value)
    }

    pub(super) fn str(&mut self, text: &str) -> Reg {
        let value = self.low.out.str(text);
        self.constant(TypeIdx::STR, value)
    }

    /// Copies a value, if it is not there already.
    pub(super) fn copy(&mut self, dst: Reg, src: Reg, span: Span) {
        if dst != src {
            self.emit(Inst::Move { dst, src }, span);
        }
    }

    /// Puts a value that is in `src` where it is wanted.
    pub(super) fn deliver(&mut self, src: Reg, want: Option<Reg>, span: Span) -> Reg {
        match want {
            Some(dst) => {
                self.copy(dst, src, span);
                dst
            }
            None => src,
        }
    }

    /// The register where a value is wanted, or a new one.
    pub(super) fn target(&mut self, want: Option<Reg>, ty: Ty) -> Reg {
        match want {
            Some(dst) => dst,
            None => self.temp(ty),
        }
    }

    /// The register of a variable that is not boxed; `None` if it is of no value.
    pub(super) fn variable_reg(&mut self, local: LocalId) -> Option<Reg> {
        let (ty, name) = (self.body.local(local).ty, self.body.local(local).name);
        let ty = self.concrete(ty);
        self.low.at = self.body.local(local).span;
        let idx = self.low.ty_or_unit(ty);
        if idx == TypeIdx::UNIT {
            self.locals.insert(local, Place::Nowhere);
            return None;
        }
        let text = self.low.session.program.text(name);
        let reg = match text == "_" {
            true => self.b.reg(idx),
            false => {
                let text = text.to_owned();
                self.b.named_reg(idx, &text)
            }
        };
        Some(reg)
    }

    /// Begins the life of a variable; with its value, if there is one.
    pub(super) fn new_variable(&mut self, local: LocalId, value: Option<Reg>, span: Span) {
        if !self.body.local(local).is_boxed() {
            let reg = match self.locals.get(&local) {
                // An alternative of a pattern has declared it.
                Some(Place::Reg(reg)) => Some(*reg),
                _ => self.variable_reg(local),
            };
            let Some(reg) = reg else { return };
            if let Some(value) = value {
                self.copy(reg, value, span);
            }
            self.locals.insert(local, Place::Reg(reg));
            return;
        }
        let ty = self.body.local(local).ty;
        let ty = self.concrete(ty);
        self.low.at = span;
        let cell = self.low.cell(ty);
        let value = match value {
            Some(value) => value,
            None => self.blank(ty, span),
        };
        let reg = match self.locals.get(&local) {
            Some(Place::Cell(reg)) => *reg,
            _ => {
                let name = self.body.local(local).name;
                let text = self.low.session.program.text(name).to_owned();
                self.b.named_reg(cell, &text)
            }
        };
        self.emit(Inst::Alloc { dst: reg, ty: cell, fields: Box::new([value]) }, span);
        self.locals.insert(local, Place::Cell(reg));
    }

    /// A value to stand in a box until the first is assigned; nobody reads it.
    fn blank(&mut self, ty: Ty, span: Span) -> Reg {
        use crate::types::Kind;
        let kind = self.kind(ty);
        let idx = self.low.ty(ty);
        let value = match kind {
            Kind::Bool => Const::Bool(false),
            Kind::Float | Kind::F32 => self.low.out.float(0.0),
            Kind::Str => self.low.out.str(""),
            Kind::Optional(_) | Kind::Any => Const::Nil,
            _ if kind.is_integer() => self.low.out.int(0),
            Kind::List(_) => {
                let dst = self.temp_idx(idx);
                self.emit(Inst::List { dst, items: Box::new([]) }, span);
                return dst;
            }
            Kind::Map(..) => {
                let dst = self.temp_idx(idx);
                self.emit(Inst::MapNew { dst }, span);
                return dst;
            }
            _ => {
                let message = "a variable that a closure changes needs a value from the start";
                let diagnostic = crate::diagnostic::Diagnostic::error(crate::codes::UNASSIGNED, span, message);
                self.low.error(diagnostic);
                return self.temp_idx(idx);
            }
        };
        self.constant(idx, value)
    }
}
