//! Arithmetic on scalars whose type is known only at run time, on slot bits.

use vitte_abi::TypeId;
use vitte_abi::object::type_id::*;

/// An operation on two values of one type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operation {
    /// `a + b`.
    Add,
    /// `a - b`.
    Sub,
    /// `a * b`.
    Mul,
    /// `a / b`.
    Div,
    /// `a % b`.
    Rem,
    /// `a & b`.
    And,
    /// `a | b`.
    Or,
    /// `a ^ b`.
    Xor,
}

/// Why there is no result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// The type does not have the operation.
    NoSuchOperation,
    /// An integer was divided by zero.
    DivideByZero,
}

/// Whether it is an integer type with negative numbers.
pub fn is_signed(ty: TypeId) -> bool {
    matches!(ty, INT | I8 | I16 | I32)
}

/// Whether it is an integer type.
pub fn is_integer(ty: TypeId) -> bool {
    is_signed(ty) || matches!(ty, U8 | U16 | U32 | U64)
}

/// The lower bits of a number as the slot bits of an integer type.
pub fn wrap(ty: TypeId, bits: u64) -> u64 {
    match ty {
        I8 => bits as i8 as u64,
        I16 => bits as i16 as u64,
        I32 => bits as i32 as u64,
        U8 => bits as u8 as u64,
        U16 => bits as u16 as u64,
        U32 => bits as u32 as u64,
        _ => bits,
    }
}

/// `a operation b`, both of the scalar type `ty`: integers wrap and truncate toward zero.
pub fn binary(operation: Operation, ty: TypeId, a: u64, b: u64) -> Result<u64, Refusal> {
    use Operation::*;
    match ty {
        FLOAT => float(operation, f64::from_bits(a), f64::from_bits(b)).map(f64::to_bits),
        // Rounding the result of a double operation to single precision gives the correctly rounded single result.
        F32 => float(operation, f32_of(a) as f64, f32_of(b) as f64).map(|x| (x as f32).to_bits() as u64),
        BOOL => match operation {
            And => Ok(a & b),
            Or => Ok(a | b),
            Xor => Ok(a ^ b),
            _ => Err(Refusal::NoSuchOperation),
        },
        _ if is_integer(ty) => {
            if matches!(operation, Div | Rem) && b == 0 {
                return Err(Refusal::DivideByZero);
            }
            let signed = is_signed(ty);
            let bits = match operation {
                Add => a.wrapping_add(b),
                Sub => a.wrapping_sub(b),
                Mul => a.wrapping_mul(b),
                Div if signed => (a as i64).wrapping_div(b as i64) as u64,
                Div => a / b,
                Rem if signed => (a as i64).wrapping_rem(b as i64) as u64,
                Rem => a % b,
                And => a & b,
                Or => a | b,
                Xor => a ^ b,
            };
            Ok(wrap(ty, bits))
        }
        _ => Err(Refusal::NoSuchOperation),
    }
}

fn float(operation: Operation, a: f64, b: f64) -> Result<f64, Refusal> {
    match operation {
        Operation::Add => Ok(a + b),
        Operation::Sub => Ok(a - b),
        Operation::Mul => Ok(a * b),
        Operation::Div => Ok(a / b),
        Operation::Rem => Ok(a % b),
        _ => Err(Refusal::NoSuchOperation),
    }
}

fn f32_of(bits: u64) -> f32 {
    f32::from_bits(bits as u32)
}

/// `-a`, wrapping.
pub fn negate(ty: TypeId, a: u64) -> Result<u64, Refusal> {
    match ty {
        FLOAT => Ok((-f64::from_bits(a)).to_bits()),
        F32 => Ok((-f32_of(a)).to_bits() as u64),
        _ if is_integer(ty) => Ok(wrap(ty, a.wrapping_neg())),
        _ => Err(Refusal::NoSuchOperation),
    }
}

/// All bits of `a` inverted; on `bool` logical not.
pub fn invert(ty: TypeId, a: u64) -> Result<u64, Refusal> {
    match ty {
        BOOL => Ok(a ^ 1),
        _ if is_integer(ty) => Ok(wrap(ty, !a)),
        _ => Err(Refusal::NoSuchOperation),
    }
}

/// Whether `a < b`, or `a <= b` with `or_equal`.
pub fn less(ty: TypeId, a: u64, b: u64, or_equal: bool) -> Result<bool, Refusal> {
    Ok(match ty {
        FLOAT => {
            let (a, b) = (f64::from_bits(a), f64::from_bits(b));
            a < b || or_equal && a == b
        }
        F32 => {
            let (a, b) = (f32_of(a), f32_of(b));
            a < b || or_equal && a == b
        }
        _ if is_signed(ty) => (a as i64) < b as i64 || or_equal && a == b,
        _ if is_integer(ty) => a < b || or_equal && a == b,
        _ => return Err(Refusal::NoSuchOperation),
    })
}

/// Whether `a == b`, both of the scalar type `ty`: by value, so NaN differs from itself and `-0.0` is `0.0`.
#[inline]
pub fn equal(ty: TypeId, a: u64, b: u64) -> bool {
    match ty {
        FLOAT => f64::from_bits(a) == f64::from_bits(b),
        F32 => f32_of(a) == f32_of(b),
        _ => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_wrap_at_their_own_width() {
        let add = |ty, a: i64, b: i64| binary(Operation::Add, ty, a as u64, b as u64).map(|bits| bits as i64);
        assert_eq!(add(I8, 127, 1), Ok(-128));
        assert_eq!(add(U8, 255, 1), Ok(0));
        assert_eq!(add(INT, i64::MAX, 1), Ok(i64::MIN));
        assert_eq!(negate(I32, i32::MIN as i64 as u64), Ok(i32::MIN as i64 as u64));
        assert_eq!(negate(U16, 1), Ok(0xffff));
        assert_eq!(invert(U8, 0x0f), Ok(0xf0));
        assert_eq!(invert(BOOL, 0), Ok(1));
    }

    #[test]
    fn division_truncates_wraps_and_refuses_zero() {
        let div = |ty, a: i64, b: i64| binary(Operation::Div, ty, a as u64, b as u64).map(|bits| bits as i64);
        let rem = |ty, a: i64, b: i64| binary(Operation::Rem, ty, a as u64, b as u64).map(|bits| bits as i64);
        assert_eq!((div(INT, -7, 2), rem(INT, -7, 2)), (Ok(-3), Ok(-1)));
        assert_eq!((div(INT, i64::MIN, -1), rem(INT, i64::MIN, -1)), (Ok(i64::MIN), Ok(0)));
        assert_eq!(div(I8, -128, -1), Ok(-128));
        assert_eq!((div(INT, 1, 0), rem(U8, 1, 0)), (Err(Refusal::DivideByZero), Err(Refusal::DivideByZero)));
        assert_eq!(binary(Operation::Div, U64, u64::MAX, 2), Ok(u64::MAX / 2));
    }

    #[test]
    fn order_follows_the_type() {
        assert_eq!(less(INT, -1i64 as u64, 0, false), Ok(true));
        assert_eq!(less(U64, -1i64 as u64, 0, false), Ok(false));
        assert_eq!(less(FLOAT, f64::NAN.to_bits(), f64::NAN.to_bits(), true), Ok(false));
        assert_eq!(less(FLOAT, (-0.0f64).to_bits(), 0.0f64.to_bits(), true), Ok(true));
        assert_eq!(less(BOOL, 0, 1, false), Err(Refusal::NoSuchOperation));
        assert!(equal(FLOAT, (-0.0f64).to_bits(), 0.0f64.to_bits()) && !equal(F32, 0x7fc0_0000, 0x7fc0_0000));
    }

    #[test]
    fn single_precision_rounds_like_the_hardware() {
        for (a, b) in [(0.1f32, 0.2f32), (1e-38, 3.0), (f32::MAX, 1.5), (16777216.0, 1.0)] {
            for (operation, expected) in [
                (Operation::Add, a + b),
                (Operation::Sub, a - b),
                (Operation::Mul, a * b),
                (Operation::Div, a / b),
                (Operation::Rem, a % b),
            ] {
                let bits = binary(operation, F32, a.to_bits() as u64, b.to_bits() as u64);
                assert_eq!(bits, Ok(expected.to_bits() as u64), "{a} {operation:?} {b}");
            }
        }
    }
}
