//! Machine code of one function, as the program's image takes it.

use crate::clif::{Translated, entry_loc, filter_of, loc_of};
use crate::ir::Loc;
use crate::symbol::Symbol;
use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::ir::{ExternalName, LibCall, SourceLoc};
use cranelift_codegen::isa::TargetIsa;
use cranelift_codegen::isa::unwind::UnwindInfo;
use cranelift_codegen::{Context, FinalizedMachExceptionHandler, FinalizedRelocTarget};
use vitte_abi::code::{ANY, Handler};

/// Machine code of one function. Offsets count from its start.
pub struct Code {
    /// Which function it is.
    pub symbol: Symbol,
    /// The instructions.
    pub bytes: Vec<u8>,
    /// Its alignment in bytes.
    pub align: u32,
    /// The frame pointer minus the stack pointer.
    pub frame_size: u32,
    /// What is to be filled in.
    pub relocs: Vec<CodeReloc>,
    /// Its calls, by ascending return address.
    pub sites: Vec<CallSite>,
    /// Where the code from an offset on comes from, ascending; `None` for unknown.
    pub lines: Vec<(u32, Option<Loc>)>,
    /// The contents of its [`Symbol::Bytes`].
    pub constants: Vec<Box<[u8]>>,
    /// For debuggers.
    pub unwind: Option<UnwindInfo>,
}

/// A place in code that refers to something.
pub struct CodeReloc {
    /// Where.
    pub at: u32,
    /// How the address is written there.
    pub kind: Reloc,
    /// To what.
    pub target: CodeTarget,
    /// How far from it.
    pub addend: i64,
}

/// What code refers to.
#[derive(Clone, Copy, Debug)]
pub enum CodeTarget {
    /// A symbol.
    Symbol(Symbol),
    /// A place in the function itself.
    Own(u32),
    /// An operation that the processor lacks.
    LibCall(LibCall),
}

/// A call.
pub struct CallSite {
    /// The return address.
    pub pc: u32,
    /// The frame pointer minus the stack pointer.
    pub frame_size: u32,
    /// Where traced words are, from the stack pointer.
    pub roots: Vec<u32>,
    /// The handlers, with offsets from the function's start.
    pub handlers: Vec<Handler>,
    /// Where it is in the source.
    pub loc: Option<Loc>,
    /// Whether the function has not begun yet: its frame is in no stack trace.
    pub at_entry: bool,
}

/// Collects what [`Compiler::compile`](crate::clif::Compiler::compile) left.
///
/// # Errors
/// What Cranelift says about unwind information.
pub fn collect(context: &Context, isa: &dyn TargetIsa, translated: Translated, debug: bool) -> Result<Code, String> {
    let compiled = context.compiled_code().expect("the function was compiled");
    let buffer = &compiled.buffer;
    let frame_size = buffer.frame_layout().map_or(0, |layout| layout.frame_to_fp_offset);

    let names = context.func.params.user_named_funcs();
    let relocs = buffer.relocs().iter().map(|reloc| CodeReloc {
        at: reloc.offset,
        kind: reloc.kind,
        target: match &reloc.target {
            FinalizedRelocTarget::ExternalName(ExternalName::User(name)) => CodeTarget::Symbol((&names[*name]).into()),
            FinalizedRelocTarget::ExternalName(ExternalName::LibCall(call)) => CodeTarget::LibCall(*call),
            FinalizedRelocTarget::ExternalName(other) => unreachable!("{other:?} is never referred to"),
            FinalizedRelocTarget::Func(offset) => CodeTarget::Own(*offset),
        },
        addend: reloc.addend,
    });

    let locs = buffer.get_srclocs_sorted();
    let loc_at = |pc: u32| {
        let after = locs.partition_point(|range| range.start < pc);
        locs[..after].last().filter(|range| pc <= range.end).map_or(SourceLoc::default(), |range| range.loc)
    };
    let mut maps = buffer.user_stack_maps().iter().peekable();
    let sites = buffer.call_sites().map(|site| {
        while maps.next_if(|map| map.0 < site.ret_addr).is_some() {}
        let map = maps.next_if(|map| map.0 == site.ret_addr);
        let size = site.frame_offset.unwrap_or(frame_size);
        debug_assert!(map.is_none_or(|map| map.1 == size), "the stack map counts from another stack pointer");
        let ahead = translated.frame_ahead;
        CallSite {
            pc: site.ret_addr,
            frame_size: size + ahead,
            roots: map.map_or(Vec::new(), |map| map.2.entries().map(|(_, offset)| offset + ahead).collect()),
            handlers: site.exception_handlers.iter().map(handler).collect(),
            loc: loc_of(loc_at(site.ret_addr)),
            at_entry: loc_at(site.ret_addr) == entry_loc(),
        }
    });

    let mut lines: Vec<(u32, Option<Loc>)> = Vec::new();
    if debug {
        let mut end = 0;
        for range in locs {
            if range.start > end || lines.is_empty() && range.start > 0 {
                lines.push((end, None));
            }
            lines.push((range.start, loc_of(range.loc)));
            end = range.end;
        }
        lines.dedup_by_key(|line| line.1);
    }
    let unwind = if debug { compiled.create_unwind_info(isa).map_err(|error| error.to_string())? } else { None };
    Ok(Code {
        symbol: translated.symbol,
        bytes: buffer.data().to_vec(),
        align: buffer.alignment.max(isa.function_alignment().preferred),
        frame_size,
        relocs: relocs.collect(),
        sites: sites.collect(),
        lines,
        constants: translated.bytes,
        unwind,
    })
}

fn handler(handler: &FinalizedMachExceptionHandler) -> Handler {
    match handler {
        FinalizedMachExceptionHandler::Tag(tag, target) => {
            let (filter, depth) = filter_of(tag.as_u32());
            Handler { filter, target: *target, depth }
        }
        FinalizedMachExceptionHandler::Default(target) => Handler { filter: ANY, target: *target, depth: 0 },
        FinalizedMachExceptionHandler::Context(_) => unreachable!("no handler has a context"),
    }
}
