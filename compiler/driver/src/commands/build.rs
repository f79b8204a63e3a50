//! `vittec build` and `vittec emit`: from a program to files.

use super::pack::{no_code, pack};
use crate::cli::{Build, EmitForm, Form};
use crate::codes;
use crate::failure::{DIAGNOSTICS, Diagnostic, Failure, Result};
use crate::origin::Origin;
use crate::pipeline::{self, Timings};
use crate::report::Reporter;
use crate::{input, output};
use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;
use vitbc::{Module, Verified};
use vitte_abi::program::Engine;
use vittec_codegen::Artifact;
use vittec_link::{LinkOptions, Product, link, make_library};

/// Makes all forms that were asked for.
pub fn build(args: Build, reporter: &Reporter) -> Result<()> {
    let mut forms = args.emit.clone();
    forms.sort();
    forms.dedup();
    let base = args.output.clone().unwrap_or_else(|| default_output(&args.source.input));
    let path_of = |form: Form| match (&args.output, forms.len()) {
        (Some(output), 1) => output.clone(),
        _ if form == Form::Exe => base.clone(),
        _ if matches!(form, Form::Staticlib | Form::Sharedlib) => {
            with_ending(&with_prefix(&base, "lib"), form.ending())
        }
        _ => with_ending(&base, form.ending()),
    };
    let to_stdout = args.output.as_deref() == Some(Path::new("-"));
    if to_stdout && forms.len() > 1 {
        return Err(Failure::usage("several forms do not fit into standard output; give -o a name"));
    }
    if to_stdout && matches!(*forms, [Form::Exe | Form::Sharedlib]) {
        return Err(Failure::usage("what is linked does not go to standard output; give -o a name"));
    }
    let target = pipeline::target(&args.code)?;
    for &form in forms.iter().filter(|_| !to_stdout && !target.packed) {
        output::check_writable(&path_of(form), &args.source.input)?;
    }

    let mut timings = Timings::default();
    let progress = progress();
    progress.set_message(format!("reading {}", output::shown(&args.source.input)));
    let is_library = forms.iter().any(|form| form.is_library());
    let load = if is_library { input::load_library } else { input::load };
    let module = timings.time("read and verify", || load(&args.source.input, &args.source.include, Some(reporter)))?;
    if forms.contains(&Form::Exe) && module.entry.is_none() {
        let mut diagnostic = Diagnostic::new(codes::NO_ENTRY, format!("the module `{}` has no main", module.name));
        diagnostic.help = Some("give it a MAIN, or make an object with --emit obj".into());
        return Err(Failure::new(DIAGNOSTICS, diagnostic));
    }
    if is_library && vittec_codegen::exports::callable(&module).next().is_none() {
        return Err(Failure::usage(format!("the module `{}` exports no function that C can call", module.name)));
    }
    if target.packed {
        pack(&args, &module, &target, &mut timings)?;
        progress.finish_and_clear();
        if args.code.timings {
            timings.print();
        }
        return Ok(());
    }
    let mut options = pipeline::options(&args.code, &target)?;
    options.collector = args.gc.as_deref().and_then(Engine::by_name).unwrap_or_default();
    let origin = Origin::new(&module, &args, &target);
    options.note = origin.to_note();
    progress.set_message(format!("compiling {} functions", module.functions.len()));
    let mut artifacts = [None, None];
    for &form in &forms {
        let path = path_of(form);
        if !matches!(form, Form::Exe | Form::Obj | Form::Staticlib | Form::Sharedlib) {
            output::write_or_print(Some(&path), &pipeline::text(&module, form, &options)?)?;
            continue;
        }
        let library = form.is_library();
        let artifact = &mut artifacts[usize::from(library)];
        if artifact.is_none() {
            let mut options = vittec_codegen::Options { library, ..options.clone() };
            if library {
                // What it is linked into is not made by vittec alone.
                options.note.clear();
            }
            *artifact = Some(pipeline::compile(&module, &options, &mut timings)?);
        }
        let Some(Artifact { object, libraries, .. }) = artifact else { unreachable!("made above") };
        let product = match form {
            Form::Obj => {
                output::write_or_print(Some(&path), object)?;
                continue;
            }
            Form::Staticlib => {
                let archive = timings.time("archive", || make_library(&target, object).map_err(Failure::from))?;
                output::write_or_print(Some(&path), &archive)?;
                continue;
            }
            Form::Sharedlib => Product::SharedLibrary,
            _ => Product::Executable,
        };
        progress.set_message("linking");
        let how = LinkOptions { product, ..origin.link(libraries) };
        timings.time("link", || link(&target, object, &output::resolve(&path)?, &how).map_err(Failure::from))?;
    }
    progress.finish_and_clear();
    if args.code.timings {
        timings.print();
    }
    for artifact in artifacts.iter().flatten().take(usize::from(args.code.stats)) {
        for (name, count) in &artifact.report.stats.0 {
            output::note(format_args!("{count:>10}  {name}"));
        }
    }
    Ok(())
}

/// Makes the executable that `origin` describes, whose module is `module`.
pub fn executable(module: &Verified<Module>, origin: &Origin, path: &Path, timings: &mut Timings) -> Result<()> {
    let code = origin.code();
    let target = pipeline::target(&code)?;
    let mut options = pipeline::options(&code, &target)?;
    options.collector = Engine::by_name(&origin.gc).unwrap_or_default();
    options.note = origin.to_note();
    let artifact = pipeline::compile(module, &options, timings)?;
    Ok(link(&target, &artifact.object, path, &origin.link(&artifact.libraries))?)
}

/// Prints one form.
pub fn emit(args: EmitForm, reporter: &Reporter) -> Result<()> {
    let load = if args.form.is_library() { input::load_library } else { input::load };
    let module = load(&args.source.input, &args.source.include, Some(reporter))?;
    let target = pipeline::target(&args.code)?;
    if target.packed {
        return Err(no_code(&target));
    }
    let options = pipeline::options(&args.code, &target)?;
    let bytes = match args.form {
        Form::Exe | Form::Staticlib | Form::Sharedlib => {
            return Err(Failure::usage("executables and libraries are made with `vittec build`"));
        }
        Form::Obj => {
            let mut timings = Timings::default();
            pipeline::compile(&module, &options, &mut timings)?.object
        }
        form => pipeline::text(&module, form, &options)?,
    };
    output::write_or_print(args.output.as_deref(), &bytes)
}

/// The input's name without its ending, in the working folder.
fn default_output(input: &Path) -> PathBuf {
    match input.file_stem() {
        Some(stem) if input != Path::new("-") => stem.into(),
        _ => "main".into(),
    }
}

/// Another ending, keeping dots in the name that are none.
fn with_ending(base: &Path, ending: &str) -> PathBuf {
    let mut name = base.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}

/// Another name in the same folder, with `prefix` before it.
fn with_prefix(base: &Path, prefix: &str) -> PathBuf {
    let mut name = OsString::from(prefix);
    name.push(base.file_name().unwrap_or_default());
    base.with_file_name(name)
}

/// A spinner that shows up when building takes longer than a moment, on a terminal only.
fn progress() -> ProgressBar {
    // Gone when building ends, however it does.
    let progress = ProgressBar::new_spinner().with_finish(ProgressFinish::AndClear);
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {msg}") {
        progress.set_style(style);
    }
    progress.enable_steady_tick(Duration::from_millis(200));
    progress
}
