//! How C lays structs out.

use super::CType;
use crate::TypeId;
use crate::types::{Shape, TypeTable};
use alloc::vec::Vec;

/// A struct, or an array within one, in memory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Layout {
    /// Its size in bytes.
    pub size: usize,
    /// Its alignment in bytes.
    pub align: usize,
    /// The numbers that it is made of, in order.
    pub leaves: Vec<Leaf>,
}

/// A number in a struct.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Leaf {
    /// Its offset in bytes.
    pub offset: usize,
    /// Its type.
    pub ty: CType,
}

impl Layout {
    /// The layout of a type of the table that crosses to C: a number, a struct, or a tuple, which is an array.
    pub fn of(types: &TypeTable, ty: TypeId) -> Layout {
        let mut layout = Layout { size: 0, align: 1, leaves: Vec::new() };
        layout.add(types, ty);
        layout
    }

    /// Appends a value.
    fn add(&mut self, types: &TypeTable, ty: TypeId) {
        let (Shape::Struct(record) | Shape::Tuple(record)) = &types.types[ty as usize].shape else {
            let ty = CType::of(ty);
            let offset = self.size.next_multiple_of(ty.size().max(1));
            self.leaves.push(Leaf { offset, ty });
            self.size = offset + ty.size();
            self.align = self.align.max(ty.size());
            return;
        };
        let mut inner = Layout { size: 0, align: 1, leaves: Vec::new() };
        for field in &record.fields {
            inner.add(types, field.ty);
        }
        let offset = self.size.next_multiple_of(inner.align);
        self.leaves.extend(inner.leaves.iter().map(|leaf| Leaf { offset: offset + leaf.offset, ..*leaf }));
        self.size = offset + inner.size.next_multiple_of(inner.align);
        self.align = self.align.max(inner.align);
    }

    /// How many words hold it.
    pub fn words(&self) -> usize {
        self.size.div_ceil(8)
    }
}
