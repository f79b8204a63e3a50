//! Spelling names and constants so that they read back as they are.

use super::function::numbered_register;
use super::token::{begins_word, continues_word};
use crate::types::BUILTIN_NAMES;
use std::fmt::Write;

/// Words that have a meaning of their own where a name may stand.
const RESERVED: &[&str] = &["TO", "AS", "FOR", "GLOBAL", "CAPTURES"];

/// A name, in quotes if it needs them.
pub(super) fn name(name: &str) -> String {
    let plain = name.starts_with(begins_word) && name.chars().all(continues_word);
    let taken = matches!(name, "_" | "fn" | "nan" | "inf")
        || numbered_register(name).is_some()
        || BUILTIN_NAMES.contains(&name)
        || RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(name));
    if plain && !taken { name.to_owned() } else { string(name) }
}

/// A string in quotes.
pub(super) fn string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '\'' => out.push(c),
            _ => out.extend(c.escape_debug()),
        }
    }
    out.push('"');
    out
}

/// Bytes in quotes.
pub(super) fn bytes(bytes: &[u8]) -> String {
    format!("b\"{}\"", bytes.escape_ascii()).replace("\\'", "'")
}

/// A float, by its bits. A NaN but the usual one is written as its bits.
pub(super) fn float(bits: u64) -> String {
    let float = f64::from_bits(bits);
    let mut out = String::new();
    let _ = match float.is_nan() {
        true if bits == f64::NAN.to_bits() => write!(out, "nan"),
        true => write!(out, "float({bits:#x})"),
        false => write!(out, "{float:?}"),
    };
    out
}
