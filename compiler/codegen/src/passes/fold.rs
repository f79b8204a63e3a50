//! What an instruction computes, where that is known beforehand: constants, and identities of arithmetic.

use crate::ir::{FloatCond, Function, InstData, IntCond, Op, Region, Value};
use crate::translate::immediate;
use vitbc::TypeIdx;
use vitte_abi::object::{Repr, offset, word};

/// What stands for an instruction.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Folded {
    /// A constant.
    Op(Op),
    /// A value that is there.
    Value(Value),
    /// Another instruction, with these operands.
    Inst(Op, Vec<Value>),
    /// Another instruction, on this value and this constant of the same representation.
    WithInt(Op, Value, i64),
}

/// The width in bits of an integer.
fn width(repr: Repr) -> u32 {
    repr.size() * 8
}

/// The number in the lower bits, sign-extended.
pub(super) fn wrap(repr: Repr, number: i64) -> i64 {
    let unused = 64 - width(repr);
    number << unused >> unused
}

/// The number, zero-extended from its width.
fn unsigned(repr: Repr, number: i64) -> u64 {
    let unused = 64 - width(repr);
    (number as u64) << unused >> unused
}

/// Looks for what stands for `op` on `args`, of which the result is held as `repr`. `look` gives the instruction that
/// makes a value.
pub(super) fn fold<'f>(
    func: &'f Function,
    look: &dyn Fn(Value) -> Option<&'f InstData>,
    op: &Op,
    args: &[Value],
) -> Option<Folded> {
    let fold = Fold { func, look };
    match op {
        Op::ICmp(cond) => fold.icmp(*cond, args[0], args[1]),
        Op::FCmp(cond) => fold.fcmp(*cond, args[0], args[1]),
        Op::Select => fold.select(args[0], args[1], args[2]),
        Op::Box(ty) => {
            let made = look(args[0])?;
            immediate(&made.op, TypeIdx(*ty)).map(|word| Folded::Op(Op::Word(word)))
        }
        Op::Unbox(ty) => fold.unbox(*ty, args[0]),
        Op::IsType(ty) => fold.is_type(*ty, args[0]),
        Op::Load(_, offset::TAG, Region::Immutable) => match look(args[0])?.op {
            Op::New(_, tag) => Some(Folded::Op(Op::Int(Repr::I16, i64::from(tag as i16)))),
            _ => None,
        },
        Op::Refine => match look(args[0])?.op {
            Op::New(..) | Op::NewClosure(_) | Op::Str(_) | Op::Refine => Some(Folded::Value(args[0])),
            _ => None,
        },
        _ if args.len() == 1 => fold.unary(op, args[0]),
        _ if args.len() == 2 => fold.binary(op, args[0], args[1]),
        _ => None,
    }
}

struct Fold<'f, 'l> {
    func: &'f Function,
    look: &'l dyn Fn(Value) -> Option<&'f InstData>,
}

impl<'f> Fold<'f, '_> {
    fn int(&self, value: Value) -> Option<i64> {
        match (self.look)(value)?.op {
            Op::Int(_, number) => Some(number),
            _ => None,
        }
    }

    fn float(&self, value: Value) -> Option<f64> {
        match (self.look)(value)?.op {
            Op::Float(Repr::F32, bits) => Some(f64::from(f32::from_bits(bits as u32))),
            Op::Float(_, bits) => Some(f64::from_bits(bits)),
            _ => None,
        }
    }

    fn unary(&self, op: &Op, a: Value) -> Option<Folded> {
        let from = self.func.repr(a);
        if let Some(number) = self.int(a) {
            return fold_int(op, from, number);
        }
        if let Some(number) = self.float(a) {
            return fold_float(op, from, number);
        }
        let made = (self.look)(a)?;
        let inner = *made.args.first()?;
        match (op, &made.op) {
            (Op::Neg, Op::Neg) | (Op::Not, Op::Not) | (Op::FNeg, Op::FNeg) => Some(Folded::Value(inner)),
            (Op::Bitcast(to), Op::Bitcast(_)) if self.func.repr(inner) == *to => Some(Folded::Value(inner)),
            (Op::Reduce(to), Op::SExt(_) | Op::ZExt(_)) if self.func.repr(inner) == *to => Some(Folded::Value(inner)),
            (Op::Reduce(to), Op::SExt(_) | Op::ZExt(_) | Op::Reduce(_)) if self.func.repr(inner).size() > to.size() => {
                Some(Folded::Inst(op.clone(), vec![inner]))
            }
            _ => None,
        }
    }

    fn binary(&self, op: &Op, a: Value, b: Value) -> Option<Folded> {
        let repr = self.func.repr(a);
        if matches!(repr, Repr::F32 | Repr::F64) {
            // The same, and no constant is needed.
            if *op == Op::FMul && self.float(b) == Some(2.0) {
                return Some(Folded::Inst(Op::FAdd, vec![a, a]));
            }
            if *op == Op::FMul && self.float(a) == Some(2.0) {
                return Some(Folded::Inst(Op::FAdd, vec![b, b]));
            }
            let (x, y) = (self.float(a)?, self.float(b)?);
            return fold_floats(op, repr, x, y);
        }
        if !matches!(repr, Repr::I8 | Repr::I16 | Repr::I32 | Repr::I64) {
            return None;
        }
        match (self.int(a), self.int(b)) {
            (Some(x), Some(y)) => fold_ints(op, repr, x, y),
            // Constants on the right, so that equal sums look equal.
            (Some(_), None) if is_commutative(op) => Some(Folded::Inst(op.clone(), vec![b, a])),
            (_, Some(y)) => self.with_const(op, repr, a, b, y),
            (Some(0), None) if matches!(op, Op::Shl | Op::AShr | Op::LShr) => Some(Folded::Value(a)),
            _ if a == b => match op {
                Op::Sub | Op::Xor => Some(Folded::Op(Op::Int(repr, 0))),
                Op::And | Op::Or | Op::SMin | Op::SMax | Op::UMin | Op::UMax => Some(Folded::Value(a)),
                _ => None,
            },
            _ => None,
        }
    }

    /// `a op y`, with the constant `y` in `b`.
    fn with_const(&self, op: &Op, repr: Repr, a: Value, b: Value, y: i64) -> Option<Folded> {
        let same = Some(Folded::Value(a));
        let zero = Some(Folded::Op(Op::Int(repr, 0)));
        match (op, y) {
            (Op::Add | Op::Sub | Op::Or | Op::Xor, 0) => same,
            (Op::Shl | Op::AShr | Op::LShr, _) if y & i64::from(width(repr) - 1) == 0 => same,
            (Op::Mul | Op::And, 0) => zero,
            (Op::Mul | Op::SDiv | Op::UDiv, 1) | (Op::And, -1) => same,
            (Op::SRem | Op::URem, 1) => zero,
            (Op::Or, -1) => Some(Folded::Value(b)),
            // Differences as sums, so that sums of constants meet.
            (Op::Sub, _) => Some(Folded::WithInt(Op::Add, a, wrap(repr, y.wrapping_neg()))),
            (Op::Add, _) => {
                let made = (self.look)(a)?;
                let x = self.int(*made.args.get(1)?)?;
                (made.op == Op::Add).then(|| Folded::WithInt(Op::Add, made.args[0], wrap(repr, x.wrapping_add(y))))
            }
            // The negation of a truth value.
            (Op::Xor, 1) if repr == Repr::I8 => {
                let made = (self.look)(a)?;
                match made.op {
                    Op::ICmp(cond) => Some(Folded::Inst(Op::ICmp(cond.inverse()), made.args.clone())),
                    Op::FCmp(FloatCond::Eq) => Some(Folded::Inst(Op::FCmp(FloatCond::Ne), made.args.clone())),
                    Op::FCmp(FloatCond::Ne) => Some(Folded::Inst(Op::FCmp(FloatCond::Eq), made.args.clone())),
                    Op::Xor if self.int(made.args[1]) == Some(1) => Some(Folded::Value(made.args[0])),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn icmp(&self, cond: IntCond, a: Value, b: Value) -> Option<Folded> {
        let truth = |holds: bool| Some(Folded::Op(Op::Int(Repr::I8, i64::from(holds))));
        if a == b {
            return truth(matches!(cond, IntCond::Eq | IntCond::Sle | IntCond::Sge | IntCond::Ule | IntCond::Uge));
        }
        let repr = self.func.repr(a);
        if repr == Repr::Ref {
            return match self.words_differ(a, b)? {
                true => truth(cond == IntCond::Ne),
                false => truth(cond == IntCond::Eq),
            };
        }
        match (self.int(a), self.int(b)) {
            (Some(x), Some(y)) => truth(cond.holds(repr, x, y)),
            (Some(_), None) => Some(Folded::Inst(Op::ICmp(cond.swapped()), vec![b, a])),
            (None, Some(0)) if cond == IntCond::Ult => truth(false),
            (None, Some(0)) if cond == IntCond::Uge => truth(true),
            // A truth value compared with 0 or 1.
            (None, Some(y @ (0 | 1))) if repr == Repr::I8 && self.is_truth(a) => match (cond, y) {
                (IntCond::Ne, 0) | (IntCond::Eq, 1) => Some(Folded::Value(a)),
                (IntCond::Eq, 0) | (IntCond::Ne, 1) => match (self.look)(a)? {
                    InstData { op: Op::ICmp(inner), args, .. } => {
                        Some(Folded::Inst(Op::ICmp(inner.inverse()), args.clone()))
                    }
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether two traced words differ, if that is known.
    fn words_differ(&self, a: Value, b: Value) -> Option<bool> {
        let (x, y) = (&(self.look)(a)?.op, &(self.look)(b)?.op);
        let is_object = |op: &Op| matches!(op, Op::New(..) | Op::NewClosure(_) | Op::Str(_) | Op::Refine);
        match (x, y) {
            (Op::Word(x), Op::Word(y)) => Some(x != y),
            (Op::Word(word), op) | (op, Op::Word(word)) if is_object(op) && !word::is_object(*word) => Some(true),
            // A boxed scalar is not nil.
            (Op::Word(0), Op::Box(_)) | (Op::Box(_), Op::Word(0)) => Some(true),
            (Op::New(..), Op::New(..) | Op::Str(_)) | (Op::Str(_), Op::New(..)) => Some(true),
            _ => None,
        }
    }

    /// Whether a value is 0 or 1.
    fn is_truth(&self, value: Value) -> bool {
        (self.look)(value).is_some_and(|made| match made.op {
            Op::ICmp(_) | Op::FCmp(_) | Op::IsType(_) => true,
            Op::And | Op::Or | Op::Xor => made.args.iter().all(|&arg| {
                matches!((self.look)(arg).map(|made| &made.op), Some(Op::ICmp(_) | Op::FCmp(_) | Op::IsType(_)))
                    || matches!(self.int(arg), Some(0 | 1))
            }),
            _ => false,
        })
    }

    fn fcmp(&self, cond: FloatCond, a: Value, b: Value) -> Option<Folded> {
        let (x, y) = (self.float(a)?, self.float(b)?);
        let holds = match cond {
            FloatCond::Eq => x == y,
            FloatCond::Ne => x != y,
            FloatCond::Lt => x < y,
            FloatCond::Le => x <= y,
            FloatCond::Gt => x > y,
            FloatCond::Ge => x >= y,
        };
        Some(Folded::Op(Op::Int(Repr::I8, i64::from(holds))))
    }

    fn select(&self, cond: Value, then: Value, other: Value) -> Option<Folded> {
        match self.int(cond) {
            Some(0) => Some(Folded::Value(other)),
            Some(_) => Some(Folded::Value(then)),
            None if then == other => Some(Folded::Value(then)),
            None => None,
        }
    }

    fn unbox(&self, ty: u32, a: Value) -> Option<Folded> {
        let made = (self.look)(a)?;
        match made.op {
            Op::Box(own) if own == ty => Some(Folded::Value(made.args[0])),
            Op::Word(word) if type_of_word(word) == Some(ty) => {
                use vitte_abi::object::type_id;
                let op = match ty {
                    type_id::INT => Op::Int(Repr::I64, word::to_int(word)),
                    type_id::FLOAT => Op::Float(Repr::F64, word::to_float_bits(word)),
                    type_id::F32 => Op::Float(Repr::F32, word::to_small(word)),
                    type_id::BOOL | type_id::I8 | type_id::U8 => Op::Int(Repr::I8, word::to_small(word) as i8 as i64),
                    type_id::I16 | type_id::U16 => Op::Int(Repr::I16, word::to_small(word) as i16 as i64),
                    type_id::I32 | type_id::U32 => Op::Int(Repr::I32, word::to_small(word) as i32 as i64),
                    _ => return None,
                };
                Some(Folded::Op(op))
            }
            _ => None,
        }
    }

    fn is_type(&self, ty: u32, a: Value) -> Option<Folded> {
        use vitte_abi::object::type_id;
        let made = (self.look)(a)?;
        let own = match made.op {
            Op::Box(own) | Op::New(own, _) => own,
            Op::Str(_) => type_id::STR,
            Op::Word(word) => type_of_word(word)?,
            _ => return None,
        };
        // What is not of this very type may still implement it.
        let holds = own == ty;
        (holds || ty < type_id::ANY).then(|| Folded::Op(Op::Int(Repr::I8, i64::from(holds))))
    }
}

/// The type of an immediate word.
fn type_of_word(word: u64) -> Option<u32> {
    use vitte_abi::object::type_id;
    match word {
        _ if word::is_int(word) => Some(type_id::INT),
        _ if word::is_float(word) => Some(type_id::FLOAT),
        _ => word::small_type(word),
    }
}

fn is_commutative(op: &Op) -> bool {
    matches!(
        op,
        Op::Add
            | Op::Mul
            | Op::And
            | Op::Or
            | Op::Xor
            | Op::SMin
            | Op::SMax
            | Op::UMin
            | Op::UMax
            | Op::FAdd
            | Op::FMul
    )
}

fn int(repr: Repr, number: i64) -> Option<Folded> {
    Some(Folded::Op(Op::Int(repr, wrap(repr, number))))
}

/// A float constant; but which NaN an operation gives is the processor's business.
fn float(repr: Repr, number: f64) -> Option<Folded> {
    let bits = match repr {
        Repr::F32 => u64::from((number as f32).to_bits()),
        _ => number.to_bits(),
    };
    (!number.is_nan()).then_some(Folded::Op(Op::Float(repr, bits)))
}

fn fold_int(op: &Op, from: Repr, x: i64) -> Option<Folded> {
    let bits = width(from);
    match *op {
        Op::Neg => int(from, x.wrapping_neg()),
        Op::Not => int(from, !x),
        Op::IAbs => int(from, x.wrapping_abs()),
        Op::Clz => int(from, i64::from(unsigned(from, x).leading_zeros() + bits - 64)),
        Op::Ctz => int(from, i64::from(unsigned(from, x).trailing_zeros().min(bits))),
        Op::Popcnt => int(from, i64::from(unsigned(from, x).count_ones())),
        Op::SExt(to) => int(to, x),
        Op::ZExt(to) => int(to, unsigned(from, x) as i64),
        Op::Reduce(to) => int(to, x),
        // From 64 bits to `f32` in one step: twice rounded is not rounded.
        Op::SToF(Repr::F32) => float(Repr::F32, f64::from(x as f32)),
        Op::UToF(Repr::F32) => float(Repr::F32, f64::from(unsigned(from, x) as f32)),
        Op::SToF(to) => float(to, x as f64),
        Op::UToF(to) => float(to, unsigned(from, x) as f64),
        Op::Bitcast(to) => Some(Folded::Op(Op::Float(to, unsigned(from, x)))),
        _ => None,
    }
}

fn fold_float(op: &Op, from: Repr, x: f64) -> Option<Folded> {
    match *op {
        Op::FNeg if !x.is_nan() => float(from, -x),
        Op::FAbs => float(from, x.abs()),
        Op::Sqrt if from == Repr::F32 => float(from, f64::from((x as f32).sqrt())),
        Op::Sqrt => float(from, x.sqrt()),
        Op::Floor => float(from, x.floor()),
        Op::Ceil => float(from, x.ceil()),
        Op::Trunc => float(from, x.trunc()),
        Op::Nearest => float(from, x.round_ties_even()),
        Op::Promote => float(Repr::F64, x),
        Op::Demote => float(Repr::F32, x),
        Op::FToS(to) => {
            let (low, high) = (wrap(to, 1 << (width(to) - 1)), unsigned(to, -1) >> 1);
            int(to, (x as i64).clamp(low, high as i64))
        }
        Op::FToU(to) => int(to, (x as u64).min(unsigned(to, -1)) as i64),
        Op::Bitcast(to) if from == Repr::F32 && !x.is_nan() => int(to, i64::from((x as f32).to_bits() as i32)),
        Op::Bitcast(to) if from == Repr::F64 => int(to, x.to_bits() as i64),
        _ => None,
    }
}

fn fold_ints(op: &Op, repr: Repr, x: i64, y: i64) -> Option<Folded> {
    let (ux, uy) = (unsigned(repr, x), unsigned(repr, y));
    let count = (y & i64::from(width(repr) - 1)) as u32;
    let number = match op {
        Op::Add => x.wrapping_add(y),
        Op::Sub => x.wrapping_sub(y),
        Op::Mul => x.wrapping_mul(y),
        Op::SDiv if y != 0 => x.wrapping_div(y),
        Op::UDiv if y != 0 => (ux / uy) as i64,
        Op::SRem if y != 0 => x.wrapping_rem(y),
        Op::URem if y != 0 => (ux % uy) as i64,
        Op::And => x & y,
        Op::Or => x | y,
        Op::Xor => x ^ y,
        Op::Shl => x << count,
        Op::AShr => x >> count,
        Op::LShr => (ux >> count) as i64,
        Op::SMin => x.min(y),
        Op::SMax => x.max(y),
        Op::UMin => ux.min(uy) as i64,
        Op::UMax => ux.max(uy) as i64,
        _ => return None,
    };
    int(repr, number)
}

fn fold_floats(op: &Op, repr: Repr, x: f64, y: f64) -> Option<Folded> {
    // One operation on `f32` done in `f64` and rounded is correctly rounded.
    let number = match op {
        Op::FAdd => x + y,
        Op::FSub => x - y,
        Op::FMul => x * y,
        Op::FDiv => x / y,
        Op::FMin if x == y => {
            if x.is_sign_negative() {
                x
            } else {
                y
            }
        }
        Op::FMax if x == y => {
            if x.is_sign_negative() {
                y
            } else {
                x
            }
        }
        Op::FMin => {
            if x < y {
                x
            } else {
                y
            }
        }
        Op::FMax => {
            if x > y {
                x
            } else {
                y
            }
        }
        _ => return None,
    };
    if x.is_nan() || y.is_nan() {
        return None;
    }
    float(repr, number)
}

impl IntCond {
    /// The condition that holds when this one does not.
    pub fn inverse(self) -> IntCond {
        use IntCond::*;
        match self {
            Eq => Ne,
            Ne => Eq,
            Slt => Sge,
            Sle => Sgt,
            Sgt => Sle,
            Sge => Slt,
            Ult => Uge,
            Ule => Ugt,
            Ugt => Ule,
            Uge => Ult,
        }
    }

    /// The condition for operands in the other order.
    pub fn swapped(self) -> IntCond {
        use IntCond::*;
        match self {
            Eq | Ne => self,
            Slt => Sgt,
            Sle => Sge,
            Sgt => Slt,
            Sge => Sle,
            Ult => Ugt,
            Ule => Uge,
            Ugt => Ult,
            Uge => Ule,
        }
    }

    /// Whether it holds for two numbers, sign-extended from `repr`.
    pub fn holds(self, repr: Repr, x: i64, y: i64) -> bool {
        let (ux, uy) = (unsigned(repr, x), unsigned(repr, y));
        match self {
            IntCond::Eq => x == y,
            IntCond::Ne => x != y,
            IntCond::Slt => x < y,
            IntCond::Sle => x <= y,
            IntCond::Sgt => x > y,
            IntCond::Sge => x >= y,
            IntCond::Ult => ux < uy,
            IntCond::Ule => ux <= uy,
            IntCond::Ugt => ux > uy,
            IntCond::Uge => ux >= uy,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ints(op: Op, repr: Repr, x: i64, y: i64) -> Option<i64> {
        match fold_ints(&op, repr, x, y)? {
            Folded::Op(Op::Int(_, number)) => Some(number),
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn integers_wrap_at_their_width() {
        assert_eq!(ints(Op::Add, Repr::I8, 127, 1), Some(-128));
        assert_eq!(ints(Op::SDiv, Repr::I64, i64::MIN, -1), Some(i64::MIN));
        assert_eq!(ints(Op::SDiv, Repr::I8, -128, -1), Some(-128));
        assert_eq!(ints(Op::SRem, Repr::I64, i64::MIN, -1), Some(0));
        assert_eq!(ints(Op::UDiv, Repr::I8, -1, 2), Some(127));
        assert_eq!(ints(Op::LShr, Repr::I16, -1, 17), Some(0x7fff));
        assert_eq!(ints(Op::Shl, Repr::I32, 1, 33), Some(2));
        assert_eq!(ints(Op::SDiv, Repr::I64, 1, 0), None);
    }

    #[test]
    fn bits_are_counted_within_the_width() {
        let fold = |op, repr, x| match fold_int(&op, repr, x) {
            Some(Folded::Op(Op::Int(_, number))) => number,
            other => unreachable!("{other:?}"),
        };
        assert_eq!(fold(Op::Clz, Repr::I8, 1), 7);
        assert_eq!(fold(Op::Ctz, Repr::I16, 0), 16);
        assert_eq!(fold(Op::Popcnt, Repr::I32, -1), 32);
        assert_eq!(fold(Op::Clz, Repr::I64, 0), 64);
        assert_eq!(fold(Op::IAbs, Repr::I8, -128), -128);
    }

    #[test]
    fn floats_saturate_and_order_their_zeros() {
        let number = |folded| match folded {
            Some(Folded::Op(Op::Int(_, number))) => number,
            other => unreachable!("{other:?}"),
        };
        assert_eq!(number(fold_float(&Op::FToS(Repr::I8), Repr::F64, 300.0)), 127);
        assert_eq!(number(fold_float(&Op::FToS(Repr::I8), Repr::F64, -300.0)), -128);
        assert_eq!(number(fold_float(&Op::FToU(Repr::I8), Repr::F64, 300.0)), -1);
        assert_eq!(number(fold_float(&Op::FToS(Repr::I64), Repr::F64, f64::NAN)), 0);
        let zero = |op, x: f64, y: f64| match fold_floats(&op, Repr::F64, x, y) {
            Some(Folded::Op(Op::Float(_, bits))) => f64::from_bits(bits).is_sign_negative(),
            other => unreachable!("{other:?}"),
        };
        assert!(zero(Op::FMin, 0.0, -0.0) && zero(Op::FMin, -0.0, 0.0));
        assert!(!zero(Op::FMax, 0.0, -0.0) && !zero(Op::FMax, -0.0, 0.0));
        assert_eq!(fold_floats(&Op::FDiv, Repr::F64, 0.0, 0.0), None);
    }
}
