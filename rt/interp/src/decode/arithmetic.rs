//! Arithmetic and comparison, by the type of the operands.

use super::{Decoder, slot};
use crate::op::{Op, Relation, Scalar, Shift, Unary};
use vitbc::{Inst, Reg, Type, TypeIdx};
use vitte_rt::stdlib::scalar::Operation;

impl Decoder<'_, '_> {
    /// An instruction that computes; `None` for others.
    pub(super) fn arithmetic(&self, inst: &Inst) -> Option<Op> {
        Some(match *inst {
            Inst::Add { dst, a, b } => self.binary(Operation::Add, dst, a, b),
            Inst::Sub { dst, a, b } => self.binary(Operation::Sub, dst, a, b),
            Inst::Mul { dst, a, b } => self.binary(Operation::Mul, dst, a, b),
            Inst::Div { dst, a, b } => self.binary(Operation::Div, dst, a, b),
            Inst::Rem { dst, a, b } => self.binary(Operation::Rem, dst, a, b),
            Inst::And { dst, a, b } => self.binary(Operation::And, dst, a, b),
            Inst::Or { dst, a, b } => self.binary(Operation::Or, dst, a, b),
            Inst::Xor { dst, a, b } => self.binary(Operation::Xor, dst, a, b),
            Inst::Neg { dst, src } if self.is_any(src) => Op::NegAny { dst: slot(dst), src: slot(src) },
            Inst::Not { dst, src } if self.is_any(src) => Op::NotAny { dst: slot(dst), src: slot(src) },
            Inst::Neg { dst, src } => self.unary(Unary::Neg, dst, src),
            Inst::Not { dst, src } => self.unary(Unary::Not, dst, src),
            Inst::Abs { dst, src } => self.unary(Unary::Abs, dst, src),
            Inst::Sqrt { dst, src } => self.unary(Unary::Sqrt, dst, src),
            Inst::Floor { dst, src } => self.unary(Unary::Floor, dst, src),
            Inst::Ceil { dst, src } => self.unary(Unary::Ceil, dst, src),
            Inst::Trunc { dst, src } => self.unary(Unary::Trunc, dst, src),
            Inst::Nearest { dst, src } => self.unary(Unary::Nearest, dst, src),
            Inst::Popcnt { dst, src } => self.unary(Unary::Popcnt, dst, src),
            Inst::Clz { dst, src } => self.unary(Unary::Clz, dst, src),
            Inst::Ctz { dst, src } => self.unary(Unary::Ctz, dst, src),
            Inst::Shl { dst, a, b } => self.shift(Shift::Left, dst, a, b),
            Inst::Shr { dst, a, b } => self.shift(Shift::Right, dst, a, b),
            Inst::Ushr { dst, a, b } => self.shift(Shift::Unsigned, dst, a, b),
            Inst::Min { dst, a, b } => self.min_max(false, dst, a, b),
            Inst::Max { dst, a, b } => self.min_max(true, dst, a, b),
            Inst::Convert { dst, src } => {
                Op::Convert { to: self.scalar(dst), from: self.scalar(src), dst: slot(dst), src: slot(src) }
            }
            Inst::Bitcast { dst, src } => match self.type_of(dst) {
                Type::I32 | Type::U32 | Type::F32 => {
                    Op::Bitcast32 { to: self.scalar(dst), dst: slot(dst), src: slot(src) }
                }
                _ => Op::Move { dst: slot(dst), src: slot(src) },
            },
            Inst::Eq { dst, a, b } => self.equality(false, dst, a, b),
            Inst::Ne { dst, a, b } => self.equality(true, dst, a, b),
            Inst::Lt { dst, a, b } => self.relation(Relation::Less, dst, a, b),
            Inst::Le { dst, a, b } => self.relation(Relation::LessEqual, dst, a, b),
            Inst::Gt { dst, a, b } => self.relation(Relation::Less, dst, b, a),
            Inst::Ge { dst, a, b } => self.relation(Relation::LessEqual, dst, b, a),
            Inst::Same { dst, a, b } => Op::EqBits { dst: slot(dst), a: slot(a), b: slot(b) },
            Inst::Hash { dst, src } => Op::Hash { dst: slot(dst), src: slot(src), ty: self.ty(src).0 },
            _ => return None,
        })
    }

    fn is_any(&self, reg: Reg) -> bool {
        self.ty(reg) == TypeIdx::ANY
    }

    fn scalar(&self, reg: Reg) -> Scalar {
        self.ty(reg).0 as Scalar
    }

    fn binary(&self, operation: Operation, dst: Reg, a: Reg, b: Reg) -> Op {
        use Operation::*;
        let ty = self.type_of(a);
        let scalar = self.scalar(a);
        let (dst, a, b) = (slot(dst), slot(a), slot(b));
        match (ty, operation) {
            (Type::Any, _) => Op::BinaryAny { operation, dst, a, b },
            (Type::Str, _) => Op::AddStr { dst, a, b },
            (_, And) => Op::AndBits { dst, a, b },
            (_, Or) => Op::OrBits { dst, a, b },
            (_, Xor) => Op::XorBits { dst, a, b },
            // Modulo 2^64, signed and unsigned numbers are added and multiplied alike.
            (Type::Int | Type::U64, Add) => Op::AddInt { dst, a, b },
            (Type::Int | Type::U64, Sub) => Op::SubInt { dst, a, b },
            (Type::Int | Type::U64, Mul) => Op::MulInt { dst, a, b },
            (Type::Int, Div) => Op::DivInt { dst, a, b },
            (Type::Int, Rem) => Op::RemInt { dst, a, b },
            (Type::Float, Add) => Op::AddFloat { dst, a, b },
            (Type::Float, Sub) => Op::SubFloat { dst, a, b },
            (Type::Float, Mul) => Op::MulFloat { dst, a, b },
            (Type::Float, Div) => Op::DivFloat { dst, a, b },
            _ => Op::Binary { operation, ty: scalar, dst, a, b },
        }
    }

    fn unary(&self, operation: Unary, dst: Reg, src: Reg) -> Op {
        Op::Unary { operation, ty: self.scalar(src), dst: slot(dst), src: slot(src) }
    }

    fn shift(&self, shift: Shift, dst: Reg, a: Reg, b: Reg) -> Op {
        let (ty, scalar) = (self.type_of(a), self.scalar(a));
        let (dst, a, b) = (slot(dst), slot(a), slot(b));
        match (ty, shift) {
            (Type::Int, Shift::Left) => Op::ShlInt { dst, a, b },
            (Type::Int, Shift::Right) => Op::ShrInt { dst, a, b },
            _ => Op::Shift { shift, ty: scalar, dst, a, b },
        }
    }

    fn min_max(&self, max: bool, dst: Reg, a: Reg, b: Reg) -> Op {
        Op::MinMax { max, ty: self.scalar(a), dst: slot(dst), a: slot(a), b: slot(b) }
    }

    fn equality(&self, negated: bool, dst: Reg, a: Reg, b: Reg) -> Op {
        let (idx, ty) = (self.ty(a), self.type_of(a));
        let (dst, a, b) = (slot(dst), slot(a), slot(b));
        match ty {
            Type::Float | Type::F32 => Op::EqScalar { ty: idx.0 as Scalar, negated, dst, a, b },
            Type::Str => Op::EqStr { negated, dst, a, b },
            // Structs, closures and trait objects are equal if they are the same.
            Type::Struct(_) | Type::Fn(_) | Type::Trait(_) => bits_equality(negated, dst, a, b),
            ty if ty.is_scalar() => bits_equality(negated, dst, a, b),
            _ => Op::EqValue { negated, dst, a, b, ty: idx.0 },
        }
    }

    fn relation(&self, relation: Relation, dst: Reg, a: Reg, b: Reg) -> Op {
        let (scalar, ty) = (self.scalar(a), self.type_of(a));
        let (dst, a, b) = (slot(dst), slot(a), slot(b));
        match (ty, relation) {
            (Type::Any, _) => Op::CompareAny { relation, dst, a, b },
            (Type::Str, _) => Op::CompareStr { relation, dst, a, b },
            (Type::Float, Relation::Less) => Op::LtFloat { dst, a, b },
            (Type::Float, Relation::LessEqual) => Op::LeFloat { dst, a, b },
            (Type::U64 | Type::F32, _) => Op::CompareScalar { relation, ty: scalar, dst, a, b },
            (_, Relation::Less) => Op::LtInt { dst, a, b },
            (_, Relation::LessEqual) => Op::LeInt { dst, a, b },
        }
    }
}

fn bits_equality(negated: bool, dst: u16, a: u16, b: u16) -> Op {
    match negated {
        false => Op::EqBits { dst, a, b },
        true => Op::NeBits { dst, a, b },
    }
}
