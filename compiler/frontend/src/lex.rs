//! Text to tokens.
//!
//! Two things are decided here that other languages leave to the grammar: where statements end, and what in a string
//! is text. A line end becomes a [`Tok::Newline`] if the token before it can end a statement, the token after it
//! cannot only go on with one, and the innermost bracket is a brace. A string with expressions in it becomes
//! [`Tok::StrStart`], the expression's tokens, [`Tok::StrMid`], …, [`Tok::StrEnd`].

mod literals;
mod token;

pub(crate) use token::{Tok, Token};

use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::names::{Name, Names, kw};
use crate::source::Span;
use unicode_ident::{is_xid_continue, is_xid_start};

/// The tokens of a file, and the literals that they refer to.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    /// The tokens; the last is [`Tok::Eof`].
    pub(crate) tokens: Vec<Token>,
    /// The integer literals.
    pub(crate) ints: Vec<u64>,
    /// The float literals.
    pub(crate) floats: Vec<f64>,
    /// The byte literals.
    pub(crate) bytes: Vec<Vec<u8>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Bracket {
    Paren,
    Square,
    Brace,
    /// The brace of an expression in a string.
    Interpolation,
}

struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    base: u32,
    out: Tokens,
    names: &'a mut Names,
    diagnostics: &'a mut Vec<Diagnostic>,
    brackets: Vec<Bracket>,
    newline: bool,
}

/// Cuts the text of the file whose first byte has the place `base`. What cannot be read becomes a diagnostic and is
/// left out, or stands as some literal.
pub(crate) fn lex(text: &str, base: u32, names: &mut Names, diagnostics: &mut Vec<Diagnostic>) -> Tokens {
    let mut lexer = Lexer {
        text,
        bytes: text.as_bytes(),
        at: 0,
        base,
        out: Tokens::default(),
        names,
        diagnostics,
        brackets: vec![],
        newline: false,
    };
    lexer.out.tokens.reserve(text.len() / 4);
    lexer.run();
    lexer.out
}

impl<'a> Lexer<'a> {
    fn run(&mut self) {
        if self.text.starts_with('\u{feff}') {
            self.at = '\u{feff}'.len_utf8();
        }
        if self.text.starts_with("#!") {
            self.at = self.text.find('\n').unwrap_or(self.text.len());
        }
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'\n' => {
                    self.newline = true;
                    self.at += 1;
                }
                b'/' if self.bytes.get(self.at + 1) == Some(&b'/') => self.line_comment(),
                b'/' if self.bytes.get(self.at + 1) == Some(&b'*') => self.block_comment(),
                _ => self.token(byte),
            }
        }
        if self.brackets.contains(&Bracket::Interpolation) {
            let message = "the file ends within an expression in a string";
            self.error(
                Diagnostic::error(codes::UNTERMINATED, self.span(self.at), message).help("write `{{` for a brace"),
            );
        }
        self.newline = false;
        self.push(Tok::Eof, self.at, 0);
    }

    fn span(&self, start: usize) -> Span {
        Span { start: self.base + start as u32, end: self.base + self.at as u32 }
    }

    fn error(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    fn push(&mut self, tok: Tok, start: usize, data: u32) {
        let newline = std::mem::take(&mut self.newline)
            && matches!(self.brackets.last(), None | Some(Bracket::Brace))
            && self.out.tokens.last().is_some_and(|last| last.ends_statement())
            && !Token { tok, start: 0, end: 0, data }.continues_statement();
        if newline {
            let at = self.out.tokens.last().map_or(0, |last| last.end);
            self.out.tokens.push(Token { tok: Tok::Newline, start: at, end: at, data: 0 });
        }
        let Span { start, end } = self.span(start);
        self.out.tokens.push(Token { tok, start, end, data });
    }

    fn line_comment(&mut self) {
        let start = self.at;
        let rest = &self.bytes[self.at..];
        self.at += rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
        self.check_direction(start);
    }

    fn block_comment(&mut self) {
        let start = self.at;
        let mut depth = 0usize;
        loop {
            match (self.bytes.get(self.at), self.bytes.get(self.at + 1)) {
                (Some(b'/'), Some(b'*')) => {
                    depth += 1;
                    self.at += 2;
                }
                (Some(b'*'), Some(b'/')) => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        break;
                    }
                }
                (Some(&byte), _) => {
                    self.newline |= byte == b'\n';
                    self.at += 1;
                }
                (None, _) => {
                    let span = Span { end: self.base + start as u32 + 2, ..self.span(start) };
                    self.error(Diagnostic::error(codes::OPEN_COMMENT, span, "this comment does not end"));
                    return;
                }
            }
        }
        self.check_direction(start);
    }

    /// Warns of characters that make text look different from what it is.
    fn check_direction(&mut self, start: usize) {
        let text = &self.text[start..self.at];
        if text.is_ascii() {
            return;
        }
        if let Some((at, c)) =
            text.char_indices().find(|(_, c)| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
        {
            let start = self.base + (start + at) as u32;
            let span = Span { start, end: start + c.len_utf8() as u32 };
            let message = format!("the character U+{:04X} changes the direction of writing", c as u32);
            self.error(Diagnostic::warning(codes::BIDI, span, message));
        }
    }

    fn token(&mut self, byte: u8) {
        let start = self.at;
        match byte {
            b'b' if self.bytes.get(start + 1) == Some(&b'"') => {
                self.at += 2;
                self.byte_string(start);
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(),
            b'0'..=b'9' => self.number(),
            b'"' => {
                self.at += 1;
                self.string(start, true);
            }
            b'\'' => self.quote(),
            b'}' if self.brackets.last() == Some(&Bracket::Interpolation) => {
                self.brackets.pop();
                self.at += 1;
                self.string(start, false);
            }
            0x80.. => self.unicode(),
            _ => self.punctuation(byte),
        }
    }

    fn word(&mut self) {
        let start = self.at;
        while let Some(&byte) = self.bytes.get(self.at) {
            if byte.is_ascii_alphanumeric() || byte == b'_' {
                self.at += 1;
            } else if byte >= 0x80 && self.peek_char().is_some_and(is_xid_continue) {
                self.at += self.peek_char().map_or(1, char::len_utf8);
            } else {
                break;
            }
        }
        let name = self.names.intern(&self.text[start..self.at]);
        self.mend_brackets(start, name);
        let tok = if name.is_keyword() { Tok::Keyword } else { Tok::Name };
        self.push(tok, start, name.0);
    }

    /// Closes round and square brackets that were surely forgotten: a line begins with what cannot stand in them.
    fn mend_brackets(&mut self, start: usize, name: Name) {
        if !self.newline || !matches!(self.brackets.last(), Some(Bracket::Paren | Bracket::Square)) {
            return;
        }
        let begins_line = start == 0 || self.bytes[start - 1] == b'\n';
        let begins_item =
            [kw::FN, kw::STRUCT, kw::ENUM, kw::TRAIT, kw::IMPL, kw::IMPORT, kw::PUB, kw::CONST, kw::EXTERN];
        if begins_line && begins_item.contains(&name) {
            self.brackets.clear();
        } else if name == kw::LET {
            while matches!(self.brackets.last(), Some(Bracket::Paren | Bracket::Square)) {
                self.brackets.pop();
            }
        }
    }

    fn peek_char(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn unicode(&mut self) {
        let start = self.at;
        let Some(c) = self.peek_char() else { return };
        if is_xid_start(c) {
            return self.word();
        }
        self.at += c.len_utf8();
        if c.is_whitespace() {
            return;
        }
        let look_alike = match c {
            '\u{201c}' | '\u{201d}' | '\u{201e}' => Some("\""),
            '\u{2018}' | '\u{2019}' => Some("'"),
            '\u{2212}' | '\u{2013}' => Some("-"),
            '\u{d7}' => Some("*"),
            '\u{2264}' => Some("<="),
            '\u{2265}' => Some(">="),
            '\u{2260}' => Some("!="),
            _ => None,
        };
        self.bad_character(start, c, look_alike);
    }

    fn bad_character(&mut self, start: usize, c: char, meant: Option<&str>) {
        let span = self.span(start);
        let message = format!("the character `{}` (U+{:04X}) has no meaning here", c.escape_debug(), c as u32);
        let mut diagnostic = Diagnostic::error(codes::BAD_CHARACTER, span, message);
        if let Some(meant) = meant {
            diagnostic = diagnostic.fix(format!("write `{meant}`"), span, meant);
        }
        self.error(diagnostic);
    }

    fn punctuation(&mut self, byte: u8) {
        let start = self.at;
        let rest = &self.bytes[start..];
        let Some((tok, len)) = token::punctuation(rest) else {
            self.at += 1;
            let meant = match byte {
                b'#' => Some("//"),
                _ => None,
            };
            return self.bad_character(start, char::from(byte), meant);
        };
        self.at += len;
        match tok {
            Tok::LParen => self.open(tok, start, Bracket::Paren),
            Tok::LBracket => self.open(tok, start, Bracket::Square),
            Tok::LBrace => self.open(tok, start, Bracket::Brace),
            Tok::RParen => self.close(tok, start, Bracket::Paren),
            Tok::RBracket => self.close(tok, start, Bracket::Square),
            Tok::RBrace => self.close(tok, start, Bracket::Brace),
            _ => self.push(tok, start, 0),
        }
    }

    fn open(&mut self, tok: Tok, start: usize, bracket: Bracket) {
        self.push(tok, start, 0);
        self.brackets.push(bracket);
    }

    fn close(&mut self, tok: Tok, start: usize, bracket: Bracket) {
        // What was left open inside ends here; the parser complains.
        if let Some(at) = self.brackets.iter().rposition(|&open| open == bracket) {
            self.brackets.truncate(at);
        }
        self.newline &= tok == Tok::RBrace;
        self.push(tok, start, 0);
    }

    fn name_token(&mut self, tok: Tok, start: usize, text: &str) {
        let Name(data) = self.names.intern(text);
        self.push(tok, start, data);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn toks(text: &str) -> (Vec<Tok>, Vec<Diagnostic>) {
        let (mut names, mut diagnostics) = (Names::default(), vec![]);
        let tokens = lex(text, 0, &mut names, &mut diagnostics);
        (tokens.tokens.iter().map(|token| token.tok).collect(), diagnostics)
    }

    fn clean(text: &str) -> Vec<Tok> {
        let (toks, diagnostics) = toks(text);
        assert!(diagnostics.is_empty(), "{text}: {diagnostics:?}");
        toks
    }

    #[test]
    fn statements_end_where_they_can() {
        use Tok::*;
        assert_eq!(clean("a\nb"), [Name, Newline, Name, Eof]);
        assert_eq!(clean("a +\nb"), [Name, Plus, Name, Eof]);
        assert_eq!(clean("a\n.b"), [Name, Dot, Name, Eof]);
        assert_eq!(clean("a\n+ b"), [Name, Plus, Name, Eof]);
        assert_eq!(clean("a\n-b"), [Name, Newline, Minus, Name, Eof]);
        assert_eq!(clean("f(a\nb)"), [Name, LParen, Name, Name, RParen, Eof]);
        assert_eq!(clean("f({a\nb})"), [Name, LParen, LBrace, Name, Newline, Name, RBrace, RParen, Eof]);
        assert_eq!(clean("}\nelse"), [RBrace, Keyword, Eof]);
        assert_eq!(clean("x // c\n/* d */ y"), [Name, Newline, Name, Eof]);
        assert_eq!(clean("return\n5"), [Keyword, Newline, Int, Eof]);
        assert_eq!(clean("x!\ny?\nz"), [Name, Bang, Newline, Name, Question, Newline, Name, Eof]);
    }

    #[test]
    fn strings_hold_expressions() {
        use Tok::*;
        assert_eq!(clean(r#""a{{b}}""#), [Str, Eof]);
        assert_eq!(clean(r#""{x}""#), [StrStart, Name, StrEnd, Eof]);
        assert_eq!(
            clean(r#""a{x}b{f("{y}", {1})}c""#),
            [
                StrStart, Name, StrMid, Name, LParen, StrStart, Name, StrEnd, Comma, LBrace, Int, RBrace, RParen,
                StrEnd, Eof
            ]
        );
    }

    #[test]
    fn numbers_and_dots() {
        use Tok::*;
        assert_eq!(clean("1..2"), [Int, DotDot, Int, Eof]);
        assert_eq!(clean("1.5e-3"), [Float, Eof]);
        assert_eq!(clean("t.0.1"), [Name, Dot, Int, Dot, Int, Eof]);
        assert_eq!(clean("1.abs()"), [Int, Dot, Name, LParen, RParen, Eof]);
        assert_eq!(clean("0xff 1_000 0b1_1"), [Int, Int, Int, Eof]);
        assert_eq!(clean("'a' 'outer: '\\n'"), [Int, Label, Colon, Int, Eof]);
    }

    #[test]
    fn faults_are_reported_with_their_place() {
        for (text, code) in [
            ("\"abc", codes::UNTERMINATED),
            ("'", codes::BAD_CHAR),
            ("\"\\q\"", codes::BAD_ESCAPE),
            ("0x", codes::BAD_NUMBER),
            ("99999999999999999999", codes::BAD_NUMBER),
            ("/* /* */", codes::OPEN_COMMENT),
            ("a # b", codes::BAD_CHARACTER),
            ("\u{201c}a", codes::BAD_CHARACTER),
            ("\"{x", codes::UNTERMINATED),
        ] {
            let diagnostics = toks(text).1;
            assert_eq!(diagnostics.first().map(|d| d.code), Some(code), "{text}: {diagnostics:?}");
        }
        assert_eq!(toks("// \u{202e}").1[0].code, codes::BIDI);
    }
}
