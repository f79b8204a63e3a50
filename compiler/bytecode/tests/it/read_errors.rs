//! What the reader says about files that are not as they should be.

use crate::sample::sample;
use vitbc::{Code, Error, Module, WriteOptions, read, write, write_with};

/// Sets the checksum right after a change.
fn with_checksum(mut bytes: Vec<u8>) -> Vec<u8> {
    let end = bytes.len() - 16;
    let checksum = crc32fast::hash(&bytes[6..end]);
    bytes[end + 12..].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

/// A file of these sections, with a right checksum.
fn file(sections: &[(&[u8; 4], u32, &[u8])]) -> Vec<u8> {
    let mut bytes = b"VITBC\0\x03\0\0\0".to_vec();
    for (tag, inflated_len, payload) in sections.iter().chain([&(b"CRCC", 0, [0u8; 4].as_slice())]) {
        bytes.extend_from_slice(*tag);
        bytes.extend_from_slice(&(payload.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&inflated_len.to_le_bytes());
        bytes.extend_from_slice(payload);
    }
    with_checksum(bytes)
}

fn error(bytes: &[u8]) -> Error {
    read(bytes).expect_err("the file is wrong")
}

#[track_caller]
fn assert_error(bytes: &[u8], code: Code, message: &str) {
    let error = error(bytes);
    assert_eq!((error.code, error.to_string().as_str()), (code, message));
}

#[test]
fn foreign_formats_are_named() {
    for magic in ["VITC", "CHNK", "VBC0", "VBC1", "VITB", "LVM0", "VTBC", "VLBIN"] {
        let error = error(format!("{magic}\0\0\0\0\0\0\0\0\0\0").as_bytes());
        assert_eq!(error.code, Code::FOREIGN_MAGIC);
        assert_eq!(error.message, format!("the file is `{magic}` bytecode, which is another format"));
        assert!(error.help.is_some());
    }
    let old = "offset 0x6: the file is VITBC version 2, which is another format";
    assert_error(b"VITBC\0\x02\0\0\0", Code::OLD_VERSION, old);
    let new = "offset 0x6: the file is VITBC version 4; this toolchain reads version 3";
    assert_error(b"VITBC\0\x04\0\0\0", Code::NEW_VERSION, new);
    assert_error(b"\x7fELF\x02\x01", Code::BAD_MAGIC, "offset 0x0: the file does not begin with `VITBC\\0`");
    assert_error(b"", Code::BAD_MAGIC, "offset 0x0: the file ends within its first six bytes");
    assert_error(b"VITBCD", Code::BAD_MAGIC, "offset 0x0: the file does not begin with `VITBC\\0`");
}

#[test]
fn every_truncation_is_an_error() {
    let bytes = write(&sample());
    for len in 0..bytes.len() {
        error(&bytes[..len]);
    }
    let cut = &bytes[..bytes.len() - 1];
    assert_eq!(error(cut).code, Code::TRUNCATED);
    let longer = [&bytes[..], &[0]].concat();
    assert_eq!(error(&longer).code, Code::TRUNCATED);
}

#[test]
fn every_flipped_bit_is_an_error() {
    let bytes = write(&sample());
    for position in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[position] ^= 1 << (position % 8);
        error(&changed);
    }
}

#[test]
fn containers() {
    let name: (&[u8; 4], u32, &[u8]) = (b"EXPT", 0, b"\x01a\0\0");
    assert_eq!(read(&file(&[name])), Ok(Module::new("a")));
    assert_eq!(read(&file(&[(b"abcd", 0, b"whatever"), name])), Ok(Module::new("a")));
    let unknown = "offset 0xa: unknown section `ABCD`";
    assert_error(&file(&[(b"ABCD", 0, b"whatever"), name]), Code::UNKNOWN_SECTION, unknown);
    assert_error(&file(&[name, name]), Code::SECTION_ORDER, "offset 0x1a: section EXPT occurs twice");
    let order = "offset 0x1a: section INTS stands after EXPT";
    assert_error(&file(&[name, (b"INTS", 0, b"\x01\x01")]), Code::SECTION_ORDER, order);
    let empty = "section INTS, offset 0x16: section INTS says nothing and so must be absent";
    assert_error(&file(&[(b"INTS", 0, b"\0"), name]), Code::BAD_SECTION, empty);
    let trailing = "section INTS, offset 0x18: 1 bytes follow the section's content";
    assert_error(&file(&[(b"INTS", 0, b"\x01\x01\0"), name]), Code::TRAILING_BYTES, trailing);

    let mut overlong = file(&[name]);
    overlong[14] = 200;
    let message = "offset 0xa: section `EXPT` is 200 bytes long where 4 are left";
    assert_error(&with_checksum(overlong), Code::BAD_SECTION, message);
    let mut flags = file(&[name]);
    flags[8] = 0x81;
    assert_error(&with_checksum(flags), Code::BAD_FLAGS, "offset 0x8: unknown flags 0x0080");
    let mut damaged = file(&[name]);
    damaged[23] = b'b';
    assert_eq!(error(&damaged).code, Code::BAD_CHECKSUM);
}

#[test]
fn numbers_have_one_form() {
    let long = "section INTS, offset 0x17: an integer is not in its shortest form";
    assert_error(&file(&[(b"INTS", 0, b"\x01\x80\0")]), Code::BAD_NUMBER, long);
    let wide = "section INTS, offset 0x17: an integer does not fit 64 bits";
    assert_error(&file(&[(b"INTS", 0, b"\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02")]), Code::BAD_NUMBER, wide);
    let count = "section INTS, offset 0x16: a count is 4294967296, which does not fit 32 bits";
    assert_error(&file(&[(b"INTS", 0, b"\x80\x80\x80\x80\x10\x01")]), Code::BAD_NUMBER, count);
    let many = "section INTS, offset 0x16: 100 integers cannot fit the 1 bytes left";
    assert_error(&file(&[(b"INTS", 0, b"\x64\x01")]), Code::TRUNCATED, many);
    let utf8 = "section STRS, offset 0x19: a string is not UTF-8";
    assert_error(&file(&[(b"STRS", 0, b"\x01\x02a\xff")]), Code::BAD_UTF8, utf8);
}

#[test]
fn compression_is_bounded() {
    let frame = |len: usize| {
        ruzstd::encoding::compress_to_vec(vec![1u8; len].as_slice(), ruzstd::encoding::CompressionLevel::Fastest)
    };
    let bomb = frame(64 << 20);
    let claim = error(&file(&[(b"INTS", 64 << 20, &bomb)]));
    assert_eq!(claim.code, Code::LIMIT_EXCEEDED);
    let lie = error(&file(&[(b"INTS", 1000, &bomb)]));
    assert_eq!(lie.code, Code::BAD_COMPRESSION);
    assert!(lie.message.contains("more than the 1000 bytes"), "{lie}");
    let short = error(&file(&[(b"INTS", 1001, &frame(1000))]));
    assert!(short.message.contains("holds 1000 bytes"), "{short}");
    let garbage = error(&file(&[(b"INTS", 1000, b"not a frame")]));
    assert_eq!(garbage.code, Code::BAD_COMPRESSION);
    let two = [frame(1000), frame(10)].concat();
    assert!(error(&file(&[(b"INTS", 1000, &two)])).message.contains("follow the zstd frame"));
}

/// A zstd frame of blocks that each repeat one byte; such a block takes four bytes.
fn repeating_frame(blocks: &[(u8, u32)]) -> Vec<u8> {
    // Magic number; no flags; a window of 1 MiB.
    let mut frame = b"\x28\xb5\x2f\xfd\0\x50".to_vec();
    for (position, &(byte, len)) in blocks.iter().enumerate() {
        let last = u32::from(position + 1 == blocks.len());
        frame.extend_from_slice(&(len << 3 | 1 << 1 | last).to_le_bytes()[..3]);
        frame.push(byte);
    }
    frame
}

/// A small file must not become a large module, even if its sections inflate within their limits: a NOP takes one
/// byte in the file, and fifty times as much in memory.
#[test]
fn memory_is_bounded() {
    let (n_functions, n_nops) = (16u8, 1u32 << 20);
    let mut blocks = vec![];
    for _ in 0..n_functions {
        blocks.extend([(0x80, 2), (0x40, 1)]);
        blocks.extend((0..n_nops / 2048).map(|_| (0, 2048)));
    }
    let len = u32::from(n_functions) * (n_nops + 3);
    let mut functions = vec![n_functions];
    functions.resize(1 + 4 * usize::from(n_functions), 0);
    let bytes = file(&[(b"FUNC", 0, &functions), (b"CODE", len, &repeating_frame(&blocks))]);
    let error = error(&bytes);
    assert_eq!(error.code, Code::LIMIT_EXCEEDED);
    assert_eq!(error.message, "the module would take too much memory for a file this long");
}

#[test]
fn code_is_checked_for_shape() {
    let function: (&[u8; 4], u32, &[u8]) = (b"FUNC", 0, b"\x01\0\0\0\0");
    let name: (&[u8; 4], u32, &[u8]) = (b"NAME", 0, b"\x01f\0");
    let code = |code: &[u8]| file(&[function, (b"CODE", 0, code), name]);
    assert!(read(&code(b"\x06\x00\x40\0\0\0\0")).is_ok());
    let inside = "section CODE, function `f`, instruction 1 (JUMP), offset 0x29: no instruction begins at offset 0x2 of \
                  the function's code";
    assert_error(&code(b"\x06\x00\x40\x02\0\0\0"), Code::BAD_OFFSET, inside);
    let end = error(&code(b"\x06\x00\x40\x06\0\0\0"));
    assert_eq!(end.code, Code::BAD_OFFSET);
    let unknown = "section CODE, function `f`, offset 0x28: there is no instruction 0xff";
    assert_error(&code(b"\x01\xff"), Code::UNKNOWN_OPCODE, unknown);
    let cut = error(&code(b"\x02\x40\0\0\0\0"));
    assert_eq!(cut.code, Code::TRUNCATED);
}

/// Labels of a module that is not verified may lead nowhere; the reader refuses what the writer makes of them.
#[test]
fn labels_out_of_range_do_not_survive() {
    let mut module = Module::new("a");
    let code = vec![vitbc::Inst::Jump { target: vitbc::Label(9) }];
    module.functions.push(vitbc::Function { name: "f".to_owned(), code, ..Default::default() });
    let bytes = write_with(&module, WriteOptions { compress: false });
    assert_eq!(error(&bytes).code, Code::BAD_OFFSET);
}
