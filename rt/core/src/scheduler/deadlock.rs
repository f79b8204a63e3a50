//! The report of a program whose processes all wait for messages that nobody can send: where each of them waits.

use super::{Body, Ending};

/// What is told if all processes wait for messages.
pub(super) struct Deadlock {
    text: String,
    shown: usize,
}

impl Default for Deadlock {
    fn default() -> Deadlock {
        Deadlock { text: "error: deadlock: all processes wait for messages\n".into(), shown: 0 }
    }
}

impl Deadlock {
    /// So many processes are shown.
    const MOST: usize = 10;

    /// Tells where a process waits; false if there is enough.
    pub(super) fn add(&mut self, body: &mut dyn Body) -> bool {
        body.trace();
        let process = body.process();
        self.text.push_str(&format!("process {}:\n{}", process.pid(), process.stack_trace()));
        self.shown += 1;
        self.shown < Deadlock::MOST
    }

    /// The end of a program with so many processes.
    pub(super) fn end(mut self, n: usize) -> Ending {
        if n > self.shown {
            self.text.push_str(&format!("and {} more processes\n", n - self.shown));
        }
        Ending::Failed(self.text)
    }
}
