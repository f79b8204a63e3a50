//! Packing: a program for a target that has no machine code is the runtime's wasm module with bytecode in its data.
//!
//! ```text
//! memory   [ the runtime's data, stack ][ bytecode ] … grows          at its start one stretch of pages longer
//! data     [ … record … ][ new segment: the bytecode ]                the record says where that is
//! ```
//!
//! The runtime's allocator takes only memory that it has grown itself, so the stretch stays the program's. All other
//! parts of the module are copied as they are.

use crate::error::LinkError;
use crate::runtime::{MODULE, Runtime, find_runtime};
use crate::target::Target;
use vitte_abi::packed::{EMPTY, Packed};
use vitte_abi::program::Engine;

/// The program that loads a packed module and gives it its imports, in JavaScript.
const LOADER: &str = include_str!("../../../rt/wasm/main.mjs");

/// The line of [`LOADER`] that names the module.
const LOADER_MODULE: &str = "const MODULE = \"main.wasm\";";

const MAGIC: [u8; 8] = *b"\0asm\x01\0\0\0";
const PAGE: u64 = 64 << 10;

/// Numbers of sections.
mod section {
    pub(super) const MEMORY: u8 = 5;
    pub(super) const DATA: u8 = 11;
    pub(super) const DATA_COUNT: u8 = 12;
}

/// Flag of a memory: its addresses have 64 bits. It has no other.
const MEMORY64: u8 = 4;
/// What begins an active data segment of the first memory.
const ACTIVE: u8 = 0;
const I64_CONST: u8 = 0x42;
const END: u8 = 0x0b;

/// Puts a program's bytecode into the target's runtime: the module.
///
/// # Errors
/// There is no such runtime, or it is not one that programs can be packed into.
pub fn pack_program(target: &Target, bytecode: &[u8], collector: Engine) -> Result<Vec<u8>, LinkError> {
    pack(&find_runtime(&target.name)?, bytecode, collector)
}

/// The loader for a module of this file name.
pub fn loader(module: &str) -> String {
    let name = module.escape_default().to_string();
    LOADER.replace(LOADER_MODULE, &format!("const MODULE = \"{name}\";"))
}

fn pack(runtime: &Runtime, bytecode: &[u8], collector: Engine) -> Result<Vec<u8>, LinkError> {
    let module = runtime.archive()?;
    packed(&module, bytecode, collector).ok_or_else(|| LinkError::BadModule { module: runtime.path_of(MODULE) })
}

/// The module with the program; `None` if it is no module that has a place for one.
fn packed(module: &[u8], bytecode: &[u8], collector: Engine) -> Option<Vec<u8>> {
    let mut rest = Bytes(module.strip_prefix(&MAGIC)?);
    let mut out = MAGIC.to_vec();
    let mut address = None;
    let mut is_placed = false;
    while !rest.0.is_empty() {
        let number = rest.byte()?;
        let len = rest.number()?;
        let mut old = Bytes(rest.take(len)?);
        let new = match number {
            section::MEMORY => {
                let (count, flags, pages) = (old.number()?, old.byte()?, old.number()?);
                if (count, flags) != (1, MEMORY64) {
                    return None;
                }
                address = Some(pages * PAGE);
                let pages = pages + (bytecode.len() as u64).div_ceil(PAGE);
                let mut new = vec![1, MEMORY64];
                write_number(&mut new, pages);
                new
            }
            section::DATA_COUNT => {
                let mut new = vec![];
                write_number(&mut new, old.number()? + 1);
                new
            }
            section::DATA => {
                let mut new = vec![];
                write_number(&mut new, old.number()? + 1);
                let address = address?;
                let record = Packed { address, len: bytecode.len() as u64, flags: collector.flags() };
                new.extend(with_record(old.0, record)?);
                is_placed = true;
                new.extend([ACTIVE, I64_CONST]);
                write_signed(&mut new, address);
                new.push(END);
                write_number(&mut new, bytecode.len() as u64);
                new.extend(bytecode);
                new
            }
            _ => old.0.to_vec(),
        };
        out.push(number);
        write_number(&mut out, new.len() as u64);
        out.extend(new);
    }
    is_placed.then_some(out)
}

/// The runtime's data with the record filled in, which must stand there once.
fn with_record(data: &[u8], record: Packed) -> Option<Vec<u8>> {
    let mut places = data.windows(EMPTY.len()).enumerate().filter(|(_, window)| *window == EMPTY);
    let (Some((at, _)), None) = (places.next(), places.next()) else { return None };
    let mut data = data.to_vec();
    data[at..at + EMPTY.len()].copy_from_slice(&record.bytes());
    Some(data)
}

/// What is still to be read.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    fn take(&mut self, len: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(len).ok()?)?;
        self.0 = rest;
        Some(taken)
    }

    /// A number, seven bits to a byte, the low ones first.
    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }
}

fn write_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// The same for the operand of an instruction, whose topmost bit is a sign.
fn write_signed(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x40 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A module with two pages of memory and one data segment, `data` at address 16.
    fn module(data: &[u8]) -> Vec<u8> {
        let mut module = MAGIC.to_vec();
        module.extend([section::MEMORY, 3, 1, MEMORY64, 2, section::DATA_COUNT, 1, 1]);
        let mut segments = vec![1, ACTIVE, I64_CONST, 16, END, data.len() as u8];
        segments.extend(data);
        module.extend([section::DATA, segments.len() as u8]);
        module.extend(segments);
        module.extend([0, 5, 4, b'n', b'a', b'm', b'e']);
        module
    }

    #[test]
    fn a_program_lies_behind_the_runtime() {
        let runtime = module(&[&b"before"[..], &EMPTY, b"behind"].concat());
        let program = vec![0xaa; 70_000];
        let packed = packed(&runtime, &program, Engine::MarkSweep).unwrap();
        let record = Packed { address: 2 * PAGE, len: 70_000, flags: Engine::MarkSweep.flags() };
        let mut wanted = MAGIC.to_vec();
        wanted.extend([section::MEMORY, 3, 1, MEMORY64, 4, section::DATA_COUNT, 1, 2]);
        let mut segments = vec![2, ACTIVE, I64_CONST, 16, END, 36];
        segments.extend([&b"before"[..], &record.bytes(), b"behind"].concat());
        // 0x20000 and 70 000, seven bits to a byte.
        segments.extend([ACTIVE, I64_CONST, 0x80, 0x80, 0x08, END, 0xf0, 0xa2, 0x04]);
        segments.extend(&program);
        wanted.push(section::DATA);
        write_number(&mut wanted, segments.len() as u64);
        wanted.extend(segments);
        wanted.extend([0, 5, 4, b'n', b'a', b'm', b'e']);
        assert!(packed == wanted);
    }

    #[test]
    fn other_modules_are_refused() {
        let whole = module(&EMPTY);
        assert!(packed(&whole, b"x", Engine::None).is_some());
        for len in (0..whole.len() - 7).chain([whole.len() - 1]) {
            assert_eq!(packed(&whole[..len], b"x", Engine::None), None, "{len} bytes");
        }
        assert_eq!(packed(&module(b"no record"), b"x", Engine::None), None);
        assert_eq!(packed(&module(&[EMPTY, EMPTY].concat()), b"x", Engine::None), None);
    }

    #[test]
    fn numbers_keep_their_sign_bit_clear() {
        let mut out = vec![];
        [0, 63, 64, 127, 128].into_iter().for_each(|number| write_signed(&mut out, number));
        assert_eq!(out, [0, 63, 0xc0, 0, 0xff, 0, 0x80, 1]);
    }

    #[test]
    fn the_loader_names_its_module() {
        assert!(loader("a \"b\".wasm").contains(r#"const MODULE = "a \"b\".wasm";"#));
        assert_eq!(loader("main.wasm"), LOADER);
    }
}
