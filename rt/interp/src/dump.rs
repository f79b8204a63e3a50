//! The state of a machine as text: its frames with their registers, and its heap.
//!
//! ```text
//! VM stack (2 frames)
//!   #0 add at instruction 2 (main.vitasm:5:3)
//!     x = 2
//!     y = 3
//!     r1 = 2
//!   #1 main at instruction 2 (main.vitasm:11:3)
//!     r0 = 2
//! VM heap
//!   live 1024 bytes, reserved 65536 bytes, 3 minor and 1 major collections
//! ```

use crate::machine::Machine;
use std::fmt::Write;
use vitbc::{Function, Reg};
use vitte_abi::object::Repr;
use vitte_rt::stdlib::format::write_inner;
use vitte_rt::stdlib::value::Value;

impl Machine {
    /// The frames, innermost first, with the values of their registers, and the state of the heap. Registers without
    /// a value are left out, as far as can be seen.
    pub fn dump(&self) -> String {
        let mut out = String::new();
        self.dump_stack(&mut out);
        self.dump_heap(&mut out);
        out
    }

    fn dump_stack(&self, out: &mut String) {
        let n = self.frames.len();
        let _ = writeln!(out, "VM stack ({n} frame{})", if n == 1 { "" } else { "s" });
        for (number, frame) in self.frames.iter().rev().enumerate() {
            let place = self.location(frame);
            let _ = write!(out, "  #{number} {} at instruction {}", place.function, frame.pc);
            let _ = match (place.file, place.line) {
                ("", _) => writeln!(out),
                (file, line) => writeln!(out, " ({file}:{line}:{})", place.column),
            };
            let function = self.program.declared(frame.func);
            for (index, &ty) in function.regs.iter().enumerate() {
                let bits = self.stack[frame.base + index];
                let is_word = match self.program.layout.repr(ty) {
                    Repr::Unit => continue,
                    repr => repr == Repr::Ref,
                };
                if is_word && bits == 0 {
                    continue;
                }
                let _ = write!(out, "    {} = ", reg_name(function, Reg(index as u32)));
                let _ = write_inner(&self.process, out, Value { bits, ty: ty.0 });
                out.push('\n');
            }
        }
    }

    fn dump_heap(&self, out: &mut String) {
        out.push_str("VM heap\n");
        let stats = self.process.heap_stats();
        let _ = writeln!(
            out,
            "  live {} bytes, reserved {} bytes, {} minor and {} major collections",
            stats.live, stats.reserved, stats.minor, stats.major
        );
    }
}

/// A register as the text form calls it: by its name, or by its number behind the parameters.
fn reg_name(function: &Function, reg: Reg) -> String {
    let named = function.reg_names.binary_search_by_key(&reg, |(reg, _)| *reg);
    match (named, reg.0.checked_sub(function.n_params)) {
        (Ok(at), _) => function.reg_names[at].1.clone(),
        (Err(_), Some(number)) => format!("r{number}"),
        (Err(_), None) => format!("p{}", reg.0),
    }
}
