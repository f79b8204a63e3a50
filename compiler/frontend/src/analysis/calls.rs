//! What an editor shows while arguments are typed.

use super::{Mark, analyze};
use crate::lex::{Tok, Token, lex};
use crate::names::Names;
use crate::source::{SourceFile, SourceLoader};

/// The function that is called around the byte `at`, and how many arguments are complete before it.
pub fn call_around(loader: &mut dyn SourceLoader, main: &SourceFile, at: usize) -> Option<(Mark, usize)> {
    let before = main.text.get(..at)?;
    let mut names = Names::default();
    let tokens = lex(before, 0, &mut names, &mut vec![]).tokens;
    let (open, n_args) = open_call(&tokens)?;
    let callee = tokens[open.checked_sub(1)?];
    if callee.tok != Tok::Name {
        return None;
    }
    // A call without arguments can be read; what stands behind the position on its line cannot, perhaps.
    let rest = &main.text[at..];
    let rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
    let before = &main.text[..tokens[open].start as usize];
    // Calls around it are either closed further on, or not yet.
    [closing(&tokens[..open]), String::new()].into_iter().find_map(|closing| {
        let file = SourceFile { name: main.name.clone(), text: format!("{before}(){closing}{rest}") };
        let mark = analyze(loader, &file).at(&main.name, callee.start as usize)?;
        mark.signature.contains('(').then_some((mark, n_args))
    })
}

/// What closes the parentheses and brackets that are open within the innermost braces.
fn closing(tokens: &[Token]) -> String {
    let mut open = vec![];
    for token in tokens {
        match token.tok {
            Tok::LParen => open.push(')'),
            Tok::LBracket => open.push(']'),
            Tok::LBrace => open.push('}'),
            Tok::RParen | Tok::RBracket | Tok::RBrace => drop(open.pop()),
            _ => {}
        }
    }
    open.into_iter().rev().take_while(|&bracket| bracket != '}').collect()
}

/// The position of the innermost parenthesis that is open at the end, if it is a call's, and the commas behind it.
fn open_call(tokens: &[Token]) -> Option<(usize, usize)> {
    let (mut depth, mut commas) = (0, 0);
    for (position, token) in tokens.iter().enumerate().rev() {
        match token.tok {
            Tok::RParen | Tok::RBracket | Tok::RBrace | Tok::StrEnd => depth += 1,
            Tok::LParen if depth == 0 => return Some((position, commas)),
            Tok::LBracket | Tok::LBrace if depth == 0 => return None,
            Tok::LParen | Tok::LBracket | Tok::LBrace | Tok::StrStart => depth -= 1,
            Tok::Comma if depth == 0 => commas += 1,
            _ => {}
        }
    }
    None
}

/// The parameters in a signature, without `self`.
pub fn params_of(signature: &str) -> Vec<&str> {
    let (mut params, mut depth, mut start) = (vec![], 0, 0);
    for (at, c) in signature.char_indices() {
        match c {
            '(' | '[' | '{' => {
                depth += 1;
                if c == '(' && depth == 1 {
                    start = at + 1;
                }
            }
            ',' | ')' if depth == 1 && start > 0 => {
                params.push(signature[start..at].trim());
                start = at + 1;
                if c == ')' {
                    break;
                }
            }
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
    }
    params.retain(|param| !matches!(*param, "" | "self"));
    params
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::NoModules;

    #[test]
    fn parameters_are_cut_out_of_signatures() {
        assert_eq!(
            params_of("fn f(self, a: (int, str), b: fn(int) -> int) -> (int, int)"),
            ["a: (int, str)", "b: fn(int) -> int"]
        );
        assert_eq!(params_of("fn f[T: Ord](xs: [T]) -> T?"), ["xs: [T]"]);
        assert_eq!(params_of("fn f()"), Vec::<&str>::new());
    }

    #[test]
    fn calls_are_found_while_they_are_typed() {
        let text = "/// Adds.\nfn add(a: int, b: int) -> int { a + b }\nlet x = [1]\nprint(add(x[0], \nprint(x)\n";
        let file = SourceFile { name: "m.vit".into(), text: text.into() };
        let around = |at: usize| call_around(&mut NoModules, &file, at);
        let (mark, n_args) = around(text.find("\nprint(x)").unwrap()).unwrap();
        assert_eq!((mark.signature.as_str(), n_args), ("fn add(a: int, b: int) -> int", 1));
        assert_eq!(mark.comment.trim(), "Adds.");
        assert_eq!(around(text.find("x[0]").unwrap() + 2), None, "an index is no call");
        assert_eq!(around(3), None);
    }
}
