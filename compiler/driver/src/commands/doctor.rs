//! `vittec doctor`: what building needs, and whether it is there.

use crate::failure::Result;
use crate::output;
use std::process::ExitCode;
use vittec_link::{LinkOptions, Runtime, Target, carried_target, find_program, find_runtime};

/// Looks for what links a target's executables. Exit code 69 if there is neither what static nor what dynamic ones need.
pub fn doctor(target: Option<&str>) -> Result<ExitCode> {
    let target = match target {
        Some(name) => Target::find(name)?,
        None => Target::host()?,
    };
    let mut out = String::new();
    let mut say = |line: String| out.extend([line.as_str(), "\n"]);
    say(format!("vittec {}, making programs for {}", env!("CARGO_PKG_VERSION"), target.name));

    if target.packed {
        let runtime = find_runtime(&target.name);
        match &runtime {
            Ok(runtime) => say(format!("ok       modules: runtime {}", describe(runtime))),
            Err(error) => say(format!("note     modules: {error}")),
        }
        output::print(out.as_bytes())?;
        return Ok(if runtime.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(crate::failure::MISSING_TOOL) });
    }
    let carried = carried_target(&target, &LinkOptions::default());
    match carried.map(|name| (name, find_runtime(name))) {
        Some((name, Ok(runtime))) => say(format!("ok       static: {name}, {}", describe(&runtime))),
        _ => match target.carried.as_deref().map(find_runtime) {
            Some(Err(error)) => say(format!("note     static: {error}")),
            _ => say("note     static: this compiler has no linker of its own".into()),
        },
    }
    let runtime = find_runtime(&target.name);
    match &runtime {
        Ok(runtime) => say(format!("ok       dynamic: runtime {}", describe(runtime))),
        Err(error) => say(format!("note     dynamic: {error}")),
    }
    let linker = find_program(&target.linker);
    match &linker {
        Some(path) => say(format!("ok       dynamic: linker {}", path.display())),
        None if target.package.is_empty() => say(format!("note     dynamic: no linker `{}`", target.linker)),
        None => say(format!("note     dynamic: no linker `{}`; install `{}`", target.linker, target.package)),
    }
    let complete = carried.is_some() || (runtime.is_ok() && linker.is_some());
    if let Some(runner) = target.run_with.first() {
        match find_program(runner) {
            Some(path) => say(format!("ok       runs programs here: {}", path.display())),
            None => say(format!("note     `{runner}` would run its programs here; not installed")),
        }
    }
    output::print(out.as_bytes())?;
    Ok(if complete { ExitCode::SUCCESS } else { ExitCode::from(crate::failure::MISSING_TOOL) })
}

/// Where a runtime is, and how large.
fn describe(runtime: &Runtime) -> String {
    let size = runtime.size() / 1024;
    match runtime {
        Runtime::Carried(_) => format!("carried inside, {size} KiB"),
        Runtime::Folder(folder) => format!("in {}, {size} KiB", folder.display()),
    }
}
