//! `vittec build` for a target whose programs are packed: a module, and beside it a loader in JavaScript.

use crate::cli::{Build, Form};
use crate::codes;
use crate::failure::{DIAGNOSTICS, Diagnostic, Failure, Result};
use crate::output;
use crate::pipeline::Timings;
use std::path::{Path, PathBuf};
use vitbc::{Module, Verified};
use vitte_abi::program::Engine;
use vittec_link::{Target, loader, pack_program};

/// The ending of modules, unless the user says otherwise.
const ENDING: &str = "wasm";
/// The ending of loaders.
const LOADER_ENDING: &str = "mjs";

/// Packs the program and writes both files.
pub fn pack(args: &Build, module: &Verified<Module>, target: &Target, timings: &mut Timings) -> Result<()> {
    if args.emit != [Form::Exe] {
        return Err(no_code(target));
    }
    if args.linker.is_some() || !args.libs.is_empty() || !args.link_arg.is_empty() {
        return Err(Failure::usage(format!("programs for {} are not linked; leave out what says how", target.name)));
    }
    if let Some(function) = module.externs.first() {
        let message = format!("`{}` is a C function, which programs for {} cannot call", function.symbol, target.name);
        return Err(Failure::new(DIAGNOSTICS, Diagnostic::new(codes::NO_FOREIGN, message)));
    }
    let path = args.output.clone().unwrap_or_else(|| default_output(&args.source.input));
    let loader_path = path.with_extension(LOADER_ENDING);
    if loader_path == path {
        return Err(Failure::usage(format!("`{}` is the name of the loader; give -o another", output::shown(&path))));
    }
    for path in [&path, &loader_path] {
        output::check_writable(path, &args.source.input)?;
    }
    let collector = args.gc.as_deref().and_then(Engine::by_name).unwrap_or_default();
    let packed = timings.time("pack", || pack_program(target, &vitbc::write(module), collector))?;
    output::write(&path, &packed)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    output::write(&loader_path, loader(&name).as_bytes())
}

/// There is no machine code for the target.
pub fn no_code(target: &Target) -> Failure {
    Failure::usage(format!("programs for {} are interpreted; `--emit` has only `exe` for it", target.name))
}

fn default_output(input: &Path) -> PathBuf {
    let stem = input.file_stem().filter(|_| input != Path::new("-"));
    let mut name = stem.unwrap_or("main".as_ref()).to_owned();
    name.push(".");
    name.push(ENDING);
    name.into()
}
