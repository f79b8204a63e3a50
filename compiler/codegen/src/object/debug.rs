//! What debuggers and profilers get to know: how to unwind (`.eh_frame`), which functions there are and which lines
//! they come from (DWARF 4).
//!
//! The runtime uses none of it. Addresses are written relative to the section `.text`.

use super::File;
use crate::image::{Inlined, Line, Placed, SectionId};
use crate::symbol::Symbol;
use cranelift_codegen::isa::TargetIsa;
use cranelift_codegen::isa::unwind::UnwindInfo;
use gimli::write::{
    Address, AttributeValue, DwarfUnit, EhFrame, EndianVec, FileId, FrameTable, LineProgram, LineString,
    RelocateWriter, Relocation, RelocationTarget, Sections, Unit, UnitEntryId,
};
use gimli::{Encoding, Format, LineEncoding, LittleEndian};
use object::write::SymbolId;
use object::{Architecture, SectionKind, elf};
use rustc_hash::FxHashMap;
use vitbc::FileIdx;

/// The producer named in the debug information.
const PRODUCER: &str = concat!("vittec ", env!("CARGO_PKG_VERSION"));

/// Adds debug information for all functions.
pub(super) fn add(file: &mut File<'_>, isa: &dyn TargetIsa) -> Result<(), Box<dyn std::error::Error>> {
    eh_frame(file, isa)?;
    dwarf(file)
}

fn eh_frame(file: &mut File<'_>, isa: &dyn TargetIsa) -> Result<(), Box<dyn std::error::Error>> {
    let Some(mut cie) = isa.create_systemv_cie() else { return Ok(()) };
    cie.fde_address_encoding = gimli::DW_EH_PE_pcrel | gimli::DW_EH_PE_sdata4;
    let mut table = FrameTable::default();
    let cie = table.add_cie(cie);
    for function in &file.image.functions {
        if let Some(UnwindInfo::SystemV(info)) = &function.unwind {
            table.add_fde(cie, info.to_fde(text(function.start)));
        }
    }
    let mut section = EhFrame(Bytes::default());
    table.write_eh_frame(&mut section)?;
    let id = file.object.add_section(Vec::new(), b".eh_frame".to_vec(), SectionKind::ReadOnlyData);
    place(file, id, section.0, 8, &FxHashMap::default())
}

/// An address in the text.
fn text(offset: u32) -> Address {
    Address::Symbol { symbol: SectionId::Text as usize, addend: i64::from(offset) }
}

fn dwarf(file: &mut File<'_>) -> Result<(), Box<dyn std::error::Error>> {
    let image = file.image;
    let encoding = Encoding { format: Format::Dwarf32, version: 4, address_size: 8 };
    let mut unit = DwarfUnit::new(encoding);
    let main = image.files.first().unwrap_or(&image.module);
    let name = |text: &str| LineString::String(text.replace('\0', "\u{fffd}").into_bytes());
    let mut lines = LineProgram::new(encoding, LineEncoding::default(), name("."), None, name(main), None);
    let files: Vec<FileId> =
        image.files.iter().map(|file| lines.add_file(name(file), lines.default_directory(), None)).collect();

    let root = unit.unit.root();
    let root_entry = unit.unit.get_mut(root);
    root_entry.set(gimli::DW_AT_producer, string(PRODUCER));
    root_entry.set(gimli::DW_AT_name, string(main));
    root_entry.set(gimli::DW_AT_comp_dir, string("."));
    root_entry.set(gimli::DW_AT_low_pc, AttributeValue::Address(text(0)));
    root_entry.set(gimli::DW_AT_high_pc, AttributeValue::Udata(image.text.bytes.len() as u64));

    let mut inlined = InlinedFunctions { files: &files, known: FxHashMap::default() };
    for function in &image.functions {
        let (Symbol::Function(_) | Symbol::LargeFrame(_)) = function.symbol else { continue };
        let first = sequence(&mut lines, &files, function);
        let id = unit.unit.add(root, gimli::DW_TAG_subprogram);
        let entry = unit.unit.get_mut(id);
        entry.set(gimli::DW_AT_name, string(function.name.strip_prefix("vitte.").unwrap_or(&function.name)));
        entry.set(gimli::DW_AT_low_pc, AttributeValue::Address(text(function.start)));
        entry.set(gimli::DW_AT_high_pc, AttributeValue::Udata(u64::from(function.len)));
        if let Some((source, line)) = first {
            entry.set(gimli::DW_AT_decl_file, AttributeValue::FileIndex(Some(files[source.index()])));
            entry.set(gimli::DW_AT_decl_line, AttributeValue::Udata(u64::from(line)));
        }
        inlined.add(&mut unit.unit, id, function.start, &ranges(function), 0);
    }
    unit.unit.line_program = lines;

    let mut sections = Sections::new(Bytes::default());
    unit.write(&mut sections)?;
    let mut ids = FxHashMap::default();
    sections.for_each(|id, bytes: &Bytes| {
        if !bytes.data.slice().is_empty() {
            let section = file.object.add_section(Vec::new(), id.name().as_bytes().to_vec(), SectionKind::Debug);
            ids.insert(id, section);
        }
        Ok::<_, gimli::write::Error>(())
    })?;
    let symbols: FxHashMap<gimli::SectionId, SymbolId> =
        ids.iter().map(|(&id, &section)| (id, file.object.section_symbol(section))).collect();
    let mut result = Ok(());
    sections.for_each_mut(|id, bytes: &mut Bytes| {
        if let (Some(&section), Ok(())) = (ids.get(&id), &result) {
            // What the linker joins is read as one, without gaps.
            result = place(file, section, std::mem::take(bytes), 1, &symbols);
        }
        Ok::<_, gimli::write::Error>(())
    })?;
    result
}

/// The lines of a function; gives the first place that is known.
fn sequence(lines: &mut LineProgram, files: &[FileId], function: &Placed) -> Option<(FileIdx, u32)> {
    let position = |line: &Option<Line>| line.as_ref().map(|line| line.position);
    let first = function.lines.iter().find_map(|(_, line)| position(line))?;
    lines.begin_sequence(Some(text(function.start)));
    // The prologue belongs to the first line.
    for (offset, (source, line, column)) in std::iter::once((0, first))
        .chain(function.lines.iter().filter_map(|(offset, line)| Some((*offset, position(line)?))))
    {
        let row = lines.row();
        row.address_offset = u64::from(offset);
        row.file = files[source.index()];
        row.line = u64::from(line);
        row.column = u64::from(column);
        lines.generate_row();
    }
    lines.end_sequence(u64::from(function.len));
    Some((first.0, first.1))
}

/// The parts of a function with known lines: where each begins and ends.
fn ranges(function: &Placed) -> Vec<(u32, u32, &Line)> {
    let ends = function.lines.iter().skip(1).map(|&(end, _)| end).chain([function.len]);
    let parts = function.lines.iter().zip(ends);
    parts.filter_map(|((start, line), end)| Some((*start, end, line.as_ref()?))).collect()
}

/// The functions that were inlined somewhere, each described once.
struct InlinedFunctions<'a> {
    files: &'a [FileId],
    known: FxHashMap<String, UnitEntryId>,
}

impl InlinedFunctions<'_> {
    /// Describes what was inlined in parts of the function at `base`, below the first `depth` levels, under `parent`. Each
    /// run of parts from the same call becomes an entry.
    fn add(&mut self, unit: &mut Unit, parent: UnitEntryId, base: u32, parts: &[(u32, u32, &Line)], depth: usize) {
        for run in parts.chunk_by(|a, b| a.1 == b.0 && a.2.inlined.get(depth) == b.2.inlined.get(depth)) {
            let (first, last) = (run[0], run[run.len() - 1]);
            let Some(inlined) = first.2.inlined.get(depth) else { continue };
            let origin = self.origin(unit, inlined);
            let id = unit.add(parent, gimli::DW_TAG_inlined_subroutine);
            let entry = unit.get_mut(id);
            entry.set(gimli::DW_AT_abstract_origin, AttributeValue::UnitRef(origin));
            entry.set(gimli::DW_AT_low_pc, AttributeValue::Address(text(base + first.0)));
            entry.set(gimli::DW_AT_high_pc, AttributeValue::Udata(u64::from(last.1 - first.0)));
            if let Some((file, line, column)) = inlined.call {
                entry.set(gimli::DW_AT_call_file, AttributeValue::FileIndex(Some(self.files[file.index()])));
                entry.set(gimli::DW_AT_call_line, AttributeValue::Udata(u64::from(line)));
                entry.set(gimli::DW_AT_call_column, AttributeValue::Udata(u64::from(column)));
            }
            self.add(unit, id, base, run, depth + 1);
        }
    }

    fn origin(&mut self, unit: &mut Unit, inlined: &Inlined) -> UnitEntryId {
        *self.known.entry(inlined.function.clone()).or_insert_with_key(|name| {
            let id = unit.add(unit.root(), gimli::DW_TAG_subprogram);
            let entry = unit.get_mut(id);
            entry.set(gimli::DW_AT_name, string(name));
            entry.set(gimli::DW_AT_inline, AttributeValue::Inline(gimli::DW_INL_inlined));
            id
        })
    }
}

/// Text in the debug information, where it ends at a zero byte.
fn string(text: &str) -> AttributeValue {
    AttributeValue::String(text.replace('\0', "\u{fffd}").into_bytes())
}

/// A section's bytes, with what the linker fills in.
#[derive(Clone)]
struct Bytes {
    data: EndianVec<LittleEndian>,
    relocations: Vec<Relocation>,
}

impl Default for Bytes {
    fn default() -> Self {
        Bytes { data: EndianVec::new(LittleEndian), relocations: Vec::new() }
    }
}

impl RelocateWriter for Bytes {
    type Writer = EndianVec<LittleEndian>;

    fn writer(&self) -> &Self::Writer {
        &self.data
    }

    fn writer_mut(&mut self) -> &mut Self::Writer {
        &mut self.data
    }

    fn relocate(&mut self, relocation: Relocation) {
        self.relocations.push(relocation);
    }
}

fn place(
    file: &mut File<'_>,
    section: object::write::SectionId,
    bytes: Bytes,
    align: u64,
    symbols: &FxHashMap<gimli::SectionId, SymbolId>,
) -> Result<(), Box<dyn std::error::Error>> {
    file.object.set_section_data(section, bytes.data.into_vec(), align);
    for relocation in bytes.relocations {
        let symbol = match relocation.target {
            RelocationTarget::Symbol(number) => file.object.section_symbol(file.sections[number]),
            RelocationTarget::Section(id) => symbols[&id],
        };
        let r_type = match (file.architecture, relocation.size, relocation.eh_pe) {
            (Architecture::X86_64, 4, Some(_)) => elf::R_X86_64_PC32,
            (Architecture::X86_64, 4, None) => elf::R_X86_64_32,
            (Architecture::X86_64, ..) => elf::R_X86_64_64,
            (Architecture::Aarch64, 4, Some(_)) => elf::R_AARCH64_PREL32,
            (Architecture::Aarch64, 4, None) => elf::R_AARCH64_ABS32,
            (Architecture::Aarch64, ..) => elf::R_AARCH64_ABS64,
            (_, 4, Some(_)) => elf::R_RISCV_32_PCREL,
            (_, 4, None) => elf::R_RISCV_32,
            _ => elf::R_RISCV_64,
        };
        file.relocate(section, relocation.offset as u64, symbol, relocation.addend, r_type)?;
    }
    Ok(())
}
