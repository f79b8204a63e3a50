//! Making objects, and collecting when there is no room.

use super::Process;
use super::compiled::POLL_COLLECT;
use crate::heap::blocks::Block;
use crate::heap::{Area, LARGE, Roots, Share};
use crate::object::{Buffer, Form, List, Obj, Str};
use crate::throw::Throw;
use vitte_abi::TypeId;
use vitte_abi::object::{ALIGN, LIST_SIZE, flag, header, offset, str_size, type_id};

impl Process {
    /// A new object of `size` bytes, all zero behind the header.
    pub fn new_object(&self, ty: TypeId, tag: u16, size: u32) -> Obj<'_> {
        let address = self.alloc(size as usize);
        let object = Obj::at(self, address);
        object.set_raw(0, header(ty, tag));
        // SAFETY: the object is that large, and nobody else knows it yet.
        unsafe { std::ptr::write_bytes((address + 8) as usize as *mut u8, 0, size as usize - 8) };
        object
    }

    /// A new struct, tuple or closure, all zero.
    pub fn new_record(&self, ty: TypeId) -> Obj<'_> {
        self.new_object(ty, 0, self.runtime.record(ty).size)
    }

    /// A new value of a variant, all zero.
    pub fn new_variant(&self, ty: TypeId, tag: u16) -> Obj<'_> {
        self.new_object(ty, tag, self.runtime.variant(ty, tag).size)
    }

    /// A new string.
    #[inline]
    pub fn new_str(&self, text: &str) -> Str<'_> {
        let size = str_size(text.len() as u64) as usize;
        if size > LARGE {
            return self.new_str_with(text.len(), |bytes| bytes.copy_from_slice(text.as_bytes()));
        }
        let address = self.alloc(size);
        self.write_str(address, header(type_id::STR, 0), text);
        Str::of(Obj::at(self, address))
    }

    /// Writes a string into memory that was taken for it.
    #[inline]
    pub(super) fn write_str(&self, address: u64, header: u64, text: &str) {
        let (bytes, len) = (text.as_ptr(), text.len());
        let object = address as usize as *mut u64;
        // SAFETY: the caller took so much memory, and no object there is known yet. The text is `len` bytes long.
        unsafe {
            *object = header;
            *object.add(1) = len as u64;
            let target = object.add(2);
            match len {
                0..8 => *target = word_of(text.as_bytes()),
                8..16 => {
                    // All of the text but its last bytes, then these, with zeros behind.
                    let first = bytes.cast::<u64>().read_unaligned();
                    let last = bytes.add(len - 8).cast::<u64>().read_unaligned();
                    target.write(first);
                    target.add(1).write(u64::from_le(last).checked_shr(8 * (16 - len as u32)).unwrap_or(0).to_le());
                }
                _ => {
                    *target.add(len / 8) = 0;
                    std::ptr::copy_nonoverlapping(bytes, target.cast(), len);
                }
            }
        }
    }

    /// A new string of `len` bytes, zero until `fill` writes them; what it leaves there must be UTF-8.
    pub fn new_str_with(&self, len: usize, fill: impl FnOnce(&mut [u8])) -> Str<'_> {
        let size = str_size(len as u64) as usize;
        let (object, zeroed) = self.alloc_data(type_id::STR, size);
        object.set_raw(offset::STR_LEN, len as u64);
        let bytes = (object.address() + u64::from(offset::STR_BYTES)) as usize as *mut u8;
        // SAFETY: the string has room for `len` bytes and padding, and nobody else knows it yet.
        fill(unsafe {
            if !zeroed {
                std::ptr::write_bytes(bytes, 0, size - offset::STR_BYTES as usize);
            }
            std::slice::from_raw_parts_mut(bytes, len)
        });
        Str::of(object)
    }

    /// A new buffer with room for `size` bytes of traced words (`refs`) or of raw data, all zero.
    pub fn new_buffer(&self, refs: bool, size: usize) -> Buffer<'_> {
        let ty = if refs { type_id::REF_BUFFER } else { type_id::RAW_BUFFER };
        let size = size.next_multiple_of(ALIGN as usize);
        let (object, zeroed) = self.alloc_data(ty, offset::BUFFER_DATA as usize + size);
        object.set_raw(offset::BUFFER_SIZE, size as u64);
        let buffer = Buffer::of(object);
        if !zeroed {
            buffer.clear(0, size);
        }
        buffer
    }

    /// A new list, or `bytes`, of type `ty`: empty, with room for `capacity` items.
    pub fn new_list(&self, ty: TypeId, capacity: usize) -> List<'_> {
        let form = self.runtime.item_form(ty);
        let buffer = self.new_buffer(form == Form::REF, capacity * form.size());
        let list = List::of(self.new_object(ty, 0, LIST_SIZE));
        list.set_buffer(self, buffer);
        list
    }

    /// Whether `bytes` more may be allocated at all, else `OutOfMemory`. For natives whose result can be of any size.
    pub fn check_room(&self, bytes: usize) -> Result<(), Throw> {
        if bytes as u64 > self.heap_max().min(1 << 46) {
            return Err(self.throw_error(type_id::OUT_OF_MEMORY, "out of memory"));
        }
        Ok(())
    }

    /// Whether the heap has become too large for the process to go on: after a full collection, at a safepoint.
    fn check_heap(&self) -> Result<(), Throw> {
        let max = self.heap_max();
        let used = self.heap.borrow().used(self.heap_next());
        if used <= max {
            self.out_of_memory.set(false);
            return Ok(());
        }
        // The handlers of the exception need some memory, too.
        if self.out_of_memory.get() && used <= max.saturating_add(max / 4 + (64 << 10)) {
            return Ok(());
        }
        self.out_of_memory.set(true);
        Err(self.throw_error(type_id::OUT_OF_MEMORY, "out of memory"))
    }

    /// At a safepoint: collects what is due, and sees to it that `size` bytes can be allocated.
    pub(crate) fn collect_for(&mut self, size: usize, roots: Roots<'_>) -> Result<(), Throw> {
        let next = self.heap_next();
        if self.seldom.get().is_some_and(|seldom| seldom.is_pinned.get()) {
            let room = Area { next, end: self.end.get() };
            let area = if room.end - next < size as u64 { self.heap.get_mut().extend(size) } else { room };
            self.open(area);
            self.seldom().is_put_off.set(true);
            return Ok(());
        }
        let limit = self.heap_max();
        let heap = self.heap.get_mut();
        let crowded = heap.used(next) + size as u64 > limit;
        let full = std::mem::take(self.full_due.get_mut()) || crowded;
        let mut seldom = self.seldom.get_mut();
        let mailbox = &mut self.scheduled.mailbox;
        let area = heap.collect(self.runtime.shapes(), next, size, full, &mut |visit| {
            if let Some(seldom) = &mut seldom {
                let exception = seldom.callback_exception.get_mut().as_mut();
                seldom.traces.get_mut().roots().chain(exception).for_each(|word| visit(&mut word.0));
            }
            mailbox.roots().for_each(|word| visit(&mut word.0));
            roots(visit);
        });
        self.open(area);
        if crowded { self.check_heap() } else { Ok(()) }
    }

    /// Allocates in this area from now on.
    fn open(&self, area: Area) {
        self.set_heap_next(area.next);
        self.end.set(area.end);
        let stress = self.heap.borrow().is_stressed();
        self.set_heap_limit(if stress { 0 } else { area.end });
        if !stress {
            self.take_poll(POLL_COLLECT);
        }
        self.reset_stack_limit();
    }

    /// Has the next safepoint collect.
    pub(crate) fn request_collection(&self, full: bool) {
        self.set_heap_limit(0);
        self.request_poll(POLL_COLLECT);
        if full {
            self.full_due.set(true);
        }
    }

    /// Memory for an object that is not a large one.
    pub(super) fn alloc(&self, size: usize) -> u64 {
        let size = size.next_multiple_of(ALIGN as usize);
        let address = self.heap_next();
        if self.end.get() - address < size as u64 {
            return self.alloc_beyond(size);
        }
        self.set_heap_next(address + size as u64);
        address
    }

    #[cold]
    fn alloc_beyond(&self, size: usize) -> u64 {
        let mut heap = self.heap.borrow_mut();
        let is_first = heap.is_untouched();
        let area = heap.extend(size);
        drop(heap);
        self.open(area);
        if !is_first {
            self.request_collection(false);
        }
        self.set_heap_next(area.next + size as u64);
        area.next
    }

    /// Memory for a string or buffer, the header written, and whether the rest is all zero.
    fn alloc_data(&self, ty: TypeId, size: usize) -> (Obj<'_>, bool) {
        if size <= LARGE {
            let object = Obj::at(self, self.alloc(size));
            object.set_raw(0, header(ty, 0));
            return (object, false);
        }
        let mut heap = self.heap.borrow_mut();
        let (address, zeroed) = heap.alloc_large(size.next_multiple_of(ALIGN as usize));
        let due = heap.is_large_due();
        drop(heap);
        if due {
            self.request_collection(false);
        }
        let object = Obj::at(self, address);
        object.set_raw(0, header(ty, 0) | flag::LARGE);
        (object, zeroed)
    }

    /// Takes over a block of strings; see [`Heap::add_bundle`](crate::heap::Heap::add_bundle).
    pub(super) fn take_bundle(&self, block: Block, len: u64) {
        let mut heap = self.heap.borrow_mut();
        heap.add_bundle(block, len);
        let due = heap.is_large_due();
        drop(heap);
        if due {
            self.request_collection(false);
        }
    }

    /// A share of the large string at this address, for another process.
    pub(crate) fn share(&self, address: u64) -> Share {
        self.heap.borrow_mut().share(address)
    }

    /// Takes a share of a string that another process has sent.
    pub(crate) fn take_share(&self, share: Share) {
        let mut heap = self.heap.borrow_mut();
        heap.take_share(share);
        let due = heap.is_large_due();
        drop(heap);
        if due {
            self.request_collection(false);
        }
    }

    /// The heap is to hold no more than so many bytes.
    pub(crate) fn limit_heap(&self, bytes: u64) {
        self.heap.borrow_mut().limit(bytes);
    }

    /// Before a reference is stored at address `slot` of the object at `object`, which bears the flag `OLD`.
    pub(crate) fn barrier(&self, object: u64, slot: u64) {
        self.heap.borrow_mut().remember(object, Some(slot));
    }

    /// Before references are stored anywhere in the object at `object`, which bears the flag `OLD`.
    pub(crate) fn barrier_whole(&self, object: u64) {
        self.heap.borrow_mut().remember(object, None);
    }

    /// Memory for several objects in a row, `n` words in all, to be written before anything else happens.
    pub(crate) fn alloc_words(&self, n: usize) -> u64 {
        self.alloc(n * 8)
    }

    /// Writes objects into such memory.
    pub(crate) fn write_words(&self, address: u64, words: &[u64]) {
        // SAFETY: the caller got the memory from `alloc_words`, and no object there is known yet.
        unsafe { std::ptr::copy_nonoverlapping(words.as_ptr(), address as usize as *mut u64, words.len()) };
    }
}

/// Up to 7 bytes as the word that has them first in memory, and zeros behind.
#[inline]
fn word_of(bytes: &[u8]) -> u64 {
    let part = |at: usize, len: usize| {
        let mut word = [0; 8];
        word[..len].copy_from_slice(&bytes[at..at + len]);
        u64::from_le_bytes(word) << (8 * at)
    };
    let word = match bytes.len() {
        0 => 0,
        len @ 1..4 => part(0, 1) | part(len / 2, 1) | part(len - 1, 1),
        len => part(0, 4) | part(len - 4, 4),
    };
    word.to_le()
}
