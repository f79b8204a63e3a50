//! Linux's way to wait for many sockets at once. Each is told of once whenever its state changes, in either direction,
//! so it costs one call of the system in its life.

use std::ffi::c_int;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::time::Duration;

const IN: u32 = 0x1;
const OUT: u32 = 0x4;
const ERROR: u32 = 0x8;
const HANG_UP: u32 = 0x10;
const READ_HANG_UP: u32 = 0x2000;
const EDGE: u32 = 1 << 31;

const ADD: c_int = 1;
const CLOSE_ON_EXEC: c_int = 0o2000000;
const NON_BLOCKING: c_int = 0o4000;
/// The key of what interrupts a wait.
const INTERRUPT: u64 = u64::MAX;
/// So many events are taken at once.
const BATCH: usize = 256;

/// What happened to a socket, and its key.
#[derive(Clone, Copy)]
#[cfg_attr(target_arch = "x86_64", repr(C, packed))]
#[cfg_attr(not(target_arch = "x86_64"), repr(C))]
struct Event {
    events: u32,
    key: u64,
}

unsafe extern "C" {
    fn epoll_create1(flags: c_int) -> c_int;
    fn epoll_ctl(epoll: c_int, op: c_int, fd: c_int, event: *mut Event) -> c_int;
    fn epoll_wait(epoll: c_int, events: *mut Event, len: c_int, millis: c_int) -> c_int;
    fn eventfd(value: u32, flags: c_int) -> c_int;
}

/// The set of sockets that are watched.
pub(crate) struct Epoll {
    set: OwnedFd,
    interrupt: File,
}

impl Epoll {
    pub(crate) fn new() -> io::Result<Epoll> {
        let own = |fd: c_int| {
            // SAFETY: a descriptor that a call has just returned is nobody else's.
            if fd < 0 { Err(io::Error::last_os_error()) } else { Ok(unsafe { OwnedFd::from_raw_fd(fd) }) }
        };
        // SAFETY: the calls touch no memory.
        let set = own(unsafe { epoll_create1(CLOSE_ON_EXEC) })?;
        // SAFETY: as above.
        let interrupt = File::from(own(unsafe { eventfd(0, CLOSE_ON_EXEC | NON_BLOCKING) })?);
        let epoll = Epoll { set, interrupt };
        epoll.control(epoll.interrupt.as_raw_fd(), IN, INTERRUPT)?;
        Ok(epoll)
    }

    fn control(&self, fd: c_int, events: u32, key: u64) -> io::Result<()> {
        let mut event = Event { events, key };
        // SAFETY: the system only reads the event.
        match unsafe { epoll_ctl(self.set.as_raw_fd(), ADD, fd, &raw mut event) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// Watches a socket from now on, until it is closed. The key must not be `u64::MAX`.
    pub(crate) fn add(&self, socket: &impl AsFd, key: u64) -> io::Result<()> {
        self.control(socket.as_fd().as_raw_fd(), IN | OUT | READ_HANG_UP | EDGE, key)
    }

    /// Waits until something happens, or for `limit`, or until it is interrupted. Calls `f` with the key of each socket
    /// to which something happened: whether it can be read now, and written.
    pub(crate) fn wait(&self, limit: Option<Duration>, mut f: impl FnMut(u64, bool, bool)) {
        // Not before the time is up.
        let millis = limit.map_or(-1, |limit| limit.as_nanos().div_ceil(1_000_000).min(1 << 30) as c_int);
        let mut events = [Event { events: 0, key: 0 }; BATCH];
        // SAFETY: the system writes no more events than there is room for.
        let n = unsafe { epoll_wait(self.set.as_raw_fd(), events.as_mut_ptr(), BATCH as c_int, millis) };
        // A wait that a signal ends brings nothing.
        for event in &events[..n.max(0) as usize] {
            if event.key == INTERRUPT {
                // It fails if another thread was faster.
                let _ = (&self.interrupt).read(&mut [0; 8]);
                continue;
            }
            let is_broken = event.events & (ERROR | HANG_UP) != 0;
            f(event.key, is_broken || event.events & (IN | READ_HANG_UP) != 0, is_broken || event.events & OUT != 0);
        }
    }

    /// Has a wait end, the next one if there is none.
    pub(crate) fn interrupt(&self) {
        // It fails only if so many interruptions are to be seen already.
        let _ = (&self.interrupt).write(&1u64.to_ne_bytes());
    }
}
