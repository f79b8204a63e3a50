//! Heap objects as Rust sees them.
//!
//! An [`Obj`] borrows the process. A collection takes `&mut Process`, so while an `Obj` is alive objects neither move
//! nor die, and its methods are safe. What they trust is the type discipline of the bytecode, which the verifier has
//! checked: an offset or a representation given here must be that of the object's type.

mod list;
mod map;
mod text;

pub use list::{Buffer, List, Packed};
pub use map::Map;
pub use text::Str;

use crate::process::Process;
use crate::word::Word;
use std::marker::PhantomData;
use vitte_abi::TypeId;
use vitte_abi::object::{Repr, flag, offset, type_id};

/// A live object of the process `'p`.
#[derive(Clone, Copy)]
pub struct Obj<'p> {
    address: u64,
    process: PhantomData<&'p Process>,
}

impl<'p> Obj<'p> {
    /// The object at `address`.
    pub(crate) fn at(_: &'p Process, address: u64) -> Obj<'p> {
        debug_assert!(address != 0 && address.is_multiple_of(8));
        Obj { address, process: PhantomData }
    }

    /// Where it stands now.
    pub fn address(self) -> u64 {
        self.address
    }

    /// The traced word that refers to it.
    pub fn word(self) -> Word {
        Word(self.address)
    }

    fn slot(self, offset: u32) -> *mut u64 {
        (self.address + u64::from(offset)) as usize as *mut u64
    }

    /// The header, see [`vitte_abi::object`].
    pub fn header(self) -> u64 {
        self.raw(0)
    }

    /// Its type.
    pub fn ty(self) -> TypeId {
        self.header() as TypeId
    }

    /// The tag of its variant.
    pub fn tag(self) -> u16 {
        (self.header() >> 32) as u16
    }

    /// The 64 bits at `offset`.
    pub fn raw(self, offset: u32) -> u64 {
        // SAFETY: the object is alive and, by its type, reaches that far.
        unsafe { *self.slot(offset) }
    }

    /// Writes 64 bits that are no reference.
    pub fn set_raw(self, offset: u32, bits: u64) {
        // SAFETY: as in `raw`; nobody holds a Rust reference to the inside of an object but through cells.
        unsafe { *self.slot(offset) = bits }
    }

    /// The traced word at `offset`.
    pub fn word_at(self, offset: u32) -> Word {
        Word(self.raw(offset))
    }

    /// Writes a traced word, telling the collector.
    pub fn set_word(self, p: &Process, offset: u32, word: Word) {
        if self.header() & flag::OLD != 0 {
            p.barrier(self.address, self.address + u64::from(offset));
        }
        self.set_raw(offset, word.0);
    }

    /// The slot bits of the value at `offset`.
    pub fn load(self, offset: u32, form: Form) -> u64 {
        // SAFETY: the object is alive and has a field of this size there.
        unsafe { load(self.slot(offset).cast(), form) }
    }

    /// Writes the value of the slot bits at `offset`, telling the collector of references.
    pub fn store(self, p: &Process, offset: u32, form: Form, bits: u64) {
        if form.repr == Repr::Ref {
            return self.set_word(p, offset, Word(bits));
        }
        // SAFETY: the object is alive and has a field of this size there.
        unsafe { store(self.slot(offset).cast(), form.repr, bits) }
    }

    /// The slot bits in a box.
    pub fn box_value(self) -> u64 {
        self.raw(offset::BOX_VALUE)
    }

    /// The code of a closure: an address, or the function's index under the interpreter.
    pub fn closure_code(self) -> u64 {
        self.raw(offset::CLOSURE_CODE)
    }
}

/// How values of a type are held in memory, and how they become slot bits: [`crate::Runtime::form`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Form {
    /// The size and kind.
    pub repr: Repr,
    /// Whether slot bits are sign-extended.
    pub signed: bool,
}

impl Form {
    /// A traced word.
    pub const REF: Form = Form { repr: Repr::Ref, signed: false };
    /// An `int`.
    pub const INT: Form = Form { repr: Repr::I64, signed: true };
    /// A byte.
    pub const U8: Form = Form { repr: Repr::I8, signed: false };

    /// The form of a type held in this way.
    pub fn new(ty: TypeId, repr: Repr) -> Form {
        Form { repr, signed: matches!(ty, type_id::I8 | type_id::I16 | type_id::I32 | type_id::INT) }
    }

    /// The size of a value in bytes.
    pub fn size(self) -> usize {
        self.repr.size() as usize
    }
}

/// The slot bits of a value in memory.
///
/// # Safety
/// `at` must be readable for the size of the form.
pub(crate) unsafe fn load(at: *const u8, form: Form) -> u64 {
    // SAFETY: the caller vouches for the memory.
    unsafe {
        match (form.repr, form.signed) {
            (Repr::Unit, _) => 0,
            (Repr::I8, false) => u64::from(at.read()),
            (Repr::I8, true) => at.cast::<i8>().read() as u64,
            (Repr::I16, false) => u64::from(at.cast::<u16>().read()),
            (Repr::I16, true) => at.cast::<i16>().read() as u64,
            (Repr::I32, true) => at.cast::<i32>().read() as u64,
            (Repr::I32 | Repr::F32, _) => u64::from(at.cast::<u32>().read()),
            (Repr::I64 | Repr::F64 | Repr::Ref, _) => at.cast::<u64>().read(),
        }
    }
}

/// Writes the value of slot bits to memory.
///
/// # Safety
/// `at` must be writable for the size of `repr`.
pub(crate) unsafe fn store(at: *mut u8, repr: Repr, bits: u64) {
    // SAFETY: the caller vouches for the memory.
    unsafe {
        match repr {
            Repr::Unit => {}
            Repr::I8 => at.write(bits as u8),
            Repr::I16 => at.cast::<u16>().write(bits as u16),
            Repr::I32 | Repr::F32 => at.cast::<u32>().write(bits as u32),
            Repr::I64 | Repr::F64 | Repr::Ref => at.cast::<u64>().write(bits),
        }
    }
}
