//! Cuts the archive that rustc makes of the runtime down to what programs need of it.
//!
//! - Objects that the runtime does not reach go, and of the others the debug information and the bitcode.
//! - What is nobody else's business gets a name that nobody else has: the standard library's copy of `cbrt` must not
//!   stand in for the C library's, nor its personality routine clash with that of another Rust library.
//! - Backtraces print as nothing. Their symbols are looked up by a reader of debug information, which would be half of a
//!   small program. It hangs by one function, which [`NO_BACKTRACE`] replaces.

use object::build::ByteString;
use object::build::elf::{Builder, SectionData, Symbol};
use object::elf::{
    FileHeader64, SHF_GROUP, SHF_INFO_LINK, SHT_GROUP, SHT_PROGBITS, SHT_RELA, SHT_STRTAB, STB_LOCAL, STT_FUNC,
};
use object::pod::bytes_of;
use object::read::archive::ArchiveFile;
use object::read::elf::{FileHeader, SectionHeader};
use object::{Endianness, U32, U64};
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;

/// The runtime's function that takes the place of the standard library's `DisplayBacktrace::fmt`.
const NO_BACKTRACE: &str = "vt_no_backtrace";

/// How names begin that programs use.
const SHOWN: [&str; 2] = ["vt_", "vitte_"];

/// The types of sections that LLVM has for itself.
const LLVM: std::ops::Range<u32> = 0x6fff_4c00..0x6fff_4d00;

/// Names and objects.
pub type Members = Vec<(Vec<u8>, Vec<u8>)>;

/// The members of the archive that are left.
///
/// # Errors
/// Something is no ELF object.
pub fn trim(archive: &[u8]) -> Result<Members, Box<dyn Error>> {
    let mut members = Vec::new();
    let file = ArchiveFile::parse(archive)?;
    let mut objects = Vec::new();
    for member in file.members() {
        let member = member?;
        objects.push((member.name().to_vec(), simplified(member.data(archive)?)?));
    }
    for (name, object) in &objects {
        members.push((name.clone(), Builder::read(object.as_slice())?));
    }
    keep_reached(&mut members);
    let own: BTreeSet<Vec<u8>> =
        members.iter().flat_map(|(_, object)| defined(object)).filter(|name| !is_shown(name)).collect();
    let mut out = Vec::new();
    for (name, mut object) in members {
        replace_backtrace(&mut object);
        drop_sections(&mut object);
        for symbol in &mut object.symbols {
            if symbol.st_bind() != STB_LOCAL && own.contains(symbol.name.as_slice()) {
                symbol.name = ByteString::from([b"vitte.rt.", symbol.name.as_slice()].concat());
            }
        }
        // LLVM keeps all names in one table, but they are written into two.
        if !object.sections.iter().any(|section| matches!(section.data, SectionData::SectionString)) {
            let names = object.sections.add();
            names.name = ".shstrtab".into();
            names.sh_type = SHT_STRTAB;
            names.data = SectionData::SectionString;
        }
        let mut bytes = Vec::new();
        object.write(&mut bytes)?;
        out.push((name, bytes));
    }
    Ok(out)
}

/// An object in which sections that [`Builder`] does not know are plain ones: LLVM's own, and groups. The purpose of
/// these is that names may be defined twice, which the only ones in question, weak ones, may be anyway.
fn simplified(object: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut bytes = object.to_vec();
    let header = FileHeader64::<Endianness>::parse(object)?;
    let endian = header.endian()?;
    let start = usize::try_from(header.e_shoff(endian))?;
    for (index, section) in header.section_headers(endian, object)?.iter().enumerate() {
        let mut section = *section;
        if section.sh_type(endian) == SHT_GROUP || LLVM.contains(&section.sh_type(endian)) {
            section.sh_type = U32::new(endian, SHT_PROGBITS);
        }
        let mut flags = section.sh_flags(endian) & !u64::from(SHF_GROUP);
        if section.sh_type(endian) == SHT_RELA {
            // LLVM does not say so of the relocations of members of groups.
            flags |= u64::from(SHF_INFO_LINK);
        }
        section.sh_flags = U64::new(endian, flags);
        let at = start + index * size_of_val(&section);
        bytes[at..at + size_of_val(&section)].copy_from_slice(bytes_of(&section));
    }
    Ok(bytes)
}

fn is_shown(name: &[u8]) -> bool {
    SHOWN.iter().any(|prefix| name.starts_with(prefix.as_bytes()))
}

/// The names that an object defines for others.
fn defined(object: &Builder<'_>) -> Vec<Vec<u8>> {
    let symbols = object.symbols.iter().filter(|symbol| symbol.st_bind() != STB_LOCAL && symbol.section.is_some());
    symbols.map(|symbol| symbol.name.to_vec()).collect()
}

/// Keeps the objects that define what programs use, and those that these reach.
fn keep_reached(members: &mut Vec<(Vec<u8>, Builder<'_>)>) {
    let mut definer = BTreeMap::new();
    let mut pending = Vec::new();
    for (index, (_, object)) in members.iter().enumerate() {
        for name in defined(object) {
            if is_shown(&name) {
                pending.push(index);
            }
            definer.entry(name).or_insert(index);
        }
    }
    let mut reached = BTreeSet::new();
    while let Some(index) = pending.pop() {
        if reached.insert(index) {
            let symbols = members[index].1.symbols.iter();
            pending.extend(symbols.filter_map(|symbol| definer.get(symbol.name.as_slice())));
        }
    }
    let mut index = 0..;
    members.retain(|_| index.next().is_some_and(|index| reached.contains(&index)));
}

/// Has everything that refers to the function that prints backtraces refer to the runtime's own.
fn replace_backtrace(object: &mut Builder<'_>) {
    let own = object.symbols.iter().find(|symbol| symbol.name.as_slice() == NO_BACKTRACE.as_bytes());
    let Some(own) = own.map(|symbol| symbol.id()) else { return };
    let is_printer = |symbol: &&Symbol<'_>| {
        let name = String::from_utf8_lossy(symbol.name.as_slice());
        symbol.st_type() == STT_FUNC && name.contains("DisplayBacktrace") && name.contains("fmt")
    };
    let printers: Vec<_> = object.symbols.iter().filter(is_printer).filter_map(|symbol| symbol.section).collect();
    // Each function is a section, by whose own symbol relocations may name it.
    let in_printers = |symbol: &&Symbol<'_>| symbol.section.is_some_and(|section| printers.contains(&section));
    let symbols: Vec<_> = object.symbols.iter().filter(in_printers).map(|symbol| symbol.id()).collect();
    let unwind = object.sections.iter().find(|section| section.name.as_slice() == b".eh_frame");
    let unwind = unwind.map(|section| section.id());
    for section in &mut object.sections {
        // The unwind information still tells of the function itself.
        if section.sh_info_section.is_some() && section.sh_info_section == unwind {
            continue;
        }
        if let SectionData::Relocation(relocations) = &mut section.data {
            for relocation in relocations.iter_mut().filter(|it| it.symbol.is_some_and(|id| symbols.contains(&id))) {
                relocation.symbol = Some(own);
            }
        }
    }
}

/// Drops debug information, bitcode, and groups.
fn drop_sections(object: &mut Builder<'_>) {
    let mut dropped = Vec::new();
    for section in &mut object.sections {
        let name = section.name.as_slice();
        section.delete =
            [&b".debug_"[..], b".llvm", b".comment", b".group"].iter().any(|prefix| name.starts_with(prefix));
        if section.delete {
            dropped.push(section.id());
        }
    }
    for section in &mut object.sections {
        section.delete |= section.sh_info_section.is_some_and(|of| dropped.contains(&of));
    }
    object.delete_orphans();
}
