//! The typed tree of a function's body: names are resolved, conversions written out, methods chosen.

use crate::ast::Binary;
use crate::names::Name;
use crate::program::{ConstId, FuncId};
use crate::source::Span;
use crate::types::{Ty, Tys};

/// A node of a [`Body`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct NodeId(pub(crate) u32);

/// A pattern of a [`Body`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct PatId(pub(crate) u32);

/// A variable of a [`Body`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct LocalId(pub(crate) u32);

/// A loop of a [`Body`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct LoopId(pub(crate) u32);

#[derive(Debug, Default)]
pub(crate) struct Body {
    pub(crate) nodes: Vec<Node>,
    pub(crate) pats: Vec<Pat>,
    pub(crate) locals: Vec<Local>,
    pub(crate) params: Vec<LocalId>,
    pub(crate) root: Option<NodeId>,
    /// Whether some variable is declared without a value.
    pub(crate) has_deferred: bool,
}

#[derive(Debug)]
pub(crate) struct Local {
    pub(crate) name: Name,
    pub(crate) ty: Ty,
    pub(crate) span: Span,
    pub(crate) mutable: bool,
    /// The closure it belongs to, counted by nesting; 0 is the function itself.
    pub(crate) frame: u32,
    pub(crate) used: bool,
    /// Assigned besides its first value.
    pub(crate) assigned: bool,
    pub(crate) captured: bool,
    /// Declared without a value.
    pub(crate) deferred: bool,
}

impl Local {
    /// Whether it lives in a box, since a closure and its surroundings see each other's changes.
    pub(crate) fn is_boxed(&self) -> bool {
        self.captured && self.assigned && self.mutable
    }
}

#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) kind: NodeKind,
    pub(crate) ty: Ty,
    pub(crate) span: Span,
}

/// What needs no function: one instruction each, or nearly so.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Op {
    Neg,
    Not,
    BitNot,
    Abs,
    Min,
    Max,
    Sqrt,
    Floor,
    Ceil,
    Trunc,
    Nearest,
    Popcnt,
    Clz,
    Ctz,
    Ushr,
    ToBits,
    FromBits,
    Hash,
    Same,
    IsNil,
    StrLen,
    StrByte,
    StrSlice,
    ListLen,
    ListGet,
    ListPush,
    ListPop,
    ListInsert,
    ListRemove,
    ListSlice,
    ListExtend,
    ListTruncate,
    ListReserve,
    ListCopy,
    ListClear,
    MapLen,
    MapGet,
    MapFind,
    MapHas,
    MapSet,
    MapRemove,
    MapClear,
    SelfPid,
    Send,
    StackTrace,
    PtrLoad,
    PtrStore,
    PtrAdd,
    PtrStr,
}

impl Op {
    /// Whether it changes its first operand.
    pub(crate) fn changes(self) -> bool {
        use Op::*;
        matches!(
            self,
            ListPush
                | ListPop
                | ListInsert
                | ListRemove
                | ListExtend
                | ListTruncate
                | ListReserve
                | ListCopy
                | ListClear
                | MapSet
                | MapRemove
                | MapClear
        )
    }
}

#[derive(Debug)]
pub(crate) enum NodeKind {
    /// Reported already.
    Error,
    Unit,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(Name),
    Bytes(Box<[u8]>),
    Nil,
    Local(LocalId),
    Const(ConstId),
    /// A function as a value.
    FuncRef {
        func: FuncId,
        targs: Tys,
    },
    /// The address of a function for C.
    Callback {
        func: FuncId,
        targs: Tys,
    },
    Call {
        func: FuncId,
        targs: Tys,
        args: Box<[NodeId]>,
    },
    /// A trait's method, chosen by the type in `targs[0]`.
    CallTrait {
        method: FuncId,
        targs: Tys,
        args: Box<[NodeId]>,
    },
    /// A trait's method on a trait object, `args[0]`.
    CallDyn {
        method: FuncId,
        args: Box<[NodeId]>,
    },
    CallValue {
        callee: NodeId,
        args: Box<[NodeId]>,
    },
    Op(Op, Box<[NodeId]>),
    Binary(Binary, NodeId, NodeId),
    And(NodeId, NodeId),
    Or(NodeId, NodeId),
    /// `left ?? right`.
    Coalesce(NodeId, NodeId),
    /// A struct or variant, its fields in order of declaration.
    New {
        variant: u32,
        fields: Box<[NodeId]>,
    },
    Tuple(Box<[NodeId]>),
    List(Box<[NodeId]>),
    Fill(NodeId, NodeId),
    Map(Box<[(NodeId, NodeId)]>),
    Field {
        base: NodeId,
        field: u32,
    },
    /// A value as an optional.
    Wrap(NodeId),
    Unwrap(NodeId),
    ToAny(NodeId),
    FromAny(NodeId),
    ToTrait(NodeId),
    /// A number or truth value as another number.
    Convert(NodeId),
    /// A pointer as a pointer to something else.
    PtrCast(NodeId),
    Is(NodeId, Ty),
    ToStr(NodeId),
    Concat(Vec<NodeId>),
    /// `base?.…`: `body` with `local` standing for the value in `base`, or nil.
    OptChain {
        base: NodeId,
        local: LocalId,
        body: NodeId,
    },
    /// A condition: whether the pattern matches.
    Let(PatId, NodeId),
    If {
        arms: Box<[(NodeId, NodeId)]>,
        otherwise: Option<NodeId>,
    },
    Match {
        value: NodeId,
        arms: Box<[Arm]>,
    },
    Block {
        stmts: Box<[Stmt]>,
        tail: Option<NodeId>,
    },
    Loop {
        id: LoopId,
        body: NodeId,
    },
    While {
        id: LoopId,
        cond: NodeId,
        body: NodeId,
    },
    For {
        id: LoopId,
        pat: PatId,
        items: Items,
        body: NodeId,
    },
    Break {
        id: LoopId,
        value: Option<NodeId>,
    },
    Continue {
        id: LoopId,
    },
    Return(Option<NodeId>),
    Throw(NodeId),
    Try {
        body: NodeId,
        catches: Box<[Catch]>,
        finally: Option<NodeId>,
    },
    Closure {
        params: Box<[PatId]>,
        captures: Box<[LocalId]>,
        body: NodeId,
    },
    Spawn {
        link: bool,
        body: NodeId,
    },
    Receive {
        arms: Box<[Arm]>,
        after: Option<(NodeId, NodeId)>,
    },
    AssignLocal {
        local: LocalId,
        op: Option<Binary>,
        value: NodeId,
    },
    AssignField {
        base: NodeId,
        field: u32,
        op: Option<Binary>,
        value: NodeId,
    },
    AssignItem {
        base: NodeId,
        index: NodeId,
        op: Option<Binary>,
        value: NodeId,
    },
    /// `(a, b) = …`: the value goes into the pattern's new variables, and from these into the targets.
    AssignMany {
        pat: PatId,
        value: NodeId,
        parts: Box<[NodeId]>,
    },
    Assert {
        cond: NodeId,
        message: Option<NodeId>,
        text: Name,
    },
    /// Values to standard output, or error output, and a line end.
    Print {
        args: Box<[NodeId]>,
        error: bool,
    },
}

/// What a `for` goes through.
#[derive(Debug)]
pub(crate) enum Items {
    Range {
        start: NodeId,
        end: NodeId,
        inclusive: bool,
    },
    /// A value of the prelude's `Range`.
    RangeValue(NodeId),
    /// A list or bytes.
    List(NodeId),
    Map(NodeId),
    /// The code points of a string.
    Chars {
        text: NodeId,
        char_at: FuncId,
    },
    /// Whatever `next` gives until it is nil.
    Next {
        value: NodeId,
        local: LocalId,
        next: NodeId,
    },
}

#[derive(Debug)]
pub(crate) struct Arm {
    pub(crate) pat: PatId,
    pub(crate) guard: Option<NodeId>,
    pub(crate) body: NodeId,
}

#[derive(Debug)]
pub(crate) struct Catch {
    pub(crate) local: Option<LocalId>,
    /// What it catches; everything if absent.
    pub(crate) ty: Option<Ty>,
    pub(crate) body: NodeId,
}

#[derive(Debug)]
pub(crate) enum Stmt {
    Let { pat: PatId, value: Option<NodeId>, otherwise: Option<NodeId> },
    Expr(NodeId),
}

#[derive(Debug)]
pub(crate) struct Pat {
    pub(crate) kind: PatKind,
    pub(crate) ty: Ty,
    pub(crate) span: Span,
}

/// A constant in a pattern.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) enum Literal {
    Bool(bool),
    Int(i128),
    /// By its bits.
    Float(u64),
    Str(Name),
}

#[derive(Debug)]
pub(crate) enum PatKind {
    Error,
    Wild,
    Bind(LocalId, Option<PatId>),
    Literal(Literal),
    /// Both ends belong to it.
    IntRange(i128, i128),
    FloatRange {
        start: Option<f64>,
        end: Option<f64>,
        inclusive: bool,
    },
    Tuple(Box<[PatId]>),
    /// A struct's or variant's fields, by position.
    Variant {
        variant: u32,
        fields: Box<[(u32, PatId)]>,
    },
    List {
        before: Box<[PatId]>,
        rest: Option<Option<PatId>>,
        after: Box<[PatId]>,
    },
    Or(Box<[PatId]>),
    Nil,
    /// The value in an optional.
    Some(PatId),
    /// A value of this type in `any` or a trait object.
    Type(Ty, PatId),
}

impl Body {
    pub(crate) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    pub(crate) fn pat(&self, id: PatId) -> &Pat {
        &self.pats[id.0 as usize]
    }

    pub(crate) fn local(&self, id: LocalId) -> &Local {
        &self.locals[id.0 as usize]
    }

    /// Replaces every type in the tree by `f` of it.
    pub(crate) fn map_types(&mut self, f: &mut dyn FnMut(Ty) -> Ty, list: &mut dyn FnMut(Tys) -> Tys) {
        for local in &mut self.locals {
            local.ty = f(local.ty);
        }
        for pat in &mut self.pats {
            pat.ty = f(pat.ty);
            if let PatKind::Type(ty, _) = &mut pat.kind {
                *ty = f(*ty);
            }
        }
        for node in &mut self.nodes {
            node.ty = f(node.ty);
            match &mut node.kind {
                NodeKind::FuncRef { targs, .. }
                | NodeKind::Callback { targs, .. }
                | NodeKind::Call { targs, .. }
                | NodeKind::CallTrait { targs, .. } => *targs = list(*targs),
                NodeKind::Is(_, ty) => *ty = f(*ty),
                NodeKind::Try { catches, .. } => {
                    for catch in catches {
                        catch.ty = catch.ty.map(&mut *f);
                    }
                }
                _ => {}
            }
        }
    }
}
