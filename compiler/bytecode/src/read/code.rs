//! Section CODE: for each function the length of its code in bytes, then the instructions.

use super::cursor::Cursor;
use super::tables::constant;
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::index::{Label, Reg};
use crate::inst::{Inst, Opcode, OperandInfo, OperandMut, OperandSource};
use crate::limits::{MAX_INSTS, MAX_LIST, MAX_SECTION};
use crate::module::{Const, Function};

/// Where the instructions of a function begin.
#[derive(Default)]
pub(super) struct Starts {
    /// Byte offsets within the function's code, ascending.
    offsets: Vec<u32>,
    /// The length of the code in bytes.
    len: u32,
}

impl Starts {
    /// The instruction at byte offset `offset`, which was read at `position`.
    pub(super) fn find(&self, cursor: &Cursor<'_>, position: usize, offset: u32) -> Result<Label> {
        match self.offsets.binary_search(&offset) {
            Ok(inst) => Ok(Label::new(inst)),
            Err(_) => {
                let message = format!("no instruction begins at offset {offset:#x} of the function's code");
                Err(cursor.error_at(position, Code::BAD_OFFSET, message))
            }
        }
    }

    /// Reads the offset of an instruction.
    pub(super) fn inst(&self, cursor: &mut Cursor<'_>) -> Result<Label> {
        let position = cursor.position();
        let offset = cursor.leb("an instruction's offset")?;
        self.find(cursor, position, offset)
    }

    /// Reads the offset of an instruction or of the code's end.
    pub(super) fn inst_or_end(&self, cursor: &mut Cursor<'_>) -> Result<Label> {
        let position = cursor.position();
        let offset = cursor.leb("an instruction's offset")?;
        match offset == self.len {
            true => Ok(Label::new(self.offsets.len())),
            false => self.find(cursor, position, offset),
        }
    }
}

/// Reads the code of all functions.
pub(super) fn read(cursor: &mut Cursor<'_>, functions: &mut [Function]) -> Result<Vec<Starts>> {
    functions
        .iter_mut()
        .map(|function| read_function(cursor, function).map_err(|error| error.in_function(&function.name)))
        .collect()
}

fn read_function(cursor: &mut Cursor<'_>, function: &mut Function) -> Result<Starts> {
    let len = cursor.count(MAX_SECTION, 0, "bytes of code")?;
    let start = cursor.position();
    let end = start + len;
    let mut starts = Starts { offsets: vec![], len: len as u32 };
    while cursor.position() < end {
        if starts.offsets.len() == MAX_INSTS {
            let message = format!("more than {MAX_INSTS} instructions in a function");
            return Err(cursor.error_at(cursor.position(), Code::LIMIT_EXCEEDED, message));
        }
        cursor.charge(size_of::<Inst>() + size_of::<u32>())?;
        starts.offsets.push((cursor.position() - start) as u32);
        function.code.push(inst(cursor, function.code.len())?);
    }
    if cursor.position() > end {
        let last = starts.offsets.last().map_or(start, |&offset| start + offset as usize);
        return Err(cursor.error_at(last, Code::TRUNCATED, "the last instruction does not fit the function's code"));
    }
    // The offsets that labels were read as become positions of instructions.
    for (position, (inst, &offset)) in function.code.iter_mut().zip(&starts.offsets).enumerate() {
        let mut result = Ok(());
        let mut resolve = |label: &mut Label| match starts.find(cursor, start + offset as usize, label.0) {
            Ok(inst) => *label = inst,
            Err(error) => result = Err(error),
        };
        inst.for_each_operand_mut(|_, operand| match operand {
            OperandMut::Label(label) => resolve(label),
            OperandMut::Labels(labels) => labels.iter_mut().for_each(&mut resolve),
            _ => {}
        });
        result.map_err(|error| at_inst(error, position, inst.opcode()))?;
    }
    Ok(starts)
}

fn inst(cursor: &mut Cursor<'_>, position: usize) -> Result<Inst> {
    let start = cursor.position();
    let number = cursor.u8("an instruction")?;
    let Some(opcode) = Opcode::from_u8(number) else {
        let message = format!("there is no instruction {number:#04x}");
        return Err(cursor.error_at(start, Code::UNKNOWN_OPCODE, message));
    };
    Inst::read(opcode, &mut Operands(cursor)).map_err(|error| at_inst(error, position, opcode))
}

fn at_inst(mut error: Error, position: usize, opcode: Opcode) -> Error {
    error.place.inst.get_or_insert((position as u32, opcode.info().mnemonic));
    error
}

/// Operands as they stand in a file, labels as byte offsets.
struct Operands<'c, 'a>(&'c mut Cursor<'a>);

impl OperandSource for Operands<'_, '_> {
    type Error = Error;

    fn reg(&mut self, info: &OperandInfo) -> Result<Reg> {
        self.0.leb(info.name).map(Reg)
    }

    fn opt_reg(&mut self, info: &OperandInfo) -> Result<Option<Reg>> {
        Ok(self.0.optional(info.name)?.map(Reg))
    }

    fn regs(&mut self, info: &OperandInfo) -> Result<Box<[Reg]>> {
        Ok(self.0.list(MAX_LIST, info.name, |cursor| cursor.leb(info.name).map(Reg))?.into())
    }

    fn constant(&mut self, _info: &OperandInfo) -> Result<Const> {
        constant(self.0)
    }

    fn index(&mut self, info: &OperandInfo) -> Result<u32> {
        self.0.leb(info.name)
    }

    fn label(&mut self, info: &OperandInfo) -> Result<Label> {
        self.0.u32_le(info.name).map(Label)
    }

    fn labels(&mut self, info: &OperandInfo) -> Result<Box<[Label]>> {
        Ok(self.0.list(MAX_LIST, info.name, |cursor| cursor.u32_le(info.name).map(Label))?.into())
    }

    fn imm(&mut self, info: &OperandInfo) -> Result<i64> {
        self.0.zigzag(info.name)
    }
}
