//! Patterns.

use super::{Parsed, Parser};
use crate::ast::{ExprId, Ident, Pat, PatId, PatKind};
use crate::lex::Tok;
use crate::names::kw;

impl Parser<'_> {
    /// A pattern with alternatives.
    pub(super) fn pattern(&mut self) -> Parsed<PatId> {
        let start = self.span();
        self.eat(Tok::Pipe);
        let first = self.typed_pattern()?;
        let mut all = vec![first];
        loop {
            // Alternatives may begin a line.
            if self.peek() == Tok::Newline && self.peek_at(1).tok == Tok::Pipe {
                self.bump();
            }
            if !self.eat(Tok::Pipe) {
                break;
            }
            all.push(self.typed_pattern()?);
        }
        if all.len() == 1 {
            return Ok(first);
        }
        Ok(self.pat(start, PatKind::Or(all)))
    }

    fn pat(&mut self, start: crate::source::Span, kind: PatKind) -> PatId {
        let span = self.from(start);
        self.ast.pats(Pat { kind, span })
    }

    fn typed_pattern(&mut self) -> Parsed<PatId> {
        let start = self.span();
        let pat = self.single_pattern()?;
        if self.eat(Tok::Colon) {
            let ty = self.ty()?;
            return Ok(self.pat(start, PatKind::Typed(pat, ty)));
        }
        Ok(pat)
    }

    /// A pattern without alternatives or type, as `let` and closures take it.
    pub(super) fn single_pattern(&mut self) -> Parsed<PatId> {
        self.nested(Self::plain_pattern)
    }

    fn plain_pattern(&mut self) -> Parsed<PatId> {
        let start = self.span();
        let kind = match self.peek() {
            Tok::LParen => {
                self.bump();
                let mut items = self.list(start, Tok::RParen, Self::pattern)?;
                if items.len() == 1 && self.peek_back_not_comma() {
                    return Ok(items.remove(0));
                }
                PatKind::Tuple(items)
            }
            Tok::LBracket => self.list_pattern()?,
            Tok::Keyword if self.at_keyword(kw::NIL) => {
                self.bump();
                PatKind::Nil
            }
            Tok::Keyword if self.at_keyword(kw::MUT) => {
                self.bump();
                let name = self.ident("a variable")?;
                PatKind::Bind { name: name.name, mutable: true, sub: self.sub_pattern()? }
            }
            Tok::Name if self.at_word(self.words.underscore) => {
                self.bump();
                PatKind::Wild
            }
            Tok::Name => self.name_pattern()?,
            Tok::DotDotEq | Tok::DotDot => {
                let inclusive = self.bump().tok == Tok::DotDotEq;
                let end = self.pattern_literal()?;
                PatKind::Range { start: None, end: Some(end), inclusive }
            }
            _ => {
                let literal = self.pattern_literal()?;
                match self.peek() {
                    Tok::DotDot | Tok::DotDotEq => {
                        let inclusive = self.bump().tok == Tok::DotDotEq;
                        let has_end = matches!(self.peek(), Tok::Int | Tok::Float | Tok::Minus | Tok::Name | Tok::Str);
                        let end = if has_end { Some(self.pattern_literal()?) } else { None };
                        PatKind::Range { start: Some(literal), end, inclusive }
                    }
                    _ => PatKind::Literal(literal),
                }
            }
        };
        Ok(self.pat(start, kind))
    }

    /// Whether the token before the last one is no comma: tells `(p)` from `(p,)`.
    fn peek_back_not_comma(&self) -> bool {
        self.tokens.tokens[self.at.saturating_sub(2)].tok != Tok::Comma
    }

    fn sub_pattern(&mut self) -> Parsed<Option<PatId>> {
        match self.eat(Tok::At) {
            true => Ok(Some(self.single_pattern()?)),
            false => Ok(None),
        }
    }

    fn name_pattern(&mut self) -> Parsed<PatKind> {
        let path = self.path()?;
        let open = self.span();
        match self.peek() {
            Tok::LParen => {
                self.bump();
                let args = self.list(open, Tok::RParen, Self::pattern)?;
                Ok(PatKind::Variant { path, args })
            }
            Tok::LBrace if self.structs => {
                self.bump();
                let mut rest = false;
                let fields = self.list(open, Tok::RBrace, |parser| {
                    if parser.eat(Tok::DotDot) {
                        rest = true;
                        return Ok(None);
                    }
                    parser.field_pattern().map(Some)
                })?;
                Ok(PatKind::Struct { path, fields: fields.into_iter().flatten().collect(), rest })
            }
            _ if path.len() == 1 => Ok(PatKind::Bind { name: path[0].name, mutable: false, sub: self.sub_pattern()? }),
            _ => Ok(PatKind::Path(path)),
        }
    }

    fn field_pattern(&mut self) -> Parsed<(Ident, PatId)> {
        let mutable = self.eat_keyword(kw::MUT);
        let name = self.ident("a field")?;
        if !mutable && self.eat(Tok::Colon) {
            return Ok((name, self.pattern()?));
        }
        let kind = PatKind::Bind { name: name.name, mutable, sub: None };
        Ok((name, self.ast.pats(Pat { kind, span: name.span })))
    }

    fn list_pattern(&mut self) -> Parsed<PatKind> {
        let open = self.bump().span();
        let (mut before, mut after, mut rest) = (vec![], vec![], None);
        self.list(open, Tok::RBracket, |parser| {
            if parser.peek() == Tok::DotDot && rest.is_none() {
                parser.bump();
                let named = !matches!(parser.peek(), Tok::Comma | Tok::RBracket);
                rest = Some(if named { Some(parser.single_pattern()?) } else { None });
            } else if rest.is_some() {
                after.push(parser.pattern()?);
            } else {
                before.push(parser.pattern()?);
            }
            Ok(())
        })?;
        Ok(PatKind::List { before, rest, after })
    }

    /// A literal, perhaps negated, or the name of a constant.
    fn pattern_literal(&mut self) -> Parsed<ExprId> {
        let start = self.span();
        let is_literal = match self.peek() {
            Tok::Int | Tok::Float | Tok::Str | Tok::Bytes | Tok::Minus | Tok::Name => true,
            Tok::Keyword => self.at_keyword(kw::TRUE) || self.at_keyword(kw::FALSE),
            Tok::StrStart => return Err(self.unexpected("a string without expressions in it, since this is a pattern")),
            _ => false,
        };
        if !is_literal {
            return Err(self.unexpected("a pattern"));
        }
        if self.eat(Tok::Minus) {
            if !matches!(self.peek(), Tok::Int | Tok::Float) {
                return Err(self.unexpected("a number"));
            }
            let operand = self.primary()?;
            return Ok(self.expr(start, crate::ast::ExprKind::Unary(crate::ast::Unary::Neg, operand)));
        }
        self.with_structs(false, Self::primary)
    }
}
