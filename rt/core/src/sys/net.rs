//! Sockets beyond what Rust's standard library knows, and waiting for many of them.

#[cfg(all(target_os = "linux", not(miri)))]
mod epoll;
#[cfg_attr(all(target_os = "linux", not(miri)), path = "net/linux.rs")]
#[cfg_attr(not(all(target_os = "linux", not(miri))), path = "net/portable.rs")]
mod imp;

#[cfg(all(target_os = "linux", not(miri)))]
pub(crate) use epoll::Epoll;
pub(crate) use imp::*;
