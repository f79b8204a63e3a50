//! Stacks for processes that run compiled code: address space, committed where it is touched.
//!
//! ```text
//! base      base + GUARD           floor                                  top
//! ├─ guard ───┼─ reserve ────────────┼─ frames, growing down ◄─────────────┤
//! ```
//!
//! Compiled functions check on entry that their frame is above the floor. The reserve below it is for functions that
//! do not check and for what stubs save. The guard is memory that must not be touched; only the main process has
//! one, as a million mappings are more than systems allow.
//!
//! Other processes share a number of stacks, their *homes*. A process is given one when it first runs, and always runs
//! there, since frames hold addresses. When it pauses, its frames stay where they are. Only when another process is to
//! run in the same home, they are copied out to a block of just their size, and back before the process goes on. So
//! a process that waits costs what its frames need, and processes that talk in turns copy nothing.

use crate::scheduler::{Handle, Room};
use crate::sys;
use std::cell::{Cell, RefCell};
use std::ptr::{NonNull, null_mut, without_provenance_mut};
use std::sync::atomic::{AtomicPtr, Ordering};

const GUARD: u64 = 64 << 10;
const RESERVE: u64 = 192 << 10;
/// The size of a home.
const SIZE: u64 = 1 << 20;
/// So many are mapped at once.
const SLAB: u64 = 64;
/// The homes that a worker makes before it has processes share them.
const MOST: usize = 1024;
/// The tops of homes are apart by this much modulo the size, or all would compete for the same part of the caches.
const SHIFT: u64 = 192;
/// A process that ends gives back what it has touched below so many bytes.
const DEEP: u64 = 64 << 10;
/// So many homes in a row are.
const SHIFTS: u64 = 16;

/// Address space for a stack.
pub(crate) struct Mapped {
    base: u64,
    len: u64,
}

/// A stack that processes share.
pub(crate) struct Home {
    room: Room,
    base: u64,
    top: u64,
    /// Whose frames are there, or [`moving`]. Changed by whoever is in the room, or by a tenant that moves out.
    tenant: AtomicPtr<Tenant>,
}

/// Stands for the tenant of a home while frames are being copied out.
fn moving() -> *mut Tenant {
    without_provenance_mut(1)
}

/// A process that lives in a home.
pub(crate) struct Tenant {
    home: Cell<Option<&'static Home>>,
    /// The stack pointer while the process pauses.
    sp: Cell<u64>,
    /// The frames from there up, if others are in the home. Whoever is in the room puts them there.
    saved: Cell<Box<[u64]>>,
}

/// The homes that a worker knows.
#[derive(Default)]
struct Homes {
    all: Vec<&'static Home>,
    /// Those that were left, the last one last. Others may have moved in.
    left: Vec<&'static Home>,
    /// The place in `all` from which on a home is looked for.
    next: usize,
}

thread_local! {
    static HOMES: RefCell<Homes> = const { RefCell::new(Homes { all: Vec::new(), left: Vec::new(), next: 0 }) };
}

impl Mapped {
    /// The stack of the main process, of about this size.
    pub(crate) fn new(size: u64) -> Mapped {
        let len = size.max(GUARD + RESERVE + (64 << 10)).next_multiple_of(sys::PAGE as u64);
        let base = sys::map(len as usize);
        sys::forbid(base, GUARD as usize);
        Mapped { base, len }
    }

    /// Its upper end.
    pub(crate) fn top(&self) -> u64 {
        self.base + self.len
    }

    /// Where frames must end.
    pub(crate) fn floor(&self) -> u64 {
        self.base + GUARD + RESERVE
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        sys::unmap(self.base, self.len as usize);
    }
}

impl Tenant {
    /// One that has no home yet.
    pub(crate) fn new() -> Tenant {
        Tenant { home: Cell::new(None), sp: Cell::new(0), saved: Cell::default() }
    }

    /// Before the process runs: its frames come home, and stay until [`Tenant::leave`]. The tenant must not be moved from
    /// now on.
    ///
    /// # Errors
    /// Another process runs there: the room to wait for.
    pub(crate) fn enter(&self) -> Result<(), &'static Room> {
        let home = match self.home.get() {
            Some(home) if home.room.enter() => home,
            Some(home) => return Err(&home.room),
            None => Homes::find(),
        };
        self.home.set(Some(home));
        let other = home.tenant.load(Ordering::Acquire);
        if other == self.address() {
            return Ok(());
        }
        if !other.is_null()
            && home.tenant.compare_exchange(other, moving(), Ordering::AcqRel, Ordering::Relaxed).is_ok()
        {
            // SAFETY: a tenant that ends waits while it is being moved.
            unsafe { &*other }.save(home);
        }
        self.restore();
        home.tenant.store(self.address(), Ordering::Release);
        Ok(())
    }

    /// After the process ran: others may come, and keep what is above `sp`. The processes that waited for that.
    pub(crate) fn leave(&self, sp: u64) -> impl Iterator<Item = NonNull<Handle>> + use<> {
        self.sp.set(sp);
        self.home().room.leave()
    }

    /// After the process ran for the last time, as [`Tenant::leave`].
    pub(crate) fn leave_for_ever(&self) -> impl Iterator<Item = NonNull<Handle>> + use<> {
        let home = self.home();
        let deep = (home.top - DEEP) & !(sys::PAGE as u64 - 1);
        // SAFETY: the words are the home's, which nobody else uses as yet. What was never touched reads as zero.
        let line = unsafe { std::slice::from_raw_parts((deep - 64) as usize as *const u64, 8) };
        if line != [0; 8] {
            sys::forget(home.base, (deep - home.base) as usize);
        }
        self.leave(home.top)
    }

    fn home(&self) -> &'static Home {
        self.home.get().expect("a process that ran has a home")
    }

    /// The upper end of the home.
    pub(crate) fn top(&self) -> u64 {
        self.home().top
    }

    /// Where frames must end.
    pub(crate) fn floor(&self) -> u64 {
        self.home().base + RESERVE
    }

    fn address(&self) -> *mut Tenant {
        (&raw const *self).cast_mut()
    }

    fn save(&self, home: &Home) {
        let sp = self.sp.get();
        let n = (home.top - sp) as usize / 8;
        // SAFETY: the process pauses, so its frames are all there is from its stack pointer up.
        let frames = unsafe { std::slice::from_raw_parts(sp as usize as *const u64, n) };
        self.saved.set(frames.into());
    }

    fn restore(&self) {
        let saved = self.saved.take();
        // SAFETY: that is where the frames were; nobody else's are there now.
        unsafe { std::ptr::copy_nonoverlapping(saved.as_ptr(), self.sp.get() as usize as *mut u64, saved.len()) };
    }
}

impl Drop for Tenant {
    fn drop(&mut self) {
        let Some(home) = self.home.get() else { return };
        loop {
            let tenant = home.tenant.load(Ordering::Acquire);
            if tenant == self.address() {
                let left =
                    home.tenant.compare_exchange(tenant, null_mut(), Ordering::AcqRel, Ordering::Relaxed).is_ok();
                if left {
                    return Homes::add_left(home);
                }
            } else if tenant != moving() {
                return;
            }
            std::hint::spin_loop();
        }
    }
}

impl Homes {
    /// A home that the process is in alone.
    fn find() -> &'static Home {
        HOMES.with_borrow_mut(|homes| {
            while let Some(home) = homes.left.pop() {
                if home.tenant.load(Ordering::Relaxed).is_null() && home.room.enter() {
                    return home;
                }
            }
            if homes.all.len() >= MOST {
                for _ in 0..homes.all.len() {
                    homes.next = (homes.next + 1) % homes.all.len();
                    let home = homes.all[homes.next];
                    if home.room.enter() {
                        return home;
                    }
                }
            }
            homes.build();
            let home = homes.left.pop().expect("some were built");
            assert!(home.room.enter(), "nobody else knows a new home");
            home
        })
    }

    fn build(&mut self) {
        let slab = sys::map((SIZE * SLAB) as usize);
        for at in (0..SLAB).rev() {
            let base = slab + at * SIZE;
            let top = base + SIZE - at % SHIFTS * SHIFT;
            let home = Home { room: Room::default(), base, top, tenant: AtomicPtr::new(null_mut()) };
            self.left.push(Box::leak(Box::new(home)));
        }
        self.all.extend(&self.left[self.left.len() - SLAB as usize..]);
    }

    fn add_left(home: &'static Home) {
        HOMES.with_borrow_mut(|homes| {
            if homes.left.len() < MOST {
                homes.left.push(home);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: u64) -> *mut u64 {
        address as usize as *mut u64
    }

    #[test]
    fn frames_are_where_they_were_whenever_a_process_runs() {
        // Many more tenants than homes, some of them with many frames.
        let tenants: Vec<Tenant> = (0..3 * MOST).map(|_| Tenant::new()).collect();
        for round in 0..3 {
            for (number, tenant) in tenants.iter().enumerate() {
                tenant.enter().expect("nobody runs");
                let words = 10 + number % 1000;
                let sp = tenant.top() - words as u64 * 8;
                assert!(sp > tenant.floor());
                for word in 0..words {
                    let place = at(sp + word as u64 * 8);
                    let value = (number << 32 | word << 2) as u64;
                    // SAFETY: the tenant is at home.
                    unsafe {
                        assert!(round == 0 || *place == value + round - 1);
                        *place = value + round;
                    }
                }
                assert_eq!(tenant.leave(sp).count(), 0);
            }
        }
    }

    #[test]
    fn a_home_is_left_by_the_dead() {
        let first = Box::new(Tenant::new());
        first.enter().unwrap();
        let top = first.top();
        assert_eq!(first.leave(top).count(), 0);
        drop(first);
        let second = Tenant::new();
        second.enter().unwrap();
        assert_eq!(second.top(), top);
    }

    #[test]
    fn the_main_stack_is_as_large_as_asked() {
        let main = Mapped::new(1 << 20);
        assert!(main.floor() > main.base + GUARD && main.top() == main.base + (1 << 20));
    }
}
