//! Patterns and `match`.

use super::function::FunctionLower;
use crate::ast::Binary;
use crate::body::{Arm, Literal, NodeId, NodeKind, PatId, PatKind};
use crate::source::Span;
use crate::types::{Kind, Ty};
use std::rc::Rc;
use vitbc::{FieldIdx, Inst, Label, Reg, TypeIdx, VariantIdx};

/// From how many arms on a table of jumps is better than comparisons.
const SWITCH_ARMS: usize = 3;

impl FunctionLower<'_, '_, '_> {
    pub(super) fn match_on(&mut self, value: NodeId, arms: &[Arm], dst: Option<Reg>, span: Span) {
        let ty = self.node_ty(value);
        for arm in arms {
            self.forget(arm.pat);
        }
        let body = Rc::clone(&self.body);
        if let NodeKind::Tuple(parts) = &body.node(value).kind
            && arms.iter().all(|arm| self.takes_parts(arm.pat))
        {
            return self.match_on_parts(parts, arms, dst, span);
        }
        let value = self.value_to_test(value);
        if let Kind::Adt(id, _) = self.kind(ty) {
            let n = self.low.session.program.adt(id).variants.len();
            if n >= SWITCH_ARMS && arms.len() >= SWITCH_ARMS && self.low.session.program.adt(id).is_enum {
                return self.switch_on_variants(value, n, arms, dst, span);
            }
        }
        if let Some((least, greatest)) = self.dense(ty, arms) {
            return self.switch_on_numbers(value, ty, (least, greatest), arms, dst, span);
        }
        let end = self.b.label();
        for arm in arms {
            let next = self.b.label();
            self.statement(|lower| {
                lower.test(arm.pat, value, next);
                if let Some(guard) = arm.guard {
                    lower.branch(guard, next, false);
                }
                lower.into(arm.body, dst);
            });
            self.jump(end);
            self.bind(next);
        }
        self.emit(Inst::Unreachable {}, span);
        self.bind_if_used(end, arms);
    }

    /// Whether a pattern asks for the parts of a tuple only, never for the tuple itself.
    fn takes_parts(&self, pat: PatId) -> bool {
        match &self.body.pat(pat).kind {
            PatKind::Wild | PatKind::Tuple(_) => true,
            PatKind::Or(all) => all.iter().all(|&pat| self.takes_parts(pat)),
            _ => false,
        }
    }

    /// `match (a, b) { … }`: no tuple is made.
    fn match_on_parts(&mut self, parts: &[NodeId], arms: &[Arm], dst: Option<Reg>, span: Span) {
        let mut values = vec![];
        for &part in parts {
            values.push(self.value_to_test(part));
        }
        let end = self.b.label();
        for arm in arms {
            let next = self.b.label();
            self.statement(|lower| {
                lower.test_parts(arm.pat, &values, next);
                if let Some(guard) = arm.guard {
                    lower.branch(guard, next, false);
                }
                lower.into(arm.body, dst);
            });
            self.jump(end);
            self.bind(next);
        }
        self.emit(Inst::Unreachable {}, span);
        self.bind_if_used(end, arms);
    }

    fn test_parts(&mut self, pat: PatId, values: &[Reg], fail: Label) {
        let body = Rc::clone(&self.body);
        match &body.pat(pat).kind {
            PatKind::Tuple(parts) => {
                for (&part, &value) in parts.iter().zip(values) {
                    self.test(part, value, fail);
                }
            }
            PatKind::Or(all) => {
                self.test_alternatives(all, fail, |lower, pat, fail| lower.test_parts(pat, values, fail))
            }
            _ => {}
        }
    }

    /// Goes on if one of the patterns matches, as `test` finds out, which jumps to its label if it does not.
    fn test_alternatives(&mut self, all: &[PatId], fail: Label, test: impl Fn(&mut Self, PatId, Label)) {
        let Some((&last, others)) = all.split_last() else { return };
        let matched = self.b.label();
        for &alternative in others {
            let next = self.b.label();
            test(self, alternative, next);
            self.jump(matched);
            self.bind(next);
        }
        test(self, last, fail);
        self.bind(matched);
    }

    /// The end of a `match`. If all arms leave, nothing continues here.
    fn bind_if_used(&mut self, end: Label, arms: &[Arm]) {
        let body = Rc::clone(&self.body);
        if arms.iter().all(|arm| body.node(arm.body).ty == Ty::NEVER) {
            return;
        }
        self.bind(end);
    }

    /// Jumps by the variant, then tries the arms that can match it.
    fn switch_on_variants(&mut self, value: Reg, n: usize, arms: &[Arm], dst: Option<Reg>, span: Span) {
        let tag = self.temp(Ty::INT);
        self.emit(Inst::Tag { dst: tag, object: value }, span);
        let bodies: Vec<Label> = arms.iter().map(|_| self.b.label()).collect();
        let targets: Vec<Label> = (0..n).map(|_| self.b.label()).collect();
        self.emit(Inst::Switch { value: tag, targets: targets.clone().into() }, span);
        self.emit(Inst::Unreachable {}, span);
        let mut used = vec![false; arms.len()];
        for (variant, target) in targets.into_iter().enumerate() {
            self.bind(target);
            let mut open = true;
            for (position, arm) in arms.iter().enumerate() {
                if !open {
                    break;
                }
                for pat in self.of_variant(arm.pat, variant as u32) {
                    let next = self.b.label();
                    self.statement(|lower| {
                        lower.test_known(pat, value, variant as u32, next);
                        if let Some(guard) = arm.guard {
                            lower.branch(guard, next, false);
                        }
                    });
                    self.jump(bodies[position]);
                    used[position] = true;
                    self.bind(next);
                    if arm.guard.is_none() && !self.may_fail(pat, true) {
                        open = false;
                        break;
                    }
                }
            }
            self.emit(Inst::Unreachable {}, span);
        }
        self.bodies(arms, bodies, &used, dst);
    }

    fn bodies(&mut self, arms: &[Arm], labels: Vec<Label>, used: &[bool], dst: Option<Reg>) {
        let end = self.b.label();
        for ((arm, label), used) in arms.iter().zip(labels).zip(used) {
            if !used {
                continue;
            }
            self.bind(label);
            self.statement(|lower| lower.into(arm.body, dst));
            self.jump(end);
        }
        self.bind_if_used(end, arms);
    }

    /// The alternatives of a pattern that may match a variant.
    fn of_variant(&self, pat: PatId, variant: u32) -> Vec<PatId> {
        match &self.body.pat(pat).kind {
            PatKind::Or(all) => all.iter().flat_map(|&pat| self.of_variant(pat, variant)).collect(),
            PatKind::Variant { variant: own, .. } if *own != variant => vec![],
            PatKind::Bind(_, Some(sub)) if self.of_variant(*sub, variant).is_empty() => vec![],
            _ => vec![pat],
        }
    }

    /// Whether a pattern can fail on a value of its type, or of its variant.
    fn may_fail(&self, pat: PatId, variant_known: bool) -> bool {
        match &self.body.pat(pat).kind {
            PatKind::Wild => false,
            PatKind::Bind(_, sub) => sub.is_some_and(|sub| self.may_fail(sub, variant_known)),
            PatKind::Variant { fields, .. } => {
                !variant_known || fields.iter().any(|&(_, pat)| self.may_fail(pat, false))
            }
            PatKind::Tuple(parts) => parts.iter().any(|&pat| self.may_fail(pat, false)),
            _ => true,
        }
    }

    /// Tests a pattern on a value whose variant is known.
    fn test_known(&mut self, pat: PatId, value: Reg, variant: u32, fail: Label) {
        let body = Rc::clone(&self.body);
        match &body.pat(pat).kind {
            PatKind::Variant { fields, .. } => self.test_fields(variant, fields, value, body.pat(pat).span, fail),
            PatKind::Bind(local, Some(sub)) => {
                self.test_known(*sub, value, variant, fail);
                self.new_variable(*local, Some(value), body.pat(pat).span);
            }
            _ => self.test(pat, value, fail),
        }
    }

    fn test_fields(&mut self, variant: u32, fields: &[(u32, PatId)], object: Reg, span: Span, fail: Label) {
        let body = Rc::clone(&self.body);
        for &(field, pat) in fields {
            if let PatKind::Wild = body.pat(pat).kind {
                continue;
            }
            let ty = body.pat(pat).ty;
            let ty = self.concrete(ty);
            let dst = self.temp(ty);
            let inst = Inst::LoadVariant { dst, object, variant: VariantIdx(variant), field: FieldIdx(field) };
            self.emit(inst, span);
            self.test(pat, dst, fail);
        }
    }

    /// The range of the numbers that a `match` tells apart, if they lie close together and nothing else is asked.
    fn dense(&mut self, ty: Ty, arms: &[Arm]) -> Option<(i64, i64)> {
        if !self.kind(ty).is_integer() || arms.iter().any(|arm| arm.guard.is_some()) {
            return None;
        }
        let (mut least, mut greatest, mut n) = (i128::MAX, i128::MIN, 0usize);
        for arm in arms {
            let mut all = vec![];
            self.numbers(arm.pat, &mut all)?;
            for (first, last) in all {
                least = least.min(first);
                greatest = greatest.max(last);
                n += (last - first + 1).min(1 << 20) as usize;
            }
        }
        let span = greatest.checked_sub(least)? + 1;
        let fits = i64::try_from(least).is_ok() && i64::try_from(greatest).is_ok();
        (n > SWITCH_ARMS && fits && span <= (n as i128) * 4 && span <= 4096).then_some((least as i64, greatest as i64))
    }

    /// The numbers that a pattern matches; `None` if it is of another kind. A pattern for all is an empty list.
    fn numbers(&self, pat: PatId, out: &mut Vec<(i128, i128)>) -> Option<()> {
        match &self.body.pat(pat).kind {
            PatKind::Literal(Literal::Int(value)) => out.push((*value, *value)),
            PatKind::IntRange(first, last) => out.push((*first, *last)),
            PatKind::Or(all) => {
                for &pat in all {
                    self.numbers(pat, out)?;
                }
            }
            PatKind::Wild | PatKind::Bind(_, None) => {}
            _ => return None,
        }
        Some(())
    }

    fn covers(&self, pat: PatId, number: i128) -> bool {
        match &self.body.pat(pat).kind {
            PatKind::Literal(Literal::Int(value)) => *value == number,
            PatKind::IntRange(first, last) => (*first..=*last).contains(&number),
            PatKind::Or(all) => all.iter().any(|&pat| self.covers(pat, number)),
            _ => true,
        }
    }

    fn is_default(&self, pat: PatId) -> bool {
        match &self.body.pat(pat).kind {
            PatKind::Wild | PatKind::Bind(..) => true,
            PatKind::Or(all) => all.iter().any(|&pat| self.is_default(pat)),
            _ => false,
        }
    }

    fn switch_on_numbers(
        &mut self,
        value: Reg,
        ty: Ty,
        (least, greatest): (i64, i64),
        arms: &[Arm],
        dst: Option<Reg>,
        span: Span,
    ) {
        let mut number = value;
        if ty != Ty::INT {
            number = self.temp(Ty::INT);
            self.emit(Inst::Convert { dst: number, src: value }, span);
        }
        if least != 0 {
            let base = self.int(least);
            let shifted = self.temp(Ty::INT);
            self.emit(Inst::Sub { dst: shifted, a: number, b: base }, span);
            number = shifted;
        }
        let bodies: Vec<Label> = arms.iter().map(|_| self.b.label()).collect();
        let mut used = vec![false; arms.len()];
        let fallback = arms.iter().position(|arm| self.is_default(arm.pat));
        let mut targets = vec![];
        for n in i128::from(least)..=i128::from(greatest) {
            let arm = arms.iter().position(|arm| self.covers(arm.pat, n)).or(fallback);
            let arm = arm.unwrap_or_else(|| unreachable!("a match covers all values"));
            used[arm] = true;
            targets.push(bodies[arm]);
        }
        self.emit(Inst::Switch { value: number, targets: targets.into() }, span);
        match fallback {
            Some(arm) => {
                used[arm] = true;
                self.jump(bodies[arm]);
            }
            None => self.emit(Inst::Unreachable {}, span),
        }
        let body = Rc::clone(&self.body);
        let end = self.b.label();
        for ((arm, label), used) in arms.iter().zip(bodies).zip(used) {
            if !used {
                continue;
            }
            self.bind(label);
            self.statement(|lower| {
                if let PatKind::Bind(local, None) = body.pat(arm.pat).kind {
                    lower.new_variable(local, Some(value), span);
                }
                lower.into(arm.body, dst);
            });
            self.jump(end);
        }
        self.bind_if_used(end, arms);
    }

    /// Binds a pattern that always matches to the value of an expression. `(a, b) = (x, y)` makes no tuple.
    pub(super) fn bind_value(&mut self, pat: PatId, value: NodeId, span: Span) {
        let body = Rc::clone(&self.body);
        if let (PatKind::Tuple(pats), NodeKind::Tuple(parts)) = (&body.pat(pat).kind, &body.node(value).kind) {
            let values = self.exprs(parts);
            for (&pat, value) in pats.iter().zip(values) {
                self.bind_pattern(pat, value, span);
            }
            return;
        }
        let value = self.expr(value, None);
        self.bind_pattern(pat, value, span);
    }

    /// Binds a pattern that always matches.
    pub(super) fn bind_pattern(&mut self, pat: PatId, value: Reg, span: Span) {
        let body = Rc::clone(&self.body);
        match &body.pat(pat).kind {
            PatKind::Wild => {}
            PatKind::Bind(local, None) => self.new_variable(*local, Some(value), span),
            _ => {
                let fail = self.b.label();
                self.test(pat, value, fail);
                let end = self.b.label();
                self.jump(end);
                self.bind(fail);
                self.emit(Inst::Unreachable {}, span);
                self.bind(end);
            }
        }
    }

    /// Tests a pattern on the value in a register; binds its variables, or continues at `fail`.
    pub(super) fn test(&mut self, pat: PatId, value: Reg, fail: Label) {
        let body = Rc::clone(&self.body);
        let data = body.pat(pat);
        let span = data.span;
        let ty = self.concrete(data.ty);
        match &data.kind {
            PatKind::Error => unreachable!("a program with errors is not lowered"),
            PatKind::Wild => {}
            PatKind::Bind(local, sub) => {
                if let Some(sub) = sub {
                    self.test(*sub, value, fail);
                }
                self.new_variable(*local, Some(value), span);
            }
            PatKind::Literal(literal) => {
                let constant = self.pattern_literal(*literal, ty);
                let same = self.temp(Ty::BOOL);
                self.emit(Inst::Eq { dst: same, a: value, b: constant }, span);
                self.emit(Inst::IfNot { cond: same, target: fail }, span);
            }
            PatKind::IntRange(first, last) => {
                let (least, greatest) = self.kind(ty).range().unwrap_or((*first, *last));
                if *first > least {
                    let bound = self.pattern_literal(Literal::Int(*first), ty);
                    self.test_order(Binary::Ge, ty, value, bound, fail, span);
                }
                if *last < greatest {
                    let bound = self.pattern_literal(Literal::Int(*last), ty);
                    self.test_order(Binary::Le, ty, value, bound, fail, span);
                }
            }
            PatKind::FloatRange { start, end, inclusive } => {
                if let Some(start) = start {
                    let bound = self.pattern_literal(Literal::Float(start.to_bits()), ty);
                    self.test_order(Binary::Ge, ty, value, bound, fail, span);
                }
                if let Some(end) = end {
                    let bound = self.pattern_literal(Literal::Float(end.to_bits()), ty);
                    let op = if *inclusive { Binary::Le } else { Binary::Lt };
                    self.test_order(op, ty, value, bound, fail, span);
                }
            }
            PatKind::Tuple(parts) => {
                for (position, &part) in parts.iter().enumerate() {
                    self.test_part(part, value, FieldIdx::new(position), fail, span);
                }
            }
            PatKind::Variant { variant, fields } => {
                let Kind::Adt(id, _) = self.kind(ty) else { unreachable!("variants are of enums and structs") };
                let adt = self.low.session.program.adt(id);
                let (is_enum, n) = (adt.is_enum, adt.variants.len());
                if !is_enum {
                    for &(field, part) in fields {
                        self.test_part(part, value, FieldIdx(field), fail, span);
                    }
                    return;
                }
                if n > 1 {
                    let (tag, same) = (self.temp(Ty::INT), self.temp(Ty::BOOL));
                    self.emit(Inst::Tag { dst: tag, object: value }, span);
                    let own = self.int(i64::from(*variant));
                    self.emit(Inst::Eq { dst: same, a: tag, b: own }, span);
                    self.emit(Inst::IfNot { cond: same, target: fail }, span);
                }
                self.test_fields(*variant, fields, value, span, fail);
            }
            PatKind::List { before, rest, after } => self.test_list(before, *rest, after, value, ty, fail, span),
            PatKind::Or(all) => self.test_alternatives(all, fail, |lower, pat, fail| lower.test(pat, value, fail)),
            PatKind::Nil => {
                let (is_nil, end) = (self.b.label(), self.b.label());
                self.emit(Inst::IfNil { src: value, target: is_nil }, span);
                self.jump(fail);
                self.bind(is_nil);
                self.jump(end);
                self.bind(end);
            }
            PatKind::Some(inner) => {
                if !matches!(self.kind(ty), Kind::Optional(_) | Kind::Any) {
                    return self.test(*inner, value, fail);
                }
                self.emit(Inst::IfNil { src: value, target: fail }, span);
                let inner_ty = body.pat(*inner).ty;
                let inner_ty = self.concrete(inner_ty);
                if inner_ty == ty {
                    return self.test(*inner, value, fail);
                }
                if let PatKind::Wild = body.pat(*inner).kind {
                    return;
                }
                let held = self.temp(inner_ty);
                self.emit(Inst::Unwrap { dst: held, src: value }, span);
                self.test(*inner, held, fail);
            }
            PatKind::Type(own, inner) => {
                let own = self.concrete(*own);
                let mut any = value;
                if ty != Ty::ANY {
                    any = self.temp_idx(TypeIdx::ANY);
                    self.emit(Inst::ToAny { dst: any, src: value }, span);
                }
                let fits = self.temp(Ty::BOOL);
                self.is_type(fits, any, own, span);
                self.emit(Inst::IfNot { cond: fits, target: fail }, span);
                if let PatKind::Wild = body.pat(*inner).kind {
                    return;
                }
                let held = self.take_from_any(any, None, own, span);
                self.test(*inner, held, fail);
            }
        }
    }

    fn test_order(&mut self, op: Binary, ty: Ty, a: Reg, b: Reg, fail: Label, span: Span) {
        let fits = self.temp(Ty::BOOL);
        self.compare(op, ty, fits, a, b, span);
        self.emit(Inst::IfNot { cond: fits, target: fail }, span);
    }

    /// Tests a pattern on a field of a struct or tuple.
    fn test_part(&mut self, part: PatId, object: Reg, field: FieldIdx, fail: Label, span: Span) {
        let body = Rc::clone(&self.body);
        if let PatKind::Wild = body.pat(part).kind {
            return;
        }
        let ty = self.concrete(body.pat(part).ty);
        let dst = self.temp(ty);
        self.emit(Inst::Load { dst, object, field }, span);
        self.test(part, dst, fail);
    }

    fn pattern_literal(&mut self, literal: Literal, ty: Ty) -> Reg {
        let value = match literal {
            Literal::Bool(value) => vitbc::Const::Bool(value),
            Literal::Int(value) => match i64::try_from(value) {
                Ok(value) => self.low.out.int(value),
                Err(_) => {
                    // `u64` beyond `int`.
                    let bits = self.int(value as i64);
                    let dst = self.temp(ty);
                    let span = self.span;
                    self.emit(Inst::Convert { dst, src: bits }, span);
                    return dst;
                }
            },
            Literal::Float(bits) => self.low.out.float(f64::from_bits(bits)),
            Literal::Str(text) => self.low.out.str(self.low.session.program.names.text(text)),
        };
        self.literal(value, None, ty)
    }

    #[allow(clippy::too_many_arguments)]
    fn test_list(
        &mut self,
        before: &[PatId],
        rest: Option<Option<PatId>>,
        after: &[PatId],
        list: Reg,
        ty: Ty,
        fail: Label,
        span: Span,
    ) {
        let body = Rc::clone(&self.body);
        let (len, fits) = (self.temp(Ty::INT), self.temp(Ty::BOOL));
        self.emit(Inst::ListLen { dst: len, list }, span);
        let needed = self.int((before.len() + after.len()) as i64);
        let inst = match rest {
            None => Inst::Eq { dst: fits, a: len, b: needed },
            Some(_) => Inst::Ge { dst: fits, a: len, b: needed },
        };
        self.emit(inst, span);
        self.emit(Inst::IfNot { cond: fits, target: fail }, span);
        let item_ty = match self.kind(ty) {
            Kind::List(item) => item,
            _ => Ty::U8,
        };
        for (position, &part) in before.iter().enumerate() {
            if let PatKind::Wild = body.pat(part).kind {
                continue;
            }
            let index = self.int(position as i64);
            let item = self.temp(item_ty);
            self.emit(Inst::ListGet { dst: item, list, index }, span);
            self.test(part, item, fail);
        }
        for (position, &part) in after.iter().enumerate() {
            if let PatKind::Wild = body.pat(part).kind {
                continue;
            }
            let back = self.int((after.len() - position) as i64);
            let index = self.temp(Ty::INT);
            self.emit(Inst::Sub { dst: index, a: len, b: back }, span);
            let item = self.temp(item_ty);
            self.emit(Inst::ListGet { dst: item, list, index }, span);
            self.test(part, item, fail);
        }
        if let Some(Some(rest)) = rest {
            let (start, back) = (self.int(before.len() as i64), self.int(after.len() as i64));
            let end = self.temp(Ty::INT);
            self.emit(Inst::Sub { dst: end, a: len, b: back }, span);
            let slice = self.temp(ty);
            self.emit(Inst::ListSlice { dst: slice, list, start, end }, span);
            self.test(rest, slice, fail);
        }
    }
}
