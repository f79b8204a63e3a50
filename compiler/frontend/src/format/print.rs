//! The tree as text.
//!
//! Every decision rests on what formatting does not change: the tokens, the width of what is printed flat, and the
//! places where the source broke a bracket or a chain that stays broken. So a second run decides the same.

use super::roles::Brace;
use super::spacing::space;
use super::tree::{Comment, Group, Item, Kind, Leaf, Node};
use super::{INDENT, WIDTH};
use crate::lex::Tok;

/// What is longer is not worth keeping as one line.
const MAX_FLAT: usize = 4 * WIDTH;

struct Printer {
    out: String,
    column: usize,
}

/// The text of a file.
pub(super) fn print(file: &Group<'_>) -> String {
    let mut printer = Printer { out: String::new(), column: 0 };
    printer.write(file.open.text);
    for comment in &file.after_open {
        printer.line(0, !printer.out.is_empty());
        printer.write(comment.text);
    }
    printer.items(file, 0);
    let mut out = printer.out;
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

fn width(text: &str) -> usize {
    text.chars().count()
}

fn leaf_text(leaf: &Leaf<'_>, out: &mut String) {
    for comment in &leaf.inline {
        out.push_str(comment);
        out.push(' ');
    }
    out.push_str(leaf.text);
}

/// Nodes on one line, if they may stand on one.
fn flat(nodes: &[Node<'_>]) -> Option<String> {
    let mut out = String::new();
    let mut last: Option<&Leaf<'_>> = None;
    if is_broken_chain(nodes) {
        return None;
    }
    for node in nodes {
        let first = node.first();
        if let Some(last) = last {
            if !first.before.is_empty() {
                return None;
            }
            if space(last, first) {
                out.push(' ');
            }
        }
        match node {
            Node::Leaf(leaf) => leaf_text(leaf, &mut out),
            Node::Group(group) => out.push_str(group.flat.as_ref()?),
        }
        if out.len() > MAX_FLAT {
            return None;
        }
        last = Some(node.last());
    }
    Some(out)
}

impl Group<'_> {
    /// All of it on one line, if its items allow that.
    pub(super) fn flatten(&self) -> Option<String> {
        let keeps_breaks = match self.kind {
            Kind::File | Kind::Brace(Brace::Arms) if !self.items.is_empty() => return None,
            Kind::Brace(Brace::Block | Brace::Methods) if self.items.len() > 1 => return None,
            Kind::Brace(Brace::MapType) | Kind::Paren { .. } => false,
            Kind::Square { literal } => literal,
            _ => true,
        };
        let comments = !self.after_open.is_empty() || !self.dangling.is_empty();
        if comments || keeps_breaks && self.broken && !self.items.is_empty() {
            return None;
        }
        let padded =
            matches!(self.kind, Kind::Brace(Brace::Block | Brace::Methods | Brace::Fields)) && !self.items.is_empty();
        let mut out = String::new();
        leaf_text(&self.open, &mut out);
        for (position, item) in self.items.iter().enumerate() {
            if !item.leading.is_empty() || !item.trailing.is_empty() {
                return None;
            }
            if position > 0 || padded {
                out.push(' ');
            }
            out.push_str(&flat(&item.nodes)?);
            let needs_comma = position + 1 == self.items.len() && item.comma && !self.takes_comma();
            if position + 1 < self.items.len() || needs_comma {
                out.push(',');
            }
            if item.semi {
                out.push(';');
            }
            if out.len() > MAX_FLAT {
                return None;
            }
        }
        if padded || !self.close.inline.is_empty() {
            out.push(' ');
        }
        leaf_text(&self.close, &mut out);
        Some(out)
    }

    /// Whether a comma behind its last item means nothing.
    fn takes_comma(&self) -> bool {
        match self.kind {
            Kind::Paren { call } => call || self.items.len() > 1,
            Kind::Square { literal } => literal || self.items.len() > 1,
            Kind::Brace(brace) => matches!(brace, Brace::Map | Brace::Fields),
            Kind::File => false,
        }
    }

    /// Whether it holds numbers only, which fill lines.
    fn is_table(&self) -> bool {
        let is_number = |item: &Item<'_>| {
            let plain = item.leading.is_empty() && item.trailing.is_empty() && item.nodes.len() <= 2;
            let last = item.nodes.last().and_then(Node::leaf);
            plain
                && last.is_some_and(|leaf| matches!(leaf.token.tok, Tok::Int | Tok::Float))
                && item.nodes.iter().all(|node| node.leaf().is_some_and(|leaf| leaf.before.is_empty()))
        };
        self.kind == Kind::Square { literal: true } && self.items.len() > 1 && self.items.iter().all(is_number)
    }

    fn has_body(&self) -> bool {
        self.kind.is_body() && !self.items.is_empty()
            || self.items.iter().any(|item| item.nodes.iter().filter_map(Node::group).any(Group::has_body))
    }
}

/// Where a chain of calls may break: before the dots of methods, from the first on that follows more than a short name.
fn chain_dots(nodes: &[Node<'_>]) -> Vec<usize> {
    let is_dot = |at: &usize| {
        let dot = nodes[*at].leaf().is_some_and(|leaf| matches!(leaf.token.tok, Tok::Dot | Tok::QuestionDot));
        // A name and, perhaps, type arguments stand between the dot and the call.
        let is_types = |group: &&Group<'_>| matches!(group.kind, Kind::Square { literal: false });
        let types = usize::from(nodes.get(at + 2).and_then(Node::group).as_ref().is_some_and(is_types));
        let call = nodes.get(at + 2 + types).and_then(Node::group);
        dot && call.is_some_and(|group| group.kind == Kind::Paren { call: true })
    };
    let mut dots: Vec<usize> = (1..nodes.len()).filter(is_dot).collect();
    if let Some(&first) = dots.first() {
        let short = !nodes[first].first().newline_before
            && nodes[first - 1].leaf().is_some_and(|leaf| width(leaf.text) <= INDENT)
            && (first == 1 || space(nodes[first - 2].last(), nodes[first - 1].first()));
        if short {
            dots.remove(0);
        }
    }
    if dots.len() < 2 { vec![] } else { dots }
}

fn is_broken_chain(nodes: &[Node<'_>]) -> bool {
    chain_dots(nodes).iter().any(|&at| nodes[at].first().newline_before)
}

impl Printer {
    fn write(&mut self, text: &str) {
        self.out.push_str(text);
        match text.rfind('\n') {
            Some(at) => self.column = width(&text[at + 1..]),
            None => self.column += width(text),
        }
    }

    /// Begins a line, or stays if `wanted` is false.
    fn line(&mut self, indent: usize, wanted: bool) {
        if !wanted {
            return;
        }
        self.out.push('\n');
        self.column = indent * INDENT;
        self.out.extend(std::iter::repeat_n(' ', self.column));
    }

    /// A blank line before the line that begins next.
    fn blank(&mut self) {
        self.out.push('\n');
    }

    /// What stands behind something on its line. After a line comment, further ones take their own lines.
    fn comments(&mut self, comments: &[Comment<'_>], indent: usize) {
        let mut ends_line = false;
        for comment in comments {
            match comment.own_line || ends_line {
                true => self.line(indent, true),
                false => self.write(" "),
            }
            self.write(comment.text);
            ends_line = comment.text.starts_with("//");
        }
    }

    /// The items of a body, each on lines of its own; the file's first begins the file.
    fn items(&mut self, group: &Group<'_>, indent: usize) {
        for (position, item) in group.items.iter().enumerate() {
            self.item(group, position, item, indent);
        }
        for (position, comment) in group.dangling.iter().enumerate() {
            if comment.blank_before && (position > 0 || !group.items.is_empty()) {
                self.blank();
            }
            self.line(indent, !self.out.is_empty());
            self.write(comment.text);
        }
    }

    fn item(&mut self, group: &Group<'_>, position: usize, item: &Item<'_>, indent: usize) {
        if item.blank_before && (position > 0 || group.kind == Kind::File && !self.out.is_empty()) {
            self.blank();
        }
        for (position, comment) in item.leading.iter().enumerate() {
            if position > 0 && comment.blank_before {
                self.blank();
            }
            self.line(indent, !self.out.is_empty());
            self.write(comment.text);
        }
        if item.blank_after_comments {
            self.blank();
        }
        self.line(indent, !self.out.is_empty());
        let last = position + 1 == group.items.len();
        let comma = match group.kind {
            Kind::Brace(Brace::Arms) => item.comma,
            kind => !kind.is_body() && (!last || group.takes_comma() || item.comma),
        };
        let after = usize::from(comma) + usize::from(item.semi);
        self.sequence(&item.nodes, indent, after);
        if comma {
            self.write(",");
        }
        if item.semi {
            self.write(";");
        }
        self.comments(&item.trailing, indent);
    }

    fn fits(&self, text: &str, after: usize) -> bool {
        match text.split_once('\n') {
            Some((first, _)) => self.column + width(first) <= WIDTH,
            None => self.column + width(text) + after <= WIDTH,
        }
    }

    /// Nodes that stand together; `after` columns follow on their last line.
    fn sequence(&mut self, nodes: &[Node<'_>], indent: usize, after: usize) {
        if let Some(text) = flat(nodes)
            && self.fits(&text, after)
        {
            return self.write(&text);
        }
        let arrow = nodes.iter().position(|node| node.leaf().is_some_and(|leaf| leaf.token.tok == Tok::FatArrow));
        if let Some(at) = arrow
            && at > 0
            && at + 1 < nodes.len()
        {
            return self.arm(nodes, at, indent, after);
        }
        let mut rest = nodes;
        let mut last: Option<&Leaf<'_>> = None;
        while !rest.is_empty() {
            let is_body = |node: &Node<'_>| node.group().is_some_and(|group| group.kind.is_body());
            let at = rest.iter().position(is_body);
            let head = &rest[..at.unwrap_or(rest.len())];
            if let (Some(last), Some(first)) = (last, rest.first()) {
                self.between(last, first.first(), indent);
            }
            if !head.is_empty() {
                self.segment(head, indent, if at.is_some() { 2 } else { after });
            }
            let Some(at) = at else { return };
            if let Some(node) = head.last() {
                self.between(node.last(), rest[at].first(), indent);
            }
            if let Some(group) = rest[at].group() {
                self.broken(group, indent);
            }
            last = Some(rest[at].last());
            rest = &rest[at + 1..];
        }
    }

    /// An arm with its arrow at `at`.
    fn arm(&mut self, nodes: &[Node<'_>], at: usize, indent: usize, after: usize) {
        self.segment(&nodes[..at], indent, 3);
        self.between(nodes[at - 1].last(), nodes[at].first(), indent);
        if let Some(arrow) = nodes[at].leaf() {
            let mut text = String::new();
            leaf_text(arrow, &mut text);
            self.write(&text);
        }
        let body = &nodes[at + 1..];
        if let Some(text) = flat(body)
            && body[0].first().before.is_empty()
            && !self.fits(&text, after + 1)
            && (indent + 1) * INDENT + width(&text) + after <= WIDTH
            && !body.iter().filter_map(Node::group).any(Group::has_body)
        {
            self.line(indent + 1, true);
            return self.write(&text);
        }
        self.between(nodes[at].last(), body[0].first(), indent);
        self.sequence(body, indent, after);
    }

    /// The space or the comments between two neighbours. Returns whether a line has begun.
    fn between(&mut self, before: &Leaf<'_>, after: &Leaf<'_>, indent: usize) -> bool {
        if after.before.is_empty() {
            if space(before, after) {
                self.write(" ");
            }
            return false;
        }
        self.comments(&after.before, indent + 1);
        self.line(indent + 1, true);
        true
    }

    /// Nodes without the bodies of functions, loops and the like.
    fn segment(&mut self, nodes: &[Node<'_>], indent: usize, after: usize) {
        if let Some(text) = flat(nodes)
            && self.fits(&text, after)
        {
            return self.write(&text);
        }
        let has_body = nodes.iter().filter_map(Node::group).any(Group::has_body);
        // A part that was cut off ends in its operator.
        let level = nodes[..nodes.len() - 1].iter().skip(1).filter_map(|node| node.leaf()?.level).min();
        if let Some(level) = level
            && !has_body
        {
            let is_cut = |at: &usize| nodes[at - 1].leaf().is_some_and(|leaf| leaf.level == Some(level));
            let cuts: Vec<usize> = (2..nodes.len()).filter(is_cut).collect();
            return self.pieces(nodes, &cuts, indent, after);
        }
        let dots = chain_dots(nodes);
        if !dots.is_empty() && (is_broken_chain(nodes) || !has_body) {
            return self.pieces(nodes, &dots, indent, after);
        }
        if let Some(at) = assigned(nodes)
            && let Some(text) = flat(&nodes[at..])
            && nodes[at].first().before.is_empty()
            && !nodes[at..].iter().filter_map(Node::group).any(|group| !group.items.is_empty())
            && (indent + 1) * INDENT + width(&text) + after <= WIDTH
        {
            self.greedy(&nodes[..at], indent, 0);
            self.line(indent + 1, true);
            return self.write(&text);
        }
        self.greedy(nodes, indent, after);
    }

    /// Nodes cut before the places `cuts`, all parts but the first on lines of their own.
    fn pieces(&mut self, nodes: &[Node<'_>], cuts: &[usize], indent: usize, after: usize) {
        let mut start = 0;
        for (position, &end) in cuts.iter().chain([&nodes.len()]).enumerate() {
            let inner = if position > 0 { indent + 1 } else { indent };
            if start > 0
                && (nodes[start].first().before.is_empty()
                    || !self.between(nodes[start - 1].last(), nodes[start].first(), indent))
            {
                self.line(indent + 1, true);
            }
            let is_last = end == nodes.len();
            self.segment(&nodes[start..end], inner, if is_last { after } else { 0 });
            start = end;
        }
    }

    /// Nodes one after the other; brackets break where the line gets too long.
    fn greedy(&mut self, nodes: &[Node<'_>], indent: usize, after: usize) {
        for (position, node) in nodes.iter().enumerate() {
            if position > 0 {
                self.between(nodes[position - 1].last(), node.first(), indent);
            }
            match node {
                Node::Leaf(leaf) => {
                    let mut text = String::new();
                    leaf_text(leaf, &mut text);
                    self.write(&text);
                }
                Node::Group(group) => {
                    let rest = &nodes[position + 1..];
                    let breaks = |node: &Node<'_>| {
                        node.group().is_some_and(|group| match group.kind {
                            _ if group.items.is_empty() => false,
                            Kind::Paren { call } => call,
                            Kind::Square { literal } => literal,
                            Kind::Brace(brace) => brace != Brace::MapType,
                            Kind::File => false,
                        })
                    };
                    let until = rest.iter().position(breaks);
                    let follows = flat(&rest[..until.unwrap_or(rest.len())]).map_or(0, |text| width(&text));
                    self.group(group, indent, follows + if until.is_some() { 1 } else { after });
                }
            }
        }
    }

    fn group(&mut self, group: &Group<'_>, indent: usize, after: usize) {
        if let Some(text) = &group.flat
            && (self.fits(text, after) || group.items.is_empty())
        {
            return self.write(text);
        }
        if self.hug(group, indent, after) {
            return;
        }
        self.broken(group, indent);
    }

    /// Prints a bracket whose last item ends in one that alone breaks: `f(x, |y| {`, …, `})`.
    fn hug(&mut self, group: &Group<'_>, indent: usize, after: usize) -> bool {
        let Kind::Paren { .. } = group.kind else { return false };
        let Some((last, others)) = group.items.split_last() else { return false };
        let plain = |item: &Item<'_>| item.leading.is_empty() && item.trailing.is_empty();
        let Some((node, head)) = last.nodes.split_last() else { return false };
        let Some(inner) = node.group() else { return false };
        let is_brace = match inner.kind {
            Kind::Brace(_) => true,
            Kind::Square { literal } => literal,
            _ => false,
        };
        let comments = !group.after_open.is_empty() || !group.dangling.is_empty() || !node.first().before.is_empty();
        if !is_brace || inner.items.is_empty() || comments || !group.items.iter().all(plain) {
            return false;
        }
        let mut text = group.open.text.to_owned();
        for item in others {
            let Some(item) = flat(&item.nodes) else { return false };
            text.push_str(&item);
            text.push_str(", ");
        }
        let Some(head_text) = flat(head) else { return false };
        text.push_str(&head_text);
        if head.last().is_some_and(|before| space(before.last(), node.first())) {
            text.push(' ');
        }
        if !group.open.inline.is_empty()
            || !group.close.inline.is_empty()
            || !self.fits(&text, 1)
            || text.contains('\n')
        {
            return false;
        }
        self.write(&text);
        match &inner.flat {
            Some(text) if !inner.kind.is_body() && self.fits(text, after + 1) => self.write(text),
            _ => self.broken(inner, indent),
        }
        self.write(group.close.text);
        true
    }

    /// A bracket over several lines.
    fn broken(&mut self, group: &Group<'_>, indent: usize) {
        if let Some(text) = &group.flat
            && group.items.is_empty()
        {
            return self.write(text);
        }
        let mut text = String::new();
        leaf_text(&group.open, &mut text);
        self.write(&text);
        self.comments(&group.after_open, indent + 1);
        if group.is_table() {
            self.table(group, indent + 1);
        } else {
            self.items(group, indent + 1);
        }
        self.line(indent, true);
        let mut text = String::new();
        leaf_text(&group.close, &mut text);
        self.write(&text);
    }

    fn table(&mut self, group: &Group<'_>, indent: usize) {
        self.line(indent, true);
        for (position, item) in group.items.iter().enumerate() {
            let text = flat(&item.nodes).unwrap_or_else(|| unreachable!("numbers stand on one line"));
            if position > 0 {
                match self.fits(&text, 2) {
                    true => self.write(" "),
                    false => self.line(indent, true),
                }
            }
            self.write(&text);
            self.write(",");
        }
        for comment in &group.dangling {
            self.line(indent, true);
            self.write(comment.text);
        }
    }
}

/// Where the value of an assignment or a declaration begins.
fn assigned(nodes: &[Node<'_>]) -> Option<usize> {
    let is_equals = |node: &Node<'_>| {
        node.leaf().is_some_and(|leaf| leaf.token.tok == Tok::Eq || leaf.token.tok as u8 >= Tok::PlusEq as u8)
    };
    let at = nodes.iter().position(is_equals)? + 1;
    (at < nodes.len()).then_some(at)
}
