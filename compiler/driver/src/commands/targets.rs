//! `vittec targets`: the machines that programs can be made for.

use crate::failure::Result;
use crate::output;
use vittec_link::{HOST, Target, find_program, find_runtime};

/// Lists the targets, and whether building for them works here.
pub fn targets(json: bool) -> Result<()> {
    let ready = |target: Target| {
        let runtime = find_runtime(&target).is_ok();
        let linker = find_program(&target.linker).is_some();
        (target, runtime, linker)
    };
    let rows: Vec<_> = Target::names().filter_map(|name| Target::find(name).ok()).map(ready).collect();
    if json {
        let rows: Vec<_> = rows
            .iter()
            .map(|(target, runtime, linker)| {
                serde_json::json!({
                    "name": target.name, "cpu": target.cpu, "host": target.name == HOST,
                    "runtime": runtime, "linker": linker, "ready": *runtime && *linker,
                    "runs": runs(target), "run-with": target.run_with,
                })
            })
            .collect();
        return output::print(format!("{}\n", serde_json::Value::from(rows)).as_bytes());
    }
    let mut out = String::new();
    let mut say = |line: String| out.extend([line.as_str(), "\n"]);
    for (target, runtime, linker) in rows {
        let state = match (runtime, linker) {
            (true, true) => "ready",
            (true, false) => "executables need a linker; objects are ready",
            (false, _) => "objects only: no runtime",
        };
        let host = if target.name == HOST { " (host)" } else { "" };
        say(format!("{:<32} {:<12} {state}{host}", target.name, target.cpu));
    }
    output::print(out.as_bytes())
}

/// Whether programs of the target run here.
fn runs(target: &Target) -> bool {
    target.run_with.first().map_or(target.name == HOST, |runner| find_program(runner).is_some())
}
