//! The standard library's sources, carried in the compiler.

/// Modules that every program has, besides those it imports: the first two bring names, the others the methods of
/// built-in types.
pub(crate) const ALWAYS: &[&str] = &["prelude", "process", "number", "list", "map", "str", "bytes"];

/// How the names of its files begin.
pub(crate) const FOLDER: &str = "std/";

macro_rules! modules {
    ($($name:literal)*) => {
        /// All modules with their text.
        const MODULES: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../../rt/std/", $name, ".vit")))),*];
    };
}

modules! {
    "prelude" "process" "number" "list" "map" "str" "bytes" "math" "io" "sys" "random" "time" "json" "path" "test" "set" "queue" "ffi"
    "supervisor" "task" "timer" "pool" "net" "http"
}

/// The text of a module.
pub fn source(name: &str) -> Option<&'static str> {
    MODULES.iter().find(|(known, _)| *known == name).map(|&(_, text)| text)
}

/// The names of all modules.
pub fn names() -> impl Iterator<Item = &'static str> {
    MODULES.iter().map(|&(name, _)| name)
}
