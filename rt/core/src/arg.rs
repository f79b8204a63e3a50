//! How arguments and results of runtime functions pass between compiled code, slot bits and Rust.
//!
//! Each type name in the tables of [`vitte_abi::functions`] is a marker type here, with its C type, its Rust type as
//! an argument, and the Rust types that it may have as a result.

use crate::object::{List, Obj, Str as StrView};
use crate::process::Process;
use crate::throw::Throw;
use crate::word::Word;
use std::convert::Infallible;
use vitte_abi::TypeId;
use vitte_abi::object::type_id;

/// A machine value: a 64-bit integer, a float, or nothing.
pub trait Machine: Copy {
    /// What is returned while an exception is pending.
    const NONE: Self;
    /// As slot bits.
    fn to_bits(self) -> u64;
    /// From slot bits.
    fn from_bits(bits: u64) -> Self;
}

impl Machine for u64 {
    const NONE: u64 = 0;
    fn to_bits(self) -> u64 {
        self
    }
    fn from_bits(bits: u64) -> u64 {
        bits
    }
}

impl Machine for f64 {
    const NONE: f64 = 0.0;
    fn to_bits(self) -> u64 {
        f64::to_bits(self)
    }
    fn from_bits(bits: u64) -> f64 {
        f64::from_bits(bits)
    }
}

impl Machine for () {
    const NONE: () = ();
    fn to_bits(self) -> u64 {
        0
    }
    fn from_bits(_: u64) {}
}

/// A type name of the tables.
pub trait Arg {
    /// The type by the C convention.
    type C: Machine;
    /// The type as an argument of the Rust function.
    type In<'p>;
    /// Makes the argument.
    fn take(p: &Process, c: Self::C) -> Self::In<'_>;
}

macro_rules! args {
    ($($name:ident: $c:ty => $in:ty, |$p:ident, $v:ident| $take:expr;)*) => { $(
        #[doc = concat!("`", stringify!($name), "` in the tables.")]
        pub struct $name;
        impl Arg for $name {
            type C = $c;
            type In<'p> = $in;
            fn take($p: &Process, $v: $c) -> Self::In<'_> {
                $take
            }
        }
    )* };
}

args! {
    Unit: () => (), |_p, _v| ();
    Never: () => (), |_p, _v| ();
    Bool: u64 => bool, |_p, v| v != 0;
    Int: u64 => i64, |_p, v| v as i64;
    Float: f64 => f64, |_p, v| v;
    Pid: u64 => u64, |_p, v| v;
    MonitorRef: u64 => u64, |_p, v| v;
    Ptr: u64 => u64, |_p, v| v;
    Str: u64 => StrView<'p>, |p, v| StrView::of(p.object(v));
    Bytes: u64 => List<'p>, |p, v| List::of(p.object(v));
    Any: u64 => Word, |_p, v| Word(v);
    Ref: u64 => Obj<'p>, |p, v| p.object(v);
    ListStr: u64 => List<'p>, |p, v| List::of(p.object(v));
    ListInt: u64 => List<'p>, |p, v| List::of(p.object(v));
    ListPid: u64 => List<'p>, |p, v| List::of(p.object(v));
    OptInt: u64 => Word, |_p, v| Word(v);
    OptFloat: u64 => Word, |_p, v| Word(v);
    OptStr: u64 => Word, |_p, v| Word(v);
    OptPid: u64 => Word, |_p, v| Word(v);
    Bits: u64 => u64, |_p, v| v;
    Type: u64 => TypeId, |_p, v| v as TypeId;
}

/// What a Rust function may return for the type name `A`: a value, or the exception in its place. Rows that cannot
/// throw return the value itself.
pub trait Outcome<A: Arg> {
    /// Makes the machine value.
    fn outcome(self, p: &Process) -> Result<A::C, Throw>;
}

macro_rules! outs {
    ($($name:ident: $out:ty, |$p:ident, $v:ident| $give:expr;)*) => { $(
        impl Outcome<$name> for $out {
            fn outcome($v, $p: &Process) -> Result<<$name as Arg>::C, Throw> {
                Ok($give)
            }
        }

        impl Outcome<$name> for Result<$out, Throw> {
            fn outcome(self, p: &Process) -> Result<<$name as Arg>::C, Throw> {
                <$out as Outcome<$name>>::outcome(self?, p)
            }
        }
    )* };
}

impl Outcome<Never> for Infallible {
    fn outcome(self, _: &Process) -> Result<(), Throw> {
        match self {}
    }
}

impl Outcome<Never> for Result<Infallible, Throw> {
    fn outcome(self, _: &Process) -> Result<(), Throw> {
        match self? {}
    }
}

outs! {
    Unit: (), |_p, self| self;
    Bool: bool, |_p, self| self as u64;
    Int: i64, |_p, self| self as u64;
    Float: f64, |_p, self| self;
    Pid: u64, |_p, self| self;
    MonitorRef: u64, |_p, self| self;
    Ptr: u64, |_p, self| self;
    Str: StrView<'_>, |_p, self| self.object().address();
    Bytes: List<'_>, |_p, self| self.object().address();
    Any: Word, |_p, self| self.0;
    Ref: Obj<'_>, |_p, self| self.address();
    Ref: Word, |_p, self| self.0;
    Ref: List<'_>, |_p, self| self.object().address();
    Ref: crate::object::Map<'_>, |_p, self| self.object().address();
    ListStr: List<'_>, |_p, self| self.object().address();
    ListStr: u64, |_p, self| self;
    ListInt: List<'_>, |_p, self| self.object().address();
    ListPid: List<'_>, |_p, self| self.object().address();
    OptInt: Option<i64>, |p, self| self.map_or(0, |value| p.any(type_id::INT, value as u64).0);
    OptFloat: Option<f64>, |p, self| self.map_or(0, |value| p.any(type_id::FLOAT, value.to_bits()).0);
    OptStr: Option<StrView<'_>>, |_p, self| self.map_or(0, |text| text.object().address());
    OptStr: u64, |_p, self| self;
    OptPid: Option<u64>, |p, self| self.map_or(0, |pid| p.any(type_id::PID, pid).0);
    Bits: u64, |_p, self| self;
}
