//! Making a program that shows a fault small enough to be read.
//!
//! Delta debugging (Zeller, Hildebrandt 2002) on instructions: parts are taken away, larger ones first and later ones
//! first, as long as the program still verifies and still shows the fault.

use vitbc::inst::OperandMut;
use vitbc::verify::verify;
use vitbc::{Function, Inst, Label, Module, Verified};

/// The smallest module found for which `shows` still says true; `module` itself must.
pub fn reduce(module: Module, mut shows: impl FnMut(&Verified<Module>) -> bool) -> Module {
    let mut holds = |candidate: &Module| verify(candidate.clone()).is_ok_and(|verified| shows(&verified));
    let mut best = module;
    loop {
        let before = size(&best);
        for position in (0..best.functions.len()).rev() {
            empty_function(&mut best, position, &mut holds);
            drop_handlers(&mut best, position, &mut holds);
            drop_instructions(&mut best, position, &mut holds);
            squeeze(&mut best, position, &mut holds);
        }
        if size(&best) == before {
            return best;
        }
    }
}

/// How much there is to read.
fn size(module: &Module) -> usize {
    module.functions.iter().map(|function| function.code.len() + function.handlers.len()).sum()
}

/// Changes the function at `position`, and takes the change back if the fault is gone.
fn try_change(
    best: &mut Module,
    position: usize,
    holds: &mut impl FnMut(&Module) -> bool,
    change: impl FnOnce(&mut Function),
) -> bool {
    let original = best.functions[position].clone();
    change(&mut best.functions[position]);
    if best.functions[position] != original && holds(best) {
        return true;
    }
    best.functions[position] = original;
    false
}

fn empty_function(best: &mut Module, position: usize, holds: &mut impl FnMut(&Module) -> bool) {
    try_change(best, position, holds, |function| {
        function.code = vec![Inst::Unreachable {}];
        function.handlers.clear();
        function.lines.clear();
    });
}

fn drop_handlers(best: &mut Module, position: usize, holds: &mut impl FnMut(&Module) -> bool) {
    for handler in (0..best.functions[position].handlers.len()).rev() {
        try_change(best, position, holds, |function| {
            function.handlers.remove(handler);
        });
    }
}

/// Puts NOP in place of runs of instructions.
fn drop_instructions(best: &mut Module, position: usize, holds: &mut impl FnMut(&Module) -> bool) {
    let len = best.functions[position].code.len();
    let mut run = len / 2;
    while run > 0 {
        let mut end = len;
        while end > 0 {
            let start = end.saturating_sub(run);
            try_change(best, position, holds, |function| function.code[start..end].fill(Inst::Nop {}));
            end = start;
        }
        run /= 2;
    }
}

/// Takes the NOPs out.
fn squeeze(best: &mut Module, position: usize, holds: &mut impl FnMut(&Module) -> bool) {
    try_change(best, position, holds, |function| {
        // Where each instruction goes, or the one after it if it is taken out.
        let mut moved = vec![];
        let mut kept = 0;
        for inst in &function.code {
            moved.push(Label(kept));
            kept += u32::from(*inst != Inst::Nop {});
        }
        moved.push(Label(kept));
        function.code.retain(|inst| *inst != Inst::Nop {});
        let resolve = |label: &mut Label| *label = moved[label.index()];
        for inst in &mut function.code {
            inst.for_each_operand_mut(|_, operand| match operand {
                OperandMut::Label(label) => resolve(label),
                OperandMut::Labels(labels) => labels.iter_mut().for_each(resolve),
                _ => {}
            });
        }
        for handler in &mut function.handlers {
            [&mut handler.start, &mut handler.end, &mut handler.target].into_iter().for_each(resolve);
        }
        function.handlers.retain(|handler| handler.start < handler.end);
        function.lines.clear();
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate;
    use vitbc::Opcode;

    #[test]
    fn what_shows_the_fault_is_left() {
        let shows = |module: &Module| {
            let mut all = module.functions.iter().flat_map(|function| &function.code);
            all.any(|inst| inst.opcode() == Opcode::Throw)
        };
        let module = (0..).map(generate).find(shows).unwrap();
        let n_functions = module.functions.len();
        let reduced = reduce(module, |module| shows(module));
        assert!(shows(&reduced));
        // One UNREACHABLE for each of the other functions; THROW, and what makes its value.
        assert!(size(&reduced) < n_functions + 5, "{}", vitbc::text::print(&reduced));
    }
}
