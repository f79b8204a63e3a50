//! Where a file assigns to variables, by name: what has to be known of a loop or a closure before it is checked.

use crate::ast::{Ast, ExprId, ExprKind};
use crate::names::Name;
use crate::source::Span;
use rustc_hash::FxHashMap;

/// The assignments of a file.
#[derive(Debug)]
pub(crate) struct Writes {
    /// Where they begin, in order.
    places: FxHashMap<Name, Vec<u32>>,
    /// Closures and processes.
    closures: Vec<Span>,
}

impl Writes {
    /// Those of a file.
    pub(crate) fn of(ast: &Ast) -> Writes {
        let mut writes = Writes { places: FxHashMap::default(), closures: vec![] };
        for expr in ast.nodes().0 {
            match &expr.kind {
                ExprKind::Assign { target, .. } | ExprKind::AssignOp { target, .. } => writes.add(ast, *target),
                ExprKind::Closure(_) | ExprKind::Spawn { .. } => writes.closures.push(expr.span),
                _ => {}
            }
        }
        writes.places.values_mut().for_each(|places| places.sort_unstable());
        writes.closures.sort_unstable_by_key(|span| span.start);
        writes
    }

    fn add(&mut self, ast: &Ast, target: ExprId) {
        match &ast[target].kind {
            ExprKind::Name(name) => self.places.entry(*name).or_default().push(ast[target].span.start),
            ExprKind::Tuple(parts) => parts.iter().for_each(|&part| self.add(ast, part)),
            _ => {}
        }
    }

    /// The places within `span` where something of this name is assigned to.
    fn within(&self, name: Name, span: Span) -> &[u32] {
        let places = self.places.get(&name).map_or(&[][..], Vec::as_slice);
        let start = places.partition_point(|&place| place < span.start);
        let end = places.partition_point(|&place| place < span.end);
        &places[start..end]
    }

    /// Whether something of this name is assigned to within `span`.
    pub(crate) fn happen_in(&self, name: Name, span: Span) -> bool {
        !self.within(name, span).is_empty()
    }

    /// Whether a closure within `extent` assigns to something of this name that is declared at `declared`, outside
    /// of it.
    pub(crate) fn come_from_closures(&self, name: Name, declared: Span, extent: Span) -> bool {
        let holds = |closure: &Span, place: u32| closure.start <= place && place < closure.end;
        let first = self.closures.partition_point(|closure| closure.start < extent.start);
        let last = self.closures.partition_point(|closure| closure.start < extent.end);
        let closures = &self.closures[first..last];
        self.within(name, extent)
            .iter()
            .any(|&place| closures.iter().any(|closure| holds(closure, place) && !holds(closure, declared.start)))
    }
}
