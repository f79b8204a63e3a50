//! The syntax tree of one file. Nodes live in tables and refer to each other by index.

use crate::names::Name;
use crate::source::Span;

macro_rules! node_ids {
    ($($(#[$doc:meta])* $id:ident -> $node:ident in $table:ident;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub(crate) struct $id(pub(crate) u32);

        impl std::ops::Index<$id> for Ast {
            type Output = $node;
            fn index(&self, id: $id) -> &$node {
                &self.$table[id.0 as usize]
            }
        }

        impl Ast {
            /// Adds a node.
            pub(crate) fn $table(&mut self, node: $node) -> $id {
                self.$table.push(node);
                $id(self.$table.len() as u32 - 1)
            }
        }
    )* };
}

node_ids! {
    /// An expression.
    ExprId -> Expr in exprs;
    /// A pattern.
    PatId -> Pat in pats;
    /// A type as written.
    TypeId -> TypeExpr in types;
}

/// A file.
#[derive(Debug, Default)]
pub(crate) struct Ast {
    exprs: Vec<Expr>,
    pats: Vec<Pat>,
    types: Vec<TypeExpr>,
    /// Byte strings.
    pub(crate) bytes: Vec<Vec<u8>>,
    /// Declarations in order.
    pub(crate) items: Vec<Item>,
    /// Statements between the declarations, in order.
    pub(crate) stmts: Vec<Stmt>,
}

impl Ast {
    /// All expressions, patterns and types, whatever they are part of.
    pub(crate) fn nodes(&self) -> (&[Expr], &[Pat], &[TypeExpr]) {
        (&self.exprs, &self.pats, &self.types)
    }
}

/// A name and where it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Ident {
    pub(crate) name: Name,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) struct Expr {
    pub(crate) kind: ExprKind,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) enum ExprKind {
    /// Something that could not be parsed; reported already.
    Error,
    Unit,
    Bool(bool),
    Int(u64),
    Float(f64),
    Str(Name),
    /// An index into [`Ast::bytes`].
    Bytes(u32),
    Nil,
    Interpolation(Vec<Part>),
    Name(Name),
    Field(ExprId, Ident),
    OptField(ExprId, Ident),
    /// `t.0`.
    Item(ExprId, u32),
    Call(ExprId, Vec<ExprId>),
    /// `a[i]`; also type arguments, until names are known.
    Index(ExprId, Vec<ExprId>),
    Unwrap(ExprId),
    Unary(Unary, ExprId),
    Binary(Binary, ExprId, ExprId),
    Cast(ExprId, TypeId),
    Is(ExprId, TypeId),
    Range {
        start: Option<ExprId>,
        end: Option<ExprId>,
        inclusive: bool,
    },
    Tuple(Vec<ExprId>),
    List(Vec<ExprId>),
    /// `[value; count]`.
    Fill(ExprId, ExprId),
    Map(Vec<(ExprId, ExprId)>),
    Struct {
        path: ExprId,
        fields: Vec<(Ident, ExprId)>,
    },
    Closure(Box<Closure>),
    Block(Block),
    If {
        arms: Vec<(ExprId, Block)>,
        otherwise: Option<Block>,
    },
    /// `let p = e`, as a condition.
    Let(PatId, ExprId),
    Match {
        value: ExprId,
        arms: Vec<Arm>,
    },
    Loop {
        label: Option<Ident>,
        body: Block,
    },
    While {
        label: Option<Ident>,
        cond: ExprId,
        body: Block,
    },
    For {
        label: Option<Ident>,
        pat: PatId,
        items: ExprId,
        body: Block,
    },
    Break {
        label: Option<Ident>,
        value: Option<ExprId>,
    },
    Continue {
        label: Option<Ident>,
    },
    Return(Option<ExprId>),
    Throw(ExprId),
    Try(Box<Try>),
    Spawn {
        how: Spawn,
        body: ExprId,
    },
    Receive {
        arms: Vec<Arm>,
        after: Option<(ExprId, ExprId)>,
    },
    Assign {
        target: ExprId,
        value: ExprId,
    },
    AssignOp {
        op: Binary,
        target: ExprId,
        value: ExprId,
    },
    Assert {
        cond: ExprId,
        message: Option<ExprId>,
    },
}

/// Part of a string with expressions.
#[derive(Debug)]
pub(crate) enum Part {
    Text(Name),
    Expr(ExprId),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Unary {
    Neg,
    /// `not`, `!`.
    Not,
    /// `~`.
    BitNot,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
    BitAnd,
    BitOr,
    BitXor,
    Shl,
    Shr,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    And,
    Or,
    Coalesce,
}

impl Binary {
    /// As it is written.
    pub(crate) fn text(self) -> &'static str {
        use Binary::*;
        match self {
            Add => "+",
            Sub => "-",
            Mul => "*",
            Div => "/",
            Rem => "%",
            BitAnd => "&",
            BitOr => "|",
            BitXor => "^",
            Shl => "<<",
            Shr => ">>",
            Eq => "==",
            Ne => "!=",
            Lt => "<",
            Le => "<=",
            Gt => ">",
            Ge => ">=",
            And => "and",
            Or => "or",
            Coalesce => "??",
        }
    }

    pub(crate) fn is_comparison(self) -> bool {
        use Binary::*;
        matches!(self, Eq | Ne | Lt | Le | Gt | Ge)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Spawn {
    Plain,
    Link,
    Monitor,
}

#[derive(Debug)]
pub(crate) struct Closure {
    pub(crate) params: Vec<(PatId, Option<TypeId>)>,
    pub(crate) result: Option<TypeId>,
    pub(crate) body: ExprId,
}

#[derive(Debug)]
pub(crate) struct Arm {
    pub(crate) pat: PatId,
    pub(crate) guard: Option<ExprId>,
    pub(crate) body: ExprId,
}

#[derive(Debug)]
pub(crate) struct Try {
    pub(crate) body: Block,
    pub(crate) catches: Vec<Catch>,
    pub(crate) finally: Option<Block>,
}

#[derive(Debug)]
pub(crate) struct Catch {
    pub(crate) name: Option<Ident>,
    pub(crate) ty: Option<TypeId>,
    pub(crate) body: Block,
}

#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) stmts: Vec<Stmt>,
    /// The expression at the end that gives the block its value.
    pub(crate) tail: Option<ExprId>,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) struct Stmt {
    pub(crate) kind: StmtKind,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) enum StmtKind {
    Let {
        pat: PatId,
        ty: Option<TypeId>,
        value: Option<ExprId>,
        otherwise: Option<Block>,
    },
    /// An expression, and whether a semicolon follows.
    Expr(ExprId, bool),
}

#[derive(Debug)]
pub(crate) struct Pat {
    pub(crate) kind: PatKind,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) enum PatKind {
    Wild,
    Nil,
    /// A name: a variable, or a variant without payload.
    Bind {
        name: Name,
        mutable: bool,
        sub: Option<PatId>,
    },
    /// A literal expression, perhaps negated.
    Literal(ExprId),
    Range {
        start: Option<ExprId>,
        end: Option<ExprId>,
        inclusive: bool,
    },
    Tuple(Vec<PatId>),
    /// Items before and after `..`, and the name of what it stands for.
    List {
        before: Vec<PatId>,
        rest: Option<Option<PatId>>,
        after: Vec<PatId>,
    },
    /// `Name(p, …)`.
    Variant {
        path: Vec<Ident>,
        args: Vec<PatId>,
    },
    /// `Name { field: p, … }`; `rest` if it ends in `..`.
    Struct {
        path: Vec<Ident>,
        fields: Vec<(Ident, PatId)>,
        rest: bool,
    },
    /// `Shape.Empty`.
    Path(Vec<Ident>),
    Or(Vec<PatId>),
    Typed(PatId, TypeId),
}

#[derive(Debug)]
pub(crate) struct TypeExpr {
    pub(crate) kind: TypeKind,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) enum TypeKind {
    /// `_`.
    Infer,
    Unit,
    Path(Vec<Ident>, Vec<TypeId>),
    List(TypeId),
    Map(TypeId, TypeId),
    Tuple(Vec<TypeId>),
    Optional(TypeId),
    Fn(Vec<TypeId>, Option<TypeId>),
    ExternFn(Vec<TypeId>, Option<TypeId>),
    Ptr(TypeId),
}

#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) kind: ItemKind,
    pub(crate) public: bool,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) enum ItemKind {
    Import {
        path: Vec<Ident>,
        alias: Option<Ident>,
    },
    Const {
        name: Ident,
        ty: Option<TypeId>,
        value: ExprId,
    },
    Struct {
        name: Ident,
        generics: Vec<Generic>,
        fields: Vec<Field>,
        /// Whether C knows it, too.
        is_extern: bool,
    },
    Enum {
        name: Ident,
        generics: Vec<Generic>,
        variants: Vec<Variant>,
    },
    Trait {
        name: Ident,
        generics: Vec<Generic>,
        methods: Vec<Fn>,
    },
    Impl {
        generics: Vec<Generic>,
        of: Option<TypeId>,
        ty: TypeId,
        methods: Vec<Fn>,
    },
    Fn(Fn),
    /// The library (`vitte` for the runtime, empty for C's), whether it may take its time, and what it defines.
    Extern {
        library: Option<Name>,
        blocking: Option<Span>,
        function: Fn,
    },
    Test {
        name: Name,
        body: Block,
    },
}

/// A type parameter with its bounds.
#[derive(Debug)]
pub(crate) struct Generic {
    pub(crate) name: Ident,
    pub(crate) bounds: Vec<TypeId>,
}

#[derive(Debug)]
pub(crate) struct Field {
    /// `None` for a positional field.
    pub(crate) name: Option<Ident>,
    pub(crate) ty: TypeId,
    pub(crate) default: Option<ExprId>,
}

#[derive(Debug)]
pub(crate) struct Variant {
    pub(crate) name: Ident,
    pub(crate) fields: Vec<Field>,
}

#[derive(Debug)]
pub(crate) struct Fn {
    pub(crate) name: Ident,
    pub(crate) generics: Vec<Generic>,
    /// `self`, if it takes one.
    pub(crate) receiver: Option<Span>,
    pub(crate) params: Vec<Param>,
    pub(crate) variadic: bool,
    pub(crate) result: Option<TypeId>,
    pub(crate) body: Option<Block>,
    /// From `fn` to the result.
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) struct Param {
    pub(crate) name: Ident,
    pub(crate) mutable: bool,
    pub(crate) ty: TypeId,
}
