//! Archives of object files, as `ar` writes them, but without times and owners: the same input gives the same bytes.
//!
//! ```text
//! !<arch>\n
//! /         which member defines which symbol: their number, as many offsets of members, then names; big-endian
//! //        names of more than 15 bytes
//! member    a header of 60 bytes, then the object, padded to an even number of bytes
//! …
//! ```

use object::{Object, ObjectSymbol};

const MAGIC: &[u8] = b"!<arch>\n";
const HEADER: usize = 60;

/// An archive of these members, which are names and objects; `None` if it would have too many bytes.
pub(crate) fn write(members: &[(Vec<u8>, &[u8])]) -> Option<Vec<u8>> {
    let (mut symbols, mut n_symbols) = (Vec::new(), Vec::new());
    let (mut names, mut shown) = (Vec::new(), Vec::new());
    for (name, data) in members {
        let before = symbols.len();
        if let Ok(file) = object::File::parse(*data) {
            let defined = file.symbols().filter(|symbol| symbol.is_global() && symbol.is_definition());
            symbols.extend(defined.filter_map(|symbol| Some([symbol.name_bytes().ok()?, b"\0"].concat())));
        }
        n_symbols.push(symbols.len() - before);
        shown.push(if name.len() > 15 {
            let at = names.len();
            names.extend_from_slice(name);
            names.extend_from_slice(b"/\n");
            format!("/{at}").into_bytes()
        } else {
            [name.as_slice(), b"/"].concat()
        });
    }
    let map_size = 4 + 4 * symbols.len() + symbols.iter().map(Vec::len).sum::<usize>();
    let mut at = MAGIC.len() + HEADER + even(map_size);
    if !names.is_empty() {
        at += HEADER + even(names.len());
    }
    let mut map = Vec::with_capacity(map_size);
    map.extend((symbols.len() as u32).to_be_bytes());
    for (&n, (_, data)) in n_symbols.iter().zip(members) {
        let offset = u32::try_from(at).ok()?;
        map.extend(offset.to_be_bytes().repeat(n));
        at += HEADER + even(data.len());
    }
    map.extend(symbols.concat());

    let mut out = MAGIC.to_vec();
    append(&mut out, b"/", &map);
    if !names.is_empty() {
        append(&mut out, b"//", &names);
    }
    for (name, (_, data)) in shown.iter().zip(members) {
        append(&mut out, name, data);
    }
    Some(out)
}

/// Appends a member.
fn append(out: &mut Vec<u8>, name: &[u8], data: &[u8]) {
    let header = format!("{:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", "", 0, 0, 0, 644, data.len());
    let start = out.len();
    out.extend_from_slice(header.as_bytes());
    out[start..start + name.len()].copy_from_slice(name);
    out.extend_from_slice(data);
    if !data.len().is_multiple_of(2) {
        out.push(b'\n');
    }
}

fn even(size: usize) -> usize {
    size.next_multiple_of(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use object::read::archive::ArchiveFile;

    #[test]
    fn members_come_back() {
        let long = b"a-name-of-more-than-fifteen-bytes.o".to_vec();
        let members = [(b"short.o".to_vec(), &b"odd"[..]), (long, b"even"), (b"last.o".to_vec(), b"")];
        let bytes = write(&members).unwrap();
        let archive = ArchiveFile::parse(&*bytes).unwrap();
        let read: Vec<_> = archive.members().map(Result::unwrap).collect();
        assert_eq!(read.len(), members.len());
        for (read, (name, data)) in read.iter().zip(&members) {
            assert_eq!((read.name(), read.data(&*bytes).unwrap()), (name.as_slice(), *data));
        }
    }
}
