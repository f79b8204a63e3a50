//! Tokens, and what each may begin or end.

use crate::names::{Name, kw};
use crate::source::Span;

/// A kind of token.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub(crate) enum Tok {
    Eof,
    Newline,
    Name,
    Keyword,
    Int,
    Float,
    Bytes,
    /// A string without expressions.
    Str,
    StrStart,
    StrMid,
    StrEnd,
    Label,
    LParen,
    RParen,
    LBracket,
    RBracket,
    LBrace,
    RBrace,
    Comma,
    Semi,
    Colon,
    ColonColon,
    Dot,
    DotDot,
    DotDotEq,
    DotDotDot,
    QuestionDot,
    Question,
    QuestionQuestion,
    Bang,
    Tilde,
    Arrow,
    FatArrow,
    At,
    Plus,
    Minus,
    Star,
    Slash,
    Percent,
    Amp,
    Pipe,
    Caret,
    Shl,
    Shr,
    AmpAmp,
    PipePipe,
    Eq,
    EqEq,
    NotEq,
    Lt,
    Le,
    Gt,
    Ge,
    PlusEq,
    MinusEq,
    StarEq,
    SlashEq,
    PercentEq,
    AmpEq,
    PipeEq,
    CaretEq,
    ShlEq,
    ShrEq,
}

/// A token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    /// What it is.
    pub(crate) tok: Tok,
    /// Its first byte.
    pub(crate) start: u32,
    /// The byte after its last.
    pub(crate) end: u32,
    /// The [`Name`] of names, keywords, labels and strings; the position of other literals in their table.
    pub(crate) data: u32,
}

/// How punctuation is written.
const PUNCTUATION: &[(&str, Tok)] = &[
    ("..=", Tok::DotDotEq),
    ("...", Tok::DotDotDot),
    ("<<=", Tok::ShlEq),
    (">>=", Tok::ShrEq),
    ("::", Tok::ColonColon),
    ("..", Tok::DotDot),
    ("?.", Tok::QuestionDot),
    ("??", Tok::QuestionQuestion),
    ("->", Tok::Arrow),
    ("=>", Tok::FatArrow),
    ("<<", Tok::Shl),
    (">>", Tok::Shr),
    ("&&", Tok::AmpAmp),
    ("||", Tok::PipePipe),
    ("==", Tok::EqEq),
    ("!=", Tok::NotEq),
    ("<=", Tok::Le),
    (">=", Tok::Ge),
    ("+=", Tok::PlusEq),
    ("-=", Tok::MinusEq),
    ("*=", Tok::StarEq),
    ("/=", Tok::SlashEq),
    ("%=", Tok::PercentEq),
    ("&=", Tok::AmpEq),
    ("|=", Tok::PipeEq),
    ("^=", Tok::CaretEq),
    ("(", Tok::LParen),
    (")", Tok::RParen),
    ("[", Tok::LBracket),
    ("]", Tok::RBracket),
    ("{", Tok::LBrace),
    ("}", Tok::RBrace),
    (",", Tok::Comma),
    (";", Tok::Semi),
    (":", Tok::Colon),
    (".", Tok::Dot),
    ("?", Tok::Question),
    ("!", Tok::Bang),
    ("~", Tok::Tilde),
    ("@", Tok::At),
    ("+", Tok::Plus),
    ("-", Tok::Minus),
    ("*", Tok::Star),
    ("/", Tok::Slash),
    ("%", Tok::Percent),
    ("&", Tok::Amp),
    ("|", Tok::Pipe),
    ("^", Tok::Caret),
    ("=", Tok::Eq),
    ("<", Tok::Lt),
    (">", Tok::Gt),
];

/// The punctuation that the text begins with, and its length: the longest that fits.
pub(super) fn punctuation(text: &[u8]) -> Option<(Tok, usize)> {
    use Tok::*;
    let at = |position: usize| text.get(position).copied().unwrap_or(0);
    let (second, third) = (at(1), at(2));
    Some(match (at(0), second) {
        (b'(', _) => (LParen, 1),
        (b')', _) => (RParen, 1),
        (b'[', _) => (LBracket, 1),
        (b']', _) => (RBracket, 1),
        (b'{', _) => (LBrace, 1),
        (b'}', _) => (RBrace, 1),
        (b',', _) => (Comma, 1),
        (b';', _) => (Semi, 1),
        (b'~', _) => (Tilde, 1),
        (b'@', _) => (At, 1),
        (b':', b':') => (ColonColon, 2),
        (b':', _) => (Colon, 1),
        (b'.', b'.') if third == b'=' => (DotDotEq, 3),
        (b'.', b'.') if third == b'.' => (DotDotDot, 3),
        (b'.', b'.') => (DotDot, 2),
        (b'.', _) => (Dot, 1),
        (b'?', b'.') => (QuestionDot, 2),
        (b'?', b'?') => (QuestionQuestion, 2),
        (b'?', _) => (Question, 1),
        (b'!', b'=') => (NotEq, 2),
        (b'!', _) => (Bang, 1),
        (b'=', b'=') => (EqEq, 2),
        (b'=', b'>') => (FatArrow, 2),
        (b'=', _) => (Eq, 1),
        (b'<', b'<') if third == b'=' => (ShlEq, 3),
        (b'<', b'<') => (Shl, 2),
        (b'<', b'=') => (Le, 2),
        (b'<', _) => (Lt, 1),
        (b'>', b'>') if third == b'=' => (ShrEq, 3),
        (b'>', b'>') => (Shr, 2),
        (b'>', b'=') => (Ge, 2),
        (b'>', _) => (Gt, 1),
        (b'+', b'=') => (PlusEq, 2),
        (b'+', _) => (Plus, 1),
        (b'-', b'=') => (MinusEq, 2),
        (b'-', b'>') => (Arrow, 2),
        (b'-', _) => (Minus, 1),
        (b'*', b'=') => (StarEq, 2),
        (b'*', _) => (Star, 1),
        (b'/', b'=') => (SlashEq, 2),
        (b'/', _) => (Slash, 1),
        (b'%', b'=') => (PercentEq, 2),
        (b'%', _) => (Percent, 1),
        (b'&', b'&') => (AmpAmp, 2),
        (b'&', b'=') => (AmpEq, 2),
        (b'&', _) => (Amp, 1),
        (b'|', b'|') => (PipePipe, 2),
        (b'|', b'=') => (PipeEq, 2),
        (b'|', _) => (Pipe, 1),
        (b'^', b'=') => (CaretEq, 2),
        (b'^', _) => (Caret, 1),
        _ => return None,
    })
}

impl Tok {
    /// How punctuation is written; a description of other tokens.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Tok::Eof => "the end of the file",
            Tok::Newline => "the end of the line",
            Tok::Name => "a name",
            Tok::Keyword => "a keyword",
            Tok::Int | Tok::Float => "a number",
            Tok::Bytes | Tok::Str | Tok::StrStart | Tok::StrMid | Tok::StrEnd => "a string",
            Tok::Label => "a label",
            _ => PUNCTUATION.iter().find(|(_, tok)| *tok == self).map_or("", |(form, _)| form),
        }
    }
}

impl Token {
    /// The bytes that it takes up.
    pub(crate) fn span(self) -> Span {
        Span { start: self.start, end: self.end }
    }

    /// The name in it.
    pub(crate) fn name(self) -> Name {
        Name(self.data)
    }

    /// Whether a line end after it may end a statement.
    pub(crate) fn ends_statement(self) -> bool {
        use Tok::*;
        match self.tok {
            Name | Int | Float | Bytes | Str | StrEnd | Label | RParen | RBracket | RBrace | Question | Bang => true,
            Keyword => {
                let word = self.name();
                [kw::RETURN, kw::BREAK, kw::CONTINUE, kw::TRUE, kw::FALSE, kw::NIL, kw::SELF].contains(&word)
            }
            _ => false,
        }
    }

    /// Whether it cannot begin a statement, so that a line that begins with it goes on with the one before.
    pub(super) fn continues_statement(self) -> bool {
        use Tok::*;
        match self.tok {
            Dot | QuestionDot | Question | QuestionQuestion | Arrow | FatArrow | Plus | Star | Slash | Percent
            | Amp | Caret | Shl | Shr | AmpAmp | Eq | EqEq | NotEq | Lt | Le | Gt | Ge | PlusEq | MinusEq | StarEq
            | SlashEq | PercentEq | AmpEq | PipeEq | CaretEq | ShlEq | ShrEq | DotDot | DotDotEq | Colon
            | ColonColon | Comma => true,
            Keyword => {
                [kw::ELSE, kw::CATCH, kw::FINALLY, kw::AS, kw::IS, kw::AND, kw::OR, kw::IN].contains(&self.name())
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn punctuation_is_read_as_it_is_written() {
        for &(form, tok) in PUNCTUATION {
            assert_eq!(punctuation(form.as_bytes()), Some((tok, form.len())), "{form}");
        }
        assert_eq!(punctuation(b"$"), None);
    }
}
