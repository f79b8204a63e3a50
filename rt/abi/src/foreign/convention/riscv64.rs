//! The RISC-V psABI, "Procedure Calling Convention", for LP64D.

use super::{Convention, Cursor, Passing};
use crate::foreign::Layout;

/// riscv64: eight registers of each kind.
pub static RISCV64: Convention = Convention {
    int_registers: 8,
    float_registers: 8,
    float_results: 2,
    floats_in_ints: true,
    result_register: false,
    structure,
};

/// "Hardware Floating-point Calling Convention": a struct that is, with its structs and arrays flattened, one float, two
/// floats, or a float and an integer is passed as these numbers would be, if there are registers for both and it is not
/// variadic. "Integer Calling Convention": any other is replaced by the address of a copy if it is larger than two
/// words, else takes integer registers, and for what they cannot hold the stack. No struct here is aligned to two
/// words, so that the rule of aligned register pairs never applies.
fn structure(cursor: &mut Cursor, layout: &Layout, variadic: bool) -> Passing {
    let n_floats = layout.leaves.iter().filter(|leaf| leaf.ty.is_float()).count();
    let n_ints = layout.leaves.len() - n_floats;
    let (ints, floats) = cursor.left();
    let flattens = matches!((n_floats, n_ints), (1, 0 | 1) | (2, 0));
    if flattens && !variadic && n_floats <= floats && n_ints <= ints {
        return cursor.leaves(layout);
    }
    if layout.size > 16 {
        return Passing::Reference(cursor.int());
    }
    cursor.words(layout, |cursor, _| cursor.int())
}
