//! The Procedure Call Standard for the Arm 64-bit Architecture (AAPCS64), section 6.8.2 "Parameter passing rules".
//! Variadic arguments are passed like others, as everywhere but at Apple.

use super::{Convention, Cursor, Passing};
use crate::foreign::Layout;

/// aarch64: eight registers of each kind, and x8 for the address of a result.
pub static AARCH64: Convention = Convention {
    int_registers: 8,
    float_registers: 8,
    float_results: 4,
    floats_in_ints: false,
    result_register: true,
    structure,
};

/// One to four floats of one type, and nothing else, are a homogeneous floating-point aggregate: it takes a register
/// for each (rule C.2), or none any more and the stack (C.3). Another struct of more than 16 bytes is replaced by the
/// address of a copy (B.4), a smaller one takes integer registers (C.12), or none any more and the stack (C.13).
fn structure(cursor: &mut Cursor, layout: &Layout, _: bool) -> Passing {
    let n = layout.leaves.len();
    let first = layout.leaves[0].ty;
    let (ints, floats) = cursor.left();
    if n <= 4 && first.is_float() && layout.leaves.iter().all(|leaf| leaf.ty == first) {
        if n <= floats {
            return cursor.leaves(layout);
        }
        cursor.n_floats += floats;
    } else if layout.size > 16 {
        return Passing::Reference(cursor.int());
    } else if layout.words() <= ints {
        return cursor.words(layout, |cursor, _| cursor.int());
    } else {
        cursor.n_ints += ints;
    }
    cursor.words(layout, |cursor, _| cursor.stack())
}
