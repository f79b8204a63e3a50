//! Which types C has, and how it lays them out: the same on all 64-bit targets.

use crate::program::Program;
use crate::types::{AdtId, Kind, Ty};
use vitbc::limits::{MAX_C_NESTING, MAX_C_NUMBERS};

impl Program {
    /// Whether values of the type cross to C and back: numbers, `bool`, addresses and `extern struct`s.
    pub(crate) fn crosses_to_c(&self, ty: Ty) -> bool {
        match self.types.kind(ty) {
            Kind::Error | Kind::Bool | Kind::Ptr(_) | Kind::ExternFn(..) => true,
            Kind::Adt(id, _) => self.adt(id).is_extern,
            kind => kind.is_number(),
        }
    }

    /// Whether a struct of C may have a field of the type: it crosses to C, or is a tuple of equal such types, which
    /// stands for an array.
    pub(crate) fn is_in_c(&self, ty: Ty) -> bool {
        match self.types.kind(ty) {
            Kind::Tuple(items) => {
                let items = self.types.list(items);
                items.iter().all(|&item| item == items[0]) && self.is_in_c(items[0])
            }
            _ => self.crosses_to_c(ty),
        }
    }

    /// Whether an `extern struct` is of finite and moderate size.
    pub(crate) fn is_moderate_in_c(&self, id: AdtId) -> bool {
        self.adt(id).variants[0].fields.iter().all(|field| self.count_numbers(field.ty, 1, &mut 0))
    }

    fn count_numbers(&self, ty: Ty, depth: usize, n: &mut usize) -> bool {
        if depth == MAX_C_NESTING || *n == MAX_C_NUMBERS {
            return false;
        }
        let parts = self.parts(ty);
        if parts.is_empty() {
            *n += 1;
        }
        parts.into_iter().all(|part| self.count_numbers(part, depth + 1, n))
    }

    /// The types of the fields of a struct or array.
    fn parts(&self, ty: Ty) -> Vec<Ty> {
        match self.types.kind(ty) {
            Kind::Adt(id, _) if self.adt(id).is_extern => {
                self.adt(id).variants[0].fields.iter().map(|field| field.ty).collect()
            }
            Kind::Tuple(items) => self.types.list(items).to_vec(),
            _ => vec![],
        }
    }

    /// The size and alignment of a type in bytes.
    pub(crate) fn c_size(&self, ty: Ty) -> (i64, i64) {
        let size = match self.types.kind(ty) {
            Kind::I16 | Kind::U16 => 2,
            Kind::I32 | Kind::U32 | Kind::F32 => 4,
            Kind::Int | Kind::U64 | Kind::Float | Kind::Ptr(_) | Kind::ExternFn(..) => 8,
            Kind::Adt(..) | Kind::Tuple(_) => {
                // A struct that C does not have takes no room there; only a pointer to it can be.
                let (mut end, mut align) = (0, 1);
                for (offset, field) in self.c_fields(ty) {
                    let (size, own) = self.c_size(field);
                    (end, align) = (offset + size, align.max(own));
                }
                return ((end + align - 1) / align * align, align);
            }
            _ => 1,
        };
        (size, size)
    }

    /// The fields of a struct or array, with their offsets in bytes.
    pub(crate) fn c_fields(&self, ty: Ty) -> Vec<(i64, Ty)> {
        let mut end = 0;
        let place = |field| {
            let (size, align) = self.c_size(field);
            let offset = (end + align - 1) / align * align;
            end = offset + size;
            (offset, field)
        };
        self.parts(ty).into_iter().map(place).collect()
    }
}
