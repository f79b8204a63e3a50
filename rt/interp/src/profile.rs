//! Counting instructions and calls.

use crate::machine::Machine;
use std::collections::BTreeMap;
use std::fmt;
use vitbc::{Module, Opcode};

/// How often each instruction was carried out and each function called, in one run.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Profile {
    instructions: BTreeMap<Opcode, u64>,
    calls: BTreeMap<u32, u64>,
    names: Vec<String>,
}

impl Profile {
    /// A profile of a module's run, all zero.
    pub(crate) fn new(module: &Module) -> Profile {
        let names = module.functions.iter().map(|function| function.name.clone()).collect();
        Profile { names, ..Profile::default() }
    }

    pub(crate) fn step(&mut self, machine: &Machine) {
        if let Some(frame) = machine.frames.last() {
            let opcode = machine.program.declared(frame.func).code[frame.pc as usize].opcode();
            *self.instructions.entry(opcode).or_default() += 1;
        }
    }

    pub(crate) fn call(&mut self, machine: &Machine) {
        if let Some(frame) = machine.frames.last() {
            *self.calls.entry(frame.func).or_default() += 1;
        }
    }

    /// How often the instruction was carried out.
    pub fn instructions(&self, opcode: Opcode) -> u64 {
        self.instructions.get(&opcode).copied().unwrap_or(0)
    }

    /// How often a function of this name was called; the entry itself is not.
    pub fn calls(&self, name: &str) -> u64 {
        let named = self.calls.iter().filter(|&(&func, _)| self.names[func as usize] == name);
        named.map(|(_, count)| count).sum()
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "instructions {}", self.instructions.values().sum::<u64>())?;
        let mnemonic = |(&opcode, &count): (&Opcode, &u64)| (count, opcode.info().mnemonic);
        list(f, self.instructions.iter().map(mnemonic).collect())?;
        writeln!(f, "calls {}", self.calls.values().sum::<u64>())?;
        let name = |(&func, &count): (&u32, &u64)| (count, self.names[func as usize].as_str());
        list(f, self.calls.iter().map(name).collect())
    }
}

/// The most frequent first.
fn list(f: &mut fmt::Formatter<'_>, mut counts: Vec<(u64, &str)>) -> fmt::Result {
    counts.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    counts.iter().try_for_each(|(count, name)| writeln!(f, "{count:>12} {name}"))
}
