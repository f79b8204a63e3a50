//! Patterns against the types that they are to match.

use super::Checker;
use crate::ast::{self, ExprId, ExprKind, Ident};
use crate::body::{Literal, LocalId, NodeKind, PatId, PatKind};
use crate::codes;
use crate::consts::{self, Value};
use crate::diagnostic::Diagnostic;
use crate::matching;
use crate::names::Name;
use crate::program::Def;
use crate::source::Span;
use crate::types::{AdtId, Kind, Ty};
use rustc_hash::FxHashMap;

impl Checker<'_, '_> {
    /// Whether a pattern in `if let` or `let … else` takes the value out of an optional: it does not speak of nil.
    pub(super) fn binds_value(&self, id: ast::PatId) -> bool {
        match &self.ast[id].kind {
            ast::PatKind::Nil => false,
            ast::PatKind::Or(all) => all.iter().all(|&pat| self.binds_value(pat)),
            _ => true,
        }
    }

    /// A pattern of an arm. On an optional, a name stands for the value once an arm before has taken care of nil.
    pub(super) fn arm_pattern(&mut self, id: ast::PatId, ty: Ty, nil_covered: bool) -> PatId {
        if let Kind::Optional(inner) = self.kind(ty)
            && nil_covered
            && matches!(self.ast[id].kind, ast::PatKind::Bind { .. })
        {
            let pat = self.pattern(id, inner);
            let span = self.body.pat(pat).span;
            return self.pat(PatKind::Some(pat), ty, span);
        }
        self.pattern(id, ty)
    }

    pub(super) fn covers_nil(&self, pat: PatId) -> bool {
        match &self.body.pat(pat).kind {
            PatKind::Nil | PatKind::Wild => true,
            PatKind::Bind(_, sub) => sub.is_none_or(|sub| self.covers_nil(sub)),
            PatKind::Or(all) => all.iter().any(|&pat| self.covers_nil(pat)),
            _ => false,
        }
    }

    /// A pattern for values of type `ty`; declares its variables.
    pub(super) fn pattern(&mut self, id: ast::PatId, ty: Ty) -> PatId {
        if self.pattern.1 == 0 {
            self.pattern.0 = self.shadowed.len();
        }
        self.pattern.1 += 1;
        let pat = self.pattern_of(id, ty);
        self.pattern.1 -= 1;
        pat
    }

    fn pattern_of(&mut self, id: ast::PatId, ty: Ty) -> PatId {
        let ast = self.ast;
        let span = ast[id].span;
        let ty = self.shallow(ty);
        // Within an optional, patterns speak of the value, but for nil and names.
        if let Kind::Optional(inner) = self.kind(ty)
            && !matches!(
                ast[id].kind,
                ast::PatKind::Wild | ast::PatKind::Nil | ast::PatKind::Bind { .. } | ast::PatKind::Or(_)
            )
        {
            let pat = self.pattern(id, inner);
            return self.pat(PatKind::Some(pat), ty, span);
        }
        let kind = match &ast[id].kind {
            ast::PatKind::Wild => PatKind::Wild,
            ast::PatKind::Nil => match self.kind(ty) {
                Kind::Optional(_) | Kind::Any | Kind::Error => PatKind::Nil,
                _ => self.bad_pattern(ty, span, "`nil`"),
            },
            ast::PatKind::Bind { name, mutable, sub } => return self.bind(*name, *mutable, *sub, ty, span),
            ast::PatKind::Literal(value) => return self.literal_pattern(*value, ty, span),
            ast::PatKind::Range { start, end, inclusive } => {
                return self.range_pattern(*start, *end, *inclusive, ty, span);
            }
            ast::PatKind::Tuple(items) => return self.tuple_pattern(items, ty, span),
            ast::PatKind::List { before, rest, after } => self.list_pattern(before, *rest, after, ty, span),
            ast::PatKind::Variant { path, args } => return self.variant_pattern(path, args, ty, span),
            ast::PatKind::Struct { path, fields, rest } => return self.struct_pattern(path, fields, *rest, ty, span),
            ast::PatKind::Path(path) => return self.path_pattern(path, ty, span),
            ast::PatKind::Or(all) => self.alternatives(all, ty),
            ast::PatKind::Typed(inner, written) => return self.typed_pattern(*inner, *written, ty, span),
        };
        self.pat(kind, ty, span)
    }

    fn bad_pattern(&mut self, ty: Ty, span: Span, what: &str) -> PatKind {
        let shown = self.show(ty);
        let message = format!("{what} matches no value of type `{shown}`");
        self.error(Diagnostic::error(codes::BAD_PATTERN, span, message));
        PatKind::Error
    }

    /// A name: a variant or constant if there is one, else a new variable.
    fn bind(&mut self, name: Name, mutable: bool, sub: Option<ast::PatId>, ty: Ty, span: Span) -> PatId {
        if !mutable && sub.is_none() {
            let mut wanted = ty;
            if let Kind::Optional(inner) = self.kind(ty) {
                wanted = self.shallow(inner);
            }
            let of_type = match self.kind(wanted) {
                Kind::Adt(id, _) => self.variant_of(id, name).map(|tag| (id, tag)),
                Kind::Any => self.variant(name, None),
                _ => None,
            };
            if let Some((adt, tag)) = of_type {
                return self.variant_of_type(adt, tag, &[], ty, span);
            }
            let module = self.module;
            let own = self.session.program.module(module).items.get(&name).map(|entry| entry.def);
            if let Some(Def::Const(id)) = own {
                return self.const_pattern(id, ty, span);
            }
            // A name in capitals that looks like a variant is most likely one of another enum, or misspelt.
            if let Kind::Adt(id, _) = self.kind(wanted)
                && self.session.program.adt(id).is_enum
                && self.text(name).starts_with(char::is_uppercase)
            {
                self.no_such_variant(id, Ident { name, span });
                return self.pat(PatKind::Error, ty, span);
            }
        }
        let local = self.bound_local(name, ty, span, mutable);
        let sub = sub.map(|sub| self.pattern(sub, ty));
        self.pat(PatKind::Bind(local, sub), ty, span)
    }

    /// The variable that a pattern binds: a new one, or that of the first alternative.
    fn bound_local(&mut self, name: Name, ty: Ty, span: Span, mutable: bool) -> LocalId {
        let known = self.alternatives.as_ref().and_then(|first| first.get(&name).copied());
        let Some(local) = known else {
            let is_taken = |&(other, _): &(Name, Option<LocalId>)| other == name;
            if self.shadowed[self.pattern.0..].iter().any(is_taken) && self.text(name) != "_" {
                let first = self.scope[&name];
                let first = self.body.local(first).span;
                let message = format!("the pattern binds `{}` twice", self.text(name));
                self.error(Diagnostic::error(codes::DUPLICATE, span, message).label(first, "first here"));
            }
            return self.declare(name, ty, span, mutable);
        };
        let known_ty = self.body.local(local).ty;
        if !self.try_unify(known_ty, ty) {
            let (a, b) = (self.show(known_ty), self.show(ty));
            let message = format!("`{}` is of type `{a}` in one alternative and `{b}` in another", self.text(name));
            self.error(Diagnostic::error(codes::UNEVEN_BINDINGS, span, message));
        }
        local
    }

    fn alternatives(&mut self, all: &[ast::PatId], ty: Ty) -> PatKind {
        let mark = self.shadowed.len();
        let mut pats = vec![self.pattern(all[0], ty)];
        let mut first: FxHashMap<Name, LocalId> = FxHashMap::default();
        for &(name, _) in &self.shadowed[mark..] {
            first.insert(name, self.scope[&name]);
        }
        let outer = self.alternatives.take();
        let mut known = first.clone();
        known.extend(outer.iter().flatten());
        for &pat in &all[1..] {
            let mark = self.shadowed.len();
            self.alternatives = Some(known.clone());
            let checked = self.pattern(pat, ty);
            // Names that only this alternative has.
            let more: Vec<Name> = self.shadowed[mark..].iter().map(|&(name, _)| name).collect();
            let mut bound = vec![];
            self.bound_in(checked, &mut bound);
            let missing: Vec<Name> =
                first.iter().filter(|(_, local)| !bound.contains(local)).map(|(&name, _)| name).collect();
            for name in more.into_iter().chain(missing) {
                let span = self.ast[pat].span;
                let message = format!("`{}` is not bound by all alternatives", self.text(name));
                self.error(Diagnostic::error(codes::UNEVEN_BINDINGS, span, message));
            }
            pats.push(checked);
        }
        self.alternatives = outer;
        PatKind::Or(pats.into())
    }

    /// The variables that a pattern binds.
    fn bound_in(&self, pat: PatId, out: &mut Vec<LocalId>) {
        match &self.body.pat(pat).kind {
            PatKind::Bind(local, sub) => {
                out.push(*local);
                if let Some(sub) = sub {
                    self.bound_in(*sub, out);
                }
            }
            PatKind::Tuple(parts) | PatKind::Or(parts) => parts.iter().for_each(|&part| self.bound_in(part, out)),
            PatKind::Variant { fields, .. } => fields.iter().for_each(|&(_, part)| self.bound_in(part, out)),
            PatKind::List { before, rest, after } => {
                let parts = before.iter().chain(rest.iter().flatten()).chain(after);
                parts.for_each(|&part| self.bound_in(part, out));
            }
            PatKind::Some(inner) | PatKind::Type(_, inner) => self.bound_in(*inner, out),
            _ => {}
        }
    }

    fn literal_pattern(&mut self, value: ExprId, ty: Ty, span: Span) -> PatId {
        if let ExprKind::Name(name) = self.ast[value].kind {
            let module = self.module;
            return match self.program().lookup(module, name) {
                Some(Def::Const(id)) => self.const_pattern(id, ty, span),
                _ => {
                    self.unknown(Ident { name, span });
                    self.pat(PatKind::Error, ty, span)
                }
            };
        }
        if self.kind(ty) == Kind::Any {
            let node = self.expr(value, None);
            let own = self.ty(node);
            let inner = self.literal_pattern(value, own, span);
            return self.pat(PatKind::Type(own, inner), ty, span);
        }
        let node = self.expr(value, Some(ty));
        let have = self.ty(node);
        if let Kind::Infer(_) = self.kind(ty) {
            self.unify(ty, have);
        }
        let kind = if have != self.shallow(ty) {
            if ty == Ty::ERROR || have == Ty::ERROR {
                PatKind::Error
            } else {
                let shown = self.show(have);
                self.bad_pattern(ty, span, &format!("a literal of type `{shown}`"))
            }
        } else {
            match self.literal(node) {
                Some(literal) => PatKind::Literal(literal),
                None => self.bad_pattern(ty, span, "this"),
            }
        };
        self.pat(kind, ty, span)
    }

    fn literal(&self, node: crate::body::NodeId) -> Option<Literal> {
        Some(match self.body.node(node).kind {
            NodeKind::Bool(value) => Literal::Bool(value),
            NodeKind::Int(value) if self.kind(self.ty(node)) == Kind::U64 => Literal::Int(i128::from(value as u64)),
            NodeKind::Int(value) => Literal::Int(i128::from(value)),
            NodeKind::Float(value) => Literal::Float(value.to_bits()),
            NodeKind::Op(crate::body::Op::Neg, ref parts) => match self.body.node(parts[0]).kind {
                NodeKind::Float(value) => Literal::Float((-value).to_bits()),
                _ => return None,
            },
            NodeKind::Str(text) => Literal::Str(text),
            _ => return None,
        })
    }

    fn const_pattern(&mut self, id: crate::program::ConstId, ty: Ty, span: Span) -> PatId {
        let func = self.session.program.constant(id).func;
        let have = self.session.program.func(func).result;
        let value = consts::value(self.session, id);
        let literal = match value {
            Some(Value::Bool(value)) => Some(Literal::Bool(value)),
            Some(Value::Int(value)) if self.kind(have) == Kind::U64 => Some(Literal::Int(i128::from(value as u64))),
            Some(Value::Int(value)) => Some(Literal::Int(i128::from(value))),
            Some(Value::Float(value)) => Some(Literal::Float(value.to_bits())),
            Some(Value::Str(text)) => Some(Literal::Str(self.program().names.intern(&text))),
            _ => None,
        };
        let Some(literal) = literal else {
            let message = "only constants that are numbers, strings or `bool` can be patterns";
            self.error(Diagnostic::error(codes::BAD_PATTERN, span, message));
            return self.pat(PatKind::Error, ty, span);
        };
        if let Kind::Optional(inner) = self.kind(ty) {
            let inner = self.const_pattern_of(literal, have, inner, span);
            return self.pat(PatKind::Some(inner), ty, span);
        }
        self.const_pattern_of(literal, have, ty, span)
    }

    fn const_pattern_of(&mut self, literal: Literal, have: Ty, ty: Ty, span: Span) -> PatId {
        if self.kind(ty) == Kind::Any {
            let inner = self.pat(PatKind::Literal(literal), have, span);
            return self.pat(PatKind::Type(have, inner), ty, span);
        }
        let kind = match self.try_unify(have, ty) {
            true => PatKind::Literal(literal),
            false => {
                let shown = self.show(have);
                self.bad_pattern(ty, span, &format!("a constant of type `{shown}`"))
            }
        };
        self.pat(kind, ty, span)
    }

    fn range_pattern(
        &mut self,
        start: Option<ExprId>,
        end: Option<ExprId>,
        inclusive: bool,
        ty: Ty,
        span: Span,
    ) -> PatId {
        if self.kind(ty) == Kind::Any {
            let inner = self.range_pattern(start, end, inclusive, Ty::INT, span);
            return self.pat(PatKind::Type(Ty::INT, inner), ty, span);
        }
        if let Kind::Infer(_) = self.kind(ty) {
            self.unify(ty, Ty::INT);
        }
        let bound = |checker: &mut Self, value: ExprId| {
            let pat = checker.literal_pattern(value, ty, checker.ast[value].span);
            match checker.body.pat(pat).kind {
                PatKind::Literal(literal) => Some(literal),
                _ => None,
            }
        };
        let (start_given, end_given) = (start.is_some(), end.is_some());
        let start = start.and_then(|start| bound(self, start));
        let end = end.and_then(|end| bound(self, end));
        if start_given != start.is_some() || end_given != end.is_some() {
            return self.pat(PatKind::Error, ty, span);
        }
        let kind = match self.kind(ty) {
            Kind::Float | Kind::F32 => {
                let float = |literal: Option<Literal>| match literal {
                    Some(Literal::Float(bits)) => Some(f64::from_bits(bits)),
                    _ => None,
                };
                PatKind::FloatRange { start: float(start), end: float(end), inclusive }
            }
            kind => match kind.range() {
                Some((least, greatest)) => {
                    let int = |literal: Option<Literal>, default: i128| match literal {
                        Some(Literal::Int(value)) => value,
                        _ => default,
                    };
                    let first = int(start, least);
                    let last = match end {
                        Some(_) => int(end, greatest) - i128::from(!inclusive),
                        None => greatest,
                    };
                    if first > last {
                        let message = "this range is empty";
                        self.error(Diagnostic::error(codes::BAD_PATTERN, span, message));
                        PatKind::Error
                    } else {
                        PatKind::IntRange(first, last)
                    }
                }
                None if ty == Ty::ERROR => PatKind::Error,
                None => self.bad_pattern(ty, span, "a range"),
            },
        };
        self.pat(kind, ty, span)
    }

    fn tuple_pattern(&mut self, items: &[ast::PatId], ty: Ty, span: Span) -> PatId {
        let types = match self.kind(ty) {
            Kind::Unit if items.is_empty() => return self.pat(PatKind::Wild, ty, span),
            Kind::Tuple(types) => self.session.program.types.list(types).to_vec(),
            Kind::Infer(_) => {
                let types: Vec<Ty> = items.iter().map(|_| self.fresh(span)).collect();
                let tuple = self.session.program.types.tuple(&types);
                self.unify(ty, tuple);
                types
            }
            Kind::Any => {
                let Some(own) = self.type_of_pattern_items(items) else {
                    self.declare_all(items);
                    return self.pat(PatKind::Error, ty, span);
                };
                let own = self.session.program.types.tuple(&own);
                let inner = self.tuple_pattern(items, own, span);
                return self.pat(PatKind::Type(own, inner), ty, span);
            }
            Kind::Error => vec![Ty::ERROR; items.len()],
            _ => {
                let kind = self.bad_pattern(ty, span, "a tuple");
                self.declare_all(items);
                return self.pat(kind, ty, span);
            }
        };
        if types.len() != items.len() {
            let message = format!("the tuple has {} items, but the pattern {}", types.len(), items.len());
            self.error(Diagnostic::error(codes::BAD_PATTERN, span, message));
            self.declare_all(items);
            return self.pat(PatKind::Error, ty, span);
        }
        let parts: Vec<PatId> = items.iter().zip(types).map(|(&item, ty)| self.pattern(item, ty)).collect();
        let kind = if ty == Ty::ERROR { PatKind::Error } else { PatKind::Tuple(parts.into()) };
        self.pat(kind, ty, span)
    }

    /// Declares the variables of patterns that are wrong, so that their uses are not reported as well.
    fn declare_all(&mut self, pats: &[ast::PatId]) {
        for &pat in pats {
            self.pattern(pat, Ty::ERROR);
        }
    }

    /// The types that patterns on parts of `any` speak of.
    fn type_of_pattern_items(&mut self, items: &[ast::PatId]) -> Option<Vec<Ty>> {
        items.iter().map(|&item| self.type_of_pattern(item)).collect()
    }

    /// The type that a pattern on `any` speaks of.
    fn type_of_pattern(&mut self, id: ast::PatId) -> Option<Ty> {
        let ast = self.ast;
        let span = ast[id].span;
        match &ast[id].kind {
            ast::PatKind::Typed(_, ty) => Some(self.written_type(*ty)),
            ast::PatKind::Literal(value) => {
                let node = self.expr(*value, None);
                Some(self.ty(node))
            }
            ast::PatKind::Range { .. } => Some(Ty::INT),
            ast::PatKind::Tuple(items) => {
                let items = self.type_of_pattern_items(items)?;
                Some(self.session.program.types.tuple(&items))
            }
            ast::PatKind::Variant { path, .. } | ast::PatKind::Struct { path, .. } | ast::PatKind::Path(path) => {
                let (adt, _) = self.adt_of_path(path)?;
                Some(self.instance(adt, None, span))
            }
            ast::PatKind::Bind { name, sub: None, .. } if self.variant(*name, None).is_some() => {
                let (adt, _) = self.variant(*name, None)?;
                Some(self.instance(adt, None, span))
            }
            ast::PatKind::Or(all) => self.type_of_pattern(all[0]),
            _ => {
                let message = "the type of this part must be written: `name: int`";
                self.error(Diagnostic::error(codes::CANNOT_INFER, span, message));
                None
            }
        }
    }

    fn list_pattern(
        &mut self,
        before: &[ast::PatId],
        rest: Option<Option<ast::PatId>>,
        after: &[ast::PatId],
        ty: Ty,
        span: Span,
    ) -> PatKind {
        let item = match self.kind(ty) {
            Kind::List(item) => item,
            Kind::Bytes => Ty::U8,
            kind => {
                self.declare_all(before);
                self.declare_all(after);
                if let Some(Some(rest)) = rest {
                    self.pattern(rest, Ty::ERROR);
                }
                return match kind {
                    Kind::Error => PatKind::Error,
                    Kind::Any => {
                        let message = "the type of the list must be known here";
                        let diagnostic = Diagnostic::error(codes::BAD_PATTERN, span, message);
                        self.error(diagnostic.help("match `xs: [int]` first"));
                        PatKind::Error
                    }
                    _ => self.bad_pattern(ty, span, "a list"),
                };
            }
        };
        let before = before.iter().map(|&pat| self.pattern(pat, item)).collect();
        let rest = rest.map(|rest| rest.map(|pat| self.pattern(pat, ty)));
        let after = after.iter().map(|&pat| self.pattern(pat, item)).collect();
        PatKind::List { before, rest, after }
    }

    /// The struct, or enum and variant, of a path in a pattern. Reports nothing.
    fn adt_of_path(&mut self, path: &[Ident]) -> Option<(AdtId, u32)> {
        let module = self.module;
        match path {
            [name] => {
                if let Some(found) = self.variant(name.name, None) {
                    return Some(found);
                }
                match self.program().lookup(module, name.name)? {
                    Def::Adt(id) => Some((id, 0)),
                    _ => None,
                }
            }
            [first, name] => match self.program().lookup(module, first.name)? {
                Def::Adt(id) => self.variant_of(id, name.name).map(|tag| (id, tag)),
                Def::Module(target) => {
                    if let Some(Def::Adt(id)) = self.program().lookup_in(module, target, *name) {
                        return Some((id, 0));
                    }
                    self.session.program.module(target).variants.get(&name.name).map(|found| found[0])
                }
                _ => None,
            },
            [first, second, name] => {
                let Def::Module(target) = self.program().lookup(module, first.name)? else { return None };
                let Def::Adt(id) = self.program().lookup_in(module, target, *second)? else { return None };
                self.variant_of(id, name.name).map(|tag| (id, tag))
            }
            _ => None,
        }
    }

    /// The variant or struct of a path, for values of type `ty`; reports if there is none.
    fn resolve_variant(&mut self, path: &[Ident], ty: Ty) -> Option<(AdtId, u32)> {
        let last = path[path.len() - 1];
        if let Kind::Adt(id, _) = self.kind(ty) {
            let is_enum = self.session.program.adt(id).is_enum;
            if path.len() == 1
                && let Some(tag) = self.variant_of(id, last.name)
            {
                return Some((id, tag));
            }
            let found = self.adt_of_path(path);
            match found {
                Some((found, tag)) if found == id => return Some((id, tag)),
                _ if is_enum => self.no_such_variant(id, last),
                _ => {
                    let (shown, text) = (self.show(ty), self.text(last.name).to_owned());
                    let message = format!("`{text}` matches no value of type `{shown}`");
                    self.error(Diagnostic::error(codes::BAD_PATTERN, last.span, message));
                }
            }
            return None;
        }
        if ty == Ty::ERROR {
            return None;
        }
        let found = self.adt_of_path(path);
        match (found, self.kind(ty)) {
            (Some(found), Kind::Any | Kind::Trait(..) | Kind::Infer(_)) => Some(found),
            (None, Kind::Any | Kind::Trait(..) | Kind::Infer(_)) => {
                self.unknown(last);
                None
            }
            _ => {
                let text = format!("`{}`", self.text(last.name));
                self.bad_pattern(ty, last.span, &text);
                None
            }
        }
    }

    fn no_such_variant(&mut self, id: AdtId, name: Ident) {
        let adt = self.session.program.adt(id);
        let names: Vec<&str> = adt.variants.iter().map(|variant| self.session.program.text(variant.name)).collect();
        let text = self.session.program.text(name.name);
        let meant = crate::names::nearest(text, names.iter().copied()).map(str::to_owned);
        let message = format!("`{}` has no variant `{text}`", adt.full_name);
        let list = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let diagnostic = Diagnostic::error(codes::BAD_PATTERN, name.span, message);
        let diagnostic = match meant {
            Some(meant) => diagnostic.fix(format!("there is `{meant}`"), name.span, meant),
            None => diagnostic.note(format!("it has {list}")),
        };
        self.error(diagnostic);
    }

    fn path_pattern(&mut self, path: &[Ident], ty: Ty, span: Span) -> PatId {
        // `module.CONSTANT`.
        if let [first, name] = path {
            let module = self.module;
            if let Some(Def::Module(target)) = self.program().lookup(module, first.name)
                && let Some(Def::Const(id)) = self.program().lookup_in(module, target, *name)
            {
                return self.const_pattern(id, ty, span);
            }
        }
        match self.resolve_variant(path, ty) {
            Some((adt, tag)) => self.variant_of_type(adt, tag, &[], ty, span),
            None => self.pat(PatKind::Error, ty, span),
        }
    }

    fn variant_pattern(&mut self, path: &[Ident], args: &[ast::PatId], ty: Ty, span: Span) -> PatId {
        match self.resolve_variant(path, ty) {
            Some((adt, tag)) => {
                let n = self.session.program.adt(adt).variants[tag as usize].fields.len();
                if n != args.len() {
                    let name = self.session.program.adt(adt).variants[tag as usize].name;
                    let message = format!("`{}` holds {n} values, but the pattern has {}", self.text(name), args.len());
                    self.error(Diagnostic::error(codes::BAD_PATTERN, span, message));
                    self.declare_all(args);
                    return self.pat(PatKind::Error, ty, span);
                }
                let args: Vec<(u32, ast::PatId)> = args.iter().enumerate().map(|(n, &pat)| (n as u32, pat)).collect();
                self.variant_of_type(adt, tag, &args, ty, span)
            }
            None => {
                self.declare_all(args);
                self.pat(PatKind::Error, ty, span)
            }
        }
    }

    /// The pattern of a variant on values of the enum, of `any`, of a trait, or of an optional.
    fn variant_of_type(&mut self, adt: AdtId, tag: u32, args: &[(u32, ast::PatId)], ty: Ty, span: Span) -> PatId {
        match self.kind(ty) {
            Kind::Optional(inner) => {
                let pat = self.variant_of_type(adt, tag, args, inner, span);
                return self.pat(PatKind::Some(pat), ty, span);
            }
            Kind::Any | Kind::Trait(..) => {
                let own = self.instance(adt, None, span);
                let pat = self.variant_of_type(adt, tag, args, own, span);
                return self.pat(PatKind::Type(own, pat), ty, span);
            }
            Kind::Infer(_) => {
                let own = self.instance(adt, None, span);
                self.unify(ty, own);
            }
            _ => {}
        }
        let Kind::Adt(_, targs) = self.kind(ty) else { return self.pat(PatKind::Error, ty, span) };
        let targs: Vec<Ty> = self.session.program.types.list(targs).to_vec();
        let declared = self.session.program.adt(adt).variants[tag as usize].fields.clone();
        if args.is_empty() && !declared.is_empty() && self.session.program.adt(adt).is_enum {
            // `Circle` without its payload is taken for `Circle(_)` only if braces or dots say so.
            let name = self.session.program.adt(adt).variants[tag as usize].name;
            if self.session.program.sources.text(span).ends_with(self.text(name)) {
                let message = format!("`{}` holds values, which the pattern must name", self.text(name));
                let help = format!("write `{}(…)`, with `_` for what does not matter", self.text(name));
                self.error(Diagnostic::error(codes::BAD_PATTERN, span, message).help(help));
            }
        }
        let fields = args
            .iter()
            .map(|&(position, pat)| {
                let field = self.session.program.types.subst(declared[position as usize].ty, &targs);
                (position, self.pattern(pat, field))
            })
            .collect();
        self.pat(PatKind::Variant { variant: tag, fields }, ty, span)
    }

    fn struct_pattern(
        &mut self,
        path: &[Ident],
        fields: &[(Ident, ast::PatId)],
        rest: bool,
        ty: Ty,
        span: Span,
    ) -> PatId {
        let all: Vec<ast::PatId> = fields.iter().map(|&(_, pat)| pat).collect();
        let Some((adt, tag)) = self.resolve_variant(path, ty) else {
            self.declare_all(&all);
            return self.pat(PatKind::Error, ty, span);
        };
        let declared = self.session.program.adt(adt).variants[tag as usize].fields.clone();
        let mut args = vec![];
        for &(name, pat) in fields {
            match declared.iter().position(|field| field.name == Some(name.name)) {
                Some(position) if args.iter().any(|&(known, _)| known == position as u32) => {
                    let message = format!("the field `{}` stands twice", self.text(name.name));
                    self.error(Diagnostic::error(codes::DUPLICATE, name.span, message));
                }
                Some(position) => args.push((position as u32, pat)),
                None => {
                    let owner = self.text(path[path.len() - 1].name).to_owned();
                    let message = format!("`{owner}` has no field `{}`", self.text(name.name));
                    self.error(Diagnostic::error(codes::UNKNOWN_FIELD, name.span, message));
                    self.pattern(pat, Ty::ERROR);
                }
            }
        }
        if !rest && args.len() < declared.len() {
            let missing: Vec<String> = declared
                .iter()
                .enumerate()
                .filter(|(position, _)| !args.iter().any(|&(known, _)| known == *position as u32))
                .filter_map(|(_, field)| field.name)
                .map(|name| format!("`{}`", self.text(name)))
                .collect();
            if !missing.is_empty() {
                let message = format!("the pattern leaves out {}", missing.join(", "));
                let diagnostic = Diagnostic::error(codes::BAD_PATTERN, span, message);
                self.error(diagnostic.help("end it with `..` if the other fields do not matter"));
            }
        }
        self.variant_of_type(adt, tag, &args, ty, span)
    }

    fn typed_pattern(&mut self, inner: ast::PatId, written: ast::TypeId, ty: Ty, span: Span) -> PatId {
        let want = self.written_type(written);
        match self.kind(ty) {
            Kind::Any | Kind::Trait(..) if want != ty => {
                let pat = self.pattern(inner, want);
                self.pat(PatKind::Type(want, pat), ty, span)
            }
            _ if self.try_unify(ty, want) => self.pattern(inner, ty),
            _ => {
                let shown = self.show(want);
                let kind = self.bad_pattern(ty, span, &format!("a value of type `{shown}`"));
                self.pattern(inner, want);
                self.pat(kind, ty, span)
            }
        }
    }

    /// Reports a pattern that does not match every value, where all must match. Asked when its types are known enough.
    pub(super) fn require_irrefutable(&mut self, pat: PatId) {
        if !self.is_refutable(pat) {
            return;
        }
        let span = self.body.pat(pat).span;
        let message = "this pattern does not match every value";
        let diagnostic = Diagnostic::error(codes::REFUTABLE, span, message);
        self.error(diagnostic.help("use `match`, `if let`, or `let … else { … }`"));
    }

    fn is_refutable(&self, pat: PatId) -> bool {
        let pat = self.body.pat(pat);
        match &pat.kind {
            PatKind::Error | PatKind::Wild => false,
            PatKind::Bind(_, sub) => sub.is_some_and(|sub| self.is_refutable(sub)),
            PatKind::Tuple(parts) => parts.iter().any(|&part| self.is_refutable(part)),
            PatKind::Variant { fields, .. } => {
                let single = match self.kind(pat.ty) {
                    Kind::Adt(id, _) => self.session.program.adt(id).variants.len() == 1,
                    _ => false,
                };
                !single || fields.iter().any(|&(_, part)| self.is_refutable(part))
            }
            PatKind::List { before, rest: Some(rest), after } => {
                !before.is_empty() || !after.is_empty() || rest.is_some_and(|rest| self.is_refutable(rest))
            }
            PatKind::Or(all) => all.iter().all(|&part| self.is_refutable(part)),
            _ => true,
        }
    }

    /// Checks that each `match` covers all values and that each arm can be reached.
    pub(super) fn check_matches(&mut self) {
        for position in 0..self.body.nodes.len() {
            if let NodeKind::Match { value, arms } = &self.body.nodes[position].kind {
                let span = self.body.nodes[position].span;
                let ty = self.body.node(*value).ty;
                matching::check(&mut self.session.program, &self.body, ty, arms, span, self.warns);
            }
        }
    }
}
