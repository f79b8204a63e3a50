//! What instructions may do besides computing their result.

use super::{Op, Region};
use vitte_abi::functions::{ArgType, FnEffect, FnInfo, Helper};

/// The memory that an instruction may change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Writes {
    /// None.
    Nothing,
    /// One region.
    Region(Region),
    /// All of lists and `bytes`.
    Lists,
    /// All of maps.
    Maps,
    /// Any region but [`Region::Immutable`].
    Everything,
}

impl Writes {
    /// Whether `region` may be changed.
    pub fn touches(self, region: Region) -> bool {
        match self {
            Writes::Nothing => false,
            Writes::Region(own) => own == region,
            Writes::Lists => {
                matches!(region, Region::ListLen | Region::ListBuffer | Region::BufferSize | Region::Items(_))
            }
            Writes::Maps => matches!(region, Region::MapLen | Region::MapPlaces | Region::Items(_)),
            Writes::Everything => region != Region::Immutable,
        }
    }
}

impl Op {
    /// The row of the runtime function that it calls.
    pub fn runtime_fn(&self) -> Option<&'static FnInfo> {
        match self {
            Op::Helper(helper) => Some(helper.info()),
            Op::Native(native) => Some(native.info()),
            _ => None,
        }
    }

    /// Whether it may raise an exception. In a try region such an instruction belongs to a
    /// [`Terminator::Try`](super::Terminator::Try).
    pub fn throws(&self) -> bool {
        match self {
            Op::Check(_) | Op::Poll | Op::PollSlow | Op::New(..) | Op::NewClosure(_) | Op::Throw | Op::Rethrow => true,
            Op::Call(_) | Op::CallClosure | Op::CallMethod(..) => true,
            _ => self.runtime_fn().is_some_and(|row| row.has(FnEffect::Throws)),
        }
    }

    /// Whether the heap may be collected meanwhile: references change, addresses derived from them die.
    pub fn collects(&self) -> bool {
        match self {
            Op::Poll
            | Op::PollSlow
            | Op::New(..)
            | Op::NewClosure(_)
            | Op::Call(_)
            | Op::CallClosure
            | Op::CallMethod(..) => true,
            // C may call back.
            Op::Helper(Helper::vt_call_foreign) => true,
            _ => self.runtime_fn().is_some_and(|row| row.has(FnEffect::Waits)),
        }
    }

    /// Whether it runs code of the program.
    pub fn calls(&self) -> bool {
        matches!(self, Op::Call(_) | Op::CallClosure | Op::CallMethod(..))
    }

    /// The region it loads from, for what only loads: nothing else decides about the result but its operands.
    pub fn loads(&self) -> Option<Region> {
        match self {
            Op::Load(_, _, region) => Some(*region),
            Op::LoadItem(repr) => Some(Region::Items(*repr)),
            Op::LoadForeign(..) => Some(Region::Foreign),
            Op::Helper(Helper::vt_map_place | Helper::vt_map_place_str) => Some(Region::MapPlaces),
            _ => None,
        }
    }

    /// The memory that it may change.
    pub fn writes(&self) -> Writes {
        match *self {
            Op::Store(_, region) => Writes::Region(region),
            Op::StoreItem(repr) => Writes::Region(Region::Items(repr)),
            // The address may be that of a list's items.
            Op::StoreForeign(_) => Writes::Everything,
            Op::Call(_) | Op::CallClosure | Op::CallMethod(..) => Writes::Everything,
            // C may call back.
            Op::Helper(Helper::vt_call_foreign) => Writes::Everything,
            // While the process is suspended nobody else changes its heap.
            _ => self.runtime_fn().map_or(Writes::Nothing, written_by),
        }
    }

    /// Whether equal operands give equal results, whenever and however often it is executed, and nothing else happens.
    /// It may need what a check before it has made sure of: see [`Op::is_total`].
    pub fn is_pure(&self) -> bool {
        match self {
            Op::Helper(_) | Op::Native(_) => self.runtime_fn().is_some_and(|row| {
                !row.has(FnEffect::Reads)
                    && !row.has(FnEffect::Writes)
                    && !row.has(FnEffect::Throws)
                    && !row.has(FnEffect::Waits)
                    && !row.has(FnEffect::Allocs)
            }),
            Op::Load(_, _, region) => *region == Region::Immutable,
            Op::LoadItem(_)
            | Op::LoadForeign(..)
            | Op::Store(..)
            | Op::StoreItem(_)
            | Op::StoreForeign(_)
            | Op::Barrier(_)
            | Op::BarrierItem => false,
            // They die: at a collection, at the next helper call.
            Op::BufferData | Op::Array | Op::Peeked => false,
            // Others decide.
            Op::PollDue | Op::PollSlow | Op::Moved(_) => false,
            // A box has an identity.
            Op::New(..) | Op::NewClosure(_) | Op::Box(_) => false,
            Op::Check(_) | Op::Poll | Op::Call(_) | Op::CallClosure | Op::CallMethod(..) | Op::Throw | Op::Rethrow => {
                false
            }
            _ => true,
        }
    }

    /// Whether it has a meaning for all operands of the right representation, so that it may be executed where the
    /// program would not have.
    pub fn is_total(&self) -> bool {
        self.is_pure()
            && !matches!(
                self,
                Op::SDiv
                    | Op::UDiv
                    | Op::SRem
                    | Op::URem
                    | Op::Load(..)
                    | Op::LoadTable(_)
                    | Op::Unbox(_)
                    | Op::Refine
                    | Op::IsType(_)
            )
    }

    /// Whether it may be left out if nobody wants its result.
    pub fn is_removable(&self) -> bool {
        match self {
            Op::New(..) | Op::NewClosure(_) | Op::Box(_) | Op::BufferData | Op::Array | Op::Peeked => true,
            _ if self.loads().is_some() => true,
            // An allocation alone is not missed.
            _ => match self.runtime_fn() {
                Some(row) => ![FnEffect::Writes, FnEffect::Throws, FnEffect::Waits].iter().any(|&e| row.has(e)),
                None => self.is_pure(),
            },
        }
    }
}

/// What of the program's memory a runtime function changes: an object that it is given, if any. The rest of what it
/// writes is out of the program's reach.
fn written_by(row: &FnInfo) -> Writes {
    let takes = |ty: ArgType| row.args.iter().any(|&(_, arg)| arg == ty);
    match row.has(FnEffect::Writes) {
        true if row.symbol.starts_with("vt_map_") => Writes::Maps,
        true if row.symbol.starts_with("vt_list_") || takes(ArgType::Bytes) => Writes::Lists,
        true if takes(ArgType::Ref) => Writes::Everything,
        _ => Writes::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runtime_functions_change_what_they_are_given() {
        let writes = |helper: Helper| Op::Helper(helper).writes();
        assert_eq!(writes(Helper::vt_list_grow), Writes::Lists);
        assert_eq!(writes(Helper::vt_map_set), Writes::Maps);
        assert_eq!(writes(Helper::vt_print), Writes::Nothing);
        assert_eq!(writes(Helper::vt_call_foreign), Writes::Everything);
        // Nobody but these changes objects of the program.
        for helper in Helper::ALL.iter().filter(|helper| helper.info().has(FnEffect::Writes)) {
            let known = writes(*helper) != Writes::Nothing;
            let harmless =
                ["vt_print", "vt_unreachable", "vt_send", "vt_receive_take", "vt_receive_skip", "vt_receive_wait"];
            assert!(known || harmless.contains(&helper.info().symbol), "{helper:?}");
        }
    }
}
