//! What tokens are that look like others: read off the syntax tree, kept by the offset at which a token begins.

use crate::ast::{Ast, Block, ExprKind, Field, Fn, ItemKind, PatKind, Stmt, StmtKind, TypeKind};
use crate::lex::{Tok, Token};
use crate::names::kw;
use rustc_hash::{FxHashMap, FxHashSet};

/// What stands between braces.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Brace {
    /// Statements.
    Block,
    /// The arms of `match` or `receive`.
    Arms,
    /// The functions of a trait or of an `impl`.
    Methods,
    /// Fields or variants, with or without values.
    Fields,
    /// The entries of a map.
    Map,
    /// A map's type.
    MapType,
}

/// What looks like something else.
#[derive(Debug, Default)]
pub(super) struct Roles {
    /// What each opening brace opens.
    pub(super) braces: FxHashMap<u32, Brace>,
    /// Where statements, declarations, methods and arms begin.
    pub(super) starts: FxHashSet<u32>,
    /// Bars that begin and bars that end the parameters of a closure; `||` is among the latter.
    pub(super) closure_open: FxHashSet<u32>,
    pub(super) closure_close: FxHashSet<u32>,
    /// Signs before their operand, and the stars of pointer types.
    pub(super) prefix: FxHashSet<u32>,
    /// Square brackets that hold a list or its type, not an index or type arguments.
    pub(super) lists: FxHashSet<u32>,
    /// Of these, the lists with items written out, to which a comma may be added.
    pub(super) literals: FxHashSet<u32>,
    /// Where the question marks of types end.
    pub(super) optional_ends: FxHashSet<u32>,
    /// Parentheses of calls and of parameters.
    pub(super) calls: FxHashSet<u32>,
}

struct Collect<'a> {
    roles: Roles,
    tokens: &'a [Token],
}

/// Reads the roles off a tree without errors.
pub(super) fn roles(ast: &Ast, tokens: &[Token]) -> Roles {
    let mut collect = Collect { roles: Roles::default(), tokens };
    collect.items(ast);
    let (exprs, pats, types) = ast.nodes();
    for expr in exprs {
        collect.expr(ast, expr);
    }
    for pat in pats {
        match &pat.kind {
            PatKind::List { .. } => _ = collect.roles.lists.insert(pat.span.start),
            PatKind::Struct { path, .. } => {
                let end = path.last().map_or(pat.span.start, |ident| ident.span.end);
                collect.brace_after(end, Brace::Fields);
            }
            PatKind::Variant { path, .. } => {
                let end = path.last().map_or(pat.span.start, |ident| ident.span.end);
                collect.call_after(end);
            }
            _ => {}
        }
    }
    for ty in types {
        match &ty.kind {
            TypeKind::List(_) => _ = collect.roles.lists.insert(ty.span.start),
            TypeKind::Map(..) => _ = collect.roles.braces.insert(ty.span.start, Brace::MapType),
            TypeKind::Ptr(_) => _ = collect.roles.prefix.insert(ty.span.start),
            TypeKind::Optional(_) => _ = collect.roles.optional_ends.insert(ty.span.end),
            TypeKind::Fn(..) | TypeKind::ExternFn(..) => collect.call_after(ty.span.start),
            _ => {}
        }
    }
    collect.roles
}

impl Collect<'_> {
    /// The position of the first token of this kind at or after `offset`.
    fn token_after(&self, offset: u32, tok: Tok) -> Option<usize> {
        let from = self.tokens.partition_point(|token| token.start < offset);
        Some(from + self.tokens[from..].iter().position(|token| token.tok == tok)?)
    }

    fn brace_after(&mut self, offset: u32, brace: Brace) {
        if let Some(at) = self.token_after(offset, Tok::LBrace) {
            self.roles.braces.insert(self.tokens[at].start, brace);
        }
    }

    fn call_after(&mut self, offset: u32) {
        if let Some(at) = self.token_after(offset, Tok::LParen) {
            self.roles.calls.insert(self.tokens[at].start);
        }
    }

    /// Something begins here, before which the tree does not count parentheses, `pub` and the first bar of a pattern.
    fn start(&mut self, offset: u32) {
        let mut at = self.tokens.partition_point(|token| token.start < offset);
        while at > 0 {
            let before = self.tokens[at - 1];
            match before.tok {
                Tok::LParen | Tok::Pipe => at -= 1,
                Tok::Keyword if before.name() == kw::PUB => at -= 1,
                _ => break,
            }
        }
        self.roles.starts.insert(self.tokens[at].start);
    }

    fn items(&mut self, ast: &Ast) {
        for item in &ast.items {
            self.start(item.span.start);
            match &item.kind {
                ItemKind::Struct { name, fields, .. } => {
                    self.brace_after(name.span.end, Brace::Fields);
                    self.fields(fields);
                }
                ItemKind::Enum { name, variants, .. } => {
                    self.brace_after(name.span.end, Brace::Fields);
                    for variant in variants {
                        match variant.fields.first() {
                            Some(Field { name: None, .. }) => self.call_after(variant.name.span.end),
                            Some(_) => self.brace_after(variant.name.span.end, Brace::Fields),
                            None => {}
                        }
                        self.fields(&variant.fields);
                    }
                }
                ItemKind::Trait { name, methods, .. } => {
                    self.brace_after(name.span.end, Brace::Methods);
                    self.functions(ast, methods);
                }
                ItemKind::Impl { ty, methods, .. } => {
                    self.brace_after(ast[*ty].span.end, Brace::Methods);
                    self.functions(ast, methods);
                }
                ItemKind::Fn(function) | ItemKind::Extern { function, .. } => self.function(ast, function),
                ItemKind::Test { body, .. } => self.block(ast, body),
                ItemKind::Import { .. } | ItemKind::Const { .. } => {}
            }
        }
        for stmt in &ast.stmts {
            self.stmt(ast, stmt);
        }
    }

    fn fields(&mut self, fields: &[Field]) {
        for name in fields.iter().filter_map(|field| field.name) {
            self.start(name.span.start);
        }
    }

    fn functions(&mut self, ast: &Ast, functions: &[Fn]) {
        for function in functions {
            self.start(function.span.start);
            self.function(ast, function);
        }
    }

    fn function(&mut self, ast: &Ast, function: &Fn) {
        self.call_after(function.name.span.end);
        if let Some(body) = &function.body {
            self.block(ast, body);
        }
    }

    fn block(&mut self, ast: &Ast, block: &Block) {
        self.roles.braces.insert(block.span.start, Brace::Block);
        for stmt in &block.stmts {
            self.stmt(ast, stmt);
        }
        if let Some(tail) = block.tail {
            self.start(ast[tail].span.start);
        }
    }

    fn stmt(&mut self, ast: &Ast, stmt: &Stmt) {
        self.start(stmt.span.start);
        if let StmtKind::Let { otherwise: Some(block), .. } = &stmt.kind {
            self.block(ast, block);
        }
    }

    fn expr(&mut self, ast: &Ast, expr: &crate::ast::Expr) {
        let start = expr.span.start;
        match &expr.kind {
            ExprKind::Map(_) => _ = self.roles.braces.insert(start, Brace::Map),
            ExprKind::List(_) => {
                self.roles.lists.insert(start);
                self.roles.literals.insert(start);
            }
            ExprKind::Fill(..) => _ = self.roles.lists.insert(start),
            ExprKind::Unary(..) => _ = self.roles.prefix.insert(start),
            ExprKind::Call(callee, _) => {
                // The callee's span leaves its own parentheses out.
                let from = self.tokens.partition_point(|token| token.start < ast[*callee].span.end);
                let skipped =
                    self.tokens[from..].iter().take_while(|token| matches!(token.tok, Tok::RParen | Tok::Newline));
                let offset = self.tokens[from + skipped.count()].start;
                self.call_after(offset);
            }
            ExprKind::Struct { path, .. } => self.brace_after(ast[*path].span.end, Brace::Fields),
            ExprKind::Closure(_) => self.closure(start),
            ExprKind::Block(block) => self.block(ast, block),
            ExprKind::If { arms, otherwise } => {
                for (_, block) in arms {
                    self.block(ast, block);
                }
                if let Some(block) = otherwise {
                    self.block(ast, block);
                }
            }
            ExprKind::Loop { body, .. } | ExprKind::While { body, .. } | ExprKind::For { body, .. } => {
                self.block(ast, body)
            }
            ExprKind::Match { value, arms } => {
                self.brace_after(ast[*value].span.end, Brace::Arms);
                for arm in arms {
                    self.start(ast[arm.pat].span.start);
                }
            }
            ExprKind::Receive { arms, after } => {
                self.brace_after(start, Brace::Arms);
                for arm in arms {
                    self.start(ast[arm.pat].span.start);
                }
                if let Some((millis, _)) = after {
                    let at = self.tokens.partition_point(|token| token.start < ast[*millis].span.start);
                    let word = |token: &&Token| token.tok == Tok::Keyword && token.name() == kw::AFTER;
                    if let Some(token) = self.tokens[..at].iter().rev().find(word) {
                        self.roles.starts.insert(token.start);
                    }
                }
            }
            ExprKind::Try(parts) => {
                self.block(ast, &parts.body);
                for catch in &parts.catches {
                    self.block(ast, &catch.body);
                }
                if let Some(block) = &parts.finally {
                    self.block(ast, block);
                }
            }
            _ => {}
        }
    }

    fn closure(&mut self, start: u32) {
        let open = self.tokens.partition_point(|token| token.start < start);
        if self.tokens[open].tok == Tok::PipePipe {
            self.roles.closure_close.insert(start);
            return;
        }
        self.roles.closure_open.insert(start);
        let mut depth = 0usize;
        for token in &self.tokens[open + 1..] {
            match token.tok {
                Tok::LParen | Tok::LBracket | Tok::LBrace => depth += 1,
                Tok::RParen | Tok::RBracket | Tok::RBrace => depth = depth.saturating_sub(1),
                Tok::Pipe if depth == 0 => {
                    self.roles.closure_close.insert(token.start);
                    return;
                }
                _ => {}
            }
        }
    }
}
