//! How the collector sees objects: a compact row for each type.

use vitte_abi::object::{BOX_SIZE, LIST_SIZE, MAP_SIZE, offset, str_size};
use vitte_abi::types::{Record, Shape as TypeShape, TypeTable};

/// The size of an object and where its traced words are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shape {
    /// `size` bytes, with `count` traced words from `start` on.
    Fixed(Fixed),
    /// An enum: row `tag` after this one of [`Shapes::variants`].
    Enum(u32),
    /// A string.
    Text,
    /// A raw buffer.
    Raw,
    /// A buffer of traced words.
    Refs,
}

/// `size` bytes, with `count` traced words from `start` on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Fixed {
    pub(crate) size: u32,
    pub(crate) start: u32,
    pub(crate) count: u32,
}

impl From<&Record> for Fixed {
    fn from(record: &Record) -> Fixed {
        Fixed { size: record.size, start: record.traced, count: record.n_traced }
    }
}

/// The shapes of a program's types.
#[derive(Debug)]
pub(crate) struct Shapes {
    types: Box<[Shape]>,
    variants: Box<[Fixed]>,
}

impl Shapes {
    pub(crate) fn new(table: &TypeTable) -> Shapes {
        let mut variants = Vec::new();
        let types = table.types.iter().enumerate().map(|(ty, info)| match &info.shape {
            TypeShape::Str => Shape::Text,
            TypeShape::Buffer if ty as u32 == vitte_abi::object::type_id::REF_BUFFER => Shape::Refs,
            TypeShape::Buffer => Shape::Raw,
            TypeShape::List(_) | TypeShape::Bytes => {
                Shape::Fixed(Fixed { size: LIST_SIZE, start: offset::LIST_BUFFER, count: 1 })
            }
            TypeShape::Map(..) => Shape::Fixed(Fixed { size: MAP_SIZE, start: offset::MAP_KEYS, count: 3 }),
            TypeShape::Tuple(record) | TypeShape::Struct(record) | TypeShape::Closure(_, record) => {
                Shape::Fixed(record.into())
            }
            TypeShape::Enum(rows) => {
                let first = variants.len() as u32;
                variants.extend(rows.iter().map(|variant| Fixed::from(&variant.record)));
                Shape::Enum(first)
            }
            // Objects of these types are boxes, or there are none.
            TypeShape::Scalar | TypeShape::Any | TypeShape::Optional(_) | TypeShape::Fn | TypeShape::Trait => {
                Shape::Fixed(Fixed { size: BOX_SIZE, start: 0, count: 0 })
            }
        });
        Shapes { types: types.collect(), variants: variants.into() }
    }

    /// The size of the object at `address` whose header is `header`, and the address and number of its traced words.
    ///
    /// # Safety
    /// There must be such an object, and its type must be one of the program's.
    #[inline]
    pub(crate) unsafe fn of(&self, address: u64, header: u64) -> (u64, u64, u64) {
        // SAFETY: type ids in headers are indices of the table.
        let shape = unsafe { *self.types.get_unchecked(header as u32 as usize) };
        // SAFETY: strings and buffers have their length behind the header.
        let length = || unsafe { *((address + 8) as usize as *const u64) };
        let fixed = match shape {
            Shape::Fixed(fixed) => fixed,
            // SAFETY: so is the tag among the enum's variants.
            Shape::Enum(first) => unsafe {
                *self.variants.get_unchecked(first as usize + usize::from((header >> 32) as u16))
            },
            Shape::Text => return (str_size(length()), 0, 0),
            Shape::Raw => return (offset::BUFFER_DATA as u64 + length().next_multiple_of(8), 0, 0),
            Shape::Refs => {
                let size = length();
                return (offset::BUFFER_DATA as u64 + size, address + offset::BUFFER_DATA as u64, size / 8);
            }
        };
        (u64::from(fixed.size), address + u64::from(fixed.start), u64::from(fixed.count))
    }
}
