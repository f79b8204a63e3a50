//! Dynamic types: what is in an `any`, whether it is of some type, and arithmetic on two of them.
//!
//! All engines take the wording of `TypeError` from here: `expected int, found str`, `cannot add int and str`.

use super::scalar::{self, Operation, Refusal};
use super::string::concat;
use super::value::Value;
use crate::object::Str;
use crate::{Process, Throw, Word};
use vitte_abi::TypeId;
use vitte_abi::object::{type_id, word};
use vitte_abi::types::Shape;

/// The word of a value of type `ty` as `any`.
pub fn to_any(p: &Process, bits: u64, ty: TypeId) -> Word {
    p.any(ty, bits)
}

/// Whether `value` is of type `ty`: nil is of every optional type, and a value is of the traits that its type implements.
pub fn is_type(p: &Process, value: Word, ty: TypeId) -> bool {
    match p.runtime().ty(ty).shape {
        Shape::Any => true,
        Shape::Optional(inner) => value.is_nil() || is_type(p, value, inner),
        Shape::Trait => Value::of_any(p, value).is_some_and(|found| p.runtime().implements(ty, found.ty)),
        _ => Value::of_any(p, value).is_some_and(|found| found.ty == ty),
    }
}

/// The slot bits of `value`, which must be of type `ty`.
pub fn from_any(p: &Process, value: Word, ty: TypeId) -> Result<u64, Throw> {
    if !is_type(p, value, ty) {
        return Err(throw_mismatch(p, value, ty));
    }
    Ok(match p.runtime().ty(ty).shape {
        Shape::Scalar => value.bits(p),
        // A trait object may hold a small number in a box; an optional holds it in the word.
        Shape::Optional(inner) if !value.is_nil() => p.any(inner, from_any(p, value, inner)?).0,
        Shape::Trait if !value.is_object() => {
            let found = Value::of_any(p, value).expect("nil implements no trait");
            p.new_box(found.ty, found.bits).address()
        }
        _ => value.0,
    })
}

/// Raises `TypeError`: `value` is not of type `expected`.
pub fn throw_mismatch(p: &Process, value: Word, expected: TypeId) -> Throw {
    let expected = &p.runtime().ty(expected).name;
    p.throw_error(type_id::TYPE_ERROR, &format!("expected {expected}, found {}", name_of_type(p, value)))
}

/// The name of the type of a value.
pub fn type_name(p: &Process, value: Word) -> Str<'_> {
    p.new_str(name_of_type(p, value))
}

fn name_of_type(p: &Process, value: Word) -> &str {
    Value::of_any(p, value).map_or("nil", |found| &p.runtime().ty(found.ty).name)
}

fn text(p: &Process, address: u64) -> &str {
    Str::of(p.object(address)).as_str()
}

fn throw_binary(p: &Process, verb: &str, a: Word, b: Word) -> Throw {
    let message = format!("cannot {verb} {} and {}", name_of_type(p, a), name_of_type(p, b));
    p.throw_error(type_id::TYPE_ERROR, &message)
}

fn throw_unary(p: &Process, verb: &str, a: Word) -> Throw {
    p.throw_error(type_id::TYPE_ERROR, &format!("cannot {verb} {}", name_of_type(p, a)))
}

/// The two values, if they are of one type.
fn same_type(p: &Process, a: Word, b: Word) -> Option<(TypeId, u64, u64)> {
    // Nearly all are numbers without a box.
    if word::is_int(a.0) && word::is_int(b.0) {
        return Some((type_id::INT, word::to_int(a.0) as u64, word::to_int(b.0) as u64));
    }
    if word::is_float(a.0) && word::is_float(b.0) {
        return Some((type_id::FLOAT, word::to_float_bits(a.0), word::to_float_bits(b.0)));
    }
    let (a, b) = (Value::of_any(p, a)?, Value::of_any(p, b)?);
    (a.ty == b.ty).then_some((a.ty, a.bits, b.bits))
}

fn verb(operation: Operation) -> &'static str {
    match operation {
        Operation::Add => "add",
        Operation::Sub => "subtract",
        Operation::Mul => "multiply",
        Operation::Div | Operation::Rem => "divide",
        Operation::And | Operation::Or | Operation::Xor => "combine",
    }
}

fn binary(p: &Process, operation: Operation, a: Word, b: Word) -> Result<Word, Throw> {
    let Some((ty, a_bits, b_bits)) = same_type(p, a, b) else {
        return Err(throw_binary(p, verb(operation), a, b));
    };
    match scalar::binary(operation, ty, a_bits, b_bits) {
        Ok(bits) => Ok(p.any(ty, bits)),
        Err(Refusal::DivideByZero) => Err(p.throw_divide()),
        Err(Refusal::NoSuchOperation) => Err(throw_binary(p, verb(operation), a, b)),
    }
}

/// `a + b`; two strings are concatenated.
pub fn any_add(p: &Process, a: Word, b: Word) -> Result<Word, Throw> {
    if a.ty(p) == Some(type_id::STR) && b.ty(p) == Some(type_id::STR) {
        let parts = [text(p, a.0), text(p, b.0)];
        return Ok(concat(p, parts.into_iter())?.object().word());
    }
    binary(p, Operation::Add, a, b)
}

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident = $operation:ident;)*) => {
        $($(#[$doc])* pub fn $name(p: &Process, a: Word, b: Word) -> Result<Word, Throw> {
            binary(p, Operation::$operation, a, b)
        })*
    };
}

operations! {
    /// `a - b`.
    any_sub = Sub;
    /// `a * b`.
    any_mul = Mul;
    /// `a / b`.
    any_div = Div;
    /// `a % b`.
    any_rem = Rem;
    /// `a & b`.
    any_and = And;
    /// `a | b`.
    any_or = Or;
    /// `a ^ b`.
    any_xor = Xor;
}

/// `-a`.
pub fn any_neg(p: &Process, a: Word) -> Result<Word, Throw> {
    unary(p, a, "negate", scalar::negate)
}

/// `!a`.
pub fn any_not(p: &Process, a: Word) -> Result<Word, Throw> {
    unary(p, a, "invert", scalar::invert)
}

fn unary(p: &Process, a: Word, verb: &str, operation: fn(TypeId, u64) -> Result<u64, Refusal>) -> Result<Word, Throw> {
    Value::of_any(p, a)
        .and_then(|value| Some(p.any(value.ty, operation(value.ty, value.bits).ok()?)))
        .ok_or_else(|| throw_unary(p, verb, a))
}

/// `a < b`, both numbers of one type or both strings.
pub fn any_lt(p: &Process, a: Word, b: Word) -> Result<bool, Throw> {
    less(p, a, b, false)
}

/// `a <= b`.
pub fn any_le(p: &Process, a: Word, b: Word) -> Result<bool, Throw> {
    less(p, a, b, true)
}

fn less(p: &Process, a: Word, b: Word, or_equal: bool) -> Result<bool, Throw> {
    same_type(p, a, b)
        .and_then(|(ty, a, b)| match ty {
            type_id::STR => {
                let order = text(p, a).cmp(text(p, b));
                Some(order.is_lt() || or_equal && order.is_eq())
            }
            _ => scalar::less(ty, a, b, or_equal).ok(),
        })
        .ok_or_else(|| throw_binary(p, "compare", a, b))
}

/// The truth value in `value`.
pub fn any_truth(p: &Process, value: Word) -> Result<bool, Throw> {
    match word::small_type(value.0) {
        Some(type_id::BOOL) => Ok(word::to_small(value.0) != 0),
        _ => from_any(p, value, type_id::BOOL).map(|bits| bits != 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::Obj;
    use crate::testing::Types;
    use type_id::*;
    use vitte_abi::object::{Repr, offset};
    use vitte_abi::types::Record;

    fn message(p: &Process, throw: Throw) -> (TypeId, &str) {
        let error: Obj<'_> = throw.exception().object(p).unwrap();
        (error.ty(), text(p, error.raw(offset::FIELDS)))
    }

    #[test]
    fn arithmetic_needs_two_of_a_kind() {
        let p = Types::new().process();
        let int = |value: i64| p.any(INT, value as u64);
        let float = |value: f64| p.any(FLOAT, value.to_bits());
        let str = |text: &str| p.new_str(text).object().word();

        assert_eq!(any_add(&p, int(2), int(3)).unwrap(), int(5));
        let max = any_add(&p, int(i64::MAX), int(1)).unwrap();
        assert_eq!((max.ty(&p), max.bits(&p)), (Some(INT), i64::MIN as u64));
        assert_eq!(any_div(&p, float(1.0), float(4.0)).unwrap(), float(0.25));
        assert_eq!(any_xor(&p, p.any(BOOL, 1), p.any(BOOL, 1)).unwrap(), p.any(BOOL, 0));
        assert_eq!(text(&p, any_add(&p, str("a"), str("bc")).unwrap().0), "abc");
        assert_eq!((any_neg(&p, int(4)).unwrap(), any_not(&p, int(0)).unwrap()), (int(-4), int(-1)));

        let fails = [
            (any_add(&p, int(1), str("x")).unwrap_err(), TYPE_ERROR, "cannot add int and str"),
            (any_mul(&p, int(1), float(1.0)).unwrap_err(), TYPE_ERROR, "cannot multiply int and float"),
            (any_sub(&p, Word::NIL, int(1)).unwrap_err(), TYPE_ERROR, "cannot subtract nil and int"),
            (any_sub(&p, str("a"), str("b")).unwrap_err(), TYPE_ERROR, "cannot subtract str and str"),
            (any_rem(&p, int(1), int(0)).unwrap_err(), DIVIDE_BY_ZERO, "division by zero"),
            (any_not(&p, float(1.0)).unwrap_err(), TYPE_ERROR, "cannot invert float"),
            (any_lt(&p, p.any(BOOL, 0), p.any(BOOL, 1)).unwrap_err(), TYPE_ERROR, "cannot compare bool and bool"),
            (any_truth(&p, int(1)).unwrap_err(), TYPE_ERROR, "expected bool, found int"),
        ];
        for (throw, ty, text) in fails {
            assert_eq!(message(&p, throw), (ty, text));
        }
    }

    #[test]
    fn order_is_that_of_numbers_and_bytes() {
        let p = Types::new().process();
        let str = |text: &str| p.new_str(text).object().word();
        assert!(any_lt(&p, str("Z"), str("a")).unwrap() && any_lt(&p, str("a"), str("aa")).unwrap());
        assert!(any_le(&p, str("a"), str("a")).unwrap() && !any_lt(&p, str("a"), str("a")).unwrap());
        assert!(any_lt(&p, p.any(I8, -1i64 as u64), p.any(I8, 1)).unwrap());
        assert!(any_truth(&p, p.any(BOOL, 1)).unwrap() && !any_truth(&p, p.any(BOOL, 0)).unwrap());
    }

    #[test]
    fn types_are_told_apart() {
        let mut types = Types::new();
        let opt = types.add("int?", Repr::Ref, Shape::Optional(INT));
        let opt_small = types.add("i8?", Repr::Ref, Shape::Optional(I8));
        let ints = types.list("[int]", INT);
        let show = types.add("Show", Repr::Ref, Shape::Trait);
        types.implement(show, I8);
        types.implement(show, ints);
        let fn_type = types.add("fn()", Repr::Ref, Shape::Fn);
        let record = Record { size: 16, traced: 16, n_traced: 0, fields: vec![] };
        let closure = types.add("fn()", Repr::Ref, Shape::Closure(fn_type, record));
        let p = types.process();
        let one = p.any(INT, 1);
        assert!(is_type(&p, one, INT) && is_type(&p, one, ANY) && is_type(&p, one, opt) && !is_type(&p, one, I8));
        assert!(is_type(&p, Word::NIL, opt) && is_type(&p, Word::NIL, ANY) && !is_type(&p, Word::NIL, INT));
        let list = p.new_list(ints, 0).object().word();
        assert!(is_type(&p, list, ints) && is_type(&p, list, show) && !is_type(&p, one, show));
        assert!(is_type(&p, p.new_record(closure).word(), fn_type));

        assert_eq!(from_any(&p, p.any(INT, i64::MIN as u64), INT).unwrap(), i64::MIN as u64);
        assert_eq!(from_any(&p, Word::NIL, opt).unwrap(), 0);
        assert_eq!(message(&p, from_any(&p, list, opt).unwrap_err()), (TYPE_ERROR, "expected int?, found [int]"));

        // A small number as a trait object is boxed, as an optional it is not.
        let small = p.any(I8, -1i64 as u64);
        let object = from_any(&p, small, show).unwrap();
        assert!(Word(object).is_object());
        assert_eq!(from_any(&p, Word(object), opt_small).unwrap(), small.0);
        assert_eq!(from_any(&p, Word(object), I8).unwrap(), -1i64 as u64);
    }
}
