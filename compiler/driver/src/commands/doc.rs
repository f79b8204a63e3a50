//! `vittec doc`: documentation of modules, as one text of Markdown or as pages of HTML.

mod html;

use crate::cli::{Doc, DocFormat};
use crate::failure::{Failure, Result};
use crate::{input, output, vit};
use std::fs;
use std::path::Path;
use vitte_frontend::document::{Page, document};
use vitte_frontend::stdlib;

/// Writes the documentation of all modules: one after the other, or a page each.
pub fn doc(args: &Doc) -> Result<()> {
    let pages = if args.std { library() } else { given(args)? };
    match args.format {
        DocFormat::Markdown => {
            let text: Vec<String> = pages.iter().map(Page::to_markdown).collect();
            output::write_or_print(args.output.as_deref(), text.join("\n").as_bytes())
        }
        DocFormat::Html => write_html(&pages, args.output.as_deref().unwrap_or(Path::new("doc"))),
    }
}

fn library() -> Vec<Page> {
    let page = |name| stdlib::source(name).and_then(|source| document(name, source).ok());
    stdlib::names().filter_map(page).collect()
}

fn given(args: &Doc) -> Result<Vec<Page>> {
    let mut pages = Vec::new();
    for path in input::source_files(&args.inputs)? {
        if let (DocFormat::Markdown, Some(output)) = (args.format, &args.output) {
            output::check_writable(output, &path)?;
        }
        let source = input::read_source(&path)?;
        let name = path.file_stem().map_or_else(|| source.name.clone(), |stem| stem.to_string_lossy().into_owned());
        match document(&name, &source.text) {
            Ok(page) => pages.push(page),
            Err(diagnostics) => return Err(vit::failure(source, diagnostics)),
        }
    }
    Ok(pages)
}

fn write_html(pages: &[Page], folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(|error| Failure::io(folder, "make", &error))?;
    for page in pages {
        output::write(&folder.join(html::file_name(&page.name)), html::page(page).as_bytes())?;
    }
    output::write(&folder.join("index.html"), html::index(pages).as_bytes())
}
