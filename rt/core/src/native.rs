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
        // `vt_exit` does not return.
        #[allow(unreachable_code, unused_variables)]
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

/// The symbols that compiled code calls.
#[cfg(all(unix, not(miri)))]
pub mod symbol {
    use super::*;
    use crate::stdlib::number::FLOATS;
    use crate::unwind::{RAISED, RAISED_ON};
    use vitte_abi::context::Context;
    use vitte_abi::foreign::CALLBACK_SYMBOL;
    use vitte_abi::program::FLOATS_SYMBOL;

    /// What stands behind the symbols, by the C convention, on the worker's stack.
    mod thunk {
        use super::*;

        /// One row as a C function; for `Leaf` and `Quick` rows the symbol is that function.
        macro_rules! thunk {
            ($name:ident ($($arg:ident: $ty:ident),*) $result:ident [Leaf]) => {};
            ($name:ident ($($arg:ident: $ty:ident),*) $result:ident [Reads Quick]) => {};
            ($name:ident ($($arg:ident: $ty:ident),*) $result:ident [$($effect:ident)*]) => {
                // `vt_exit` does not return.
                #[allow(unreachable_code, unused_variables)]
                pub(super) unsafe extern "C" fn $name(
                    context: *mut Context,
                    $($arg: <arg::$ty as Arg>::C),*
                ) -> <arg::$result as Arg>::C {
                    // SAFETY: the context is the head of the process that called, which nobody else uses meanwhile.
                    let p = unsafe { &*context.cast::<Process>() };
                    let outcome = rows::$name(p, $(<arg::$ty as Arg>::take(p, $arg)),*);
                    match Outcome::<arg::$result>::outcome(outcome, p) {
                        Ok(value) => value,
                        Err(throw) => {
                            p.set_pending(throw.exception(), if throw.goes_on() { RAISED_ON } else { RAISED });
                            Machine::NONE
                        }
                    }
                }
            };
        }

        macro_rules! thunks {
            ($($(#[doc = $doc:literal])* $name:ident($($arg:ident: $ty:ident),*) -> $result:ident [$($effect:ident)*];)*) => {
                $(thunk! { $name ($($arg: $ty),*) $result [$($effect)*] })*
            };
        }

        vitte_abi::for_each_helper!(thunks);
        vitte_abi::for_each_native!(thunks);
    }

    macro_rules! symbol {
        ($name:ident ($($arg:ident: $ty:ident),*) $result:ident [Leaf]) => {
            #[unsafe(no_mangle)]
            extern "C" fn $name($($arg: <arg::$ty as Arg>::C),*) -> <arg::$result as Arg>::C {
                rows::$name($($arg),*)
            }
        };
        ($name:ident ($($arg:ident: $ty:ident),*) $result:ident [Reads Quick]) => {
            #[unsafe(no_mangle)]
            unsafe extern "C" fn $name(
                context: *const Context,
                $($arg: <arg::$ty as Arg>::C),*
            ) -> <arg::$result as Arg>::C {
                // SAFETY: the context is the head of the process that called, which nobody else uses meanwhile.
                let p = unsafe { &*context.cast::<Process>() };
                Machine::from_bits(rows::$name(p, $(<arg::$ty as Arg>::take(p, $arg)),*) as u64)
            }
        };
        ($name:ident ($($arg:ident: $ty:ident),*) $result:ident [$($effect:ident)*]) => {
            #[unsafe(naked)]
            #[unsafe(no_mangle)]
            unsafe extern "C" fn $name() {
                native_stub!(thunk::$name)
            }
        };
    }

    macro_rules! symbols {
        ($table:ident; $($(#[doc = $doc:literal])* $name:ident($($arg:ident: $ty:ident),*) -> $result:ident [$($effect:ident)*];)*) => {
            $(symbol! { $name ($($arg: $ty),*) $result [$($effect)*] })*

            const $table: &[(&str, *const ())] = &[$((stringify!($name), $name as *const ())),*];
        };
    }
    macro_rules! helpers {
        ($($rows:tt)*) => { symbols! { HELPERS; $($rows)* } };
    }
    macro_rules! natives {
        ($($rows:tt)*) => { symbols! { NATIVES; $($rows)* } };
    }

    vitte_abi::for_each_helper!(helpers);
    vitte_abi::for_each_native!(natives);

    /// The address behind each symbol, for code that is compiled into memory.
    pub fn addresses() -> impl Iterator<Item = (&'static str, *const u8)> {
        let others =
            [(CALLBACK_SYMBOL, crate::foreign::vt_callback as *const ()), (FLOATS_SYMBOL, (&raw const FLOATS).cast())];
        let rows = HELPERS.iter().chain(NATIVES).chain(crate::stub::STUBS).copied().chain(others);
        rows.map(|(name, address)| (name, address.cast()))
    }
}
