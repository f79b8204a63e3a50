//! The assembler on any text; what it makes goes through the printer and the verifier.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vitbc::text::{parse, print};

fuzz_target!(|source: &str| {
    let Ok(module) = parse(source, &Default::default()) else { return };
    let text = print(&module);
    if let Ok(module) = vitbc::verify::verify(module) {
        assert_eq!(parse(&text, &Default::default()).as_ref(), Ok(&*module), "a verified module comes back");
    }
});
