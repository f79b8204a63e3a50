//! What people write who come from other languages, and what it is here.

use super::Parser;
use crate::lex::Tok;

impl Parser<'_> {
    /// What may have been meant where a statement should have ended, but something follows its last word.
    pub(super) fn habit(&self) -> Option<&'static str> {
        let last = self.tokens.tokens[self.at.saturating_sub(1)];
        match self.peek() {
            Tok::Question => return Some("a choice between two values is `if cond { a } else { b }`"),
            Tok::FatArrow => return Some("closures are written `|x| x + 1`"),
            // Behind a type, as operators go on with a value.
            Tok::Lt => return Some("type arguments stand in brackets: `Name[T]`; a list is `[T]`, a map `{K: V}`"),
            Tok::Pipe => return Some("what may be nil is `T?`; what may be of several types is an `enum`, or `any`"),
            Tok::Comma => return Some("several variables stand in parentheses: `let (a, b) = (1, 2)`"),
            _ if last.tok != Tok::Name => return None,
            _ => {}
        }
        Some(match self.names.text(last.name()) {
            "def" | "func" | "function" | "fun" | "proc" => "functions are declared with `fn`",
            "var" | "val" | "auto" | "my" | "local" => "variables are declared with `let`, or `let mut` if they change",
            "class" | "record" | "type" => "types are declared with `struct` or `enum`, and their methods in an `impl`",
            "interface" | "protocol" => "what types have in common is declared with `trait`",
            "new" => "structs are made with braces: `Point { x: 1 }`",
            "switch" | "case" => "write `match`",
            "elif" | "elsif" | "elseif" => "write `else if`",
            "raise" => "write `throw`",
            "use" | "using" | "include" | "require" | "from" => "write `import`",
            "f" | "r" if matches!(self.peek(), Tok::Str | Tok::StrStart) => {
                "strings have no prefix, and all take `{value}`"
            }
            "go" | "async" => "processes are started with `spawn`",
            "print" | "println" | "eprint" | "eprintln" => "arguments stand in parentheses",
            _ => return None,
        })
    }
}
