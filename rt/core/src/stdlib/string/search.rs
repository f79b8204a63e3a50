//! Looking into strings: comparing, finding, taking apart.

use crate::object::{Form, List, Str};
use crate::process::{MIN_BUNDLE, bundle_size};
use crate::stdlib::range::{check_index, throw_index};
use crate::{Process, Throw};
use vitte_abi::object::type_id;

/// Whether `a == b`.
pub fn str_eq(_: &Process, a: Str<'_>, b: Str<'_>) -> bool {
    a.equals(b)
}

/// Negative, 0 or positive, as `a` is before, equal to or behind `b` by bytes.
pub fn str_compare(_: &Process, a: Str<'_>, b: Str<'_>) -> i64 {
    a.compare(b) as i64
}

/// The byte offset of `needle` in `s` at or after `from`.
pub fn str_find(p: &Process, s: Str<'_>, needle: Str<'_>, from: i64) -> Result<Option<i64>, Throw> {
    let text = s.as_str();
    // A search may start inside a character; nothing begins there.
    let start = match usize::try_from(from) {
        Ok(from) if from <= text.len() => text.ceil_char_boundary(from),
        _ => return Err(throw_index(p, from, text.len())),
    };
    Ok(find(&text[start..], needle.as_str()).map(|at| (start + at) as i64))
}

/// The byte offset of the last `needle` in `s`.
pub fn str_rfind(_: &Process, s: Str<'_>, needle: Str<'_>) -> Option<i64> {
    s.as_str().rfind(needle.as_str()).map(|at| at as i64)
}

/// Where `needle` first stands in `text`.
fn find(text: &str, needle: &str) -> Option<usize> {
    match needle.as_bytes() {
        // A single byte is sought a word at a time.
        [byte] => text.find(*byte as char),
        _ => text.find(needle),
    }
}

/// Calls `part` with each part of `text` between occurrences of `separator`, which is not empty, in order.
pub(super) fn for_each_part<'t>(text: &'t str, separator: &str, mut part: impl FnMut(&'t str)) {
    match separator.as_bytes() {
        [byte] => for_each_between(text, *byte, part),
        _ => {
            let mut rest = text;
            for (at, _) in text.match_indices(separator) {
                let start = text.len() - rest.len();
                part(&text[start..at]);
                rest = &text[at + separator.len()..];
            }
            part(rest);
        }
    }
}

/// Calls `part` with each part of `text` between occurrences of an ASCII character.
fn for_each_between<'t>(text: &'t str, separator: u8, mut part: impl FnMut(&'t str)) {
    let mut start = 0;
    for_each_byte(text.as_bytes(), separator, |at| {
        part(&text[start..at]);
        start = at + 1;
    });
    part(&text[start..]);
}

/// Calls `found` with each position of `byte`, eight bytes at a time: what programs split has short parts.
#[inline]
fn for_each_byte(bytes: &[u8], byte: u8, mut found: impl FnMut(usize)) {
    let (words, rest) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let mut marks = marks(*word, byte);
        while marks != 0 {
            found(index * 8 + marks.trailing_zeros() as usize / 8);
            marks &= marks - 1;
        }
    }
    let start = bytes.len() - rest.len();
    (0..rest.len()).filter(|&at| rest[at] == byte).for_each(|at| found(start + at));
}

/// How often `byte` stands in `bytes`.
fn count_byte(bytes: &[u8], byte: u8) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    let in_words: usize = words.iter().map(|word| marks(*word, byte).count_ones() as usize).sum();
    in_words + rest.iter().filter(|&&other| other == byte).count()
}

/// The upper bit of each byte that is `byte`, the first byte the lowest.
#[inline]
fn marks(bytes: [u8; 8], byte: u8) -> u64 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let differs = u64::from_le_bytes(bytes) ^ u64::from_le_bytes([byte; 8]);
    let any_bit = ((differs & LOW) + LOW) | differs;
    !(any_bit | LOW)
}

/// Whether `s` begins with `prefix`.
pub fn str_starts_with(_: &Process, s: Str<'_>, prefix: Str<'_>) -> bool {
    s.bytes().starts_with(prefix.bytes())
}

/// Whether `s` ends with `suffix`.
pub fn str_ends_with(_: &Process, s: Str<'_>, suffix: Str<'_>) -> bool {
    s.bytes().ends_with(suffix.bytes())
}

/// The parts between the occurrences of `separator`; all characters if it is empty.
pub fn str_split<'p>(p: &'p Process, s: Str<'p>, separator: Str<'_>) -> List<'p> {
    let text = s.as_str();
    match separator.bytes() {
        [byte] => {
            let n_parts = count_byte(text.as_bytes(), *byte) + 1;
            list_of_parts(p, s, n_parts, |part| for_each_between(text, *byte, part))
        }
        [] => list_of_parts(p, s, text.chars().count(), |part| {
            text.char_indices().for_each(|(at, c)| part(&text[at..at + c.len_utf8()]));
        }),
        _ => {
            let mut parts = Vec::new();
            for_each_part(text, separator.as_str(), |part| parts.push(part));
            list_of_parts(p, s, parts.len(), |part| parts.iter().copied().for_each(part))
        }
    }
}

/// A new `[str]` of the `n_parts` parts of `s` that `each` names in turn.
fn list_of_parts<'p>(p: &'p Process, s: Str<'p>, n_parts: usize, each: impl FnOnce(&mut dyn FnMut(&str))) -> List<'p> {
    let list = p.new_list(p.runtime().list_of(type_id::STR), n_parts);
    let buffer = list.buffer();
    let mut index = 0;
    let mut set = |part: Str<'p>| {
        buffer.set(p, Form::REF, index, part.object().address());
        index += 1;
    };
    let size = bundle_size(n_parts, s.len());
    if size < MIN_BUNDLE {
        each(&mut |part| set(part_of(p, s, part)));
    } else {
        let mut bundle = p.new_bundle(size);
        each(&mut |part| set(if part.len() == s.len() { s } else { bundle.push(part) }));
    }
    list.set_len(n_parts);
    list
}

/// A new `[str]`.
pub fn list_of_str<'p>(p: &'p Process, parts: &[Str<'p>]) -> List<'p> {
    let list = p.new_list(p.runtime().list_of(type_id::STR), parts.len());
    let buffer = list.buffer();
    for (index, part) in parts.iter().enumerate() {
        buffer.set(p, Form::REF, index, part.object().address());
    }
    list.set_len(parts.len());
    list
}

/// A new `[int]`.
pub fn list_of_int(p: &Process, numbers: impl ExactSizeIterator<Item = i64>) -> List<'_> {
    let n_numbers = numbers.len();
    let list = p.new_list(p.runtime().list_of(type_id::INT), n_numbers);
    list.buffer().cells::<i64>().iter().zip(numbers).for_each(|(cell, number)| cell.set(number));
    list.set_len(n_numbers);
    list
}

/// `s` without white space at both ends.
pub fn str_trim<'p>(p: &'p Process, s: Str<'p>) -> Str<'p> {
    part_of(p, s, s.as_str().trim())
}

/// `s` without white space at its start.
pub fn str_trim_start<'p>(p: &'p Process, s: Str<'p>) -> Str<'p> {
    part_of(p, s, s.as_str().trim_start())
}

/// `s` without white space at its end.
pub fn str_trim_end<'p>(p: &'p Process, s: Str<'p>) -> Str<'p> {
    part_of(p, s, s.as_str().trim_end())
}

/// A part of `s` as a string: itself if it is all of it.
pub(super) fn part_of<'p>(p: &'p Process, s: Str<'p>, part: &str) -> Str<'p> {
    if part.len() == s.len() { s } else { p.new_str(part) }
}

/// The code points.
pub fn str_chars<'p>(p: &'p Process, s: Str<'_>) -> List<'p> {
    let mut chars = s.as_str().chars();
    let n_chars = s.as_str().chars().count();
    list_of_int(p, (0..n_chars).map(|_| chars.next().map_or(0, |c| c as i64)))
}

/// The number of code points.
pub fn str_char_count(_: &Process, s: Str<'_>) -> i64 {
    s.as_str().chars().count() as i64
}

/// The code point that begins at byte `at`.
pub fn str_char_at(p: &Process, s: Str<'_>, at: i64) -> Result<i64, Throw> {
    let index = check_index(p, at, s.len())?;
    match s.as_str().get(index..).and_then(|rest| rest.chars().next()) {
        Some(c) => Ok(c as i64),
        None => Err(p.throw_error(type_id::INDEX_ERROR, &format!("index {at} is not a character boundary"))),
    }
}
