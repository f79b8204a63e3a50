//! The Vitte runtime: heap, collector, processes, exceptions, natives, FFI.
//!
//! Natives and helpers are safe functions over a shared [`Process`]: they never collect, so objects neither move nor
//! die while they run, and a reference into the heap is as good as any other. [`rows`] says which function stands
//! behind which row of [`vitte_abi::functions`].
// What only compiled code needs.
#![cfg_attr(not(all(unix, not(miri))), allow(dead_code))]

pub mod arg;
#[cfg(all(unix, not(miri)))]
mod body;
mod boxing;
#[cfg(all(unix, not(miri)))]
mod code_memory;
#[cfg(any(target_env = "musl", test))]
mod complex;
#[cfg(all(unix, not(miri)))]
#[macro_use]
mod context;
#[cfg(all(unix, not(miri)))]
mod cpu;
#[cfg(all(unix, not(miri)))]
mod entry;
#[cfg_attr(not(all(unix, not(miri))), path = "foreign_disabled.rs")]
pub mod foreign;
mod heap;
mod helpers;
mod inbox;
mod letter;
#[cfg(all(unix, not(miri)))]
mod library;
mod mailbox;
mod names;
mod native;
mod notice;
pub mod object;
mod options;
#[cfg(target_family = "wasm")]
pub mod packed;
mod process;
mod quota;
pub mod raw_memory;
mod reason;
mod report;
pub mod rows;
mod runtime;
pub mod scheduler;
mod signal;
mod socket;
#[cfg(all(unix, not(miri)))]
mod stack;
pub mod stdlib;
mod stream;
#[cfg(all(unix, not(miri)))]
mod stub;
mod sync;
mod sys;
#[cfg(test)]
pub(crate) mod testing;
mod throw;
mod ties;
mod trace;
mod unwind;
mod word;

#[cfg(all(unix, not(miri)))]
pub use code_memory::CodeMemory;
#[cfg(all(unix, not(miri)))]
pub use entry::{run_program, vt_main};
pub use heap::Stats;
pub use letter::Letter;
#[cfg(all(unix, not(miri)))]
pub use library::{vitte_last_error, vt_export};
#[cfg(all(unix, not(miri)))]
pub use native::symbol::addresses;
pub use native::{call_helper, call_native};
pub use options::{BadVariable, Engine, Options};
pub use process::Process;
pub use report::{UNCAUGHT, report_failure, report_uncaught, report_unreachable};
pub use runtime::Runtime;
pub use sys::Magazines;
pub use throw::Throw;
pub use trace::{Frame, Location};
pub use word::Word;
