//! Keeps `docs/vitbc.md` true: what is listed there is generated, and its example is read. `BLESS=1 cargo test -p vitbc`
//! writes the lists anew.

use crate::text::assemble;
use std::path::PathBuf;
use vitbc::inst::{Class, OpInfo, OperandInfo, Pattern};
use vitbc::types::{BUILTIN_NAMES, predefined};
use vitbc::*;

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/vitbc.md")
}

fn spec() -> String {
    std::fs::read_to_string(path()).expect("the specification is in docs/")
}

/// Where the text between the markers `<!-- name -->` and `<!-- /name -->` is.
fn chapter(spec: &str, name: &str) -> std::ops::Range<usize> {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let start = spec.find(&begin).expect("the chapter begins") + begin.len();
    start..spec.find(&end).expect("the chapter ends")
}

#[test]
fn lists_are_up_to_date() {
    let mut expected = spec();
    for (name, text) in [("predefined", predefined_types()), ("instructions", instructions()), ("limits", limits())] {
        let range = chapter(&expected, name);
        expected.replace_range(range, &text);
    }
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path(), &expected).expect("the specification can be written");
    }
    assert!(spec() == expected, "docs/vitbc.md is out of date: run `BLESS=1 cargo test -p vitbc`");
}

#[test]
fn example_is_a_file() {
    let spec = spec();
    let bytes: Vec<u8> = spec[chapter(&spec, "example")]
        .lines()
        .flat_map(|line| line.split_whitespace().take_while(|word| word.len() == 2))
        .map_while(|word| u8::from_str_radix(word, 16).ok())
        .collect();
    let module = assemble("MAIN\n REG r0: int\n LOAD_CONST r0, 42\n PRINT r0\nEND");
    assert_eq!(write_with(&module, WriteOptions { compress: false }), bytes);
    assert_eq!(read(&bytes), Ok(module));
}

/// The list of items in the chapter on text assembles, once the functions that it names are there.
#[test]
fn items_assemble() {
    let spec = spec();
    let (_, items) = spec.split_once("**Items**").expect("there is a paragraph on items");
    let items = items.split("```").nth(1).expect("it has a listing");
    let functions = "FUNC shape_area(s: Shape) -> float\nEND\nFUNC shape_scale(s: Shape, by: float) -> unit\nEND
                     FUNC start() -> unit\nEND";
    let module = assemble(&format!("{items}{functions}"));
    assert_eq!((module.name.as_str(), module.globals.len(), module.exports.len()), ("geometry", 1, 1));
    assert_eq!(module.entry, Some(FuncIdx(3)));
}

fn predefined_types() -> String {
    let mut out = "| index | type | fields |\n| --- | --- | --- |\n".to_owned();
    let module = Module::new("");
    for (index, ty) in predefined().iter().enumerate() {
        let (name, fields) = match ty {
            Type::Struct(declared) => {
                let field = |field: &types::Field| format!("`{}: {}`", field.name, text::type_text(&module, field.ty));
                (&*declared.name, declared.fields.iter().map(field).collect::<Vec<_>>().join(", "))
            }
            _ => (BUILTIN_NAMES.get(index).copied().unwrap_or_default(), String::new()),
        };
        let name = if name.is_empty() { String::new() } else { format!("`{name}`") };
        out += &format!("| {index} | {name} | {fields} |\n");
    }
    out
}

fn limits() -> String {
    use vitbc::limits::*;
    let mut out = "| what | at most |\n| --- | --- |\n".to_owned();
    for (what, limit) in [
        ("bytes of a file", MAX_FILE),
        ("bytes of a section, inflated", MAX_SECTION),
        ("types", MAX_TYPES),
        ("functions, imported ones included", MAX_FUNCTIONS),
        ("fields, parameters, methods, captured values", MAX_FIELDS),
        ("variants of an enum", MAX_VARIANTS),
        ("registers of a function", MAX_REGS),
        ("instructions of a function", MAX_INSTS),
        ("try regions of a function", MAX_HANDLERS),
        ("registers or labels that an instruction lists", MAX_LIST),
        ("bytes of a name", MAX_NAME),
        ("bytes of a source file's path", MAX_PATH),
        ("types without a name around each other", MAX_TYPE_NESTING),
        ("bytes of all types of a module, written out", MAX_TYPE_NAMES),
        ("nesting of types in a text", MAX_TYPE_DEPTH),
        ("edges followed for 64 registers each, by the verifier", MAX_DATAFLOW),
    ] {
        out += &format!("| {what} | {limit} |\n");
    }
    out
}

fn instructions() -> String {
    let mut out = "| number | instruction | meaning | effects |\n| --- | --- | --- | --- |\n".to_owned();
    for &opcode in Opcode::ALL {
        let info = opcode.info();
        let operands: Vec<String> = info.operands.iter().map(|operand| spell(operand, info)).collect();
        let form = format!("{} {}", info.mnemonic, operands.join(", "));
        let doc: Vec<&str> = info.doc.iter().map(|line| line.trim()).collect();
        let effects: Vec<String> = info.effects.iter().map(|effect| format!("{effect:?}")).collect();
        let (doc, effects) = (doc.join(" ").replace('|', "\\|"), effects.join(" "));
        out += &format!("| {:#04x} | `{}` | {doc} | {effects} |\n", opcode as u8, form.trim_end());
    }
    out
}

/// `dst: Def<T: Num>`
fn spell(operand: &OperandInfo, info: &OpInfo) -> String {
    let var = |var: u8| ["T", "U", "K", "V"][usize::from(var)];
    let pattern = match operand.pattern {
        Pattern::Free => return format!("{}: {:?}", operand.name, operand.kind),
        Pattern::Var(n) => match info.classes.iter().find(|&&(other, class)| other == n && class != Class::Special) {
            Some((_, class)) => format!("{}: {class:?}", var(n)),
            None => var(n).to_owned(),
        },
        Pattern::Is(ty) => BUILTIN_NAMES[ty.index()].to_owned(),
        Pattern::List(item) => format!("[{}]", var(item)),
        Pattern::Map(key, value) => format!("{{{} {}}}", var(key), var(value)),
        Pattern::Opt(inner) => format!("opt {}", var(inner)),
    };
    format!("{}: {:?}<{pattern}>", operand.name, operand.kind)
}

#[test]
fn codes_ascend_and_are_explained() {
    assert!(Code::ALL.is_sorted_by_key(|row| row.0));
    assert!(Code::ALL.windows(2).all(|pair| pair[0].0 != pair[1].0));
    for (code, title, explanation) in Code::ALL {
        assert!(!title.is_empty() && !explanation.is_empty(), "{code}");
    }
}
