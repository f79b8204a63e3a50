//! The System V psABI for AMD64, section 3.2.3 "Parameter Passing".

use super::{Convention, Cursor, Passing};
use crate::foreign::Layout;

/// x86_64: six integer and eight float registers.
pub static X86_64: Convention = Convention {
    int_registers: 6,
    float_registers: 8,
    float_results: 2,
    floats_in_ints: false,
    result_register: false,
    structure,
};

/// A struct of more than two eightbytes has class MEMORY: it is copied onto the stack. Otherwise each eightbyte is of
/// class INTEGER if any number in it is an integer, else SSE; "if there are no registers available for any eightbyte of
/// an argument, the whole argument is passed on the stack", and the registers stay for those that follow.
fn structure(cursor: &mut Cursor, layout: &Layout, _: bool) -> Passing {
    let is_float =
        |word: usize| layout.leaves.iter().filter(|leaf| leaf.offset / 8 == word).all(|leaf| leaf.ty.is_float());
    if layout.size <= 16 {
        let n_floats = (0..layout.words()).filter(|&word| is_float(word)).count();
        let (ints, floats) = cursor.left();
        if layout.words() - n_floats <= ints && n_floats <= floats {
            return cursor.words(layout, |cursor, word| if is_float(word) { cursor.float() } else { cursor.int() });
        }
    }
    cursor.words(layout, |cursor, _| cursor.stack())
}
