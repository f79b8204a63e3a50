//! Standard output, and who we are.

#[cfg(all(unix, not(miri)))]
#[path = "stdio/unix.rs"]
mod imp;
#[cfg(target_family = "wasm")]
#[path = "stdio/wasm.rs"]
mod imp;
#[cfg(not(any(all(unix, not(miri)), target_family = "wasm")))]
#[path = "stdio/portable.rs"]
mod imp;

pub(crate) use imp::*;
