//! The native half of the standard library: the meaning of the rows of [`vitte_abi::functions`], as safe functions of
//! the rows' names without `vt_`.
//!
//! - [`value`]: a value with its type, from which [`mod@format`], [`compare`] and [`hash`] start;
//! - [`any`]: dynamic types; [`scalar`]: arithmetic on scalars of any type; [`number`]: their text;
//! - [`string`], [`list`], [`map`]: the built-in collections; [`range`]: checked indices;
//! - [`process`]: what other processes have to do with this one;
//! - [`io`], [`input`], [`mod@file`], [`net`], [`system`], [`memory`], [`math`]: the world outside.

pub mod any;
pub mod compare;
pub mod file;
pub mod format;
pub mod hash;
pub mod input;
pub mod io;
pub mod list;
pub mod map;
pub mod math;
pub mod memory;
pub mod net;
pub mod number;
pub mod process;
pub mod range;
mod raw;
pub mod scalar;
pub mod string;
pub mod system;
pub mod value;
