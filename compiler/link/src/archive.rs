//! Static libraries: a program's object and the runtime's in one archive.

mod write;

use crate::error::LinkError;
use crate::runtime::find_runtime;
use crate::target::Target;
use object::read::archive::ArchiveFile;

/// The name of a program's object.
const PROGRAM: &[u8] = b"program.o";

/// The bytes of a library with `object`, which comes first, and the target's runtime.
///
/// # Errors
/// There is no runtime, or it cannot be read.
pub fn make_library(target: &Target, object: &[u8]) -> Result<Vec<u8>, LinkError> {
    let runtime = find_runtime(&target.name)?.archive()?;
    let archive = ArchiveFile::parse(&*runtime)?;
    let mut members = vec![(PROGRAM.to_vec(), object)];
    for member in archive.members() {
        let member = member?;
        members.push((member.name().to_vec(), member.data(&*runtime)?));
    }
    write::write(&members).ok_or(LinkError::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;
    use object::{Object, ObjectSymbol};

    #[test]
    fn symbols_lead_to_their_members() {
        let target = Target::host().unwrap();
        let bytes = make_library(&target, b"no object, and so without symbols").unwrap();
        let archive = ArchiveFile::parse(&*bytes).unwrap();
        let symbols = archive.symbols().unwrap().expect("a map of symbols");
        let main = symbols.map(Result::unwrap).find(|symbol| symbol.name() == b"vt_main").expect("the runtime's main");
        let member = archive.member(main.offset()).unwrap();
        let object = object::File::parse(member.data(&*bytes).unwrap()).unwrap();
        assert!(object.symbols().any(|symbol| symbol.name() == Ok("vt_main") && symbol.is_definition()));
    }
}
