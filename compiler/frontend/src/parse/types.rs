//! Types as written.

use super::{Parsed, Parser};
use crate::ast::{Generic, Ident, TypeExpr, TypeId, TypeKind};
use crate::lex::Tok;
use crate::names::kw;

impl Parser<'_> {
    pub(super) fn ty(&mut self) -> Parsed<TypeId> {
        self.nested(|parser| {
            let start = parser.span();
            let mut id = parser.plain_type()?;
            // `T??` comes as one token; with a space before it, as in `x as int ?? 0`, it is the operator.
            while parser.peek() == Tok::Question
                || parser.peek() == Tok::QuestionQuestion && parser.span().start == parser.last_span().end
            {
                parser.bump();
                let span = parser.from(start);
                id = parser.ast.types(TypeExpr { kind: TypeKind::Optional(id), span });
            }
            Ok(id)
        })
    }

    fn plain_type(&mut self) -> Parsed<TypeId> {
        let start = self.span();
        let kind = match self.peek() {
            Tok::LBracket => {
                self.bump();
                let item = self.ty()?;
                self.expect_close(Tok::RBracket, start)?;
                TypeKind::List(item)
            }
            Tok::LBrace => {
                self.bump();
                self.skip_newlines();
                let key = self.ty()?;
                self.expect(Tok::Colon)?;
                let value = self.ty()?;
                self.skip_newlines();
                self.expect_close(Tok::RBrace, start)?;
                TypeKind::Map(key, value)
            }
            Tok::LParen => {
                self.bump();
                let mut items = self.list(start, Tok::RParen, Self::ty)?;
                match items.len() {
                    0 => TypeKind::Unit,
                    // Parentheses only.
                    1 => return Ok(items.remove(0)),
                    _ => TypeKind::Tuple(items),
                }
            }
            Tok::Star => {
                self.bump();
                if !self.eat_keyword(kw::CONST) && !self.eat_keyword(kw::MUT) {
                    return Err(self.unexpected("`const` or `mut` after `*`"));
                }
                TypeKind::Ptr(self.ty()?)
            }
            Tok::Keyword if self.at_keyword(kw::FN) => {
                self.bump();
                let (params, result) = self.fn_type()?;
                TypeKind::Fn(params, result)
            }
            Tok::Keyword if self.at_keyword(kw::EXTERN) => {
                self.bump();
                if !self.eat_keyword(kw::FN) {
                    return Err(self.unexpected("`fn`"));
                }
                let (params, result) = self.fn_type()?;
                TypeKind::ExternFn(params, result)
            }
            Tok::Name if self.at_word(self.words.underscore) => {
                self.bump();
                TypeKind::Infer
            }
            Tok::Name => {
                let path = self.path()?;
                let open = self.span();
                let args = match self.peek() == Tok::LBracket {
                    true => {
                        self.bump();
                        self.list(open, Tok::RBracket, Self::ty)?
                    }
                    false => vec![],
                };
                TypeKind::Path(path, args)
            }
            _ => return Err(self.unexpected("a type")),
        };
        let span = self.from(start);
        Ok(self.ast.types(TypeExpr { kind, span }))
    }

    fn fn_type(&mut self) -> Parsed<(Vec<TypeId>, Option<TypeId>)> {
        let open = self.expect(Tok::LParen)?;
        let params = self.list(open, Tok::RParen, |parser| {
            // A name before the type is allowed, and for people only.
            if parser.peek() == Tok::Name && parser.peek_at(1).tok == Tok::Colon {
                parser.bump();
                parser.bump();
            }
            parser.ty()
        })?;
        let result = match self.eat(Tok::Arrow) {
            true => Some(self.ty()?),
            false => None,
        };
        Ok((params, result))
    }

    /// `name.name`.
    pub(super) fn path(&mut self) -> Parsed<Vec<Ident>> {
        let mut path = vec![self.ident("a name")?];
        while self.path_dot() {
            path.push(self.ident("a name")?);
        }
        Ok(path)
    }

    /// The type parameters of a declaration: `[T, U: Trait + Other]`.
    pub(super) fn generics(&mut self) -> Parsed<Vec<Generic>> {
        let open = self.span();
        if !self.eat(Tok::LBracket) {
            return Ok(vec![]);
        }
        self.list(open, Tok::RBracket, |parser| {
            let name = parser.ident("a type parameter")?;
            let mut bounds = vec![];
            if parser.eat(Tok::Colon) {
                bounds.push(parser.ty()?);
                while parser.eat(Tok::Plus) {
                    bounds.push(parser.ty()?);
                }
            }
            Ok(Generic { name, bounds })
        })
    }
}
