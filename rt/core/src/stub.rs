//! The slow paths of compiled code: where it allocates beyond the nursery, polls, overflows the stack, stores into an
//! old object, or raises an exception. The only places where compiled code collects.

use crate::process::Process;
use crate::scheduler::Pause;
use crate::stdlib::any::throw_mismatch;
use crate::stdlib::range::throw_index;
use crate::throw::Throw;
use crate::unwind::{RAISED, RAISED_AGAIN, RAISED_ON_ENTRY};
use crate::word::Word;
use vitte_abi::TypeId;
use vitte_abi::context::Context;

fn vt_alloc(p: &mut Process, size: u64) -> Result<(), Throw> {
    let address = p.alloc_at_safepoint(size as usize)?;
    p.set_result(address);
    Ok(())
}

fn vt_poll(p: &mut Process) -> Result<(), Throw> {
    if p.collection_due() {
        p.collect_frames(0)?;
    }
    yield_if_due(p);
    p.reset_stack_limit();
    Ok(())
}

/// Has the stub suspend the process if its turn is over. On resuming, the stub returns.
fn yield_if_due(p: &Process) {
    if !p.is_called_back() && p.yield_due() {
        p.suspend(Pause::Yielding);
    }
}

fn vt_stack_check(p: &mut Process) -> Result<(), Throw> {
    if p.collection_due() {
        p.collect_frames(0)?;
    }
    let code = p.runtime().code().expect("compiled code has tables");
    let sp = p.frames(code).next().map_or(u64::MAX, |frame| frame.sp);
    if sp < p.stack_floor() {
        return Err(p.throw_stack_overflow());
    }
    yield_if_due(p);
    p.reset_stack_limit();
    Ok(())
}

fn vt_barrier(p: &mut Process, object: u64, slot: u64) -> Result<(), Throw> {
    p.barrier(object, slot);
    Ok(())
}

fn vt_throw(_: &mut Process, value: u64) -> Throw {
    Throw::new(Word(value))
}

fn vt_rethrow(_: &mut Process, value: u64) -> Throw {
    Throw::new(Word(value))
}

fn vt_throw_divide(p: &mut Process) -> Throw {
    p.throw_divide()
}

fn vt_throw_index(p: &mut Process, index: u64, len: u64) -> Throw {
    throw_index(p, index as i64, len as usize)
}

fn vt_throw_nil(p: &mut Process) -> Throw {
    p.throw_nil()
}

fn vt_throw_type(p: &mut Process, value: u64, expected: u64) -> Throw {
    throw_mismatch(p, Word(value), expected as TypeId)
}

fn vt_throw_variant(p: &mut Process, object: u64, variant: u64) -> Throw {
    p.throw_variant(p.object(object), variant as u16)
}

/// Rows to C functions on the worker's stack, symbols and a table of them.
macro_rules! stubs {
    ($($(#[doc = $doc:literal])* $name:ident($($arg:ident: $ty:ident),*) -> $result:ident [$($effect:ident)*];)*) => {
        mod body {
            use super::*;

            $(pub(super) unsafe extern "C" fn $name(context: *mut Context) {
                // SAFETY: the context is the head of the process that called. Compiled code does not run meanwhile, and
                // no native does, so nobody else refers to it.
                let [$($arg,)* ..] = unsafe { (*context).arguments };
                // SAFETY: as above.
                let p = unsafe { &mut *context.cast::<Process>() };
                if let Some(throw) = raised!($result super::$name(p, $($arg),*)) {
                    p.set_pending(throw.exception(), way!($name));
                }
            })*
        }

        mod symbol {
            use super::body;

            $(
                #[unsafe(naked)]
                #[unsafe(no_mangle)]
                pub(super) unsafe extern "C" fn $name() {
                    stub!($result body::$name)
                }
            )*
        }

        pub(crate) const STUBS: &[(&str, *const ())] = &[$((stringify!($name), symbol::$name as *const ())),*];
    };
}

macro_rules! raised {
    (Never $throw:expr) => {
        Some($throw)
    };
    ($result:ident $outcome:expr) => {
        $outcome.err()
    };
}

macro_rules! way {
    (vt_rethrow) => {
        RAISED_AGAIN
    };
    (vt_stack_check) => {
        RAISED_ON_ENTRY
    };
    ($name:ident) => {
        RAISED
    };
}

macro_rules! stub {
    (Never $body:path) => {
        throw_stub!($body)
    };
    ($result:ident $body:path) => {
        safepoint_stub!($body)
    };
}

vitte_abi::for_each_stub!(stubs);
