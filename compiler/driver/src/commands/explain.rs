//! `vittec explain`: more about an error code.

use crate::codes;
use crate::failure::{Diagnostic, Failure, Result, USAGE};
use crate::output;
use vitbc::Code;

/// Prints the explanation of a code such as `VT0220`, or a list of all codes.
pub fn explain(code: Option<&str>) -> Result<()> {
    let Some(text) = code else {
        let rows: String = codes::all().map(|(code, title, _)| format!("{code}  {title}\n")).collect();
        return output::print(rows.as_bytes());
    };
    let digits = text.trim_start_matches(['V', 'T', 'v', 't']);
    let row = digits.parse().ok().and_then(|number| codes::explain(Code(number)).map(|row| (Code(number), row)));
    let Some((code, (title, lines))) = row else {
        let mut diagnostic = Diagnostic::new(codes::UNKNOWN_CODE, format!("no error has the code `{text}`"));
        diagnostic.help = Some("`vittec explain` lists all codes".into());
        return Err(Failure::new(USAGE, diagnostic));
    };
    let lines: String = lines.iter().map(|line| format!("{}\n", line.trim())).collect();
    output::print(format!("{code}: {title}\n\n{lines}").as_bytes())
}
