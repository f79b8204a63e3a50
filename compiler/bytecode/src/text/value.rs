//! Constants as they are written: `42 -1 0xff 1.5 nan "str" b"bytes" true nil unit`.

use super::parser::{Parsed, Parser};
use super::token::Token;
use crate::index::*;
use crate::intern::{Interner, Literal};
use crate::module::{Const, Module};

/// A constant.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// What stands in the pools.
    Literal(Literal),
    /// What does not, or a place in a pool: `int #3`.
    Const(Const),
}

impl Value {
    /// The constant as an operand, its value added to the module's pools.
    pub(super) fn intern(self, interner: &mut Interner, module: &mut Module) -> Const {
        match self {
            Value::Literal(literal) => interner.literal(module, literal),
            Value::Const(value) => value,
        }
    }
}

/// A constant.
pub(super) fn parse(parser: &mut Parser<'_, '_>) -> Parsed<Value> {
    let literal = match parser.peek() {
        Token::Int(int) => Literal::Int(*int),
        Token::Float(bits) => Literal::Float(*bits),
        Token::Str(text) => Literal::Str(text.clone()),
        Token::Bytes(bytes) => Literal::Data(bytes.clone()),
        Token::Word(word) => return named(parser, word),
        _ => return parser.expected("a constant"),
    };
    parser.take();
    Ok(Value::Literal(literal))
}

fn named(parser: &mut Parser<'_, '_>, word: &str) -> Parsed<Value> {
    let value = match word {
        "unit" => Const::Unit,
        "nil" => Const::Nil,
        "true" => Const::Bool(true),
        "false" => Const::Bool(false),
        // A float that has no other form: a NaN with a payload.
        "float" if *parser.peek_second() == Token::Sign('(') => {
            parser.take();
            parser.take();
            let Token::Int(bits) = parser.peek() else { return parser.expected("the float's bits") };
            parser.take();
            parser.expect(')')?;
            return Ok(Value::Literal(Literal::Float(*bits as u64)));
        }
        "int" | "float" | "str" | "bytes" if *parser.peek_second() == Token::Sign('#') => {
            parser.take();
            parser.take();
            let index = parser.number("the place in the pool")?;
            return Ok(Value::Const(match word {
                "int" => Const::Int(IntIdx(index)),
                "float" => Const::Float(FloatIdx(index)),
                "str" => Const::Str(StrIdx(index)),
                _ => Const::Data(DataIdx(index)),
            }));
        }
        _ => return parser.expected("a constant"),
    };
    parser.take();
    Ok(Value::Const(value))
}
