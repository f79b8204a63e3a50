//! Blocks and statements.

use super::{Failed, Parsed, Parser};
use crate::ast::{Binary, Block, Expr, ExprId, ExprKind, ItemKind, Stmt, StmtKind};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::lex::Tok;
use crate::names::kw;

impl Parser<'_> {
    /// `{ … }`, perhaps on the next line.
    pub(super) fn block(&mut self) -> Parsed<Block> {
        self.skip_newlines();
        let open = self.span();
        if self.peek() == Tok::Eq {
            let diagnostic = Diagnostic::error(codes::UNEXPECTED, open, "expected `{`, found `=`");
            return Err(self.error(diagnostic.fix("compare with `==`", open, "==")));
        }
        if self.peek() != Tok::LBrace {
            return Err(match self.peek() {
                Tok::Name | Tok::Keyword | Tok::Colon => self.unexpected_but("`{`", "blocks stand in braces"),
                _ => self.unexpected("`{`"),
            });
        }
        self.bump();
        self.nested(|parser| parser.with_structs(true, |parser| parser.block_from(open, None)))
    }

    /// The rest of a block behind its brace, or behind its first expression.
    pub(super) fn block_from(&mut self, open: crate::source::Span, first: Option<ExprId>) -> Parsed<Block> {
        let mut stmts = vec![];
        let mut first = first;
        loop {
            if first.is_none() {
                while matches!(self.peek(), Tok::Newline | Tok::Semi) {
                    self.bump();
                }
                match self.peek() {
                    Tok::RBrace => {
                        self.bump();
                        return Ok(Block { stmts, tail: None, span: self.from(open) });
                    }
                    Tok::Eof => {
                        self.expect_close(Tok::RBrace, open)?;
                    }
                    _ => {}
                }
            }
            let parsed = match first.take() {
                Some(expr) => self.expr_stmt(expr),
                None => self.stmt(),
            };
            match parsed {
                Ok((Some(stmt), _)) => stmts.push(stmt),
                Ok((None, tail)) => {
                    // The block's last expression, if nothing but its end follows.
                    self.skip_newlines();
                    if self.peek() == Tok::RBrace {
                        self.bump();
                        return Ok(Block { stmts, tail, span: self.from(open) });
                    }
                    if let Some(expr) = tail {
                        let span = self.ast[expr].span;
                        stmts.push(Stmt { kind: StmtKind::Expr(expr, false), span });
                    }
                }
                Err(Failed) => self.recover(true),
            }
        }
    }

    /// A statement; an expression without semicolon comes second.
    pub(super) fn stmt(&mut self) -> Parsed<(Option<Stmt>, Option<ExprId>)> {
        let start = self.span();
        if self.at_keyword(kw::LET) {
            self.bump();
            let kind = self.let_rest()?;
            let span = self.from(start);
            self.end_of_statement()?;
            return Ok((Some(Stmt { kind, span }), None));
        }
        if self.depth > 0
            && let Some(item) = self.item()?
        {
            let what = match item.kind {
                ItemKind::Import { .. } => "an import",
                _ => "a declaration",
            };
            let message = format!("{what} stands at the top level of a file, not in a block");
            self.error(Diagnostic::error(codes::MISPLACED, start, message));
            let kind = StmtKind::Expr(self.expr(start, ExprKind::Error), true);
            return Ok((Some(Stmt { kind, span: start }), None));
        }
        let expr = self.expression()?;
        self.expr_stmt(expr)
    }

    /// The rest of a statement that begins with an expression.
    pub(super) fn expr_stmt(&mut self, expr: ExprId) -> Parsed<(Option<Stmt>, Option<ExprId>)> {
        let start = self.ast[expr].span;
        let expr = match self.assignment(expr)? {
            Some(assignment) => assignment,
            None => expr,
        };
        let span = self.from(start);
        if self.eat(Tok::Semi) {
            return Ok((Some(Stmt { kind: StmtKind::Expr(expr, true), span }), None));
        }
        // After `}` a statement may follow on the same line.
        if !self.ends_in_block(expr) {
            self.end_of_statement()?;
        }
        Ok((None, Some(expr)))
    }

    fn ends_in_block(&self, expr: ExprId) -> bool {
        use ExprKind::*;
        matches!(
            self.ast[expr].kind,
            Block(_) | If { .. } | Match { .. } | Loop { .. } | While { .. } | For { .. } | Try(_) | Receive { .. }
        )
    }

    pub(super) fn assignment(&mut self, target: ExprId) -> Parsed<Option<ExprId>> {
        let op = match self.peek() {
            Tok::Eq => None,
            Tok::PlusEq => Some(Binary::Add),
            Tok::MinusEq => Some(Binary::Sub),
            Tok::StarEq => Some(Binary::Mul),
            Tok::SlashEq => Some(Binary::Div),
            Tok::PercentEq => Some(Binary::Rem),
            Tok::AmpEq => Some(Binary::BitAnd),
            Tok::PipeEq => Some(Binary::BitOr),
            Tok::CaretEq => Some(Binary::BitXor),
            Tok::ShlEq => Some(Binary::Shl),
            Tok::ShrEq => Some(Binary::Shr),
            _ => return Ok(None),
        };
        self.bump();
        self.skip_newlines();
        let value = self.expression()?;
        let span = self.ast[target].span.to(self.ast[value].span);
        let kind = match op {
            None => ExprKind::Assign { target, value },
            Some(op) => ExprKind::AssignOp { op, target, value },
        };
        Ok(Some(self.ast.exprs(Expr { kind, span })))
    }

    /// What follows `let`.
    fn let_rest(&mut self) -> Parsed<StmtKind> {
        let pat = self.single_pattern()?;
        let ty = match self.eat(Tok::Colon) {
            true => Some(self.ty()?),
            false => None,
        };
        let value = match self.eat(Tok::Eq) {
            true => Some(self.expression()?),
            false => None,
        };
        let otherwise = match value.is_some() && self.eat_keyword(kw::ELSE) {
            true => Some(self.block()?),
            false => None,
        };
        Ok(StmtKind::Let { pat, ty, value, otherwise })
    }

    /// A semicolon, a line end, or a bracket that closes what the statement is in.
    pub(super) fn end_of_statement(&mut self) -> Parsed<()> {
        match self.peek() {
            Tok::Semi | Tok::Newline => {
                self.bump();
                Ok(())
            }
            Tok::RBrace | Tok::Eof => Ok(()),
            _ if self.tokens.tokens[self.at.saturating_sub(1)].tok == Tok::RBrace => Ok(()),
            _ => match self.habit() {
                Some(help) => Err(self.unexpected_but("the end of the statement", help)),
                None => Err(self.unexpected("the end of the statement")),
            },
        }
    }
}
