//! The archive that compiled programs link: all of the runtime, under the symbols of
//! [`vitte_abi::functions`](vitte_rt::rows).

pub use vitte_rt::*;

/// See [`Magazines`].
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: Magazines = Magazines;
