//! The lines of a session: edited and remembered on a terminal, as they come otherwise.

use crate::failure::{Failure, Result};
use rustyline::DefaultEditor;
use rustyline::error::ReadlineError;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

/// Where lines come from.
pub struct Lines(Option<Editor>);

struct Editor {
    editor: DefaultEditor,
    history: Option<PathBuf>,
}

impl Lines {
    /// An editor with the history of earlier sessions, if there is a terminal.
    pub fn new() -> Lines {
        if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
            return Lines(None);
        }
        let editor = DefaultEditor::new().ok().map(|mut editor| {
            let history = std::env::home_dir().map(|home| home.join(".vitte_history"));
            if let Some(history) = &history {
                // The first session has none.
                let _ = editor.load_history(history);
            }
            Editor { editor, history }
        });
        Lines(editor)
    }

    /// The next line, of an input that goes on or a new one; `None` at the end.
    pub fn next(&mut self, goes_on: bool) -> Result<Option<String>> {
        let failed = |error: std::io::Error| Failure::io(Path::new("-"), "read", &error);
        let Some(Editor { editor, .. }) = &mut self.0 else {
            let mut line = String::new();
            let n = std::io::stdin().read_line(&mut line).map_err(failed)?;
            return Ok((n > 0).then(|| line.trim_end_matches(['\n', '\r']).to_owned()));
        };
        match editor.readline(if goes_on { ". " } else { "> " }) {
            Ok(line) => Ok(Some(line)),
            Err(ReadlineError::Eof) => Ok(None),
            // What has been typed of this input is dropped.
            Err(ReadlineError::Interrupted) => Ok(Some(String::new())),
            Err(error) => Err(failed(std::io::Error::other(error))),
        }
    }

    /// Keeps an input in the history.
    pub fn remember(&mut self, text: &str) {
        if let Some(Editor { editor, history }) = &mut self.0 {
            let _ = editor.add_history_entry(text);
            if let Some(history) = history {
                let _ = editor.save_history(history);
            }
        }
    }
}
