//! Numbers, characters and strings.

use super::{Bracket, Lexer, Tok};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;

impl Lexer<'_> {
    pub(super) fn number(&mut self) {
        let start = self.at;
        let after_dot = self.out.tokens.last().is_some_and(|last| last.tok == Tok::Dot);
        let radix = match (self.bytes[start], self.bytes.get(start + 1)) {
            (b'0', Some(b'x')) => 16,
            (b'0', Some(b'o')) => 8,
            (b'0', Some(b'b')) => 2,
            _ => 10,
        };
        if radix != 10 {
            self.at += 2;
            return self.integer(start, radix);
        }
        self.skip_digits();
        if after_dot {
            return self.integer_of(start, start, 10);
        }
        let next_is_digit = |lexer: &Self, at: usize| lexer.bytes.get(at).is_some_and(u8::is_ascii_digit);
        let mut is_float = false;
        if self.bytes.get(self.at) == Some(&b'.') && next_is_digit(self, self.at + 1) {
            is_float = true;
            self.at += 1;
            self.skip_digits();
        }
        if matches!(self.bytes.get(self.at), Some(b'e' | b'E')) {
            let signed = matches!(self.bytes.get(self.at + 1), Some(b'+' | b'-'));
            let digits = self.at + 1 + usize::from(signed);
            if next_is_digit(self, digits) {
                is_float = true;
                self.at = digits;
                self.skip_digits();
            }
        }
        if !is_float {
            return self.integer_of(start, start, 10);
        }
        let text: String = self.text[start..self.at].chars().filter(|&c| c != '_').collect();
        let value = text.parse().unwrap_or(f64::NAN);
        self.out.floats.push(value);
        self.push(Tok::Float, start, self.out.floats.len() as u32 - 1);
        self.no_suffix(start);
    }

    fn skip_digits(&mut self) {
        while self.bytes.get(self.at).is_some_and(|byte| byte.is_ascii_digit() || *byte == b'_') {
            self.at += 1;
        }
    }

    fn integer(&mut self, start: usize, radix: u32) {
        let digits = self.at;
        while self.bytes.get(self.at).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_') {
            self.at += 1;
        }
        self.integer_of(start, digits, radix);
    }

    /// The token of the integer that begins at `start`, its digits at `digits`, and ends here.
    fn integer_of(&mut self, start: usize, digits: usize, radix: u32) {
        let mut value = 0u64;
        let mut any = false;
        let mut fault = None;
        for &byte in &self.bytes[digits..self.at] {
            match char::from(byte).to_digit(radix) {
                _ if byte == b'_' => continue,
                None => fault = fault.or(Some(format!("`{}` is no digit of base {radix}", char::from(byte)))),
                Some(digit) => {
                    let next =
                        value.checked_mul(u64::from(radix)).and_then(|value| value.checked_add(u64::from(digit)));
                    match next {
                        Some(next) => value = next,
                        None => fault = fault.or(Some("the number does not fit 64 bits".to_owned())),
                    }
                }
            }
            any = true;
        }
        if !any {
            fault = Some("digits are missing".to_owned());
        }
        if let Some(fault) = fault {
            self.error(Diagnostic::error(codes::BAD_NUMBER, self.span(start), fault));
        }
        self.int_token(start, value);
        self.no_suffix(start);
    }

    fn no_suffix(&mut self, start: usize) {
        let Some(&byte) = self.bytes.get(self.at) else { return };
        if byte.is_ascii_alphabetic() {
            while self.bytes.get(self.at).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_') {
                self.at += 1;
            }
            let message = "a name must not follow a number directly";
            self.error(Diagnostic::error(codes::BAD_NUMBER, self.span(start), message).help("convert with `as`"));
        }
    }

    fn int_token(&mut self, start: usize, value: u64) {
        self.out.ints.push(value);
        self.push(Tok::Int, start, self.out.ints.len() as u32 - 1);
    }

    /// A character literal, or a label.
    pub(super) fn quote(&mut self) {
        let start = self.at;
        self.at += 1;
        let Some(c) = self.peek_char() else {
            return self.bad_char(start, "a quote at the end of the file");
        };
        if c == '\\' {
            let Some(value) = self.escape(false) else {
                // That has been reported.
                self.skip_char();
                return self.int_token(start, 0);
            };
            return self.close_char(start, u64::from(value));
        }
        if c == '\'' {
            self.at += 1;
            return self.bad_char(start, "a character literal holds one character");
        }
        let after = self.at + c.len_utf8();
        if self.bytes.get(after) == Some(&b'\'') {
            self.at = after;
            return self.close_char(start, u64::from(u32::from(c)));
        }
        if unicode_ident::is_xid_start(c) || c == '_' {
            let from = self.at;
            while self.peek_char().is_some_and(unicode_ident::is_xid_continue) {
                self.at += self.peek_char().map_or(1, char::len_utf8);
            }
            if self.bytes.get(self.at) == Some(&b'\'') {
                self.at += 1;
                return self.bad_char(start, "a character literal holds one character");
            }
            let text = self.text;
            return self.name_token(Tok::Label, start, &text[from..self.at]);
        }
        self.bad_char(start, "a character literal holds one character");
    }

    /// Goes behind the closing quote of a character literal, if that is on this line.
    fn skip_char(&mut self) {
        let line = self.text[self.at..].lines().next().unwrap_or_default();
        if let Some(end) = line.find('\'') {
            self.at += end + 1;
        }
    }

    fn close_char(&mut self, start: usize, value: u64) {
        if self.bytes.get(self.at) != Some(&b'\'') {
            return self.bad_char(start, "the closing quote is missing");
        }
        self.at += 1;
        self.int_token(start, value);
    }

    fn bad_char(&mut self, start: usize, message: &str) {
        self.error(
            Diagnostic::error(codes::BAD_CHAR, self.span(start), message).help("strings stand in double quotes"),
        );
        self.int_token(start, 0);
    }

    /// The code point, or byte, that the escape sequence here stands for.
    fn escape(&mut self, byte: bool) -> Option<u32> {
        let start = self.at;
        self.at += 1;
        let c = self.peek_char();
        self.at += c.map_or(0, char::len_utf8);
        let value = match c {
            Some('n') => Some(10),
            Some('t') => Some(9),
            Some('r') => Some(13),
            Some('0') => Some(0),
            Some(c @ ('\\' | '"' | '\'' | '{' | '}')) => Some(u32::from(c)),
            Some('x') => {
                let digits = self.text.get(self.at..self.at + 2).unwrap_or_default();
                let value = u32::from_str_radix(digits, 16).ok().filter(|&value| byte || value < 0x80);
                self.at += if value.is_some() { 2 } else { 0 };
                value
            }
            Some('u') if !byte && self.bytes.get(self.at) == Some(&b'{') => {
                let rest = &self.text[self.at + 1..];
                let is_digit = |c: char| c.is_ascii_hexdigit();
                let digits = &rest[..rest.find(|c| !is_digit(c)).unwrap_or(rest.len())];
                let closes = rest[digits.len()..].starts_with('}');
                self.at += 1 + digits.len() + usize::from(closes);
                if closes && !digits.is_empty() {
                    let value = u32::from_str_radix(digits, 16).ok().filter(|&value| char::from_u32(value).is_some());
                    if value.is_none() {
                        let message = format!("U+{} is no character", digits.to_uppercase());
                        self.error(Diagnostic::error(codes::BAD_ESCAPE, self.span(start), message));
                    }
                    return value;
                }
                None
            }
            _ => None,
        };
        if value.is_none() {
            let known = if byte { r#"`\n \t \r \0 \\ \" \x41`"# } else { r#"`\n \t \r \0 \\ \" \' \x41 \u{1F409}`"# };
            let span = self.span(start);
            let shown: String = self.text[start..self.at].chars().filter(|c| !c.is_control()).collect();
            let message = format!("`{shown}` is no escape sequence");
            self.error(Diagnostic::error(codes::BAD_ESCAPE, span, message).note(format!("there are {known}")));
        }
        value
    }

    /// The part of a string that begins here: at its start, or after an expression in it. `start` is where its token
    /// begins.
    pub(super) fn string(&mut self, start: usize, first: bool) {
        let from = self.at;
        let mut text: Option<String> = None;
        let mut flushed = from;
        loop {
            let Some(&byte) = self.bytes.get(self.at) else {
                let open = Span { start: self.base + start as u32, end: self.base + start as u32 + 1 };
                let mut diagnostic = Diagnostic::error(codes::UNTERMINATED, open, "this string does not end");
                if self.brackets.contains(&Bracket::Interpolation) {
                    diagnostic =
                        diagnostic.note("it stands in an expression of another string, whose `}` may be missing");
                    // Nothing more is to be said about those.
                    self.brackets.clear();
                }
                self.error(diagnostic);
                break;
            };
            match byte {
                b'"' => break,
                b'{' if self.bytes.get(self.at + 1) != Some(&b'{') => break,
                b'{' | b'}' => {
                    let part = &self.text[flushed..=self.at];
                    text.get_or_insert_default().push_str(part);
                    if byte == b'}' && self.bytes.get(self.at + 1) != Some(&b'}') {
                        let span = Span { start: self.base + self.at as u32, end: self.base + self.at as u32 + 1 };
                        let diagnostic = Diagnostic::error(codes::BAD_ESCAPE, span, "a brace that closes nothing");
                        self.error(diagnostic.fix("write `}}` for a brace", span, "}}"));
                        self.at += 1;
                    } else {
                        self.at += 2;
                    }
                    flushed = self.at;
                }
                b'\\' => {
                    let part = &self.text[flushed..self.at];
                    text.get_or_insert_default().push_str(part);
                    let c = self.escape(false).and_then(char::from_u32);
                    text.get_or_insert_default().extend(c);
                    flushed = self.at;
                }
                _ => self.at += 1,
            }
        }
        self.check_direction(from);
        let rest = &self.text[flushed..self.at];
        let interpolates = self.bytes.get(self.at) == Some(&b'{');
        self.at = (self.at + 1).min(self.bytes.len());
        let tok = match (first, interpolates) {
            (true, true) => Tok::StrStart,
            (false, true) => Tok::StrMid,
            (true, false) => Tok::Str,
            (false, false) => Tok::StrEnd,
        };
        match text {
            None => self.name_token(tok, start, rest),
            Some(mut text) => {
                text.push_str(rest);
                self.name_token(tok, start, &text);
            }
        }
        if interpolates {
            self.brackets.push(Bracket::Interpolation);
        }
    }

    /// The rest of a byte string whose opening quote is read.
    pub(super) fn byte_string(&mut self, start: usize) {
        let mut bytes = vec![];
        loop {
            match self.bytes.get(self.at) {
                None => {
                    let span = self.span(start);
                    self.error(Diagnostic::error(codes::UNTERMINATED, span, "this byte string does not end"));
                    break;
                }
                Some(b'"') => {
                    self.at += 1;
                    break;
                }
                Some(b'\\') => bytes.extend(self.escape(true).map(|value| value as u8)),
                Some(&byte) => {
                    bytes.push(byte);
                    self.at += 1;
                }
            }
        }
        self.out.bytes.push(bytes);
        self.push(Tok::Bytes, start, self.out.bytes.len() as u32 - 1);
    }
}
