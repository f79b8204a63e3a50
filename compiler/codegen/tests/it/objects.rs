//! What is in object files.

use crate::{TARGETS, module, test_path};
use object::{Object, ObjectSection, ObjectSymbol};
use std::borrow::Cow;
use vittec_codegen::{Options, compile};

fn source(path: &str) -> String {
    std::fs::read_to_string(test_path(path)).expect("a test program")
}

#[test]
fn objects_do_not_depend_on_the_number_of_threads() {
    let module = module(&source("run/map_keys_of_every_type.vitasm"), "map_keys_of_every_type.vitasm");
    for target in TARGETS {
        let object = |threads| {
            let target = target.parse().expect("a target");
            compile(&module, &Options { target, threads, debug: true, ..Options::default() }).expect("an object").object
        };
        let one = object(1);
        assert!(one == object(2) && one == object(7) && one == object(0), "{target}");
    }
}

#[test]
fn debug_information_names_functions_and_lines() {
    let name = "uncaught_error_trace.vitasm";
    let module = module(&source("run/uncaught_error_trace.vitasm"), name);
    let options = Options {
        target: "x86_64-unknown-linux-gnu".parse().expect("a target"),
        opt: vittec_codegen::OptLevel::O0,
        debug: true,
        ..Options::default()
    };
    let bytes = compile(&module, &options).expect("an object").object;
    let file = object::File::parse(&*bytes).expect("an object file");
    let functions: Vec<&str> =
        file.symbols().filter(|symbol| symbol.is_definition()).filter_map(|symbol| symbol.name().ok()).collect();
    assert!(functions.contains(&"vitte.third") && functions.contains(&"main"), "{functions:?}");

    let sections = dwarf_sections(&file);
    let dwarf = sections.borrow(|bytes| gimli::EndianSlice::new(bytes, gimli::LittleEndian));
    let header = dwarf.units().next().expect("a unit").expect("one unit");
    let unit = dwarf.unit(header).expect("a unit");
    let program = unit.line_program.clone().expect("lines");
    let mut rows = program.rows();
    let mut lines = Vec::new();
    while let Some((_, row)) = rows.next_row().expect("a row") {
        lines.extend(row.line().map(|line| (line.get(), row.column())));
    }
    assert!(lines.contains(&(3, gimli::ColumnType::Column(9.try_into().expect("not 0")))), "{lines:?}");
    assert!(file.section_by_name(".eh_frame").is_some_and(|section| section.size() > 100));
}

/// A program whose functions are small enough to be inlined into each other.
const INLINED: &str = r#"
FUNC inner(xs: [int], i: int) -> int
  REG r0: int
  LINE "main.vit" 2:5
  LIST_GET r0, xs, i
  RETURN r0
END
FUNC middle(xs: [int], i: int) -> int
  REG r0: int
  LINE "main.vit" 6:9
  CALL r0, inner, xs, i
  LINE 7:1
  ADD r0, r0, i
  RETURN r0
END
MAIN
  REG r0: int
  REG r1: [int]
  LINE "main.vit" 12:7
  LOAD_CONST r0, 2
  LIST r1, r0, r0
  CALL r0, middle, r1, r0
  PRINT r0
END
"#;

#[test]
fn debug_information_knows_inlined_functions_and_their_calls() {
    let options =
        Options { target: "x86_64-unknown-linux-gnu".parse().expect("a target"), debug: true, ..Options::default() };
    let bytes = compile(&module(INLINED, "inlined"), &options).expect("an object").object;
    let file = object::File::parse(&*bytes).expect("an object file");
    let sections = dwarf_sections(&file);
    let dwarf = sections.borrow(|bytes| gimli::EndianSlice::new(bytes, gimli::LittleEndian));
    let header = dwarf.units().next().expect("a unit").expect("one unit");
    let unit = dwarf.unit(header).expect("a unit");
    let mut entries = unit.entries();
    let mut calls = Vec::new();
    while let Some(entry) = entries.next_dfs().expect("an entry") {
        if entry.tag() == gimli::DW_TAG_inlined_subroutine {
            let line = entry.attr_value(gimli::DW_AT_call_line).and_then(|value| value.udata_value());
            calls.push(line.expect("the line of the call"));
        }
    }
    assert!(calls.contains(&12) && calls.contains(&6), "{calls:?}");
}

#[test]
fn a_program_that_exports_c_names_keeps_its_own_symbols() {
    let source = "FUNC malloc(n: int) -> int\n  RETURN n\nEND\nMAIN\n  REG r0: int\n  LOAD_CONST r0, 3\n  \
                  CALL r0, malloc, r0\n  PRINT r0\n  RETURN\nEND\n";
    let options = Options { opt: vittec_codegen::OptLevel::O0, ..Options::default() };
    let bytes = compile(&module(source, "malloc"), &options).expect("an object").object;
    let file = object::File::parse(&*bytes).expect("an object file");
    let symbol = file.symbols().find(|symbol| symbol.name() == Ok("vitte.malloc")).expect("the function");
    assert!(symbol.is_local());
    assert!(file.symbols().all(|symbol| symbol.name() != Ok("malloc")));
}

/// A function that keeps `n` numbers over a call.
fn keeps(n: usize) -> String {
    let mut source = format!("FUNC keeps(n: int) -> int\n  REG r0 TO r{n}: int\n");
    for i in 0..n {
        source += &format!("  MUL r{i}, n, {}\n", if i == 0 { "n".to_owned() } else { format!("r{}", i - 1) });
    }
    source += &format!("  CALL r{n}, keeps, n\n");
    for i in 0..n {
        source += &format!("  ADD r{n}, r{n}, r{i}\n");
    }
    source
        + &format!("  RETURN r{n}\nEND\nMAIN\n  REG r0: int\n  LOAD_CONST r0, 1\n  CALL _, keeps, r0\n  RETURN\nEND\n")
}

#[test]
fn large_frames_are_checked_before_anything_is_stored_in_them() {
    let options = Options { opt: vittec_codegen::OptLevel::O0, ..Options::default() };
    for (n, is_large) in [(100, false), (8200, true)] {
        let bytes = compile(&module(&keeps(n), "keeps"), &options).expect("an object").object;
        let file = object::File::parse(&*bytes).expect("an object file");
        let body = file.symbols().find(|symbol| symbol.name() == Ok("vitte.body.keeps"));
        assert_eq!(body.is_some(), is_large, "{n}");
    }
}

/// The sections with debug information; empty those that the file has not.
fn dwarf_sections<'f>(file: &object::File<'f>) -> gimli::DwarfSections<Cow<'f, [u8]>> {
    let load = |id: gimli::SectionId| -> Result<Cow<'f, [u8]>, object::Error> {
        file.section_by_name(id.name()).map_or(Ok(Cow::Borrowed(&[][..])), |section| section.uncompressed_data())
    };
    gimli::DwarfSections::load(load).expect("sections")
}
