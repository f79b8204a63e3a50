//! What a wasm module of this runtime is told: the program that was packed into it, and its command line.

use crate::options::Engine;
use crate::sys::{self, host};
use vitte_abi::packed::{EMPTY, Packed};
use vitte_abi::program::MARK;

/// For the compiler, which looks for it before it packs a program.
#[used]
static ABI_MARK: [u8; MARK.len()] = MARK;

/// The record that packing fills in.
#[used]
static RECORD: [u64; 3] = Packed::words(EMPTY);

/// The bytecode of the program and its collector; `None` if no program was packed.
pub fn program() -> Option<(&'static [u8], Engine)> {
    // SAFETY: the record is readable. Volatile, so that its words are not taken for those it is compiled with.
    let [address, len, flags] = unsafe { (&raw const RECORD).read_volatile() };
    if (Packed { address, len, flags }).bytes() == EMPTY {
        return None;
    }
    // SAFETY: packing has put that many bytes there, beyond what the runtime itself uses.
    let bytes = unsafe { std::slice::from_raw_parts(address as usize as *const u8, len as usize) };
    Some((bytes, Engine::of_flags(flags)))
}

/// The command line, without the program's name.
pub fn args() -> Vec<String> {
    host::args()
}

/// Tells on standard error what the program itself cannot.
pub fn tell(text: &str) {
    sys::write_err(text.as_bytes());
}

/// Has a failure of the runtime tell what it is.
pub fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        tell(&format!("vitte runtime: {panic}\n"));
        host::abort()
    }));
}
