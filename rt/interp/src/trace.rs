//! Watching a run instruction by instruction.
//!
//! The loop is compiled once for each [`Tracer`]; the one that watches nothing costs nothing.

use crate::machine::Machine;
use crate::profile::Profile;
use std::collections::HashMap;
use std::io::Write;
use vitbc::{Inst, Reg};
use vitte_rt::stdlib::format::write_value;
use vitte_rt::stdlib::io::flush_for_exit;
use vitte_rt::stdlib::value::Value;

/// Is told what a machine does.
pub trait Tracer {
    /// Whether it wants to be told.
    const ACTIVE: bool;

    /// The instruction of the frame on top is about to be carried out.
    fn step(&mut self, machine: &Machine);

    /// The function of the frame on top has been entered.
    fn call(&mut self, machine: &Machine);

    /// The program begins.
    fn begin(&mut self);

    /// The program has ended, and what it printed is written.
    fn end(&mut self);
}

/// Watches nothing.
#[derive(Debug)]
pub struct Blind;

impl Tracer for Blind {
    const ACTIVE: bool = false;
    fn step(&mut self, _: &Machine) {}
    fn call(&mut self, _: &Machine) {}
    fn begin(&mut self) {}
    fn end(&mut self) {}
}

/// Writes what it sees, counts it, or both.
pub struct Observer {
    /// Where each instruction is written.
    pub log: Option<Log>,
    /// Where instructions and calls are counted.
    pub profile: Option<Profile>,
}

impl Tracer for Observer {
    const ACTIVE: bool = true;

    fn step(&mut self, machine: &Machine) {
        if let Some(profile) = &mut self.profile {
            profile.step(machine);
        }
        if let Some(log) = &mut self.log {
            log.step(machine);
        }
    }

    fn call(&mut self, machine: &Machine) {
        if let Some(profile) = &mut self.profile {
            profile.call(machine);
        }
        if let Some(log) = &mut self.log {
            log.call(machine);
        }
    }

    fn begin(&mut self) {
        if let Some(log) = &mut self.log {
            log.line("VM Start");
        }
    }

    fn end(&mut self) {
        if let Some(log) = &mut self.log {
            log.line("VM End");
        }
    }
}

/// How a trace looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum TraceStyle {
    /// ```text
    /// VM Start
    /// > LOAD_CONST r0, 2
    /// > CALL add
    /// > RETURN r3 (5)
    /// > PRINT 5
    /// VM End
    /// ```
    ///
    /// A call of a function shows its name only, since its arguments were shown when they were made; a result and
    /// what is printed are shown by value. That the entry ends without a result is shown as the end.
    #[default]
    Plain,
    /// ```text
    /// VM Start
    /// [trace] LOAD_CONST r0, 2 @ 0x0000
    /// [trace] CALL r0, add, r0, r1 @ 0x0002
    ///   CALL add with 2 params
    ///   [trace] LOAD_ARG r1, x @ 0x0000
    /// VM End
    /// ```
    ///
    /// Every instruction as it stands, with its position in the function, indented by the depth of calls.
    Detailed,
}

/// Writes one line for each instruction.
pub struct Log {
    sink: Box<dyn Write>,
    style: TraceStyle,
    /// The instructions of the functions seen so far, as text.
    texts: HashMap<u32, Vec<String>>,
}

impl Log {
    /// A log that goes to `sink`.
    pub fn new(sink: Box<dyn Write>, style: TraceStyle) -> Log {
        Log { sink, style, texts: HashMap::new() }
    }

    /// Gives the sink back.
    pub fn into_sink(self) -> Box<dyn Write> {
        self.sink
    }

    /// A line of its own. A sink that cannot be written to ends the log, not the program.
    fn line(&mut self, line: &str) {
        let _ = writeln!(self.sink, "{line}").and_then(|()| self.sink.flush());
    }

    fn step(&mut self, machine: &Machine) {
        let Some(frame) = machine.frames.last() else { return };
        let (depth, func, pc) = (machine.frames.len() - 1, frame.func, frame.pc);
        let inst = &machine.program.declared(func).code[pc as usize];
        let line = match (self.style, inst) {
            (TraceStyle::Detailed, _) => {
                format!("{}[trace] {} @ 0x{pc:04X}", "  ".repeat(depth), self.text(machine, func, pc))
            }
            (_, Inst::Return { value: None }) if depth == 0 => return,
            (_, Inst::Call { func, .. }) => format!("> CALL {}", machine.program.module.func_name(*func)),
            (_, Inst::Print { src }) => format!("> PRINT {}", value_text(machine, *src)),
            (_, Inst::Return { value: Some(value) }) => {
                format!("> {} ({})", self.text(machine, func, pc), value_text(machine, *value))
            }
            _ => format!("> {}", self.text(machine, func, pc)),
        };
        // What the program has printed so far comes first.
        flush_for_exit();
        self.line(&line);
    }

    fn call(&mut self, machine: &Machine) {
        if let (TraceStyle::Detailed, Some(frame)) = (self.style, machine.frames.last()) {
            let (depth, function) = (machine.frames.len() - 1, machine.program.declared(frame.func));
            self.line(&format!("{}CALL {} with {} params", "  ".repeat(depth), function.name, function.n_params));
        }
    }

    fn text(&mut self, machine: &Machine, func: u32, pc: u32) -> &str {
        let texts = self
            .texts
            .entry(func)
            .or_insert_with(|| vitbc::text::print_instructions(&machine.program.module, func as usize));
        &texts[pc as usize]
    }
}

/// The value of a register of the running frame, as `PRINT` shows it.
fn value_text(machine: &Machine, reg: Reg) -> String {
    let Some(frame) = machine.frames.last() else { return String::new() };
    let ty = machine.program.declared(frame.func).regs[reg.index()];
    let bits = machine.stack[frame.base + reg.index()];
    let mut text = String::new();
    let _ = write_value(&machine.process, &mut text, Value { bits, ty: ty.0 });
    text
}
