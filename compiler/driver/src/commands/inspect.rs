//! `vittec inspect`: what is in a module, and what an executable was made of.

use crate::cli::Inspect;
use crate::failure::Result;
use crate::origin::Origin;
use crate::{input, output};
use serde_json::Value;
use std::fs;
use vitbc::{ExportItem, Module};

/// Prints a summary of a module, verified or not, or what an executable says about its making.
pub fn inspect(args: &Inspect) -> Result<()> {
    if let Some(origin) = fs::read(&args.input).ok().as_deref().and_then(Origin::read) {
        return inspect_executable(&origin, args.json);
    }
    let input = input::read(&args.input, &[])?;
    let verdict = vitbc::verify::verify(input.module.clone()).map(drop);
    let module = &input.module;
    let instructions: usize = module.functions.iter().map(|function| function.code.len()).sum();
    let user_types = module.types.len().saturating_sub(vitbc::TypeIdx::FIRST_USER.index());
    let entry = module.entry.map(|entry| module.func_name(entry).to_owned());
    if args.json {
        let functions: Vec<_> = module
            .functions
            .iter()
            .map(|function| {
                serde_json::json!({
                    "name": function.name, "parameters": function.n_params, "registers": function.regs.len(),
                    "instructions": function.code.len(), "handlers": function.handlers.len(),
                })
            })
            .collect();
        let summary = serde_json::json!({
            "name": module.name, "entry": entry, "foreign": module.foreign, "types": user_types,
            "instructions": instructions, "functions": functions, "imports": imports(module),
            "externs": module.externs.iter().map(|external| &external.symbol).collect::<Vec<_>>(),
            "natives": module.natives.iter().map(|native| &native.name).collect::<Vec<_>>(),
            "exports": exports(module), "files": module.files,
            "meta": module.meta.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
            "error": verdict.err().map(|error| format!("{}: {error}", error.code)),
        });
        return output::print(format!("{summary}\n").as_bytes());
    }
    let mut out = String::new();
    let mut say = |line: String| out.extend([line.as_str(), "\n"]);
    say(format!("module        {}", module.name));
    say(format!("entry         {}", entry.as_deref().unwrap_or("none")));
    say(format!("functions     {} with {instructions} instructions", module.functions.len()));
    say(format!("types         {user_types}"));
    let constants = [module.ints.len(), module.floats.len(), module.strs.len(), module.data.len()];
    say(format!(
        "constants     {} int, {} float, {} str, {} data",
        constants[0], constants[1], constants[2], constants[3]
    ));
    for (title, names) in [
        ("imports", imports(module)),
        ("exports", exports(module)),
        ("externs", module.externs.iter().map(|external| external.symbol.clone()).collect()),
        ("natives", module.natives.iter().map(|native| native.name.clone()).collect()),
        ("files", module.files.clone()),
        ("meta", module.meta.iter().map(|(key, value)| format!("{key}={value}")).collect()),
    ] {
        if !names.is_empty() {
            say(format!("{title:<13} {}", names.join(", ").escape_debug()));
        }
    }
    match verdict {
        Ok(()) => say(format!("verified      yes{}", if module.foreign { ", but it uses foreign code" } else { "" })),
        Err(error) => say(format!("verified      no: {}: {error}", error.code)),
    }
    output::print(out.as_bytes())
}

fn inspect_executable(origin: &Origin, json: bool) -> Result<()> {
    let fields = serde_json::to_value(origin).unwrap_or_else(|error| unreachable!("plain data becomes JSON: {error}"));
    if json {
        return output::print(format!("{fields}\n").as_bytes());
    }
    let mut out = String::new();
    for (name, value) in fields.as_object().into_iter().flatten() {
        let value = match value {
            Value::Null => continue,
            Value::Bool(value) => if *value { "yes" } else { "no" }.to_owned(),
            Value::String(text) => text.escape_debug().to_string(),
            Value::Array(items) if items.is_empty() => continue,
            Value::Array(items) => {
                let texts: Vec<_> = items.iter().filter_map(Value::as_str).collect();
                texts.join(", ").escape_debug().to_string()
            }
            other => other.to_string(),
        };
        out += &format!("{name:<13} {value}\n");
    }
    output::print(out.as_bytes())
}

fn imports(module: &Module) -> Vec<String> {
    module.imports.iter().map(|import| format!("{}.{}", import.module, import.name)).collect()
}

fn exports(module: &Module) -> Vec<String> {
    let kind = |item| match item {
        ExportItem::Func(_) => "",
        ExportItem::Global(_) => " (constant)",
    };
    module.exports.iter().map(|export| format!("{}{}", export.name, kind(export.item))).collect()
}
