//! Open sockets: the table from which programs' numbers lead to them, and who waits for which.
//!
//! ```text
//! process: read ─► it would block ─► wait ─► ticket in the socket's list     parks
//!                                              │
//! worker that rests, or between turns: look ───┘ arrived                     goes on, reads again
//! ```
//!
//! Sockets never block. What happens to one is told once: if nobody waits for it then, the socket remembers, and the
//! next wait ends at once. A socket belongs to a process and is closed when that ends, but any process may use it.

use crate::process::Process;
use crate::runtime::Runtime;
use crate::scheduler::{Lookout, Pid, Ticket};
use crate::sync::lock;
use crate::sys::Instant;
use crate::sys::net::{Epoll, raise_file_limit};
use std::collections::BTreeSet;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

/// An open socket.
pub(crate) struct Socket {
    pub(crate) kind: Kind,
    waits: Mutex<Waits>,
}

/// What it does, and the address that errors name.
pub(crate) enum Kind {
    Listener(TcpListener, SocketAddr),
    /// A connection, or one in the making, to that address.
    Stream(TcpStream, SocketAddr),
    Datagrams(UdpSocket, SocketAddr),
}

/// Who waits, and what has happened that nobody waited for.
#[derive(Default)]
struct Waits {
    is_watched: bool,
    is_closed: bool,
    read: Side,
    write: Side,
}

#[derive(Default)]
struct Side {
    waiting: Vec<Ticket>,
    is_ready: bool,
}

impl Side {
    /// It can go on: those who wait do, or else the next who would.
    fn happen(&mut self, woken: &mut Vec<Ticket>) {
        self.is_ready = self.waiting.is_empty();
        woken.append(&mut self.waiting);
    }
}

impl Socket {
    /// Has the process wait until the socket can be read, or written; false if it need not wait.
    pub(crate) fn wait(&self, p: &Process, number: i64, write: bool) -> io::Result<bool> {
        let mut waits = lock(&self.waits);
        if waits.is_closed {
            return Ok(false);
        }
        if !waits.is_watched {
            let poller = poller(p.runtime())?;
            match &self.kind {
                Kind::Listener(socket, _) => poller.add(socket, number as u64)?,
                Kind::Stream(socket, _) => poller.add(socket, number as u64)?,
                Kind::Datagrams(socket, _) => poller.add(socket, number as u64)?,
            }
            waits.is_watched = true;
        }
        let side = if write { &mut waits.write } else { &mut waits.read };
        if std::mem::take(&mut side.is_ready) {
            return Ok(false);
        }
        // Its last wait may have ended before anything happened.
        side.waiting.retain(|ticket| ticket.pid() != p.pid());
        side.waiting.push(p.expect());
        Ok(true)
    }

    fn happen(&self, read: bool, write: bool, close: bool) {
        let mut woken = Vec::new();
        let mut waits = lock(&self.waits);
        waits.is_closed |= close;
        if read {
            waits.read.happen(&mut woken);
        }
        if write {
            waits.write.happen(&mut woken);
        }
        drop(waits);
        for ticket in woken {
            ticket.arrived();
        }
    }
}

/// The sockets of the program.
struct Table {
    places: Vec<Place>,
    free: Vec<usize>,
    /// The place of each socket, after its owner.
    owned: BTreeSet<(Pid, usize)>,
}

#[derive(Default)]
struct Place {
    /// How many sockets there were before.
    age: u32,
    owner: Pid,
    socket: Option<Arc<Socket>>,
}

static TABLE: Mutex<Table> = Mutex::new(Table { places: Vec::new(), free: Vec::new(), owned: BTreeSet::new() });

/// Half of a socket's number is its place, the other half how many were there before: so no number comes twice.
fn number(place: usize, age: u32) -> i64 {
    (i64::from(age & (u32::MAX >> 1)) << 32) | place as i64
}

impl Table {
    /// The place of an open socket.
    fn find(&mut self, socket: i64) -> Option<(usize, &mut Place)> {
        let at = socket as u32 as usize;
        let place = self.places.get_mut(at)?;
        (place.socket.is_some() && number(at, place.age) == socket).then_some((at, place))
    }

    fn remove(&mut self, socket: i64) -> Option<Arc<Socket>> {
        let (at, place) = self.find(socket)?;
        let (owner, removed) = (place.owner, place.socket.take());
        place.age = place.age.wrapping_add(1);
        self.owned.remove(&(owner, at));
        self.free.push(at);
        removed
    }
}

/// Adds a socket that belongs to the process: its number.
pub(crate) fn open(p: &Process, kind: Kind) -> i64 {
    let mut table = lock(&TABLE);
    let at = table.free.pop().unwrap_or_else(|| {
        table.places.push(Place::default());
        table.places.len() - 1
    });
    table.owned.insert((p.pid(), at));
    let place = &mut table.places[at];
    place.owner = p.pid();
    place.socket = Some(Arc::new(Socket { kind, waits: Mutex::default() }));
    number(at, place.age)
}

/// The open socket of this number.
pub(crate) fn find(socket: i64) -> Option<Arc<Socket>> {
    lock(&TABLE).find(socket).and_then(|(_, place)| place.socket.clone())
}

/// Closes a socket, so that those who wait for it find it closed; nothing happens if it is.
pub(crate) fn close(socket: i64) {
    let removed = lock(&TABLE).remove(socket);
    removed.into_iter().for_each(|socket| socket.happen(true, true, true));
}

/// Gives a socket of the process to another, which must not have ended.
pub(crate) fn hand_over(p: &Process, socket: i64, to: Pid) -> io::Result<()> {
    let refuse = |why| Err(io::Error::new(ErrorKind::InvalidInput, why));
    let mut table = lock(&TABLE);
    let Some((at, place)) = table.find(socket) else { return Err(closed()) };
    if place.owner != p.pid() {
        return refuse("it belongs to another process");
    }
    // Whoever ends after that waits for the table before its sockets are closed.
    if to != p.pid() && !p.runtime().scheduler().is_alive(to) {
        return refuse("that process has ended");
    }
    place.owner = to;
    table.owned.remove(&(p.pid(), at));
    table.owned.insert((to, at));
    Ok(())
}

/// Why nothing can be done with a socket that was closed.
pub(crate) fn closed() -> io::Error {
    io::Error::new(ErrorKind::NotConnected, "it is closed")
}

static POLLER: OnceLock<Epoll> = OnceLock::new();

/// What tells of sockets.
///
/// # Errors
/// The system has no such thing, or no room for it.
pub(crate) fn poller(runtime: &'static Runtime) -> io::Result<&'static Epoll> {
    if let Some(poller) = POLLER.get() {
        return Ok(poller);
    }
    let new = Epoll::new()?;
    raise_file_limit();
    let poller = POLLER.get_or_init(|| new);
    runtime.scheduler().set_lookout(&Sockets);
    Ok(poller)
}

/// The sockets, as the scheduler sees them.
struct Sockets;

impl Lookout for Sockets {
    fn look(&self, limit: Option<Duration>) {
        let Some(poller) = POLLER.get() else { return };
        poller.wait(limit, |number, read, write| {
            if let Some(socket) = find(number as i64) {
                socket.happen(read, write, false);
            }
        });
    }

    fn wait_alone(&self, main: &Process, until: Option<Instant>) {
        main.runtime().scheduler().look_for(self, main, until);
    }

    fn interrupt(&self) {
        POLLER.get().into_iter().for_each(Epoll::interrupt);
    }

    fn process_ended(&self, pid: Pid) {
        let mut table = lock(&TABLE);
        let owned: Vec<usize> = table.owned.range((pid, 0)..=(pid, usize::MAX)).map(|&(_, at)| at).collect();
        let removed: Vec<_> = owned.iter().map(|&at| number(at, table.places[at].age)).collect();
        let removed: Vec<_> = removed.into_iter().filter_map(|socket| table.remove(socket)).collect();
        drop(table);
        for socket in removed {
            socket.happen(true, true, true);
        }
    }
}
