//! Where spaces go.

use super::roles::{Brace, Roles};
use super::tree::Leaf;
use crate::lex::{Tok, Token};
use crate::names::kw;

/// How a token sits between its neighbours.
pub(super) struct Shape {
    pub(super) tight_before: bool,
    pub(super) tight_after: bool,
    pub(super) ends_value: bool,
    pub(super) level: Option<u8>,
}

/// The shape of a token behind `last`, which may be the end of a value; `adjacent` if nothing lies between them.
pub(super) fn shape(token: Token, last: Option<(Token, bool)>, adjacent: bool, roles: &Roles) -> Shape {
    use Tok::*;
    let after_value = last.is_some_and(|(_, ends_value)| ends_value);
    let last_is = |word| last.is_some_and(|(last, _)| last.tok == Keyword && last.name() == word);
    let after_dot = last.is_some_and(|(last, _)| matches!(last.tok, Dot | QuestionDot));
    let prefix = roles.prefix.contains(&token.start) && token.tok != Keyword;
    let brace = roles.braces.get(&token.start);
    let closes_optional = roles.optional_ends.contains(&token.end);
    let tight_before = match token.tok {
        Comma | Semi | Colon | RParen | RBracket | Dot | QuestionDot | ColonColon => true,
        Question | QuestionQuestion => closes_optional,
        Bang => !prefix,
        DotDot | DotDotEq | DotDotDot => after_value,
        LParen => after_value || last_is(kw::FN),
        // `impl[T] …` and `impl [T] …` differ.
        LBracket if last_is(kw::IMPL) => adjacent,
        LBracket => after_value && !roles.lists.contains(&token.start),
        Pipe => roles.closure_close.contains(&token.start),
        _ => false,
    };
    let tight_after = match token.tok {
        LParen | LBracket | Dot | QuestionDot | ColonColon | DotDot | DotDotEq => true,
        LBrace => matches!(brace, Some(Brace::Map | Brace::MapType)),
        Pipe => roles.closure_open.contains(&token.start),
        _ => prefix,
    };
    let ends_value = match token.tok {
        Name | Int | Float | Bytes | Str | StrStart | RParen | RBracket | RBrace => true,
        Bang => !prefix,
        Keyword => after_dot || [kw::SELF, kw::TRUE, kw::FALSE, kw::NIL].contains(&token.name()),
        _ => false,
    };
    let bar = roles.closure_open.contains(&token.start) || roles.closure_close.contains(&token.start);
    let level = match token.tok {
        _ if prefix || bar || closes_optional || after_dot => None,
        QuestionQuestion => Some(1),
        PipePipe => Some(2),
        Keyword if token.name() == kw::OR => Some(2),
        AmpAmp => Some(3),
        Keyword if token.name() == kw::AND => Some(3),
        Lt | Le | Gt | Ge | EqEq | NotEq => Some(4),
        Pipe => Some(6),
        Caret => Some(7),
        Amp => Some(8),
        Shl | Shr => Some(9),
        Plus | Minus => Some(10),
        Star | Slash | Percent => Some(11),
        _ => None,
    };
    Shape { tight_before, tight_after, ends_value, level }
}

/// Whether a space parts two neighbours on a line.
pub(super) fn space(before: &Leaf<'_>, after: &Leaf<'_>) -> bool {
    use Tok::*;
    match (before.token.tok, after.token.tok) {
        // An open range, followed by something else.
        (DotDot | DotDotEq, LBrace | FatArrow | Eq | Keyword) => {
            after.token.tok != Keyword || after.token.name() != kw::SELF
        }
        // Not `?.`.
        (Question, Dot) => true,
        _ if !after.inline.is_empty() && !before.tight_after => true,
        _ => !before.tight_after && !after.tight_before,
    }
}
