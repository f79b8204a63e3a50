//! Messages that the runtime makes: structs of the program's own types.
//!
//! A program that wants such messages gives an example of the struct, whose type the messages have. What their fields
//! must be is checked then.

use crate::object::Obj;
use crate::process::Process;
use crate::reason::Reason;
use crate::scheduler::{Pause, Pid};
use crate::throw::Throw;
use crate::ties::{Reference, Ties};
use crate::word::Word;
use vitte_abi::TypeId;
use vitte_abi::object::type_id::{ANY, BOOL, INT, MONITOR_REF, PID, PROCESS_ERROR, STR};
use vitte_abi::types::Shape;

/// What a field of such a struct must be.
pub(crate) enum Field {
    /// Of this type.
    Of(TypeId),
    /// An optional of it.
    Optional(TypeId),
    /// A list of it.
    List(TypeId),
}

/// An exit signal: who sent it, why.
pub(crate) const EXIT: &[Field] = &[Field::Of(PID), Field::Of(ANY)];
/// The end of a monitored process: the monitor, the process, why.
pub(crate) const DOWN: &[Field] = &[Field::Of(MONITOR_REF), Field::Of(PID), Field::Of(ANY)];
/// An answer about a process: the question, the process, its name, what it does, the function that it is in, the number of messages that it has not
/// taken, the bytes in its heap and those behind it, its turns, its links, whom it monitors, who monitors it, whether it traps exits.
pub(crate) const INFO: &[Field] = &[
    Field::Of(MONITOR_REF),
    Field::Of(PID),
    Field::Optional(STR),
    Field::Of(STR),
    Field::Optional(STR),
    Field::Of(INT),
    Field::Of(INT),
    Field::Of(INT),
    Field::Of(INT),
    Field::List(PID),
    Field::List(PID),
    Field::List(PID),
    Field::Of(BOOL),
];

/// The type of an example, if it is a struct of these fields, else `ProcessError`.
pub(crate) fn type_of(p: &Process, example: Word, fields: &[Field]) -> Result<TypeId, Throw> {
    let types = p.runtime();
    if let Some(object) = example.object(p)
        && let Shape::Struct(record) = &types.ty(object.ty()).shape
        && record.fields.len() == fields.len()
        && record.fields.iter().zip(fields).all(|(have, want)| match *want {
            Field::Of(ty) => have.ty == ty,
            Field::Optional(ty) => types.ty(have.ty).shape == Shape::Optional(ty),
            Field::List(ty) => types.ty(have.ty).shape == Shape::List(ty),
        })
    {
        return Ok(object.ty());
    }
    Err(p.throw_error(PROCESS_ERROR, "this struct cannot be such a message"))
}

/// An exit signal, as a message.
pub(crate) fn exit(p: &Process, ty: TypeId, from: Pid, reason: &Reason) -> Word {
    record(p, ty, &[from, reason.open(p).0]).word()
}

/// The end of a monitored process, as a message.
pub(crate) fn down(p: &Process, ty: TypeId, reference: Reference, from: Pid, reason: &Reason) -> Word {
    record(p, ty, &[reference, from, reason.open(p).0]).word()
}

/// An answer about the process itself.
pub(crate) fn info(p: &Process, ty: TypeId, reference: Reference, ties: &Ties) -> Word {
    let text = |text: &str| p.new_str(text).object().address();
    let pids = |pids: &mut dyn Iterator<Item = Pid>| list_of_pids(p, pids).address();
    let function = p.function();
    let status = match p.pause() {
        None if function.is_some() => "running",
        None | Some(Pause::Yielding | Pause::Crowded(_)) => "ready",
        Some(Pause::Receiving(_) | Pause::Outside(_) | Pause::Lent) => "waiting",
        Some(Pause::Sleeping(_)) => "sleeping",
    };
    let fields = [
        reference,
        p.pid(),
        p.runtime().names().of(p.pid()).map_or(0, |name| text(&name)),
        text(status),
        function.map_or(0, text),
        p.mailbox().len() as u64,
        p.heap_stats().live,
        p.heap_stats().reserved,
        p.scheduled().turns.get(),
        pids(&mut ties.links()),
        pids(&mut ties.monitors().map(|(_, of)| of)),
        pids(&mut ties.watchers().map(|(_, watcher)| watcher)),
        u64::from(ties.trap.is_some()),
    ];
    record(p, ty, &fields).word()
}

/// A new list of processes; the program must have its type.
pub(crate) fn list_of_pids<'p>(p: &'p Process, pids: &mut dyn Iterator<Item = Pid>) -> Obj<'p> {
    let pids: Vec<Pid> = pids.collect();
    let ty = p.runtime().list_of(PID);
    let list = p.new_list(ty, pids.len());
    list.set_len(pids.len());
    for (at, &pid) in pids.iter().enumerate() {
        list.set(p, p.runtime().form(PID), at, pid);
    }
    list.object()
}

/// A new struct with these slot bits as its fields.
fn record<'p>(p: &'p Process, ty: TypeId, fields: &[u64]) -> Obj<'p> {
    let object = p.new_record(ty);
    for (field, &bits) in p.runtime().record(ty).fields.iter().zip(fields) {
        object.store(p, field.offset, p.runtime().form(field.ty), bits);
    }
    object
}
