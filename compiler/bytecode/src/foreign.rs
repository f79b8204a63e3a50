//! Which types C has.

use crate::index::TypeIdx;
use crate::limits::{MAX_C_NESTING, MAX_C_NUMBERS};
use crate::module::Module;
use crate::types::Type;

impl Type {
    /// Whether it is a number, `bool` or `ptr`, which are the same in C.
    pub fn is_c_scalar(&self) -> bool {
        self.is_integer() || self.is_real() || matches!(self, Type::Bool | Type::Ptr)
    }
}

impl Module {
    /// Whether C has the type: a scalar, or a struct of C's types, in which a tuple of equal types is an array.
    /// The types of the module must have been verified.
    pub fn is_c_type(&self, ty: TypeIdx) -> bool {
        self.ty(ty).is_c_scalar() || self.is_c_struct(ty)
    }

    /// Whether the type is a struct that crosses to C by value.
    pub fn is_c_struct(&self, ty: TypeIdx) -> bool {
        matches!(self.ty(ty), Type::Struct(_)) && self.count_c_numbers(ty, 0, &mut 0)
    }

    /// Adds the numbers that a field is made of to `n`; false if C has no such field, or there are too many.
    fn count_c_numbers(&self, ty: TypeIdx, depth: usize, n: &mut usize) -> bool {
        // A struct that contains itself nests without end.
        if depth == MAX_C_NESTING || *n == MAX_C_NUMBERS {
            return false;
        }
        match self.ty(ty) {
            Type::Struct(declared) if !declared.fields.is_empty() => {
                declared.fields.iter().all(|field| self.count_c_numbers(field.ty, depth + 1, n))
            }
            Type::Tuple(items) => {
                items.iter().all(|&item| item == items[0] && self.count_c_numbers(item, depth + 1, n))
            }
            scalar => {
                *n += 1;
                scalar.is_c_scalar()
            }
        }
    }
}
