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
use vitte_abi::code::{CodeTable, NONE, Place};

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

/// Sites that wait until somebody asks for their places.
const MAX_PASSED: usize = 128;

/// The way of one exception, innermost frame first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trace {
    lines: Vec<Line>,
    /// The latest round of those that repeat here; empty if none do.
    round: VecDeque<Frame>,
    full: bool,
    /// What follows the lines. Most traces are never shown.
    passed: Vec<Passed>,
    /// The location appended last, how often in a row, and whether all that was inlined there is of one place.
    last: Option<(u32, u32, bool)>,
}

/// A call site of compiled code on an exception's way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Passed {
    /// Its location, or [`NONE`].
    pub(crate) location: u32,
    /// How many of the functions that were inlined there it does not leave, counted from outside.
    pub(crate) depth: u32,
    /// Whether it is in the trace already, as the handler that raises the exception again.
    pub(crate) skip: bool,
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

    /// Appends what was inlined at a call site of compiled code.
    pub(crate) fn push_site(&mut self, table: &CodeTable<'static>, site: Passed) {
        if self.passed.len() == MAX_PASSED {
            self.settle(table);
        }
        self.passed.push(site);
    }

    /// Turns sites into lines.
    fn settle(&mut self, table: &CodeTable<'static>) {
        let mut passed = std::mem::take(&mut self.passed);
        for Passed { location, depth, skip } in passed.drain(..) {
            if self.full || location == NONE {
                continue;
            }
            if skip {
                self.last = None;
            }
            // Deep recursion repeats one location: what repeats a third time is no news.
            let (mut times, mut alike) = (1, true);
            if let Some((last, before, were_alike)) = self.last
                && last == location
            {
                (times, alike) = (before + 1, were_alike);
            }
            if times > 2 && alike {
                self.last = Some((location, times, alike));
                continue;
            }
            let n_places = places(table, location).count().saturating_sub(depth as usize).max(1);
            let mut first = None;
            alike = true;
            for place in places(table, location).take(n_places).skip(usize::from(skip)) {
                alike &= *first.get_or_insert(place) == place;
                self.push(Frame::Compiled(place));
            }
            self.last = Some((location, times, alike));
        }
        self.passed = passed;
    }

    fn clear(&mut self) {
        self.lines.clear();
        self.round.clear();
        self.full = false;
        self.passed.clear();
        self.last = None;
    }

    /// Whether further frames would not be shown.
    pub(crate) fn is_full(&self) -> bool {
        self.full
    }
}

impl Trace {
    /// The lines as they are printed; `table` is that of the compiled code.
    pub(crate) fn text(&mut self, table: Option<&CodeTable<'static>>) -> String {
        if let Some(table) = table {
            self.settle(table);
        }
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

/// The places at a location: where it is itself, then the calls that were inlined around it.
fn places(table: &CodeTable<'static>, location: u32) -> impl Iterator<Item = Place> {
    let mut next = location;
    std::iter::from_fn(move || {
        let (place, caller) = table.place(next)?;
        next = caller;
        Some(place)
    })
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

/// The traces of the exceptions that are still around.
#[derive(Debug, Default)]
pub(crate) struct Traces {
    exceptions: Vec<Word>,
    /// When each was raised last.
    turns: Vec<u64>,
    traces: Vec<Trace>,
    /// The number of the latest.
    latest: usize,
    /// How often exceptions were raised.
    turn: u64,
}

/// Exceptions whose traces are kept while handlers of theirs raise and handle others.
const MAX_KEPT: usize = 8;

impl Traces {
    /// The trace of `exception` begins here.
    pub(crate) fn begin(&mut self, exception: Word) {
        let at = self.position(exception).unwrap_or_else(|| self.place());
        self.exceptions[at] = exception;
        // The memory of a trace that goes serves the one that comes.
        self.traces[at].clear();
        self.touch(at);
    }

    fn position(&self, exception: Word) -> Option<usize> {
        self.exceptions.iter().position(|&known| known == exception)
    }

    /// A place for another exception: a new one, or that of the oldest.
    fn place(&mut self) -> usize {
        if self.turns.len() == MAX_KEPT {
            return (0..MAX_KEPT).min_by_key(|&at| self.turns[at]).unwrap_or(0);
        }
        self.exceptions.push(Word::NIL);
        self.turns.push(0);
        self.traces.push(Trace::default());
        self.turns.len() - 1
    }

    fn touch(&mut self, at: usize) {
        self.turn += 1;
        self.turns[at] = self.turn;
        self.latest = at;
    }

    /// The trace of `exception` goes on here: whether there is one.
    pub(crate) fn resume(&mut self, exception: Word) -> bool {
        let found = self.position(exception);
        if let Some(at) = found {
            self.touch(at);
        }
        found.is_some()
    }

    /// The trace of the exception raised last.
    pub(crate) fn last(&mut self) -> Option<&mut Trace> {
        self.traces.get_mut(self.latest)
    }

    /// The exceptions, for the collector.
    pub(crate) fn roots(&mut self) -> impl Iterator<Item = &mut Word> {
        self.exceptions.iter_mut()
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
