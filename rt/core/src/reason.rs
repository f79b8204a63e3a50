//! Why processes end.

use crate::letter::Letter;
use crate::object::Str;
use crate::process::Process;
use crate::report::describe_uncaught;
use crate::scheduler::MAIN;
use crate::stdlib::format::to_str;
use crate::word::Word;
use std::sync::Arc;
use vitte_abi::object::type_id;

/// Why a process ended, or is to end. To programs it is a value: one of six strings with a meaning, or any other.
#[derive(Clone, Debug)]
pub(crate) enum Reason {
    /// `"normal"`: it had nothing more to do.
    Normal,
    /// `"kill"`: as a signal, it ends any process.
    Kill,
    /// `"killed"`: such a signal ended it.
    Killed,
    /// `"noproc"`: there was no such process.
    NoProcess,
    /// `"mailbox_limit"`: more messages waited for it than may.
    MailboxLimit,
    /// `"time_limit"`: it ran for longer than it may.
    TimeLimit,
    /// Another value.
    Value(Arc<Cause>),
}

/// A value for which a process ended.
#[derive(Debug)]
pub(crate) struct Cause {
    letter: Letter,
    /// What there is to tell about it, if it was an exception.
    report: Option<String>,
}

impl Reason {
    const NAMES: [(&str, Reason); 6] = [
        ("normal", Reason::Normal),
        ("kill", Reason::Kill),
        ("killed", Reason::Killed),
        ("noproc", Reason::NoProcess),
        ("mailbox_limit", Reason::MailboxLimit),
        ("time_limit", Reason::TimeLimit),
    ];

    /// The reason that a value is.
    pub(crate) fn of(p: &Process, value: Word) -> Reason {
        Reason::named(p, value).unwrap_or_else(|| Reason::value(p, value, None))
    }

    /// The exception that a process did not handle.
    pub(crate) fn uncaught(p: &Process) -> Reason {
        let exception = p.exception();
        let is_main = p.pid() == MAIN;
        let value = || Reason::value(p, exception, (is_main || p.is_linked()).then(|| describe_uncaught(p, exception)));
        // What ends the main process is told, whatever it is.
        if is_main { value() } else { Reason::named(p, exception).unwrap_or_else(value) }
    }

    fn value(p: &Process, value: Word, report: Option<String>) -> Reason {
        Reason::Value(Arc::new(Cause { letter: Letter::seal(p, value), report }))
    }

    fn named(p: &Process, value: Word) -> Option<Reason> {
        let object = value.object(p).filter(|object| object.ty() == type_id::STR)?;
        let text = Str::of(object).as_str();
        Reason::NAMES.into_iter().find(|&(name, _)| name == text).map(|(_, reason)| reason)
    }

    /// The value, in the heap of `p`.
    pub(crate) fn open(&self, p: &Process) -> Word {
        let name = match self {
            Reason::Normal => "normal",
            Reason::Kill => "kill",
            Reason::Killed => "killed",
            Reason::NoProcess => "noproc",
            Reason::MailboxLimit => "mailbox_limit",
            Reason::TimeLimit => "time_limit",
            Reason::Value(cause) => return cause.letter.clone().open(p),
        };
        p.new_str(name).object().word()
    }

    /// What to tell if the main process ends for this reason; nothing if all is well.
    pub(crate) fn report(&self, p: &Process) -> Option<String> {
        match self {
            Reason::Normal => None,
            Reason::Value(cause) if cause.report.is_some() => cause.report.clone(),
            _ => {
                let value = to_str(p, self.open(p).0, type_id::ANY);
                Some(format!("error: a signal ended the main process: {}\n", value.as_str()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Types;

    #[test]
    fn six_strings_have_a_meaning() {
        let p = Types::new().process();
        for (name, _) in Reason::NAMES {
            let reason = Reason::of(&p, p.new_str(name).object().word());
            assert!(!matches!(reason, Reason::Value(_)), "{name}");
            assert_eq!(Str::of(reason.open(&p).object(&p).unwrap()).as_str(), name);
        }
        let other = Reason::of(&p, p.new_str("normally").object().word());
        assert!(matches!(other, Reason::Value(_)));
        assert_eq!(other.report(&p).as_deref(), Some("error: a signal ended the main process: normally\n"));
        assert!(Reason::Normal.report(&p).is_none());
    }
}
