//! Products of complex numbers, which C's `cpow` and `cpowf` call by these names. They are part of the C compiler's
//! library, which an executable that is linked without that compiler does not have.

/// A complex number of C, passed as C passes it.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Complex<T> {
    re: T,
    im: T,
}

macro_rules! product {
    ($name:ident: $ty:ident) => {
        /// `(a + b·i)·(c + d·i)`. A factor that is infinite makes the product infinite (C11, annex G).
        #[cfg_attr(target_env = "musl", unsafe(no_mangle))]
        pub extern "C" fn $name(a: $ty, b: $ty, c: $ty, d: $ty) -> Complex<$ty> {
            let plain = |a: $ty, b: $ty, c: $ty, d: $ty| Complex { re: a * c - b * d, im: a * d + b * c };
            let product = plain(a, b, c, d);
            if !(product.re.is_nan() && product.im.is_nan()) {
                return product;
            }
            // What is infinite becomes 1 and what is not 0, each with its sign; what is no number, 0 where it meets
            // something infinite.
            let unit = |x: $ty| (if x.is_infinite() { 1.0 } else { 0.0 } as $ty).copysign(x);
            let number = |x: $ty| if x.is_nan() { (0.0 as $ty).copysign(x) } else { x };
            let [first, second] = [a.is_infinite() || b.is_infinite(), c.is_infinite() || d.is_infinite()];
            let overflows = [a * c, b * d, a * d, b * c].iter().any(|part| part.is_infinite());
            let factors = match (first, second) {
                (true, true) => [unit(a), unit(b), unit(c), unit(d)],
                (true, false) => [unit(a), unit(b), number(c), number(d)],
                (false, true) => [number(a), number(b), unit(c), unit(d)],
                (false, false) if overflows => [a, b, c, d].map(number),
                (false, false) => return product,
            };
            let [a, b, c, d] = factors;
            let finite = plain(a, b, c, d);
            Complex { re: $ty::INFINITY * finite.re, im: $ty::INFINITY * finite.im }
        }
    };
}

product!(__muldc3: f64);
product!(__mulsc3: f32);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_those_of_c() {
        let product = |a, b, c, d| {
            let Complex { re, im } = __muldc3(a, b, c, d);
            [re, im]
        };
        assert_eq!(product(1.0, 2.0, 3.0, 4.0), [-5.0, 10.0]);
        let (inf, nan) = (f64::INFINITY, f64::NAN);
        // What GCC's library gives.
        assert_eq!(product(inf, nan, 1.0, 1.0), [inf, inf]);
        assert_eq!(product(-inf, inf, 2.0, 0.0), [-inf, inf]);
        assert_eq!(product(2.0, 3.0, nan, -inf), [inf, -inf]);
        assert_eq!(product(inf, inf, inf, inf)[1], inf);
        assert!(product(nan, nan, 1.0, 1.0).iter().all(|part| part.is_nan()));
        let Complex { re, im } = __mulsc3(1.5, 0.0, 0.0, 2.0);
        assert_eq!([re, im], [0.0, 3.0]);
    }
}
