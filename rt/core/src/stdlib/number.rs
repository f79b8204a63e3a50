//! Numbers as text, and text as numbers.
//!
//! Floats print with the fewest digits that read back as the same number; plain from 0.0001 up to 10¹⁶, with an
//! exponent beyond: `1.0`, `0.1`, `1e16`, `2.5e-7`, `nan`, `-inf`.

use std::fmt::{self, Write};

/// The longest text of a 64-bit number in any radix: 64 binary digits and a sign.
const MAX_DIGITS: usize = 65;

/// The digits of one number, without allocation.
pub struct Digits {
    bytes: [u8; MAX_DIGITS],
    start: usize,
}

impl Digits {
    /// The decimal digits of a signed number.
    pub fn of_int(value: i64) -> Digits {
        Digits::decimal(value.unsigned_abs(), value < 0)
    }

    /// The decimal digits of an unsigned number.
    pub fn of_u64(value: u64) -> Digits {
        Digits::decimal(value, false)
    }

    /// The digits of a signed number in `radix` 2 to 36, in lower case.
    pub fn in_radix(value: i64, radix: u32) -> Digits {
        Digits::new(value.unsigned_abs(), radix as u64, value < 0)
    }

    fn new(magnitude: u64, radix: u64, negative: bool) -> Digits {
        let mut digits = Digits { bytes: [b'0'; MAX_DIGITS], start: MAX_DIGITS };
        let mut rest = magnitude;
        loop {
            digits.start -= 1;
            let digit = rest % radix;
            rest /= radix;
            digits.bytes[digits.start] = if digit < 10 { b'0' + digit as u8 } else { b'a' + (digit - 10) as u8 };
            if rest == 0 {
                break;
            }
        }
        digits.sign(negative)
    }

    fn decimal(magnitude: u64, negative: bool) -> Digits {
        let mut digits = Digits { bytes: [b'0'; MAX_DIGITS], start: MAX_DIGITS };
        let mut rest = magnitude;
        // Two at a time, since each division waits for the one before.
        while rest >= 10 {
            let pair = (rest % 100) as u8;
            rest /= 100;
            digits.start -= 2;
            digits.bytes[digits.start] = b'0' + pair / 10;
            digits.bytes[digits.start + 1] = b'0' + pair % 10;
        }
        if rest > 0 || magnitude == 0 {
            digits.start -= 1;
            digits.bytes[digits.start] = b'0' + rest as u8;
        }
        digits.sign(negative)
    }

    fn sign(mut self, negative: bool) -> Digits {
        if negative {
            self.start -= 1;
            self.bytes[self.start] = b'-';
        }
        self
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        // SAFETY: digits and signs are ASCII.
        unsafe { str::from_utf8_unchecked(&self.bytes[self.start..]) }
    }
}

/// How floats are written. A program without floats has none, and none of the code behind it.
pub struct Floats {
    /// Writes a `float`.
    pub float: fn(&mut dyn Write, f64) -> fmt::Result,
    /// Writes an `f32`.
    pub f32: fn(&mut dyn Write, f32) -> fmt::Result,
}

/// What [`FLOATS_SYMBOL`](vitte_abi::program::FLOATS_SYMBOL) names.
#[unsafe(export_name = "vt_floats")]
pub static FLOATS: Floats = Floats { float: write_float, f32: write_f32 };

/// Writes a `float`.
fn write_float(out: &mut dyn Write, value: f64) -> fmt::Result {
    match style(value, 1e-4) {
        Style::Nan => out.write_str("nan"),
        Style::Exponent => write!(out, "{value:e}"),
        Style::Whole => {
            // Below 10¹⁶, and exact; of zero the sign is shown, too.
            out.write_str(if value.is_sign_negative() { "-" } else { "" })?;
            out.write_str(Digits::of_u64(value.abs() as u64).as_str())?;
            out.write_str(".0")
        }
        Style::Plain => match short_decimal(value) {
            Some((digits, places)) => write_decimal(out, digits, places),
            None => write!(out, "{value}"),
        },
    }
}

/// The fewest digits after the point, if a few, and the number without its point, if it is small enough that no other
/// number of so many digits is as close.
fn short_decimal(value: f64) -> Option<(i64, usize)> {
    const MAX_PLACES: usize = 4;
    const LIMIT: f64 = 1e15;
    let mut scale = 1.0;
    for places in 1..=MAX_PLACES {
        scale *= 10.0;
        let scaled = value * scale;
        if scaled.abs() >= LIMIT {
            return None;
        }
        let digits = (scaled + 0.5f64.copysign(scaled)) as i64;
        // Both are exact, so the quotient is what the decimal reads as.
        if digits as f64 / scale == value {
            return Some((digits, places));
        }
    }
    None
}

/// Writes a number whose last `places` digits stand behind the point.
fn write_decimal(out: &mut dyn Write, digits: i64, places: usize) -> fmt::Result {
    let scale = 10u64.pow(places as u32);
    let size = digits.unsigned_abs();
    if digits < 0 {
        out.write_char('-')?;
    }
    out.write_str(Digits::of_u64(size / scale).as_str())?;
    // The digit before the fraction keeps its leading zeros, and becomes the point.
    let mut fraction = Digits::of_u64(scale + size % scale);
    fraction.bytes[fraction.start] = b'.';
    out.write_str(fraction.as_str())
}

/// Writes an `f32`, with the digits that it needs itself.
fn write_f32(out: &mut dyn Write, value: f32) -> fmt::Result {
    match style(f64::from(value), f64::from(1e-4f32)) {
        Style::Nan => out.write_str("nan"),
        Style::Exponent => write!(out, "{value:e}"),
        Style::Whole => write!(out, "{value}.0"),
        Style::Plain => write!(out, "{value}"),
    }
}

enum Style {
    Nan,
    Exponent,
    /// Without a fraction, which is shown nevertheless.
    Whole,
    Plain,
}

/// How a number is written that has the precision in which `small` is closest to 0.0001.
fn style(value: f64, small: f64) -> Style {
    let size = value.abs();
    if value.is_nan() {
        Style::Nan
    } else if size.is_infinite() {
        Style::Plain
    } else if size >= 1e16 || size != 0.0 && size < small {
        Style::Exponent
    } else if size.trunc() == size {
        Style::Whole
    } else {
        Style::Plain
    }
}

/// The whole of `text` as a number in `radix` 2 to 36, with an optional sign; `None` if it is none or too large.
pub fn parse_int(text: &str, radix: u32) -> Option<i64> {
    i64::from_str_radix(text, radix).ok()
}

/// The whole of `text` as a float, correctly rounded: digits with an optional sign, point and exponent, or `nan`,
/// `inf`, `infinity`.
pub fn parse_float(text: &str) -> Option<f64> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn float(value: f64) -> String {
        let mut out = String::new();
        write_float(&mut out, value).unwrap();
        out
    }

    #[test]
    fn ints_in_any_radix_read_back() {
        for value in [0, 1, -1, 9, 10, 35, 36, i64::MAX, i64::MIN, 1234567890123] {
            assert_eq!(Digits::of_int(value).as_str(), value.to_string());
            for radix in 2..=36 {
                assert_eq!(parse_int(Digits::in_radix(value, radix).as_str(), radix), Some(value));
            }
        }
        assert_eq!(Digits::of_u64(u64::MAX).as_str(), "18446744073709551615");
        assert_eq!(Digits::in_radix(-255, 16).as_str(), "-ff");
    }

    #[test]
    fn floats_print_the_shortest_text_that_reads_back() {
        let cases = [
            (1.0, "1.0"),
            (0.1, "0.1"),
            (-0.0, "-0.0"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e16"),
            (1e300, "1e300"),
            (1e-7, "1e-7"),
            (2.5e-7, "2.5e-7"),
            (0.0001, "0.0001"),
            (0.3, "0.3"),
            (0.1 + 0.2, "0.30000000000000004"),
            (f64::NAN, "nan"),
            (-f64::NAN, "nan"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::MAX, "1.7976931348623157e308"),
            (5e-324, "5e-324"),
        ];
        for (value, text) in cases {
            assert_eq!(float(value), text);
            assert!(value.is_nan() || parse_float(text) == Some(value));
        }
        // Apart from `nan`, what Rust prints for programmers.
        for step in 0..20_000u64 {
            let bits = step.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let (value, small) = (f64::from_bits(bits), (bits % 100_000) as f64 / 1024.0);
            assert!(value.is_nan() || float(value) == format!("{value:?}"), "{value:?}");
            assert_eq!(float(small), format!("{small:?}"));
            for scale in [-2.0, 10.0, -100.0, 1e3, 1e4, 1e5] {
                let decimal = (bits >> (step % 64)) as i64 as f64 / scale;
                assert_eq!(float(decimal), format!("{decimal:?}"));
            }
        }
        let cases = [
            (0.1, "0.1"),
            (0.0001, "0.0001"),
            (0.000_099_999_99, "9.999999e-5"),
            (1e16, "1e16"),
            (9e15, "9000000000000000.0"),
        ];
        for (value, text) in cases {
            let mut out = String::new();
            write_f32(&mut out, value).unwrap();
            assert_eq!(out, text);
        }
    }

    #[test]
    fn text_that_is_no_number_is_refused() {
        for text in ["", "-", "+", " 1", "1 ", "1_000", "0x10", "9223372036854775808"] {
            assert_eq!(parse_int(text, 10), None, "{text}");
        }
        assert_eq!((parse_int("+7", 10), parse_int("-FF", 16)), (Some(7), Some(-255)));
        for text in ["", ".", "1.0.0", "e5", " 1.0", "0x1p3"] {
            assert_eq!(parse_float(text), None, "{text}");
        }
        assert_eq!((parse_float("1e3"), parse_float(".5")), (Some(1000.0), Some(0.5)));
    }
}
