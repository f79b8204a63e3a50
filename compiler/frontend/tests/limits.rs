//! Programs that are extreme in one respect: they compile, or are refused with a message; the stack of a thread
//! suffices.

use vitte_frontend::{NoModules, Options, SourceFile, compile};

/// Compiles a text; gives the codes of the errors.
fn codes(text: &str) -> Vec<String> {
    let main = SourceFile { name: "main.vit".to_owned(), text: text.to_owned() };
    let result = compile(&mut NoModules, &main, &Options::default());
    if let Some(module) = result.module {
        vitbc::verify::verify(module).expect("what the front end makes is verified");
        return vec![];
    }
    let errors = result.diagnostics.iter().filter(|d| d.severity == vitte_frontend::Severity::Error);
    errors.map(|diagnostic| diagnostic.code.to_string()).collect()
}

fn nested(open: &str, inner: &str, close: &str, n: usize) -> String {
    format!("{}{inner}{}", open.repeat(n), close.repeat(n))
}

#[test]
fn nesting_is_bounded() {
    let forms: &[(&str, &str, &str, &str)] = &[
        ("print(", "(", ")", ")"),
        ("let x = ", "[", "]", ""),
        ("let x = ", "{ ", " }", ""),
        ("let x = ", "if true { ", " } else { 1 }", ""),
        ("let x = ", "match 1 { _ => ", " }", ""),
        ("let x = ", "try { ", " } catch { 1 }", ""),
        ("let x = ", "try { ", " } finally { }", ""),
        ("let x = ", "loop { break ", " }", ""),
        ("let x = ", "-(", ")", ""),
        ("fn f(n: int) -> int { n }\nlet x = ", "f(", ")", ""),
        ("let x = ", "(1, ", ")", ""),
        ("let x: int? = ", "nil ?? (", ")", ""),
        ("let x = ", "\"{", "}\".len()", ""),
        ("let x = ", "|| ", "", ""),
        ("let x = 1 + ", "(2 * ", ")", ""),
        ("let mut x = 1\n", "if x > 0 { x = ", " }\n", ""),
    ];
    for (before, open, close, after) in forms {
        // Each level of source is one or two levels for the parser.
        for n in [60, 90, 199, 250, 5000, 100_000] {
            let text = format!("{before}{}{after}\n", nested(open, "1", close, n));
            let found = codes(&text);
            let fine = found.is_empty() || found.contains(&"VT1012".to_owned());
            let other = ["VT1406", "VT1003", "VT1002", "VT1010", "VT1401", "VT1202", "VT1013", "VT1011", "VT1201"];
            assert!(fine || other.contains(&found[0].as_str()), "{open} {n}: {found:?}");
            assert!(n < 5000 || !found.is_empty(), "{open} {n}");
        }
    }
}

#[test]
fn types_and_patterns_nest_within_bounds() {
    assert_eq!(codes(&format!("fn f(x: {}) {{ print(x) }}\nprint(1)", nested("[", "int", "]", 30))), [] as [&str; 0]);
    assert_eq!(codes(&format!("fn f(x: {}) {{ print(x) }}\nprint(1)", nested("[", "int", "]", 5000))), ["VT1012"]);
    assert_eq!(codes(&format!("let {} = 1", nested("(", "a", ", b)", 5000))), ["VT1012"]);
}

#[test]
fn chains_are_long() {
    assert_eq!(codes(&format!("print({}1)", "1 + ".repeat(20_000))), [] as [&str; 0]);
    assert_eq!(codes(&format!("print({}\"x\")", "\"x\" + ".repeat(5_000))), [] as [&str; 0]);
    assert_eq!(codes(&format!("print({}true)", "true and ".repeat(150))), [] as [&str; 0]);
    let arms: String = (0..2_000).map(|n| format!("if x == {n} {{ print({n}) }} else ")).collect();
    assert_eq!(codes(&format!("let x = 5\n{arms} {{ print(x) }}")), [] as [&str; 0]);
    let arms: String = (0..3_000).map(|n| format!("\"k{n}\" => {n},\n")).collect();
    assert_eq!(codes(&format!("print(match \"x\" {{ {arms} _ => 0 }})")), [] as [&str; 0]);
    let items: String = (0..20_000).map(|n| format!("{n}, ")).collect();
    assert_eq!(codes(&format!("print([{items}])")), [] as [&str; 0]);
    assert_eq!(codes(&format!("let s = \"x\"\nprint(s{})", ".trim()".repeat(90))), [] as [&str; 0]);
    assert_eq!(codes(&format!("let s = \"x\"\nprint(s{})", ".trim()".repeat(5000))), ["VT1012"]);
}

#[test]
fn recursive_instances_end() {
    assert_eq!(codes("fn f[T](x: T) { f([x]) }\nf(1)"), ["VT1405"]);
    assert_eq!(codes("fn f[T](x: T) { f((x, x)) }\nf(1)"), ["VT1405"]);
    assert_eq!(codes("struct S[T] { x: T }\nfn f[T](x: S[T]) { f(S { x }) }\nf(S { x: 1 })"), ["VT1405"]);
    assert_eq!(codes("fn f[T](x: T, n: int) { if n > 0 { f(x, n - 1) } }\nf(1, 3)\nf(\"x\", 3)"), [] as [&str; 0]);
}
