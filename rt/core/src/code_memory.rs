//! Memory for code that is compiled into this process.

use crate::sys;
use vitte_abi::program::Program;

/// A stretch of memory for a program's code and tables, which stays until the operating system's process ends.
pub struct CodeMemory {
    base: u64,
    len: usize,
}

impl CodeMemory {
    /// Fresh memory of `len` bytes, at the start of a page.
    pub fn reserve(len: usize) -> CodeMemory {
        let len = len.max(1).next_multiple_of(sys::PAGE);
        CodeMemory { base: sys::map(len), len }
    }

    /// Its address.
    pub fn base(&self) -> u64 {
        self.base
    }

    /// Puts a program there: `bytes`, of which the first `executable`, whole pages, are code and are not written to
    /// again. Gives the program's record, which is at `program` in the bytes.
    ///
    /// # Panics
    /// The bytes do not fit, or the record is not among them.
    pub fn fill(self, bytes: &[u8], executable: usize, program: usize) -> &'static Program {
        assert!(program.is_multiple_of(align_of::<Program>()) && program + size_of::<Program>() <= bytes.len());
        let base = self.base as usize;
        self.put(bytes, executable);
        // SAFETY: the record is inside the mapping, aligned, initialised by the copy (all its fields are numbers), and
        // the mapping stays for ever.
        unsafe { &*((base + program) as *const Program) }
    }

    /// Puts bytes there, of which the first `executable`, whole pages, are code.
    ///
    /// # Panics
    /// They do not fit.
    pub(crate) fn put(self, bytes: &[u8], executable: usize) {
        assert!(bytes.len() <= self.len && executable.is_multiple_of(sys::PAGE) && executable <= self.len);
        // SAFETY: the memory is this mapping's, large enough, and nobody else knows it yet.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.base as usize as *mut u8, bytes.len()) };
        sys::make_executable(self.base, executable);
    }
}
