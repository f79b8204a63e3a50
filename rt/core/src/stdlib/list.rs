//! Lists and `bytes`: their growth, and what changes more than one item.
//!
//! A list's buffer grows by doubling. What is behind the items in use is zero in buffers of traced words, so that the
//! collector does not hold on to what was taken away.

use super::range::{check_count, check_index, check_range, throw_index};
use super::raw;
use super::string::copy_text;
use super::value::Value;
use crate::object::{Buffer, Form, List, Obj, Str};
use crate::{Process, Throw};
use vitte_abi::TypeId;
use vitte_abi::object::type_id;
use vitte_abi::types::Shape;

/// The data size of the first buffer of a list that grows from nothing, in bytes.
const MIN_SIZE: usize = 32;

/// Item `index` of a list, which must be in range.
pub fn item(p: &Process, list: List<'_>, index: usize) -> Value {
    let ty = match p.runtime().ty(list.ty()).shape {
        Shape::List(item) => item,
        _ => type_id::U8,
    };
    Value { ty, bits: list.get(p.runtime().form(ty), index) }
}

/// An empty list of type `ty`, with room for `capacity` items.
pub fn list_new(p: &Process, ty: TypeId, capacity: i64) -> List<'_> {
    p.new_list(ty, capacity as usize)
}

/// A list of type `ty` of the `n` slot bits at `items`.
pub fn list_of(p: &Process, ty: TypeId, items: u64, n: i64) -> List<'_> {
    let items = raw::slots(items, n as usize);
    let form = p.runtime().item_form(ty);
    let list = p.new_list(ty, items.len());
    let buffer = list.buffer();
    items.iter().enumerate().for_each(|(index, &bits)| buffer.set(p, form, index, bits));
    list.set_len(items.len());
    list
}

/// A list of type `ty` of `len` times `value`.
pub fn list_fill(p: &Process, ty: TypeId, len: i64, value: u64) -> Result<List<'_>, Throw> {
    let len = check_count(p, "length", len)?;
    let form = p.runtime().item_form(ty);
    check_size(p, form, len)?;
    let list = p.new_list(ty, len);
    list.set_len(len);
    if value != 0 && len != 0 {
        // One item, then two, four, … by copying what is there.
        let (buffer, size) = (list.buffer(), form.size());
        buffer.set(p, form, 0, value);
        let mut done = 1;
        while done < len {
            let more = done.min(len - done);
            buffer.copy(p, done * size, buffer, 0, more * size);
            done += more;
        }
    }
    Ok(list)
}

/// The size in bytes of `n` items, if there may be that many.
fn check_size(p: &Process, form: Form, n: usize) -> Result<usize, Throw> {
    let size = n.saturating_mul(form.size());
    p.check_room(size)?;
    Ok(size)
}

/// Moves the items to a buffer of `size` bytes.
fn move_to_buffer<'p>(p: &'p Process, list: List<'p>, form: Form, size: usize) -> Buffer<'p> {
    let buffer = p.new_buffer(form == Form::REF, size);
    buffer.copy(p, 0, list.buffer(), 0, list.len() * form.size());
    list.set_buffer(p, buffer);
    buffer
}

/// The buffer of `list` with room for `len` items, growing by a factor so that appending one by one is cheap.
fn make_room<'p>(p: &'p Process, list: List<'p>, form: Form, len: usize) -> Result<Buffer<'p>, Throw> {
    let (buffer, size) = (list.buffer(), check_size(p, form, len)?);
    if size <= buffer.size() {
        return Ok(buffer);
    }
    Ok(move_to_buffer(p, list, form, size.max(buffer.size() * 2).max(MIN_SIZE)))
}

/// The buffer of a `bytes` with room for `len` of them.
pub(super) fn reserve_bytes<'p>(p: &'p Process, bytes: List<'p>, len: usize) -> Result<Buffer<'p>, Throw> {
    make_room(p, bytes, Form::U8, len)
}

/// Makes room for one more item at least, by a factor.
pub fn list_grow<'p>(p: &'p Process, list: Obj<'p>) -> Result<(), Throw> {
    let list = List::of(list);
    let form = p.runtime().item_form(list.ty());
    make_room(p, list, form, list.len() + 1).map(|_| ())
}

/// Inserts `value` before item `index`, which may be the length.
pub fn list_insert<'p>(p: &'p Process, list: Obj<'p>, index: i64, value: u64) -> Result<(), Throw> {
    let list = List::of(list);
    let len = list.len();
    if index as u64 > len as u64 {
        return Err(throw_index(p, index, len));
    }
    let form = p.runtime().item_form(list.ty());
    let (index, size) = (index as usize, form.size());
    let buffer = make_room(p, list, form, len + 1)?;
    buffer.copy(p, (index + 1) * size, buffer, index * size, (len - index) * size);
    buffer.set(p, form, index, value);
    list.set_len(len + 1);
    Ok(())
}

/// Item `index`, taken away.
pub fn list_remove(p: &Process, list: Obj<'_>, index: i64) -> Result<u64, Throw> {
    let list = List::of(list);
    let len = list.len();
    let index = check_index(p, index, len)?;
    let form = p.runtime().item_form(list.ty());
    let (buffer, size) = (list.buffer(), form.size());
    let value = buffer.get(form, index);
    buffer.copy(p, index * size, buffer, (index + 1) * size, (len - index - 1) * size);
    cut(list, form, len - 1);
    Ok(value)
}

/// Drops the items from `len` on, which must not be behind the end.
fn cut(list: List<'_>, form: Form, len: usize) {
    if form == Form::REF {
        list.buffer().clear(len * form.size(), (list.len() - len) * form.size());
    }
    list.set_len(len);
}

/// A new list of the items `start .. end`.
pub fn list_slice<'p>(p: &'p Process, list: Obj<'_>, start: i64, end: i64) -> Result<List<'p>, Throw> {
    let list = List::of(list);
    let range = check_range(p, start, end, list.len())?;
    let size = p.runtime().item_form(list.ty()).size();
    let slice = p.new_list(list.ty(), range.len());
    slice.buffer().copy(p, 0, list.buffer(), range.start * size, range.len() * size);
    slice.set_len(range.len());
    Ok(slice)
}

/// Appends all items of `other`, which may be the same list.
pub fn list_extend<'p>(p: &'p Process, list: Obj<'p>, other: Obj<'_>) -> Result<(), Throw> {
    let (list, other) = (List::of(list), List::of(other));
    let (len, n) = (list.len(), other.len());
    let form = p.runtime().item_form(list.ty());
    let buffer = make_room(p, list, form, len.saturating_add(n))?;
    buffer.copy(p, len * form.size(), other.buffer(), 0, n * form.size());
    list.set_len(len + n);
    Ok(())
}

/// Appends the bytes of a string to a `bytes`.
pub fn bytes_push_str<'p>(p: &'p Process, bytes: List<'p>, s: Str<'_>) -> Result<(), Throw> {
    let (len, n) = (bytes.len(), s.len());
    let buffer = make_room(p, bytes, Form::U8, len.saturating_add(n))?;
    buffer.write_with(len, n, |room| copy_text(room, s.bytes()));
    bytes.set_len(len + n);
    Ok(())
}

/// Drops the items from `len` on, if there are so many.
pub fn list_truncate(p: &Process, list: Obj<'_>, len: i64) -> Result<(), Throw> {
    let list = List::of(list);
    let len = check_count(p, "length", len)?;
    if len < list.len() {
        cut(list, p.runtime().item_form(list.ty()), len);
    }
    Ok(())
}

/// Makes room for `capacity` items in all.
pub fn list_reserve<'p>(p: &'p Process, list: Obj<'p>, capacity: i64) -> Result<(), Throw> {
    let list = List::of(list);
    let form = p.runtime().item_form(list.ty());
    let size = check_size(p, form, usize::try_from(capacity).unwrap_or(0))?;
    if size > list.buffer().size() {
        move_to_buffer(p, list, form, size);
    }
    Ok(())
}

/// Copies `len` items from `src[from ..]` to `list[at ..]`, as if through a third list.
pub fn list_copy(p: &Process, list: Obj<'_>, at: i64, src: Obj<'_>, from: i64, len: i64) -> Result<(), Throw> {
    let (list, src) = (List::of(list), List::of(src));
    let to = check_range(p, at, at.saturating_add(len), list.len())?;
    let from = check_range(p, from, from.saturating_add(len), src.len())?;
    let size = p.runtime().item_form(list.ty()).size();
    list.buffer().copy(p, to.start * size, src.buffer(), from.start * size, to.len() * size);
    Ok(())
}

/// A new `bytes`.
pub fn new_bytes<'p>(p: &'p Process, bytes: &[u8]) -> List<'p> {
    new_packed(p, type_id::BYTES, bytes)
}

/// A list of numbers of type `ty`, or `bytes`, whose items stand in the `size` bytes at `data`.
pub fn list_of_data(p: &Process, ty: TypeId, data: u64, size: i64) -> List<'_> {
    new_packed(p, ty, raw::bytes(data, size as usize))
}

fn new_packed<'p>(p: &'p Process, ty: TypeId, bytes: &[u8]) -> List<'p> {
    let len = bytes.len() / p.runtime().item_form(ty).size();
    let list = p.new_list(ty, len);
    list.buffer().write_with(0, bytes.len(), |buffer| buffer.copy_from_slice(bytes));
    list.set_len(len);
    list
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::Str;
    use crate::testing::{Random, Types};
    use crate::{Engine, Options};
    use type_id::{BOOL, I16, INT, STR};
    use vitte_abi::object::offset::FIELDS;

    fn items(p: &Process, list: Obj<'_>) -> Vec<u64> {
        (0..List::of(list).len()).map(|index| item(p, List::of(list), index).bits).collect()
    }

    fn message(p: &Process, throw: Throw) -> &str {
        Str::of(p.object(throw.exception().object(p).unwrap().raw(FIELDS))).as_str()
    }

    /// Random operations on a list, compared with a vector of slot bits.
    fn compare_with_vector(p: &Process, ty: TypeId, value: impl Fn(u64) -> u64) {
        let mut random = Random::new(ty as u64);
        let list = list_new(p, ty, 0).object();
        let mut model: Vec<u64> = Vec::new();
        for step in 0..5_000 {
            let len = model.len() as u64;
            let at = random.below(len + 1);
            match random.below(9) {
                0..4 => {
                    list_insert(p, list, at as i64, value(step)).unwrap();
                    model.insert(at as usize, value(step));
                }
                4 if at < len => assert_eq!(list_remove(p, list, at as i64).unwrap(), model.remove(at as usize)),
                5 => {
                    let end = at + random.below(len - at + 1);
                    let slice = list_slice(p, list, at as i64, end as i64).unwrap().object();
                    assert_eq!(items(p, slice), model[at as usize..end as usize]);
                    if len < 100 {
                        list_extend(p, list, slice).unwrap();
                        model.extend_from_within(at as usize..end as usize);
                    }
                }
                6 => {
                    let (from, count) = (random.below(len + 1), random.below(len + 1));
                    let count = count.min(len - from).min(len - at);
                    list_copy(p, list, at as i64, list, from as i64, count as i64).unwrap();
                    model.copy_within(from as usize..(from + count) as usize, at as usize);
                }
                7 if len > 150 => {
                    list_truncate(p, list, 20).unwrap();
                    model.truncate(20);
                }
                _ => list_reserve(p, list, at as i64).unwrap(),
            }
            assert_eq!(items(p, list), model);
            let buffer = List::of(list).buffer();
            if buffer.is_refs() {
                assert!(buffer.words()[model.len()..].iter().all(|word| word.get().is_nil()), "the tail is clear");
            }
        }
        let len = model.len();
        list_extend(p, list, list).unwrap();
        model.extend_from_within(..len);
        assert_eq!(items(p, list), model);
    }

    #[test]
    fn lists_are_like_vectors() {
        let mut types = Types::new();
        let tys = [types.list("[int]", INT), types.list("[i16]", I16), types.list("[bool]", BOOL)];
        let strs = types.list("[str]", STR);
        let p = types.process();
        compare_with_vector(&p, tys[0], |n| n << 40 | n);
        compare_with_vector(&p, tys[1], |n| (n as i16).wrapping_mul(12345) as i64 as u64);
        compare_with_vector(&p, tys[2], |n| n & 1);
        compare_with_vector(&p, type_id::BYTES, |n| n & 0xff);
        let strings: Vec<u64> = (0..5_000).map(|n| p.new_str(&n.to_string()).object().address()).collect();
        compare_with_vector(&p, strs, |n| strings[n as usize]);
    }

    #[test]
    fn lists_begin_filled() {
        let mut types = Types::new();
        let ty = types.list("[i16]", I16);
        let p = types.process();
        for len in [0, 1, 2, 3, 100] {
            let filled = list_fill(&p, ty, len, -2i64 as u64).unwrap().object();
            assert_eq!(items(&p, filled), vec![-2i64 as u64; len as usize]);
        }
        let slots = [1u64, -1i64 as u64, 300];
        let list = list_of(&p, ty, slots.as_ptr() as u64, 3).object();
        assert_eq!(items(&p, list), slots);
        let bytes = list_of_data(&p, type_id::BYTES, b"abc".as_ptr() as u64, 3);
        assert_eq!(bytes.bytes(), b"abc");
    }

    #[test]
    fn appending_moves_the_items_rarely() {
        let mut types = Types::new();
        let ty = types.list("[int]", INT);
        let p = types.process();
        let list = list_new(&p, ty, 0).object();
        let mut moves = 0;
        for index in 0..10_000 {
            let before = List::of(list).buffer().object().address();
            list_insert(&p, list, index, 0).unwrap();
            moves += u32::from(before != List::of(list).buffer().object().address());
        }
        assert!(moves <= 13, "{moves} moves");
        let full = List::of(list);
        full.set_len(full.buffer().size() / 8);
        let size = full.buffer().size();
        list_grow(&p, list).unwrap();
        assert_eq!(List::of(list).buffer().size(), size * 2);
    }

    #[test]
    fn indices_are_checked() {
        let mut types = Types::new();
        let ty = types.list("[int]", INT);
        let p = types.process();
        let list = list_fill(&p, ty, 3, 7).unwrap().object();
        let cases = [
            (list_remove(&p, list, 5).map(|_| ()), "index 5 out of range for length 3"),
            (list_remove(&p, list, -1).map(|_| ()), "index -1 out of range for length 3"),
            (list_insert(&p, list, 4, 0), "index 4 out of range for length 3"),
            (list_slice(&p, list, 2, 9).map(|_| ()), "range 2..9 out of range for length 3"),
            (list_slice(&p, list, 2, 1).map(|_| ()), "range 2..1 out of range for length 3"),
            (list_copy(&p, list, 2, list, 0, 2), "range 2..4 out of range for length 3"),
            (
                list_copy(&p, list, 0, list, i64::MAX, i64::MAX),
                "range 0..9223372036854775807 out of range for length 3",
            ),
            (list_truncate(&p, list, -1), "negative length: -1"),
            (list_fill(&p, ty, -1, 0).map(|_| ()), "negative length: -1"),
            (list_fill(&p, ty, i64::MAX, 0).map(|_| ()), "out of memory"),
            (list_reserve(&p, list, i64::MAX), "out of memory"),
        ];
        for (result, text) in cases {
            assert_eq!(message(&p, result.unwrap_err()), text);
        }
        assert_eq!(items(&p, list), [7; 3]);
    }

    #[test]
    fn lists_survive_collections() {
        for engine in [Engine::Generational, Engine::MarkSweep, Engine::None] {
            let mut types = Types::new();
            let strs = types.list("[str]", STR);
            let mut p = types.process_with(Options { engine, ..Options::default() });
            let mut list = list_new(&p, strs, 0).object().address();
            let mut model: Vec<String> = Vec::new();
            let mut random = Random::new(9);
            for step in 0..10_000 {
                let (object, len) = (p.object(list), model.len() as u64);
                let at = random.below(len + 1) as usize;
                if len > 400 {
                    list_truncate(&p, object, 300).unwrap();
                    model.truncate(300);
                } else if random.below(5) < 3 || at == model.len() {
                    list_insert(&p, object, at as i64, p.new_str(&step.to_string()).object().address()).unwrap();
                    model.insert(at, step.to_string());
                } else {
                    let removed = list_remove(&p, object, at as i64).unwrap();
                    assert_eq!(Str::of(p.object(removed)).as_str(), model.remove(at));
                }
                if step % 31 == 0 {
                    p.request_collection(step % 3 == 0);
                    p.collect(&mut |visit| visit(&mut list)).unwrap();
                    let found = items(&p, p.object(list));
                    assert!(found.iter().map(|&bits| Str::of(p.object(bits)).as_str()).eq(model.iter()));
                }
            }
        }
    }
}
