//! Systems on which nothing waits for sockets, so there are none.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

fn refused() -> io::Error {
    io::Error::new(ErrorKind::Unsupported, "there are no sockets on this system")
}

/// What cannot be made.
pub(crate) enum Epoll {}

impl Epoll {
    pub(crate) fn new() -> io::Result<Epoll> {
        Err(refused())
    }

    pub(crate) fn add<T>(&self, _: &T, _: u64) -> io::Result<()> {
        match *self {}
    }

    pub(crate) fn wait(&self, _: Option<Duration>, _: impl FnMut(u64, bool, bool)) {
        match *self {}
    }

    pub(crate) fn interrupt(&self) {
        match *self {}
    }
}

pub(crate) fn connect(_: &SocketAddr) -> io::Result<TcpStream> {
    Err(refused())
}

pub(crate) fn listen_with(_: &TcpListener, _: i32) -> io::Result<()> {
    Err(refused())
}

pub(crate) fn raise_file_limit() {}
