//! An allocator in front of the system's, for C libraries whose own takes a lock and looks for a place each time, as
//! musl's does.
//!
//! Each thread keeps some of the small pieces that it frees, by size, and hands them out again. This is the upper layer
//! of Bonwick and Adams, "Magazines and Vmem" (2001), without the layer that lets threads exchange full magazines.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr::null_mut;

/// Sizes are rounded up to multiples of this, which is also what pieces are aligned to.
const STEP: usize = 16;
/// The largest pieces that are kept.
const LARGEST: usize = 4096;
/// The bytes that a thread keeps of each size at the most.
const KEPT: usize = 128 << 10;

/// The free pieces of one size: each has the address of the next in its first word.
#[derive(Clone, Copy)]
struct Pieces {
    first: *mut Piece,
    len: usize,
}

struct Piece {
    next: *mut Piece,
}

thread_local! {
    static FREE: [Cell<Pieces>; LARGEST / STEP] =
        const { [const { Cell::new(Pieces { first: null_mut(), len: 0 }) }; LARGEST / STEP] };
}

/// The allocator.
#[derive(Clone, Copy, Debug, Default)]
pub struct Magazines;

/// What is asked of the system for pieces that are kept: they fit all of their class.
fn rounded(class: usize) -> Layout {
    // SAFETY: the alignment is a power of two, and the size is far from the largest.
    unsafe { Layout::from_size_align_unchecked((class + 1) * STEP, STEP) }
}

/// The place of the pieces of this layout, if such are kept.
#[inline]
fn class(layout: Layout) -> Option<usize> {
    (layout.align() <= STEP && (1..=LARGEST).contains(&layout.size())).then(|| (layout.size() - 1) / STEP)
}

// SAFETY: what is handed out came from the system with a layout that has room for what was asked, belongs to nobody
// else, and goes back with the same layout. Nothing here unwinds.
unsafe impl GlobalAlloc for Magazines {
    // In line they would make every program larger by an eighth.
    #[inline(never)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's.
        let Some(class) = class(layout) else { return unsafe { System.alloc(layout) } };
        FREE.with(|free| {
            let pieces = free[class].get();
            if pieces.len == 0 {
                // SAFETY: the size is not zero.
                return unsafe { System.alloc(rounded(class)) };
            }
            // SAFETY: the piece is free, and has the address of the next in its first word.
            free[class].set(Pieces { first: unsafe { (*pieces.first).next }, len: pieces.len - 1 });
            pieces.first.cast()
        })
    }

    #[inline(never)]
    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller's.
        let Some(class) = class(layout) else { return unsafe { System.dealloc(place, layout) } };
        FREE.with(|free| {
            let pieces = free[class].get();
            if pieces.len >= KEPT / ((class + 1) * STEP) {
                // SAFETY: the piece came from the system with this layout.
                return unsafe { System.dealloc(place, rounded(class)) };
            }
            let piece = place.cast::<Piece>();
            // SAFETY: the piece is the caller's to give, and has room for a word.
            unsafe { piece.write(Piece { next: pieces.first }) };
            free[class].set(Pieces { first: piece, len: pieces.len + 1 });
        });
    }

    #[inline(never)]
    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's: the alignment is one already, and the size not too large for it.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        match (class(layout), class(wanted)) {
            // SAFETY: the caller's.
            (None, None) => unsafe { System.realloc(place, layout, size) },
            (old, new) if old == new => place,
            // SAFETY: the caller's; the new piece is another, and has room for what is copied.
            _ => unsafe {
                let new = self.alloc(wanted);
                if !new.is_null() {
                    place.copy_to_nonoverlapping(new, layout.size().min(size));
                    self.dealloc(place, layout);
                }
                new
            },
        }
    }

    #[inline(never)]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if class(layout).is_none() {
            // SAFETY: the caller's.
            return unsafe { System.alloc_zeroed(layout) };
        }
        // SAFETY: the caller's.
        let place = unsafe { self.alloc(layout) };
        if !place.is_null() {
            // SAFETY: it has room for so many bytes.
            unsafe { place.write_bytes(0, layout.size()) };
        }
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_come_back_and_keep_what_is_in_them() {
        let layout = |size| Layout::from_size_align(size, 8).unwrap();
        // SAFETY: each piece is used as its layout says, and given back once.
        unsafe {
            let first = Magazines.alloc(layout(20));
            Magazines.dealloc(first, layout(20));
            let again = Magazines.alloc_zeroed(layout(32));
            assert_eq!(again, first);
            assert!((0..32).all(|at| *again.add(at) == 0));
            again.write_bytes(7, 32);
            assert_eq!(Magazines.realloc(again, layout(32), 17), again);
            let grown = Magazines.realloc(again, layout(17), 5000);
            assert!((0..17).all(|at| *grown.add(at) == 7));
            let moved = Magazines.realloc(grown, layout(5000), 9000);
            let shrunk = Magazines.realloc(moved, layout(9000), 9);
            assert!((0..9).all(|at| *shrunk.add(at) == 7));
            Magazines.dealloc(shrunk, layout(9));
            let aligned = Layout::from_size_align(64, 64).unwrap();
            let wide = Magazines.alloc(aligned);
            assert_eq!(wide as usize % 64, 0);
            Magazines.dealloc(wide, aligned);
        }
    }

    #[test]
    fn threads_keep_so_many_and_give_back_the_others() {
        let layout = Layout::new::<[u64; 128]>();
        let n = 10 * KEPT / layout.size();
        // SAFETY: as above.
        let pieces: Vec<usize> = (0..n).map(|_| unsafe { Magazines.alloc(layout) } as usize).collect();
        std::thread::spawn(move || {
            for piece in pieces {
                // SAFETY: as above.
                unsafe { Magazines.dealloc(piece as *mut u8, layout) };
            }
            assert_eq!(FREE.with(|free| free[class(layout).unwrap()].get().len), KEPT / layout.size());
        })
        .join()
        .unwrap();
    }
}
