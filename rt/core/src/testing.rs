//! Processes for unit tests.

use crate::{Options, Process, Runtime};
use vitte_abi::TypeId;
use vitte_abi::object::{Repr, offset, type_id};
use vitte_abi::types::{Record, Shape, TypeInfo, TypeTable, Variant};

/// The types of every program, and what a test adds to them.
pub(crate) struct Types(TypeTable);

impl Types {
    /// The predefined types.
    pub(crate) fn new() -> Types {
        let mut types = Types(TypeTable::default());
        let scalars = [
            ("()", Repr::Unit),
            ("bool", Repr::I8),
            ("int", Repr::I64),
            ("float", Repr::F64),
            ("i8", Repr::I8),
            ("i16", Repr::I16),
            ("i32", Repr::I32),
            ("u8", Repr::I8),
            ("u16", Repr::I16),
            ("u32", Repr::I32),
            ("u64", Repr::I64),
            ("f32", Repr::F32),
        ];
        for (name, repr) in scalars {
            types.add(name, repr, Shape::Scalar);
        }
        types.add("str", Repr::Ref, Shape::Str);
        types.add("bytes", Repr::Ref, Shape::Bytes);
        types.add("any", Repr::Ref, Shape::Any);
        for name in ["pid", "monitor_ref", "ptr"] {
            types.add(name, Repr::I64, Shape::Scalar);
        }
        let errors = "DivideByZero IndexError KeyError NilError TypeError ParseError IoError StackOverflow OutOfMemory \
                      AssertError ExitError ProcessError";
        for name in errors.split_ascii_whitespace() {
            let more: &[(&str, TypeId)] = match name {
                "IoError" => &[("path", type_id::STR), ("code", type_id::INT)],
                "ExitError" => &[("code", type_id::INT)],
                _ => &[],
            };
            let fields: Vec<_> = std::iter::once(("message", type_id::STR)).chain(more.iter().copied()).collect();
            types.record(name, &fields);
        }
        types.add("buffer", Repr::Ref, Shape::Buffer);
        assert_eq!(types.add("ref buffer", Repr::Ref, Shape::Buffer), type_id::REF_BUFFER);
        types
    }

    /// Adds a type.
    pub(crate) fn add(&mut self, name: &str, repr: Repr, shape: Shape) -> TypeId {
        self.0.types.push(TypeInfo { name: name.into(), repr, shape });
        self.0.types.len() as TypeId - 1
    }

    fn lay_out(&self, fields: &[(&str, TypeId)]) -> Record {
        // A type that is yet to be added is some struct or enum.
        let repr = |ty: TypeId| self.0.types.get(ty as usize).map_or(Repr::Ref, |info| info.repr);
        Record::lay_out(offset::FIELDS, fields.iter().map(|&(name, ty)| (name.into(), ty, repr(ty))))
    }

    /// Adds a struct.
    pub(crate) fn record(&mut self, name: &str, fields: &[(&str, TypeId)]) -> TypeId {
        let record = self.lay_out(fields);
        self.add(name, Repr::Ref, Shape::Struct(record))
    }

    /// Adds a tuple.
    pub(crate) fn tuple(&mut self, name: &str, fields: &[TypeId]) -> TypeId {
        let fields: Vec<_> = fields.iter().map(|&ty| ("", ty)).collect();
        let record = self.lay_out(&fields);
        self.add(name, Repr::Ref, Shape::Tuple(record))
    }

    /// Adds an enum.
    pub(crate) fn variants(&mut self, name: &str, variants: &[(&str, &[(&str, TypeId)])]) -> TypeId {
        let variants = variants
            .iter()
            .map(|&(name, fields)| Variant { name: name.into(), record: self.lay_out(fields) })
            .collect();
        self.add(name, Repr::Ref, Shape::Enum(variants))
    }

    /// Adds a list type.
    pub(crate) fn list(&mut self, name: &str, item: TypeId) -> TypeId {
        self.add(name, Repr::Ref, Shape::List(item))
    }

    /// Adds a map type.
    pub(crate) fn map(&mut self, name: &str, key: TypeId, value: TypeId) -> TypeId {
        self.add(name, Repr::Ref, Shape::Map(key, value))
    }

    /// Says that a type implements a trait.
    pub(crate) fn implement(&mut self, trait_ty: TypeId, ty: TypeId) {
        self.0.impls.push((trait_ty, ty));
        self.0.impls.sort_unstable();
    }

    /// The table.
    pub(crate) fn table(self) -> TypeTable {
        self.0
    }

    /// A process of a program with these types.
    pub(crate) fn process(self) -> Box<Process> {
        self.process_with(Options::default())
    }

    /// A process of a program with these types and options.
    pub(crate) fn process_with(self, options: Options) -> Box<Process> {
        Process::new(Runtime::new(self.0, options, Vec::new()))
    }
}

/// Numbers that look random and are the same in every run.
pub(crate) struct Random(u64);

impl Random {
    /// The sequence of this seed.
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// The next number below `limit`.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (self.0 >> 33) % limit
    }
}
