//! Damaged programs: whatever the text, the front end ends with messages or with a module that the verifier accepts.

use std::fs;
use std::path::Path;
use vitte_frontend::{NoModules, Options, SourceFile, compile};

/// A small generator of numbers, so that each run does the same.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % n.max(1)
    }
}

/// The words and signs of a text, with what lies between them.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = vec![];
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let len = match is_word(first) {
            true => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            false => first.len_utf8(),
        };
        let (piece, after) = rest.split_at(len);
        pieces.push(piece);
        rest = after;
    }
    pieces
}

/// Removes, repeats, swaps or replaces some of the pieces.
fn mutate(pieces: &[&str], others: &[&str], dice: &mut Dice) -> String {
    let mut pieces = pieces.to_vec();
    for _ in 0..1 + dice.below(3) {
        if pieces.is_empty() {
            break;
        }
        let at = dice.below(pieces.len());
        match dice.below(5) {
            0 => {
                pieces.remove(at);
            }
            1 => pieces.insert(at, pieces[at]),
            2 => {
                let other = dice.below(pieces.len());
                pieces.swap(at, other);
            }
            3 => pieces[at] = others[dice.below(others.len())],
            _ => {
                let end = (at + dice.below(12)).min(pieces.len());
                pieces.drain(at..end);
            }
        }
    }
    pieces.concat()
}

fn check(name: &str, text: String) {
    let main = SourceFile { name: name.to_owned(), text };
    let result = compile(&mut NoModules, &main, &Options::default());
    if let Some(module) = result.module
        && let Err(error) = vitbc::verify::verify(module)
    {
        panic!("{name}: refused by the verifier: {error}\n{}", main.text);
    }
}

#[test]
fn damaged_programs_are_refused_or_correct() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/run");
    let mut files: Vec<_> = fs::read_dir(folder).expect("the folder is there").flatten().map(|e| e.path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "vit"));
    assert!(!files.is_empty(), "there are programs to damage");
    files.sort();
    let texts: Vec<String> = files.iter().map(|path| fs::read_to_string(path).expect("a readable program")).collect();
    let all: Vec<&str> = texts.iter().flat_map(|text| pieces(text)).collect();
    let n: usize = std::env::var("MUTANTS").ok().and_then(|n| n.parse().ok()).unwrap_or(3);
    for (path, text) in files.iter().zip(&texts) {
        let pieces = pieces(text);
        for seed in 0..n {
            let mut dice = Dice(seed as u64 * 7919 + text.len() as u64);
            let mutant = mutate(&pieces, &all, &mut dice);
            let name = format!("{} {seed}", path.file_name().unwrap_or_default().to_string_lossy());
            let copy = mutant.clone();
            let result = std::panic::catch_unwind(|| check(&name, mutant));
            assert!(result.is_ok(), "{name} panics:\n{copy}");
        }
    }
}
