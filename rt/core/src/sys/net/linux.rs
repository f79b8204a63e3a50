//! What Rust's standard library does not do with sockets on Linux: connections that are made while others work.

use std::ffi::{c_int, c_void};
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsRawFd, FromRawFd};

const AF_INET: u16 = 2;
const AF_INET6: u16 = 10;
const STREAM: c_int = 1;
const NON_BLOCKING: c_int = 0o4000;
const CLOSE_ON_EXEC: c_int = 0o2000000;
const IN_PROGRESS: i32 = 115;
const RLIMIT_NOFILE: c_int = 7;

/// C's `sockaddr_in`. Both addresses and the port are as they travel.
#[repr(C)]
struct Address4 {
    family: u16,
    port: [u8; 2],
    address: [u8; 4],
    zero: [u8; 8],
}

/// C's `sockaddr_in6`.
#[repr(C)]
struct Address6 {
    family: u16,
    port: [u8; 2],
    flow: u32,
    address: [u8; 16],
    scope: u32,
}

/// C's `rlimit`.
#[repr(C)]
struct Limit {
    current: u64,
    most: u64,
}

unsafe extern "C" {
    fn socket(family: c_int, kind: c_int, protocol: c_int) -> c_int;
    #[link_name = "connect"]
    fn start_connecting(fd: c_int, address: *const c_void, len: u32) -> c_int;
    fn listen(fd: c_int, backlog: c_int) -> c_int;
    fn getrlimit(which: c_int, limit: *mut Limit) -> c_int;
    fn setrlimit(which: c_int, limit: *const Limit) -> c_int;
}

/// Begins a connection, which does not block: once the stream can be written it is made, or has failed.
pub(crate) fn connect(to: &SocketAddr) -> io::Result<TcpStream> {
    let family = if to.is_ipv4() { AF_INET } else { AF_INET6 };
    // SAFETY: the call touches no memory.
    let fd = unsafe { socket(family.into(), STREAM | NON_BLOCKING | CLOSE_ON_EXEC, 0) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor is new, and nobody else's.
    let stream = unsafe { TcpStream::from_raw_fd(fd) };
    let port = to.port().to_be_bytes();
    let status = match to {
        SocketAddr::V4(to) => {
            let address = Address4 { family, port, address: to.ip().octets(), zero: [0; 8] };
            // SAFETY: the system reads as many bytes as the address has.
            unsafe { start_connecting(fd, (&raw const address).cast(), size_of::<Address4>() as u32) }
        }
        SocketAddr::V6(to) => {
            let address =
                Address6 { family, port, flow: to.flowinfo(), address: to.ip().octets(), scope: to.scope_id() };
            // SAFETY: as above.
            unsafe { start_connecting(fd, (&raw const address).cast(), size_of::<Address6>() as u32) }
        }
    };
    match status {
        0 => Ok(stream),
        _ => match io::Error::last_os_error() {
            error if error.raw_os_error() == Some(IN_PROGRESS) => Ok(stream),
            error => Err(error),
        },
    }
}

/// Has up to so many connections wait to be accepted; the system may allow fewer.
pub(crate) fn listen_with(listener: &TcpListener, backlog: i32) -> io::Result<()> {
    // SAFETY: the call touches no memory.
    match unsafe { listen(listener.as_raw_fd(), backlog) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Lets the program have as many open files as the system would let it.
pub(crate) fn raise_file_limit() {
    let mut limit = Limit { current: 0, most: 0 };
    // SAFETY: the system writes and reads one limit. If it does not change it, it stays as it was.
    unsafe {
        if getrlimit(RLIMIT_NOFILE, &raw mut limit) == 0 && limit.current < limit.most {
            limit.current = limit.most;
            setrlimit(RLIMIT_NOFILE, &raw const limit);
        }
    }
}
