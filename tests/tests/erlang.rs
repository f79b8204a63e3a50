//! What Erlang prints about the scenarios of `tests/run/erlang_scenarios.stdin` is recorded beside them, for Vitte to be
//! compared with. With `VITTE_ERLANG=1`, this compares the record with the Erlang that is installed; `BLESS=1` renews it.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

#[test]
fn erlang_prints_what_is_recorded() {
    if std::env::var_os("VITTE_ERLANG").is_none() {
        return;
    }
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let [scenarios, record] = ["stdin", "stdout"].map(|end| tests.join("run/erlang_scenarios").with_extension(end));
    let output = Command::new("escript")
        .arg(tests.join("erlang/scenarios.erl"))
        .stdin(File::open(&scenarios).expect("the scenarios are readable"))
        .output()
        .expect("Erlang's `escript` runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).expect("Erlang prints text");
    assert!(printed.lines().count() >= 150, "there are many scenarios");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&record, printed).expect("the record is writable");
        return;
    }
    let recorded = fs::read_to_string(&record).expect("the record is readable");
    for (recorded, printed) in recorded.lines().zip(printed.lines()) {
        assert_eq!(printed, recorded);
    }
    assert_eq!(printed, recorded);
}
