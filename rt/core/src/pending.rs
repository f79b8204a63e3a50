//! Rows without an implementation yet: each raises `ProcessError`. A name brought in explicitly by `rows.rs` wins.

use crate::arg::{self, Arg};
use crate::process::Process;
use crate::throw::Throw;
use vitte_abi::object::type_id;

macro_rules! row {
    ($name:ident ($($arg:ident: $ty:ident),*) $result:ident [Leaf]) => {
        pub fn $name($($arg: <arg::$ty as Arg>::In<'static>),*) -> <arg::$result as Arg>::C {
            $(let _ = $arg;)*
            <arg::$result as Arg>::C::from(0u8)
        }
    };
    ($name:ident ($($arg:ident: $ty:ident),*) $result:ident [$($effect:ident)*]) => {
        pub fn $name<'p>(p: &'p Process, $($arg: <arg::$ty as Arg>::In<'p>),*) -> Pending {
            $(let _ = $arg;)*
            Pending(p.throw_error(type_id::PROCESS_ERROR, concat!(stringify!($name), " is not available yet")))
        }
    };
}

/// The outcome of a pending row, whatever its result type.
pub struct Pending(Throw);

impl<A: Arg> crate::arg::Outcome<A> for Pending {
    fn outcome(self, _: &Process) -> Result<A::C, Throw> {
        Err(self.0)
    }
}

macro_rules! rows {
    ($($(#[doc = $doc:literal])* $name:ident($($arg:ident: $ty:ident),*) -> $result:ident [$($effect:ident)*];)*) => {
        $(row! { $name ($($arg: $ty),*) $result [$($effect)*] })*
    };
}

vitte_abi::for_each_helper!(rows);
vitte_abi::for_each_native!(rows);
