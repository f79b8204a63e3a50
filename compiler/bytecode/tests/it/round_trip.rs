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
