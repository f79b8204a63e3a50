//! Whether the arms of a `match` cover all values, and whether each can be reached.
//!
//! The algorithm asks if a row of patterns is *useful* below a matrix of rows: if some values match it and none of the
//! rows above (L. Maranget, "Warnings for pattern matching", JFP 2007). A `match` is exhaustive if `_` is not useful
//! below its arms; what would be useful is the witness that the message shows.

use crate::body::{Arm, Body, Literal, PatId, PatKind};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::program::Program;
use crate::source::Span;
use crate::types::{Kind, Ty, Types};
use rustc_hash::FxHashSet;

/// How many rows may be looked at for one `match`.
const BUDGET: usize = 1_000_000;

/// A pattern without names.
#[derive(Clone, Debug)]
enum Pattern {
    Wild,
    Or(Vec<Pattern>),
    /// A form, and patterns for the parts of values of this form.
    Form(Form, Vec<Pattern>),
}

/// What values of a type are told apart by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Form {
    Variant(u32),
    Tuple(u32),
    Bool(bool),
    /// Integers from … to.
    Ints(i128, i128),
    Literal(Literal),
    Nil,
    Some,
    /// A list of this length.
    Len(u32),
    /// A list of at least this length: so many items before what is left open, so many after.
    AtLeast(u32, u32),
    Type(Ty),
    /// Values that no pattern can name one by one.
    Opaque(u32),
}

/// That the budget is used up.
struct TooComplex;

struct Matrix<'p> {
    program: &'p mut Program,
    budget: usize,
    opaque: u32,
}

/// Reports arms that cannot be reached, and values that no arm covers.
pub(crate) fn check(program: &mut Program, body: &Body, ty: Ty, arms: &[Arm], span: Span, warns: bool) {
    if program.types.has_error(ty) || program.types.has_infer(ty) {
        return;
    }
    let mut matrix = Matrix { program, budget: BUDGET, opaque: 0 };
    let mut rows: Vec<Vec<Pattern>> = vec![];
    let mut simple: FxHashSet<Form> = FxHashSet::default();
    let mut only_simple = true;
    for arm in arms {
        if has_error(body, arm.pat) {
            return;
        }
        let pattern = matrix.pattern(body, arm.pat);
        // Long lists of literals need no search.
        let reached = match &pattern {
            Pattern::Form(form @ (Form::Literal(_) | Form::Bool(_)), parts) if only_simple && parts.is_empty() => {
                if arm.guard.is_none() { simple.insert(*form) } else { !simple.contains(form) }
            }
            _ => {
                only_simple = false;
                match matrix.useful(&rows, std::slice::from_ref(&pattern), &[ty]) {
                    Ok(witness) => witness.is_some(),
                    Err(TooComplex) => return too_complex(program, span),
                }
            }
        };
        if !reached && warns {
            let span = body.pat(arm.pat).span;
            let message = "earlier arms cover all that this one could match";
            matrix.program.report(Diagnostic::warning(codes::UNREACHABLE_ARM, span, message));
        }
        if arm.guard.is_none() {
            rows.push(vec![pattern]);
        }
    }
    match matrix.useful(&rows, &[Pattern::Wild], &[ty]) {
        Err(TooComplex) => too_complex(program, span),
        Ok(None) => {}
        Ok(Some(witness)) => {
            let at = Span { start: span.start, end: span.start + 5 };
            let message = format!("`{}` is not covered", witness[0]);
            let diagnostic = Diagnostic::error(codes::NOT_EXHAUSTIVE, at, message);
            matrix.program.report(diagnostic.help("add an arm for it, or `_ => …` for all that is left"));
        }
    }
}

fn too_complex(program: &mut Program, span: Span) {
    let message = "whether this `match` covers all values takes too long to find out";
    program.report(Diagnostic::error(codes::NOT_EXHAUSTIVE, span, message).help("split it, or nest it less"));
}

fn has_error(body: &Body, pat: PatId) -> bool {
    match &body.pat(pat).kind {
        PatKind::Error => true,
        PatKind::Bind(_, sub) => sub.is_some_and(|sub| has_error(body, sub)),
        PatKind::Tuple(parts) | PatKind::Or(parts) => parts.iter().any(|&part| has_error(body, part)),
        PatKind::Variant { fields, .. } => fields.iter().any(|&(_, part)| has_error(body, part)),
        PatKind::List { before, after, .. } => before.iter().chain(after).any(|&part| has_error(body, part)),
        PatKind::Some(inner) | PatKind::Type(_, inner) => has_error(body, *inner),
        _ => false,
    }
}

impl Matrix<'_> {
    fn pattern(&mut self, body: &Body, id: PatId) -> Pattern {
        let pat = body.pat(id);
        let mut all =
            |parts: &[PatId]| -> Vec<Pattern> { parts.iter().map(|&part| self.pattern(body, part)).collect() };
        match &pat.kind {
            PatKind::Error | PatKind::Wild | PatKind::Bind(_, None) => Pattern::Wild,
            PatKind::Bind(_, Some(sub)) => self.pattern(body, *sub),
            PatKind::Literal(Literal::Bool(value)) => Pattern::Form(Form::Bool(*value), vec![]),
            PatKind::Literal(Literal::Int(value)) => Pattern::Form(Form::Ints(*value, *value), vec![]),
            PatKind::Literal(literal) => Pattern::Form(Form::Literal(*literal), vec![]),
            PatKind::IntRange(first, last) => Pattern::Form(Form::Ints(*first, *last), vec![]),
            PatKind::FloatRange { .. } => {
                // Never taken to cover anything, nor to be covered.
                self.opaque += 1;
                Pattern::Form(Form::Opaque(self.opaque), vec![])
            }
            PatKind::Tuple(parts) => Pattern::Form(Form::Tuple(parts.len() as u32), all(parts)),
            PatKind::Variant { variant, fields } => {
                let n = match self.program.types.kind(pat.ty) {
                    Kind::Adt(id, _) => self.program.adt(id).variants[*variant as usize].fields.len(),
                    _ => 0,
                };
                let mut parts = vec![Pattern::Wild; n];
                for &(position, part) in fields {
                    parts[position as usize] = self.pattern(body, part);
                }
                Pattern::Form(Form::Variant(*variant), parts)
            }
            PatKind::List { before, rest, after } => {
                let form = match rest {
                    None => Form::Len(before.len() as u32),
                    Some(_) => Form::AtLeast(before.len() as u32, after.len() as u32),
                };
                let mut parts = all(before);
                parts.extend(all(after));
                Pattern::Form(form, parts)
            }
            PatKind::Or(parts) => Pattern::Or(all(parts)),
            PatKind::Nil => Pattern::Form(Form::Nil, vec![]),
            PatKind::Some(inner) => Pattern::Form(Form::Some, vec![self.pattern(body, *inner)]),
            PatKind::Type(ty, inner) => Pattern::Form(Form::Type(*ty), vec![self.pattern(body, *inner)]),
        }
    }

    /// Values that match `row` but none of `rows`, as text, if there are any.
    fn useful(
        &mut self,
        rows: &[Vec<Pattern>],
        row: &[Pattern],
        types: &[Ty],
    ) -> Result<Option<Vec<String>>, TooComplex> {
        self.budget = self.budget.checked_sub(rows.len() + 1).ok_or(TooComplex)?;
        let Some((first, rest)) = row.split_first() else {
            return Ok(rows.is_empty().then(Vec::new));
        };
        let ty = types[0];
        match first {
            Pattern::Or(all) => {
                for pattern in all {
                    let mut row = vec![pattern.clone()];
                    row.extend_from_slice(rest);
                    if let Some(witness) = self.useful(rows, &row, types)? {
                        return Ok(Some(witness));
                    }
                }
                Ok(None)
            }
            Pattern::Form(form, parts) => {
                for case in self.cases(*form, rows, ty) {
                    let arity = self.arity(case, ty);
                    let mut row = fitted(*form, parts, case, arity);
                    row.extend_from_slice(rest);
                    if let Some(witness) = self.useful_case(rows, &row, case, arity, types)? {
                        return Ok(Some(witness));
                    }
                }
                Ok(None)
            }
            Pattern::Wild => {
                let mut forms = vec![];
                rows.iter().for_each(|row| forms_of(&row[0], &mut forms));
                let (cases, missing) = self.split(ty, &forms);
                if let Some(missing) = missing {
                    let left: Vec<Vec<Pattern>> = self.without_first(rows);
                    return Ok(self.useful(&left, rest, &types[1..])?.map(|mut witness| {
                        witness.insert(0, missing);
                        witness
                    }));
                }
                for case in cases {
                    let arity = self.arity(case, ty);
                    let mut row = vec![Pattern::Wild; arity];
                    row.extend_from_slice(rest);
                    if let Some(witness) = self.useful_case(rows, &row, case, arity, types)? {
                        return Ok(Some(witness));
                    }
                }
                Ok(None)
            }
        }
    }

    fn useful_case(
        &mut self,
        rows: &[Vec<Pattern>],
        row: &[Pattern],
        case: Form,
        arity: usize,
        types: &[Ty],
    ) -> Result<Option<Vec<String>>, TooComplex> {
        let mut narrowed = vec![];
        for row in rows {
            narrow(&row[0], &row[1..], case, arity, &mut narrowed);
        }
        let mut part_types = self.part_types(case, types[0]);
        part_types.extend_from_slice(&types[1..]);
        Ok(self.useful(&narrowed, row, &part_types)?.map(|mut witness| {
            let rest = witness.split_off(arity);
            let mut all = vec![self.show(case, types[0], witness)];
            all.extend(rest);
            all
        }))
    }

    /// The rows that begin with `_`, without it.
    fn without_first(&mut self, rows: &[Vec<Pattern>]) -> Vec<Vec<Pattern>> {
        rows.iter().filter(|row| covers_all(&row[0])).map(|row| row[1..].to_vec()).collect()
    }

    /// The smallest forms that a form falls into, given what the rows tell apart.
    fn cases(&mut self, form: Form, rows: &[Vec<Pattern>], ty: Ty) -> Vec<Form> {
        if !matches!(form, Form::Ints(..) | Form::AtLeast(..)) {
            return vec![form];
        }
        let mut forms = vec![form];
        rows.iter().for_each(|row| forms_of(&row[0], &mut forms));
        match form {
            Form::Ints(first, last) => split_ints(first, last, &forms),
            _ => self.split(ty, &forms).0.into_iter().filter(|&case| admits(form, case)).collect(),
        }
    }

    /// All forms of a type's values, as far as `forms` tell them apart; or one that is not among them, as text.
    fn split(&mut self, ty: Ty, forms: &[Form]) -> (Vec<Form>, Option<String>) {
        let has = |form: Form| forms.contains(&form);
        let first_missing = |all: &[Form]| all.iter().copied().find(|&form| !has(form));
        let kind = self.program.types.kind(ty);
        let all: Vec<Form> = match kind {
            Kind::Bool => vec![Form::Bool(true), Form::Bool(false)],
            Kind::Tuple(items) => vec![Form::Tuple(self.program.types.list(items).len() as u32)],
            Kind::Adt(id, _) => (0..self.program.adt(id).variants.len() as u32).map(Form::Variant).collect(),
            Kind::Optional(_) => vec![Form::Nil, Form::Some],
            Kind::List(_) | Kind::Bytes => {
                let longest = forms.iter().map(|form| match form {
                    Form::Len(n) => *n,
                    Form::AtLeast(before, after) => before + after,
                    _ => 0,
                });
                // The last stands for all longer lists.
                let last = longest.max().unwrap_or(0) + 1;
                if forms.is_empty() {
                    return (vec![], Some("_".to_owned()));
                }
                return ((0..=last).map(Form::Len).collect(), None);
            }
            _ => match kind.range() {
                Some((least, greatest)) => {
                    if forms.is_empty() {
                        return (vec![], Some("_".to_owned()));
                    }
                    let cases = split_ints(least, greatest, forms);
                    let missing = cases.iter().find(|&&case| !forms.iter().any(|&form| admits(form, case)));
                    return match missing {
                        Some(&Form::Ints(first, last)) if first == last => (vec![], Some(first.to_string())),
                        Some(&Form::Ints(first, last)) if first == least && last == greatest => {
                            (vec![], Some("_".to_owned()))
                        }
                        Some(&Form::Ints(first, last)) if last == greatest => (vec![], Some(format!("{first}.."))),
                        Some(&Form::Ints(first, last)) if first == least => (vec![], Some(format!("..={last}"))),
                        Some(&Form::Ints(first, last)) => (vec![], Some(format!("{first}..={last}"))),
                        _ => (cases, None),
                    };
                }
                None => return (vec![], Some("_".to_owned())),
            },
        };
        match first_missing(&all) {
            Some(_) if forms.is_empty() && all.len() > 1 => (vec![], Some("_".to_owned())),
            Some(missing) => {
                let arity = self.arity(missing, ty);
                let text = self.show(missing, ty, vec!["_".to_owned(); arity]);
                (vec![], Some(text))
            }
            None => (all, None),
        }
    }

    fn arity(&mut self, form: Form, ty: Ty) -> usize {
        match form {
            Form::Len(n) | Form::Tuple(n) => n as usize,
            Form::Some | Form::Type(_) => 1,
            Form::Variant(tag) => match self.program.types.kind(ty) {
                Kind::Adt(id, _) => self.program.adt(id).variants[tag as usize].fields.len(),
                _ => 0,
            },
            _ => 0,
        }
    }

    /// The types of the parts of values of a form.
    fn part_types(&mut self, form: Form, ty: Ty) -> Vec<Ty> {
        let kind = self.program.types.kind(ty);
        match (form, kind) {
            (Form::Len(n), Kind::List(item)) => vec![item; n as usize],
            (Form::Len(n), _) => vec![Ty::U8; n as usize],
            (Form::Tuple(_), Kind::Tuple(items)) => self.program.types.list(items).to_vec(),
            (Form::Some, Kind::Optional(inner)) => vec![inner],
            (Form::Type(own), _) => vec![own],
            (Form::Variant(tag), Kind::Adt(id, args)) => {
                let fields: Vec<Ty> =
                    self.program.adt(id).variants[tag as usize].fields.iter().map(|field| field.ty).collect();
                let types: &mut Types = &mut self.program.types;
                let args: Vec<Ty> = types.list(args).to_vec();
                fields.into_iter().map(|field| types.subst(field, &args)).collect()
            }
            _ => vec![],
        }
    }

    fn show(&self, form: Form, ty: Ty, parts: Vec<String>) -> String {
        match form {
            Form::Bool(value) => value.to_string(),
            Form::Nil => "nil".to_owned(),
            Form::Some => parts.into_iter().next().unwrap_or_default(),
            Form::Tuple(_) => format!("({})", parts.join(", ")),
            Form::Len(_) | Form::AtLeast(..) => format!("[{}]", parts.join(", ")),
            Form::Ints(first, last) if first == last => first.to_string(),
            Form::Ints(first, last) => format!("{first}..={last}"),
            Form::Type(ty) => format!("{}: {}", parts.into_iter().next().unwrap_or_default(), self.program.show(ty)),
            Form::Variant(tag) => {
                let Kind::Adt(id, _) = self.program.types.kind(ty) else { return "_".to_owned() };
                let variant = &self.program.adt(id).variants[tag as usize];
                let name = self.program.text(variant.name);
                match variant.fields.first().map(|field| field.name) {
                    None => name.to_owned(),
                    Some(None) => format!("{name}({})", parts.join(", ")),
                    Some(Some(_)) => {
                        let fields =
                            variant.fields.iter().zip(parts).filter(|(_, part)| part != "_").map(|(field, part)| {
                                format!("{}: {part}", field.name.map_or("", |name| self.program.text(name)))
                            });
                        let mut fields: Vec<String> = fields.collect();
                        if fields.len() < variant.fields.len() {
                            fields.push("..".to_owned());
                        }
                        format!("{name} {{ {} }}", fields.join(", "))
                    }
                }
            }
            Form::Literal(_) | Form::Opaque(_) => "_".to_owned(),
        }
    }
}

fn covers_all(pattern: &Pattern) -> bool {
    match pattern {
        Pattern::Wild => true,
        Pattern::Or(all) => all.iter().any(covers_all),
        Pattern::Form(..) => false,
    }
}

fn forms_of(pattern: &Pattern, out: &mut Vec<Form>) {
    match pattern {
        Pattern::Wild => {}
        Pattern::Or(all) => all.iter().for_each(|pattern| forms_of(pattern, out)),
        Pattern::Form(form, _) => out.push(*form),
    }
}

/// Whether all values of the form `case`, which is one of those that things are split into, are of the form `form`.
fn admits(form: Form, case: Form) -> bool {
    match (form, case) {
        (Form::Ints(first, last), Form::Ints(from, to)) => first <= from && to <= last,
        (Form::AtLeast(before, after), Form::Len(n)) => before + after <= n,
        _ => form == case,
    }
}

/// The parts of a pattern of one form, as patterns for the parts of a smaller form.
fn fitted(form: Form, parts: &[Pattern], case: Form, arity: usize) -> Vec<Pattern> {
    match (form, case) {
        (Form::AtLeast(before, after), Form::Len(_)) => {
            let mut fitted = parts[..before as usize].to_vec();
            fitted.resize(arity - after as usize, Pattern::Wild);
            fitted.extend_from_slice(&parts[before as usize..]);
            fitted
        }
        _ => parts.to_vec(),
    }
}

/// Adds the rows that a row becomes if its first value is of the form `case`.
fn narrow(first: &Pattern, rest: &[Pattern], case: Form, arity: usize, out: &mut Vec<Vec<Pattern>>) {
    let mut add = |mut parts: Vec<Pattern>| {
        parts.extend_from_slice(rest);
        out.push(parts);
    };
    match first {
        Pattern::Wild => add(vec![Pattern::Wild; arity]),
        Pattern::Form(form, parts) if admits(*form, case) => add(fitted(*form, parts, case, arity)),
        Pattern::Form(..) => {}
        Pattern::Or(all) => all.iter().for_each(|pattern| narrow(pattern, rest, case, arity, out)),
    }
}

/// Cuts a range of integers wherever one of the forms begins or ends.
fn split_ints(first: i128, last: i128, forms: &[Form]) -> Vec<Form> {
    let mut starts = vec![first];
    for form in forms {
        if let Form::Ints(from, to) = *form {
            starts.extend([from, to + 1].into_iter().filter(|&start| first < start && start <= last));
        }
    }
    starts.sort_unstable();
    starts.dedup();
    let ends = starts[1..].iter().map(|&start| start - 1).chain([last]);
    starts.iter().zip(ends).map(|(&start, end)| Form::Ints(start, end)).collect()
}
