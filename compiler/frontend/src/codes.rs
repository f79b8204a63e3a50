//! The codes of the front end's messages: one row each, with what `vittec explain` says. Numbers are never reused.
//! VT10xx: reading the text; VT11xx: names and modules; VT12xx: types; VT13xx: statements and patterns; VT14xx:
//! constants and generic code; VT19xx: warnings.

use vitbc::Code;

macro_rules! codes {
    ($($(#[doc = $doc:literal])* $number:literal $name:ident = $title:literal;)*) => {
        $(#[doc = $title] pub const $name: Code = Code($number);)*

        /// All codes with their titles and explanations, by ascending number.
        pub const ALL: &[(Code, &str, &[&str])] = &[$((Code($number), $title, &[$($doc),*])),*];
    };
}

codes! {
    /// The text contains a character that no Vitte program uses outside of strings and comments.
    1001 BAD_CHARACTER = "unknown character";
    /// A string, byte string or character literal has no closing quote. Inside `"…"`, write `\"` for a quote and `{{`
    /// for a brace; a string may go on over several lines.
    1002 UNTERMINATED = "literal without an end";
    /// After a backslash stand `n t r 0 \ " '`, `x` with two hexadecimal digits, or `u{…}` with a code point; `\{` and
    /// `\}` are braces.
    1003 BAD_ESCAPE = "unknown escape sequence";
    /// A number has digits that its base does not have, no digits at all, or is too large for 64 bits.
    1004 BAD_NUMBER = "malformed number";
    /// A block comment begins with `/*` but does not end. Block comments nest: each `/*` needs a `*/`.
    1005 OPEN_COMMENT = "comment without an end";
    /// A character literal holds exactly one character: `'a'`, `'\n'`, `'\u{1F409}'`.
    1006 BAD_CHAR = "malformed character literal";
    /// The program does not follow the grammar at this place.
    1010 UNEXPECTED = "unexpected token";
    /// A bracket is not closed, or closed by one of another kind.
    1011 UNCLOSED = "unbalanced bracket";
    /// Expressions, types, patterns and blocks may nest 200 levels deep. Give parts of it names.
    1012 TOO_DEEP = "nested too deeply";
    /// Only variables, fields and items can be assigned to.
    1013 BAD_TARGET = "cannot assign to this";
    /// All source files together may have 2 GiB.
    1014 TOO_LARGE = "program too large";
    /// Comparisons do not chain: write `a < b and b < c`.
    1015 CHAINED_COMPARISON = "chained comparison";
    /// Nothing of this name is known here. Names of other modules need their module, as in `geometry.area`, and an
    /// `import` at the top of the file.
    1101 UNKNOWN_NAME = "unknown name";
    /// Nothing is known as a type under this name.
    1102 UNKNOWN_TYPE = "unknown type";
    /// The imported module is neither a file beside this one nor a module of the standard library.
    1103 UNKNOWN_MODULE = "unknown module";
    /// Two modules import each other, directly or through others. Move what both need into a third.
    1104 IMPORT_CYCLE = "modules import each other in a circle";
    /// The name exists in the other module, but only names declared with `pub` are visible to importers.
    1105 PRIVATE = "name is not public";
    /// A name is declared twice in one place.
    1106 DUPLICATE = "name declared twice";
    /// The struct or variant has no such field.
    1107 UNKNOWN_FIELD = "unknown field";
    /// Values of the type have no method of this name.
    1108 UNKNOWN_METHOD = "unknown method";
    /// Several enums have a variant of this name. Write the enum's name before it: `Shape.Circle`.
    1109 AMBIGUOUS = "ambiguous name";
    /// `break` and `continue` stand in loops; a label names one of the loops around.
    1110 NO_LOOP = "no loop to leave";
    /// The name stands for something else than what is needed here: a type where a value is needed, a function where
    /// a type is, and so on.
    1111 WRONG_KIND = "name of the wrong kind";
    /// A loop's label is not known here.
    1112 UNKNOWN_LABEL = "unknown label";
    /// An expression does not have the type that its place needs. Vitte converts only `T` to `T?`, to `any` and to the
    /// traits it implements; numbers are converted with `as`.
    1201 MISMATCH = "wrong type";
    /// The operator does not work on values of this type.
    1202 BAD_OPERAND = "operator not defined for the type";
    /// A call gives more or fewer values than there are parameters.
    1203 ARG_COUNT = "wrong number of arguments";
    /// Only functions, closures, tuple-like variants and methods can be called.
    1204 NOT_CALLABLE = "not a function";
    /// The type cannot be found out from the program up to here. Write it: `let xs: [int] = []`.
    1205 CANNOT_INFER = "type unknown";
    /// The type has no items to index, or no items to go through.
    1206 NOT_INDEXABLE = "not a list, map or string";
    /// Values of the type cannot be converted in this way. `as` converts numbers into each other and takes values out
    /// of `any`.
    1207 BAD_CAST = "impossible conversion";
    /// A value must be given for each field without a default.
    1208 MISSING_FIELD = "missing field";
    /// The type does not implement the trait that is needed.
    1209 NO_IMPL = "trait not implemented";
    /// Keys of maps are `int`, `bool`, `str`, and tuples and enums of those.
    1210 BAD_KEY = "type cannot be a key";
    /// A generic type or function takes a certain number of type arguments.
    1211 TYPE_ARGS = "wrong number of type arguments";
    /// An implementation must define the methods of its trait, with the same types, and nothing else.
    1212 BAD_IMPL = "implementation does not match its trait";
    /// A trait is implemented twice for one type.
    1213 OVERLAP = "overlapping implementations";
    /// A trait whose methods have no `self`, mention `Self` elsewhere, or are generic has no trait objects. Use it as a
    /// bound instead: `[T: Trait]`.
    1214 NOT_OBJECT = "trait cannot be used as a type";
    /// A variable declared with `let` without `mut` is assigned once.
    1215 IMMUTABLE = "variable is not mutable";
    /// On some path to this place nothing has been assigned to the variable.
    1216 UNASSIGNED = "variable used before it is assigned";
    /// A function that gives a result must do so on every path.
    1217 NO_RESULT = "missing result";
    /// `()` has no values that could be kept in a list, field, parameter or the like.
    1218 UNIT_VALUE = "`()` cannot be stored";
    /// C functions take and give numbers, `bool`, raw pointers and each `extern struct`, whose fields are of these types;
    /// they also take `str` for `*const char`, and functions without captured variables as callbacks.
    1219 BAD_FOREIGN = "type that C does not have";
    /// The value may be nil. Take the value out with `if let v = x { … }`, `x ?? default`, `x?.field` or `x!`.
    1220 MAYBE_NIL = "value may be nil";
    /// The type contains itself without end.
    1221 INFINITE_TYPE = "infinite type";
    /// A `match` must say what to do for every value.
    1301 NOT_EXHAUSTIVE = "match does not cover all values";
    /// The pattern cannot match values of this type.
    1302 BAD_PATTERN = "pattern does not fit the type";
    /// `let`, `for` and parameters take patterns that always match. Use `match`, `if let` or `let … else`.
    1303 REFUTABLE = "pattern may not match";
    /// All alternatives of a pattern must bind the same names, with the same types.
    1304 UNEVEN_BINDINGS = "alternatives bind different names";
    /// The statement is not allowed at this place.
    1305 MISPLACED = "misplaced statement";
    /// `fn main` takes nothing or `args: [str]` and gives nothing or `int`.
    1306 BAD_MAIN = "bad main function";
    /// A file that is run needs statements or a `fn main`.
    1307 NO_MAIN = "nothing to run";
    /// Constants are evaluated when the program is compiled: literals, other constants, operators, `if`, tuples, lists,
    /// structs and enums of those.
    1401 NOT_CONSTANT = "not a constant expression";
    /// Constants are defined by each other in a circle.
    1402 CONST_CYCLE = "constants depend on each other in a circle";
    /// The evaluation of a constant divides by zero or does not fit its type.
    1403 CONST_FAILED = "constant cannot be evaluated";
    /// The literal is too large for its type.
    1404 LITERAL_RANGE = "literal out of range";
    /// Generic functions that call themselves with ever larger types would take infinitely many specialisations.
    1405 ENDLESS_GENERIC = "endless instantiation";
    /// The function needs more registers, instructions or the like than bytecode allows. Split it.
    1406 TOO_COMPLEX = "function too large";
    /// The module made from this program was refused by the verifier. This is a fault of the compiler: please report
    /// it, with the program.
    1499 INTERNAL = "internal error";
    /// The variable is never read. Begin its name with `_` if that is meant.
    1901 UNUSED_VARIABLE = "unused variable";
    /// What stands here is never executed.
    1902 UNREACHABLE = "unreachable code";
    /// Earlier arms of the `match` cover all that this one could match.
    1903 UNREACHABLE_ARM = "unreachable pattern";
    /// The module is imported but nothing of it is used.
    1904 UNUSED_IMPORT = "unused import";
    /// The variable is declared `mut` but never changed.
    1905 UNUSED_MUT = "variable need not be mutable";
    /// The text contains characters that change the direction of writing, so that it reads differently from what it
    /// does.
    1906 BIDI = "text of changed direction";
    /// The value of the expression is not used, and evaluating it does nothing else.
    1907 UNUSED_VALUE = "unused value";
}

#[cfg(test)]
mod tests {
    #[test]
    fn codes_ascend_and_are_explained() {
        assert!(super::ALL.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(super::ALL.iter().all(|(_, title, text)| !title.is_empty() && !text.is_empty()));
    }
}
