//! What the runtime is told about a program's types: enough to trace, print, compare, hash and copy values.
//!
//! Encoded as a stream of LEB128 numbers and length-prefixed UTF-8, decoded once at start-up.

use crate::TypeId;
use crate::object::Repr;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

/// All types of a program, by [`TypeId`], and which type implements which trait.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct TypeTable {
    /// The types.
    pub types: Vec<TypeInfo>,
    /// Pairs of trait and type, sorted.
    pub impls: Vec<(TypeId, TypeId)>,
}

/// One type.
#[derive(Clone, PartialEq, Debug)]
pub struct TypeInfo {
    /// As people write it: `[int]`, `Point`.
    pub name: Box<str>,
    /// How a value of it is held.
    pub repr: Repr,
    /// What it is made of.
    pub shape: Shape,
}

/// What a type is made of.
#[derive(Clone, PartialEq, Debug)]
pub enum Shape {
    /// A number, truth value or handle, `unit` included; the type id says which.
    Scalar,
    /// `str`.
    Str,
    /// `bytes`.
    Bytes,
    /// `any`.
    Any,
    /// A buffer: raw, or of traced words.
    Buffer,
    /// A list of this type.
    List(TypeId),
    /// A map from this type to that.
    Map(TypeId, TypeId),
    /// An optional of this type.
    Optional(TypeId),
    /// A tuple: compared by value.
    Tuple(Record),
    /// A struct: compared by identity.
    Struct(Record),
    /// An enum, by tag.
    Enum(Vec<Variant>),
    /// A function type; its values are objects of a `Closure` type.
    Fn,
    /// The objects of one function used as a value, with its captures.
    Closure(TypeId, Record),
    /// A trait; its values are objects of implementing types, scalars boxed.
    Trait,
}

/// One variant of an enum.
#[derive(Clone, PartialEq, Debug)]
pub struct Variant {
    /// Its name.
    pub name: Box<str>,
    /// Its payload.
    pub record: Record,
}

/// Where the fields of an object stand.
#[derive(Clone, PartialEq, Debug)]
pub struct Record {
    /// The size of the object in bytes, a multiple of 8.
    pub size: u32,
    /// The offset of the first traced word.
    pub traced: u32,
    /// The number of traced words.
    pub n_traced: u32,
    /// The fields, in the order of their declaration.
    pub fields: Vec<FieldInfo>,
}

/// One field.
#[derive(Clone, PartialEq, Debug)]
pub struct FieldInfo {
    /// Its name; empty if positional.
    pub name: Box<str>,
    /// Its type.
    pub ty: TypeId,
    /// Its offset in bytes from the object's header.
    pub offset: u32,
}

impl Record {
    /// Lays fields out behind `start` bytes: traced words first, then by falling size, in order of declaration.
    pub fn lay_out(start: u32, fields: impl IntoIterator<Item = (Box<str>, TypeId, Repr)>) -> Record {
        let fields: Vec<_> = fields.into_iter().collect();
        let mut record = Record {
            size: start,
            traced: start,
            n_traced: fields.iter().filter(|field| field.2 == Repr::Ref).count() as u32,
            fields: Vec::with_capacity(fields.len()),
        };
        record.fields.extend(fields.iter().map(|(name, ty, _)| FieldInfo { name: name.clone(), ty: *ty, offset: 0 }));
        let mut order: Vec<usize> = (0..fields.len()).collect();
        order.sort_by_key(|&i| (fields[i].2 != Repr::Ref, u32::MAX - fields[i].2.size()));
        for i in order {
            record.fields[i].offset = record.size;
            record.size += fields[i].2.size();
        }
        record.size = record.size.next_multiple_of(crate::object::ALIGN);
        record
    }
}

const REPRS: [Repr; 8] = [Repr::Unit, Repr::I8, Repr::I16, Repr::I32, Repr::I64, Repr::F32, Repr::F64, Repr::Ref];

impl TypeTable {
    /// The bytes that [`TypeTable::decode`] reads.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer(Vec::new());
        out.number(self.types.len());
        for info in &self.types {
            out.text(&info.name);
            out.number(info.repr as usize);
            match &info.shape {
                Shape::Scalar => out.number(0),
                Shape::Str => out.number(1),
                Shape::Bytes => out.number(2),
                Shape::Any => out.number(3),
                Shape::Buffer => out.number(4),
                Shape::List(item) => out.numbers(&[5, *item as usize]),
                Shape::Map(key, value) => out.numbers(&[6, *key as usize, *value as usize]),
                Shape::Optional(inner) => out.numbers(&[7, *inner as usize]),
                Shape::Tuple(record) => {
                    out.number(8);
                    out.record(record);
                }
                Shape::Struct(record) => {
                    out.number(9);
                    out.record(record);
                }
                Shape::Enum(variants) => {
                    out.numbers(&[10, variants.len()]);
                    for variant in variants {
                        out.text(&variant.name);
                        out.record(&variant.record);
                    }
                }
                Shape::Fn => out.number(11),
                Shape::Closure(ty, record) => {
                    out.numbers(&[12, *ty as usize]);
                    out.record(record);
                }
                Shape::Trait => out.number(13),
            }
        }
        out.number(self.impls.len());
        for &(trait_ty, ty) in &self.impls {
            out.numbers(&[trait_ty as usize, ty as usize]);
        }
        out.0
    }

    /// Reads what [`TypeTable::encode`] wrote; `None` if the bytes are anything else.
    pub fn decode(bytes: &[u8]) -> Option<TypeTable> {
        let mut input = Reader(bytes);
        let mut table = TypeTable::default();
        for _ in 0..input.number()? {
            let name = input.text()?;
            let repr = *REPRS.get(input.number()?)?;
            let shape = match input.number()? {
                0 => Shape::Scalar,
                1 => Shape::Str,
                2 => Shape::Bytes,
                3 => Shape::Any,
                4 => Shape::Buffer,
                5 => Shape::List(input.id()?),
                6 => Shape::Map(input.id()?, input.id()?),
                7 => Shape::Optional(input.id()?),
                8 => Shape::Tuple(input.record()?),
                9 => Shape::Struct(input.record()?),
                10 => {
                    let mut variants = Vec::new();
                    for _ in 0..input.number()? {
                        variants.push(Variant { name: input.text()?, record: input.record()? });
                    }
                    Shape::Enum(variants)
                }
                11 => Shape::Fn,
                12 => Shape::Closure(input.id()?, input.record()?),
                13 => Shape::Trait,
                _ => return None,
            };
            table.types.push(TypeInfo { name, repr, shape });
        }
        for _ in 0..input.number()? {
            table.impls.push((input.id()?, input.id()?));
        }
        input.0.is_empty().then_some(table)
    }
}

struct Writer(Vec<u8>);

impl Writer {
    fn number(&mut self, number: usize) {
        let mut rest = number;
        while rest >= 0x80 {
            self.0.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        self.0.push(rest as u8);
    }

    fn numbers(&mut self, numbers: &[usize]) {
        numbers.iter().for_each(|&number| self.number(number));
    }

    fn text(&mut self, text: &str) {
        self.number(text.len());
        self.0.extend_from_slice(text.as_bytes());
    }

    fn record(&mut self, record: &Record) {
        self.numbers(&[record.size as usize, record.traced as usize, record.n_traced as usize, record.fields.len()]);
        for field in &record.fields {
            self.text(&field.name);
            self.numbers(&[field.ty as usize, field.offset as usize]);
        }
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn number(&mut self) -> Option<usize> {
        let mut number = 0;
        for shift in (0..usize::BITS).step_by(7) {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= ((byte & 0x7f) as usize) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn id(&mut self) -> Option<TypeId> {
        self.number().and_then(|number| TypeId::try_from(number).ok())
    }

    fn text(&mut self) -> Option<Box<str>> {
        let len = self.number()?;
        let (text, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(String::from_utf8(text.to_vec()).ok()?.into_boxed_str())
    }

    fn record(&mut self) -> Option<Record> {
        let (size, traced, n_traced) = (self.id()?, self.id()?, self.id()?);
        let mut fields = Vec::new();
        for _ in 0..self.number()? {
            fields.push(FieldInfo { name: self.text()?, ty: self.id()?, offset: self.id()? });
        }
        Some(Record { size, traced, n_traced, fields })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traced_fields_come_first_then_wider_ones() {
        let field = |name: &str, repr| (name.into(), 0, repr);
        let record = Record::lay_out(
            8,
            [field("flag", Repr::I8), field("next", Repr::Ref), field("x", Repr::F64), field("half", Repr::I16)],
        );
        let offsets: Vec<u32> = record.fields.iter().map(|field| field.offset).collect();
        assert_eq!((offsets, record.size, record.traced, record.n_traced), (alloc::vec![26, 8, 16, 24], 32, 8, 1));
    }

    #[test]
    fn encoding_round_trips() {
        let record = Record::lay_out(8, [("x".into(), 3, Repr::F64)]);
        let info = |shape| TypeInfo { name: "T".into(), repr: Repr::Ref, shape };
        let table = TypeTable {
            types: alloc::vec![
                info(Shape::Map(1, 200)),
                info(Shape::Enum(alloc::vec![Variant { name: "A".into(), record: record.clone() }])),
                info(Shape::Closure(1, record)),
            ],
            impls: alloc::vec![(1, 2)],
        };
        let bytes = table.encode();
        assert_eq!(TypeTable::decode(&bytes).as_ref(), Some(&table));
        assert_eq!(TypeTable::decode(&bytes[1..]), None);
    }
}
