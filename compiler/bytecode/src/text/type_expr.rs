//! Types as they are written: `int [int] {str: int} (int, str) int? fn(int) -> int Point`.

use super::names::Ref;
use super::parser::{Parsed, Parser};
use super::token::{Spot, Token};
use crate::codes::Code;
use crate::limits::MAX_TYPE_DEPTH;

/// A type as it is written, and where.
#[derive(Clone, Debug)]
pub(super) struct TypeExpr<'s> {
    pub(super) form: Form<'s>,
    pub(super) spot: Spot,
}

/// What a type expression says.
#[derive(Clone, Debug)]
pub(super) enum Form<'s> {
    /// A built-in or declared type; `quoted` if it cannot be a built-in one.
    Named { name: Ref<'s>, quoted: bool },
    /// `[T]`
    List(Box<TypeExpr<'s>>),
    /// `{K: V}`
    Map(Box<TypeExpr<'s>>, Box<TypeExpr<'s>>),
    /// `(A, B)`
    Tuple(Vec<TypeExpr<'s>>),
    /// `T?`
    Optional(Box<TypeExpr<'s>>),
    /// `fn(A, B) -> R`
    Fn(SignatureExpr<'s>),
}

/// Parameter types and result type; a result left out is `unit`.
#[derive(Clone, Debug)]
pub(super) struct SignatureExpr<'s> {
    pub(super) params: Vec<TypeExpr<'s>>,
    pub(super) result: Option<Box<TypeExpr<'s>>>,
}

/// A type.
pub(super) fn parse<'s>(parser: &mut Parser<'_, 's>) -> Parsed<TypeExpr<'s>> {
    parse_at(parser, 0)
}

/// `(A, B) -> R`
pub(super) fn parse_signature<'s>(parser: &mut Parser<'_, 's>) -> Parsed<SignatureExpr<'s>> {
    signature_at(parser, 0)
}

/// `-> R`, if it stands here.
pub(super) fn parse_result<'s>(parser: &mut Parser<'_, 's>) -> Parsed<Option<TypeExpr<'s>>> {
    result_at(parser, 0)
}

fn parse_at<'s>(parser: &mut Parser<'_, 's>, depth: usize) -> Parsed<TypeExpr<'s>> {
    if depth >= MAX_TYPE_DEPTH {
        return parser.fail(Code::TEXT_LIMIT, format!("types nest deeper than {MAX_TYPE_DEPTH}"));
    }
    let spot = parser.spot();
    let boxed = |parser: &mut Parser<'_, 's>| parse_at(parser, depth + 1).map(Box::new);
    let form = match parser.peek() {
        Token::Sign('[') => {
            parser.take();
            let item = boxed(parser)?;
            parser.expect(']')?;
            Form::List(item)
        }
        Token::Sign('{') => {
            parser.take();
            let key = boxed(parser)?;
            parser.expect(':')?;
            let value = boxed(parser)?;
            parser.expect('}')?;
            Form::Map(key, value)
        }
        Token::Sign('(') => {
            let mut items = parser.list('(', ')', |parser| parse_at(parser, depth + 1))?;
            match items.len() {
                0 => return parser.expected("a type between the parentheses; no value is `unit`"),
                1 => items.remove(0).form,
                _ => Form::Tuple(items),
            }
        }
        Token::Word("fn") if *parser.peek_second() == Token::Sign('(') => {
            parser.take();
            Form::Fn(signature_at(parser, depth + 1)?)
        }
        token => {
            let quoted = matches!(token, Token::Str(_));
            Form::Named { name: parser.reference("a type")?, quoted }
        }
    };
    let mut ty = TypeExpr { form, spot };
    let mut depth = depth;
    while parser.accept('?') {
        depth += 1;
        if depth >= MAX_TYPE_DEPTH {
            return parser.fail(Code::TEXT_LIMIT, format!("types nest deeper than {MAX_TYPE_DEPTH}"));
        }
        ty = TypeExpr { form: Form::Optional(Box::new(ty)), spot };
    }
    Ok(ty)
}

fn signature_at<'s>(parser: &mut Parser<'_, 's>, depth: usize) -> Parsed<SignatureExpr<'s>> {
    let params = parser.list('(', ')', |parser| parse_at(parser, depth + 1))?;
    Ok(SignatureExpr { params, result: result_at(parser, depth)?.map(Box::new) })
}

fn result_at<'s>(parser: &mut Parser<'_, 's>, depth: usize) -> Parsed<Option<TypeExpr<'s>>> {
    if *parser.peek() != Token::Arrow {
        return Ok(None);
    }
    parser.take();
    parse_at(parser, depth + 1).map(Some)
}
