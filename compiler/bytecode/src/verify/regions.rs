//! How the try regions of a function nest, and which one covers an instruction.

use crate::codes::Code;
use crate::error::{Error, Result};
use crate::index::Label;
use crate::{Function, Handler};

/// The try regions of a function as a forest: each lies within its parent, siblings lie apart. Regions are named by
/// their position in [`Function::handlers`].
///
/// An exception at an instruction is offered to [`Regions::handlers_at`], in this order.
#[derive(Clone, Debug)]
pub struct Regions {
    parents: Vec<Option<u32>>,
    /// Where the innermost region changes: from this instruction on it is this one. By ascending instruction.
    changes: Vec<(u32, Option<u32>)>,
}

impl Regions {
    /// The regions of `function`, which is of a verified module.
    pub fn new(function: &Function) -> Regions {
        Regions::nest(&function.handlers).unwrap_or_else(|_| unreachable!("try regions of a verified module nest"))
    }

    /// Nests the regions; fails if two overlap without one lying in the other, or an outer one stands first.
    ///
    /// `handlers` has at most [`MAX_HANDLERS`](crate::limits::MAX_HANDLERS) items.
    pub(super) fn nest(handlers: &[Handler]) -> Result<Regions> {
        let mut order: Vec<u32> = (0..handlers.len() as u32).collect();
        // Outer before inner: by start, the longer first; of two of one extent the later is the outer one.
        order.sort_unstable_by_key(|&region| {
            let handler = &handlers[region as usize];
            (handler.start, std::cmp::Reverse((handler.end, region)))
        });
        let mut regions = Regions { parents: vec![None; handlers.len()], changes: vec![] };
        let mut open: Vec<u32> = vec![];
        for &region in &order {
            let handler = &handlers[region as usize];
            regions.close(&mut open, handlers, handler.start);
            if let Some(&outer) = open.last() {
                check_within(handlers, region, outer)?;
            }
            regions.parents[region as usize] = open.last().copied();
            open.push(region);
            regions.change(handler.start, Some(region));
        }
        regions.close(&mut open, handlers, Label(u32::MAX));
        Ok(regions)
    }

    /// Leaves the open regions that end at or before `at`.
    fn close(&mut self, open: &mut Vec<u32>, handlers: &[Handler], at: Label) {
        while let Some(end) = open.last().map(|&region| handlers[region as usize].end)
            && end <= at
        {
            open.pop();
            self.change(end, open.last().copied());
        }
    }

    fn change(&mut self, at: Label, innermost: Option<u32>) {
        match self.changes.last_mut() {
            Some(last) if last.0 == at.0 => last.1 = innermost,
            _ => self.changes.push((at.0, innermost)),
        }
    }

    /// The innermost region that covers the instruction at `at`.
    pub fn innermost(&self, at: Label) -> Option<usize> {
        let after = self.changes.partition_point(|&(from, _)| from <= at.0);
        self.changes[..after].last()?.1.map(|region| region as usize)
    }

    /// The region around `region`.
    pub fn parent(&self, region: usize) -> Option<usize> {
        self.parents[region].map(|parent| parent as usize)
    }

    /// The regions that cover the instruction at `at`, innermost first.
    pub fn handlers_at(&self, at: Label) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(self.innermost(at), |&region| self.parent(region))
    }
}

fn check_within(handlers: &[Handler], region: u32, outer: u32) -> Result<()> {
    let (inner_handler, outer_handler) = (&handlers[region as usize], &handlers[outer as usize]);
    let fault = if inner_handler.end > outer_handler.end {
        "overlap, but neither lies in the other"
    } else if region > outer {
        "nest, but the outer one stands first"
    } else {
        return Ok(());
    };
    let message = format!(
        "try regions {outer} ({} to {}) and {region} ({} to {}) {fault}",
        outer_handler.start, outer_handler.end, inner_handler.start, inner_handler.end
    );
    Err(Error::new(Code::HANDLER_NESTING, message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Reg;

    fn handlers(extents: &[(u32, u32)]) -> Vec<Handler> {
        let handler = |&(start, end)| Handler {
            start: Label(start),
            end: Label(end),
            target: Label(99),
            reg: Reg(0),
            filter: None,
        };
        extents.iter().map(handler).collect()
    }

    /// The regions that cover an instruction, by looking at each in the vector's order.
    fn by_scan(handlers: &[Handler], at: u32) -> Vec<usize> {
        let covers = |handler: &Handler| (handler.start.0..handler.end.0).contains(&at);
        handlers.iter().enumerate().filter(|(_, handler)| covers(handler)).map(|(region, _)| region).collect()
    }

    #[test]
    fn lookup_agrees_with_a_scan() {
        for extents in [
            &[][..],
            &[(2, 5)],
            &[(2, 4), (2, 4), (1, 6)],
            &[(0, 1), (1, 2), (2, 3), (0, 3)],
            &[(3, 4), (5, 6), (3, 7), (8, 9), (3, 9), (0, 10)],
            &[(5, 6), (0, 2), (1, 2)][..2],
        ] {
            let handlers = handlers(extents);
            let regions = Regions::nest(&handlers).unwrap();
            for at in 0..12 {
                let found: Vec<usize> = regions.handlers_at(Label(at)).collect();
                assert_eq!(found, by_scan(&handlers, at), "{extents:?} at {at}");
            }
        }
    }

    #[test]
    fn misnested_regions_are_refused() {
        for extents in [[(0, 3), (2, 5)], [(2, 5), (0, 3)], [(0, 5), (1, 2)], [(0, 5), (0, 4)], [(0, 5), (1, 5)]] {
            let error = Regions::nest(&handlers(&extents)).unwrap_err();
            assert_eq!(error.code, Code::HANDLER_NESTING, "{extents:?}");
        }
    }
}
