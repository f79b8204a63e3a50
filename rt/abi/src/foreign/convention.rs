//! Where C functions find their arguments and leave their results.
//!
//! Each processor's file holds the rule for structs; the rest is a table. Results follow from the rule for arguments
//! on all of them: what would be passed in registers, if it came first, is returned in registers, and what would not is
//! written to an address that the caller gives.

mod aarch64;
mod riscv64;
mod x86_64;

pub use aarch64::AARCH64;
pub use riscv64::RISCV64;
pub use x86_64::X86_64;

use super::{CType, Layout};
use alloc::vec::Vec;

/// The C convention of a processor.
#[derive(Debug)]
pub struct Convention {
    /// How many integer registers there are for arguments.
    pub int_registers: usize,
    /// How many float registers there are for arguments.
    pub float_registers: usize,
    /// How many float registers there are for results. Of integer registers it is two everywhere.
    pub float_results: usize,
    /// Whether floats go the way of integers when no float register is left, and when they are variadic.
    pub floats_in_ints: bool,
    /// Whether the address for a struct result has a register of its own, rather than to be the first argument.
    pub result_register: bool,
    structure: fn(&mut Cursor, &Layout, bool) -> Passing,
}

/// Where a word is during a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// In an integer register.
    Int(usize),
    /// In a float register.
    Float(usize),
    /// On the stack, counted in words.
    Stack(usize),
}

/// A part of a struct, of at most 8 bytes, that has a place of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Piece {
    /// Its offset in bytes.
    pub offset: usize,
    /// Its size in bytes.
    pub size: usize,
    /// The number that it is, if it is to be in the register as that number alone would be.
    pub ty: Option<CType>,
    /// Where it goes.
    pub place: Place,
}

/// How a struct is passed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Passing {
    /// By its parts.
    Pieces(Vec<Piece>),
    /// By the address of a copy.
    Reference(Place),
}

/// Gives arguments their places, first to last.
#[derive(Debug)]
pub struct Cursor {
    convention: &'static Convention,
    n_ints: usize,
    n_floats: usize,
    n_stack: usize,
}

impl Convention {
    /// A cursor before the first argument.
    pub fn cursor(&'static self) -> Cursor {
        Cursor { convention: self, n_ints: 0, n_floats: 0, n_stack: 0 }
    }

    /// The registers that hold a struct as a result; `None` if it is written to an address that the caller gives.
    pub fn result(&'static self, layout: &Layout) -> Option<Vec<Piece>> {
        match self.cursor().structure(layout, false) {
            Passing::Pieces(pieces) if pieces.iter().all(|piece| !matches!(piece.place, Place::Stack(_))) => {
                Some(pieces)
            }
            _ => None,
        }
    }
}

impl Cursor {
    /// How many float registers are taken.
    pub fn n_floats(&self) -> usize {
        self.n_floats
    }

    /// The place of a number, an address or a string; `variadic` says whether it is of a variadic part.
    pub fn scalar(&mut self, ty: CType, variadic: bool) -> Place {
        let in_ints = self.convention.floats_in_ints;
        match ty.is_float() {
            true if self.n_floats < self.convention.float_registers && !(in_ints && variadic) => self.float(),
            true if !in_ints => self.stack(),
            _ => self.int(),
        }
    }

    /// How a struct is passed.
    pub fn structure(&mut self, layout: &Layout, variadic: bool) -> Passing {
        (self.convention.structure)(self, layout, variadic)
    }

    /// An integer register, or a word of the stack.
    fn int(&mut self) -> Place {
        if self.n_ints == self.convention.int_registers {
            return self.stack();
        }
        self.n_ints += 1;
        Place::Int(self.n_ints - 1)
    }

    /// A float register, of which there must be one.
    fn float(&mut self) -> Place {
        self.n_floats += 1;
        Place::Float(self.n_floats - 1)
    }

    fn stack(&mut self) -> Place {
        self.n_stack += 1;
        Place::Stack(self.n_stack - 1)
    }

    /// How many integer and float registers are left.
    fn left(&self) -> (usize, usize) {
        (self.convention.int_registers - self.n_ints, self.convention.float_registers - self.n_floats)
    }

    /// Passes a struct word by word.
    fn words(&mut self, layout: &Layout, mut place: impl FnMut(&mut Cursor, usize) -> Place) -> Passing {
        let piece = |word: usize| {
            let size = (layout.size - 8 * word).min(8);
            Piece { offset: 8 * word, size, ty: None, place: place(self, word) }
        };
        Passing::Pieces((0..layout.words()).map(piece).collect())
    }

    /// Passes a struct number by number.
    fn leaves(&mut self, layout: &Layout) -> Passing {
        let pieces = layout.leaves.iter().map(|leaf| Piece {
            offset: leaf.offset,
            size: leaf.ty.size(),
            ty: Some(leaf.ty),
            place: if leaf.ty.is_float() { self.float() } else { self.int() },
        });
        Passing::Pieces(pieces.collect())
    }
}

#[cfg(test)]
mod tests;
