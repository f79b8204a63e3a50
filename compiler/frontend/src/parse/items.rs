//! Declarations.

use super::{Failed, Parsed, Parser};
use crate::ast::{Field, Fn, Ident, Item, ItemKind, Param, StmtKind, TypeId, Variant};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::lex::Tok;
use crate::names::kw;
use crate::source::Span;

impl Parser<'_> {
    /// A whole file.
    pub(super) fn file(&mut self) {
        loop {
            while matches!(self.peek(), Tok::Newline | Tok::Semi) {
                self.bump();
            }
            match self.peek() {
                Tok::Eof => return,
                Tok::RBrace | Tok::RParen | Tok::RBracket => {
                    let token = self.bump();
                    let message = format!("{} closes nothing", self.describe(token));
                    self.error(Diagnostic::error(codes::UNCLOSED, token.span(), message));
                    continue;
                }
                _ => {}
            }
            let before = self.at;
            if self.item_or_stmt().is_err() {
                self.recover(false);
                if self.at == before {
                    self.bump();
                }
            }
        }
    }

    fn item_or_stmt(&mut self) -> Parsed<()> {
        if let Some(item) = self.item()? {
            self.ast.items.push(item);
            return self.end_of_statement();
        }
        let (stmt, tail) = self.stmt()?;
        let stmt = match tail {
            Some(expr) => crate::ast::Stmt { kind: StmtKind::Expr(expr, false), span: self.ast[expr].span },
            None => stmt.unwrap_or_else(|| unreachable!("a statement is one or the other")),
        };
        self.ast.stmts.push(stmt);
        Ok(())
    }

    /// A declaration, if one begins here.
    pub(super) fn item(&mut self) -> Parsed<Option<Item>> {
        let start = self.span();
        let public = self.eat_keyword(kw::PUB);
        let kind = match self.peek() {
            Tok::Keyword => match self.token().name() {
                kw::IMPORT => self.import()?,
                kw::CONST => self.constant()?,
                kw::STRUCT => self.structure(false)?,
                kw::ENUM => self.enumeration()?,
                kw::TRAIT => self.trait_item()?,
                kw::IMPL => self.implementation()?,
                kw::FN if self.peek_at(1).tok == Tok::Name => ItemKind::Fn(self.function(true)?),
                kw::EXTERN => self.external()?,
                _ if public => return Err(self.unexpected("a declaration after `pub`")),
                _ => return Ok(None),
            },
            Tok::Name if self.at_word(self.words.test) && self.peek_at(1).tok == Tok::Str => {
                self.bump();
                let name = self.bump().name();
                ItemKind::Test { name, body: self.block()? }
            }
            _ if public => return Err(self.unexpected("a declaration after `pub`")),
            _ => return Ok(None),
        };
        Ok(Some(Item { kind, public, span: self.from(start) }))
    }

    fn import(&mut self) -> Parsed<ItemKind> {
        self.bump();
        let path = self.path()?;
        let alias = match self.eat_keyword(kw::AS) {
            true => Some(self.ident("the module's name here")?),
            false => None,
        };
        Ok(ItemKind::Import { path, alias })
    }

    fn constant(&mut self) -> Parsed<ItemKind> {
        self.bump();
        let name = self.ident("the constant's name")?;
        let ty = match self.eat(Tok::Colon) {
            true => Some(self.ty()?),
            false => None,
        };
        self.expect(Tok::Eq)?;
        let value = self.expression()?;
        Ok(ItemKind::Const { name, ty, value })
    }

    fn structure(&mut self, is_extern: bool) -> Parsed<ItemKind> {
        self.bump();
        let name = self.ident("the struct's name")?;
        let generics = self.generics()?;
        self.skip_newlines();
        let fields = match self.peek() {
            Tok::LBrace => self.fields()?,
            _ => return Err(self.unexpected("`{` and the struct's fields")),
        };
        Ok(ItemKind::Struct { name, generics, fields, is_extern })
    }

    /// `{ name: T = default, … }`.
    fn fields(&mut self) -> Parsed<Vec<Field>> {
        let open = self.expect(Tok::LBrace)?;
        self.list(open, Tok::RBrace, |parser| {
            parser.eat_keyword(kw::PUB);
            let name = parser.ident("a field's name")?;
            parser.expect(Tok::Colon)?;
            let ty = parser.ty()?;
            let default = match parser.eat(Tok::Eq) {
                true => Some(parser.expression()?),
                false => None,
            };
            Ok(Field { name: Some(name), ty, default })
        })
    }

    fn enumeration(&mut self) -> Parsed<ItemKind> {
        self.bump();
        let name = self.ident("the enum's name")?;
        let generics = self.generics()?;
        self.skip_newlines();
        let open = self.expect(Tok::LBrace)?;
        let variants = self.list(open, Tok::RBrace, |parser| {
            let name = parser.ident("a variant's name")?;
            let fields = match parser.peek() {
                Tok::LParen => {
                    let open = parser.bump().span();
                    parser
                        .list(open, Tok::RParen, |parser| Ok(Field { name: None, ty: parser.ty()?, default: None }))?
                }
                Tok::LBrace => parser.fields()?,
                _ => vec![],
            };
            Ok(Variant { name, fields })
        })?;
        Ok(ItemKind::Enum { name, generics, variants })
    }

    fn trait_item(&mut self) -> Parsed<ItemKind> {
        self.bump();
        let name = self.ident("the trait's name")?;
        let generics = self.generics()?;
        let methods = self.methods(false)?;
        Ok(ItemKind::Trait { name, generics, methods })
    }

    fn implementation(&mut self) -> Parsed<ItemKind> {
        self.bump();
        // `impl[T] …` has type parameters, `impl [T] …` a list type.
        let adjacent = self.span().start == self.last_span().end;
        let generics = if adjacent { self.generics()? } else { vec![] };
        let first = self.ty()?;
        let (of, ty) = match self.eat_keyword(kw::FOR) {
            true => (Some(first), self.ty()?),
            false => (None, first),
        };
        let methods = self.methods(true)?;
        Ok(ItemKind::Impl { generics, of, ty, methods })
    }

    /// `{ fn …  fn … }`; all with bodies if `bodies`.
    fn methods(&mut self, bodies: bool) -> Parsed<Vec<Fn>> {
        self.skip_newlines();
        let open = self.expect(Tok::LBrace)?;
        let mut methods = vec![];
        loop {
            while matches!(self.peek(), Tok::Newline | Tok::Semi) {
                self.bump();
            }
            if self.eat(Tok::RBrace) {
                return Ok(methods);
            }
            self.eat_keyword(kw::PUB);
            if !self.at_keyword(kw::FN) {
                if self.peek() == Tok::Eof {
                    self.expect_close(Tok::RBrace, open)?;
                }
                self.unexpected("a method or `}`");
                self.recover(true);
                continue;
            }
            match self.function(bodies) {
                Ok(method) => methods.push(method),
                Err(Failed) => self.recover(true),
            }
        }
    }

    fn external(&mut self) -> Parsed<ItemKind> {
        self.bump();
        if self.at_keyword(kw::STRUCT) {
            return self.structure(true);
        }
        let library = match self.peek() {
            Tok::Str => Some(self.bump().name()),
            _ => None,
        };
        // A word that means something here alone.
        let blocking = self.at_word(self.words.blocking).then(|| self.bump().span());
        if !self.at_keyword(kw::FN) {
            return Err(self.unexpected("`fn` or `struct`"));
        }
        let function = self.signature()?;
        if self.peek() == Tok::LBrace {
            let message = "a foreign function has no body here";
            return Err(self.error(Diagnostic::error(codes::UNEXPECTED, self.span(), message)));
        }
        Ok(ItemKind::Extern { library, blocking, function })
    }

    /// A function; without a body only if that is allowed.
    fn function(&mut self, needs_body: bool) -> Parsed<Fn> {
        let mut function = self.signature()?;
        if self.peek() == Tok::Newline && self.peek_at(1).tok == Tok::LBrace {
            self.bump();
        }
        if self.peek() == Tok::LBrace {
            function.body = Some(self.block()?);
        } else if self.peek() == Tok::Eq || self.peek() == Tok::FatArrow {
            let message = "a function's body stands in braces";
            return Err(self.error(Diagnostic::error(codes::UNEXPECTED, self.span(), message)));
        } else if needs_body && self.peek() == Tok::Name {
            return Err(self.unexpected_but("`{` and the function's body", "the type of the result stands behind `->`"));
        } else if needs_body {
            return Err(self.unexpected("`{` and the function's body"));
        }
        Ok(function)
    }

    fn signature(&mut self) -> Parsed<Fn> {
        let start = self.bump().span();
        let name = self.ident("the function's name")?;
        let generics = self.generics()?;
        let open = self.span();
        self.expect(Tok::LParen)?;
        let (mut receiver, mut variadic) = (None, false);
        let params = self.list(open, Tok::RParen, |parser| parser.param(&mut receiver, &mut variadic))?;
        let result = match self.eat(Tok::Arrow) {
            true => Some(self.ty()?),
            false => None,
        };
        let params = params.into_iter().flatten().collect();
        let span = self.from(start);
        Ok(Fn { name, generics, receiver, params, variadic, result, body: None, span })
    }

    fn param(&mut self, receiver: &mut Option<Span>, variadic: &mut bool) -> Parsed<Option<Param>> {
        if self.eat(Tok::DotDotDot) {
            *variadic = true;
            return Ok(None);
        }
        if self.at_keyword(kw::SELF) {
            *receiver = Some(self.bump().span());
            return Ok(None);
        }
        if self.peek() == Tok::Amp {
            return Err(
                self.unexpected_but("a parameter's name", "lists, maps and structs are always passed by reference")
            );
        }
        let mutable = self.eat_keyword(kw::MUT);
        if mutable && self.at_keyword(kw::SELF) {
            let help = "write `self`: fields are mutable through any reference";
            return Err(self.unexpected_but("a parameter's name", help));
        }
        let name: Ident = self.ident("a parameter's name")?;
        if self.peek() != Tok::Colon {
            let message = format!("the parameter `{}` has no type", self.names.text(name.name));
            let diagnostic = Diagnostic::error(codes::UNEXPECTED, name.span, message);
            return Err(self.error(diagnostic.help("signatures are written out: `name: int`")));
        }
        self.bump();
        let ty: TypeId = self.ty()?;
        if self.peek() == Tok::Eq {
            let help = "parameters have no defaults; the fields of a struct that is passed do";
            return Err(self.unexpected_but("`,` or `)`", help));
        }
        Ok(Some(Param { name, mutable, ty }))
    }
}
