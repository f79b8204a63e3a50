//! Reader and verifier against files that someone has tampered with: bytes, lengths, counts, operands and sections are
//! changed and the checksum set right again, so that the change gets past the container. Each file must be read or
//! refused, without a panic and without taking memory that nothing in the file pays for.

use vitbc::{Module, WriteOptions, read, verify::verify, write_with};
use vitte_tests::{Dice, generate};

const FILES: u64 = 200_000;
const TEXTS: u64 = 5_000;
/// Programs to tamper with.
const PROGRAMS: u64 = 40;

const HEADER_LEN: usize = 10;

/// A section as it is stored.
#[derive(Clone)]
struct Section {
    tag: [u8; 4],
    inflated_len: u32,
    payload: Vec<u8>,
}

/// A file in parts, so that changes can keep the rest consistent.
#[derive(Clone)]
struct File {
    header: Vec<u8>,
    sections: Vec<Section>,
}

impl File {
    fn new(bytes: &[u8]) -> File {
        let mut file = File { header: bytes[..HEADER_LEN].to_vec(), sections: vec![] };
        let mut rest = &bytes[HEADER_LEN..bytes.len() - 16];
        while let [a, b, c, d, rest_of_header @ ..] = rest {
            let word = |at: usize| u32::from_le_bytes(rest_of_header[at..at + 4].try_into().expect("four bytes"));
            let len = word(0) as usize;
            let payload = rest_of_header[8..8 + len].to_vec();
            file.sections.push(Section { tag: [*a, *b, *c, *d], inflated_len: word(4), payload });
            rest = &rest_of_header[8 + len..];
        }
        file
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.header.clone();
        for section in &self.sections {
            bytes.extend(section.tag);
            bytes.extend((section.payload.len() as u32).to_le_bytes());
            bytes.extend(section.inflated_len.to_le_bytes());
            bytes.extend(&section.payload);
        }
        sealed(bytes)
    }
}

/// The bytes with a section CRCC.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let checksum = crc32fast::hash(&bytes[6..]);
    bytes.extend(b"CRCC\x04\0\0\0\0\0\0\0");
    bytes.extend(checksum.to_le_bytes());
    bytes
}

/// Bytes that numbers like to break at.
const TELLING: &[u8] = &[0, 1, 2, 0x3f, 0x40, 0x7f, 0x80, 0x81, 0xfe, 0xff];

fn tamper(file: &mut File, other: &File, dice: &mut Dice) {
    if file.sections.is_empty() {
        file.sections.push(dice.pick(&other.sections).clone());
    }
    let position = dice.below(file.sections.len() as u64) as usize;
    let n_sections = file.sections.len() as u64;
    let section = &mut file.sections[position];
    let len = section.payload.len();
    let at = dice.below(len.max(1) as u64) as usize;
    match dice.below(16) {
        0 => file.sections.swap(position, dice.below(n_sections) as usize),
        1 => drop(file.sections.remove(position)),
        2 => {
            let copy = dice.pick(&other.sections).clone();
            file.sections.insert(position, copy);
        }
        3 => file.sections[position].payload = dice.pick(&other.sections).payload.clone(),
        4 => section.inflated_len = dice.bits() as u32 >> dice.below(32),
        5 => section.tag[dice.below(4) as usize] ^= 1 << dice.below(8),
        6 => file.header[6 + dice.below(4) as usize] ^= 1 << dice.below(8),
        7 => section.payload.truncate(at),
        8 => section.payload.extend((0..dice.between(1, 9)).map(|_| dice.bits() as u8)),
        9 if len > 0 => drop(section.payload.remove(at)),
        10 if len > 0 => section.payload.insert(at, *dice.pick(TELLING)),
        // A number of five bytes in place of a shorter one: counts, lengths, indices and offsets out of range.
        11 if len > 0 => {
            let large = dice.bits() as u32 >> dice.below(20);
            let mut leb = vec![];
            let mut rest = large;
            while rest >= 0x80 {
                leb.push(rest as u8 | 0x80);
                rest >>= 7;
            }
            leb.push(rest as u8);
            section.payload.splice(at..at + 1, leb);
        }
        12 if len > 0 => section.payload[at] = dice.bits() as u8,
        13 if len > 0 => section.payload[at] = *dice.pick(TELLING),
        14 if len > 0 => section.payload[at] = section.payload[at].wrapping_add(1),
        _ if len > 0 => section.payload[at] ^= 1 << dice.below(8),
        _ => section.payload.push(dice.bits() as u8),
    }
}

fn tampered(files: &[File], dice: &mut Dice) -> Vec<u8> {
    let mut file = dice.pick(files).clone();
    let other = dice.pick(files);
    for _ in 0..dice.between(1, 3) {
        tamper(&mut file, other, dice);
    }
    let mut bytes = file.bytes();
    // Some changes spare neither lengths nor checksum.
    if dice.chance(5) {
        let at = dice.below(bytes.len() as u64) as usize;
        bytes[at] ^= 1 << dice.below(8);
        if dice.chance(50) {
            bytes.truncate(at);
        }
        if dice.chance(50) && bytes.len() > 26 {
            bytes.truncate(bytes.len() - 16);
            bytes = sealed(bytes);
        }
    }
    bytes
}

/// The most memory that the process has held, in KiB, where the system says so.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}

/// Small programs, written plain and compressed.
fn programs() -> Vec<Module> {
    let mut programs: Vec<Module> = (0..PROGRAMS * 3).map(generate).collect();
    programs.sort_by_cached_key(|module| write_with(module, WriteOptions { compress: false }).len());
    programs.truncate(PROGRAMS as usize);
    programs
}

#[test]
fn any_file_is_read_or_refused() {
    let mut files = vec![];
    for module in programs() {
        files.push(File::new(&write_with(&module, WriteOptions { compress: false })));
        files.push(File::new(&write_with(&module, WriteOptions { compress: true })));
    }
    let mut dice = Dice::new(1);
    let (mut unread, mut refused, mut accepted) = (0, 0, 0);
    for _ in 0..FILES {
        match read(&tampered(&files, &mut dice)) {
            Err(error) => {
                assert_eq!(error.code.0 / 100, 1, "{error}");
                unread += 1;
            }
            Ok(module) => {
                // What can be read can be written, and is the same then.
                if dice.chance(1) {
                    let bytes = write_with(&module, WriteOptions { compress: false });
                    assert_eq!(read(&bytes).as_ref(), Ok(&module));
                }
                match verify(module) {
                    Ok(_) => accepted += 1,
                    Err(_) => refused += 1,
                }
            }
        }
    }
    // Changes that nothing notices, or that the container stops at once, would test little.
    let counts = format!("{unread} unread, {refused} refused, {accepted} accepted");
    assert!(unread < FILES * 9 / 10 && refused > FILES / 20 && accepted > FILES / 100, "{counts}");
    if let Some(peak) = peak_memory() {
        assert!(peak < 512 << 10, "{peak} KiB of memory");
    }
}

/// The decompressor against damaged frames.
#[test]
fn any_frame_is_inflated_or_refused() {
    let mut module = Module::new("frames");
    module.strs = (0..300).map(|number: u32| format!("{} {}", number % 17, "ab".repeat(number as usize % 9))).collect();
    module.data = vec![(0..4000u32).map(|number| ((number * number) >> 7) as u8).collect()];
    let file = File::new(&write_with(&module, WriteOptions { compress: true }));
    assert!(file.sections.iter().any(|section| section.inflated_len > 0));
    let mut dice = Dice::new(2);
    for _ in 0..20_000 {
        let mut file = file.clone();
        for section in file.sections.iter_mut().filter(|section| section.inflated_len > 0) {
            for _ in 0..dice.between(1, 4) {
                let len = section.payload.len() as u64;
                // Headers matter most: those of the frame, of its blocks and of their tables.
                let at = if dice.chance(60) { dice.below(len.min(40)) } else { dice.below(len) };
                match dice.below(4) {
                    0 => section.payload[at as usize] = dice.bits() as u8,
                    1 => section.payload[at as usize] = *dice.pick(TELLING),
                    2 => section.payload[at as usize] ^= 1 << dice.below(8),
                    _ => drop(section.payload.remove(at as usize)),
                }
            }
        }
        let _ = read(&file.bytes());
    }
}

/// The assembler against texts whose words are mixed up.
#[test]
fn any_text_is_assembled_or_refused() {
    // Long texts only take time.
    let texts: Vec<String> = programs().iter().take(10).map(vitbc::text::print).collect();
    let words: Vec<&str> = texts.iter().flat_map(|text| text.split_inclusive([' ', '\n'])).collect();
    let mut dice = Dice::new(3);
    let (mut wrong, mut right) = (0, 0);
    for _ in 0..TEXTS {
        let mut parts: Vec<&str> = dice.pick(&texts).split_inclusive([' ', '\n']).collect();
        if dice.chance(10) {
            parts.truncate(dice.below(parts.len() as u64) as usize);
        }
        for _ in 0..dice.between(0, 3) {
            let at = dice.below(parts.len().max(1) as u64) as usize;
            match dice.below(4) {
                0 if !parts.is_empty() => drop(parts.remove(at)),
                1 if !parts.is_empty() => parts[at] = *dice.pick(&words),
                2 => parts.insert(at, "\n"),
                _ => {
                    parts.insert(at, *dice.pick(&["\"", "\\", "[", "(", "{", "#", "@", "r9", "-", "0x", "END\n", "?"]))
                }
            }
        }
        match vitbc::text::parse(&parts.concat(), &vitbc::text::ParseOptions::default()) {
            Ok(module) => {
                let text = vitbc::text::print(&module);
                let again = vitbc::text::parse(&text, &vitbc::text::ParseOptions::default());
                assert!(again.is_ok_and(|again| vitbc::text::print(&again) == text), "{text}");
                let _ = verify(module);
                right += 1;
            }
            Err(errors) => {
                assert!(errors.iter().all(|error| error.code.0 / 100 == 3 && error.place.line.is_some()));
                wrong += 1;
            }
        }
    }
    assert!(right > TEXTS / 20 && wrong > right, "{right} right, {wrong} wrong");
}
