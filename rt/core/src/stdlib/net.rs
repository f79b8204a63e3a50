//! Sockets, as programs see them: numbers, and operations that never wait. What fails raises `IoError` with the address.

use super::file::throw_io;
use super::list::reserve_bytes;
use super::range::{check_count, check_range};
use super::string::list_of_str;
use crate::mailbox::wait;
use crate::object::{List, Str};
use crate::scheduler::Pause;
use crate::socket::{self, Kind, Socket};
use crate::sys::net::{connect, listen_with};
use crate::{Process, Throw};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs, UdpSocket};
use std::sync::Arc;

/// What an operation gives that would have to wait.
const NOT_YET: i64 = -1;
/// The most bytes that one read asks for.
const MAX_READ: usize = 1 << 20;
/// Reads of up to so many bytes take no memory before something has come.
const SMALL_READ: usize = 16 << 10;
/// So many connections may wait to be accepted, if the system allows it.
const BACKLOG: i32 = 4096;

fn fail(p: &Process, what: &str, address: &str, error: &io::Error) -> Throw {
    let place = if address.is_empty() { "" } else { " " };
    throw_io(p, &format!("cannot {what}{place}{address}"), address, error)
}

/// The result of an operation that does not wait: `None` if it would.
fn tried<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => Ok(None),
        Err(error) => Err(error),
    }
}

fn open(p: &Process, what: &str, number: i64) -> Result<Arc<Socket>, Throw> {
    socket::find(number).ok_or_else(|| fail(p, what, "a socket", &socket::closed()))
}

/// Does something with a stream.
fn with_stream<T>(
    p: &Process,
    what: &str,
    number: i64,
    f: impl FnOnce(&TcpStream) -> io::Result<T>,
) -> Result<T, Throw> {
    match &open(p, what, number)?.kind {
        Kind::Stream(stream, to) => f(stream).map_err(|error| fail(p, what, &to.to_string(), &error)),
        _ => Err(fail(p, what, "a socket", &misused())),
    }
}

fn misused() -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, "it is no such socket")
}

/// The address in `host:port`, of numbers.
fn parse(address: Str<'_>) -> io::Result<SocketAddr> {
    let refused = |_| io::Error::new(ErrorKind::InvalidInput, "this is no address");
    address.as_str().parse().map_err(refused)
}

/// What `make` makes for an address of numbers, among the open sockets; `what` it does there.
fn make(
    p: &Process,
    what: &str,
    address: Str<'_>,
    make: impl FnOnce(SocketAddr) -> io::Result<Kind>,
) -> Result<i64, Throw> {
    let made = parse(address).and_then(|address| {
        socket::poller(p.runtime())?;
        make(address)
    });
    made.map(|kind| socket::open(p, kind)).map_err(|error| fail(p, what, address.as_str(), &error))
}

/// A socket that takes connections at an address of numbers; port 0 is some free one.
pub fn net_listen(p: &Process, address: Str<'_>) -> Result<i64, Throw> {
    make(p, "listen at", address, |address| {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        listen_with(&listener, BACKLOG)?;
        let address = listener.local_addr()?;
        Ok(Kind::Listener(listener, address))
    })
}

/// A socket for datagrams at an address of numbers.
pub fn net_bind(p: &Process, address: Str<'_>) -> Result<i64, Throw> {
    make(p, "listen at", address, |address| {
        let socket = UdpSocket::bind(address)?;
        socket.set_nonblocking(true)?;
        let address = socket.local_addr()?;
        Ok(Kind::Datagrams(socket, address))
    })
}

/// Begins a connection to an address of numbers.
pub fn net_connect(p: &Process, address: Str<'_>) -> Result<i64, Throw> {
    make(p, "connect to", address, |to| {
        let stream = connect(&to)?;
        stream.set_nodelay(true)?;
        Ok(Kind::Stream(stream, to))
    })
}

/// Whether a connection that was begun is made.
pub fn net_connected(p: &Process, stream: i64) -> Result<bool, Throw> {
    with_stream(p, "connect to", stream, |stream| match stream.take_error()? {
        Some(error) => Err(error),
        None => match stream.peer_addr() {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotConnected => Ok(false),
            Err(error) => Err(error),
        },
    })
}

/// A connection that has come, or -1.
pub fn net_accept(p: &Process, listener: i64) -> Result<i64, Throw> {
    const WHAT: &str = "accept a connection at";
    match &open(p, WHAT, listener)?.kind {
        Kind::Listener(listener, at) => {
            let accepted = tried(listener.accept()).and_then(|accepted| {
                let Some((stream, from)) = accepted else { return Ok(None) };
                stream.set_nonblocking(true)?;
                stream.set_nodelay(true)?;
                Ok(Some(Kind::Stream(stream, from)))
            });
            match accepted {
                Ok(accepted) => Ok(accepted.map_or(NOT_YET, |kind| socket::open(p, kind))),
                // Whoever came has gone again.
                Err(error) if error.kind() == ErrorKind::ConnectionAborted => Ok(NOT_YET),
                Err(error) => Err(fail(p, WHAT, &at.to_string(), &error)),
            }
        }
        _ => Err(fail(p, WHAT, "a socket", &misused())),
    }
}

/// Appends up to `max` bytes to `into`, as `read` gives them; what that gives.
fn append<'p, R>(
    p: &'p Process,
    into: List<'p>,
    max: i64,
    read: impl FnOnce(&mut [u8]) -> R,
    count: impl FnOnce(&R) -> usize,
) -> Result<R, Throw> {
    let max = check_count(p, "number of bytes", max)?.min(MAX_READ);
    let len = into.len();
    if max <= SMALL_READ {
        let mut room = [0; SMALL_READ];
        let result = read(&mut room[..max]);
        let n = count(&result);
        reserve_bytes(p, into, len + n)?.write_with(len, n, |to| to.copy_from_slice(&room[..n]));
        into.set_len(len + n);
        return Ok(result);
    }
    let result = reserve_bytes(p, into, len + max)?.write_with(len, max, read);
    into.set_len(len + count(&result));
    Ok(result)
}

/// Appends up to `max` bytes to `into`: how many, 0 at the end, or -1.
pub fn net_read<'p>(p: &'p Process, stream: i64, into: List<'p>, max: i64) -> Result<i64, Throw> {
    const WHAT: &str = "read from";
    let socket = open(p, WHAT, stream)?;
    let Kind::Stream(stream, from) = &socket.kind else { return Err(fail(p, WHAT, "a socket", &misused())) };
    let mut stream = stream;
    let read = append(
        p,
        into,
        max,
        |room| tried(stream.read(room)),
        |read| read.as_ref().map_or(0, |read| read.unwrap_or(0)),
    )?;
    match read {
        Ok(read) => Ok(read.map_or(NOT_YET, |read| read as i64)),
        Err(error) => Err(fail(p, WHAT, &from.to_string(), &error)),
    }
}

/// Writes some of `data` from `start` up to `end`: how many bytes, or -1.
pub fn net_write(p: &Process, stream: i64, data: List<'_>, start: i64, end: i64) -> Result<i64, Throw> {
    let range = check_range(p, start, end, data.len())?;
    let written = with_stream(p, "write to", stream, |mut stream| tried(stream.write(&data.bytes()[range])))?;
    Ok(written.map_or(NOT_YET, |written| written as i64))
}

/// Tells the other side that nothing more will be written; with `read`, has reads find that nothing more comes.
pub fn net_shutdown(p: &Process, stream: i64, read: bool) -> Result<(), Throw> {
    let side = if read { Shutdown::Read } else { Shutdown::Write };
    with_stream(p, "shut down", stream, |stream| stream.shutdown(side))
}

/// Whether small writes are sent at once, rather than held back to be joined.
pub fn net_nodelay(p: &Process, stream: i64, on: bool) -> Result<(), Throw> {
    with_stream(p, "set up", stream, |stream| stream.set_nodelay(on))
}

/// Appends a datagram of up to `max` bytes to `into`: who sent it; nil if none has come.
pub fn net_receive<'p>(p: &'p Process, number: i64, into: List<'p>, max: i64) -> Result<Option<Str<'p>>, Throw> {
    const WHAT: &str = "receive at";
    let socket = open(p, WHAT, number)?;
    let Kind::Datagrams(socket, at) = &socket.kind else { return Err(fail(p, WHAT, "a socket", &misused())) };
    let received = append(
        p,
        into,
        max,
        |room| tried(socket.recv_from(room)),
        |received| received.as_ref().map_or(0, |received| received.map_or(0, |(n, _)| n)),
    )?;
    match received {
        Ok(received) => Ok(received.map(|(_, from)| p.new_str(&from.to_string()))),
        Err(error) => Err(fail(p, WHAT, &at.to_string(), &error)),
    }
}

/// Sends a datagram to an address of numbers; false if it would have to wait.
pub fn net_send(p: &Process, number: i64, data: List<'_>, to: Str<'_>) -> Result<bool, Throw> {
    const WHAT: &str = "send to";
    let socket = open(p, WHAT, number)?;
    let Kind::Datagrams(socket, _) = &socket.kind else { return Err(fail(p, WHAT, "a socket", &misused())) };
    let sent = parse(to).and_then(|to| tried(socket.send_to(data.bytes(), to)));
    sent.map(|sent| sent.is_some()).map_err(|error| fail(p, WHAT, to.as_str(), &error))
}

/// Lets datagrams go to all machines of a network.
pub fn net_broadcast(p: &Process, number: i64, on: bool) -> Result<(), Throw> {
    const WHAT: &str = "set up";
    match &open(p, WHAT, number)?.kind {
        Kind::Datagrams(socket, at) => socket.set_broadcast(on).map_err(|error| fail(p, WHAT, &at.to_string(), &error)),
        _ => Err(fail(p, WHAT, "a socket", &misused())),
    }
}

/// The address of a socket's own side, or of the other.
pub fn net_address(p: &Process, number: i64, other: bool) -> Result<Str<'_>, Throw> {
    let address = match (&open(p, "find the address of", number)?.kind, other) {
        (Kind::Stream(_, to), true) => Ok(*to),
        (Kind::Stream(socket, _), false) => socket.local_addr(),
        (Kind::Listener(_, at) | Kind::Datagrams(_, at), false) => Ok(*at),
        (Kind::Listener(..) | Kind::Datagrams(..), true) => Err(misused()),
    };
    match address {
        Ok(address) => Ok(p.new_str(&address.to_string())),
        Err(error) => Err(fail(p, "find the address of", "a socket", &error)),
    }
}

/// The moment so many milliseconds from now, for [`net_wait`].
pub fn net_deadline(p: &Process, millis: i64) -> i64 {
    p.runtime().scheduler().moment(millis.max(0) as u64) as i64
}

/// Waits until a socket can be read, or written, or was closed; false if the deadline passes first. It does not if it is
/// negative.
pub fn net_wait(p: &Process, number: i64, write: bool, deadline: i64) -> Result<bool, Throw> {
    const WHAT: &str = "wait for";
    let until = u64::try_from(deadline).ok().and_then(|deadline| p.runtime().scheduler().instant(deadline));
    if until.is_some_and(|until| until <= p.runtime().scheduler().now()) {
        return Ok(false);
    }
    let waits = open(p, WHAT, number)?.wait(p, number, write);
    if !waits.map_err(|error| fail(p, WHAT, "a socket", &error))? {
        return Ok(true);
    }
    wait(p, Pause::Outside(until)).inspect_err(|_| _ = p.end_expecting())?;
    Ok(false)
}

/// Gives a socket to another process: it is closed when that ends.
pub fn net_hand_over(p: &Process, number: i64, to: u64) -> Result<(), Throw> {
    socket::hand_over(p, number, to).map_err(|error| fail(p, "hand over", "a socket", &error))
}

/// Closes a socket; those who wait for it find out. Nothing happens if it is not open.
pub fn net_close(_: &Process, number: i64) {
    socket::close(number);
}

/// The addresses of a host, with a port unless that is negative.
pub fn net_resolve(p: &Process, host: Str<'_>, port: i64) -> Result<u64, Throw> {
    let text = |address: IpAddr, port: Option<u16>| {
        port.map_or_else(|| address.to_string(), |port| SocketAddr::new(address, port).to_string())
    };
    let host = host.as_str();
    let number = u16::try_from(port).ok();
    if port > i64::from(u16::MAX) {
        return Err(fail(p, "find", host, &io::Error::new(ErrorKind::InvalidInput, "there is no such port")));
    }
    if let Ok(address) = host.parse() {
        return Ok(list_of_str(p, &[p.new_str(&text(address, number))]).object().address());
    }
    let (host, name) = (host.to_owned(), host.to_owned());
    let find = move || (host.as_str(), 0).to_socket_addrs().map(Iterator::collect::<Vec<_>>);
    p.have_done(false, find, move |p, found| {
        let found = found.map_err(|error| fail(p, "find", &name, &not_found(error)))?;
        let found: Vec<Str<'_>> = found.iter().map(|found| p.new_str(&text(found.ip(), number))).collect();
        Ok(list_of_str(p, &found).object().address())
    })
}

/// Why a host was not found, in the same words whatever the C library that looked.
fn not_found(error: io::Error) -> io::Error {
    if error.raw_os_error().is_some() {
        return error;
    }
    let text = error.to_string();
    let is_for_now = text.ends_with("Temporary failure in name resolution") || text.ends_with("Try again");
    let reason = if is_for_now { "no name server answers" } else { "there is no such host" };
    io::Error::new(ErrorKind::NotFound, reason)
}
