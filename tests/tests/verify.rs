//! The corpus of modules that are refused, one file a rule, and of some that look wrong but are right.
//!
//! `tests/verify/a_readme.vitasm` and `a_readme.hex` explain the files. `BLESS=1 cargo test -p vitte-tests --test
//! verify` rewrites what they expect; read the diff.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use vitbc::text::{ParseOptions, parse};
use vitbc::verify::verify;
use vitbc::{Code, Error, Module, read, write};
use vitte_tests::bake;

/// Codes that no file can show: files do not hold the predefined types, the reader refuses more parameters than
/// registers, and code too complex takes a file too large. The crate's own tests show them.
const NOT_IN_FILES: &[Code] = &[Code::BAD_PREDEFINED, Code::BAD_PARAMS, Code::TOO_COMPLEX];

fn corpus() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("verify");
    let mut files = vec![];
    let mut folders = vec![folder];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => files.push(path),
            }
        }
    }
    files.sort();
    files
}

/// What a file's first line has to say; an error if the file has not the form of a module.
fn verdict(path: &Path, text: &str) -> Result<String, String> {
    let module = match path.extension().and_then(|extension| extension.to_str()) {
        Some("vitasm") => Ok(parse(text, &ParseOptions::default()).map_err(|errors| errors[0].to_string())?),
        Some("hex") => read(&bake(text)?),
        _ => return Err("neither .vitasm nor .hex".to_owned()),
    };
    Ok(match module.and_then(|module| both_ways(path, module)) {
        Ok(()) => ";; verifies".to_owned(),
        Err(error) => format!(";; error: {} {error}", error.code),
    })
}

/// The verifier's verdict; a module that it takes must come back unchanged from bytes and from text.
fn both_ways(path: &Path, module: Module) -> Result<(), Error> {
    let module = verify(module)?;
    assert_eq!(read(&write(&module)).as_ref(), Ok(&*module), "{}", path.display());
    let text = vitbc::text::print(&module);
    assert_eq!(parse(&text, &ParseOptions::default()).as_ref(), Ok(&*module), "{}:\n{text}", path.display());
    Ok(())
}

#[test]
fn verdicts() {
    let bless = std::env::var_os("BLESS").is_some();
    let mut wrong = vec![];
    for path in corpus() {
        let text = fs::read_to_string(&path).unwrap();
        let (expected, rest) = text.split_once('\n').unwrap_or((&text, ""));
        match verdict(&path, &text) {
            Ok(found) if found == expected => {}
            Ok(found) if bless => fs::write(&path, format!("{found}\n{rest}")).unwrap(),
            Ok(found) => wrong.push(format!("{}\n  expected {expected}\n  found    {found}", path.display())),
            Err(message) => wrong.push(format!("{}: {message}", path.display())),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_code_is_shown() {
    let shown: BTreeSet<String> = corpus()
        .iter()
        .filter_map(|path| Some(fs::read_to_string(path).ok()?.split_whitespace().nth(2)?.to_owned()))
        .collect();
    for &(code, title, explanation) in Code::ALL {
        assert!(!explanation.is_empty(), "{code} is not explained");
        let by_file = (100..300).contains(&code.0) && !NOT_IN_FILES.contains(&code);
        assert!(!by_file || shown.contains(&code.to_string()), "no file shows {code}: {title}");
    }
}
