//! Processes, as programs see them: links, monitors, exit signals, names.

use crate::mailbox::{start, wait};
use crate::names::Refusal;
use crate::notice;
use crate::object::{List, Obj, Str};
use crate::quota::Quotas;
use crate::reason::Reason;
use crate::scheduler::{Pause, Pid};
use crate::signal::Signal;
use crate::stdlib::string::list_of_str;
use crate::ties::Reference;
use crate::{Process, Throw, Word};
use vitte_abi::object::type_id::{INT, PROCESS_ERROR};
use vitte_abi::types::Shape;

/// Acts on what the process has just sent itself.
fn settle(p: &Process) -> Result<(), Throw> {
    p.receive_own_signals();
    if !p.is_doomed() {
        return Ok(());
    }
    if p.is_called_back() {
        // It ends once C has returned.
        p.request_yield();
        return Ok(());
    }
    wait(p, Pause::Yielding)
}

/// Links the process to another: if one of them ends for another reason than `"normal"`, so does the other. If there is
/// no such process, that is as if it had ended with `"noproc"`.
pub fn process_link(p: &Process, to: Pid) -> Result<(), Throw> {
    let from = p.pid();
    if to == from || !p.ties().add_link(to) || p.deliver(to, Signal::Link { from }) {
        return Ok(());
    }
    p.deliver(from, Signal::Exit { from: to, reason: Reason::NoProcess, by_link: true });
    settle(p)
}

/// Ends the link to another process: its end does not reach this one any more.
pub fn process_unlink(p: &Process, to: Pid) {
    let (from, id) = (p.pid(), p.runtime().new_reference());
    let must_tell = p.ties().remove_link(to, id);
    if must_tell && !p.deliver(to, Signal::Unlink { from, id }) {
        p.ties().forget_link(to, id);
    }
}

/// Has the process told of the end of another by a message, once: a struct like `down` of the result, the other, and
/// the reason.
pub fn process_monitor(p: &Process, of: Pid, down: Word) -> Result<Reference, Throw> {
    let ty = notice::type_of(p, down, notice::DOWN)?;
    let (from, reference) = (p.pid(), p.runtime().new_reference());
    if of == from {
        return Ok(reference);
    }
    p.ties().add_monitor(reference, of, ty);
    if !p.deliver(of, Signal::Monitor { from, reference }) {
        p.deliver(from, Signal::Down { from: of, reference, reason: Reason::NoProcess });
        settle(p)?;
    }
    Ok(reference)
}

/// Ends a monitor; whether there was one that had not told yet.
pub fn process_demonitor(p: &Process, reference: Reference) -> bool {
    let Some((of, _)) = p.ties().remove_monitor(reference) else { return false };
    p.deliver(of, Signal::Demonitor { reference });
    true
}

/// A number that no other monitor or reference has.
pub fn process_new_ref(p: &Process) -> Reference {
    p.runtime().new_reference()
}

/// Starts a process that calls `body`, a function value without parameters, under the quotas of [`Quotas::set`]. It may
/// be linked to the running one, and the fresh `reference` monitors it from its beginning if `down` is not nil.
pub fn process_spawn_with(
    p: &Process,
    body: Word,
    quotas: List<'_>,
    link: bool,
    reference: Reference,
    down: Word,
) -> Result<Pid, Throw> {
    let ty = if down == Word::NIL { None } else { Some(notice::type_of(p, down, notice::DOWN)?) };
    let Some(body) = body.object(p).filter(|&object| takes_nothing(p, object)) else {
        return Err(p.throw_error(PROCESS_ERROR, "this is no function without parameters"));
    };
    let form = p.runtime().form(INT);
    let mut quotas = (0..quotas.len()).map(|at| u64::try_from(quotas.get(form, at) as i64).ok());
    let [heap, mailbox, time] = [(); 3].map(|()| quotas.next().flatten());
    let pid = start(p, body, |child| {
        Quotas::set(child, heap, mailbox, time);
        if link {
            child.ties().add_link(p.pid());
        }
        if ty.is_some() {
            child.ties().add_watcher(reference, p.pid());
        }
    })?;
    if link {
        p.ties().add_link(pid);
    }
    if let Some(ty) = ty {
        p.ties().add_monitor(reference, pid, ty);
    }
    Ok(pid)
}

/// Whether an object is a function value without parameters.
fn takes_nothing(p: &Process, object: Obj<'_>) -> bool {
    match p.runtime().ty(object.ty()).shape {
        Shape::Closure(function, _) => p.runtime().ty(function).name.starts_with("fn()"),
        _ => false,
    }
}

/// From now on, exit signals become messages: structs like `exit` of the sender and the reason.
pub fn process_trap(p: &Process, exit: Word) -> Result<(), Throw> {
    let ty = notice::type_of(p, exit, notice::EXIT)?;
    p.ties().trap = Some(ty);
    Ok(())
}

/// From now on, exit signals end the process.
pub fn process_untrap(p: &Process) {
    p.ties().trap = None;
}

/// Sends a process an exit signal: it ends with this reason, or traps it. `"kill"` cannot be trapped and ends it with
/// `"killed"`; `"normal"` ends nobody but the sender.
pub fn process_exit(p: &Process, to: Pid, reason: Word) -> Result<(), Throw> {
    let (from, reason) = (p.pid(), Reason::of(p, reason));
    p.deliver(to, Signal::Exit { from, reason, by_link: false });
    if to == from { settle(p) } else { Ok(()) }
}

/// Gives a process a name, by which others find it until it ends.
pub fn process_register(p: &Process, name: Str<'_>, pid: Pid) -> Result<(), Throw> {
    let text = name.as_str();
    let is_alive = || pid == p.pid() || p.runtime().scheduler().is_alive(pid);
    p.runtime().names().add(text, pid, is_alive).map_err(|refusal| {
        let message = match refusal {
            Refusal::Taken => format!("the name `{text}` is taken"),
            Refusal::Named => format!("the process to be named `{text}` has a name"),
            Refusal::Dead => format!("the process to be named `{text}` has ended"),
        };
        p.throw_error(PROCESS_ERROR, &message)
    })
}

/// Frees a name; false if there is no such.
pub fn process_unregister(p: &Process, name: Str<'_>) -> bool {
    p.runtime().names().remove(name.as_str())
}

/// The process of a name.
pub fn process_whereis(p: &Process, name: Str<'_>) -> Option<Pid> {
    p.runtime().names().find(name.as_str())
}

/// All names, sorted.
pub fn process_names(p: &Process) -> List<'_> {
    let names: Vec<Str<'_>> = p.runtime().names().all().iter().map(|name| p.new_str(name)).collect();
    list_of_str(p, &names)
}

/// All processes, in the order of their beginnings.
pub fn process_list(p: &Process) -> List<'_> {
    let pids = p.runtime().scheduler().pids();
    List::of(notice::list_of_pids(p, &mut pids.into_iter()))
}

/// Whether a process has not ended.
pub fn process_is_alive(p: &Process, pid: Pid) -> bool {
    p.runtime().scheduler().is_alive(pid)
}

/// Asks a process about itself: it answers by a message, a struct like `info` with `reference` in it; false if there is
/// no such process.
pub fn process_inquire(p: &Process, of: Pid, reference: Reference, info: Word) -> Result<bool, Throw> {
    let ty = notice::type_of(p, info, notice::INFO)?;
    let asked = p.deliver(of, Signal::Inquiry { from: p.pid(), reference, ty });
    if of == p.pid() {
        settle(p)?;
    }
    Ok(asked)
}

/// Lets others run.
pub fn process_yield(p: &Process) -> Result<(), Throw> {
    wait(p, Pause::Yielding)
}
