//! Operations on scalars that only instructions have, on slot bits. The others are the runtime's, since values of type
//! `any` have them too: [`vitte_rt::stdlib::scalar`].

use crate::op::{Scalar, Shift, Unary};
use vitte_abi::TypeId;
use vitte_abi::object::type_id::*;
use vitte_rt::stdlib::scalar::{invert, is_integer, is_signed, negate, wrap};

/// The width of an integer type in bits.
fn width(ty: TypeId) -> u32 {
    match ty {
        I8 | U8 => 8,
        I16 | U16 => 16,
        I32 | U32 => 32,
        _ => 64,
    }
}

/// The value of an integer without its sign extension: its bits, zeros above.
fn zero_extended(ty: TypeId, bits: u64) -> u64 {
    bits & u64::MAX >> (64 - width(ty))
}

fn float(bits: u64) -> f64 {
    f64::from_bits(bits)
}

fn single(bits: u64) -> f32 {
    f32::from_bits(bits as u32)
}

fn single_bits(x: f32) -> u64 {
    u64::from(x.to_bits())
}

/// `operation src`.
pub fn unary(operation: Unary, ty: Scalar, src: u64) -> u64 {
    let ty = TypeId::from(ty);
    let real = |on_float: fn(f64) -> f64, on_single: fn(f32) -> f32| match ty {
        FLOAT => on_float(float(src)).to_bits(),
        _ => single_bits(on_single(single(src))),
    };
    let known = "verified: the operation exists on the type";
    match operation {
        Unary::Neg => negate(ty, src).expect(known),
        Unary::Not => invert(ty, src).expect(known),
        Unary::Abs if is_signed(ty) => wrap(ty, (src as i64).wrapping_abs() as u64),
        Unary::Abs if is_integer(ty) => src,
        Unary::Abs => real(f64::abs, f32::abs),
        Unary::Sqrt => real(f64::sqrt, f32::sqrt),
        Unary::Floor => real(f64::floor, f32::floor),
        Unary::Ceil => real(f64::ceil, f32::ceil),
        Unary::Trunc => real(f64::trunc, f32::trunc),
        Unary::Nearest => real(f64::round_ties_even, f32::round_ties_even),
        Unary::Popcnt => u64::from(zero_extended(ty, src).count_ones()),
        // Of an `i8` a count of 8 still fits, so results need no wrapping.
        Unary::Clz => u64::from(zero_extended(ty, src).leading_zeros() - (64 - width(ty))),
        Unary::Ctz => u64::from(zero_extended(ty, src).trailing_zeros().min(width(ty))),
    }
}

/// `a` shifted by `b`, modulo the width of the type.
pub fn shift(shift: Shift, ty: Scalar, a: u64, b: u64) -> u64 {
    let ty = TypeId::from(ty);
    // The width is a power of two, so the count's sign does not matter.
    let count = b as u32 & (width(ty) - 1);
    let bits = match shift {
        Shift::Left => a << count,
        Shift::Right if is_signed(ty) => ((a as i64) >> count) as u64,
        Shift::Right | Shift::Unsigned => zero_extended(ty, a) >> count,
    };
    wrap(ty, bits)
}

/// The greater (`max`) or the lesser of `a` and `b`.
pub fn min_max(max: bool, ty: Scalar, a: u64, b: u64) -> u64 {
    let ty = TypeId::from(ty);
    match ty {
        FLOAT => min_max_float(max, float(a), float(b)).to_bits(),
        // An `f32` as a double keeps its value, its sign and its being NaN.
        F32 => single_bits(min_max_float(max, f64::from(single(a)), f64::from(single(b))) as f32),
        _ => {
            let a_is_less = if is_signed(ty) { (a as i64) < b as i64 } else { a < b };
            if a_is_less != max { a } else { b }
        }
    }
}

fn min_max_float(max: bool, a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        return f64::NAN;
    }
    let a_is_less = a < b || a == b && a.is_sign_negative();
    if a_is_less != max { a } else { b }
}

/// `src`, of type `from`, in type `to`.
pub fn convert(to: Scalar, from: Scalar, src: u64) -> u64 {
    let (to, from) = (TypeId::from(to), TypeId::from(from));
    match (to, from) {
        (FLOAT, FLOAT) | (F32, F32) => src,
        (FLOAT, F32) => f64::from(single(src)).to_bits(),
        (F32, FLOAT) => single_bits(float(src) as f32),
        (FLOAT, _) if is_signed(from) => (src as i64 as f64).to_bits(),
        (FLOAT, _) => (src as f64).to_bits(),
        (F32, _) if is_signed(from) => single_bits(src as i64 as f32),
        (F32, _) => single_bits(src as f32),
        (_, FLOAT) => float_to_integer(to, float(src)),
        (_, F32) => float_to_integer(to, f64::from(single(src))),
        // Slot bits are already extended by the source's own signedness.
        _ => wrap(to, src),
    }
}

/// Saturates; NaN gives 0.
fn float_to_integer(to: TypeId, x: f64) -> u64 {
    match to {
        I8 => x as i8 as u64,
        I16 => x as i16 as u64,
        I32 => x as i32 as u64,
        U8 => u64::from(x as u8),
        U16 => u64::from(x as u16),
        U32 => u64::from(x as u32),
        U64 => x as u64,
        _ => x as i64 as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(ty: TypeId) -> Scalar {
        ty as Scalar
    }

    #[test]
    fn shifts_take_the_count_modulo_the_width() {
        assert_eq!(shift(Shift::Left, s(INT), 1, 65), 2);
        assert_eq!(shift(Shift::Left, s(I8), 1, 7), -128i64 as u64);
        assert_eq!(shift(Shift::Left, s(U8), 0xff, 9), 0xfe);
        assert_eq!(shift(Shift::Right, s(I16), -4i64 as u64, 1), -2i64 as u64);
        assert_eq!(shift(Shift::Unsigned, s(I16), -4i64 as u64, 1), 0x7ffe);
        assert_eq!(shift(Shift::Unsigned, s(I32), -1i64 as u64, 32), -1i64 as u64);
        assert_eq!(shift(Shift::Right, s(U32), 0x8000_0000, -1i64 as u64), 1);
    }

    #[test]
    fn counts_of_bits_know_the_width() {
        assert_eq!(unary(Unary::Clz, s(I8), -1i64 as u64), 0);
        assert_eq!(unary(Unary::Clz, s(U16), 1), 15);
        assert_eq!((unary(Unary::Clz, s(INT), 0), unary(Unary::Ctz, s(I32), 0)), (64, 32));
        assert_eq!(unary(Unary::Popcnt, s(I16), -1i64 as u64), 16);
    }

    #[test]
    fn lesser_and_greater_float() {
        let of = |max, a: f64, b: f64| float(min_max(max, s(FLOAT), a.to_bits(), b.to_bits()));
        assert!(of(false, 0.0, -0.0).is_sign_negative() && of(true, -0.0, 0.0).is_sign_positive());
        assert!(of(false, f64::NAN, 1.0).is_nan() && of(true, 1.0, f64::NAN).is_nan());
        assert_eq!((of(false, 1.0, 2.0), of(true, 1.0, 2.0)), (1.0, 2.0));
        assert_eq!(min_max(false, s(U64), u64::MAX, 1), 1);
        assert_eq!(min_max(false, s(I8), -1i64 as u64, 1), -1i64 as u64);
    }

    #[test]
    fn conversions_saturate_extend_and_cut() {
        let from_float = |to, x: f64| convert(s(to), s(FLOAT), x.to_bits()) as i64;
        assert_eq!((from_float(INT, 1e300), from_float(INT, f64::NAN), from_float(U8, -1.0)), (i64::MAX, 0, 0));
        assert_eq!((from_float(I8, -1e9), from_float(I16, 40000.9)), (-128, 32767));
        assert_eq!(convert(s(U8), s(INT), -1i64 as u64), 255);
        assert_eq!(convert(s(INT), s(U32), 0xffff_ffff), 0xffff_ffff);
        assert_eq!(convert(s(U64), s(I8), -1i64 as u64), u64::MAX);
        assert_eq!(float(convert(s(FLOAT), s(U64), u64::MAX)), 18446744073709551616.0);
        assert_eq!(float(convert(s(FLOAT), s(BOOL), 1)), 1.0);
        // Rounded once, not to a double first.
        assert_eq!(single(convert(s(F32), s(INT), 16777217 << 29 | 1)), 16777218.0 * 536870912.0);
    }
}
