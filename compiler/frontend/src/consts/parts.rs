//! Parts of constants: what a field or an index leads to, without making the whole.

use super::{Value, evaluate, is_default, value};
use crate::body::{Body, NodeId, NodeKind, Op};
use crate::check::Session;
use crate::program::ConstId;
use std::rc::Rc;

/// The most items of a filled list that are told one by one.
const MAX_FILL: usize = 1 << 16;

/// An expression within the value of a constant.
#[derive(Clone)]
pub(crate) struct Part {
    pub(crate) body: Rc<Body>,
    pub(crate) node: NodeId,
}

/// Why an expression leads to no part of a constant.
pub(crate) enum Missing {
    /// It is not known when the program is compiled.
    Unknown,
    /// The list is shorter.
    OutOfRange { index: i64, len: usize },
    /// It has been reported.
    Reported,
}

impl Part {
    /// What an expression names, if it names part of a constant by fields and indices alone; `index` says what an
    /// index is.
    pub(crate) fn find(
        session: &mut Session<'_>,
        body: &Rc<Body>,
        id: NodeId,
        index: &mut dyn FnMut(&mut Session<'_>, NodeId) -> Result<i64, Missing>,
    ) -> Result<Part, Missing> {
        match &body.node(id).kind {
            NodeKind::Const(id) => Part::of(session, *id),
            NodeKind::Field { base, field } => {
                let base = Part::find(session, body, *base, index)?;
                base.field(session, *field).ok_or(Missing::Unknown)
            }
            NodeKind::Op(Op::ListGet, parts) => {
                let index_of = index(session, parts[1])?;
                let list = Part::find(session, body, parts[0], index)?;
                let items = list.items(session).ok_or(Missing::Unknown)?;
                let found = usize::try_from(index_of).ok().and_then(|at| items.get(at));
                found.cloned().ok_or(Missing::OutOfRange { index: index_of, len: items.len() })
            }
            _ => Err(Missing::Unknown),
        }
    }

    fn of(session: &mut Session<'_>, id: ConstId) -> Result<Part, Missing> {
        match value(session, id) {
            None | Some(Value::Broken) => return Err(Missing::Reported),
            Some(Value::Made) => {}
            Some(_) => return Err(Missing::Unknown),
        }
        let func = session.program.constant(id).func;
        let body = session.body(func);
        let node = body.root.ok_or(Missing::Unknown)?;
        Part { body, node }.settled(session).ok_or(Missing::Unknown)
    }

    pub(crate) fn at(&self, node: NodeId) -> Part {
        Part { body: Rc::clone(&self.body), node }
    }

    /// The part itself, where it only names another constant.
    pub(crate) fn settled(self, session: &mut Session<'_>) -> Option<Part> {
        match &self.body.node(self.node).kind {
            NodeKind::Const(id) => Part::of(session, *id).ok().or(Some(self)),
            NodeKind::Block { stmts, tail: Some(tail) } if stmts.is_empty() => self.at(*tail).settled(session),
            _ => Some(self),
        }
    }

    /// A field of a struct or tuple.
    pub(crate) fn field(&self, session: &mut Session<'_>, field: u32) -> Option<Part> {
        match &self.body.node(self.node).kind {
            NodeKind::Tuple(fields) | NodeKind::New { fields, .. } => self.at(fields[field as usize]).settled(session),
            _ => None,
        }
    }

    /// The items of a list.
    pub(crate) fn items(&self, session: &mut Session<'_>) -> Option<Vec<Part>> {
        match &self.body.node(self.node).kind {
            NodeKind::List(items) => items.iter().map(|&item| self.at(item).settled(session)).collect(),
            NodeKind::Fill(value, count) => match evaluate(session, &self.body, *count)? {
                Value::Int(count) if (0..=MAX_FILL as i64).contains(&count) => {
                    let value = self.at(*value).settled(session)?;
                    Some(vec![value; count as usize])
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// What a field is that is left to its default.
    pub(crate) fn default(&self, session: &mut Session<'_>) -> Option<Part> {
        match &self.body.node(self.node).kind {
            NodeKind::Call { func, args, .. } if args.is_empty() && is_default(session, *func) => {
                let body = session.body(*func);
                Some(Part { node: body.root?, body })
            }
            _ => None,
        }
    }
}
