//! C code calling the program: what comes in as arguments, and what goes back.

use super::image;
use crate::context::CONVENTION;
use crate::process::Process;
use std::ffi::{CStr, c_char};
use std::ptr;
use vitte_abi::TypeId;
use vitte_abi::foreign::convention::{Passing, Place};
use vitte_abi::foreign::{CType, Registers, Signature};

/// A call by C code.
pub(crate) struct Incoming {
    /// The slot bits of the arguments, of which the first is the result afterwards. There is at least one.
    pub(crate) words: Vec<u64>,
    result: TypeId,
    /// Where the result is to be written, unless it goes into registers.
    address: Option<u64>,
}

impl Incoming {
    /// Takes the arguments, making objects of structs and strings. Nothing must collect before the shim passes them on.
    /// An export returns a status, and so has one argument more for its result.
    ///
    /// # Safety
    /// A C function of this signature must have been called with these registers, and not have returned.
    pub(crate) unsafe fn open(p: &Process, signature: Signature<'_>, registers: &Registers, export: bool) -> Incoming {
        let mut cursor = CONVENTION.cursor();
        let get = |place| match place {
            Place::Int(number) => registers.ints[number],
            Place::Float(number) => registers.floats[number],
            // SAFETY: by its signature, the function has an argument there.
            Place::Stack(number) => unsafe { *(registers.stack as usize as *const u64).add(number) },
        };
        let result = signature.result();
        let mut address = None;
        if !export && is_in_memory(p, result) {
            address = Some(match CONVENTION.result_register {
                true => registers.result,
                false => get(cursor.scalar(CType::I64, false)),
            });
        }
        let mut words = Vec::with_capacity(signature.args().len().max(1));
        for ty in signature.args() {
            let c_type = CType::of(ty);
            words.push(match c_type {
                CType::Struct => {
                    let layout = p.runtime().c_layout(ty);
                    let mut image = image::empty(layout);
                    match cursor.structure(layout, false) {
                        Passing::Pieces(pieces) => {
                            for piece in pieces {
                                image::put(&mut image, piece.offset, piece.size, get(piece.place));
                            }
                        }
                        // SAFETY: by its signature, the function has the address of such a struct there.
                        Passing::Reference(place) => unsafe {
                            copy(get(place), image.as_mut_ptr() as u64, layout.size)
                        },
                    }
                    image::read(p, ty, layout, &image).address()
                }
                CType::Str => {
                    let text = get(cursor.scalar(c_type, false)) as usize as *const c_char;
                    // SAFETY: by its signature, the function has the address of a C string, or null, there.
                    let text = if text.is_null() { c"" } else { unsafe { CStr::from_ptr(text) } };
                    p.new_str(&text.to_string_lossy()).object().address()
                }
                _ => c_type.slot_bits(get(cursor.scalar(c_type, false))),
            });
        }
        if export && CType::of(result) != CType::Void {
            address = Some(get(cursor.scalar(CType::I64, false)));
        }
        words.resize(words.len().max(1), 0);
        Incoming { words, result, address }
    }

    /// Gives the result back, or zeros if the call `failed`. Nothing must have collected since the shim returned it.
    ///
    /// # Safety
    /// As of [`Incoming::open`].
    pub(crate) unsafe fn close(self, p: &Process, registers: &mut Registers, failed: bool) {
        let bits = if failed { 0 } else { self.words[0] };
        let c_type = CType::of(self.result);
        let layout = (c_type == CType::Struct).then(|| p.runtime().c_layout(self.result));
        let image = match layout {
            Some(layout) if failed => image::empty(layout),
            Some(layout) => image::write(p, p.object(bits), layout),
            None => vec![bits].into(),
        };
        if let Some(address) = self.address {
            // SAFETY: by its signature, the function was given the address of room for the result.
            unsafe { copy(image.as_ptr() as u64, address, layout.map_or(c_type.size(), |layout| layout.size)) };
            registers.ints[0] = address;
        } else if let Some(layout) = layout {
            for piece in CONVENTION.result(layout).into_iter().flatten() {
                let bits = image::get(&image, piece.offset, piece.size);
                let bits = piece.ty.map_or(bits, |ty| ty.register(ty.slot_bits(bits)));
                match piece.place {
                    Place::Int(number) => registers.ints[number] = bits,
                    Place::Float(number) => registers.floats[number] = bits,
                    Place::Stack(_) => unreachable!("results go into registers or to an address"),
                }
            }
        } else {
            registers.ints[0] = c_type.register(bits);
            registers.floats[0] = c_type.register(bits);
        }
    }
}

/// Whether C returns the type by writing it to an address that the caller gives.
fn is_in_memory(p: &Process, ty: TypeId) -> bool {
    CType::of(ty) == CType::Struct && CONVENTION.result(p.runtime().c_layout(ty)).is_none()
}

/// Copies bytes.
///
/// # Safety
/// There must be `size` bytes at both addresses.
unsafe fn copy(from: u64, to: u64, size: usize) {
    // SAFETY: the caller vouches for the memory.
    unsafe { ptr::copy(from as usize as *const u8, to as usize as *mut u8, size) };
}
