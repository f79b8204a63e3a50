//! Reader and verifier on any bytes. The checksum is set right first, as no mutation would ever hit it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vitbc::{WriteOptions, read, verify::verify, write_with};

fuzz_target!(|bytes: &[u8]| {
    let mut file = bytes.to_vec();
    if let Some(end) = file.len().checked_sub(16).filter(|&end| end >= 10) {
        file[end..end + 12].copy_from_slice(b"CRCC\x04\0\0\0\0\0\0\0");
        let checksum = crc32(&file[6..end]);
        file[end + 12..].copy_from_slice(&checksum.to_le_bytes());
    }
    let Ok(module) = read(&file) else { return };
    let again = read(&write_with(&module, WriteOptions { compress: false }));
    assert_eq!(again.as_ref(), Ok(&module), "a module that was read comes back");
    let Ok(module) = verify(module) else { return };
    let text = vitbc::text::print(&module);
    let again = vitbc::text::parse(&text, &Default::default());
    assert_eq!(again.as_ref(), Ok(&*module), "a verified module comes back from its text");
});

/// CRC-32 (IEEE), bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    })
}
