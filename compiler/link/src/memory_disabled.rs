//! In place of `memory.rs` in a compiler without a linker of its own.

use crate::error::LinkError;
use crate::linker::LinkOptions;
use crate::runtime::Runtime;
use crate::target::Target;

/// Whether this compiler can link by itself.
pub(crate) const AVAILABLE: bool = false;

/// Nobody calls it.
pub(crate) fn link(_: &Target, _: &Runtime, _: &[u8], _: &LinkOptions) -> Result<Vec<u8>, LinkError> {
    unreachable!("this compiler has no linker of its own")
}
