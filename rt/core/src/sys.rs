//! What the runtime needs of the operating system. Everything that knows a system's name is below this module.

#[cfg(not(all(unix, not(miri))))]
mod allocated;
#[cfg(all(unix, not(miri)))]
#[path = "sys/unix.rs"]
mod imp;
#[cfg(target_family = "wasm")]
#[path = "sys/wasm.rs"]
mod imp;
#[cfg(not(any(all(unix, not(miri)), target_family = "wasm")))]
#[path = "sys/portable.rs"]
mod imp;

mod errno;
pub(crate) mod host;
mod instant;
mod magazines;
pub(crate) mod net;
pub(crate) mod stdio;

pub(crate) use errno::words;
pub(crate) use imp::*;
pub use instant::Instant;
pub use magazines::Magazines;

/// Memory comes in multiples of this.
pub(crate) const PAGE: usize = 64 << 10;

/// Ends the program because the system has no memory left.
pub(crate) fn out_of_memory() -> ! {
    fatal("out of memory")
}

/// Ends the program on a failure that no program can handle.
pub(crate) fn fatal(message: &str) -> ! {
    write_err(b"vitte runtime: ");
    write_err(message.as_bytes());
    write_err(b"\n");
    host::abort()
}
