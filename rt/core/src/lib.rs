//! The Vitte runtime: heap, collector, processes, exceptions, natives, FFI.
//!
//! Natives and helpers are safe functions over a shared [`Process`]: they never collect, so objects neither move nor
//! die while they run, and a reference into the heap is as good as any other. [`rows`] says which function stands
//! behind which row of [`vitte_abi::functions`].

pub mod arg;
mod heap;
mod native;
pub mod object;
mod options;
#[allow(missing_docs, dead_code)]
mod pending;
mod process;
pub mod rows;
mod runtime;
pub mod stdlib;
mod sys;
#[cfg(test)]
pub(crate) mod testing;
mod throw;
mod trace;
mod word;

pub use heap::Stats;
pub use native::{call_helper, call_native};
pub use options::{Engine, Options};
pub use process::Process;
pub use runtime::Runtime;
pub use throw::Throw;
pub use trace::Frame;
pub use word::Word;
