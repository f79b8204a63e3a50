//! Turns: what a process does from when it is resumed until it pauses or ends.

use super::Room;
use crate::process::Process;
use crate::reason::Reason;
use crate::sys::Instant;

/// The most safepoints to a turn, where they are counted.
const MAX_BUDGET: u64 = 1000;
/// The time that is taken to pass from one safepoint to the next, where they are counted, in nanoseconds.
const SAFEPOINT: u64 = 1000;

/// A process as something that runs: compiled code on a stack, or an interpreter's frames.
pub trait Body {
    /// Starts the process, or goes on with it after a pause, until the next.
    fn resume(&mut self) -> Turn;
    /// The process.
    fn process(&mut self) -> &mut Process;
    /// Leaves where the process waits as its trace, with [`Process::begin_trace`] and [`Process::push_frame`].
    fn trace(&mut self);
}

/// How a process's turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It can go on later.
    Paused(Pause),
    /// It has returned.
    Returned,
    /// It did not handle an exception, which it left with [`Process::set_exception`].
    Failed,
    /// It ends the program with this exit code.
    Exited(i64),
    /// It does not go on, because a signal ended it.
    Doomed,
}

/// Why a process pauses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    /// It has had its share.
    Yielding,
    /// It waits for a message, and for no longer than this.
    Receiving(Option<Instant>),
    /// It sleeps until this moment; for ever if it is too far away to be told.
    Sleeping(Option<Instant>),
    /// It waits for something outside the program, and for no longer than this.
    Outside(Option<Instant>),
    /// A helper works with what is in its heap: it goes on when that is done, and nothing ends it before.
    Lent,
    /// It could not begin its turn, as another process is where it runs.
    Crowded(&'static Room),
}

/// How a program ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Ending {
    /// Its main process returned.
    Returned,
    /// A process ended it with this exit code.
    Exited(i64),
    /// It failed: what is to be told about it. The main process, or one linked to it, did not handle an exception, or
    /// all wait for messages.
    Failed(String),
}

/// What a turn means for the process.
pub(super) enum Outcome {
    Paused(Pause),
    Returned,
    /// It ends for another reason.
    Ended(Reason),
    /// The program ends.
    Exited(i64),
}

pub(super) fn outcome(turn: Turn, process: &Process) -> Outcome {
    if turn == Turn::Paused(Pause::Lent) {
        // It ends when it has its heap back.
        return Outcome::Paused(Pause::Lent);
    }
    match (turn, process.take_doom()) {
        (Turn::Exited(code), _) => Outcome::Exited(code),
        (Turn::Returned, _) => Outcome::Returned,
        (Turn::Failed, _) => Outcome::Ended(Reason::uncaught(process)),
        (Turn::Doomed | Turn::Paused(_), Some(reason)) => {
            process.runtime().scheduler().waits().into_iter().for_each(|waits| waits.end(process));
            Outcome::Ended(reason)
        }
        (Turn::Doomed, None) => unreachable!("doomed for no reason"),
        (Turn::Paused(pause), None) => {
            // An interpreter yields without a row that says so.
            if pause == Pause::Yielding && process.pause().is_none() {
                process.scheduled().pause.set(Some(pause));
            }
            Outcome::Paused(pause)
        }
    }
}

pub(super) fn main_ended(process: &Process, reason: &Reason) -> Ending {
    reason.report(process).map_or(Ending::Exited(0), Ending::Failed)
}

/// Gives a process its turn.
pub(super) fn resume(body: &mut dyn Body) -> Turn {
    let process = body.process();
    if let Some(turn) = process.begin_turn() {
        return turn;
    }
    let scheduler = process.runtime().scheduler();
    if !scheduler.is_seeded {
        return body.resume();
    }
    let budget = 1 + scheduler.choose(MAX_BUDGET) as u32;
    process.scheduled().budget.set(Some(budget));
    process.request_yield();
    let turn = body.resume();
    let process = body.process();
    let left = process.scheduled().budget.get().unwrap_or(budget);
    if let Some(crew) = scheduler.crew.get() {
        crew.use_time(process, SAFEPOINT * u64::from(budget - left));
    }
    turn
}
