//! The generator of random programs: all verify, a seed always gives the same program, and together they use all of
//! the instruction table that programs without processes and foreign functions use.

use std::collections::BTreeSet;
use vitbc::inst::Effect;
use vitbc::text::{ParseOptions, parse, print};
use vitbc::{Opcode, read, verify::verify, write};
use vitte_tests::generate;

const SEEDS: u64 = 2_000;

#[test]
fn generated_programs_verify() {
    for seed in 0..SEEDS {
        let module = generate(seed);
        if let Err(error) = verify(module) {
            panic!("seed {seed}: {} {error}", error.code);
        }
    }
}

#[test]
fn generated_programs_survive_bytes_and_text() {
    for seed in 0..150 {
        let module = generate(seed);
        assert_eq!(read(&write(&module)).as_ref(), Ok(&module), "seed {seed}");
        assert_eq!(parse(&print(&module), &ParseOptions::default()).as_ref(), Ok(&module), "seed {seed}");
    }
}

#[test]
fn a_seed_gives_one_program() {
    for seed in [0, 1, 77, u64::MAX] {
        assert_eq!(generate(seed), generate(seed), "seed {seed}");
    }
    assert_ne!(generate(1), generate(2));
}

#[test]
fn generated_programs_use_the_table() {
    let mut unused: BTreeSet<Opcode> = Opcode::ALL.iter().copied().collect();
    for seed in 0..400 {
        for function in &generate(seed).functions {
            for inst in &function.code {
                unused.remove(&inst.opcode());
            }
        }
    }
    // What engines may answer differently, or what needs more than one process or a C library.
    let left_out = [
        Opcode::Same,
        Opcode::Hash,
        Opcode::StackTrace,
        Opcode::CallNative,
        Opcode::Spawn,
        Opcode::SelfPid,
        Opcode::Send,
        Opcode::ReceivePeek,
        Opcode::ReceiveTake,
        Opcode::ReceiveSkip,
        Opcode::ReceiveWait,
    ];
    unused.retain(|opcode| !left_out.contains(opcode) && !opcode.info().has(Effect::Foreign));
    assert!(unused.is_empty(), "never generated: {unused:?}");
}
