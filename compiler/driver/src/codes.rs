//! The error codes of the driver: VT05xx compiling and linking, VT06xx files and usage, VT07xx running.

use vitbc::Code;

macro_rules! codes {
    ($($(#[doc = $doc:literal])* $number:literal $name:ident = $title:literal;)*) => {
        $(#[doc = $title] pub const $name: Code = Code($number);)*
        const CODES: &[(Code, &str, &[&str])] = &[$((Code($number), $title, &[$($doc),*])),*];
    };
}

codes! {
    /// No file in `targets/` has this name. `vittec targets` lists those there are.
    501 UNKNOWN_TARGET = "unknown target";
    /// The target's C compiler, which links programs, is not in PATH. The message names the package that has it;
    /// `--linker` takes another one.
    502 NO_LINKER = "linker not installed";
    /// Programs need the target's runtime archive, which is in none of the places that were searched.
    503 NO_RUNTIME = "no runtime for the target";
    /// The program uses functions of a library that the linker cannot find.
    504 NO_LIBRARY = "library not installed";
    /// The linker was started and reported errors of its own, which follow.
    505 LINKER_FAILED = "linker failed";
    /// The code generator could not make code of a function that passed the verifier: it is larger than the machine's
    /// formats allow, or asks for something the target does not have.
    506 COMPILE_FAILED = "compilation failed";
    /// The processor is not one that the target knows. The message lists those there are.
    507 UNKNOWN_CPU = "unknown processor";
    /// The program declares a C function that neither the system nor the libraries given with -l have.
    508 NO_SYMBOL = "C function not found";
    /// The program declares a C function, and is built for a target where there is no C, such as wasm. What the C
    /// function does is better done in Vitte there.
    511 NO_FOREIGN = "C function on a target without C";
    /// A file could not be read or written; the system's reason follows.
    601 IO_FAILED = "input or output failed";
    /// The options contradict each other, or do not fit the input.
    602 BAD_USAGE = "wrong usage";
    /// The output path is a folder, a device or another special file, which would be destroyed by writing a program
    /// in its place.
    603 NOT_A_FILE = "output is not a plain file";
    /// A module imports another, and no file of that name with the ending .vitbc or .vitasm is beside it or in the
    /// folders given with -I.
    604 NO_MODULE = "imported module not found";
    /// The module has no main, so there is nothing to run. Assemble a MAIN, or build an object or library instead.
    605 NO_ENTRY = "nothing to run";
    /// The output would be written over the program that it is made from. Give it another name with -o.
    607 OVERWRITES_INPUT = "output is the input";
    /// Executables made by vittec bear a note about their making, which this file has not, or not in a form that this
    /// version understands.
    608 NO_ORIGIN = "unknown origin";
    /// No error has this code.
    606 UNKNOWN_CODE = "unknown error code";
    /// With `--engine=check` the same program was run by all engines, and they printed different things. Unless
    /// the program asks for the time or changes what it finds, that is a bug in vittec: please report it with the
    /// program.
    701 ENGINES_DIFFER = "engines disagree";
}

/// Title and explanation of a code, whichever part of the toolchain it belongs to.
pub fn explain(code: Code) -> Option<(&'static str, &'static [&'static str])> {
    all().find(|row| row.0 == code).map(|row| (row.1, row.2))
}

/// All codes there are, with title and explanation.
pub fn all() -> impl Iterator<Item = (Code, &'static str, &'static [&'static str])> {
    Code::ALL.iter().chain(CODES).chain(vitte_frontend::codes::ALL).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_explained() {
        let mut seen = std::collections::BTreeSet::new();
        for (code, title, text) in all() {
            assert!(seen.insert(code), "{code} stands twice");
            assert!(!title.is_empty() && !text.is_empty(), "{code} is not explained");
        }
    }
}
