//! Standard output, and who we are.

#[cfg(all(unix, not(miri)))]
#[path = "stdio/unix.rs"]
mod imp;
#[cfg(not(all(unix, not(miri))))]
#[path = "stdio/portable.rs"]
mod imp;

pub(crate) use imp::*;
