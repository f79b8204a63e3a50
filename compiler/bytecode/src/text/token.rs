//! Cutting assembler text into tokens.

use super::errors::Errors;
use crate::codes::Code;
use std::fmt;

/// A token.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Token<'s> {
    /// A name, keyword, mnemonic or register.
    Word(&'s str),
    /// A string in quotes, its escapes resolved.
    Str(String),
    /// Bytes in quotes, their escapes resolved.
    Bytes(Vec<u8>),
    /// An integer.
    Int(i64),
    /// A float, by its bits.
    Float(u64),
    /// A sign.
    Sign(char),
    /// `->`
    Arrow,
    /// `...`
    Ellipsis,
    /// What cannot be read, and has been reported.
    Unreadable,
    /// The end of a line.
    Newline,
    /// The end of the text.
    End,
}

impl fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Token::Word(word) => write!(f, "`{word}`"),
            Token::Str(_) => f.write_str("a string"),
            Token::Bytes(_) => f.write_str("bytes"),
            Token::Int(int) => write!(f, "`{int}`"),
            Token::Float(bits) => write!(f, "`{:?}`", f64::from_bits(*bits)),
            Token::Sign(sign) => write!(f, "`{sign}`"),
            Token::Arrow => f.write_str("`->`"),
            Token::Ellipsis => f.write_str("`...`"),
            Token::Unreadable => f.write_str("unreadable text"),
            Token::Newline => f.write_str("the end of the line"),
            Token::End => f.write_str("the end of the text"),
        }
    }
}

/// A place in a text: line and column, counted from 1.
pub(super) type Spot = (u32, u32);

/// Cuts `source` into tokens with their places; the last is [`Token::End`]. What cannot be read is
/// reported.
pub(super) fn tokenize<'s>(source: &'s str, errors: &mut Errors) -> Vec<(Token<'s>, Spot)> {
    let mut lexer = Lexer { source, rest: source, line: 1, column: 1 };
    let mut tokens = vec![];
    loop {
        lexer.skip_blanks();
        let spot = lexer.spot();
        match lexer.next() {
            Ok(token) => {
                let end = token == Token::End;
                tokens.push((token, spot));
                if end {
                    return tokens;
                }
            }
            Err((at, message)) => {
                errors.push(at.unwrap_or(spot), Code::BAD_TOKEN, message);
                tokens.push((Token::Unreadable, spot));
            }
        }
    }
}

/// Whether a name may begin with the character.
pub(super) fn begins_word(c: char) -> bool {
    c.is_alphabetic() || c == '_' || c == '$'
}

/// Whether a name may go on with the character.
pub(super) fn continues_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$' || c == '.'
}

struct Lexer<'s> {
    source: &'s str,
    rest: &'s str,
    line: u32,
    column: u32,
}

/// A message, and its place if it is not where the token begins.
type Fault = (Option<Spot>, String);

impl<'s> Lexer<'s> {
    fn spot(&self) -> Spot {
        (self.line, self.column)
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.rest = &self.rest[c.len_utf8()..];
        match c {
            '\n' => (self.line, self.column) = (self.line + 1, 1),
            _ => self.column += 1,
        }
        Some(c)
    }

    fn skip(&mut self, n_chars: usize) {
        for _ in 0..n_chars {
            self.bump();
        }
    }

    fn take_while(&mut self, accept: impl Fn(char) -> bool) -> &'s str {
        let start = self.source.len() - self.rest.len();
        while self.peek().is_some_and(&accept) {
            self.bump();
        }
        &self.source[start..self.source.len() - self.rest.len()]
    }

    fn skip_blanks(&mut self) {
        self.take_while(|c| c != '\n' && c.is_whitespace());
        if self.peek() == Some(';') {
            self.take_while(|c| c != '\n');
        }
    }

    fn next(&mut self) -> Result<Token<'s>, Fault> {
        let Some(c) = self.peek() else { return Ok(Token::End) };
        let mut following = self.rest[c.len_utf8()..].chars();
        let second = following.next();
        match c {
            '\n' => {
                self.bump();
                Ok(Token::Newline)
            }
            '"' => self.quoted(true).map(|bytes| {
                Token::Str(String::from_utf8(bytes).expect("a string takes only characters and escapes of characters"))
            }),
            'b' if second == Some('"') => {
                self.bump();
                self.quoted(false).map(Token::Bytes)
            }
            '-' if second == Some('>') => {
                self.bump();
                self.bump();
                Ok(Token::Arrow)
            }
            '-' => self.number(),
            '.' if self.rest.starts_with("...") => {
                self.skip(3);
                Ok(Token::Ellipsis)
            }
            _ if c.is_ascii_digit() => self.number(),
            _ if begins_word(c) => match self.take_while(continues_word) {
                "nan" => Ok(Token::Float(f64::NAN.to_bits())),
                "inf" => Ok(Token::Float(f64::INFINITY.to_bits())),
                word => Ok(Token::Word(word)),
            },
            ',' | ':' | '(' | ')' | '[' | ']' | '{' | '}' | '?' | '=' | '#' | '@' => {
                self.bump();
                Ok(Token::Sign(c))
            }
            _ => {
                self.bump();
                Err((None, format!("the character `{}` has no meaning here", c.escape_debug())))
            }
        }
    }

    /// `42 -1 0xff 1.5 1e300 -inf`
    fn number(&mut self) -> Result<Token<'s>, Fault> {
        let rest = self.rest;
        let negative = self.peek() == Some('-');
        if negative {
            self.bump();
        }
        // A sign belongs to the number only right after an exponent's `e`, which hexadecimal digits do not have.
        let mut text = self.take_while(continues_word);
        let hexadecimal = text.starts_with("0x") || text.starts_with("0X");
        if !hexadecimal && text.ends_with(['e', 'E']) && self.rest.starts_with(['+', '-']) {
            self.bump();
            self.take_while(|c| c.is_ascii_digit());
        }
        text = &rest[..rest.len() - self.rest.len()];
        let digits = text.trim_start_matches('-');
        if digits == "inf" {
            return Ok(Token::Float(f64::NEG_INFINITY.to_bits()));
        }
        let plain = digits.replace('_', "");
        if hexadecimal {
            return match u64::from_str_radix(&plain[2..], 16) {
                Ok(bits) if negative => Ok(Token::Int((bits as i64).wrapping_neg())),
                Ok(bits) => Ok(Token::Int(bits as i64)),
                Err(_) => Err((None, format!("`{text}` is not a hexadecimal number of 64 bits"))),
            };
        }
        let signed = if negative { format!("-{plain}") } else { plain };
        if digits.starts_with(|c: char| c.is_ascii_digit()) {
            if digits.contains(['.', 'e', 'E']) {
                if let Ok(float) = signed.parse::<f64>()
                    && !digits.ends_with('.')
                {
                    return Ok(Token::Float(float.to_bits()));
                }
            } else if digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_') {
                return match signed.parse() {
                    Ok(int) => Ok(Token::Int(int)),
                    Err(_) => Err((None, format!("`{text}` does not fit 64 bits"))),
                };
            }
        }
        Err((None, format!("`{text}` is not a number")))
    }

    /// What stands between quotes: characters and `\n \t \r \0 \\ \" \' \xHH \u{H…}`. In a string `\x` stops at 7f.
    fn quoted(&mut self, string: bool) -> Result<Vec<u8>, Fault> {
        self.bump();
        let mut bytes = vec![];
        let mut fault = None;
        loop {
            let spot = self.spot();
            let c = match self.peek() {
                None | Some('\n') => return Err((None, "the quotes are not closed on this line".to_owned())),
                Some(c) => c,
            };
            self.bump();
            match c {
                '"' => break,
                '\\' => match self.escape(string) {
                    Ok(Escaped::Char(c)) => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
                    Ok(Escaped::Byte(byte)) => bytes.push(byte),
                    Err(message) => fault = fault.or(Some((Some(spot), message))),
                },
                _ => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        match fault {
            None => Ok(bytes),
            Some(fault) => Err(fault),
        }
    }

    fn escape(&mut self, string: bool) -> Result<Escaped, String> {
        let Some(c) = self.peek().filter(|&c| c != '\n') else { return Err("nothing is escaped".to_owned()) };
        self.bump();
        Ok(Escaped::Char(match c {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            '0' => '\0',
            '\\' | '"' | '\'' => c,
            'x' => {
                let digits: String = self.rest.chars().take(2).collect();
                let byte = match u8::from_str_radix(&digits, 16) {
                    Ok(byte) if digits.len() == 2 && !digits.starts_with('+') => byte,
                    _ => return Err("`\\x` takes two hexadecimal digits".to_owned()),
                };
                self.skip(2);
                if !string {
                    return Ok(Escaped::Byte(byte));
                }
                if !byte.is_ascii() {
                    return Err(format!("`\\x{digits}` is not a character; write `\\u{{{digits}}}`"));
                }
                char::from(byte)
            }
            'u' if self.peek() == Some('{') => {
                self.bump();
                let digits = self.take_while(|c| c.is_ascii_hexdigit());
                let c = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
                match (self.peek(), c) {
                    (Some('}'), Some(c)) => {
                        self.bump();
                        c
                    }
                    _ => return Err("`\\u{…}` takes the hexadecimal number of a character".to_owned()),
                }
            }
            _ => return Err(format!("there is no escape `\\{}`", c.escape_debug())),
        }))
    }
}

enum Escaped {
    Char(char),
    Byte(u8),
}
