//! Finding and moving what is reachable.

use super::blocks::Block;
use super::large::LargeObjects;
use super::{LARGE, Shapes, Space};
use vitte_abi::object::{flag, word};

/// The part of a header that is not flags.
const IDENTITY: u64 = (1 << 48) - 1;

/// The state of one collection.
///
/// What is reached is *gray* until its traced words have been visited. The stack of gray objects holds the range of
/// those words, so that an object's shape is looked up once; objects without any never get there.
pub(crate) struct Tracer<'h, S> {
    shapes: &'h Shapes,
    nursery: u64,
    nursery_len: u64,
    /// All young objects are in the nursery: then an address tells old from young without a look at the header.
    simple: bool,
    space: &'h mut S,
    large: &'h mut LargeObjects,
    gray: Vec<(u64, u64)>,
}

impl<'h, S: Space> Tracer<'h, S> {
    pub(crate) fn new(
        shapes: &'h Shapes,
        nursery: Block,
        one_block: bool,
        space: &'h mut S,
        large: &'h mut LargeObjects,
    ) -> Tracer<'h, S> {
        Tracer {
            shapes,
            nursery: nursery.base,
            nursery_len: nursery.len as u64,
            simple: one_block && large.young_bytes() == 0,
            space,
            large,
            gray: Vec::new(),
        }
    }

    /// Makes sure that the object a traced word refers to survives, and corrects the word.
    ///
    /// # Safety
    /// The slot must hold a traced word of the heap, and be visited once in a major collection (`MAJOR`).
    #[inline]
    pub(crate) unsafe fn visit<const MAJOR: bool>(&mut self, slot: &mut u64) {
        let address = *slot;
        if !word::is_object(address) {
            return;
        }
        let in_nursery = address.wrapping_sub(self.nursery) < self.nursery_len;
        if !MAJOR && !in_nursery && self.simple {
            return;
        }
        // SAFETY: the word is the address of an object of this heap, or an immortal one.
        let header = unsafe { *(address as usize as *const u64) };
        if header & flag::FORWARDED != 0 {
            *slot = header & !flag::FORWARDED;
        } else if in_nursery {
            // SAFETY: as above.
            *slot = unsafe { self.evacuate::<MAJOR>(address, header) };
        } else {
            // SAFETY: as above.
            *slot = unsafe { self.visit_other::<MAJOR>(address, header) };
        }
    }

    /// The rarer cases: objects outside the nursery's last block.
    unsafe fn visit_other<const MAJOR: bool>(&mut self, address: u64, header: u64) -> u64 {
        if header & flag::IMMORTAL != 0 || (!MAJOR && header & flag::SETTLED != 0) {
            if header & flag::SHARED != 0 {
                self.large.mark_shared(address, MAJOR);
            }
            return address;
        }
        let stays = header & (flag::LARGE | flag::BUNDLED) != 0 || (S::MARKS && header & flag::SETTLED != 0);
        if !stays {
            // SAFETY: the caller found a live object there, which is neither large nor immortal nor moved.
            return unsafe { self.evacuate::<MAJOR>(address, header) };
        }
        if header & flag::MARK == 0 {
            // SAFETY: as above; it stays where it is.
            unsafe {
                *(address as usize as *mut u64) = header | flag::MARK;
                let (_, words, count) = self.shapes.of(address, header);
                if count != 0 {
                    self.gray.push((words, count));
                }
            }
        }
        address
    }

    /// Moves an object to the old generation; its new address.
    unsafe fn evacuate<const MAJOR: bool>(&mut self, from: u64, header: u64) -> u64 {
        // SAFETY: the caller found a live object there.
        let (size, words, count) = unsafe { self.shapes.of(from, header) };
        let mut header = header & IDENTITY | flag::OLD | flag::SETTLED;
        let to = if size as usize > LARGE {
            header |= flag::LARGE | flag::MARK;
            self.large.adopt(size as usize)
        } else {
            if S::MARKS && MAJOR {
                header |= flag::MARK;
            }
            self.space.alloc(size as usize)
        };
        // SAFETY: both are `size` bytes long, and apart.
        unsafe {
            let (source, target) = (from as usize as *mut u64, to as usize as *mut u64);
            *target = header;
            let n = size as usize / 8;
            if n <= 16 {
                for at in 1..n {
                    *target.add(at) = *source.add(at);
                }
            } else {
                std::ptr::copy_nonoverlapping(source.add(1), target.add(1), n - 1);
            }
            *source = flag::FORWARDED | to;
        }
        if count != 0 {
            self.gray.push((to + (words - from), count));
        }
        to
    }

    /// Visits the traced words of an object.
    ///
    /// # Safety
    /// There must be an object at `address`.
    pub(crate) unsafe fn visit_object<const MAJOR: bool>(&mut self, address: u64) {
        // SAFETY: by contract, the words are those of a live object.
        unsafe {
            let (_, words, count) = self.shapes.of(address, *(address as usize as *const u64));
            self.visit_words::<MAJOR>(words, count);
        }
    }

    unsafe fn visit_words<const MAJOR: bool>(&mut self, words: u64, count: u64) {
        let words = words as usize as *mut u64;
        for at in 0..count as usize {
            // SAFETY: the words are those of a live object, and visited once.
            unsafe { self.visit::<MAJOR>(&mut *words.add(at)) };
        }
    }

    /// Visits whatever has been reached but not visited.
    ///
    /// # Safety
    /// As for [`Tracer::visit`].
    pub(crate) unsafe fn finish<const MAJOR: bool>(&mut self) {
        while let Some((words, count)) = self.gray.pop() {
            // SAFETY: gray objects are alive.
            unsafe { self.visit_words::<MAJOR>(words, count) };
        }
    }
}
