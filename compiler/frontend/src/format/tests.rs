//! Formatting keeps the program, is stable, and looks as it should.

use super::format;
use crate::lex::lex;
use crate::names::Names;
use crate::parse::parse;
use std::path::Path;

/// The tree of both sources, printed without places and without what formatting may change.
fn trees(sources: [&str; 2]) -> [String; 2] {
    let mut names = Names::default();
    sources.map(|source| {
        let mut diagnostics = vec![];
        let tokens = lex(source, 0, &mut names, &mut diagnostics);
        let ast = parse(tokens, &mut names, &mut diagnostics);
        assert!(
            diagnostics.iter().all(|d| d.severity != crate::diagnostic::Severity::Error),
            "{diagnostics:?}\n{source}"
        );
        let text = format!("{ast:?}");
        let mut out = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(at) = rest.find("Span {") {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            rest = &rest[rest.find('}').unwrap() + 1..];
        }
        out.push_str(rest);
        // Within a block, only the last statement's semicolon means something, and then it shows as a missing value.
        out.replace(", true), span", "), span").replace(", false), span", "), span")
    })
}

/// The words of a source's comments.
fn comments(source: &str) -> Vec<String> {
    let mut names = Names::default();
    let tokens = lex(source, 0, &mut names, &mut vec![]).tokens;
    let mut found = vec![];
    let (mut end, mut depth) = (0, 0);
    for token in tokens {
        if depth == 0 {
            let gap = &source[end..(token.start as usize).max(end)];
            found.extend(gap.split_whitespace().map(str::to_owned));
        }
        match token.tok {
            crate::lex::Tok::StrStart => depth += 1,
            crate::lex::Tok::StrEnd => depth -= 1,
            _ => {}
        }
        end = end.max(token.end as usize);
    }
    found
}

#[track_caller]
fn check(source: &str) -> String {
    let once = format(source).unwrap_or_else(|diagnostics| panic!("{diagnostics:?}\n{source}"));
    let twice = format(&once).unwrap_or_else(|diagnostics| panic!("{diagnostics:?}\n{once}"));
    assert_eq!(once, twice, "not stable; from:\n{source}");
    let [before, after] = trees([source, &once]);
    assert_eq!(before, after, "another program:\n{source}\n{once}");
    let [mut before, mut after] = [comments(source), comments(&once)];
    before.sort();
    after.sort();
    assert_eq!(before, after, "{once}");
    once
}

#[track_caller]
fn formats(source: &str, wanted: &str) {
    assert_eq!(check(source), wanted);
}

#[test]
fn spaces() {
    formats("let x=1+ -2*( a [ 0 ]. b ( c ,d ) )", "let x = 1 + -2 * (a[0].b(c, d))\n");
    formats("x . f ( ) ! . g [ int ] ( ) ;", "x.f()!.g[int]()\n");
    formats("for i in 0 .. n - 1{ }", "for i in 0..n - 1 {}\n");
    formats("for i in 0 .. { break }", "for i in 0.. { break }\n");
    formats("let m:{str:[int]}={ \"a\" : [1] }", "let m: {str: [int]} = {\"a\": [1]}\n");
    formats("let e: {int:int} = {:}", "let e: {int: int} = {:}\n");
    formats("xs.map( | x , y :int | x|y )", "xs.map(|x, y: int| x | y)\n");
    formats("spawn  { || 1 }", "spawn { || 1 }\n");
    formats("impl[T] [T]{fn f(self)->T?{nil}}", "impl[T] [T] { fn f(self) -> T? { nil } }\n");
    formats("impl [int] { }", "impl [int] {}\n");
    formats("extern \"m\" fn f(x:*const char,...)->int ;", "extern \"m\" fn f(x: *const char, ...) -> int\n");
    formats("if not a and! b { }", "if not a and !b {}\n");
    formats("let f : fn ( int )->int = g", "let f: fn(int) -> int = g\n");
    formats("match x { 1 ..  => 2 , _ if  y => 3 }", "match x {\n    1.. => 2,\n    _ if y => 3,\n}\n");
    formats("print(\"a{ x+1 }b\")", "print(\"a{ x+1 }b\")\n");
    formats("let a = x as int? ?? 3", "let a = x as int? ?? 3\n");
}

#[test]
fn statements() {
    formats("let a = 1; let b = 2;\n\n\n\nprint(a);", "let a = 1\nlet b = 2\n\nprint(a)\n");
    formats("fn f() -> int { g(); h() }", "fn f() -> int {\n    g()\n    h()\n}\n");
    formats("fn f() { g(); }", "fn f() { g(); }\n");
    formats("if a { b } else {\n c }", "if a {\n    b\n} else {\n    c\n}\n");
    formats("if a { b }\nelse { c }", "if a { b } else { c }\n");
    formats("try{f()}\ncatch e:IoError{g()}finally{h()}", "try { f() } catch e: IoError { g() } finally { h() }\n");
    formats("(a + b).c(); (d)", "(a + b).c()\n(d)\n");
    formats(
        "match f(x) { A(n) => { n }\n(a, b) => a, | C | D => x = 1\n _ => Point { x } }",
        "match f(x) {\n    A(n) => { n }\n    (a, b) => a,\n    | C | D => x = 1,\n    _ => Point { x },\n}\n",
    );
    formats(
        "struct P{x:int,y:int=0}\nenum E{A(int),B{w:int}\nC}",
        "struct P { x: int, y: int = 0 }\nenum E { A(int), B { w: int }, C }\n",
    );
    formats("struct P {\nx: int\ny: int }", "struct P {\n    x: int,\n    y: int,\n}\n");
    formats("receive { Done(id) => id, after 500 => -1 }", "receive {\n    Done(id) => id,\n    after 500 => -1,\n}\n");
    formats(
        "trait A { fn a(self) -> float; fn b(self) -> float { self.a() } }",
        "trait A {\n    fn a(self) -> float\n    fn b(self) -> float { self.a() }\n}\n",
    );
}

#[test]
fn comments_stay() {
    formats(
        "#!/usr/bin/env vitte\n// a\n\n/// b\nfn f() { // c\n  // d\n  g() // e\n  // f\n}\n// g",
        "#!/usr/bin/env vitte\n// a\n\n/// b\nfn f() { // c\n    // d\n    g() // e\n    // f\n}\n// g\n",
    );
    formats("f(a, // one\n b) // two", "f(\n    a, // one\n    b,\n) // two\n");
    formats("f(/* x */ a, b /* y */)", "f(/* x */ a, b /* y */ )\n");
    formats("let x = a + // why\n b", "let x = a + // why\n    b\n");
    formats("xs\n  // first\n  .map(f)\n  .filter(g)", "xs\n    // first\n    .map(f)\n    .filter(g)\n");
    formats("fn f() {\n\n  // only\n\n}", "fn f() {\n    // only\n}\n");
    formats("/* a\n   b */ f()", "/* a\n   b */\nf()\n");
}

#[test]
fn long_lines() {
    let name = "a_name_of_thirty_characters_ab";
    formats(
        &format!("call({name}, {name}, {name}, {name})"),
        &format!("call(\n    {name},\n    {name},\n    {name},\n    {name},\n)\n"),
    );
    formats(
        &format!("let x = {name} and {name} + 1 and {name} and {name}"),
        &format!("let x = {name} and\n    {name} + 1 and\n    {name} and\n    {name}\n"),
    );
    formats(
        &format!("let x = {name}.map({name}).filter({name}).fold(1)"),
        &format!("let x = {name}\n    .map({name})\n    .filter({name})\n    .fold(1)\n"),
    );
    formats("spawn_all(10, |x| { f(x); g(x) })", "spawn_all(10, |x| {\n    f(x)\n    g(x)\n})\n");
    formats(
        &format!("fn {name}(a: int, {name}: int) -> [int] {{ {name} }}"),
        &format!("fn {name}(a: int, {name}: int) -> [int] {{\n    {name}\n}}\n"),
    );
    formats(
        &format!("fn {name}({name}: int, {name}: int) -> [int] {{ 1 }}"),
        &format!("fn {name}(\n    {name}: int,\n    {name}: int,\n) -> [int] {{\n    1\n}}\n"),
    );
    let numbers: Vec<String> = (0..60).map(|n| n.to_string()).collect();
    let table = check(&format!("let t = [{}]", numbers.join(", ")));
    assert_eq!(table.lines().count(), 5, "{table}");
}

#[test]
fn what_cannot_be_parsed_is_reported() {
    let diagnostics = format("let x = ").unwrap_err();
    assert_eq!(diagnostics[0].span.start, 8);
}

fn sources(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() && name != "target" && name != ".git" {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "vit") {
            found.push(path);
        }
    }
}

#[test]
fn every_program_of_the_project_stays_what_it_is() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut found = vec![];
    sources(&root, &mut found);
    let mut formatted = 0;
    for path in found {
        let source = std::fs::read_to_string(&path).unwrap();
        // Programs that show an error of the parser cannot be formatted.
        if format(&source).is_ok() {
            check(&source);
            formatted += 1;
        }
    }
    assert!(formatted > 0);
}

/// A random program that parses, badly laid out.
struct Generate {
    state: u64,
    out: String,
}

impl Generate {
    fn below(&mut self, n: u64) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state % n
    }

    fn pick(&mut self, texts: &[&str]) {
        let at = self.below(texts.len() as u64) as usize;
        self.out.push_str(texts[at]);
    }

    /// Where a line may end without ending a statement.
    fn gap(&mut self) {
        self.pick(&[" ", " ", " ", "  ", "\n", " /* c */ ", " // c\n", "\n\n// own\n"]);
    }

    fn name(&mut self) {
        self.pick(&["x", "value", "a_rather_long_name_for_a_variable", "self", "point", "i"]);
    }

    fn list(&mut self, depth: u32, item: fn(&mut Self, u32)) {
        let count = self.below(4);
        for position in 0..count {
            self.gap();
            item(self, depth);
            if position + 1 < count {
                self.out.push(',');
            }
        }
    }

    fn expr(&mut self, depth: u32) {
        if depth == 0 {
            match self.below(3) {
                0 => self.name(),
                _ => self.pick(&["1", "0xff", "2.5", "\"text\"", "\"n is {n + 1}\"", "nil", "true", "'a'", "b\"q\""]),
            }
            return;
        }
        let depth = depth - 1;
        match self.below(16) {
            0 | 1 => {
                self.expr(depth);
                self.pick(&[" +", " and", " ??", "*", " ==", "|", " <<", " -", "||"]);
                self.gap();
                self.out.push('(');
                self.expr(depth);
                self.out.push(')');
            }
            2 => {
                self.pick(&["-", "!", "not ", "~"]);
                self.expr(0);
            }
            3 | 4 => {
                self.name();
                self.out.push('(');
                self.list(depth, Self::expr);
                self.out.push(')');
            }
            5 | 6 => {
                self.name();
                for _ in 0..=self.below(4) {
                    self.pick(&[".", "\n  .", "?.", "\n// dot\n.", "."]);
                    self.pick(&["map", "len", "a_method_with_a_name"]);
                    self.out.push('(');
                    self.list(depth, Self::expr);
                    self.out.push(')');
                }
            }
            7 => {
                self.out.push('[');
                self.list(depth, Self::expr);
                self.out.push(']');
            }
            8 => {
                self.out.push_str("{\"k\":");
                self.expr(depth);
                self.pick(&["}", ",}", ",\n}", ", \"l\" : 2 }"]);
            }
            9 => {
                self.out.push_str("Point {");
                self.pick(&["", "\n"]);
                self.out.push_str("x: ");
                self.expr(depth);
                self.pick(&[", y: 1 }", "\n y: 2\n}", ",}"]);
            }
            10 => {
                self.pick(&["|x|", "|x, y: int|", "||", "|(a, b)|"]);
                self.out.push(' ');
                self.expr(depth);
            }
            11 => {
                self.out.push_str("|x|");
                self.block(depth);
            }
            12 => {
                self.out.push_str("if c");
                self.block(depth);
                self.pick(&["else", "\nelse ", "// otherwise\nelse"]);
                self.block(depth);
            }
            13 => {
                self.out.push_str("match value {");
                for _ in 0..self.below(3) {
                    self.pick(&["\n", "", "\n// arm\n"]);
                    self.pick(&["A(n)", "(a, b)", "1..=9", "[x, ..rest]", "B | C", "\"s\"", "x @ 3 if x"]);
                    self.out.push_str(" =>");
                    self.gap();
                    self.expr(depth);
                    self.pick(&[",", ",\n", "\n", ", // why\n"]);
                }
                self.out.push('}');
            }
            14 => {
                self.out.push('(');
                self.expr(depth);
                self.out.push(',');
                self.gap();
                self.expr(depth);
                self.pick(&[")", ",)"]);
            }
            _ => {
                self.name();
                self.out.push('[');
                self.expr(depth);
                self.pick(&["]", "] as int", "].0", "]!"]);
            }
        }
    }

    fn block(&mut self, depth: u32) {
        self.pick(&["{", " { ", "{\n", "{ // open\n"]);
        for _ in 0..self.below(4) {
            self.stmt(depth);
        }
        self.out.push('}');
    }

    fn stmt(&mut self, depth: u32) {
        match self.below(6) {
            0 => {
                self.pick(&["let x = ", "let (a, b): (int, str) =", "let mut value =\n", "let y: {str: [int]}? = "]);
                self.expr(depth);
            }
            1 => {
                self.name();
                self.pick(&["=", " += ", "[0] <<= "]);
                self.expr(depth);
            }
            2 => {
                self.pick(&["for i in 0..n", "while x.len() > 0 and a", "'outer: loop", "for (k, v) in map"]);
                self.block(depth.saturating_sub(1));
            }
            3 => {
                self.out.push_str("return ");
                self.expr(depth);
            }
            4 => {
                self.out.push_str("try");
                self.block(depth.saturating_sub(1));
                self.pick(&["catch e: IoError", "\ncatch e", "finally"]);
                self.block(depth.saturating_sub(1));
            }
            _ => self.expr(depth),
        }
        self.pick(&["\n", ";", ";\n", "\n\n\n", " // end\n", " /* end */\n", "; // end\n\n", "\n// next\n"]);
    }

    fn file(&mut self) {
        for _ in 0..1 + self.below(4) {
            match self.below(5) {
                0 => {
                    self.out.push_str("pub fn f[T: A + B](x: [T], y: fn(int) -> int?) -> {str: T}");
                    self.block(3);
                    self.out.push('\n');
                }
                1 => {
                    self.pick(&["struct S { a: int, b: str = \"x\" }\n", "enum E {\nA(int),\n// b\nB { x: int }\n}\n"])
                }
                2 => {
                    self.out.push_str("impl Foo for Bar {");
                    for _ in 0..self.below(3) {
                        self.pick(&["\n", "\n/// doc\n", ""]);
                        self.out.push_str("fn m(self, n: int)");
                        self.block(2);
                    }
                    self.out.push_str("}\n");
                }
                _ => self.stmt(3),
            }
        }
    }
}

#[test]
fn random_programs_stay_what_they_are() {
    let mut parsed = 0;
    for seed in 1..1000u64 {
        let mut generate = Generate { state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15), out: String::new() };
        generate.file();
        if format(&generate.out).is_ok() {
            check(&generate.out);
            parsed += 1;
        }
    }
    assert!(parsed > 500, "{parsed}");
}

/// Where a comment may stand: the ends of tokens that are not within a string.
fn gaps(source: &str) -> Vec<(usize, bool)> {
    let mut names = Names::default();
    let tokens = lex(source, 0, &mut names, &mut vec![]).tokens;
    let (mut gaps, mut depth) = (vec![], 0);
    for token in tokens {
        match token.tok {
            crate::lex::Tok::StrStart => depth += 1,
            crate::lex::Tok::StrEnd => depth -= 1,
            _ => {}
        }
        let end = token.end as usize;
        if depth == 0 {
            gaps.push((end, source[end..].starts_with('\n')));
        }
    }
    gaps
}

#[test]
fn comments_survive_wherever_they_stand() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/run");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "vit"));
    files.sort();
    let mut n_checked = 0;
    for path in files {
        let source = std::fs::read_to_string(&path).unwrap();
        let gaps = gaps(&source);
        let mut state = source.len() as u64;
        let mut places: Vec<(usize, bool)> = vec![];
        for _ in 0..6 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            places.push(gaps[(state >> 33) as usize % gaps.len()]);
        }
        places.sort_unstable();
        places.dedup();
        let (mut text, mut copied) = (String::new(), 0);
        for (number, (at, ends_line)) in places.into_iter().enumerate() {
            text.push_str(&source[copied..at]);
            text.push_str(&if ends_line { format!(" // at {number}") } else { format!(" /* at {number} */ ") });
            copied = at;
        }
        text.push_str(&source[copied..]);
        // Some words are told apart by whether a bracket follows at once.
        if format(&text).is_ok() {
            check(&text);
            n_checked += 1;
        }
    }
    assert!(n_checked > 200, "{n_checked}");
}
