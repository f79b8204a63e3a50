//! Looking up names, and guessing what was meant by one that does not exist.

use super::errors::Errors;
use super::token::Spot;
use crate::codes::Code;
use crate::module::Module;
use rustc_hash::FxHashMap;
use std::borrow::Cow;

/// A reference in the text.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Ref<'s> {
    /// By name.
    Name(Cow<'s, str>),
    /// By index: `#3`.
    Index(u32),
}

/// The names of one kind of thing.
pub(super) struct Names {
    /// What the things are called in messages.
    what: &'static str,
    /// `None` for a name that several things have.
    map: FxHashMap<String, Option<u32>>,
}

impl Names {
    /// No names of `what` yet.
    pub(super) fn new(what: &'static str) -> Self {
        Names { what, map: FxHashMap::default() }
    }

    /// The names of a table's entries.
    pub(super) fn of<T>(what: &'static str, table: &[T], name: impl Fn(&T) -> &str) -> Self {
        let mut names = Names::new(what);
        for (position, entry) in table.iter().enumerate() {
            names.add(name(entry), position as u32);
        }
        names
    }

    /// Adds a name.
    pub(super) fn add(&mut self, name: impl Into<String>, index: u32) {
        self.map.entry(name.into()).and_modify(|entry| *entry = None).or_insert(Some(index));
    }

    /// The index of a name that one thing has.
    pub(super) fn find(&self, name: &str) -> Option<u32> {
        self.map.get(name).copied().flatten()
    }

    /// Whether at least one thing has the name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.map.contains_key(name)
    }

    /// All names.
    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        self.map.keys().map(String::as_str)
    }

    /// The index that is referred to; reports a name that does not exist or has several meanings.
    pub(super) fn resolve(&self, reference: &Ref<'_>, spot: Spot, errors: &mut Errors) -> Option<u32> {
        let name = match reference {
            Ref::Name(name) => name,
            Ref::Index(index) => return Some(*index),
        };
        match self.map.get(name.as_ref()) {
            Some(Some(index)) => return Some(*index),
            Some(None) => {
                let message = format!("several {}s are named `{}`", self.what, name.escape_debug());
                let help = Some("refer to it by its index: `#0`, or `r0` for a register".to_owned());
                errors.push_with(spot, Code::AMBIGUOUS_NAME, message, help);
            }
            None => {
                let message = format!("there is no {} `{}`", self.what, name.escape_debug());
                let help = did_you_mean(name, self.all());
                errors.push_with(spot, Code::UNKNOWN_NAME, message, help);
            }
        }
        None
    }
}

/// The names by which instructions and items refer to a module's tables.
pub(super) struct ModuleNames {
    pub(super) funcs: Names,
    pub(super) externs: Names,
    pub(super) natives: Names,
    pub(super) globals: Names,
}

impl ModuleNames {
    /// The names in `module`. Imported functions have their module's name before their own.
    pub(super) fn new(module: &Module) -> Self {
        let mut funcs = Names::new("function");
        for (position, import) in module.imports.iter().enumerate() {
            funcs.add(format!("{}.{}", import.module, import.name), position as u32);
        }
        for (position, function) in module.functions.iter().enumerate() {
            funcs.add(function.name.as_str(), module.func_idx(position).0);
        }
        ModuleNames {
            funcs,
            externs: Names::of("C function", &module.externs, |external| &external.symbol),
            natives: Names::of("runtime function", &module.natives, |native| &native.name),
            globals: Names::of("global", &module.globals, |global| &global.name),
        }
    }
}

/// Names longer than this are not compared letter by letter.
const MAX_COMPARED: usize = 40;

/// The candidate that resembles `name` most, as advice.
pub(crate) fn did_you_mean<'c>(name: &str, candidates: impl Iterator<Item = &'c str>) -> Option<String> {
    let allowed = match name.chars().count() {
        0..=2 => 1,
        3..=6 => 2,
        7..=MAX_COMPARED => 3,
        _ => return None,
    };
    candidates
        .filter(|candidate| candidate.len().abs_diff(name.len()) <= allowed)
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|&(distance, candidate)| distance <= allowed && distance < candidate.chars().count())
        // Ties go by the alphabet: the order of candidates may vary.
        .min()
        .map(|(_, candidate)| format!("did you mean `{candidate}`?"))
}

/// How many letters to insert, delete or replace to make `b` of `a`, upper and lower case being the same
/// (Wagner and Fischer 1974, one row at a time).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(!from.eq_ignore_ascii_case(to));
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
