//! What every step of code generation looks things up in.

use vitbc::{FuncIdx, Module, Verified};
use vitte_abi::functions::NativeFn;
use vitte_layout::Layout;

/// The program being compiled: shared by all functions, changed by none.
#[derive(Clone, Copy, Debug)]
pub struct Env<'a> {
    /// The linked program: it imports nothing.
    pub module: &'a Verified<Module>,
    /// How its types are laid out.
    pub layout: &'a Layout,
    /// The runtime function of each of the module's natives.
    pub natives: &'a [NativeFn],
    /// Whether it becomes a library: C calls its exports, and nothing its entry.
    pub library: bool,
}

impl Env<'_> {
    /// Whether a function takes its closure object as first parameter: it has captured values.
    pub fn takes_closure(&self, func: FuncIdx) -> bool {
        self.module.function(func).is_some_and(|function| !function.captures.is_empty())
    }
}
