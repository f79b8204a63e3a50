//! Code in memory: the image laid out for one address, with the same code and tables as in an object file.
//!
//! ```text
//! text | islands        executable     islands: jumps to functions that are too far for the call itself
//! constants | pointers  read-only
//! ```
//!
//! Memory is the caller's: it reserves [`Layout::size`] bytes, asks for the contents at that address, copies them
//! there, and makes the first [`Layout::executable`] bytes executable and all of them read-only.

use crate::image::{Fixup, Image, Import, SectionId, Target};
use crate::reloc::{self, TooFar};
use cranelift_codegen::binemit::Reloc;
use rustc_hash::FxHashMap;
use std::fmt;
use target_lexicon::Architecture;

/// The size of memory pages on all supported systems, or a multiple.
const PAGE: usize = 1 << 16;
/// The size of an island in bytes.
const ISLAND: usize = 24;

/// An image laid out in memory.
pub struct Layout<'a> {
    image: &'a Image,
    architecture: Architecture,
    /// Where sections begin, by [`SectionId`].
    starts: [usize; 3],
    islands: usize,
    size: usize,
}

/// Why code cannot be put into memory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LinkError {
    /// Nothing has this name.
    Undefined(Import),
    /// The program is too large for its distances.
    TooFar,
}

impl<'a> Layout<'a> {
    /// Lays out an image for a processor.
    pub fn new(image: &'a Image, architecture: Architecture) -> Layout<'a> {
        let islands = image.text.bytes.len().next_multiple_of(16);
        let constants = (islands + image.imports.len() * ISLAND).next_multiple_of(PAGE);
        let pointers = (constants + image.constants.bytes.len()).next_multiple_of(16);
        let size = (pointers + image.pointers.bytes.len()).next_multiple_of(PAGE);
        Layout { image, architecture, starts: [0, constants, pointers], islands, size }
    }

    /// How many bytes of memory are needed, at the start of a page.
    pub fn size(&self) -> usize {
        self.size
    }

    /// How many of them, from the start, hold code.
    pub fn executable(&self) -> usize {
        self.starts[SectionId::Constants as usize]
    }

    /// Where the [`Program`](vitte_abi::program::Program) record is, from the start of the memory.
    pub fn program(&self) -> Option<usize> {
        Some(self.starts[SectionId::Pointers as usize] + self.image.program? as usize)
    }

    /// The functions in the text, for profilers: names, offsets from the start of the memory, and sizes.
    pub fn functions(&self) -> impl Iterator<Item = (&str, u32, u32)> {
        self.image.functions.iter().map(|function| (function.name.as_str(), function.start, function.len))
    }

    /// The contents for memory at `base`. `lookup` gives the addresses of what the program imports.
    ///
    /// # Errors
    /// An import that `lookup` does not know.
    pub fn link(&self, base: u64, lookup: &dyn Fn(&Import) -> Option<u64>) -> Result<Vec<u8>, LinkError> {
        let mut bytes = vec![0; self.size];
        for id in [SectionId::Text, SectionId::Constants, SectionId::Pointers] {
            let start = self.starts[id as usize];
            let section = &self.image.section(id).bytes;
            bytes[start..start + section.len()].copy_from_slice(section);
        }
        let mut imports = Vec::with_capacity(self.image.imports.len());
        for import in &self.image.imports {
            let address = lookup(import).ok_or_else(|| LinkError::Undefined(import.clone()))?;
            self.island(&mut bytes, imports.len(), address);
            imports.push(address);
        }
        for id in [SectionId::Text, SectionId::Pointers] {
            self.fill_in(&mut bytes, id, base, &imports)?;
        }
        Ok(bytes)
    }

    fn fill_in(&self, bytes: &mut [u8], id: SectionId, base: u64, imports: &[u64]) -> Result<(), TooFar> {
        // RISC-V splits an address over two instructions, and the second refers to the first.
        let mut upper: FxHashMap<u64, u64> = FxHashMap::default();
        for fixup in &self.image.section(id).fixups {
            let at = self.starts[id as usize] + fixup.at as usize;
            let place = base + at as u64;
            let target = self.target(fixup, base, imports);
            match fixup.kind {
                Reloc::RiscvPCRelLo12I => {
                    reloc::apply(bytes, at, fixup.kind, target, upper[&target])?;
                    continue;
                }
                Reloc::RiscvPCRelHi20 => _ = upper.insert(place, target),
                _ => {}
            }
            reloc::apply(bytes, at, fixup.kind, place, target)?;
        }
        Ok(())
    }

    fn target(&self, fixup: &Fixup, base: u64, imports: &[u64]) -> u64 {
        let target = match fixup.target {
            Target::Section(id, offset) => base + (self.starts[id as usize] + offset as usize) as u64,
            Target::Import(number) if reloc::is_distance(fixup.kind) => {
                base + (self.islands + number as usize * ISLAND) as u64
            }
            Target::Import(number) => imports[number as usize],
        };
        target.wrapping_add_signed(fixup.addend)
    }

    /// Writes the jump to import `number`. It changes no register that may be in use at a call.
    fn island(&self, bytes: &mut [u8], number: usize, address: u64) {
        let code: &[u32] = match self.architecture {
            // jmp [rip + 10], from which 6 bytes are the instruction itself.
            Architecture::X86_64 => &[0x000a_25ff, 0x9090_0000, 0x9090_9090, 0x9090_9090],
            // ldr x16, .+16; br x16
            Architecture::Aarch64(_) => &[0x5800_0090, 0xd61f_0200, 0, 0],
            // auipc t6, 0; ld t6, 16(t6); jr t6
            Architecture::Riscv64(_) => &[0x0000_0f97, 0x010f_bf83, 0x000f_8067, 0],
            other => unreachable!("no code is made for {other}"),
        };
        let at = self.islands + number * ISLAND;
        for (word, place) in code.iter().zip(bytes[at..at + 16].chunks_exact_mut(4)) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        bytes[at + 16..at + 24].copy_from_slice(&address.to_le_bytes());
    }
}

impl From<TooFar> for LinkError {
    fn from(_: TooFar) -> Self {
        LinkError::TooFar
    }
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LinkError::Undefined(import) => {
                write!(f, "no C function `{}`", import.name.escape_debug())?;
                match import.library.as_deref() {
                    None | Some("") => Ok(()),
                    Some(library) => write!(f, " of library `{}`", library.escape_debug()),
                }
            }
            LinkError::TooFar => f.write_str("the program is too large to run from memory"),
        }
    }
}

impl std::error::Error for LinkError {}
