//! `vittec lsp`: what editors ask, over standard input and output, in the language server protocol.
//!
//! Files are taken whole whenever they change, and checked anew: that takes a few milliseconds.

mod names;
mod place;
mod transport;

use crate::failure::{Failure, Result};
use crate::vit::Folders;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use vitte_frontend::analysis::{self, Analysis, Mark, Symbol};
use vitte_frontend::{Severity, SourceFile, SourceLoader, Span};

/// The code of the protocol for a request that is not known.
const NOT_KNOWN: i32 = -32601;
/// The code of the protocol for a request that was understood and is not met.
const REFUSED: i32 = -32803;

/// Serves until the editor leaves. The exit code is 1 if it leaves without saying so.
pub fn lsp() -> Result<ExitCode> {
    let failed = |error: io::Error| Failure::io(Path::new("-"), "talk to", &error);
    let (mut from, mut to) = (io::stdin().lock(), io::stdout().lock());
    let mut server = Server::default();
    while let Some(message) = transport::read(&mut from).map_err(failed)? {
        if message["method"] == "exit" {
            return Ok(ExitCode::from(u8::from(!server.is_leaving)));
        }
        server.take(&message, &mut to).map_err(failed)?;
    }
    Ok(ExitCode::FAILURE)
}

#[derive(Default)]
struct Server {
    /// The files that are open, by address, as they stand in the editor.
    open: HashMap<String, String>,
    /// The folder that is worked on.
    root: Option<PathBuf>,
    is_leaving: bool,
}

/// Open files go before those on disk.
struct Open<'s> {
    server: &'s Server,
    folders: Folders<'s>,
}

impl SourceLoader for Open<'_> {
    fn load(&mut self, importer: &str, name: &str) -> Option<SourceFile> {
        let mut file = self.folders.load(importer, name)?;
        if let Some(text) = self.server.open.get(&place::uri(&file.name)) {
            file.text.clone_from(text);
        }
        Some(file)
    }
}

impl Server {
    fn take(&mut self, message: &Value, to: &mut impl Write) -> io::Result<()> {
        let method = message["method"].as_str().unwrap_or_default();
        let params = &message["params"];
        let Some(id) = message.get("id") else {
            return self.notice(method, params, to);
        };
        let answer = match method {
            "initialize" => {
                self.root = params["rootUri"].as_str().and_then(place::path);
                Some(capabilities())
            }
            "shutdown" => {
                self.is_leaving = true;
                Some(Value::Null)
            }
            "textDocument/hover" => Some(self.hover(params).unwrap_or_default()),
            "textDocument/definition" => Some(self.definition(params).unwrap_or_default()),
            "textDocument/completion" => Some(self.completion(params).unwrap_or_default()),
            "textDocument/references" => Some(self.references(params).unwrap_or_default()),
            "textDocument/rename" => match self.rename(params) {
                Ok(edit) => Some(edit),
                Err(why) => return transport::write(to, &transport::refusal(id, REFUSED, &why)),
            },
            "textDocument/signatureHelp" => Some(self.signature_help(params).unwrap_or_default()),
            "textDocument/documentSymbol" => Some(self.symbols(params).unwrap_or_default()),
            "textDocument/formatting" => Some(self.formatting(params).unwrap_or_default()),
            _ => None,
        };
        let message = match answer {
            Some(result) => transport::answer(id, result),
            None => transport::refusal(id, NOT_KNOWN, &format!("`{method}` is not known")),
        };
        transport::write(to, &message)
    }

    fn notice(&mut self, method: &str, params: &Value, to: &mut impl Write) -> io::Result<()> {
        let uri = params["textDocument"]["uri"].as_str().unwrap_or_default().to_owned();
        let text = match method {
            "textDocument/didOpen" => params["textDocument"]["text"].as_str(),
            "textDocument/didChange" => {
                params["contentChanges"].as_array().and_then(|all| all.last()?["text"].as_str())
            }
            "textDocument/didClose" => {
                self.open.remove(&uri);
                let nothing = json!({ "uri": uri, "diagnostics": [] });
                return transport::write(to, &transport::notification("textDocument/publishDiagnostics", nothing));
            }
            _ => return Ok(()),
        };
        let Some(text) = text else { return Ok(()) };
        self.open.insert(uri.clone(), text.to_owned());
        let diagnostics = self.diagnostics(&uri);
        let message = json!({ "uri": uri, "diagnostics": diagnostics });
        transport::write(to, &transport::notification("textDocument/publishDiagnostics", message))
    }

    fn file(&self, uri: &str) -> Option<SourceFile> {
        let name = place::path(uri).map_or_else(|| uri.to_owned(), |path| path.to_string_lossy().into_owned());
        Some(SourceFile { name, text: self.open.get(uri)?.clone() })
    }

    fn loader(&self) -> Open<'_> {
        Open { server: self, folders: Folders { include: &[] } }
    }

    fn analyze(&self, uri: &str) -> Option<(SourceFile, Analysis)> {
        let file = self.file(uri)?;
        let analysis = analysis::analyze(&mut self.loader(), &file);
        Some((file, analysis))
    }

    /// What is said about a file; of other files that it imports they say it themselves.
    fn diagnostics(&self, uri: &str) -> Vec<Value> {
        let Some((file, analysis)) = self.analyze(uri) else { return vec![] };
        let own = analysis.diagnostics.iter().filter_map(|diagnostic| {
            let (source, range) = analysis.sources.locate(diagnostic.span);
            let mut message = diagnostic.message.clone();
            diagnostic.notes.iter().for_each(|note| message.push_str(&format!("\nnote: {note}")));
            diagnostic.fixes.iter().for_each(|fix| message.push_str(&format!("\nhelp: {}", fix.message)));
            (source.name == file.name).then(|| {
                json!({
                    "range": place::range(&source.text, range),
                    "severity": if diagnostic.severity == Severity::Error { 1 } else { 2 },
                    "code": diagnostic.code.to_string(),
                    "source": "vittec",
                    "message": message,
                })
            })
        });
        own.collect()
    }

    fn mark(&self, params: &Value) -> Option<(Analysis, Mark)> {
        let (file, analysis) = self.analyze(params["textDocument"]["uri"].as_str()?)?;
        let mark = analysis.at(&file.name, place::offset(&file.text, &params["position"]))?;
        Some((analysis, mark))
    }

    fn hover(&self, params: &Value) -> Option<Value> {
        let (analysis, mark) = self.mark(params)?;
        let (source, range) = analysis.sources.locate(mark.span);
        let text = format!("```vitte\n{}\n```\n{}", mark.signature, mark.comment);
        Some(json!({
            "contents": { "kind": "markdown", "value": text.trim_end() },
            "range": place::range(&source.text, range),
        }))
    }

    fn definition(&self, params: &Value) -> Option<Value> {
        let (analysis, mark) = self.mark(params)?;
        let (source, range) = analysis.sources.locate(mark.declaration?);
        // The library's files are in the compiler: there is nothing to go to.
        Path::new(&source.name)
            .is_absolute()
            .then(|| json!({ "uri": place::uri(&source.name), "range": place::range(&source.text, range) }))
    }

    fn completion(&self, params: &Value) -> Option<Value> {
        let file = self.file(params["textDocument"]["uri"].as_str()?)?;
        let before = &file.text[..place::offset(&file.text, &params["position"])];
        let word = before.trim_end_matches(|c: char| c.is_alphanumeric() || c == '_');
        let dot = word.strip_suffix('.')?.len();
        let item = |(name, signature): (String, String)| {
            let kind = if signature.starts_with("fn ") || signature.is_empty() { 2 } else { 5 };
            json!({ "label": name, "kind": kind, "detail": signature })
        };
        Some(analysis::completions(&mut self.loader(), &file, dot).into_iter().map(item).collect())
    }

    /// The call around a position: how the function is declared, and which parameter comes next.
    fn signature_help(&self, params: &Value) -> Option<Value> {
        let file = self.file(params["textDocument"]["uri"].as_str()?)?;
        let at = place::offset(&file.text, &params["position"]);
        let (mark, active) = analysis::call_around(&mut self.loader(), &file, at)?;
        let labels: Vec<Value> =
            analysis::params_of(&mark.signature).into_iter().map(|param| json!({ "label": param })).collect();
        let documentation = json!({ "kind": "markdown", "value": mark.comment });
        Some(json!({
            "signatures": [{ "label": mark.signature, "documentation": documentation, "parameters": labels }],
            "activeSignature": 0,
            "activeParameter": active,
        }))
    }

    fn symbols(&self, params: &Value) -> Option<Value> {
        let text = self.open.get(params["textDocument"]["uri"].as_str()?)?;
        Some(analysis::symbols(text).iter().map(|symbol| shown(symbol, text)).collect())
    }

    /// One edit that replaces all, unless the file is laid out already or cannot be read.
    fn formatting(&self, params: &Value) -> Option<Value> {
        let text = self.open.get(params["textDocument"]["uri"].as_str()?)?;
        let formatted = vitte_frontend::format::format(text).ok()?;
        match formatted == *text {
            true => Some(json!([])),
            false => Some(json!([{ "range": place::range(text, 0..text.len()), "newText": formatted }])),
        }
    }
}

fn capabilities() -> Value {
    json!({
        "capabilities": {
            "positionEncoding": "utf-16",
            // Files are sent whole.
            "textDocumentSync": { "openClose": true, "change": 1 },
            "hoverProvider": true,
            "definitionProvider": true,
            "referencesProvider": true,
            "renameProvider": true,
            "signatureHelpProvider": { "triggerCharacters": ["(", ","] },
            "documentSymbolProvider": true,
            "documentFormattingProvider": true,
            "completionProvider": { "triggerCharacters": ["."] },
        },
        "serverInfo": { "name": "vittec", "version": env!("CARGO_PKG_VERSION") },
    })
}

/// A symbol with its number in the protocol.
fn shown(symbol: &Symbol, text: &str) -> Value {
    let kind = match symbol.kind {
        "method" => 6,
        "field" => 8,
        "enum" => 10,
        "trait" => 11,
        "const" => 14,
        "impl" => 19,
        "variant" => 22,
        "struct" => 23,
        _ => 12,
    };
    let Span { start, end } = symbol.span;
    let range = place::range(text, start as usize..end as usize);
    let children: Vec<Value> = symbol.children.iter().map(|child| shown(child, text)).collect();
    json!({ "name": symbol.name, "kind": kind, "range": range, "selectionRange": range, "children": children })
}
