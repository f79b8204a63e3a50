//! Tokens and comments as a tree of brackets, what is in them cut into items.

use super::roles::{Brace, Roles};
use super::spacing;
use crate::lex::{Tok, Token};
use crate::names::kw;

/// A comment that has a line for itself, or the end of one.
#[derive(Clone, Debug)]
pub(super) struct Comment<'s> {
    pub(super) text: &'s str,
    /// Whether only blanks stand before it.
    pub(super) own_line: bool,
    pub(super) blank_before: bool,
}

/// A token; a string with expressions in it counts as one.
#[derive(Debug)]
pub(super) struct Leaf<'s> {
    pub(super) token: Token,
    pub(super) text: &'s str,
    /// Comments that stand on the line before it: `/* … */ text`.
    pub(super) inline: Vec<&'s str>,
    /// Other comments before it. Those before an item's first token are the item's.
    pub(super) before: Vec<Comment<'s>>,
    pub(super) blank_before: bool,
    pub(super) newline_before: bool,
    pub(super) tight_before: bool,
    pub(super) tight_after: bool,
    /// How tightly it binds, if it is a binary operator.
    pub(super) level: Option<u8>,
}

/// A token or a bracket.
#[derive(Debug)]
pub(super) enum Node<'s> {
    Leaf(Leaf<'s>),
    Group(Box<Group<'s>>),
}

/// What a bracket is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Paren { call: bool },
    Square { literal: bool },
    Brace(Brace),
    File,
}

/// A bracket and what is in it.
#[derive(Debug)]
pub(super) struct Group<'s> {
    pub(super) kind: Kind,
    pub(super) open: Leaf<'s>,
    /// Comments behind the opening bracket.
    pub(super) after_open: Vec<Comment<'s>>,
    pub(super) items: Vec<Item<'s>>,
    /// Comments before the closing bracket.
    pub(super) dangling: Vec<Comment<'s>>,
    pub(super) close: Leaf<'s>,
    /// Whether a line of the source ends behind the opening bracket.
    pub(super) broken: bool,
    /// All of it on one line, if it may stand on one and is not far too long for that.
    pub(super) flat: Option<String>,
}

/// A statement, a declaration, an argument, ….
#[derive(Debug, Default)]
pub(super) struct Item<'s> {
    pub(super) leading: Vec<Comment<'s>>,
    /// Whether a blank line stands between it, or the comments before it, and the item before.
    pub(super) blank_before: bool,
    /// Whether one stands between the comments before it and itself.
    pub(super) blank_after_comments: bool,
    pub(super) nodes: Vec<Node<'s>>,
    pub(super) comma: bool,
    pub(super) semi: bool,
    pub(super) trailing: Vec<Comment<'s>>,
}

impl<'s> Leaf<'s> {
    /// All comments before it.
    fn comments(self) -> impl Iterator<Item = Comment<'s>> {
        let inline = self.inline.into_iter().map(|text| Comment { text, own_line: false, blank_before: false });
        self.before.into_iter().chain(inline)
    }
}

impl<'s> Node<'s> {
    pub(super) fn first(&self) -> &Leaf<'s> {
        match self {
            Node::Leaf(leaf) => leaf,
            Node::Group(group) => &group.open,
        }
    }

    pub(super) fn last(&self) -> &Leaf<'s> {
        match self {
            Node::Leaf(leaf) => leaf,
            Node::Group(group) => &group.close,
        }
    }

    pub(super) fn leaf(&self) -> Option<&Leaf<'s>> {
        match self {
            Node::Leaf(leaf) => Some(leaf),
            Node::Group(_) => None,
        }
    }

    pub(super) fn group(&self) -> Option<&Group<'s>> {
        match self {
            Node::Leaf(_) => None,
            Node::Group(group) => Some(group),
        }
    }
}

impl Kind {
    /// Whether its items are statements or the like, one on a line.
    pub(super) fn is_body(self) -> bool {
        matches!(self, Kind::File | Kind::Brace(Brace::Block | Brace::Arms | Brace::Methods))
    }
}

/// The comments between two tokens.
#[derive(Default)]
struct Gap<'s> {
    comments: Vec<Comment<'s>>,
    inline: Vec<&'s str>,
    blank: bool,
    newline: bool,
}

struct Build<'s, 'a> {
    source: &'s str,
    tokens: &'a [Token],
    roles: &'a Roles,
    at: usize,
    /// Where the last token that counts ended.
    end: usize,
    /// That token, and whether it ends a value.
    last: Option<(Token, bool)>,
}

/// The tree of a file whose tokens and roles these are.
pub(super) fn tree<'s>(source: &'s str, tokens: &[Token], roles: &Roles) -> Group<'s> {
    let mut build = Build { source, tokens, roles, at: 0, end: 0, last: None };
    if source.starts_with('\u{feff}') {
        build.end = '\u{feff}'.len_utf8();
    }
    if source[build.end..].starts_with("#!") {
        build.end = source.find('\n').unwrap_or(source.len());
    }
    let open = Leaf { text: source[..build.end].trim_start_matches('\u{feff}').trim_end(), ..build.empty() };
    build.group(Kind::File, open)
}

impl<'s> Build<'s, '_> {
    fn empty(&self) -> Leaf<'s> {
        Leaf {
            token: self.tokens[self.tokens.len() - 1],
            text: "",
            inline: vec![],
            before: vec![],
            blank_before: false,
            newline_before: false,
            tight_before: true,
            tight_after: true,
            level: None,
        }
    }

    /// What lies between the last token and the one at `start`.
    fn gap(&self, start: usize) -> Gap<'s> {
        let mut gap = Gap::default();
        let mut rest = &self.source[self.end..start];
        let (mut newlines, mut since_line) = (usize::from(self.end == 0), self.end == 0);
        let mut found: Vec<(Comment<'s>, bool)> = vec![];
        loop {
            let skipped = rest.find('/').unwrap_or(rest.len());
            let lines = rest[..skipped].bytes().filter(|&byte| byte == b'\n').count();
            newlines += lines;
            since_line |= lines > 0;
            if lines > 0
                && let Some(last) = found.last_mut()
            {
                last.1 = true;
            }
            rest = &rest[skipped..];
            if rest.is_empty() {
                break;
            }
            let len = comment_len(rest);
            let text = rest[..len].trim_end();
            found.push((Comment { text, own_line: since_line, blank_before: newlines > 1 }, false));
            rest = &rest[len..];
            gap.newline |= newlines > 0;
            (newlines, since_line) = (0, false);
        }
        gap.blank = newlines > 1;
        gap.newline |= newlines > 0;
        // What shares the token's line belongs to it, unless that is the end of the file.
        while start < self.source.len()
            && let Some((comment, false)) = found.last()
            && comment.text.starts_with("/*")
            && !comment.text.contains('\n')
        {
            gap.blank = comment.blank_before;
            gap.inline.insert(0, comment.text);
            found.pop();
        }
        gap.comments = found.into_iter().map(|(comment, _)| comment).collect();
        gap
    }

    /// The token here, and what is before it.
    fn leaf(&mut self) -> Leaf<'s> {
        let token = self.tokens[self.at];
        let gap = self.gap(token.start as usize);
        let mut end = token.end as usize;
        self.at += 1;
        if token.tok == Tok::StrStart {
            let mut depth = 1;
            while depth > 0 {
                match self.tokens[self.at].tok {
                    Tok::StrStart => depth += 1,
                    Tok::StrEnd => depth -= 1,
                    _ => {}
                }
                end = self.tokens[self.at].end as usize;
                self.at += 1;
            }
        }
        let adjacent = self.end == token.start as usize;
        self.end = end;
        let shape = spacing::shape(token, self.last, adjacent, self.roles);
        self.last = Some((token, shape.ends_value));
        Leaf {
            token,
            text: &self.source[token.start as usize..end],
            inline: gap.inline,
            before: gap.comments,
            blank_before: gap.blank,
            newline_before: gap.newline,
            tight_before: shape.tight_before,
            tight_after: shape.tight_after,
            level: shape.level,
        }
    }

    fn group(&mut self, kind: Kind, open: Leaf<'s>) -> Group<'s> {
        let mut group = Group {
            kind,
            open,
            after_open: vec![],
            items: vec![],
            dangling: vec![],
            close: self.empty(),
            broken: false,
            flat: None,
        };
        // Whether the next token begins an item.
        let mut fresh = true;
        let mut in_closure = false;
        loop {
            let token = self.tokens[self.at];
            match token.tok {
                Tok::Newline => {
                    fresh |= kind == Kind::Brace(Brace::Fields);
                    self.at += 1;
                    continue;
                }
                Tok::Eof | Tok::RParen | Tok::RBracket | Tok::RBrace => {
                    let mut close = self.leaf();
                    group.broken |= group.items.is_empty() && close.newline_before;
                    group.dangling = group.take_trailing(std::mem::take(&mut close.before));
                    group.close = close;
                    if token.tok == Tok::Eof {
                        group.close.text = "";
                    }
                    break;
                }
                Tok::Semi if kind.is_body() => {
                    let leaf = self.leaf();
                    match group.items.last_mut() {
                        Some(item) => {
                            item.semi = true;
                            item.trailing.extend(leaf.comments());
                        }
                        None => group.after_open.extend(leaf.comments()),
                    }
                    fresh = true;
                    continue;
                }
                Tok::Comma if !kind.is_body() && !in_closure => {
                    let leaf = self.leaf();
                    if let Some(item) = group.items.last_mut() {
                        item.comma = true;
                        item.trailing.extend(leaf.comments());
                    }
                    fresh = true;
                    continue;
                }
                _ => {}
            }
            fresh |= kind.is_body() && self.roles.starts.contains(&token.start);
            let mut leaf = self.leaf();
            if std::mem::take(&mut fresh) {
                if group.items.is_empty() {
                    group.broken = leaf.newline_before;
                }
                let leading = group.take_trailing(std::mem::take(&mut leaf.before));
                group.items.push(Item {
                    blank_before: leading.first().map_or(leaf.blank_before, |first| first.blank_before),
                    blank_after_comments: !leading.is_empty() && leaf.blank_before,
                    leading,
                    ..Item::default()
                });
            }
            in_closure |= self.roles.closure_open.contains(&token.start);
            in_closure &= !self.roles.closure_close.contains(&token.start);
            let node = match self.bracket(token) {
                Some(kind) => Node::Group(Box::new(self.group(kind, leaf))),
                None => Node::Leaf(leaf),
            };
            if let Some(item) = group.items.last_mut() {
                item.nodes.push(node);
            }
        }
        group.finish();
        group
    }

    fn bracket(&self, token: Token) -> Option<Kind> {
        Some(match token.tok {
            Tok::LParen => Kind::Paren { call: self.roles.calls.contains(&token.start) },
            Tok::LBracket => Kind::Square { literal: self.roles.literals.contains(&token.start) },
            Tok::LBrace => Kind::Brace(self.roles.braces.get(&token.start).copied().unwrap_or(Brace::Block)),
            _ => return None,
        })
    }
}

impl<'s> Group<'s> {
    /// Gives the comments that stand behind something on its line to that; the others come back.
    fn take_trailing(&mut self, comments: Vec<Comment<'s>>) -> Vec<Comment<'s>> {
        let own = comments.iter().position(|comment| comment.own_line).unwrap_or(comments.len());
        let mut comments = comments;
        let rest = comments.split_off(own);
        match self.items.last_mut() {
            Some(item) => item.trailing.extend(comments),
            None => self.after_open.extend(comments),
        }
        rest
    }

    /// What can be said when all items are there.
    fn finish(&mut self) {
        let count = self.items.len();
        for (position, item) in self.items.iter_mut().enumerate() {
            if !self.kind.is_body() {
                continue;
            }
            if self.kind == Kind::Brace(Brace::Arms) {
                if item.nodes.last().is_some_and(|node| node.last().token.tok == Tok::Comma)
                    && let Some(Node::Leaf(comma)) = item.nodes.pop()
                {
                    item.trailing.splice(..0, comma.comments());
                }
                let ends_in_body = item.nodes.last().and_then(Node::group).is_some_and(|group| group.kind.is_body());
                item.comma = !ends_in_body;
            }
            // The last expression of a block is its value only without a semicolon; elsewhere, the line end does the
            // same if it is one.
            let (first, last) = (item.nodes.first().map(Node::first), item.nodes.last().map(Node::last));
            let is_let = first.is_some_and(|leaf| leaf.token.tok == Tok::Keyword && leaf.token.name() == kw::LET);
            let is_value = self.kind == Kind::Brace(Brace::Block) && position + 1 == count && !is_let;
            let line_end_is_enough = last.is_some_and(|leaf| {
                leaf.token.ends_statement()
                    && (leaf.token.tok != Tok::RBrace || self.kind == Kind::Brace(Brace::Methods))
            });
            item.semi &= is_value || !line_end_is_enough;
        }
        self.flat = self.flatten();
    }
}

/// The length of the comment that the text begins with.
fn comment_len(text: &str) -> usize {
    if text.starts_with("//") {
        return text.find('\n').unwrap_or(text.len());
    }
    let (bytes, mut at, mut depth) = (text.as_bytes(), 0, 0usize);
    loop {
        match (bytes.get(at), bytes.get(at + 1)) {
            (Some(b'/'), Some(b'*')) => (depth, at) = (depth + 1, at + 2),
            (Some(b'*'), Some(b'/')) => (depth, at) = (depth - 1, at + 2),
            (Some(_), _) => at += 1,
            (None, _) => return text.len(),
        }
        if depth == 0 {
            return at;
        }
    }
}
