//! Interned text: names compare as numbers. Keywords are the first names, in the order of [`KEYWORDS`].

use rustc_hash::FxHashMap;

/// A piece of text of [`Names`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Name(pub u32);

macro_rules! keywords {
    ($($konst:ident $text:literal;)*) => {
        /// The words that cannot be names.
        pub(crate) const KEYWORDS: &[&str] = &[$($text),*];

        /// Keywords, by their place in [`KEYWORDS`].
        #[allow(clippy::upper_case_acronyms)]
        #[repr(u32)]
        enum Order { $($konst),* }

        /// The keywords.
        #[allow(missing_docs)]
        pub(crate) mod kw {
            use super::{Name, Order};
            $(pub(crate) const $konst: Name = Name(Order::$konst as u32);)*
        }
    };
}

keywords! {
    FN "fn"; LET "let"; MUT "mut"; CONST "const"; STRUCT "struct"; ENUM "enum"; TRAIT "trait"; IMPL "impl"; FOR "for";
    IN "in"; WHILE "while"; LOOP "loop"; IF "if"; ELSE "else"; MATCH "match"; RETURN "return"; BREAK "break";
    CONTINUE "continue"; TRUE "true"; FALSE "false"; NIL "nil"; IMPORT "import"; PUB "pub"; EXTERN "extern"; TRY "try";
    CATCH "catch"; FINALLY "finally"; THROW "throw"; SPAWN "spawn"; RECEIVE "receive"; AFTER "after"; AS "as"; IS "is";
    AND "and"; OR "or"; NOT "not"; SELF "self";
}

/// The interned texts of a compilation.
#[derive(Debug)]
pub struct Names {
    map: FxHashMap<Box<str>, Name>,
    texts: Vec<Box<str>>,
}

impl Default for Names {
    fn default() -> Self {
        let mut names = Names { map: FxHashMap::default(), texts: vec![] };
        for keyword in KEYWORDS {
            names.intern(keyword);
        }
        names
    }
}

impl Names {
    /// The name of this text.
    pub fn intern(&mut self, text: &str) -> Name {
        if let Some(&name) = self.map.get(text) {
            return name;
        }
        let name = Name(self.texts.len() as u32);
        self.texts.push(text.into());
        self.map.insert(text.into(), name);
        name
    }

    /// The name of this text, if something bears it.
    pub fn get(&self, text: &str) -> Option<Name> {
        self.map.get(text).copied()
    }

    /// The text of a name.
    pub fn text(&self, name: Name) -> &str {
        &self.texts[name.0 as usize]
    }
}

impl Name {
    /// Whether it is a keyword.
    pub(crate) fn is_keyword(self) -> bool {
        (self.0 as usize) < KEYWORDS.len()
    }
}

/// The candidate most like `name`, if one is near enough to have been meant.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // One letter is like any other.
    let limit = match name.chars().count() {
        0 | 1 => 0,
        len => (len / 3).max(1),
    };
    let first = |text: &str| text.chars().next();
    // Of equally near ones, those that begin alike are more likely.
    let mut best: Option<((usize, bool), &str)> = None;
    for candidate in candidates {
        // The difference in length is the least distance there can be.
        if candidate.len().abs_diff(name.len()) > limit || candidate == name {
            continue;
        }
        let far = match candidate.eq_ignore_ascii_case(name) {
            true => 0,
            false => distance(name, candidate),
        };
        let rank = (far, first(candidate) != first(name));
        if far <= limit && best.is_none_or(|(near, known)| (rank, candidate) < (near, known)) {
            best = Some((rank, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// All names there are, for a message; none if they are so many that they are better looked up.
pub(crate) fn listed(mut names: Vec<&str>) -> Option<String> {
    const MOST: usize = 24;
    names.sort_unstable();
    (1..=MOST).contains(&names.len()).then(|| format!("`{}`", names.join("`, `")))
}

/// Optimal string alignment distance: insertions, deletions, replacements, swaps of neighbours.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let mut least = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    least = least.min(rows[i - 2][j - 2] + 1);
                }
                least
            };
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn keywords_come_first() {
        let mut names = Names::default();
        assert_eq!(names.intern("self"), kw::SELF);
        assert!(names.intern("fn").is_keyword());
        let own = names.intern("x");
        assert!(!own.is_keyword());
        assert_eq!((names.intern("x"), names.text(own)), (own, "x"));
    }

    #[test]
    fn slips_of_the_pen_are_recognised() {
        assert_eq!(nearest("prnit", ["print", "sprint", "point"]), Some("print"));
        assert_eq!(nearest("lenght", ["length", "len"]), Some("length"));
        assert_eq!(nearest("x", ["foo", "y", "Eq"]), None);
        assert_eq!(nearest("x", ["X"]), Some("X"));
    }

    /// The words that a grammar for editors looks for under names that begin with `kind`.
    fn words_of(grammar: &str, kind: &str) -> BTreeSet<String> {
        let kind = format!("\"{kind}");
        let mut words = BTreeSet::new();
        let mut lines = grammar.lines().peekable();
        while let Some(line) = lines.next() {
            // The name stands on the line of the pattern or on the one before.
            let pattern = match line.contains("\"match\"") {
                true => line,
                false => lines.peek().copied().unwrap_or_default(),
            };
            if line.contains(&kind) && pattern.contains("\"match\"") {
                let pattern = pattern.split_once("\"match\"").map_or("", |(_, pattern)| pattern).replace("\\\\b", " ");
                words.extend(pattern.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_owned));
            }
        }
        words.remove("");
        words
    }

    #[test]
    fn the_grammar_for_editors_knows_all_words() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../editors/vscode/syntaxes/vitte.tmLanguage.json");
        let grammar = std::fs::read_to_string(path).unwrap();
        let kinds = ["keyword.control.v", "keyword.operator.word", "storage.modifier", "keyword.declaration.v"];
        let kinds = kinds.into_iter().chain(["constant.language", "variable.language"]);
        let known: BTreeSet<String> = kinds.flat_map(|kind| words_of(&grammar, kind)).collect();
        let mut wanted: BTreeSet<String> = KEYWORDS.iter().map(|&word| word.to_owned()).collect();
        // Words that mean something in some places only.
        wanted.extend(["assert", "spawn_link", "spawn_monitor"].map(str::to_owned));
        assert_eq!(known, wanted);
        // Other names of `int`, `u64` and `i8` or `u8`.
        let types = crate::types::basic_names().chain(["i64", "usize", "char"]);
        let types: BTreeSet<String> = types.map(str::to_owned).collect();
        assert_eq!(words_of(&grammar, "storage.type.primitive"), types);
    }
}
