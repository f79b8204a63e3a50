//! Walking through tokens.

use super::errors::Errors;
use super::names::Ref;
use super::token::{Spot, Token};
use crate::codes::Code;
use std::borrow::Cow;

/// The error has been reported: go on with the next line.
#[derive(Debug)]
pub(super) struct Reported;

/// The result of parsing something.
pub(super) type Parsed<T> = Result<T, Reported>;

/// A position in the tokens.
pub(super) struct Parser<'t, 's> {
    /// The last is [`Token::End`].
    tokens: &'t [(Token<'s>, Spot)],
    pub(super) position: usize,
    pub(super) errors: &'t mut Errors,
}

impl<'t, 's> Parser<'t, 's> {
    /// At `position` of `tokens`.
    pub(super) fn new(tokens: &'t [(Token<'s>, Spot)], position: usize, errors: &'t mut Errors) -> Self {
        Parser { tokens, position, errors }
    }

    /// The next token.
    pub(super) fn peek(&self) -> &'t Token<'s> {
        &self.tokens[self.position].0
    }

    /// The token after the next.
    pub(super) fn peek_second(&self) -> &'t Token<'s> {
        self.tokens.get(self.position + 1).map_or(&Token::End, |(token, _)| token)
    }

    /// Where the next token stands.
    pub(super) fn spot(&self) -> Spot {
        self.tokens[self.position].1
    }

    /// Takes the next token.
    pub(super) fn take(&mut self) -> &'t Token<'s> {
        let token = &self.tokens[self.position].0;
        // The last token, the end, is never passed.
        self.position = (self.position + 1).min(self.tokens.len() - 1);
        token
    }

    /// Reports an error here.
    pub(super) fn fail<T>(&mut self, code: Code, message: impl Into<String>) -> Parsed<T> {
        self.fail_with(code, message, None)
    }

    /// Reports an error here, and what to do about it.
    pub(super) fn fail_with<T>(&mut self, code: Code, message: impl Into<String>, help: Option<String>) -> Parsed<T> {
        // What cannot be read has been reported, and is reason enough.
        if *self.peek() != Token::Unreadable {
            let spot = self.spot();
            self.errors.push_with(spot, code, message, help);
        }
        Err(Reported)
    }

    /// Reports that something else was expected.
    pub(super) fn expected<T>(&mut self, what: &str) -> Parsed<T> {
        let message = format!("expected {what}, found {}", self.peek());
        self.fail(Code::UNEXPECTED_TOKEN, message)
    }

    /// Whether the line ends here.
    pub(super) fn at_line_end(&self) -> bool {
        matches!(self.peek(), Token::Newline | Token::End)
    }

    /// Takes the end of the line.
    pub(super) fn line_end(&mut self) -> Parsed<()> {
        if !self.at_line_end() {
            return self.expected("the end of the line");
        }
        self.take();
        Ok(())
    }

    /// Goes to the next line, whatever stands on this one.
    pub(super) fn skip_line(&mut self) {
        while !self.at_line_end() {
            self.take();
        }
        self.take();
    }

    /// Whether a line begins here, after the token at `start`.
    pub(super) fn at_line_start(&self, start: usize) -> bool {
        self.position > start && self.tokens[self.position - 1].0 == Token::Newline
    }

    /// Skips ends of lines.
    pub(super) fn skip_newlines(&mut self) {
        while *self.peek() == Token::Newline {
            self.take();
        }
    }

    /// Whether the next token is the sign.
    pub(super) fn at(&self, sign: char) -> bool {
        *self.peek() == Token::Sign(sign)
    }

    /// Takes the sign if it is next.
    pub(super) fn accept(&mut self, sign: char) -> bool {
        let found = self.at(sign);
        if found {
            self.take();
        }
        found
    }

    /// Takes the sign, which must be next.
    pub(super) fn expect(&mut self, sign: char) -> Parsed<()> {
        match self.accept(sign) {
            true => Ok(()),
            false => self.expected(&format!("`{sign}`")),
        }
    }

    /// Whether the next token is the keyword, in upper or lower case.
    pub(super) fn at_keyword(&self, keyword: &str) -> bool {
        matches!(self.peek(), Token::Word(word) if word.eq_ignore_ascii_case(keyword))
    }

    /// Takes the keyword if it is next.
    pub(super) fn accept_keyword(&mut self, keyword: &str) -> bool {
        let found = self.at_keyword(keyword);
        if found {
            self.take();
        }
        found
    }

    /// A name, in quotes or not.
    pub(super) fn name(&mut self, what: &str) -> Parsed<Cow<'s, str>> {
        let name = match self.peek() {
            Token::Word(word) => Cow::Borrowed(*word),
            Token::Str(name) => Cow::Owned(name.clone()),
            _ => return self.expected(what),
        };
        self.take();
        Ok(name)
    }

    /// A string.
    pub(super) fn string(&mut self, what: &str) -> Parsed<String> {
        let Token::Str(text) = self.peek() else { return self.expected(what) };
        self.take();
        Ok(text.clone())
    }

    /// An integer that is an index, line or column.
    pub(super) fn number(&mut self, what: &str) -> Parsed<u32> {
        let Token::Int(int) = self.peek() else { return self.expected(what) };
        let Ok(number) = u32::try_from(*int) else {
            return self.fail(Code::TEXT_LIMIT, format!("`{int}` is too large or negative for {what}"));
        };
        self.take();
        Ok(number)
    }

    /// `#3`, if that is next.
    pub(super) fn accept_index(&mut self, what: &str) -> Parsed<Option<u32>> {
        match self.accept('#') {
            true => self.number(what).map(Some),
            false => Ok(None),
        }
    }

    /// A name or `#3`.
    pub(super) fn reference(&mut self, what: &str) -> Parsed<Ref<'s>> {
        match self.accept_index(what)? {
            Some(index) => Ok(Ref::Index(index)),
            None => self.name(what).map(Ref::Name),
        }
    }

    /// Items with commas between them, until the closing sign; lines may be broken anywhere in between.
    pub(super) fn list<T>(
        &mut self,
        open: char,
        close: char,
        mut item: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        self.expect(open)?;
        let mut items = vec![];
        loop {
            self.skip_newlines();
            if self.accept(close) {
                return Ok(items);
            }
            items.push(item(self)?);
            self.skip_newlines();
            if !self.accept(',') && !self.at(close) {
                return self.expected(&format!("`,` or `{close}`"));
            }
        }
    }
}
