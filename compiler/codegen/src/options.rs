//! What the user may choose about code.

use crate::passes::OptLevel;
use target_lexicon::Triple;
use vitte_abi::program::Engine;

/// How code is made.
#[derive(Clone, Debug)]
pub struct Options {
    /// The machine.
    pub target: Triple,
    /// How much is done to make the code fast.
    pub opt: OptLevel,
    /// A model of processor that Cranelift knows, [`NATIVE`](crate::isa::NATIVE), or what all of the target have in common.
    pub cpu: Option<String>,
    /// Single features: `+name` or `-name`.
    pub features: Vec<String>,
    /// Whether debuggers get to know the code: DWARF, and how to unwind.
    pub debug: bool,
    /// The collector that the program uses unless `VITTE_GC` names another.
    pub collector: Engine,
    /// Make a library: C functions for the module's exports, see [`emit_header`](crate::emit_header), and no `main`.
    pub library: bool,
    /// What object files say about their making, in a note; empty for none.
    pub note: Vec<u8>,
    /// How many threads compile; 0 for one on each processor. The code does not depend on it.
    pub threads: usize,
}

impl Default for Options {
    /// Fast code for the machine that the compiler runs on.
    fn default() -> Self {
        Options {
            target: Triple::host(),
            opt: OptLevel::O2,
            cpu: None,
            features: Vec::new(),
            debug: false,
            collector: Engine::default(),
            library: false,
            note: Vec::new(),
            threads: 0,
        }
    }
}
