//! Object files: the image as an ELF file, for a linker to put beside the runtime.
//!
//! All functions stand in one `.text`, whose offsets the program's tables count; nothing in them may move apart.
//! Their symbols are local and begin with `vitte.`, but for `main` and what C calls.

mod debug;

use crate::image::{Fixup, Image, SectionId, Target};
use crate::symbol::{Entry, Symbol};
use crate::{CompileError, Options};
use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::isa::TargetIsa;
use object::read::{Object as _, ObjectSection as _};
use object::write::{Object, Relocation, StandardSection, Symbol as ElfSymbol, SymbolId, SymbolSection};
use object::{
    Architecture, BinaryFormat, Endianness, FileFlags, RelocationFlags, SectionKind, SymbolFlags, SymbolKind,
    SymbolScope, elf,
};
use target_lexicon::Architecture as Processor;

/// The bytes of an object file.
///
/// # Errors
/// A target without object files, or a file that is too large for its format.
pub fn write(image: &Image, isa: &dyn TargetIsa, options: &Options) -> Result<Vec<u8>, CompileError> {
    let mut file = File::new(image, isa)?;
    file.sections();
    file.symbols();
    file.fixups()?;
    file.note(&options.note);
    if options.debug {
        debug::add(&mut file, isa).map_err(|error| CompileError::TooLarge(format!("debug information: {error}")))?;
    }
    file.object.write().map_err(|error| CompileError::TooLarge(format!("object file: {error}")))
}

/// The note of an object file or executable that was made with [`Options::note`], if it has one.
pub fn read_note(file: &[u8]) -> Option<&[u8]> {
    let section = object::File::parse(file).ok()?.section_by_name(NOTE)?.data().ok()?;
    let word = |at: usize| Some(u32::from_le_bytes(section.get(at..at + 4)?.try_into().ok()?) as usize);
    let content = section.get(HEADER + OWNER.len()..)?;
    (word(0)? == OWNER.len()).then(|| content.get(..word(4)?))?
}

/// The section of the note.
const NOTE: &str = ".note.vitte";
/// Who understands it, padded to words.
const OWNER: &[u8; 8] = b"vittec\0\0";
/// The bytes of three words: the lengths of owner and content, and the content's kind.
const HEADER: usize = 12;

/// An object file in the making.
struct File<'a> {
    image: &'a Image,
    object: Object<'static>,
    architecture: Architecture,
    /// By [`SectionId`].
    sections: [object::write::SectionId; 3],
    imports: Vec<SymbolId>,
}

impl<'a> File<'a> {
    fn new(image: &'a Image, isa: &dyn TargetIsa) -> Result<Self, CompileError> {
        let (architecture, e_flags) = match isa.triple().architecture {
            Processor::X86_64 => (Architecture::X86_64, 0),
            Processor::Aarch64(_) => (Architecture::Aarch64, 0),
            Processor::Riscv64(_) => (Architecture::Riscv64, elf::EF_RISCV_FLOAT_ABI_DOUBLE),
            other => return Err(CompileError::Target(format!("no object files for processor `{other}`"))),
        };
        let mut object = Object::new(BinaryFormat::Elf, architecture, Endianness::Little);
        object.flags = FileFlags::Elf { os_abi: elf::ELFOSABI_NONE, abi_version: 0, e_flags };
        let sections = [
            object.section_id(StandardSection::Text),
            object.section_id(StandardSection::ReadOnlyData),
            object.section_id(StandardSection::ReadOnlyDataWithRel),
        ];
        Ok(File { image, object, architecture, sections, imports: Vec::new() })
    }

    fn sections(&mut self) {
        for (id, align) in [(SectionId::Text, 64), (SectionId::Constants, 16), (SectionId::Pointers, 16)] {
            let bytes = self.image.section(id).bytes.clone();
            self.object.set_section_data(self.sections[id as usize], bytes, align);
        }
        // The stack need not be executable.
        self.object.add_section(Vec::new(), b".note.GNU-stack".to_vec(), SectionKind::Other);
    }

    fn note(&mut self, content: &[u8]) {
        if content.is_empty() {
            return;
        }
        let mut bytes = Vec::with_capacity(HEADER + OWNER.len() + content.len());
        for word in [OWNER.len() as u32, content.len() as u32, 1] {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        bytes.extend_from_slice(OWNER);
        bytes.extend_from_slice(content);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        let section = self.object.add_section(Vec::new(), NOTE.into(), SectionKind::Note);
        self.object.set_section_data(section, bytes, 4);
    }

    fn symbols(&mut self) {
        let text = SymbolSection::Section(self.sections[SectionId::Text as usize]);
        for function in &self.image.functions {
            let scope = match function.symbol {
                Symbol::Entry(Entry::Main) | Symbol::Export(_) => SymbolScope::Dynamic,
                _ => SymbolScope::Compilation,
            };
            self.symbol(&function.name, text, (function.start, function.len), SymbolKind::Text, scope);
        }
        if let Some(at) = self.image.program {
            let section = SymbolSection::Section(self.sections[SectionId::Pointers as usize]);
            let len = size_of::<vitte_abi::program::Program>() as u32;
            let name = vitte_abi::program::PROGRAM_SYMBOL;
            self.symbol(name, section, (at, len), SymbolKind::Data, SymbolScope::Linkage);
        }
        for import in &self.image.imports {
            let id =
                self.symbol(&import.name, SymbolSection::Undefined, (0, 0), SymbolKind::Unknown, SymbolScope::Unknown);
            self.imports.push(id);
        }
    }

    fn symbol(
        &mut self,
        name: &str,
        section: SymbolSection,
        (value, size): (u32, u32),
        kind: SymbolKind,
        scope: SymbolScope,
    ) -> SymbolId {
        self.object.add_symbol(ElfSymbol {
            name: name.as_bytes().to_vec(),
            value: u64::from(value),
            size: u64::from(size),
            kind,
            scope,
            weak: false,
            section,
            flags: SymbolFlags::None,
        })
    }

    fn fixups(&mut self) -> Result<(), CompileError> {
        for id in [SectionId::Text, SectionId::Pointers] {
            for fixup in &self.image.section(id).fixups {
                let (symbol, addend) = self.target(fixup);
                let r_type = self.relocation_type(fixup.kind);
                self.relocate(self.sections[id as usize], u64::from(fixup.at), symbol, addend, r_type)?;
            }
        }
        Ok(())
    }

    fn target(&mut self, fixup: &Fixup) -> (SymbolId, i64) {
        match fixup.target {
            Target::Import(number) => (self.imports[number as usize], fixup.addend),
            Target::Section(id, offset) if fixup.kind == Reloc::RiscvPCRelLo12I => {
                // It refers to the instruction with the upper bits, which needs a symbol of its own.
                let section = SymbolSection::Section(self.sections[id as usize]);
                let name = format!(".L{offset:x}");
                (self.symbol(&name, section, (offset, 0), SymbolKind::Label, SymbolScope::Compilation), fixup.addend)
            }
            Target::Section(id, offset) => {
                (self.object.section_symbol(self.sections[id as usize]), i64::from(offset) + fixup.addend)
            }
        }
    }

    fn relocation_type(&self, kind: Reloc) -> u32 {
        match (self.architecture, kind) {
            (Architecture::X86_64, Reloc::Abs8) => elf::R_X86_64_64,
            (Architecture::X86_64, Reloc::X86PCRel4) => elf::R_X86_64_PC32,
            (Architecture::X86_64, Reloc::X86CallPCRel4 | Reloc::X86CallPLTRel4) => elf::R_X86_64_PLT32,
            (Architecture::Aarch64, Reloc::Abs8) => elf::R_AARCH64_ABS64,
            (Architecture::Aarch64, Reloc::Arm64Call) => elf::R_AARCH64_CALL26,
            (Architecture::Aarch64, Reloc::Aarch64AdrPrelPgHi21) => elf::R_AARCH64_ADR_PREL_PG_HI21,
            (Architecture::Aarch64, Reloc::Aarch64AddAbsLo12Nc) => elf::R_AARCH64_ADD_ABS_LO12_NC,
            (Architecture::Riscv64, Reloc::Abs8) => elf::R_RISCV_64,
            (Architecture::Riscv64, Reloc::RiscvCallPlt) => elf::R_RISCV_CALL_PLT,
            (Architecture::Riscv64, Reloc::RiscvPCRelHi20) => elf::R_RISCV_PCREL_HI20,
            (Architecture::Riscv64, Reloc::RiscvPCRelLo12I) => elf::R_RISCV_PCREL_LO12_I,
            (architecture, kind) => unreachable!("no code for {architecture:?} is made with {kind:?}"),
        }
    }

    fn relocate(
        &mut self,
        section: object::write::SectionId,
        offset: u64,
        symbol: SymbolId,
        addend: i64,
        r_type: u32,
    ) -> Result<(), CompileError> {
        let relocation = Relocation { offset, symbol, addend, flags: RelocationFlags::Elf { r_type } };
        self.object
            .add_relocation(section, relocation)
            .map_err(|error| CompileError::TooLarge(format!("object file: {error}")))
    }
}
