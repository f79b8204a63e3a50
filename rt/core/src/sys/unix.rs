//! Linux and its relatives.

use super::{fatal, out_of_memory};
use std::ffi::{CStr, c_char, c_int, c_long, c_void};

unsafe extern "C" {
    fn mmap(address: *mut c_void, len: usize, prot: c_int, flags: c_int, fd: c_int, offset: i64) -> *mut c_void;
    fn mprotect(address: *mut c_void, len: usize, prot: c_int) -> c_int;
    fn madvise(address: *mut c_void, len: usize, advice: c_int) -> c_int;
    fn munmap(address: *mut c_void, len: usize) -> c_int;
    fn dlopen(name: *const c_char, flags: c_int) -> *mut c_void;
    fn dlsym(library: *mut c_void, symbol: *const c_char) -> *mut c_void;
    fn write(fd: c_int, data: *const c_void, len: usize) -> isize;
    fn sysconf(name: c_int) -> c_long;
    fn clock_gettime(clock: c_int, time: *mut [c_long; 2]) -> c_int;
}

const PROT_READ_WRITE: c_int = 1 | 2;
const MAP_PRIVATE: c_int = 2;
#[cfg(target_os = "linux")]
const MAP_ANONYMOUS: c_int = 0x20;
#[cfg(not(target_os = "linux"))]
const MAP_ANONYMOUS: c_int = 0x1000;
#[cfg(target_os = "linux")]
const MAP_NORESERVE: c_int = 0x4000;
#[cfg(not(target_os = "linux"))]
const MAP_NORESERVE: c_int = 0;

/// Fresh zeroed memory, committed when it is touched.
pub(crate) fn map(len: usize) -> u64 {
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    // SAFETY: a new private mapping touches nothing that exists.
    let address = unsafe { mmap(std::ptr::null_mut(), len, PROT_READ_WRITE, flags, -1, 0) };
    if address as usize == usize::MAX {
        out_of_memory();
    }
    address as u64
}

/// The size of the machine's memory in bytes.
pub(crate) fn memory_size() -> u64 {
    #[cfg(target_os = "linux")]
    const PAGE_SIZE_AND_PAGES: [c_int; 2] = [30, 85];
    #[cfg(not(target_os = "linux"))]
    const PAGE_SIZE_AND_PAGES: [c_int; 2] = [29, 200];
    // SAFETY: the call changes nothing.
    let [page_size, pages] = PAGE_SIZE_AND_PAGES.map(|name| unsafe { sysconf(name) });
    if page_size > 0 && pages > 0 { page_size as u64 * pages as u64 } else { u64::MAX }
}

/// The processor time that this thread has had, in nanoseconds.
pub(crate) fn processor_time() -> Option<u64> {
    #[cfg(target_os = "linux")]
    const THREAD: c_int = 3;
    #[cfg(target_os = "macos")]
    const THREAD: c_int = 16;
    #[cfg(not(any(target_os = "linux", target_os = "macos")))]
    const THREAD: c_int = 14;
    clock(THREAD)
}

/// Nanoseconds of the clock that never goes back, from some start on.
pub(crate) fn monotonic() -> u64 {
    #[cfg(target_os = "linux")]
    const MONOTONIC: c_int = 1;
    #[cfg(target_os = "macos")]
    const MONOTONIC: c_int = 6;
    #[cfg(not(any(target_os = "linux", target_os = "macos")))]
    const MONOTONIC: c_int = 4;
    clock(MONOTONIC).unwrap_or_else(|| fatal("the system has no clock"))
}

/// What a clock of the system shows, in nanoseconds.
fn clock(clock: c_int) -> Option<u64> {
    let mut time = [0; 2];
    // SAFETY: seconds and nanoseconds are written there.
    let failed = unsafe { clock_gettime(clock, &raw mut time) } != 0;
    (!failed).then(|| time[0] as u64 * 1_000_000_000 + time[1] as u64)
}

/// As [`map`], in large pages where the system has them.
pub(crate) fn map_large(len: usize) -> u64 {
    let address = map(len);
    #[cfg(target_os = "linux")]
    {
        const MADV_HUGEPAGE: c_int = 14;
        // SAFETY: the mapping is ours; the advice does not change what is there.
        unsafe { madvise(address as usize as *mut c_void, len, MADV_HUGEPAGE) };
    }
    address
}

/// Gives memory back.
pub(crate) fn unmap(address: u64, len: usize) {
    // SAFETY: the caller owned the mapping and uses it no more.
    unsafe { munmap(address as usize as *mut c_void, len) };
}

/// Gives back the memory behind a mapping, which reads as zero afterwards or as it was.
pub(crate) fn forget(address: u64, len: usize) {
    const MADV_DONTNEED: c_int = 4;
    // SAFETY: the caller owns the mapping and needs nothing of what is there.
    unsafe { madvise(address as usize as *mut c_void, len, MADV_DONTNEED) };
}

/// Has any access to this part of a mapping end the program.
pub(crate) fn forbid(address: u64, len: usize) {
    // SAFETY: the caller owns the mapping and does not use that part.
    unsafe { mprotect(address as usize as *mut c_void, len, 0) };
}

/// Makes whole pages at the start of a mapping executable, and no longer writable.
pub(crate) fn make_executable(address: u64, len: usize) {
    const PROT_READ_EXEC: c_int = 1 | 4;
    // SAFETY: the caller owns the mapping and has written what is to stand there.
    if len > 0 && unsafe { mprotect(address as usize as *mut c_void, len, PROT_READ_EXEC) } != 0 {
        write_err(b"vitte runtime: the system refuses executable memory\n");
        std::process::abort();
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        unsafe extern "C" {
            fn __clear_cache(start: *mut c_void, end: *mut c_void);
        }
        // SAFETY: the range is the mapping's. These processors fetch instructions past the data cache.
        unsafe { __clear_cache(address as usize as *mut c_void, (address as usize + len) as *mut c_void) };
    }
}

/// The address of a symbol in a shared library, or in the program and what it is linked with.
pub(crate) fn symbol(library: Option<&CStr>, symbol: &CStr) -> Option<u64> {
    const RTLD_NOW: c_int = 2;
    // SAFETY: both names end in a zero byte. Libraries stay open.
    let address = unsafe {
        let library = dlopen(library.map_or(std::ptr::null(), CStr::as_ptr), RTLD_NOW);
        if library.is_null() {
            return None;
        }
        dlsym(library, symbol.as_ptr())
    };
    (!address.is_null()).then_some(address as u64)
}

/// Writes to standard error, as much as it takes.
pub(crate) fn write_err(bytes: &[u8]) {
    // SAFETY: the bytes are readable; a failure leaves nobody to tell.
    unsafe { write(2, bytes.as_ptr().cast(), bytes.len()) };
}
