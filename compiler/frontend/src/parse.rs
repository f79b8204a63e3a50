//! Tokens to syntax tree, by recursive descent. After an error it goes on at the next statement or declaration, so
//! that one run shows several errors.

mod exprs;
mod habits;
mod items;
mod patterns;
mod stmts;
mod types;

use crate::ast::{Ast, Ident};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::lex::{Tok, Token, Tokens};
use crate::names::{Name, Names, kw};
use crate::source::Span;

/// How deep expressions, types, patterns and blocks nest at most: what recursive passes can rely on.
pub(crate) const MAX_DEPTH: u32 = 200;

/// That something could not be parsed; it has been reported.
#[derive(Debug)]
struct Failed;

type Parsed<T> = Result<T, Failed>;

struct Parser<'a> {
    tokens: &'a Tokens,
    at: usize,
    depth: u32,
    /// Whether the end of the file has been reported to come too early.
    at_end: bool,
    /// Whether `Name { … }` may be a struct here; not so in the head of `if`, `match` and loops.
    structs: bool,
    ast: Ast,
    names: &'a mut Names,
    diagnostics: &'a mut Vec<Diagnostic>,
    words: Words,
}

/// Words that mean something in some places only.
#[derive(Clone, Copy)]
struct Words {
    test: Name,
    assert: Name,
    blocking: Name,
    spawn_link: Name,
    spawn_monitor: Name,
    underscore: Name,
}

/// Parses a file.
pub(crate) fn parse(mut tokens: Tokens, names: &mut Names, diagnostics: &mut Vec<Diagnostic>) -> Ast {
    let words = Words {
        test: names.intern("test"),
        assert: names.intern("assert"),
        blocking: names.intern("blocking"),
        spawn_link: names.intern("spawn_link"),
        spawn_monitor: names.intern("spawn_monitor"),
        underscore: names.intern("_"),
    };
    let mut ast = Ast::default();
    ast.bytes = std::mem::take(&mut tokens.bytes);
    let mut parser =
        Parser { tokens: &tokens, at: 0, depth: 0, at_end: false, structs: true, ast, names, diagnostics, words };
    parser.file();
    parser.ast
}

impl Parser<'_> {
    fn token(&self) -> Token {
        self.tokens.tokens[self.at]
    }

    fn peek(&self) -> Tok {
        self.token().tok
    }

    fn peek_at(&self, ahead: usize) -> Token {
        self.tokens.tokens[(self.at + ahead).min(self.tokens.tokens.len() - 1)]
    }

    fn span(&self) -> Span {
        self.token().span()
    }

    /// The span of the token before.
    fn last_span(&self) -> Span {
        self.tokens.tokens[self.at.saturating_sub(1)].span()
    }

    /// From `start` to the token before.
    fn from(&self, start: Span) -> Span {
        start.to(self.last_span())
    }

    fn bump(&mut self) -> Token {
        let token = self.token();
        if token.tok != Tok::Eof {
            self.at += 1;
        }
        token
    }

    fn eat(&mut self, tok: Tok) -> bool {
        let found = self.peek() == tok;
        if found {
            self.bump();
        }
        found
    }

    fn at_keyword(&self, word: Name) -> bool {
        self.peek() == Tok::Keyword && self.token().name() == word
    }

    fn eat_keyword(&mut self, word: Name) -> bool {
        let found = self.at_keyword(word);
        if found {
            self.bump();
        }
        found
    }

    fn at_word(&self, word: Name) -> bool {
        self.peek() == Tok::Name && self.token().name() == word
    }

    fn skip_newlines(&mut self) {
        while self.peek() == Tok::Newline {
            self.bump();
        }
    }

    /// Whether a line end lies between the token before and this one.
    fn newline_before(&self) -> bool {
        self.peek() == Tok::Newline
    }

    fn describe(&self, token: Token) -> String {
        match token.tok {
            Tok::Name | Tok::Keyword => format!("`{}`", self.names.text(token.name())),
            Tok::Label => format!("the label `'{}`", self.names.text(token.name())),
            tok if tok as u8 >= Tok::LParen as u8 => format!("`{}`", tok.text()),
            tok => tok.text().to_owned(),
        }
    }

    fn error(&mut self, diagnostic: Diagnostic) -> Failed {
        // Whatever is still open at the end of the file is missing its end for the same reason.
        let ends = self.peek() == Tok::Eof;
        if !std::mem::replace(&mut self.at_end, ends) {
            self.diagnostics.push(diagnostic);
        }
        Failed
    }

    /// Reports that something else was expected here.
    fn unexpected(&mut self, wanted: &str) -> Failed {
        let token = self.token();
        // A place where a lexical error has been reported already.
        let message = format!("expected {wanted}, found {}", self.describe(token));
        self.error(Diagnostic::error(codes::UNEXPECTED, token.span(), message))
    }

    /// The same, with what may have been meant.
    fn unexpected_but(&mut self, wanted: &str, help: &str) -> Failed {
        let token = self.token();
        let message = format!("expected {wanted}, found {}", self.describe(token));
        self.error(Diagnostic::error(codes::UNEXPECTED, token.span(), message).help(help))
    }

    fn expect(&mut self, tok: Tok) -> Parsed<Span> {
        if self.peek() == tok {
            return Ok(self.bump().span());
        }
        Err(self.unexpected(&format!("`{}`", tok.text())))
    }

    /// The bracket that closes what was opened at `open`.
    fn expect_close(&mut self, tok: Tok, open: Span) -> Parsed<Span> {
        if self.peek() == tok {
            return Ok(self.bump().span());
        }
        let token = self.token();
        let message = format!("expected `{}`, found {}", tok.text(), self.describe(token));
        let diagnostic = Diagnostic::error(codes::UNCLOSED, token.span(), message);
        Err(self.error(diagnostic.label(open, "opened here")))
    }

    fn ident(&mut self, what: &str) -> Parsed<Ident> {
        let token = self.token();
        if token.tok == Tok::Name {
            self.bump();
            return Ok(Ident { name: token.name(), span: token.span() });
        }
        let mut diagnostic = Diagnostic::error(
            codes::UNEXPECTED,
            token.span(),
            format!("expected {what}, found {}", self.describe(token)),
        );
        if token.tok == Tok::Keyword {
            diagnostic = diagnostic.note("this word is a keyword and cannot be a name");
        }
        Err(self.error(diagnostic))
    }

    /// Runs `f` one level deeper, or reports that it nests too deeply.
    fn nested<T>(&mut self, f: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= MAX_DEPTH {
            let message = format!("more than {MAX_DEPTH} levels of nesting");
            let span = self.span();
            let failed = self.error(Diagnostic::error(codes::TOO_DEEP, span, message).help("give parts of it names"));
            // What follows would only repeat the message.
            self.at_end = true;
            self.at = self.tokens.tokens.len() - 1;
            return Err(failed);
        }
        self.depth += 1;
        let result = f(self);
        self.depth -= 1;
        result
    }

    /// Items parted by commas up to `close`. In braces, line ends part them as well.
    fn list<T>(&mut self, open: Span, close: Tok, mut item: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        let mut items = vec![];
        loop {
            self.skip_newlines();
            if self.eat(close) {
                return Ok(items);
            }
            items.push(item(self)?);
            let newline = close == Tok::RBrace && self.newline_before();
            if !self.eat(Tok::Comma) && !newline {
                self.expect_close(close, open)?;
                return Ok(items);
            }
        }
    }

    /// A dot with a name behind it.
    fn path_dot(&mut self) -> bool {
        let found = self.peek() == Tok::Dot && self.peek_at(1).tok == Tok::Name;
        if found {
            self.bump();
        }
        found || self.eat_double_colon()
    }

    /// `::`, which is reported and then taken for a dot.
    fn eat_double_colon(&mut self) -> bool {
        if self.peek() != Tok::ColonColon {
            return false;
        }
        let span = self.bump().span();
        let diagnostic = Diagnostic::error(codes::UNEXPECTED, span, "paths are written with a dot, not with `::`");
        self.error(diagnostic.fix("write `.`", span, "."));
        true
    }

    /// Runs `f` with structs allowed or not.
    fn with_structs<T>(&mut self, structs: bool, f: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.structs, structs);
        let result = f(self);
        self.structs = before;
        result
    }

    /// Goes to where the next statement or declaration may begin, over balanced brackets.
    fn recover(&mut self, inside: bool) {
        let mut depth = 0usize;
        let start = self.at;
        loop {
            let token = self.token();
            match token.tok {
                Tok::Eof => return,
                Tok::Semi | Tok::Newline if depth == 0 => {
                    self.bump();
                    return;
                }
                Tok::LBrace | Tok::LParen | Tok::LBracket => depth += 1,
                Tok::RBrace if depth == 0 && inside => return,
                Tok::RBrace | Tok::RParen | Tok::RBracket => depth = depth.saturating_sub(1),
                Tok::Keyword
                    if self.at > start && begins_item(token.name()) && (depth == 0 || token.name() != kw::FN) =>
                {
                    return;
                }
                _ => {}
            }
            self.bump();
        }
    }
}

fn begins_item(word: Name) -> bool {
    [kw::FN, kw::STRUCT, kw::ENUM, kw::TRAIT, kw::IMPL, kw::IMPORT, kw::PUB, kw::CONST, kw::EXTERN, kw::LET]
        .contains(&word)
}
