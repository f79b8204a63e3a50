//! The text form of modules, `.vitasm`: [`parse`] and [`print()`]. Its grammar is in `docs/vitbc.md`.
//!
//! ```
//! let module = vitbc::text::parse(
//!     "FUNC add(x, y)
//!        LOAD_ARG r1, x
//!        LOAD_ARG r2, y
//!        ADD r3, r1, r2
//!        RETURN r3
//!      END
//!      MAIN
//!        LOAD_CONST r0, 2
//!        LOAD_CONST r1, 3
//!        CALL add, r0, r1
//!        PRINT r0
//!      END",
//!     &Default::default(),
//! )
//! .unwrap();
//! assert_eq!(module.ints, [2, 3]);
//! let text = vitbc::text::print(&module);
//! assert_eq!(vitbc::text::parse(&text, &Default::default()), Ok(module));
//! ```

mod errors;
mod function;
mod item;
mod names;
mod operands;
mod parser;
mod print;
mod resolve;
mod spell;
mod token;
mod type_expr;
mod types;
mod value;

use crate::codes::Code;
use crate::error::Error;
use crate::limits::MAX_FILE;
use crate::module::Module;
use errors::Errors;
pub(crate) use names::did_you_mean;
pub use print::{print, print_instructions, type_text};

/// How to read a text.
#[derive(Clone, Default, Debug)]
pub struct ParseOptions {
    /// The text's own name: functions that give no source positions get those of their lines in the text.
    pub source_name: Option<String>,
}

/// Reads a module from assembler text. The parser checks form and names; what the module means is for the
/// [verifier](crate::verify).
///
/// # Errors
/// Codes VT03xx with line and column, in the text's order: all that were found, up to twenty.
pub fn parse(source: &str, options: &ParseOptions) -> Result<Module, Vec<Error>> {
    if source.len() > MAX_FILE {
        let message = format!("the text is {} bytes long where at most {MAX_FILE} are allowed", source.len());
        return Err(vec![Error::new(Code::TEXT_LIMIT, message)]);
    }
    let mut errors = Errors::default();
    let tokens = token::tokenize(source, &mut errors);
    let items = item::parse(&mut parser::Parser::new(&tokens, 0, &mut errors));
    let module = resolve::module(items, &tokens, options, &mut errors);
    match errors.is_empty() {
        true => Ok(module),
        false => Err(errors.finish()),
    }
}
