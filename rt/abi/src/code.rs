//! The side tables of compiled code: for each return address what is live, who handles an exception, and where in
//! the source it is.
//!
//! All offsets into code count from the start of the program's text. The encoding is a sequence of 32-bit
//! little-endian words, read in place:
//!
//! ```text
//! [n sites][n buckets][n words of details][n locations][n bytes of text]
//! buckets    for each 256 bytes of code, the first site at or after its start
//! return pc  of each site, ascending
//! site       [frame size][roots][handlers][location]     roots, handlers: index into details, 0 for none
//! details    roots:    [n] then n offsets from the stack pointer, in bytes
//!            handlers: [n] then n times [type filter or ANY][target pc][depth]
//! location   [function name][file][line][column][caller's location or NONE]     names: [offset]: u32 length, text
//! ```
//!
//! The *frame size* is the frame pointer minus the stack pointer at the call. The *depth* of a handler is the number of
//! calls that were inlined around the function that it is of: so many of the site's locations are not passed.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

/// As a filter: catches everything.
pub const ANY: u32 = u32::MAX;
/// No location.
pub const NONE: u32 = u32::MAX;

/// Code bytes to a bucket.
const BUCKET: u32 = 256;

/// A handler around a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Handler {
    /// The type that it takes, or [`ANY`].
    pub filter: u32,
    /// The offset to continue at.
    pub target: u32,
    /// How many calls were inlined around its function.
    pub depth: u32,
}

/// What is known at a return address.
#[derive(Clone, PartialEq, Debug)]
pub struct Site {
    /// The offset of the return address.
    pub pc: u32,
    /// Frame pointer minus stack pointer at the call, in bytes.
    pub frame_size: u32,
    /// The traced words that live across the call: offsets from the stack pointer, in bytes.
    pub roots: Vec<u32>,
    /// The handlers of this frame, inner first.
    pub handlers: Vec<Handler>,
    /// An index into the locations, or [`NONE`].
    pub location: u32,
}

/// A place in the source, and where it was inlined.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Location {
    /// The function's name.
    pub function: String,
    /// The source file; empty if unknown.
    pub file: String,
    /// The line, counted from 1; 0 if unknown.
    pub line: u32,
    /// The column, counted from 1; 0 if unknown.
    pub column: u32,
    /// The location of the call that was inlined here, or [`NONE`].
    pub caller: u32,
}

/// Encodes the tables. `sites` ascend by `pc`; `text_len` is the length of the program's code.
pub fn encode(sites: &[Site], locations: &[Location], text_len: u32) -> Vec<u8> {
    let mut details = alloc::vec![0u32];
    let mut known: BTreeMap<Vec<u32>, u32> = BTreeMap::new();
    let mut detail = |words: Vec<u32>| -> u32 {
        if words.is_empty() {
            return 0;
        }
        *known.entry(words).or_insert_with_key(|words| {
            let at = details.len() as u32;
            details.push(0); // The count, set below by the caller's layout: a handler counts as one.
            details.extend_from_slice(words);
            at
        })
    };
    let mut records = Vec::with_capacity(sites.len() * 4);
    let mut counts = Vec::new();
    for site in sites {
        let roots = detail(site.roots.clone());
        counts.push((roots, site.roots.len() as u32));
        // A leading marker keeps handler lists apart from root lists of the same numbers.
        let mut words: Vec<u32> = Vec::new();
        if !site.handlers.is_empty() {
            words.push(NONE);
            words.extend(site.handlers.iter().flat_map(|handler| [handler.filter, handler.target, handler.depth]));
        }
        let handlers = detail(words);
        counts.push((handlers, site.handlers.len() as u32));
        records.extend([site.frame_size, roots, handlers, site.location]);
    }
    for (at, count) in counts {
        if at != 0 {
            details[at as usize] = count;
        }
    }

    let n_buckets = text_len / BUCKET + 2;
    let mut text = Vec::new();
    let mut names: BTreeMap<&str, u32> = BTreeMap::new();
    let mut name_words = Vec::with_capacity(locations.len() * 5);
    for location in locations {
        for name in [&location.function, &location.file] {
            let at = *names.entry(name).or_insert_with(|| {
                let at = text.len() as u32;
                text.extend((name.len() as u32).to_le_bytes());
                text.extend(name.as_bytes());
                at
            });
            name_words.push(at);
        }
        name_words.extend([location.line, location.column, location.caller]);
    }

    let mut words =
        alloc::vec![sites.len() as u32, n_buckets, details.len() as u32, locations.len() as u32, text.len() as u32];
    let mut next = 0;
    for bucket in 0..n_buckets {
        while next < sites.len() && sites[next].pc < bucket * BUCKET {
            next += 1;
        }
        words.push(next as u32);
    }
    words.extend(sites.iter().map(|site| site.pc));
    words.extend(records);
    words.extend(details);
    words.extend(name_words);
    let mut bytes: Vec<u8> = words.into_iter().flat_map(u32::to_le_bytes).collect();
    bytes.extend(text);
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    bytes
}

/// The encoded tables, read in place.
#[derive(Clone, Copy, Debug)]
pub struct CodeTable<'a> {
    buckets: &'a [[u8; 4]],
    pcs: &'a [[u8; 4]],
    sites: &'a [[u8; 4]],
    details: &'a [[u8; 4]],
    locations: &'a [[u8; 4]],
    text: &'a [u8],
}

/// One site of the encoded tables.
#[derive(Clone, Copy, Debug)]
pub struct SiteRef<'a> {
    table: CodeTable<'a>,
    record: &'a [[u8; 4]],
}

/// One location of the encoded tables without its caller. Equal names are at equal offsets, so that places of one
/// table can be compared without reading their names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// Where the function's name is.
    function: u32,
    /// Where the source file's name is.
    file: u32,
    line: u32,
    column: u32,
}

/// A [`Place`] with its names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LocationRef<'a> {
    /// The function's name.
    pub function: &'a str,
    /// The source file.
    pub file: &'a str,
    /// The line, 0 if unknown.
    pub line: u32,
    /// The column, 0 if unknown.
    pub column: u32,
}

fn word(words: &[[u8; 4]], at: usize) -> u32 {
    u32::from_le_bytes(words[at])
}

impl<'a> CodeTable<'a> {
    /// Reads what [`encode`] wrote; `None` if the lengths do not add up.
    pub fn new(bytes: &'a [u8]) -> Option<CodeTable<'a>> {
        let (words, _) = bytes.as_chunks::<4>();
        let mut at = 5usize;
        let head: [usize; 5] =
            core::array::from_fn(|i| words.get(i).map_or(usize::MAX, |&w| u32::from_le_bytes(w) as usize));
        let mut take = |n: usize| {
            let part = words.get(at..at.checked_add(n)?)?;
            at += n;
            Some(part)
        };
        let buckets = take(head[1])?;
        let pcs = take(head[0])?;
        let sites = take(head[0].checked_mul(4)?)?;
        let details = take(head[2])?;
        let locations = take(head[3].checked_mul(5)?)?;
        let text = bytes.get(at * 4..)?.get(..head[4])?;
        Some(CodeTable { buckets, pcs, sites, details, locations, text })
    }

    /// The site whose return address is at `pc`.
    pub fn find(&self, pc: u32) -> Option<SiteRef<'a>> {
        let bucket = (pc / BUCKET) as usize;
        let (first, last) = (*self.buckets.get(bucket)?, *self.buckets.get(bucket + 1)?);
        let range = u32::from_le_bytes(first) as usize..u32::from_le_bytes(last) as usize;
        let index = range.start + self.pcs.get(range)?.binary_search_by_key(&pc, |&w| u32::from_le_bytes(w)).ok()?;
        Some(SiteRef { table: *self, record: &self.sites[index * 4..index * 4 + 4] })
    }

    /// Location number `index`, and that of the call that was inlined there, or [`NONE`].
    pub fn place(&self, index: u32) -> Option<(Place, u32)> {
        let at = (index as usize).checked_mul(5)?;
        let record = self.locations.get(at..at + 5)?;
        let [function, file, line, column] = core::array::from_fn(|i| word(record, i));
        Some((Place { function, file, line, column }, word(record, 4)))
    }

    /// A place of this table with its names.
    pub fn location(&self, place: Place) -> Option<LocationRef<'a>> {
        let Place { function, file, line, column } = place;
        Some(LocationRef { function: self.name(function)?, file: self.name(file)?, line, column })
    }

    fn name(&self, at: u32) -> Option<&'a str> {
        let rest = self.text.get(at as usize..)?;
        let (len, rest) = rest.split_first_chunk::<4>()?;
        core::str::from_utf8(rest.get(..u32::from_le_bytes(*len) as usize)?).ok()
    }
}

impl<'a> SiteRef<'a> {
    /// Frame pointer minus stack pointer at the call, in bytes.
    pub fn frame_size(&self) -> u32 {
        word(self.record, 0)
    }

    /// The offsets of the live traced words from the stack pointer, in bytes.
    pub fn roots(&self) -> impl Iterator<Item = u32> + 'a {
        let at = word(self.record, 1) as usize;
        let n = if at == 0 { 0 } else { word(self.table.details, at) as usize };
        self.table.details[at + 1..at + 1 + n].iter().map(|&w| u32::from_le_bytes(w))
    }

    /// The handlers of the frame, inner first.
    pub fn handlers(&self) -> impl Iterator<Item = Handler> + 'a {
        let at = word(self.record, 2) as usize;
        let n = if at == 0 { 0 } else { word(self.table.details, at) as usize };
        let details = self.table.details;
        (0..n).map(move |i| {
            let [filter, target, depth] = core::array::from_fn(|part| word(details, at + 2 + i * 3 + part));
            Handler { filter, target, depth }
        })
    }

    /// An index for [`CodeTable::location`], or [`NONE`].
    pub fn location(&self) -> u32 {
        word(self.record, 3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn sites_are_found_by_their_return_address() {
        let site = |pc, roots: Vec<u32>, handlers| Site { pc, frame_size: 32, roots, handlers, location: 0 };
        let handler = |filter, target, depth| Handler { filter, target, depth };
        let sites = [
            site(5, vec![], vec![]),
            site(300, vec![0, 8], vec![handler(ANY, 320, 0), handler(7, 340, 2)]),
            site(301, vec![7, 340, 0], vec![handler(7, 340, 0)]),
            site(5000, vec![0, 8], vec![]),
        ];
        let location = Location { function: "f".into(), file: "f.vit".into(), line: 3, column: 5, caller: NONE };
        let bytes = encode(&sites, core::slice::from_ref(&location), 5001);
        let table = CodeTable::new(&bytes).unwrap();
        for site in &sites {
            let found = table.find(site.pc).unwrap();
            assert_eq!(found.roots().collect::<Vec<_>>(), site.roots);
            assert_eq!(found.handlers().collect::<Vec<_>>(), site.handlers);
            assert_eq!(found.frame_size(), 32);
        }
        assert!(table.find(6).is_none() && table.find(100_000).is_none());
        let (place, caller) = table.place(0).unwrap();
        assert_eq!((table.location(place).unwrap().file, caller), ("f.vit", NONE));
        assert!(CodeTable::new(&bytes[..40]).is_none());
    }
}
