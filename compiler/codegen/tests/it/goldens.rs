//! Cranelift's form of small programs, without our passes, against `tests/clif/*.clif`. `BLESS=1` rewrites those.

use crate::{module, test_path};
use vittec_codegen::{OptLevel, Options, emit_clif};

#[test]
fn cranelifts_form_is_as_recorded() {
    let mut names: Vec<_> = std::fs::read_dir(test_path("clif"))
        .expect("tests/clif")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "vitasm"))
        .collect();
    names.sort();
    assert!(!names.is_empty());
    for path in names {
        let source = std::fs::read_to_string(&path).expect("a text");
        let name = path.file_name().expect("a name").to_string_lossy();
        let target = "x86_64-unknown-linux-gnu".parse().expect("a target");
        let options = Options { target, opt: OptLevel::O0, ..Options::default() };
        let text = emit_clif(&module(&source, &name), &options).unwrap_or_else(|error| panic!("{name}: {error}"));
        // What surrounds each program is the same in all of them.
        let (own, _) = text.split_once("; vitte.entry\n").expect("an entry");
        let golden = path.with_extension("clif");
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&golden, own).expect("writing");
            continue;
        }
        let recorded = std::fs::read_to_string(&golden).unwrap_or_default();
        let difference = recorded.lines().zip(own.lines()).find(|(old, new)| old != new);
        assert!(recorded == own, "{name} differs from its .clif, first in {difference:#?}; BLESS=1 rewrites it");
    }
}
