//! Code laid out for an address in memory.

use crate::{TARGETS, module, test_path};
use std::cell::Cell;
use std::mem::offset_of;
use vitte_abi::program::{ABI_VERSION, Program};
use vittec_codegen::jit::{Layout, LinkError};
use vittec_codegen::{Options, compile_to_memory};

const BASE: u64 = 0x7f12_3450_0000;
/// Where the runtime would be: too far for the distances in calls.
const RUNTIME: u64 = 0x5555_0000_0000;

#[test]
fn the_record_of_the_program_points_into_its_memory() {
    let source = std::fs::read_to_string(test_path("run/extern_callback_qsort.vitasm")).expect("a test program");
    let module = module(&source, "extern_callback_qsort.vitasm");
    for target in TARGETS {
        let options = Options { target: target.parse().expect("a target"), ..Options::default() };
        let compiled = compile_to_memory(&module, &options).unwrap_or_else(|error| panic!("{target}: {error}"));
        let layout = Layout::new(&compiled.image, compiled.architecture);
        let looked_up = Cell::new(0);
        let memory = layout
            .link(BASE, &|_| {
                looked_up.set(looked_up.get() + 1);
                Some(RUNTIME + looked_up.get() * 16)
            })
            .unwrap_or_else(|error| panic!("{target}: {error}"));
        assert_eq!(memory.len(), layout.size());
        assert_eq!(looked_up.get() as usize, compiled.image.imports.len());

        let word = |at: usize| u64::from_le_bytes(memory[at..at + 8].try_into().expect("a word"));
        let field = |field: usize| word(layout.program().expect("a program") + field);
        assert_eq!(field(offset_of!(Program, abi_version)), ABI_VERSION);
        assert_eq!(field(offset_of!(Program, text)), BASE);
        let code = BASE..BASE + layout.executable() as u64;
        assert!(code.contains(&field(offset_of!(Program, entry))), "{target}");
        assert!(code.contains(&field(offset_of!(Program, call_closure))), "{target}");
        let types = (field(offset_of!(Program, types)) - BASE) as usize;
        let types = &memory[types..][..field(offset_of!(Program, types_len)) as usize];
        assert!(vitte_abi::types::TypeTable::decode(types).is_some(), "{target}");
        let tables = (field(offset_of!(Program, code)) - BASE) as usize;
        let tables = &memory[tables..][..field(offset_of!(Program, code_len)) as usize];
        assert!(vitte_abi::code::CodeTable::new(tables).is_some(), "{target}");
        // Each import has an island that knows its address.
        let islands = &memory[..layout.executable()];
        for number in 1..=looked_up.get() {
            let address = (RUNTIME + number * 16).to_le_bytes();
            assert!(islands.windows(8).any(|window| window == address), "{target}: import {number}");
        }
    }
}

#[test]
fn imports_that_are_nowhere_are_named() {
    let source = std::fs::read_to_string(test_path("run/readme_listing.vitasm")).expect("a test program");
    let compiled = compile_to_memory(&module(&source, "readme_listing.vitasm"), &Options::default()).expect("code");
    let layout = Layout::new(&compiled.image, compiled.architecture);
    let error =
        layout.link(BASE, &|import| (import.name != "vt_print").then_some(RUNTIME)).expect_err("no such symbol");
    assert!(matches!(&error, LinkError::Undefined(import) if import.name == "vt_print"), "{error}");
}

#[test]
fn profilers_get_the_names_of_all_functions() {
    let source = std::fs::read_to_string(test_path("run/readme_listing.vitasm")).expect("a test program");
    let options = Options { opt: vittec_codegen::OptLevel::O0, ..Options::default() };
    let compiled = compile_to_memory(&module(&source, "readme_listing.vitasm"), &options).expect("code");
    let layout = Layout::new(&compiled.image, compiled.architecture);
    let names: Vec<&str> = layout.functions().map(|(name, ..)| name).collect();
    assert_eq!(names[..2], ["vitte.add", "vitte.main"]);
    let ends = layout.functions().map(|(_, start, len)| start + len);
    assert!(ends.zip(layout.functions().skip(1)).all(|(end, (_, start, _))| end <= start));
}
