//! Stack traces of exceptions.
//!
//! ```text
//!   at sum (main.vit:12:9)
//!   …
//!   at main (main.vit:20:1)
//! ```
//!
//! Where frames repeat, one after the other or in rounds of up to [`MAX_ROUND`], the outermost round is shown and then a
//! `…`, and so is what follows the first [`MAX_LINES`] lines: so engines that inline or overflow at different depths print
//! the same.

use crate::object::Str;
use crate::process::Process;
use crate::word::Word;
use std::collections::VecDeque;
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
const MAX_LINES: usize = 100;
/// Frames of the longest round.
const MAX_ROUND: usize = 16;

/// The way of one exception, innermost frame first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trace {
    lines: Vec<Line>,
    /// The latest round of those that repeat here; empty if none do.
    round: VecDeque<Frame>,
    full: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
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
        if let Some(&first) = self.round.front() {
            if first == frame {
                self.round.rotate_left(1);
                return;
            }
            self.lines.extend(self.round.drain(..).map(Line::At));
            self.lines.push(Line::More);
        }
        if self.lines.len() >= MAX_LINES {
            self.lines.push(Line::More);
            self.full = true;
            return;
        }
        self.lines.push(Line::At(frame));
        self.find_round();
    }

    /// Whether the last lines are two rounds of the same frames, which then leave the lines.
    fn find_round(&mut self) {
        let n_lines = self.lines.len();
        let found = (1..=MAX_ROUND.min(n_lines / 2)).find(|&len| {
            let (one, other) = self.lines[n_lines - 2 * len..].split_at(len);
            one == other && !one.contains(&Line::More)
        });
        if let Some(len) = found {
            let frame = |line| match line {
                Line::At(frame) => Some(frame),
                Line::More => None,
            };
            self.round = self.lines.drain(n_lines - len..).filter_map(frame).collect();
            self.lines.truncate(n_lines - 2 * len);
        }
    }

    fn clear(&mut self) {
        self.lines.clear();
        self.round.clear();
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
        let round = self.round.iter().map(|&frame| Line::At(frame));
        let more = (!self.round.is_empty()).then_some(Line::More);
        for line in self.lines.iter().copied().chain(round).chain(more) {
            let location = match line {
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
    fn rounds_look_the_same_wherever_they_begin() {
        for n_frames in 6..12 {
            let mut trace = Trace::default();
            // Outermost, and so last, is line 3.
            (0..n_frames).rev().for_each(|at| trace.push(frame("f", 3 + at % 3)));
            let text = "  at f (main.vit:5:1)\n  at f (main.vit:4:1)\n  at f (main.vit:3:1)\n  …\n";
            assert_eq!(trace.text(None), text);
            trace.push(frame("main", 9));
            assert_eq!(trace.text(None), format!("{text}  at main (main.vit:9:1)\n"));
        }
    }

    #[test]
    fn long_traces_are_cut() {
        let mut trace = Trace::default();
        for line in 0..1000 {
            trace.push(frame("f", 1 + line));
        }
        assert!(trace.is_full());
        assert_eq!(trace.text(None).lines().count(), MAX_LINES + 1);
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
