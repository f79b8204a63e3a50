//! Building the body of a function.

use crate::index::*;
use crate::inst::{Inst, OperandMut};
use crate::module::{Function, Handler, Line};

/// A function while its body is built.
///
/// Labels are its own until [`finish`](Self::finish): they need not be bound before they are used.
#[derive(Clone, Debug)]
pub struct FunctionBuilder {
    function: Function,
    /// The position of each label that is bound.
    labels: Vec<Option<u32>>,
    /// The position of the label that was bound last.
    last_bound: Option<u32>,
}

/// A part of the code whose exceptions are caught, from where it began.
#[derive(Debug)]
#[must_use = "a region catches nothing before it ends"]
pub struct Region {
    start: Label,
}

/// Where exceptions of a region continue.
#[derive(Clone, Copy, Debug)]
pub struct Catch {
    /// The handler.
    pub target: Label,
    /// Receives the exception; of type `any`.
    pub reg: Reg,
    /// Which exceptions are caught: those of this type; all if absent.
    pub filter: Option<TypeIdx>,
}

impl FunctionBuilder {
    pub(super) fn new(function: Function) -> Self {
        FunctionBuilder { function, labels: vec![], last_bound: None }
    }

    /// The register of a parameter.
    pub fn param(&self, position: u32) -> Reg {
        debug_assert!(position < self.function.n_params);
        Reg(position)
    }

    /// A new register.
    pub fn reg(&mut self, ty: TypeIdx) -> Reg {
        self.function.regs.push(ty);
        Reg::new(self.function.regs.len() - 1)
    }

    /// A new register with a name for people.
    pub fn named_reg(&mut self, ty: TypeIdx, name: &str) -> Reg {
        let reg = self.reg(ty);
        self.name_reg(reg, name);
        reg
    }

    /// Gives a register a name for people.
    pub fn name_reg(&mut self, reg: Reg, name: &str) {
        match self.function.reg_names.binary_search_by_key(&reg, |&(reg, _)| reg) {
            Ok(position) => self.function.reg_names[position].1 = name.to_owned(),
            Err(position) => self.function.reg_names.insert(position, (reg, name.to_owned())),
        }
    }

    /// The type of a register.
    pub fn reg_type(&self, reg: Reg) -> TypeIdx {
        self.function.regs[reg.index()]
    }

    /// The result type.
    pub fn result(&self) -> TypeIdx {
        self.function.result
    }

    /// A new label, to be bound once.
    pub fn label(&mut self) -> Label {
        self.labels.push(None);
        Label::new(self.labels.len() - 1)
    }

    /// Lets a label stand for the next instruction.
    ///
    /// # Panics
    /// If it is bound already.
    pub fn bind(&mut self, label: Label) {
        let here = self.function.code.len() as u32;
        let old = self.labels[label.index()].replace(here);
        assert!(old.is_none(), "a label is bound twice");
        self.last_bound = Some(here);
    }

    /// A new label that stands for the next instruction.
    pub fn label_here(&mut self) -> Label {
        let label = self.label();
        self.bind(label);
        label
    }

    /// Appends an instruction.
    pub fn emit(&mut self, inst: Inst) {
        self.function.code.push(inst);
    }

    /// How many instructions there are.
    pub fn len(&self) -> usize {
        self.function.code.len()
    }

    /// Whether there are no instructions.
    pub fn is_empty(&self) -> bool {
        self.function.code.is_empty()
    }

    /// The last instruction.
    pub fn last(&self) -> Option<&Inst> {
        self.function.code.last()
    }

    /// Whether a label stands for the next instruction, so that it can be reached even if the last never continues.
    pub fn is_bound_here(&self) -> bool {
        self.last_bound == Some(self.function.code.len() as u32)
    }

    /// The instructions that follow come from this line and column of a source file.
    pub fn line(&mut self, file: FileIdx, line: u32, column: u32) {
        let at = Label::new(self.function.code.len());
        let same = |last: &mut Line| last.file == file && last.line == line && last.column == column;
        // Of several positions of one instruction the last holds.
        self.function.lines.pop_if(|last| last.at == at);
        if !self.function.lines.last_mut().is_some_and(same) {
            self.function.lines.push(Line { at, file, line, column });
        }
    }

    /// Begins a region whose exceptions are caught.
    pub fn begin_region(&mut self) -> Region {
        Region { start: Label::new(self.function.code.len()) }
    }

    /// Ends a region: the first of `catches` that takes an exception continues it. Regions within it must have ended.
    /// A region without instructions catches nothing.
    pub fn end_region(&mut self, region: Region, catches: &[Catch]) {
        let end = Label::new(self.function.code.len());
        if region.start == end {
            return;
        }
        let handler = |catch: &Catch| Handler {
            start: region.start,
            end,
            target: catch.target,
            reg: catch.reg,
            filter: catch.filter,
        };
        self.function.handlers.extend(catches.iter().map(handler));
    }

    /// The function.
    ///
    /// # Panics
    /// If a label is used but not bound.
    pub fn finish(mut self) -> Function {
        let settle = |label: &mut Label| {
            *label = Label(self.labels[label.index()].expect("a label is used but not bound"));
        };
        for inst in &mut self.function.code {
            inst.for_each_operand_mut(|_, operand| match operand {
                OperandMut::Label(label) => settle(label),
                OperandMut::Labels(labels) => labels.iter_mut().for_each(settle),
                _ => {}
            });
        }
        self.function.handlers.iter_mut().for_each(|handler| settle(&mut handler.target));
        let n_insts = self.function.code.len();
        self.function.lines.pop_if(|last| last.at.index() >= n_insts);
        self.function
    }
}
