//! The imports, which `docs/wasm.md` describes. Results below zero are error numbers, as Linux counts them, negated.

#[link(wasm_import_module = "vitte")]
unsafe extern "C" {
    pub(super) fn number(what: i32) -> i64;
    pub(super) fn text(what: i32, name: *const u8, name_len: usize, into: *mut u8, room: usize) -> i64;
    pub(super) fn sleep(nanos: i64);
    pub(super) fn exit(code: i32) -> !;
    pub(super) fn read(file: i32, into: *mut u8, len: usize) -> i64;
    pub(super) fn write(file: i32, bytes: *const u8, len: usize) -> i64;
    pub(super) fn open(path: *const u8, path_len: usize, how: i32) -> i64;
    pub(super) fn close(file: i32) -> i64;
    pub(super) fn seek(file: i32, offset: i64, whence: i32) -> i64;
    pub(super) fn info(path: *const u8, path_len: usize, into: *mut i64) -> i64;
    pub(super) fn rename(from: *const u8, from_len: usize, to: *const u8, to_len: usize) -> i64;
    pub(super) fn change(path: *const u8, path_len: usize, how: i32) -> i64;
}
