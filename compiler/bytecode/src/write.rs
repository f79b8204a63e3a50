//! Writing `.vitbc` files, version 3. The format is described in `docs/vitbc.md`.
//!
//! A module has one form: the same module gives the same bytes, on any machine, at any time.

mod functions;
mod sink;
mod tables;
mod types;

use crate::index::TypeIdx;
use crate::limits;
use crate::module::Module;
use crate::section::{CHECKSUM, FLAG_FOREIGN, HEADER_LEN, MAGIC, SECTION_HEADER_LEN, Tag, VERSION};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use sink::Sink;

/// Sections up to this length are stored plain: a frame's own overhead would eat the gain.
const MIN_COMPRESSED: usize = 256;

/// How to write a module.
#[derive(Clone, Copy, Debug)]
pub struct WriteOptions {
    /// Whether to compress the sections that become smaller by it.
    pub compress: bool,
}

impl Default for WriteOptions {
    fn default() -> Self {
        WriteOptions { compress: true }
    }
}

/// Writes a module as the bytes of a file.
///
/// [`read()`](crate::read()) gives back an equal module if this one is [verified](crate::verify) and within
/// [`limits`]. Any other module is written as far as the format can say it.
///
/// # Panics
/// If a section would take 4 GiB or more.
pub fn write(module: &Module) -> Vec<u8> {
    write_with(module, WriteOptions::default())
}

/// Writes a module as [`write()`] does, with choices.
///
/// # Panics
/// If a section would take 4 GiB or more.
pub fn write_with(module: &Module, options: WriteOptions) -> Vec<u8> {
    let mut file = Vec::new();
    file.extend_from_slice(MAGIC);
    file.extend_from_slice(&VERSION.to_le_bytes());
    let flags = if module.foreign { FLAG_FOREIGN } else { 0 };
    file.extend_from_slice(&flags.to_le_bytes());
    debug_assert_eq!(file.len(), HEADER_LEN);

    let mut offsets = vec![];
    for &tag in Tag::ALL {
        let mut sink = Sink::default();
        match tag {
            Tag::Type => {
                let user = module.types.get(TypeIdx::FIRST_USER.index()..).unwrap_or_default();
                types::write(&mut sink, user, &module.impls);
            }
            Tag::Ints => tables::ints(&mut sink, &module.ints),
            Tag::Floats => tables::floats(&mut sink, &module.floats),
            Tag::Strs => tables::strs(&mut sink, &module.strs),
            Tag::Data => tables::data(&mut sink, &module.data),
            Tag::Imports => tables::imports(&mut sink, module),
            Tag::Globals => tables::globals(&mut sink, &module.globals),
            Tag::Functions => functions::declarations(&mut sink, &module.functions),
            Tag::Code => offsets = functions::code(&mut sink, &module.functions),
            Tag::Exports => tables::exports(&mut sink, module),
            Tag::Handlers => functions::handlers(&mut sink, &module.functions, &offsets),
            Tag::Names => functions::names(&mut sink, &module.functions),
            Tag::Lines => functions::lines(&mut sink, module, &offsets),
            Tag::Meta => tables::meta(&mut sink, &module.meta),
        }
        append_section(&mut file, tag, &sink.0, options);
    }

    let checksum = crc32fast::hash(&file[MAGIC.len()..]);
    append(&mut file, CHECKSUM, &checksum.to_le_bytes(), 0);
    file
}

/// Appends a section, unless it says nothing: then its content is all zeros.
fn append_section(file: &mut Vec<u8>, tag: Tag, content: &[u8], options: WriteOptions) {
    if content.iter().all(|&byte| byte == 0) {
        return;
    }
    if options.compress && content.len() > MIN_COMPRESSED && content.len() <= limits::MAX_SECTION {
        let frame = compress_to_vec(content, CompressionLevel::Fastest);
        // The reader takes a frame for an attack if it inflates too much.
        if frame.len() < content.len() && content.len() / limits::MAX_INFLATION <= frame.len() {
            append(file, tag.bytes(), &frame, content.len());
            return;
        }
    }
    append(file, tag.bytes(), content, 0);
}

fn append(file: &mut Vec<u8>, tag: [u8; 4], payload: &[u8], inflated_len: usize) {
    let word = |len: usize| u32::try_from(len).expect("a section is shorter than 4 GiB").to_le_bytes();
    file.reserve(SECTION_HEADER_LEN + payload.len());
    file.extend_from_slice(&tag);
    file.extend_from_slice(&word(payload.len()));
    file.extend_from_slice(&word(inflated_len));
    file.extend_from_slice(payload);
}
