//! Module → bytes → Module gives the same module, and the same bytes again.

use crate::sample::sample;
use vitbc::{Module, WriteOptions, read, write, write_with};

fn assert_round_trip(module: &Module) {
    for compress in [false, true] {
        let bytes = write_with(module, WriteOptions { compress });
        let again = read(&bytes).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(*module, again);
        assert_eq!(bytes, write_with(&again, WriteOptions { compress }));
    }
}

#[test]
fn every_instruction_and_table() {
    assert_round_trip(&sample());
}

#[test]
fn empty_modules() {
    assert_round_trip(&Module::default());
    assert_round_trip(&Module::new(""));
    // Header and checksum alone.
    assert_eq!(write(&Module::new("")).len(), 26);
}

#[test]
fn large_sections_are_compressed() {
    let mut module = Module::new("zeros");
    module.strs = (0..10_000).map(|number| format!("string number {number}")).collect();
    let plain = write_with(&module, WriteOptions { compress: false });
    let compressed = write(&module);
    assert!(compressed.len() * 2 < plain.len(), "{} of {}", compressed.len(), plain.len());
    assert_round_trip(&module);
}

/// What compresses better than the reader believes is stored plain.
#[test]
fn incredible_compression_is_avoided() {
    let mut module = Module::new("zeros");
    module.data = vec![vec![0; 3 << 20]];
    assert_round_trip(&module);
}

/// Content of all kinds and lengths, also of several blocks, comes back from compression as it was.
#[test]
fn compression_is_faithful() {
    let mut state = 1u64;
    let mut random = move |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    for round in 0..60 {
        let mut module = Module::new("blobs");
        let len = [300, 5_000, 130_000, 300_000][round % 4] + random(1_000) as usize;
        let (letters, runs) = (1 + random(255), 1 + random(40));
        let mut bytes: Vec<u8> = vec![];
        while bytes.len() < len {
            match random(3) {
                0 => bytes.extend((0..random(runs) + 1).map(|_| random(letters) as u8).collect::<Vec<_>>()),
                1 => bytes.resize(bytes.len() + random(runs) as usize, random(letters) as u8),
                // Something from before, near or far.
                _ => {
                    let start = random(bytes.len() as u64 + 1) as usize;
                    let end = (start + random(runs * 20) as usize).min(bytes.len());
                    bytes.extend_from_within(start..end);
                }
            }
        }
        module.data = vec![bytes];
        assert!(read(&write(&module)).is_ok_and(|again| again == module), "round {round}");
    }
}
