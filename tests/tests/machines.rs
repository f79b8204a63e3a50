//! Random well-typed programs become machine code of every processor, at every level.
//!
//! `VITTE_MODULES=10000` compiles that many, `VITTE_SEED=7` begins at that seed.

use target_lexicon::Triple;
use vittec_codegen::{OptLevel, Options, compile};

const TARGETS: [&str; 3] = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu", "riscv64gc-unknown-linux-gnu"];

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |value| value.parse().expect("a number"))
}

#[test]
fn random_programs_compile_for_every_processor() {
    let first = number("VITTE_SEED", 0);
    for seed in first..first + number("VITTE_MODULES", 10) {
        let module = vitbc::verify::verify(vitte_tests::generate(seed)).expect("generated programs are well-typed");
        for target in TARGETS {
            let target: Triple = target.parse().expect("a target");
            for opt in [OptLevel::O0, OptLevel::O1, OptLevel::O2] {
                let options = Options { target: target.clone(), opt, debug: seed % 2 == 0, ..Options::default() };
                let artifact = compile(&module, &options);
                let artifact = artifact.unwrap_or_else(|error| panic!("seed {seed}, {target}, {opt:?}: {error}"));
                assert_eq!(&artifact.object[..4], b"\x7fELF");
            }
        }
    }
}
