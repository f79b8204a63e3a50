//! Places as editors count them: lines from 0, and in them units of UTF-16.

use serde_json::{Value, json};
use std::ops::Range;
use std::path::PathBuf;

/// The byte at a position; the end of the line if that is shorter.
pub fn offset(text: &str, position: &Value) -> usize {
    let number = |name: &str| position[name].as_u64().unwrap_or(0) as usize;
    let (line, character) = (number("line"), number("character"));
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let rest = text[start..].split('\n').next().unwrap_or_default();
    let mut units = 0;
    for (at, c) in rest.char_indices() {
        if units >= character {
            return start + at;
        }
        units += c.len_utf16();
    }
    start + rest.len()
}

/// The position of a byte.
pub fn position(text: &str, offset: usize) -> Value {
    let before = &text[..text.floor_char_boundary(offset)];
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let character: usize = before[start..].chars().map(char::len_utf16).sum();
    json!({ "line": before.matches('\n').count(), "character": character })
}

/// The positions of both ends.
pub fn range(text: &str, range: Range<usize>) -> Value {
    json!({ "start": position(text, range.start), "end": position(text, range.end) })
}

/// The path of a `file:` address.
pub fn path(uri: &str) -> Option<PathBuf> {
    let path = uri.strip_prefix("file://")?;
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        let mut digit = || char::from(rest.next()?).to_digit(16);
        bytes.push(match byte {
            b'%' => (digit()? * 16 + digit()?) as u8,
            other => other,
        });
    }
    String::from_utf8(bytes).ok().map(PathBuf::from)
}

/// The address of a path.
pub fn uri(path: &str) -> String {
    let mut uri = "file://".to_owned();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => uri.push(byte.into()),
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_found_again() {
        let text = "a\né\u{1F409}b\n";
        for (at, line, character) in [(0, 0, 0), (1, 0, 1), (2, 1, 0), (4, 1, 1), (8, 1, 3), (9, 1, 4), (10, 2, 0)] {
            let place = json!({ "line": line, "character": character });
            assert_eq!((position(text, at), offset(text, &place)), (place.clone(), at));
        }
        assert_eq!(offset(text, &json!({ "line": 0, "character": 99 })), 1);
        assert_eq!(offset(text, &json!({ "line": 99, "character": 0 })), text.len());
    }

    #[test]
    fn addresses_are_paths() {
        assert_eq!(path(&uri("/a b/ü.vit")), Some(PathBuf::from("/a b/ü.vit")));
        assert_eq!((path("http://a"), path("file:///%g")), (None, None));
    }
}
