//! Methods and functions that the compiler knows by itself: those that are one instruction, or take any type.

use super::Checker;
use crate::ast::{ExprId, Ident};
use crate::body::{NodeId, NodeKind, Op};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::program::Program;
use crate::source::Span;
use crate::types::{Kind, Ty};

/// What a parameter or result of a built-in method is, seen from its receiver.
#[derive(Clone, Copy)]
enum Part {
    Unit,
    Int,
    Bool,
    Str,
    Float,
    Any,
    /// The receiver's type.
    Own,
    /// The items of a list, the target of a pointer.
    Item,
    Key,
    Value,
    OptValue,
}

type Row = (&'static str, Op, &'static [Part], Part);

use Part::*;

const LIST: &[Row] = &[
    ("len", Op::ListLen, &[], Int),
    ("push", Op::ListPush, &[Item], Unit),
    ("pop", Op::ListPop, &[], Item),
    ("insert", Op::ListInsert, &[Int, Item], Unit),
    ("remove", Op::ListRemove, &[Int], Item),
    ("slice", Op::ListSlice, &[Int, Int], Own),
    ("extend", Op::ListExtend, &[Own], Unit),
    ("truncate", Op::ListTruncate, &[Int], Unit),
    ("reserve", Op::ListReserve, &[Int], Unit),
    ("copy_from", Op::ListCopy, &[Int, Own, Int, Int], Unit),
    ("clear", Op::ListClear, &[], Unit),
];

const MAP: &[Row] = &[
    ("len", Op::MapLen, &[], Int),
    ("get", Op::MapFind, &[Key], OptValue),
    ("insert", Op::MapSet, &[Key, Value], Unit),
    ("contains", Op::MapHas, &[Key], Bool),
    ("remove", Op::MapRemove, &[Key], Bool),
    ("clear", Op::MapClear, &[], Unit),
];

const STR: &[Row] =
    &[("len", Op::StrLen, &[], Int), ("substring", Op::StrSlice, &[Int, Int], Str), ("hash", Op::Hash, &[], Int)];

const INTEGER: &[Row] = &[
    ("abs", Op::Abs, &[], Own),
    ("min", Op::Min, &[Own], Own),
    ("max", Op::Max, &[Own], Own),
    ("count_ones", Op::Popcnt, &[], Own),
    ("leading_zeros", Op::Clz, &[], Own),
    ("trailing_zeros", Op::Ctz, &[], Own),
    ("shift_right_zero", Op::Ushr, &[Own], Own),
];

const INT: &[Row] = &[("hash", Op::Hash, &[], Int), ("bits_as_float", Op::FromBits, &[], Float)];

const REAL: &[Row] = &[
    ("abs", Op::Abs, &[], Own),
    ("min", Op::Min, &[Own], Own),
    ("max", Op::Max, &[Own], Own),
    ("sqrt", Op::Sqrt, &[], Own),
    ("floor", Op::Floor, &[], Own),
    ("ceil", Op::Ceil, &[], Own),
    ("trunc", Op::Trunc, &[], Own),
    ("round_even", Op::Nearest, &[], Own),
];

const FLOAT: &[Row] = &[("to_bits", Op::ToBits, &[], Int)];

const KEY: &[Row] = &[("hash", Op::Hash, &[], Int)];

const PID: &[Row] = &[("send", Op::Send, &[Any], Unit)];

const PTR: &[Row] =
    &[("load", Op::PtrLoad, &[], Item), ("store", Op::PtrStore, &[Item], Unit), ("offset", Op::PtrAdd, &[Int], Own)];

const C_STRING: &[Row] = &[("read_str", Op::PtrStr, &[], Str)];

/// What a form of type has; `kind` is for what a pointer points to.
fn rows_of(of: Kind, kind: impl Fn(Ty) -> Kind) -> [&'static [Row]; 2] {
    match of {
        Kind::List(_) | Kind::Bytes => [LIST, &[]],
        Kind::Map(..) => [MAP, &[]],
        Kind::Str => [STR, &[]],
        Kind::Int => [INTEGER, INT],
        of if of.is_integer() => [INTEGER, &[]],
        Kind::Float => [REAL, FLOAT],
        Kind::F32 => [REAL, &[]],
        Kind::Bool | Kind::Tuple(_) => [KEY, &[]],
        Kind::Pid => [PID, &[]],
        Kind::Ptr(to) if matches!(kind(to), Kind::U8 | Kind::I8) => [PTR, C_STRING],
        Kind::Ptr(_) => [PTR, &[]],
        _ => [&[], &[]],
    }
}

/// The names of a type's built-in methods.
pub(crate) fn builtin_names(program: &Program, ty: Ty) -> Vec<&'static str> {
    let rows = rows_of(program.types.kind(ty), |ty| program.types.kind(ty));
    rows.into_iter().flatten().map(|row| row.0).chain(["to_str"]).collect()
}

/// What [`Checker::builtin_call`] knows, as far as it takes values.
pub(super) const BUILTINS: [&str; 7] = ["print", "println", "eprint", "eprintln", "len", "assert", "same"];

impl Checker<'_, '_> {
    fn rows(&self, ty: Ty) -> [&'static [Row]; 2] {
        rows_of(self.kind(ty), |ty| self.kind(ty))
    }

    /// The names of a type's built-in methods.
    pub(super) fn builtin_method_names(&self, ty: Ty) -> Vec<&'static str> {
        let mut names: Vec<&str> = self.rows(ty).into_iter().flatten().map(|row| row.0).collect();
        names.push("to_str");
        names
    }

    fn part(&mut self, part: Part, receiver: Ty) -> Ty {
        let own = self.shallow(receiver);
        match (part, self.kind(own)) {
            (Unit, _) => Ty::UNIT,
            (Int, _) => Ty::INT,
            (Bool, _) => Ty::BOOL,
            (Str, _) => Ty::STR,
            (Float, _) => Ty::FLOAT,
            (Any, _) => Ty::ANY,
            (Own, _) => own,
            (Item, Kind::List(item) | Kind::Ptr(item)) => item,
            (Item, Kind::Bytes) => Ty::U8,
            (Key, Kind::Map(key, _)) => key,
            (Value, Kind::Map(_, value)) => value,
            (OptValue, Kind::Map(_, value)) => self.session.program.types.optional(value),
            _ => Ty::ERROR,
        }
    }

    /// A call of a method that the compiler knows; `None` if there is none of this name.
    pub(super) fn builtin_method(
        &mut self,
        receiver: NodeId,
        name: Ident,
        args: &[ExprId],
        span: Span,
    ) -> Option<NodeId> {
        let ty = self.ty(receiver);
        let text = self.text(name.name).to_owned();
        let found = self.rows(ty).into_iter().flatten().find(|row| row.0 == text).copied();
        let call_span = name.span.to(span.after());
        let Some((_, op, params, result)) = found else {
            if text == "to_str" && args.is_empty() && self.find_method(ty, name.name).is_none() {
                return Some(self.text_of(receiver));
            }
            return None;
        };
        if op == Op::Hash && !self.is_key(ty) {
            return None;
        }
        let params: Vec<Ty> = params.iter().map(|&part| self.part(part, ty)).collect();
        if args.len() != params.len() {
            self.wrong_count(args.len(), params.len(), None, call_span);
            return Some(self.error_node(span));
        }
        let mut nodes = vec![receiver];
        nodes.extend(self.args(args, &params, false));
        if op == Op::PtrLoad || op == Op::PtrStore {
            let target = self.part(Item, ty);
            let target = self.resolve(target);
            let program = &self.session.program;
            // A type parameter is looked at when it is known.
            if !program.is_in_c(target) && !program.types.has_param(target) {
                let shown = self.show(target);
                let message = format!("a `{shown}` cannot be read through a pointer");
                self.error(Diagnostic::error(codes::BAD_FOREIGN, name.span, message));
            }
        }
        if op.changes() {
            self.refuse_constant(receiver, call_span);
        }
        let result = self.part(result, ty);
        Some(self.node(NodeKind::Op(op, nodes.into()), result, call_span))
    }

    fn is_key(&mut self, ty: Ty) -> bool {
        let Checker { session, infer, .. } = self;
        session.program.is_key(infer, ty, &mut vec![])
    }

    /// A call of a function that the compiler knows; `None` if there is none of this name.
    pub(super) fn builtin_call(&mut self, name: &str, args: &[ExprId], _: Option<Ty>, span: Span) -> Option<NodeId> {
        match name {
            "print" | "println" | "eprint" | "eprintln" => {
                let nodes: Vec<NodeId> = args.iter().map(|&arg| self.expr(arg, None)).collect();
                let nodes: Vec<NodeId> = nodes.into_iter().map(|node| self.printable(node)).collect();
                let error = name.starts_with('e');
                Some(self.node(NodeKind::Print { args: nodes.into(), error }, Ty::UNIT, span))
            }
            "len" if args.len() == 1 => {
                let receiver = self.expr(args[0], None);
                let name = self.program().names.intern("len");
                Some(self.method_call(receiver, Ident { name, span }, &[], Some(Ty::INT), span))
            }
            "assert" if args.len() == 1 || args.len() == 2 => Some(self.assert(args[0], args.get(1).copied(), span)),
            "self_pid" if args.is_empty() => Some(self.node(NodeKind::Op(Op::SelfPid, Box::new([])), Ty::PID, span)),
            "stack_trace" if args.is_empty() => {
                Some(self.node(NodeKind::Op(Op::StackTrace, Box::new([])), Ty::STR, span))
            }
            "same" if args.len() == 2 => {
                let left = self.expr(args[0], None);
                let ty = self.ty(left);
                let right = self.expr_as(args[1], ty);
                let scalar =
                    self.kind(ty).is_number() || matches!(self.kind(ty), Kind::Bool | Kind::Pid | Kind::Ptr(_));
                if scalar {
                    let shown = self.show(ty);
                    let message = format!("`{shown}` has no identity");
                    self.error(Diagnostic::error(codes::BAD_OPERAND, span, message).help("compare with `==`"));
                }
                Some(self.node(NodeKind::Op(Op::Same, Box::new([left, right])), Ty::BOOL, span))
            }
            _ => None,
        }
    }

    fn printable(&mut self, node: NodeId) -> NodeId {
        let span = self.span(node);
        match self.ty(node) {
            Ty::UNIT => {
                let message = "this gives no value that could be printed";
                self.error(Diagnostic::error(codes::UNIT_VALUE, span, message));
                self.error_node(span)
            }
            _ => node,
        }
    }
}
