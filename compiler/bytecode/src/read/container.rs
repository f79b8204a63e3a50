//! The container: header, sections, checksum, inflation. See `docs/vitbc.md` for the format.

use super::cursor::{Budget, Cursor};
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::limits;
use crate::section::{CHECKSUM, HEADER_LEN, MAGIC, SECTION_HEADER_LEN, Tag, VERSION};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use std::borrow::Cow;

/// The magic numbers of older and foreign formats.
const FOREIGN: &[&str] = &["VITC", "CHNK", "VBC0", "VBC1", "VITB", "LVM0", "VTBC", "VLBIN"];

const RECOMPILE: &str = "compile the source again with a front end that writes VITBC version 3";

/// A file whose checksum is right, cut into its sections.
pub(super) struct Container<'a> {
    /// The module's flags.
    pub(super) flags: u16,
    sections: [Option<Section<'a>>; Tag::ALL.len()],
}

/// The content of a section, inflated.
struct Section<'a> {
    tag: Tag,
    content: Cow<'a, [u8]>,
    /// The place of the content in the file, if it is stored plain.
    offset: Option<u64>,
}

impl<'a> Container<'a> {
    /// Checks header and checksum, then takes the sections apart.
    pub(super) fn open(bytes: &'a [u8], budget: &Budget) -> Result<Self> {
        let flags = check_header(bytes)?;
        let end = check_sum(bytes)?;
        let mut sections = [const { None }; Tag::ALL.len()];
        let mut last: Option<Tag> = None;
        let mut position = HEADER_LEN;
        while position < end {
            let (header, payload, next) = cut_section(bytes, position, end)?;
            let at = |error: Error| error.at_offset(position as u64);
            match Tag::from_bytes(header.tag) {
                Some(tag) => {
                    if last == Some(tag) {
                        let message = format!("section {tag} occurs twice");
                        return Err(at(Error::new(Code::SECTION_ORDER, message)));
                    }
                    if let Some(last) = last.filter(|&last| last > tag) {
                        let message = format!("section {tag} stands after {last}");
                        return Err(at(Error::new(Code::SECTION_ORDER, message)));
                    }
                    last = Some(tag);
                    let plain = position + SECTION_HEADER_LEN;
                    sections[tag as usize] = Some(open_section(tag, header.inflated_len, payload, plain, budget)?);
                }
                None if header.tag.iter().all(u8::is_ascii_lowercase) => {}
                None => {
                    let message = format!("unknown section `{}`", header.tag.escape_ascii());
                    let help = "the file was made for a newer toolchain, or is damaged";
                    return Err(at(Error::new(Code::UNKNOWN_SECTION, message).help(help)));
                }
            }
            position = next;
        }
        Ok(Container { flags, sections })
    }

    /// The content of a section; `None` if it is absent.
    pub(super) fn section<'c>(&'c self, tag: Tag, budget: &'c Budget) -> Option<Cursor<'c>> {
        let section = self.sections[tag as usize].as_ref()?;
        let name = match section.offset {
            Some(_) => tag.to_string(),
            None => format!("{tag} (inflated)"),
        };
        Some(Cursor::new(&section.content, section.offset.unwrap_or(0), name, budget))
    }
}

fn check_header(bytes: &[u8]) -> Result<u16> {
    if bytes.len() > limits::MAX_FILE {
        let message = format!("the file is {} bytes long where at most {} are allowed", bytes.len(), limits::MAX_FILE);
        return Err(Error::new(Code::LIMIT_EXCEEDED, message));
    }
    if !bytes.starts_with(MAGIC) {
        if let Some(magic) = FOREIGN.iter().find(|magic| bytes.starts_with(magic.as_bytes()))
            && !bytes.starts_with(&MAGIC[..5])
        {
            let message = format!("the file is `{magic}` bytecode, which is another format");
            return Err(Error::new(Code::FOREIGN_MAGIC, message).help(RECOMPILE).at_offset(0));
        }
        let message = match MAGIC.starts_with(bytes) {
            true => "the file ends within its first six bytes",
            false => "the file does not begin with `VITBC\\0`",
        };
        return Err(Error::new(Code::BAD_MAGIC, message).at_offset(0));
    }
    let Some(&[low, high, flags_low, flags_high]) = bytes.get(MAGIC.len()..HEADER_LEN) else {
        return Err(Error::new(Code::TRUNCATED, "the file ends within its header").at_offset(bytes.len() as u64));
    };
    match u16::from_le_bytes([low, high]) {
        VERSION => {}
        version @ ..VERSION => {
            let message = format!("the file is VITBC version {version}, which is another format");
            return Err(Error::new(Code::OLD_VERSION, message).help(RECOMPILE).at_offset(6));
        }
        version => {
            let message = format!("the file is VITBC version {version}; this toolchain reads version {VERSION}");
            return Err(Error::new(Code::NEW_VERSION, message).help("use a newer toolchain").at_offset(6));
        }
    }
    Ok(u16::from_le_bytes([flags_low, flags_high]))
}

/// Checks the last section and gives its place.
fn check_sum(bytes: &[u8]) -> Result<usize> {
    let end = bytes.len().checked_sub(SECTION_HEADER_LEN + 4).filter(|&end| end >= HEADER_LEN);
    let trailer = end.map(|end| &bytes[end..]).filter(|trailer| trailer.starts_with(&CHECKSUM));
    let (Some(end), Some(trailer)) = (end, trailer) else {
        let message = "the file does not end in a CRCC section: it is cut off, or something was appended";
        return Err(Error::new(Code::TRUNCATED, message).at_offset(bytes.len() as u64));
    };
    if trailer[4..12] != [4, 0, 0, 0, 0, 0, 0, 0] {
        let message = "the CRCC section is not four bytes long and plain";
        return Err(Error::new(Code::BAD_SECTION, message).at_offset(end as u64));
    }
    let stored = u32::from_le_bytes([trailer[12], trailer[13], trailer[14], trailer[15]]);
    let actual = crc32fast::hash(&bytes[MAGIC.len()..end]);
    if stored != actual {
        let message = format!("the checksum is {actual:08x} where the file says {stored:08x}");
        let help = "the file was damaged or changed after it was written";
        return Err(Error::new(Code::BAD_CHECKSUM, message).help(help).at_offset(end as u64));
    }
    Ok(end)
}

struct SectionHeader {
    tag: [u8; 4],
    /// 0 for a plain section.
    inflated_len: usize,
}

/// The header and payload of the section at `position`, and where the next begins.
fn cut_section(bytes: &[u8], position: usize, end: usize) -> Result<(SectionHeader, &[u8], usize)> {
    let at = |code, message: String| Error::new(code, message).at_offset(position as u64);
    let Some(header) = bytes[position..end].get(..SECTION_HEADER_LEN) else {
        let message = format!("{} bytes stand where a section's header needs {SECTION_HEADER_LEN}", end - position);
        return Err(at(Code::BAD_SECTION, message));
    };
    let word = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]) as usize;
    let tag = [header[0], header[1], header[2], header[3]];
    let payload = &bytes[position + SECTION_HEADER_LEN..end];
    let len = word(4);
    let Some(payload) = payload.get(..len) else {
        let name = tag.escape_ascii();
        let message = format!("section `{name}` is {len} bytes long where {} are left", payload.len());
        return Err(at(Code::BAD_SECTION, message));
    };
    Ok((SectionHeader { tag, inflated_len: word(8) }, payload, position + SECTION_HEADER_LEN + len))
}

fn open_section<'a>(
    tag: Tag,
    inflated_len: usize,
    payload: &'a [u8],
    position: usize,
    budget: &Budget,
) -> Result<Section<'a>> {
    let fail = |code, message: String| {
        let mut error = Error::new(code, message).at_offset(position as u64);
        error.place.section = Some(tag.to_string());
        error
    };
    let len = inflated_len.max(payload.len());
    if len > limits::MAX_SECTION {
        let message = format!("the section has {len} bytes where at most {} are allowed", limits::MAX_SECTION);
        return Err(fail(Code::LIMIT_EXCEEDED, message));
    }
    let section = match inflated_len {
        0 => Section { tag, content: Cow::Borrowed(payload), offset: Some(position as u64) },
        _ => {
            let most = payload.len().saturating_mul(limits::MAX_INFLATION).saturating_add(64 << 10);
            if inflated_len > most {
                let message = format!("{} stored bytes claim to inflate to {inflated_len}", payload.len());
                return Err(fail(Code::LIMIT_EXCEEDED, message));
            }
            budget.charge(inflated_len).map_err(|error| fail(error.code, error.message))?;
            let content = inflate(payload, inflated_len).map_err(|message| fail(Code::BAD_COMPRESSION, message))?;
            Section { tag, content: Cow::Owned(content), offset: None }
        }
    };
    // Each section's content is all zeros exactly if it says nothing.
    if section.content.iter().all(|&byte| byte == 0) {
        return Err(fail(Code::BAD_SECTION, format!("section {} says nothing and so must be absent", section.tag)));
    }
    Ok(section)
}

/// The content of the one zstd frame in `payload`, which must be `len` bytes long.
fn inflate(mut payload: &[u8], len: usize) -> std::result::Result<Vec<u8>, String> {
    let mut decoder = FrameDecoder::new();
    decoder.set_max_window_size(limits::MAX_WINDOW);
    decoder.init(&mut payload).map_err(|error| format!("not a zstd frame: {error}"))?;
    let mut content = Vec::with_capacity(len);
    while !decoder.is_finished() {
        decoder
            .decode_blocks(&mut payload, BlockDecodingStrategy::UptoBlocks(1))
            .map_err(|error| format!("damaged zstd frame: {error}"))?;
        // A block is at most 128 KiB, so this is checked before much more than `len` bytes are held.
        if content.len() + decoder.can_collect() > len {
            return Err(format!("the zstd frame holds more than the {len} bytes that the section declares"));
        }
        decoder.collect_to_writer(&mut content).map_err(|error| format!("damaged zstd frame: {error}"))?;
    }
    if content.len() != len {
        return Err(format!("the zstd frame holds {} bytes where the section declares {len}", content.len()));
    }
    match payload.len() {
        0 => Ok(content),
        rest => Err(format!("{rest} bytes follow the zstd frame")),
    }
}
