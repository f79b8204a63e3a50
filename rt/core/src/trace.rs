//! Stack traces of exceptions.
//!
//! ```text
//!   at sum (main.vit:12:9)
//!   …
//!   at main (main.vit:20:1)
//! ```
//!
//! Frames that repeat the one before are shown as one `…`, whatever their number, and so is what follows the first
//! [`MAX_FRAMES`] lines: so engines that inline or overflow at different depths print the same.

use crate::object::Str;
use crate::process::Process;
use crate::word::Word;
use std::fmt::Write;
use vitte_abi::code::{CodeTable, Place};

/// A frame of a stack trace.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Frame {
    /// A place in the code table, whose names are read when the trace is shown: most never are.
    Compiled(Place),
    /// A function that an interpreter runs.
    Interpreted(Location),
}

/// A place in the source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Location {
    /// The function's name.
    pub function: &'static str,
    /// The source file; empty if unknown.
    pub file: &'static str,
    /// The line, counted from 1; 0 if unknown.
    pub line: u32,
    /// The column, counted from 1; 0 if unknown.
    pub column: u32,
}

/// Lines of a trace that are kept.
const MAX_FRAMES: usize = 100;

/// The way of one exception, innermost frame first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trace {
    lines: Vec<Line>,
    last: Option<Frame>,
    full: bool,
}

#[derive(Clone, Copy, Debug)]
enum Line {
    At(Frame),
    More,
}

impl Trace {
    /// Appends a frame.
    pub(crate) fn push(&mut self, frame: Frame) {
        if self.full {
            return;
        }
        let repeated = self.last.replace(frame) == Some(frame);
        self.full = self.lines.len() == MAX_FRAMES;
        if !repeated && !self.full {
            self.lines.push(Line::At(frame));
        } else if !matches!(self.lines.last(), Some(Line::More)) {
            self.lines.push(Line::More);
        }
    }

    fn clear(&mut self) {
        self.lines.clear();
        self.last = None;
        self.full = false;
    }

    /// Whether further frames would not be shown.
    pub(crate) fn is_full(&self) -> bool {
        self.full
    }
}

impl Trace {
    /// The lines as they are printed; `table` is that of the compiled code.
    pub(crate) fn text(&self, table: Option<&CodeTable<'static>>) -> String {
        let mut text = String::new();
        for line in &self.lines {
            let location = match *line {
                Line::More => None,
                Line::At(Frame::Interpreted(location)) => Some(location),
                Line::At(Frame::Compiled(place)) => table.and_then(|table| table.location(place)).map(|found| {
                    Location { function: found.function, file: found.file, line: found.line, column: found.column }
                }),
            };
            match location {
                None => text.push_str("  …\n"),
                Some(location) => location.show(&mut text),
            }
        }
        text
    }
}

impl Location {
    fn show(&self, text: &mut String) {
        text.push_str("  at ");
        text.push_str(self.function);
        if !self.file.is_empty() {
            text.push_str(" (");
            text.push_str(self.file);
            if self.line != 0 {
                let _ = write!(text, ":{}:{}", self.line, self.column);
            }
            text.push(')');
        }
        text.push('\n');
    }
}

/// The traces of the exceptions that are still around, the latest last.
#[derive(Debug, Default)]
pub(crate) struct Traces {
    kept: Vec<(Word, Trace)>,
}

/// Exceptions whose traces are kept while handlers of theirs raise and handle others.
const MAX_KEPT: usize = 8;

impl Traces {
    /// The trace of `exception` begins here.
    pub(crate) fn begin(&mut self, exception: Word) {
        let known = self.kept.iter().position(|(word, _)| *word == exception);
        let oldest = (self.kept.len() == MAX_KEPT).then_some(0);
        // The memory of a trace that goes serves the one that comes.
        let mut trace = known.or(oldest).map_or(Trace::default(), |at| self.kept.remove(at).1);
        trace.clear();
        self.kept.push((exception, trace));
    }

    /// The trace of `exception` goes on here: whether there is one.
    pub(crate) fn resume(&mut self, exception: Word) -> bool {
        let found = self.kept.iter().position(|(word, _)| *word == exception);
        if let Some(at) = found {
            let trace = self.kept.remove(at);
            self.kept.push(trace);
        }
        found.is_some()
    }

    /// The trace of the exception raised last.
    pub(crate) fn last(&mut self) -> Option<&mut Trace> {
        self.kept.last_mut().map(|(_, trace)| trace)
    }

    /// The exceptions, for the collector.
    pub(crate) fn roots(&mut self) -> impl Iterator<Item = &mut Word> {
        self.kept.iter_mut().map(|(word, _)| word)
    }
}

/// The text of the stack trace of the exception that a handler received last.
pub fn stack_trace(p: &Process) -> Str<'_> {
    p.new_str(&p.stack_trace())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(function: &'static str, line: u32) -> Frame {
        Frame::Interpreted(Location { function, file: "main.vit", line, column: 1 })
    }

    #[test]
    fn repeated_frames_become_one_line() {
        let mut trace = Trace::default();
        for line in [3, 7, 7, 7, 3] {
            trace.push(frame("f", line));
        }
        let text = "  at f (main.vit:3:1)\n  at f (main.vit:7:1)\n  …\n  at f (main.vit:3:1)\n";
        assert_eq!(trace.text(None), text);
    }

    #[test]
    fn long_traces_are_cut() {
        let mut trace = Trace::default();
        for line in 0..1000 {
            trace.push(frame("f", 1 + line % 2));
        }
        assert!(trace.is_full());
        assert_eq!(trace.text(None).lines().count(), MAX_FRAMES + 1);
        assert!(trace.text(None).ends_with("  …\n"));
    }

    #[test]
    fn raising_again_goes_on_with_the_trace() {
        let mut traces = Traces::default();
        traces.begin(Word(8));
        traces.last().unwrap().push(frame("inner", 1));
        traces.begin(Word(16));
        assert!(traces.resume(Word(8)) && !traces.resume(Word(24)));
        traces.last().unwrap().push(frame("outer", 2));
        assert_eq!(traces.last().unwrap().text(None), "  at inner (main.vit:1:1)\n  at outer (main.vit:2:1)\n");
    }
}
