//! The sections of functions: FUNC, CODE, NAME, HNDL, LINE.

use super::sink::Sink;
use super::tables::constant;
use crate::index::*;
use crate::inst::{Inst, OperandRef};
use crate::module::*;

/// The byte offsets of a function's instructions, and last the length of its code.
pub(super) struct Offsets(Vec<u32>);

impl Offsets {
    /// The offset of a label; one that is out of range gets an offset that no instruction has.
    fn of(&self, label: Label) -> u32 {
        self.0.get(label.index()).copied().unwrap_or(u32::MAX)
    }
}

/// Section FUNC.
pub(super) fn declarations(sink: &mut Sink, functions: &[Function]) {
    sink.list(functions, |sink, function| {
        sink.leb(function.n_params);
        sink.types(&function.regs);
        sink.leb(function.result.0);
        sink.types(&function.captures);
    });
}

/// Section CODE. Gives where the instructions of each function begin.
pub(super) fn code(sink: &mut Sink, functions: &[Function]) -> Vec<Offsets> {
    functions
        .iter()
        .map(|function| {
            let mut code = Code::default();
            for inst in &function.code {
                code.inst(inst);
            }
            let (bytes, offsets) = code.finish();
            sink.blob(&bytes);
            offsets
        })
        .collect()
}

/// The code of one function while it is written.
#[derive(Default)]
struct Code {
    sink: Sink,
    offsets: Vec<u32>,
    /// Where a label stands, to be replaced by its offset.
    labels: Vec<(usize, Label)>,
}

impl Code {
    fn inst(&mut self, inst: &Inst) {
        self.offsets.push(self.sink.0.len() as u32);
        self.sink.u8(inst.opcode() as u8);
        inst.for_each_operand(|_, operand| match operand {
            OperandRef::Reg(reg) => self.sink.leb(reg.0),
            OperandRef::OptReg(reg) => self.sink.optional(reg.map(|reg| reg.0)),
            OperandRef::Regs(regs) => self.sink.list(regs, |sink, reg| sink.leb(reg.0)),
            OperandRef::Const(value) => constant(&mut self.sink, value),
            OperandRef::Param(ParamIdx(index))
            | OperandRef::Field(FieldIdx(index))
            | OperandRef::Variant(VariantIdx(index))
            | OperandRef::Method(MethodIdx(index))
            | OperandRef::Capture(CaptureIdx(index))
            | OperandRef::Type(TypeIdx(index))
            | OperandRef::Func(FuncIdx(index))
            | OperandRef::Extern(ExternIdx(index))
            | OperandRef::Native(NativeIdx(index))
            | OperandRef::Global(GlobalIdx(index)) => self.sink.leb(index),
            OperandRef::Label(label) => self.label(label),
            OperandRef::Labels(labels) => {
                self.sink.count(labels.len());
                labels.iter().for_each(|&label| self.label(label));
            }
            OperandRef::Imm(value) => self.sink.zigzag(value),
        });
    }

    fn label(&mut self, label: Label) {
        self.labels.push((self.sink.0.len(), label));
        self.sink.bytes(&[0; 4]);
    }

    fn finish(mut self) -> (Vec<u8>, Offsets) {
        self.offsets.push(self.sink.0.len() as u32);
        let offsets = Offsets(self.offsets);
        for (position, label) in self.labels {
            self.sink.0[position..position + 4].copy_from_slice(&offsets.of(label).to_le_bytes());
        }
        (self.sink.0, offsets)
    }
}

/// Section NAME.
pub(super) fn names(sink: &mut Sink, functions: &[Function]) {
    for function in functions {
        sink.str(&function.name);
    }
    for_some(
        sink,
        functions,
        |function| function.reg_names.is_empty(),
        |sink, _, function| {
            sink.list(&function.reg_names, |sink, (reg, name)| {
                sink.leb(reg.0);
                sink.str(name);
            });
        },
    );
}

/// Section HNDL.
pub(super) fn handlers(sink: &mut Sink, functions: &[Function], offsets: &[Offsets]) {
    for_some(
        sink,
        functions,
        |function| function.handlers.is_empty(),
        |sink, position, function| {
            let offsets = &offsets[position];
            sink.list(&function.handlers, |sink, handler| {
                sink.leb(offsets.of(handler.start));
                sink.leb(offsets.of(handler.end));
                sink.leb(offsets.of(handler.target));
                sink.leb(handler.reg.0);
                sink.optional(handler.filter.map(|ty| ty.0));
            });
        },
    );
}

/// Section LINE.
pub(super) fn lines(sink: &mut Sink, module: &Module, offsets: &[Offsets]) {
    sink.list(&module.files, |sink, file| sink.str(file));
    for_some(
        sink,
        &module.functions,
        |function| function.lines.is_empty(),
        |sink, position, function| {
            let mut last = Line { at: Label(0), file: FileIdx(0), line: 0, column: 0 };
            sink.list(&function.lines, |sink, line| {
                let line = Line { at: Label(offsets[position].of(line.at)), ..*line };
                sink.delta(last.at.0, line.at.0);
                sink.delta(last.file.0, line.file.0);
                sink.delta(last.line, line.line);
                sink.delta(last.column, line.column);
                last = line;
            });
        },
    );
}

/// Writes something for the functions that have it: a count, then positions and contents.
fn for_some(
    sink: &mut Sink,
    functions: &[Function],
    has_none: impl Fn(&Function) -> bool,
    mut write: impl FnMut(&mut Sink, usize, &Function),
) {
    sink.count(functions.iter().filter(|function| !has_none(function)).count());
    for (position, function) in functions.iter().enumerate().filter(|(_, function)| !has_none(function)) {
        sink.count(position);
        write(sink, position, function);
    }
}
