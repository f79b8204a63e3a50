//! `vittec doc`: documentation as Markdown.

use crate::cli::Doc;
use crate::failure::Result;
use crate::{input, output, vit};
use vitte_frontend::document::document;

/// Writes the documentation of all modules, one after the other.
pub fn doc(args: &Doc) -> Result<()> {
    if let Some(path) = &args.output {
        for input in &args.inputs {
            output::check_writable(path, input)?;
        }
    }
    let mut pages = Vec::new();
    for path in &args.inputs {
        let source = input::read_source(path)?;
        let name = path.file_stem().map_or_else(|| source.name.clone(), |stem| stem.to_string_lossy().into_owned());
        match document(&name, &source.text) {
            Ok(page) => pages.push(page),
            Err(diagnostics) => return Err(vit::failure(source, diagnostics)),
        }
    }
    output::write_or_print(args.output.as_deref(), pages.join("\n").as_bytes())
}
