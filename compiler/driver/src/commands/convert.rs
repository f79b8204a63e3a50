//! `vittec compile`, `vittec asm` and `vittec dis`: between source, text and bytes.

use crate::cli::{Compile, Convert};
use crate::failure::Result;
use crate::report::Reporter;
use crate::{input, output};
use std::path::{Path, PathBuf};

/// Text to bytes. The module is verified first: nothing that others would refuse is written.
pub fn assemble(args: &Convert) -> Result<()> {
    let module = input::verify(input::read(&args.input, &[])?)?;
    let bytes = vitbc::write(&module);
    let path = args.output.clone().unwrap_or_else(|| beside(&args.input, "vitbc"));
    output::check_writable(&path, &args.input)?;
    output::write_or_print(Some(&path), &bytes)
}

/// Vitte source, or a program of several modules, to bytes.
pub fn compile(args: &Compile, reporter: &Reporter) -> Result<()> {
    let module = input::load(&args.source.input, &args.source.include, Some(reporter))?;
    let path = args.output.clone().unwrap_or_else(|| beside(&args.source.input, "vitbc"));
    output::write_or_print(Some(&path), &vitbc::write(&module))
}

/// Bytes to text; the module need not be valid to be looked at.
pub fn disassemble(args: &Convert) -> Result<()> {
    let module = input::read(&args.input, &[])?.module;
    if let Some(path) = &args.output {
        output::check_writable(path, &args.input)?;
    }
    output::write_or_print(args.output.as_deref(), vitbc::text::print(&module).as_bytes())
}

/// The input's name with another ending; standard output for standard input.
pub fn beside(input: &Path, ending: &str) -> PathBuf {
    if input == Path::new("-") { input.to_owned() } else { input.with_extension(ending) }
}
