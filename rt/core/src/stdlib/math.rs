//! Mathematical functions on floats, with the meaning of C's of the same names. They are `libm`'s, not the system's: C
//! libraries differ in the last digit.

macro_rules! unary {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        $($(#[$doc])* pub fn $name(x: f64) -> f64 { libm::$name(x) })*
    };
}

unary! {
    /// The sine of an angle in radians.
    sin;
    /// The cosine of an angle in radians.
    cos;
    /// The tangent of an angle in radians.
    tan;
    /// The angle in radians whose sine is `x`.
    asin;
    /// The angle in radians whose cosine is `x`.
    acos;
    /// The angle in radians whose tangent is `x`.
    atan;
    /// The hyperbolic sine.
    sinh;
    /// The hyperbolic cosine.
    cosh;
    /// The hyperbolic tangent.
    tanh;
    /// *e* to the power of `x`.
    exp;
    /// The natural logarithm.
    log;
    /// The logarithm to base 2.
    log2;
    /// The logarithm to base 10.
    log10;
    /// The cube root.
    cbrt;
    /// The nearest whole number, ties away from zero.
    round;
}

/// The angle in radians of the point (`x`, `y`).
pub fn atan2(y: f64, x: f64) -> f64 {
    libm::atan2(y, x)
}

/// `x` to the power of `y`.
pub fn pow(x: f64, y: f64) -> f64 {
    libm::pow(x, y)
}

/// The distance of the point (`x`, `y`) from the origin.
pub fn hypot(x: f64, y: f64) -> f64 {
    libm::hypot(x, y)
}

/// `x % y`, C's `fmod`: exact, with the sign of `x`.
pub fn fmod(x: f64, y: f64) -> f64 {
    x % y
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_agree_with_known_values() {
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
        close(sin(1.0), 0.8414709848078965);
        close(atan2(-1.0, -1.0), -2.356194490192345);
        close(log(10.0), std::f64::consts::LN_10);
        close(pow(2.0, 0.5), std::f64::consts::SQRT_2);
        close(hypot(3.0, 4.0), 5.0);
        close(cbrt(-27.0), -3.0);
        assert_eq!((round(2.5), round(-2.5), round(0.49999999999999994)), (3.0, -3.0, 0.0));
        assert_eq!((fmod(-7.5, 2.0), fmod(7.5, -2.0)), (-1.5, 1.5));
        assert!(fmod(1.0, 0.0).is_nan() && log(-1.0).is_nan() && log(0.0) == f64::NEG_INFINITY);
    }
}
