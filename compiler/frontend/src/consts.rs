//! The values of constants, computed when the program is compiled.

mod parts;

pub(crate) use parts::{Missing, Part};

use crate::ast::Binary;
use crate::body::{Body, NodeId, NodeKind, Op};
use crate::check::Session;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::program::ConstId;
use crate::source::Span;
use crate::types::{Kind, Ty};
use std::rc::Rc;

/// The value of a constant.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Value {
    Bool(bool),
    /// An integer of any type; `u64` by its bits.
    Int(i64),
    Float(f64),
    Str(Rc<str>),
    Nil,
    /// A list, struct or the like: made anew where the constant is used.
    Made,
    /// None, which has been reported.
    Broken,
}

/// Why a constant has no value; it has been reported.
struct Failed;

/// The value of a constant; `None` if it has none, which has been reported.
pub(crate) fn value(session: &mut Session<'_>, id: ConstId) -> Option<Value> {
    match session.values.get(&id) {
        Some(Some(value)) => return Some(value.clone()),
        Some(None) => {
            let constant = session.program.constant(id);
            let (name, span) = (constant.name, constant.span);
            let message = format!("the constant `{}` is defined by itself", session.program.text(name));
            session.program.report(Diagnostic::error(codes::CONST_CYCLE, span, message));
            return None;
        }
        None => {}
    }
    session.values.insert(id, None);
    let func = session.program.constant(id).func;
    let body = session.body(func);
    let root = body.root?;
    let value = if session.program.types.has_error(body.node(root).ty) {
        Value::Broken
    } else {
        eval(session, &body, root).unwrap_or(Value::Broken)
    };
    session.values.insert(id, Some(value.clone()));
    Some(value)
}

/// The value of an expression within a constant, whose value is known; `None` if it has none.
pub(crate) fn evaluate(session: &mut Session<'_>, body: &Rc<Body>, id: NodeId) -> Option<Value> {
    eval(session, body, id).ok()
}

fn fail(session: &mut Session<'_>, code: vitbc::Code, span: Span, message: &str) -> Failed {
    session.program.report(Diagnostic::error(code, span, message));
    Failed
}

/// Brings a result into the range of its type, as arithmetic does.
pub(crate) fn wrap(kind: Kind, value: i128) -> i64 {
    match kind {
        Kind::I8 => i64::from(value as i8),
        Kind::I16 => i64::from(value as i16),
        Kind::I32 => i64::from(value as i32),
        Kind::U8 => i64::from(value as u8),
        Kind::U16 => i64::from(value as u16),
        Kind::U32 => i64::from(value as u32),
        _ => value as i64,
    }
}

/// An integer as a number.
fn number(kind: Kind, value: i64) -> i128 {
    match kind {
        Kind::U64 => i128::from(value as u64),
        _ => i128::from(value),
    }
}

fn eval(session: &mut Session<'_>, body: &Rc<Body>, id: NodeId) -> Result<Value, Failed> {
    let node = body.node(id);
    let kind = session.program.types.kind(node.ty);
    let not_constant = |session: &mut Session<'_>| {
        fail(session, codes::NOT_CONSTANT, node.span, "this is not computed when the program is compiled")
    };
    Ok(match &node.kind {
        NodeKind::Error => return Err(Failed),
        NodeKind::Bool(value) => Value::Bool(*value),
        NodeKind::Int(value) => Value::Int(*value),
        NodeKind::Float(value) => Value::Float(*value),
        NodeKind::Str(text) => Value::Str(session.program.text(*text).into()),
        NodeKind::Nil => Value::Nil,
        NodeKind::Bytes(_) => Value::Made,
        NodeKind::Const(id) => match value(session, *id) {
            None | Some(Value::Broken) => return Err(Failed),
            Some(value) => value,
        },
        NodeKind::Wrap(inner) | NodeKind::ToAny(inner) => eval(session, body, *inner)?,
        NodeKind::List(parts) | NodeKind::Tuple(parts) | NodeKind::New { fields: parts, .. } => {
            for &part in parts {
                eval(session, body, part)?;
            }
            Value::Made
        }
        NodeKind::Fill(value, count) => {
            eval(session, body, *value)?;
            eval(session, body, *count)?;
            Value::Made
        }
        NodeKind::Map(entries) => {
            for &(key, value) in entries {
                eval(session, body, key)?;
                eval(session, body, value)?;
            }
            Value::Made
        }
        NodeKind::Concat(parts) => {
            let mut text = String::new();
            for &part in parts {
                match eval(session, body, part)? {
                    Value::Str(part) => text.push_str(&part),
                    _ => return Err(not_constant(session)),
                }
            }
            Value::Str(text.into())
        }
        NodeKind::ToStr(inner) => match eval(session, body, *inner)? {
            Value::Bool(value) => Value::Str(value.to_string().into()),
            Value::Int(value) => {
                let inner_kind = session.program.types.kind(body.node(*inner).ty);
                Value::Str(number(inner_kind, value).to_string().into())
            }
            Value::Str(text) => Value::Str(text),
            _ => return Err(not_constant(session)),
        },
        NodeKind::And(left, right) => match eval(session, body, *left)? {
            Value::Bool(false) => Value::Bool(false),
            _ => eval(session, body, *right)?,
        },
        NodeKind::Or(left, right) => match eval(session, body, *left)? {
            Value::Bool(true) => Value::Bool(true),
            _ => eval(session, body, *right)?,
        },
        NodeKind::Field { .. } | NodeKind::Op(Op::ListGet | Op::ListLen, _) => part(session, body, id)?,
        NodeKind::Op(op, parts) => {
            let operand = eval(session, body, parts[0])?;
            match (op, operand) {
                (Op::Neg, Value::Int(value)) => Value::Int(wrap(kind, -number(kind, value))),
                (Op::Neg, Value::Float(value)) => Value::Float(-value),
                (Op::Not, Value::Bool(value)) => Value::Bool(!value),
                (Op::BitNot, Value::Int(value)) => Value::Int(wrap(kind, !i128::from(value))),
                (Op::Sqrt, Value::Float(value)) => Value::Float(value.sqrt()),
                (Op::StrLen, Value::Str(text)) => Value::Int(text.len() as i64),
                _ => return Err(not_constant(session)),
            }
        }
        NodeKind::Convert(inner) => {
            let from = session.program.types.kind(body.node(*inner).ty);
            match eval(session, body, *inner)? {
                Value::Int(value) if kind == Kind::F32 => Value::Float(f64::from(number(from, value) as f32)),
                Value::Int(value) if kind == Kind::Float => Value::Float(number(from, value) as f64),
                Value::Int(value) => Value::Int(wrap(kind, number(from, value))),
                Value::Bool(value) if kind.is_float() => Value::Float(f64::from(u8::from(value))),
                Value::Bool(value) => Value::Int(i64::from(value)),
                Value::Float(value) if kind == Kind::F32 => Value::Float(f64::from(value as f32)),
                Value::Float(value) if kind == Kind::Float => Value::Float(value),
                Value::Float(value) => {
                    let (least, greatest) = kind.range().ok_or(Failed)?;
                    Value::Int(wrap(kind, (value as i128).clamp(least, greatest)))
                }
                _ => return Err(not_constant(session)),
            }
        }
        NodeKind::Binary(op, left, right) => {
            let operand_ty = body.node(*left).ty;
            let (left, right) = (eval(session, body, *left)?, eval(session, body, *right)?);
            return binary(session, *op, operand_ty, left, right, node.span);
        }
        NodeKind::If { arms, otherwise: Some(otherwise) } => {
            for &(cond, value) in arms {
                match eval(session, body, cond)? {
                    Value::Bool(true) => return eval(session, body, value),
                    Value::Bool(false) => {}
                    _ => return Err(not_constant(session)),
                }
            }
            eval(session, body, *otherwise)?
        }
        NodeKind::Block { stmts, tail: Some(tail) } if stmts.is_empty() => eval(session, body, *tail)?,
        NodeKind::Call { func, args, .. } if args.is_empty() && is_default(session, *func) => Value::Made,
        _ => return Err(not_constant(session)),
    })
}

/// What stands in a field or at an index of a constant, or how long it is.
fn part(session: &mut Session<'_>, body: &Rc<Body>, id: NodeId) -> Result<Value, Failed> {
    let node = body.node(id);
    let (place, of_length) = match &node.kind {
        NodeKind::Op(Op::ListLen, parts) => (parts[0], true),
        _ => (id, false),
    };
    let mut index = |session: &mut Session<'_>, id| match eval(session, body, id) {
        Ok(Value::Int(index)) => Ok(index),
        Ok(_) => Err(Missing::Unknown),
        Err(Failed) => Err(Missing::Reported),
    };
    let found = Part::find(session, body, place, &mut index).and_then(|part| match of_length {
        true => Ok(Err(part.items(session).ok_or(Missing::Unknown)?.len())),
        false => Ok(Ok(part)),
    });
    let message = match found {
        Ok(Ok(part)) => {
            let part = part.default(session).unwrap_or(part);
            return eval(session, &part.body, part.node);
        }
        Ok(Err(len)) => return Ok(Value::Int(len as i64)),
        Err(Missing::Reported) => return Err(Failed),
        Err(Missing::Unknown) => {
            let message = "this is not computed when the program is compiled";
            return Err(fail(session, codes::NOT_CONSTANT, node.span, message));
        }
        Err(Missing::OutOfRange { index, len }) => format!("index {index} is out of range for length {len}"),
    };
    Err(fail(session, codes::CONST_FAILED, node.span, &message))
}

/// Whether the function is the default of a field.
fn is_default(session: &Session<'_>, func: crate::program::FuncId) -> bool {
    matches!(session.program.func(func).source, crate::program::Source::Expr(_))
}

fn binary(
    session: &mut Session<'_>,
    op: Binary,
    ty: Ty,
    left: Value,
    right: Value,
    span: Span,
) -> Result<Value, Failed> {
    use Binary::*;
    let kind = session.program.types.kind(ty);
    Ok(match (left, right) {
        (Value::Int(a), Value::Int(b)) => {
            let (x, y) = (number(kind, a), number(kind, b));
            let bits = match kind {
                Kind::I8 | Kind::U8 => 8,
                Kind::I16 | Kind::U16 => 16,
                Kind::I32 | Kind::U32 => 32,
                _ => 64,
            };
            let result = match op {
                Add => x + y,
                Sub => x - y,
                // The product of two 64-bit numbers fits.
                Mul => x * y,
                Div | Rem if y == 0 => {
                    return Err(fail(session, codes::CONST_FAILED, span, "a constant divides by zero"));
                }
                Div => x / y,
                Rem => x % y,
                BitAnd => x & y,
                BitOr => x | y,
                BitXor => x ^ y,
                Shl => x << (y.rem_euclid(bits)),
                Shr => x >> (y.rem_euclid(bits)),
                Eq => return Ok(Value::Bool(x == y)),
                Ne => return Ok(Value::Bool(x != y)),
                Lt => return Ok(Value::Bool(x < y)),
                Le => return Ok(Value::Bool(x <= y)),
                Gt => return Ok(Value::Bool(x > y)),
                Ge => return Ok(Value::Bool(x >= y)),
                And | Or | Coalesce => return Err(Failed),
            };
            Value::Int(wrap(kind, result))
        }
        (Value::Float(x), Value::Float(y)) => {
            let result = match op {
                Add => x + y,
                Sub => x - y,
                Mul => x * y,
                Div => x / y,
                Rem => x % y,
                Eq => return Ok(Value::Bool(x == y)),
                Ne => return Ok(Value::Bool(x != y)),
                Lt => return Ok(Value::Bool(x < y)),
                Le => return Ok(Value::Bool(x <= y)),
                Gt => return Ok(Value::Bool(x > y)),
                Ge => return Ok(Value::Bool(x >= y)),
                _ => return Err(Failed),
            };
            Value::Float(if kind == Kind::F32 { f64::from(result as f32) } else { result })
        }
        (Value::Bool(x), Value::Bool(y)) => Value::Bool(match op {
            BitAnd => x & y,
            BitOr => x | y,
            BitXor | Ne => x ^ y,
            Eq => x == y,
            _ => return Err(Failed),
        }),
        (Value::Str(x), Value::Str(y)) => Value::Bool(match op {
            Eq => x == y,
            Ne => x != y,
            Lt => x < y,
            Le => x <= y,
            Gt => x > y,
            Ge => x >= y,
            _ => return Err(Failed),
        }),
        _ => return Err(fail(session, codes::NOT_CONSTANT, span, "this is not computed when the program is compiled")),
    })
}
