//! Making strings: from others, from numbers, from bytes.

use super::search::{for_each_part, part_of};
use crate::object::{List, Str};
use crate::stdlib::list::new_bytes;
use crate::stdlib::number::{self, Digits};
use crate::stdlib::range::{check_count, check_range};
use crate::stdlib::raw;
use crate::{Process, Throw};
use vitte_abi::object::type_id;

/// The most digits after the point that `float_to_fixed` writes; no float has more than 1074.
const MAX_DIGITS: i64 = 1100;

/// A string of the parts one after the other.
pub fn concat<'p, 't>(p: &'p Process, parts: impl Iterator<Item = &'t str> + Clone) -> Result<Str<'p>, Throw> {
    let len = parts.clone().map(str::len).fold(0, usize::saturating_add);
    p.check_room(len)?;
    Ok(p.new_str_with(len, |bytes| {
        let mut rest = bytes;
        for part in parts {
            let (head, tail) = rest.split_at_mut(part.len());
            copy_text(head, part.as_bytes());
            rest = tail;
        }
    }))
}

/// Copies text into room of the same length. What is joined or collected is mostly short: that is done without a call.
#[inline]
pub(in crate::stdlib) fn copy_text(to: &mut [u8], text: &[u8]) {
    /// Copies the first and the last bytes, which may overlap and are all there is.
    #[inline]
    fn both_ends<const N: usize>(to: &mut [u8], text: &[u8]) {
        let (first, last) = (text.first_chunk::<N>(), text.last_chunk::<N>());
        if let (Some(first), Some(last)) = (first, last) {
            *to.first_chunk_mut().expect("as long as the text") = *first;
            *to.last_chunk_mut().expect("as long as the text") = *last;
        }
    }
    match text.len() {
        0 => {}
        1 => to[0] = text[0],
        2..4 => both_ends::<2>(to, text),
        4..8 => both_ends::<4>(to, text),
        8..=16 => both_ends::<8>(to, text),
        _ => to.copy_from_slice(text),
    }
}

/// The strings at `parts`, `n` words, one after the other.
pub fn str_concat(p: &Process, parts: u64, n: i64) -> Result<Str<'_>, Throw> {
    let words = raw::slots(parts, n as usize);
    concat(p, words.iter().map(|&word| Str::of(p.object(word)).as_str()))
}

/// The bytes `start .. end` of `s`.
pub fn str_slice<'p>(p: &'p Process, s: Str<'p>, start: i64, end: i64) -> Result<Str<'p>, Throw> {
    match s.as_str().get(check_range(p, start, end, s.len())?) {
        Some(part) => Ok(part_of(p, s, part)),
        None => {
            let message = format!("range {start}..{end} does not lie on character boundaries");
            Err(p.throw_error(type_id::INDEX_ERROR, &message))
        }
    }
}

/// The parts with `separator` between them.
pub fn str_join<'p>(p: &'p Process, parts: List<'_>, separator: Str<'_>) -> Result<Str<'p>, Throw> {
    let words = &parts.buffer().words()[..parts.len()];
    let text = words.iter().enumerate().flat_map(|(index, word)| {
        let before = if index == 0 { "" } else { separator.as_str() };
        [before, Str::of(p.object(word.get().0)).as_str()]
    });
    concat(p, text)
}

/// `s` with `to` in place of each `from`; an empty `from` stands between all characters and at both ends.
pub fn str_replace<'p>(p: &'p Process, s: Str<'p>, from: Str<'_>, to: Str<'_>) -> Result<Str<'p>, Throw> {
    let (text, to) = (s.as_str(), to.as_str());
    let mut parts: Vec<&str> = Vec::new();
    match from.as_str() {
        // Nothing stands before the first character and behind the last.
        "" => parts.extend(text.split("")),
        from => for_each_part(text, from, |part| parts.push(part)),
    }
    if parts.len() == 1 {
        return Ok(s);
    }
    concat(p, parts.iter().enumerate().flat_map(|(index, part)| [if index == 0 { "" } else { to }, part]))
}

/// `s` in upper case.
pub fn str_upper<'p>(p: &'p Process, s: Str<'_>) -> Str<'p> {
    if s.as_str().is_ascii() {
        return p.new_str_with(s.len(), |bytes| {
            bytes.copy_from_slice(s.bytes());
            bytes.make_ascii_uppercase();
        });
    }
    p.new_str(&s.as_str().to_uppercase())
}

/// `s` in lower case.
pub fn str_lower<'p>(p: &'p Process, s: Str<'_>) -> Str<'p> {
    if s.as_str().is_ascii() {
        return p.new_str_with(s.len(), |bytes| {
            bytes.copy_from_slice(s.bytes());
            bytes.make_ascii_lowercase();
        });
    }
    p.new_str(&s.as_str().to_lowercase())
}

/// `n` times `s`.
pub fn str_repeat<'p>(p: &'p Process, s: Str<'_>, n: i64) -> Result<Str<'p>, Throw> {
    let n = check_count(p, "number of repetitions", n)?;
    let len = s.len().saturating_mul(n);
    p.check_room(len)?;
    Ok(p.new_str_with(len, |bytes| {
        if len != 0 {
            // Once, then twice as much each time, by copying what is there.
            bytes[..s.len()].copy_from_slice(s.bytes());
            let mut done = s.len();
            while done < len {
                let more = done.min(len - done);
                bytes.copy_within(..more, done);
                done += more;
            }
        }
    }))
}

/// The string of one code point.
pub fn str_from_char(p: &Process, c: i64) -> Result<Str<'_>, Throw> {
    Ok(p.new_str(char_of(p, c)?.encode_utf8(&mut [0; 4])))
}

/// The string of code points.
pub fn str_from_chars<'p>(p: &'p Process, chars: List<'_>) -> Result<Str<'p>, Throw> {
    let mut text = String::with_capacity(chars.len());
    for c in chars.cells::<i64>() {
        text.push(char_of(p, c.get())?);
    }
    Ok(p.new_str(&text))
}

fn char_of(p: &Process, c: i64) -> Result<char, Throw> {
    u32::try_from(c)
        .ok()
        .and_then(char::from_u32)
        .ok_or_else(|| p.throw_error(type_id::PARSE_ERROR, &format!("{c} is not a Unicode code point")))
}

/// The bytes of `s`.
pub fn str_to_bytes<'p>(p: &'p Process, s: Str<'_>) -> List<'p> {
    new_bytes(p, s.bytes())
}

/// The text that `b` encodes.
pub fn str_from_bytes<'p>(p: &'p Process, b: List<'_>) -> Result<Str<'p>, Throw> {
    Ok(p.new_str(check_utf8(p, b)?))
}

fn check_utf8<'p>(p: &Process, b: List<'p>) -> Result<&'p str, Throw> {
    str::from_utf8(b.bytes())
        .map_err(|error| p.throw_error(type_id::PARSE_ERROR, &format!("invalid UTF-8 at byte {}", error.valid_up_to())))
}

/// The text that `b` encodes, which is empty afterwards.
pub fn bytes_into_str<'p>(p: &'p Process, b: List<'p>) -> Result<Str<'p>, Throw> {
    let (text, buffer) = (check_utf8(p, b)?, b.buffer());
    let len = text.len();
    let result = match buffer.into_str(len) {
        Some(result) => {
            b.set_buffer(p, p.new_buffer(false, 0));
            result
        }
        None => p.new_str(text),
    };
    b.set_len(0);
    Ok(result)
}

/// The text that `b` encodes, with U+FFFD for what is not UTF-8.
pub fn str_from_bytes_lossy<'p>(p: &'p Process, b: List<'_>) -> Str<'p> {
    p.new_str(&String::from_utf8_lossy(b.bytes()))
}

/// The text at `address` up to a zero byte, with U+FFFD for what is not UTF-8; empty for null.
pub fn ptr_str(p: &Process, address: u64) -> Str<'_> {
    p.new_str(&String::from_utf8_lossy(raw::c_string(address)))
}

/// The whole of `s` as a number in `radix`.
pub fn parse_int(p: &Process, s: Str<'_>, radix: i64) -> Result<Option<i64>, Throw> {
    Ok(number::parse_int(s.as_str(), check_radix(p, radix)?))
}

/// The whole of `s` as a float.
pub fn parse_float(_: &Process, s: Str<'_>) -> Option<f64> {
    number::parse_float(s.as_str())
}

/// The digits of `value` in `radix`.
pub fn int_to_str_radix(p: &Process, value: i64, radix: i64) -> Result<Str<'_>, Throw> {
    Ok(p.new_str(Digits::in_radix(value, check_radix(p, radix)?).as_str()))
}

fn check_radix(p: &Process, radix: i64) -> Result<u32, Throw> {
    match radix {
        2..=36 => Ok(radix as u32),
        _ => Err(p.throw_error(type_id::INDEX_ERROR, &format!("radix {radix} is not in 2..=36"))),
    }
}

/// `value` with `digits` digits after the point.
pub fn float_to_fixed(p: &Process, value: f64, digits: i64) -> Result<Str<'_>, Throw> {
    if value.is_nan() {
        return Ok(p.new_str("nan"));
    }
    match digits {
        0..=MAX_DIGITS => Ok(p.new_str(&format!("{value:.*}", digits as usize))),
        _ => Err(p.throw_error(type_id::INDEX_ERROR, &format!("number of digits {digits} is not in 0..={MAX_DIGITS}"))),
    }
}
