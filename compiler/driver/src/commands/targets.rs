//! `vittec targets`: the machines that programs can be made for.

use crate::failure::Result;
use crate::output;
use vittec_link::{HOST, LinkOptions, Target, carried_target, find_program, find_runtime};

/// Lists the targets, and whether building for them works here.
pub fn targets(json: bool) -> Result<()> {
    let rows: Vec<Row> = Target::names().filter_map(|name| Target::find(name).ok()).map(Row::new).collect();
    if json {
        let rows: Vec<_> = rows
            .iter()
            .map(|Row { target, carried, linker, packs, runs }| {
                serde_json::json!({
                    "name": target.name, "cpu": target.cpu, "host": target.name == HOST, "carried": carried,
                    "linker": linker, "packs": packs, "ready": *carried || *linker || *packs, "runs": runs, "run-with": target.run_with,
                })
            })
            .collect();
        return output::print(format!("{}\n", serde_json::Value::from(rows)).as_bytes());
    }
    let mut out = String::new();
    for Row { target, carried, linker, packs, .. } in rows {
        let state = match (carried, linker) {
            _ if packs => "ready: modules for Node, browsers and others",
            _ if target.packed => "no runtime; `vittec doctor` says more",
            (true, true) => "ready: static, and dynamic by the system's linker",
            (true, false) => "ready: static",
            (false, true) => "ready: by the system's linker",
            (false, false) => "objects only; `vittec doctor` says why",
        };
        let host = if target.name == HOST { " (host)" } else { "" };
        out += &format!("{:<32} {:<12} {state}{host}\n", target.name, target.cpu);
    }
    output::print(out.as_bytes())
}

/// What there is for a target.
struct Row {
    target: Target,
    /// Whether this compiler links static executables for it by itself.
    carried: bool,
    /// Whether a linker of the system links executables for it.
    linker: bool,
    /// Whether this compiler packs modules for it.
    packs: bool,
    /// Whether its programs run here.
    runs: bool,
}

impl Row {
    fn new(target: Target) -> Row {
        let runtime = find_runtime(&target.name).is_ok();
        let carried = carried_target(&target, &LinkOptions::default()).is_some();
        let packs = runtime && target.packed;
        let linker = runtime && !target.packed && find_program(&target.linker).is_some();
        let runs = target.native || target.run_with.first().is_some_and(|runner| find_program(runner).is_some());
        Row { target, carried, linker, packs, runs }
    }
}
