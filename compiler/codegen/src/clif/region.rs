//! Alias regions: what Cranelift may assume about memory.
//!
//! Regions never overlap, and each address is always accessed through one region, stores in new objects included;
//! otherwise Cranelift would take a store for dead that a load through another region reads.

use crate::ir::Region;
use cranelift_codegen::ir::{AliasRegionData, MemFlagsData};
use cranelift_frontend::FunctionBuilder;
use rustc_hash::FxHashMap;

/// A kind of memory.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Memory {
    /// A word of the context, by its offset.
    Context(u32),
    /// The flags of headers.
    Flags,
    /// The operands of a helper, in the frame.
    Array,
    /// A reference that is handed to a slow path, by its number, in the frame.
    Handed(u32),
    /// Part of an object.
    Object(Region),
}

/// Regions beyond this number share the last one, so that flags stay few.
const MAX_REGIONS: u32 = 8192;
/// The region numbers of spilled references begin here, one for each stack slot up to [`MAX_SPILLS`].
const SPILLS: u32 = 1 << 16;
/// Stack slots beyond this number share regions.
const MAX_SPILLS: u32 = 1 << 14;

/// The regions of a function so far.
#[derive(Default)]
pub struct Regions {
    flags: FxHashMap<Memory, MemFlagsData>,
}

impl Regions {
    /// The flags of an access to some kind of memory.
    pub fn flags(&mut self, b: &mut FunctionBuilder<'_>, memory: Memory) -> MemFlagsData {
        let number = self.flags.len() as u32;
        *self.flags.entry(memory).or_insert_with(|| {
            let data = AliasRegionData { user_id: number.min(MAX_REGIONS), description: memory.description().into() };
            let region = b.func.dfg.alias_regions.insert(data);
            MemFlagsData::trusted().with_alias_region(Some(region))
        })
    }

    /// Gives the stack slots of spilled references regions of their own.
    pub fn separate_spills(b: &mut FunctionBuilder<'_>) {
        b.make_stack_map_alias_region(Box::new(|regions, _, slot, _| {
            let user_id = SPILLS + slot.as_u32() % MAX_SPILLS;
            Some(regions.insert(AliasRegionData { user_id, description: "spilled reference".into() }))
        }));
    }
}

impl Memory {
    fn description(self) -> &'static str {
        match self {
            Memory::Context(_) => "word of the context",
            Memory::Flags => "header flags",
            Memory::Array => "array in the frame",
            Memory::Handed(_) => "reference handed to a slow path",
            Memory::Object(Region::Immutable) => "immutable",
            Memory::Object(Region::Field(..)) => "field",
            Memory::Object(Region::ListLen) => "list length",
            Memory::Object(Region::ListBuffer) => "list buffer",
            Memory::Object(Region::BufferSize) => "buffer size",
            Memory::Object(Region::Items(_)) => "items",
            Memory::Object(Region::MapLen) => "map length",
            Memory::Object(Region::MapPlaces) => "map places",
            Memory::Object(Region::Foreign) => unreachable!("foreign memory may be any"),
        }
    }
}
