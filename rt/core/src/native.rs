//! From the rows of the function tables to functions that can be called: by compiled code under the row's symbol, and
//! by the interpreter through a table.

use crate::arg::{self, Arg, Machine, Outcome};
use crate::process::Process;
use crate::rows;
use crate::throw::Throw;
use vitte_abi::functions::{Helper, NativeFn};

/// Calls a native with the slot bits of its arguments; the slot bits of its result.
pub fn call_native(p: &Process, native: NativeFn, args: &[u64]) -> Result<u64, Throw> {
    NATIVES[native as usize](p, args)
}

/// Calls a helper with the slot bits of its arguments; the slot bits of its result.
pub fn call_helper(p: &Process, helper: Helper, args: &[u64]) -> Result<u64, Throw> {
    HELPERS[helper as usize](p, args)
}

type Dynamic = fn(&Process, &[u64]) -> Result<u64, Throw>;

/// One row as a function over slot bits.
macro_rules! dynamic {
    ($name:ident ($($arg:ident: $ty:ident),*) $result:ident [Leaf]) => {
        |_, args| {
            let &[$($arg),*] = args else { unreachable!("wrong number of arguments") };
            Ok(Machine::to_bits(rows::$name($(<<arg::$ty as Arg>::C as Machine>::from_bits($arg)),*)))
        }
    };
    ($name:ident ($($arg:ident: $ty:ident),*) $result:ident [$($effect:ident)*]) => {
        |p, args| {
            let &[$($arg),*] = args else { unreachable!("wrong number of arguments") };
            let outcome = rows::$name(p, $(<arg::$ty as Arg>::take(p, Machine::from_bits($arg))),*);
            Outcome::<arg::$result>::outcome(outcome, p).map(Machine::to_bits)
        }
    };
}

macro_rules! dynamic_table {
    ($table:ident; $($(#[doc = $doc:literal])* $name:ident($($arg:ident: $ty:ident),*) -> $result:ident [$($effect:ident)*];)*) => {
        static $table: &[Dynamic] = &[$(dynamic! { $name ($($arg: $ty),*) $result [$($effect)*] }),*];
    };
}

macro_rules! helpers {
    ($($rows:tt)*) => { dynamic_table! { HELPERS; $($rows)* } };
}
macro_rules! natives {
    ($($rows:tt)*) => { dynamic_table! { NATIVES; $($rows)* } };
}

vitte_abi::for_each_helper!(helpers);
vitte_abi::for_each_native!(natives);
