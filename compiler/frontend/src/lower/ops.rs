//! Operations that are an instruction each, or nearly.

use super::function::FunctionLower;
use crate::ast::Binary;
use crate::body::{NodeId, Op};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::types::{Kind, Ty};
use vitbc::{Const, FieldIdx, Inst, Reg, TypeIdx};

impl FunctionLower<'_, '_, '_> {
    /// `dst = a op b`, both of the type of `dst`.
    pub(super) fn arithmetic(&mut self, op: Binary, dst: Reg, a: Reg, b: Reg, span: Span) {
        let inst = match op {
            Binary::Add => Inst::Add { dst, a, b },
            Binary::Sub => Inst::Sub { dst, a, b },
            Binary::Mul => Inst::Mul { dst, a, b },
            Binary::Div => Inst::Div { dst, a, b },
            Binary::Rem => Inst::Rem { dst, a, b },
            Binary::BitAnd => Inst::And { dst, a, b },
            Binary::BitOr => Inst::Or { dst, a, b },
            Binary::BitXor => Inst::Xor { dst, a, b },
            Binary::Shl => Inst::Shl { dst, a, b },
            Binary::Shr => Inst::Shr { dst, a, b },
            _ => unreachable!("comparisons and short circuits are lowered elsewhere"),
        };
        self.emit(inst, span);
    }

    pub(super) fn op(&mut self, op: Op, args: &[NodeId], want: Option<Reg>, ty: Ty, span: Span) -> Reg {
        if let Op::Not | Op::IsNil = op
            && ty == Ty::BOOL
        {
            return self.test_op(op, args[0], want, span);
        }
        let base_ty = args.first().map(|&arg| self.node_ty(arg));
        let regs = self.exprs(args);
        let r = |position: usize| regs[position];
        // Those without a result.
        let inst = match op {
            Op::ListPush => Inst::ListPush { list: r(0), value: r(1) },
            Op::ListInsert => Inst::ListInsert { list: r(0), index: r(1), value: r(2) },
            Op::ListExtend => Inst::ListExtend { list: r(0), other: r(1) },
            Op::ListTruncate => Inst::ListTruncate { list: r(0), len: r(1) },
            Op::ListReserve => Inst::ListReserve { list: r(0), capacity: r(1) },
            Op::ListCopy => Inst::ListCopy { list: r(0), at: r(1), src: r(2), from: r(3), len: r(4) },
            Op::ListClear => {
                let len = self.int(0);
                Inst::ListTruncate { list: r(0), len }
            }
            Op::MapSet => Inst::MapSet { map: r(0), key: r(1), value: r(2) },
            Op::MapClear => Inst::MapClear { map: r(0) },
            Op::Send => Inst::Send { to: r(0), message: r(1) },
            Op::PtrStore => {
                self.low.out.set_foreign();
                let value_ty = self.node_ty(args[1]);
                if self.is_in_c(value_ty, span) {
                    self.store_to(r(0), 0, value_ty, r(1), span);
                }
                return want.unwrap_or(Reg(0));
            }
            _ => return self.op_value(op, base_ty, &regs, want, ty, span),
        };
        self.emit(inst, span);
        want.unwrap_or(Reg(0))
    }

    fn op_value(&mut self, op: Op, base_ty: Option<Ty>, regs: &[Reg], want: Option<Reg>, ty: Ty, span: Span) -> Reg {
        let r = |position: usize| regs[position];
        let dst = self.target(want, ty);
        let inst = match op {
            Op::Neg => Inst::Neg { dst, src: r(0) },
            Op::Not | Op::BitNot => Inst::Not { dst, src: r(0) },
            Op::Abs => Inst::Abs { dst, src: r(0) },
            Op::Min => Inst::Min { dst, a: r(0), b: r(1) },
            Op::Max => Inst::Max { dst, a: r(0), b: r(1) },
            Op::Sqrt => Inst::Sqrt { dst, src: r(0) },
            Op::Floor => Inst::Floor { dst, src: r(0) },
            Op::Ceil => Inst::Ceil { dst, src: r(0) },
            Op::Trunc => Inst::Trunc { dst, src: r(0) },
            Op::Nearest => Inst::Nearest { dst, src: r(0) },
            Op::Popcnt => Inst::Popcnt { dst, src: r(0) },
            Op::Clz => Inst::Clz { dst, src: r(0) },
            Op::Ctz => Inst::Ctz { dst, src: r(0) },
            Op::Ushr => Inst::Ushr { dst, a: r(0), b: r(1) },
            Op::ToBits | Op::FromBits => Inst::Bitcast { dst, src: r(0) },
            Op::Hash => Inst::Hash { dst, src: r(0) },
            Op::Same => Inst::Same { dst, a: r(0), b: r(1) },
            Op::StrLen => Inst::StrLen { dst, src: r(0) },
            Op::StrByte => Inst::StrByte { dst, src: r(0), index: r(1) },
            Op::StrSlice => Inst::StrSlice { dst, src: r(0), start: r(1), end: r(2) },
            Op::ListLen => Inst::ListLen { dst, list: r(0) },
            Op::ListGet => Inst::ListGet { dst, list: r(0), index: r(1) },
            Op::ListPop => Inst::ListPop { dst, list: r(0) },
            Op::ListRemove => Inst::ListRemove { dst, list: r(0), index: r(1) },
            Op::ListSlice => Inst::ListSlice { dst, list: r(0), start: r(1), end: r(2) },
            Op::MapLen => Inst::MapLen { dst, map: r(0) },
            Op::MapGet => Inst::MapGet { dst, map: r(0), key: r(1) },
            Op::MapHas => Inst::MapHas { dst, map: r(0), key: r(1) },
            Op::MapRemove => Inst::MapRemove { dst, map: r(0), key: r(1) },
            Op::MapFind => {
                let value = match base_ty.map(|ty| self.kind(ty)) {
                    Some(Kind::Map(_, value)) => value,
                    _ => unreachable!("a map is looked into"),
                };
                if value != ty {
                    Inst::MapFind { dst, map: r(0), key: r(1) }
                } else {
                    self.find_nullable(dst, r(0), r(1), span);
                    return dst;
                }
            }
            Op::SelfPid => Inst::SelfPid { dst },
            Op::StackTrace => Inst::StackTrace { dst },
            Op::PtrLoad => {
                self.low.out.set_foreign();
                if self.is_in_c(ty, span) {
                    self.load_from(r(0), 0, ty, dst, span);
                }
                return dst;
            }
            Op::PtrStr => {
                self.low.out.set_foreign();
                Inst::PtrStr { dst, address: r(0) }
            }
            Op::PtrAdd => {
                self.low.out.set_foreign();
                let size = match base_ty.map(|ty| self.kind(ty)) {
                    Some(Kind::Ptr(to)) => self.low.session.program.c_size(to).0,
                    _ => 1,
                };
                let size = self.int(size);
                let bytes = self.temp_idx(TypeIdx::INT);
                self.emit(Inst::Mul { dst: bytes, a: r(1), b: size }, span);
                Inst::PtrAdd { dst, address: r(0), bytes }
            }
            Op::IsNil
            | Op::ListPush
            | Op::ListInsert
            | Op::ListExtend
            | Op::ListTruncate
            | Op::ListReserve
            | Op::ListCopy
            | Op::ListClear
            | Op::MapSet
            | Op::MapClear
            | Op::Send
            | Op::PtrStore => unreachable!("these give no value"),
        };
        self.emit(inst, span);
        dst
    }

    /// `not x` and `x == nil` as values.
    fn test_op(&mut self, op: Op, arg: NodeId, want: Option<Reg>, span: Span) -> Reg {
        let ty = self.node_ty(arg);
        if op == Op::IsNil && !matches!(self.kind(ty), Kind::Optional(_) | Kind::Any) {
            self.effect(arg);
            return self.literal(Const::Bool(false), want, Ty::BOOL);
        }
        let src = self.expr(arg, None);
        let dst = self.target(want, Ty::BOOL);
        match op {
            Op::IsNil => self.emit(Inst::IsNil { dst, src }, span),
            _ => self.emit(Inst::Not { dst, src }, span),
        }
        dst
    }

    /// `dst = map.get(key)` where the values have nil themselves.
    fn find_nullable(&mut self, dst: Reg, map: Reg, key: Reg, span: Span) {
        let has = self.temp(Ty::BOOL);
        let (missing, end) = (self.b.label(), self.b.label());
        self.emit(Inst::MapHas { dst: has, map, key }, span);
        self.emit(Inst::IfNot { cond: has, target: missing }, span);
        self.emit(Inst::MapGet { dst, map, key }, span);
        self.jump(end);
        self.bind(missing);
        self.emit(Inst::LoadConst { dst, value: Const::Nil }, span);
        self.bind(end);
    }

    /// Whether C has the type of a value behind a pointer: in an instance of generic code, it may not, which is
    /// reported.
    fn is_in_c(&mut self, ty: Ty, span: Span) -> bool {
        let program = &self.low.session.program;
        let is_in_c = program.is_in_c(ty);
        if !is_in_c {
            let message = format!("a `{}` cannot be read through a pointer", program.show(ty));
            self.low.error(Diagnostic::error(codes::BAD_FOREIGN, span, message));
        }
        is_in_c
    }

    /// The value of type `ty` at an address.
    fn load_from(&mut self, address: Reg, offset: i64, ty: Ty, dst: Reg, span: Span) {
        if !matches!(self.kind(ty), Kind::Adt(..) | Kind::Tuple(_)) {
            return self.emit(Inst::PtrLoad { dst, address, offset }, span);
        }
        let mut fields = vec![];
        for (at, field) in self.low.session.program.c_fields(ty) {
            let part = self.temp(field);
            self.load_from(address, offset + at, field, part, span);
            fields.push(part);
        }
        let ty = self.low.ty(ty);
        self.emit(Inst::Alloc { dst, ty, fields: fields.into() }, span);
    }

    /// Writes a value of type `ty` to an address.
    fn store_to(&mut self, address: Reg, offset: i64, ty: Ty, value: Reg, span: Span) {
        if !matches!(self.kind(ty), Kind::Adt(..) | Kind::Tuple(_)) {
            return self.emit(Inst::PtrStore { address, offset, value }, span);
        }
        for (position, (at, field)) in self.low.session.program.c_fields(ty).into_iter().enumerate() {
            let part = self.temp(field);
            self.emit(Inst::Load { dst: part, object: value, field: FieldIdx(position as u32) }, span);
            self.store_to(address, offset + at, field, part, span);
        }
    }
}
