//! Lists, `bytes`, and the buffers behind them.

use super::{Form, Obj, Str, load, store};
use crate::process::Process;
use crate::word::Word;
use std::cell::Cell;
use vitte_abi::TypeId;
use vitte_abi::object::{self, ALIGN, Repr, flag, offset, type_id};

/// A list or `bytes`.
#[derive(Clone, Copy)]
pub struct List<'p>(Obj<'p>);

impl<'p> List<'p> {
    /// The object as a list, which it must be.
    pub fn of(object: Obj<'p>) -> List<'p> {
        List(object)
    }

    /// The object.
    pub fn object(self) -> Obj<'p> {
        self.0
    }

    /// The type of the list.
    pub fn ty(self) -> TypeId {
        self.0.ty()
    }

    /// The number of items.
    pub fn len(self) -> usize {
        self.0.raw(offset::LIST_LEN) as usize
    }

    /// Whether there are no items.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Says how many items of the buffer are in use.
    pub fn set_len(self, len: usize) {
        self.0.set_raw(offset::LIST_LEN, len as u64);
    }

    /// The buffer that holds the items.
    pub fn buffer(self) -> Buffer<'p> {
        Buffer(Obj { address: self.0.raw(offset::LIST_BUFFER), process: self.0.process })
    }

    /// Puts another buffer behind the list.
    pub fn set_buffer(self, p: &Process, buffer: Buffer<'p>) {
        self.0.set_word(p, offset::LIST_BUFFER, buffer.0.word());
    }

    /// The slot bits of item `index`, which must be in range.
    pub fn get(self, form: Form, index: usize) -> u64 {
        debug_assert!(index < self.len());
        self.buffer().get(form, index)
    }

    /// Item `index`, which must be in range, = the value of the slot bits.
    pub fn set(self, p: &Process, form: Form, index: usize, bits: u64) {
        debug_assert!(index < self.len());
        self.buffer().set(p, form, index, bits);
    }

    /// The items in use of a `bytes` or another list of plain numbers, as cells.
    pub fn cells<T: Packed>(self) -> &'p [Cell<T>] {
        &self.buffer().cells()[..self.len()]
    }

    /// The bytes of a `bytes`. Nobody may write to it while the slice is held: look first, write afterwards.
    pub fn bytes(self) -> &'p [u8] {
        &self.buffer().bytes()[..self.len()]
    }
}

/// Numbers that stand in buffers as they are.
pub trait Packed: Copy {}
impl Packed for u8 {}
impl Packed for i8 {}
impl Packed for u16 {}
impl Packed for i16 {}
impl Packed for u32 {}
impl Packed for i32 {}
impl Packed for u64 {}
impl Packed for i64 {}
impl Packed for f32 {}
impl Packed for f64 {}

/// A buffer: of raw data, or of traced words.
#[derive(Clone, Copy)]
pub struct Buffer<'p>(Obj<'p>);

impl<'p> Buffer<'p> {
    /// The object as a buffer, which it must be.
    pub fn of(object: Obj<'p>) -> Buffer<'p> {
        Buffer(object)
    }

    /// The object.
    pub fn object(self) -> Obj<'p> {
        self.0
    }

    /// Whether it holds traced words.
    pub fn is_refs(self) -> bool {
        self.0.ty() == type_id::REF_BUFFER
    }

    /// The size of the data in bytes.
    pub fn size(self) -> usize {
        self.0.raw(offset::BUFFER_SIZE) as usize
    }

    fn data(self) -> *mut u8 {
        self.0.slot(offset::BUFFER_DATA).cast()
    }

    /// The slot bits of item `index`.
    pub fn get(self, form: Form, index: usize) -> u64 {
        debug_assert!((index + 1) * form.size() <= self.size());
        // SAFETY: the item lies in the buffer.
        unsafe { load(self.data().add(index * form.size()), form) }
    }

    /// Has the processor bring item `index` near, where that can be told.
    #[inline]
    pub fn prefetch(self, form: Form, index: usize) {
        let _item = self.data() as u64 + (index * form.size()) as u64;
        #[cfg(all(unix, not(miri)))]
        crate::context::prefetch(_item);
    }

    /// Item `index` = the value of the slot bits, telling the collector of references.
    pub fn set(self, p: &Process, form: Form, index: usize, bits: u64) {
        debug_assert!((index + 1) * form.size() <= self.size());
        // SAFETY: the item lies in the buffer.
        let at = unsafe { self.data().add(index * form.size()) };
        if form.repr == Repr::Ref && self.0.header() & flag::OLD != 0 {
            p.barrier(self.0.address(), at as u64);
        }
        // SAFETY: as above.
        unsafe { store(at, form.repr, bits) }
    }

    /// All of a raw buffer as cells of numbers.
    pub fn cells<T: Packed>(self) -> &'p [Cell<T>] {
        debug_assert!(!self.is_refs());
        // SAFETY: the data is aligned to 8 bytes, any bits are a number, and cells may be shared.
        unsafe { std::slice::from_raw_parts(self.data().cast(), self.size() / size_of::<T>()) }
    }

    /// All of a raw buffer. Nobody may write to it while the slice is held: look first, write afterwards.
    pub fn bytes(self) -> &'p [u8] {
        // SAFETY: the data is that long; by the rule above it does not change under the slice.
        unsafe { std::slice::from_raw_parts(self.data(), self.size()) }
    }

    /// All of a buffer of traced words, to read.
    pub fn words(self) -> &'p [Cell<Word>] {
        debug_assert!(self.is_refs());
        // SAFETY: the data is that long, and cells may be shared.
        unsafe { std::slice::from_raw_parts(self.data().cast(), self.size() / 8) }
    }

    /// Copies `len` bytes at `from` of `src`, which may be the same buffer and must be of the same kind, to `at`.
    pub fn copy(self, p: &Process, at: usize, src: Buffer<'_>, from: usize, len: usize) {
        assert!(at + len <= self.size() && from + len <= src.size() && self.is_refs() == src.is_refs());
        if len == 0 {
            return;
        }
        if self.is_refs() && self.0.header() & flag::OLD != 0 {
            p.barrier_whole(self.0.address());
        }
        // SAFETY: both ranges are in bounds, as just checked; `copy` allows overlap.
        unsafe { std::ptr::copy(src.data().add(from), self.data().add(at), len) }
    }

    /// Makes the first `len` bytes of a raw buffer a string, which takes the buffer's place. They must be UTF-8, and
    /// nobody may use the buffer from now on. `None` if it has no block of its own, or is much too large.
    pub fn into_str(self, len: usize) -> Option<Str<'p>> {
        let (header, size) = (self.0.header(), self.size());
        // A string has at least one zero byte at its end.
        if self.is_refs() || header & flag::LARGE == 0 || len >= size || len < size / 2 {
            return None;
        }
        self.clear(len, ALIGN as usize - len % ALIGN as usize);
        self.0.set_raw(offset::STR_LEN, len as u64);
        self.0.set_raw(0, header & !u64::from(TypeId::MAX) | object::header(type_id::STR, 0));
        Some(Str::of(self.0))
    }

    /// Lets `write` have `len` bytes of a raw buffer from `at` on. It must not reach the buffer in another way.
    pub fn write_with<R>(self, at: usize, len: usize, write: impl FnOnce(&mut [u8]) -> R) -> R {
        assert!(!self.is_refs() && at + len <= self.size());
        // SAFETY: in bounds, as just checked; by the rule above nobody else looks at the bytes meanwhile.
        write(unsafe { std::slice::from_raw_parts_mut(self.data().add(at), len) })
    }

    /// Sets `len` bytes from `at` on to zero, which makes traced words nil.
    pub fn clear(self, at: usize, len: usize) {
        assert!(at + len <= self.size());
        // SAFETY: in bounds, as just checked.
        unsafe { std::ptr::write_bytes(self.data().add(at), 0, len) }
    }
}

// The text of a string stands where the data of a buffer does, and the length where its size does.
const _: () = assert!(offset::STR_BYTES == offset::BUFFER_DATA && offset::STR_LEN == offset::BUFFER_SIZE);
