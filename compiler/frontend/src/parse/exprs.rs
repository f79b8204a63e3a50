//! Expressions, by precedence climbing.

use super::{MAX_DEPTH, Parsed, Parser};
use crate::ast::{Arm, Binary, Block, Catch, Closure, Expr, ExprId, ExprKind, Ident, Part, Spawn, Try, Unary};
use crate::codes;
use crate::diagnostic::{Diagnostic, Fix};
use crate::lex::Tok;
use crate::names::kw;
use crate::source::Span;

/// How tightly operators bind.
mod level {
    pub(super) const COALESCE: u8 = 1;
    pub(super) const OR: u8 = 2;
    pub(super) const AND: u8 = 3;
    pub(super) const COMPARE: u8 = 4;
    pub(super) const RANGE: u8 = 5;
    pub(super) const BIT_OR: u8 = 6;
    pub(super) const BIT_XOR: u8 = 7;
    pub(super) const BIT_AND: u8 = 8;
    pub(super) const SHIFT: u8 = 9;
    pub(super) const ADD: u8 = 10;
    pub(super) const MUL: u8 = 11;
    pub(super) const CAST: u8 = 12;
}

impl Parser<'_> {
    pub(super) fn expression(&mut self) -> Parsed<ExprId> {
        self.nested(|parser| parser.binary(level::COALESCE))
    }

    pub(super) fn expr(&mut self, start: Span, kind: ExprKind) -> ExprId {
        let span = self.from(start);
        self.ast.exprs(Expr { kind, span })
    }

    fn binary_op(&self) -> Option<(Binary, u8)> {
        let token = self.token();
        Some(match token.tok {
            Tok::QuestionQuestion => (Binary::Coalesce, level::COALESCE),
            Tok::PipePipe => (Binary::Or, level::OR),
            Tok::AmpAmp => (Binary::And, level::AND),
            Tok::Lt => (Binary::Lt, level::COMPARE),
            Tok::Le => (Binary::Le, level::COMPARE),
            Tok::Gt => (Binary::Gt, level::COMPARE),
            Tok::Ge => (Binary::Ge, level::COMPARE),
            Tok::EqEq => (Binary::Eq, level::COMPARE),
            Tok::NotEq => (Binary::Ne, level::COMPARE),
            Tok::Pipe => (Binary::BitOr, level::BIT_OR),
            Tok::Caret => (Binary::BitXor, level::BIT_XOR),
            Tok::Amp => (Binary::BitAnd, level::BIT_AND),
            Tok::Shl => (Binary::Shl, level::SHIFT),
            Tok::Shr => (Binary::Shr, level::SHIFT),
            Tok::Plus => (Binary::Add, level::ADD),
            Tok::Minus => (Binary::Sub, level::ADD),
            Tok::Star => (Binary::Mul, level::MUL),
            Tok::Slash => (Binary::Div, level::MUL),
            Tok::Percent => (Binary::Rem, level::MUL),
            Tok::Keyword if token.name() == kw::AND => (Binary::And, level::AND),
            Tok::Keyword if token.name() == kw::OR => (Binary::Or, level::OR),
            _ => return None,
        })
    }

    /// Operators that bind at least as tightly as `least`.
    fn binary(&mut self, least: u8) -> Parsed<ExprId> {
        let start = self.span();
        let mut left = match self.peek() {
            Tok::DotDot | Tok::DotDotEq if least <= level::RANGE => self.range(start, None)?,
            _ => self.unary()?,
        };
        let mut compared = false;
        loop {
            if let Some((op, tightness)) = self.binary_op() {
                if tightness < least {
                    break;
                }
                if op.is_comparison() && std::mem::replace(&mut compared, true) {
                    let span = self.span();
                    let diagnostic = Diagnostic::error(codes::CHAINED_COMPARISON, span, "comparisons do not chain");
                    return Err(self.error(diagnostic.help("write `a < b and b < c`")));
                }
                self.bump();
                self.skip_newlines();
                let right = match op {
                    // To the right, so that the first value there is wins without more ado.
                    Binary::Coalesce => self.nested(|parser| parser.binary(tightness))?,
                    _ => self.binary(tightness + 1)?,
                };
                left = self.expr(start, ExprKind::Binary(op, left, right));
            } else if matches!(self.peek(), Tok::DotDot | Tok::DotDotEq) && least <= level::RANGE {
                left = self.range(start, Some(left))?;
            } else if self.at_keyword(kw::AS) && least <= level::CAST {
                self.bump();
                let ty = self.ty()?;
                left = self.expr(start, ExprKind::Cast(left, ty));
            } else if self.at_keyword(kw::IS) && least <= level::CAST {
                self.bump();
                left = self.question(start, left)?;
            } else {
                break;
            }
        }
        Ok(left)
    }

    /// What follows `is`. A question asked as other languages ask it is understood, so that nothing else is said of it.
    fn question(&mut self, start: Span, left: ExprId) -> Parsed<ExprId> {
        let negated = self.at_keyword(kw::NOT).then(|| self.span());
        if negated.is_some() {
            self.bump();
        }
        if self.at_keyword(kw::NIL) {
            let op = if negated.is_some() { Binary::Ne } else { Binary::Eq };
            let message = "`nil` is no type to ask for";
            let diagnostic = Diagnostic::error(codes::UNEXPECTED, self.span(), message);
            self.error(diagnostic.help(format!("write `x {} nil`", op.text())));
            let nil = self.primary()?;
            return Ok(self.expr(start, ExprKind::Binary(op, left, nil)));
        }
        if let Some(span) = negated {
            let diagnostic = Diagnostic::error(codes::UNEXPECTED, span, "`not` stands before the whole question");
            self.error(diagnostic.help("write `not (x is T)`"));
        }
        let ty = self.ty()?;
        let question = self.expr(start, ExprKind::Is(left, ty));
        Ok(if negated.is_some() { self.expr(start, ExprKind::Unary(Unary::Not, question)) } else { question })
    }

    fn range(&mut self, start: Span, from: Option<ExprId>) -> Parsed<ExprId> {
        let inclusive = self.bump().tok == Tok::DotDotEq;
        let end = match self.begins_expression() && (self.structs || self.peek() != Tok::LBrace) {
            true => Some(self.binary(level::BIT_OR)?),
            false => None,
        };
        if inclusive && end.is_none() {
            return Err(self.unexpected("the last value of the range"));
        }
        Ok(self.expr(start, ExprKind::Range { start: from, end, inclusive }))
    }

    /// Whether an expression may begin here.
    fn begins_expression(&self) -> bool {
        use Tok::*;
        let token = self.token();
        match token.tok {
            Name | Int | Float | Bytes | Str | StrStart | Label | LParen | LBracket | LBrace | Minus | Bang | Tilde
            | Pipe | PipePipe | DotDot | DotDotEq => true,
            Keyword => ![
                kw::ELSE,
                kw::CATCH,
                kw::FINALLY,
                kw::AS,
                kw::IS,
                kw::AND,
                kw::OR,
                kw::IN,
                kw::AFTER,
                kw::FN,
                kw::LET,
                kw::STRUCT,
                kw::ENUM,
                kw::TRAIT,
                kw::IMPL,
                kw::IMPORT,
                kw::PUB,
                kw::EXTERN,
                kw::CONST,
                kw::MUT,
            ]
            .contains(&token.name()),
            _ => false,
        }
    }

    fn unary(&mut self) -> Parsed<ExprId> {
        let start = self.span();
        let op = match self.peek() {
            Tok::Minus => Unary::Neg,
            Tok::Bang => Unary::Not,
            Tok::Tilde => Unary::BitNot,
            Tok::Keyword if self.at_keyword(kw::NOT) => Unary::Not,
            _ => return self.postfix(),
        };
        self.bump();
        let operand = self.nested(Self::unary)?;
        Ok(self.expr(start, ExprKind::Unary(op, operand)))
    }

    fn postfix(&mut self) -> Parsed<ExprId> {
        let start = self.span();
        let mut expr = self.primary()?;
        let mut length = 0;
        loop {
            expr = match self.peek() {
                Tok::LParen => {
                    let open = self.bump().span();
                    let args = self.with_structs(true, |parser| parser.list(open, Tok::RParen, Self::expression))?;
                    self.expr(start, ExprKind::Call(expr, args))
                }
                Tok::LBracket => {
                    let open = self.bump().span();
                    let args = self.with_structs(true, |parser| parser.list(open, Tok::RBracket, Self::index))?;
                    self.expr(start, ExprKind::Index(expr, args))
                }
                Tok::Dot | Tok::QuestionDot | Tok::ColonColon => self.member(start, expr)?,
                Tok::Bang => {
                    self.bump();
                    self.expr(start, ExprKind::Unwrap(expr))
                }
                Tok::LBrace if self.structs && self.may_be_struct(expr) => {
                    let fields = self.struct_fields()?;
                    self.expr(start, ExprKind::Struct { path: expr, fields })
                }
                Tok::LBrace if self.may_be_struct(expr) && self.begins_fields() => {
                    let fields = self.with_structs(true, Self::struct_fields)?;
                    let span = self.from(start);
                    let message = "a struct stands in parentheses here, as the brace would begin the block";
                    let (open, close) = (Span { end: span.start, ..span }, Span { start: span.end, ..span });
                    let edits = vec![(open, "(".to_owned()), (close, ")".to_owned())];
                    let mut diagnostic = Diagnostic::error(codes::UNEXPECTED, span, message);
                    diagnostic.fixes.push(Fix { message: "put it in parentheses".to_owned(), edits });
                    self.error(diagnostic);
                    self.expr(start, ExprKind::Struct { path: expr, fields })
                }
                _ => return Ok(expr),
            };
            length += 1;
            if length > MAX_DEPTH {
                let message = format!("more than {MAX_DEPTH} calls and fields in one chain");
                let span = self.span();
                let diagnostic = Diagnostic::error(codes::TOO_DEEP, span, message);
                return Err(self.error(diagnostic.help("give a part of it a name")));
            }
        }
    }

    /// An index, or a type argument that is not an expression.
    fn index(&mut self) -> Parsed<ExprId> {
        self.expression()
    }

    fn member(&mut self, start: Span, base: ExprId) -> Parsed<ExprId> {
        let optional = match self.peek() {
            Tok::ColonColon => {
                self.eat_double_colon();
                false
            }
            _ => self.bump().tok == Tok::QuestionDot,
        };
        if self.peek() == Tok::Int && !optional {
            let token = self.bump();
            let position = self.tokens.ints[token.data as usize];
            let kind = ExprKind::Item(base, u32::try_from(position).unwrap_or(u32::MAX));
            return Ok(self.expr(start, kind));
        }
        let name = match self.peek() {
            // `p.send`, `x.is`, …: after a dot, words are free.
            Tok::Keyword => {
                let token = self.bump();
                Ident { name: token.name(), span: token.span() }
            }
            _ => self.ident("a field or method")?,
        };
        let kind = match optional {
            true => ExprKind::OptField(base, name),
            false => ExprKind::Field(base, name),
        };
        Ok(self.expr(start, kind))
    }

    /// Whether a brace behind this may hold a struct's fields: a name, or one with type arguments.
    fn may_be_struct(&self, expr: ExprId) -> bool {
        match &self.ast[expr].kind {
            ExprKind::Name(name) => *name != kw::SELF,
            ExprKind::Field(base, _) | ExprKind::Index(base, _) => self.may_be_struct(*base),
            _ => false,
        }
    }

    /// Whether the brace here begins the fields of a struct rather than a block or arms: `{ name: …`, and something
    /// behind it.
    fn begins_fields(&self) -> bool {
        let first = 1 + usize::from(self.peek_at(1).tok == Tok::Newline);
        if self.peek_at(first).tok != Tok::Name || self.peek_at(first + 1).tok != Tok::Colon {
            return false;
        }
        let Some(end) = self.behind_bracket(0) else { return false };
        let has_arms = (1..end).any(|ahead| self.peek_at(ahead).tok == Tok::FatArrow);
        !has_arms && !matches!(self.peek_at(end).tok, Tok::Newline | Tok::Semi | Tok::RBrace | Tok::Eof)
    }

    /// How far ahead the token is that follows the bracket `ahead`, and all in it.
    fn behind_bracket(&self, mut ahead: usize) -> Option<usize> {
        let mut depth = 0;
        loop {
            match self.peek_at(ahead).tok {
                Tok::LParen | Tok::LBracket | Tok::LBrace => depth += 1,
                Tok::RParen | Tok::RBracket | Tok::RBrace => depth -= 1,
                Tok::Eof => return None,
                _ => {}
            }
            ahead += 1;
            if depth == 0 {
                return Some(ahead);
            }
        }
    }

    fn struct_fields(&mut self) -> Parsed<Vec<(Ident, ExprId)>> {
        let open = self.bump().span();
        self.list(open, Tok::RBrace, |parser| {
            let name = parser.ident("a field's name")?;
            let value = match parser.eat(Tok::Colon) {
                true => {
                    parser.skip_newlines();
                    parser.expression()?
                }
                false => parser.ast.exprs(Expr { kind: ExprKind::Name(name.name), span: name.span }),
            };
            Ok((name, value))
        })
    }

    pub(super) fn primary(&mut self) -> Parsed<ExprId> {
        let start = self.span();
        let token = self.token();
        let kind = match token.tok {
            Tok::Int => ExprKind::Int(self.tokens.ints[self.bump().data as usize]),
            Tok::Float => ExprKind::Float(self.tokens.floats[self.bump().data as usize]),
            Tok::Str => ExprKind::Str(self.bump().name()),
            Tok::Bytes => ExprKind::Bytes(self.bump().data),
            Tok::StrStart => return self.interpolation(),
            Tok::Name if self.at_word(self.words.assert) && (self.begins_prefix() || self.begins_operand()) => {
                return self.assertion();
            }
            Tok::Name if self.at_word(self.words.spawn_link) && self.begins_prefix() => {
                return self.spawn(Spawn::Link);
            }
            Tok::Name if self.at_word(self.words.spawn_monitor) && self.begins_prefix() => {
                return self.spawn(Spawn::Monitor);
            }
            Tok::Name => ExprKind::Name(self.bump().name()),
            Tok::LParen => return self.parenthesised(),
            Tok::LBracket => return self.list_literal(),
            Tok::LBrace => return self.brace(),
            Tok::Pipe | Tok::PipePipe => return self.closure(),
            Tok::Label => {
                let label = Ident { name: token.name(), span: token.span() };
                self.bump();
                self.expect(Tok::Colon)?;
                self.skip_newlines();
                return self.labelled(start, Some(label));
            }
            Tok::Keyword => return self.keyword(start),
            Tok::Star if self.tokens.tokens[self.at.saturating_sub(1)].tok == Tok::Star => {
                return Err(self.unexpected_but("an expression", "powers are written `x.pow(n)`"));
            }
            Tok::Plus if self.tokens.tokens[self.at.saturating_sub(1)].tok == Tok::Plus => {
                return Err(self.unexpected_but("an expression", "to count up, write `+= 1`"));
            }
            _ => return Err(self.unexpected("an expression")),
        };
        Ok(self.expr(start, kind))
    }

    /// Whether an operand follows that could also go on with a value: a list or a negative number that stands apart, or
    /// something in parentheses that an operator follows.
    fn begins_operand(&self) -> bool {
        use Tok::*;
        let (next, then) = (self.peek_at(1), self.peek_at(2));
        let is_apart = self.token().end < next.start;
        match next.tok {
            LBracket => is_apart,
            Minus => is_apart && next.end == then.start,
            LParen => self.behind_bracket(1).is_some_and(|behind| {
                !matches!(self.peek_at(behind).tok, Newline | Semi | Comma | RParen | RBracket | RBrace | Eof)
            }),
            _ => false,
        }
    }

    /// Whether the word here stands before an operand, on the same line and not in parentheses.
    fn begins_prefix(&self) -> bool {
        use Tok::*;
        let next = self.peek_at(1);
        match next.tok {
            Name | Int | Float | Str | StrStart | LBrace | Bang | Tilde => true,
            Keyword => [kw::SELF, kw::NOT, kw::TRUE, kw::FALSE].contains(&next.name()),
            _ => false,
        }
    }

    fn keyword(&mut self, start: Span) -> Parsed<ExprId> {
        let word = self.token().name();
        let kind = match word {
            kw::TRUE | kw::FALSE => {
                self.bump();
                ExprKind::Bool(word == kw::TRUE)
            }
            kw::NIL => {
                self.bump();
                ExprKind::Nil
            }
            kw::SELF => {
                self.bump();
                ExprKind::Name(word)
            }
            kw::LET => {
                self.bump();
                let pat = self.with_structs(true, Self::pattern)?;
                self.expect(Tok::Eq)?;
                let value = self.binary(level::COMPARE)?;
                ExprKind::Let(pat, value)
            }
            kw::IF => self.conditional()?,
            kw::MATCH => {
                self.bump();
                let value = self.head()?;
                ExprKind::Match { value, arms: self.arms()?.0 }
            }
            kw::LOOP | kw::WHILE | kw::FOR => return self.labelled(start, None),
            kw::BREAK => {
                self.bump();
                let label = self.label();
                ExprKind::Break { label, value: self.operand()? }
            }
            kw::CONTINUE => {
                self.bump();
                ExprKind::Continue { label: self.label() }
            }
            kw::RETURN => {
                self.bump();
                ExprKind::Return(self.operand()?)
            }
            kw::THROW => {
                self.bump();
                ExprKind::Throw(self.expression()?)
            }
            kw::TRY => self.try_block()?,
            kw::SPAWN => return self.spawn(Spawn::Plain),
            kw::RECEIVE => {
                self.bump();
                let (arms, after) = self.arms()?;
                ExprKind::Receive { arms, after }
            }
            kw::FN => {
                let message = "functions are declared at the top level; within one, write a closure";
                let diagnostic = Diagnostic::error(codes::UNEXPECTED, start, message);
                return Err(self.error(diagnostic.help("a closure is written `|x| x + 1`")));
            }
            kw::MUT => {
                let message = "expected an expression, found `mut`";
                let diagnostic = Diagnostic::error(codes::UNEXPECTED, start, message);
                let fix = "a variable that changes is declared with `let mut`";
                return Err(self.error(diagnostic.fix(fix, start, "let mut")));
            }
            _ => return Err(self.unexpected("an expression")),
        };
        Ok(self.expr(start, kind))
    }

    fn label(&mut self) -> Option<Ident> {
        let token = self.token();
        (token.tok == Tok::Label).then(|| {
            self.bump();
            Ident { name: token.name(), span: token.span() }
        })
    }

    /// The value behind `return` or `break`, if there is one.
    fn operand(&mut self) -> Parsed<Option<ExprId>> {
        match self.begins_expression() && (self.structs || self.peek() != Tok::LBrace) {
            true => Ok(Some(self.expression()?)),
            false => Ok(None),
        }
    }

    /// The expression in front of a block: without structs, whose brace would be taken for the block's.
    fn head(&mut self) -> Parsed<ExprId> {
        self.with_structs(false, Self::expression)
    }

    fn conditional(&mut self) -> Parsed<ExprKind> {
        let mut arms = vec![];
        loop {
            self.bump();
            let cond = self.head()?;
            arms.push((cond, self.block()?));
            if !self.eat_keyword(kw::ELSE) {
                return Ok(ExprKind::If { arms, otherwise: None });
            }
            if !self.at_keyword(kw::IF) {
                return Ok(ExprKind::If { arms, otherwise: Some(self.block()?) });
            }
        }
    }

    fn labelled(&mut self, start: Span, label: Option<Ident>) -> Parsed<ExprId> {
        let kind = if self.eat_keyword(kw::LOOP) {
            ExprKind::Loop { label, body: self.block()? }
        } else if self.eat_keyword(kw::WHILE) {
            let cond = self.head()?;
            ExprKind::While { label, cond, body: self.block()? }
        } else if self.eat_keyword(kw::FOR) {
            const FORMS: &str = "loops are written `for item in items` and `for i in 0..n`";
            if self.peek() == Tok::LParen && self.peek_at(1).tok == Tok::Keyword {
                let failed = self.unexpected_but("a pattern", FORMS);
                self.at += self.behind_bracket(0).unwrap_or(0);
                return Err(failed);
            }
            let pat = self.with_structs(true, Self::single_pattern)?;
            if !self.eat_keyword(kw::IN) {
                return Err(self.unexpected_but("`in`", FORMS));
            }
            let items = self.head()?;
            ExprKind::For { label, pat, items, body: self.block()? }
        } else {
            return Err(self.unexpected("a loop behind the label"));
        };
        Ok(self.expr(start, kind))
    }

    /// `{ pattern => value, … after millis => value }`.
    #[allow(clippy::type_complexity)]
    fn arms(&mut self) -> Parsed<(Vec<Arm>, Option<(ExprId, ExprId)>)> {
        self.skip_newlines();
        let open = self.span();
        self.expect(Tok::LBrace)?;
        let (mut arms, mut after) = (vec![], None);
        self.nested(|parser| {
            parser.with_structs(true, |parser| {
                loop {
                    parser.skip_newlines();
                    if parser.eat(Tok::RBrace) {
                        return Ok(());
                    }
                    if parser.peek() == Tok::Eof {
                        parser.expect_close(Tok::RBrace, open)?;
                    }
                    if parser.eat_keyword(kw::AFTER) {
                        let millis = parser.expression()?;
                        parser.expect(Tok::FatArrow)?;
                        after = Some((millis, parser.arm_body()?));
                        continue;
                    }
                    let pat = parser.pattern()?;
                    let guard = match parser.eat_keyword(kw::IF) {
                        true => Some(parser.expression()?),
                        false => None,
                    };
                    parser.expect(Tok::FatArrow)?;
                    let body = parser.arm_body()?;
                    arms.push(Arm { pat, guard, body });
                }
            })
        })?;
        Ok((arms, after))
    }

    fn arm_body(&mut self) -> Parsed<ExprId> {
        self.skip_newlines();
        let expr = self.expression()?;
        let expr = match self.peek() {
            // An assignment is a statement, but alone in an arm it is clear enough.
            Tok::Comma | Tok::Newline | Tok::RBrace => expr,
            _ => match self.assignment(expr)? {
                Some(assignment) => assignment,
                None => expr,
            },
        };
        let in_braces = self.tokens.tokens[self.at.saturating_sub(1)].tok == Tok::RBrace;
        if !self.eat(Tok::Comma) && !self.eat(Tok::Newline) && !in_braces && self.peek() != Tok::RBrace {
            return Err(self.unexpected("`,` or the end of the line behind the arm"));
        }
        // A comma may follow a block's brace and line end.
        self.eat(Tok::Comma);
        Ok(expr)
    }

    fn try_block(&mut self) -> Parsed<ExprKind> {
        self.bump();
        let body = self.block()?;
        let mut catches = vec![];
        while self.eat_keyword(kw::CATCH) {
            let name = match self.peek() {
                Tok::Name => Some(self.ident("a variable")?),
                Tok::LParen => return Err(self.unexpected_but("a variable or `{`", "write `catch e { … }`")),
                _ => None,
            };
            let ty = match name.is_some() && self.eat(Tok::Colon) {
                true => Some(self.ty()?),
                false => None,
            };
            catches.push(Catch { name, ty, body: self.block()? });
        }
        let finally = match self.eat_keyword(kw::FINALLY) {
            true => Some(self.block()?),
            false => None,
        };
        if catches.is_empty() && finally.is_none() {
            return Err(match self.peek() {
                Tok::Name => self.unexpected_but("`catch` or `finally`", "errors are caught by `catch e { … }`"),
                _ => self.unexpected("`catch` or `finally`"),
            });
        }
        Ok(ExprKind::Try(Box::new(Try { body, catches, finally })))
    }

    fn spawn(&mut self, how: Spawn) -> Parsed<ExprId> {
        let start = self.bump().span();
        let body = match self.peek() {
            Tok::LBrace => {
                let block: Block = self.block()?;
                self.expr(start, ExprKind::Block(block))
            }
            _ => self.nested(Self::unary)?,
        };
        Ok(self.expr(start, ExprKind::Spawn { how, body }))
    }

    fn assertion(&mut self) -> Parsed<ExprId> {
        let start = self.bump().span();
        let cond = self.expression()?;
        let message = match self.eat(Tok::Comma) {
            true => Some(self.expression()?),
            false => None,
        };
        Ok(self.expr(start, ExprKind::Assert { cond, message }))
    }

    fn interpolation(&mut self) -> Parsed<ExprId> {
        let start = self.span();
        let mut parts = vec![];
        loop {
            let token = self.bump();
            if !self.names.text(token.name()).is_empty() {
                parts.push(Part::Text(token.name()));
            }
            if token.tok == Tok::StrEnd {
                return Ok(self.expr(start, ExprKind::Interpolation(parts)));
            }
            if matches!(self.peek(), Tok::StrMid | Tok::StrEnd) {
                let span = Span { start: token.end - 1, end: self.token().start + 1 };
                let diagnostic = Diagnostic::error(codes::UNEXPECTED, span, "there is no expression in these braces");
                let fix = "for braces as such, double them; a value stands within: `{value}`";
                self.error(diagnostic.fix(fix, span, "{{}}"));
                continue;
            }
            parts.push(Part::Expr(self.with_structs(true, Self::expression)?));
            match self.peek() {
                Tok::StrMid | Tok::StrEnd => {}
                Tok::Colon => {
                    let help = "values are laid out by methods: `{x.fixed(2)}`, `{s.pad_left(8, \" \")}`";
                    return Err(self.unexpected_but("`}` and the rest of the string", help));
                }
                _ => return Err(self.unexpected("`}` and the rest of the string")),
            }
        }
    }

    fn parenthesised(&mut self) -> Parsed<ExprId> {
        let start = self.bump().span();
        let (mut items, comma) = self.with_structs(true, |parser| {
            let mut items = vec![];
            let mut comma = false;
            while parser.peek() != Tok::RParen {
                items.push(parser.expression()?);
                comma = parser.eat(Tok::Comma);
                if !comma {
                    break;
                }
            }
            parser.expect_close(Tok::RParen, start)?;
            Ok((items, comma))
        })?;
        Ok(match items.len() {
            0 => self.expr(start, ExprKind::Unit),
            1 if !comma => items.remove(0),
            1 => {
                let span = self.from(start);
                return Err(self.error(Diagnostic::error(codes::UNEXPECTED, span, "tuples have two or more items")));
            }
            _ => self.expr(start, ExprKind::Tuple(items)),
        })
    }

    fn list_literal(&mut self) -> Parsed<ExprId> {
        let start = self.bump().span();
        self.with_structs(true, |parser| {
            let mut items = vec![];
            while parser.peek() != Tok::RBracket {
                items.push(parser.expression()?);
                if items.len() == 1 && parser.eat(Tok::Semi) {
                    let count = parser.expression()?;
                    parser.expect_close(Tok::RBracket, start)?;
                    return Ok(parser.expr(start, ExprKind::Fill(items[0], count)));
                }
                if !parser.eat(Tok::Comma) {
                    break;
                }
            }
            parser.expect_close(Tok::RBracket, start)?;
            Ok(parser.expr(start, ExprKind::List(items)))
        })
    }

    /// `{:}`, a map, or a block: told apart by what follows the first expression.
    fn brace(&mut self) -> Parsed<ExprId> {
        let start = self.bump().span();
        self.nested(|parser| parser.with_structs(true, |parser| parser.brace_content(start)))
    }

    fn brace_content(&mut self, start: Span) -> Parsed<ExprId> {
        self.skip_newlines();
        if self.eat(Tok::Colon) {
            self.skip_newlines();
            self.expect_close(Tok::RBrace, start)?;
            return Ok(self.expr(start, ExprKind::Map(vec![])));
        }
        let first = match self.begins_expression() && self.peek() != Tok::Label {
            true => match self.expression() {
                Ok(first) => Some(first),
                Err(_) => {
                    // What follows is most likely a block's.
                    self.recover(true);
                    None
                }
            },
            false => None,
        };
        if let Some(key) = first
            && self.eat(Tok::Colon)
        {
            self.skip_newlines();
            let mut entries = vec![(key, self.expression()?)];
            if self.eat(Tok::Comma) {
                entries.extend(self.list(start, Tok::RBrace, |parser| {
                    let key = parser.expression()?;
                    parser.expect(Tok::Colon)?;
                    parser.skip_newlines();
                    Ok((key, parser.expression()?))
                })?);
            } else {
                self.skip_newlines();
                self.expect_close(Tok::RBrace, start)?;
            }
            return Ok(self.expr(start, ExprKind::Map(entries)));
        }
        let block = self.block_from(start, first)?;
        Ok(self.expr(start, ExprKind::Block(block)))
    }

    fn closure(&mut self) -> Parsed<ExprId> {
        let start = self.span();
        let mut params = vec![];
        if self.bump().tok == Tok::Pipe {
            loop {
                if self.eat(Tok::Pipe) {
                    break;
                }
                let pat = self.with_structs(true, Self::single_pattern)?;
                let ty = match self.eat(Tok::Colon) {
                    true => Some(self.ty()?),
                    false => None,
                };
                params.push((pat, ty));
                if !self.eat(Tok::Comma) {
                    self.expect(Tok::Pipe)?;
                    break;
                }
            }
        }
        let (result, body) = match self.eat(Tok::Arrow) {
            true => {
                let result = self.ty()?;
                let open = self.span();
                let block = self.block()?;
                (Some(result), self.expr(open, ExprKind::Block(block)))
            }
            false => (None, self.closure_body()?),
        };
        Ok(self.expr(start, ExprKind::Closure(Box::new(Closure { params, result, body }))))
    }

    /// An expression, or an assignment.
    fn closure_body(&mut self) -> Parsed<ExprId> {
        let body = self.expression()?;
        Ok(self.assignment(body)?.unwrap_or(body))
    }
}
