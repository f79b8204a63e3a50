//! Structs as C sees them: copies of objects, laid out by [`Layout`], in words. No number crosses a word's end.

use crate::object::Obj;
use crate::process::Process;
use std::slice::Iter;
use vitte_abi::TypeId;
use vitte_abi::foreign::{Layout, Leaf};
use vitte_abi::types::{Record, Shape};

/// A struct's words.
pub(super) type Image = Box<[u64]>;

/// Room for a struct, all zero. It has at least one word.
pub(super) fn empty(layout: &Layout) -> Image {
    vec![0; layout.words().max(1)].into()
}

/// The bits of `size` bytes at `offset`, which are within a word.
pub(super) fn get(image: &[u64], offset: usize, size: usize) -> u64 {
    image[offset / 8] >> (offset % 8 * 8) & mask(size)
}

/// Writes them, where the image is zero.
pub(super) fn put(image: &mut [u64], offset: usize, size: usize, bits: u64) {
    image[offset / 8] |= (bits & mask(size)) << (offset % 8 * 8);
}

fn mask(size: usize) -> u64 {
    u64::MAX >> (64 - 8 * size)
}

/// The image of a struct.
pub(super) fn write(p: &Process, object: Obj<'_>, layout: &Layout) -> Image {
    let mut image = empty(layout);
    write_fields(p, object, &mut layout.leaves.iter(), &mut image);
    image
}

fn write_fields(p: &Process, object: Obj<'_>, leaves: &mut Iter<'_, Leaf>, image: &mut [u64]) {
    for field in &p.runtime().record(object.ty()).fields {
        if record(p, field.ty).is_some() {
            write_fields(p, p.object(object.raw(field.offset)), leaves, image);
        } else {
            let leaf = next(leaves);
            let bits = object.load(field.offset, p.runtime().form(field.ty));
            put(image, leaf.offset, leaf.ty.size(), bits);
        }
    }
}

/// A new struct of this type with the values of an image.
pub(super) fn read<'p>(p: &'p Process, ty: TypeId, layout: &Layout, image: &[u64]) -> Obj<'p> {
    read_fields(p, ty, &mut layout.leaves.iter(), image)
}

fn read_fields<'p>(p: &'p Process, ty: TypeId, leaves: &mut Iter<'_, Leaf>, image: &[u64]) -> Obj<'p> {
    let object = p.new_record(ty);
    for field in &p.runtime().record(ty).fields {
        let bits = if record(p, field.ty).is_some() {
            read_fields(p, field.ty, leaves, image).address()
        } else {
            let leaf = next(leaves);
            leaf.ty.slot_bits(get(image, leaf.offset, leaf.ty.size()))
        };
        object.store(p, field.offset, p.runtime().form(field.ty), bits);
    }
    object
}

/// What a field is made of, if it is a struct or array.
fn record(p: &Process, ty: TypeId) -> Option<&'static Record> {
    match &p.runtime().ty(ty).shape {
        Shape::Struct(record) | Shape::Tuple(record) => Some(record),
        _ => None,
    }
}

fn next<'l>(leaves: &mut Iter<'l, Leaf>) -> &'l Leaf {
    leaves.next().expect("the layout is the type's")
}
