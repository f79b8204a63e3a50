//! C functions: calling them, and being called by them.

use crate::machine::{Args, Machine, Outcome, Stop};
use crate::op::Slots;
use crate::program::Func;
use crate::trace::Tracer;
use vitte_abi::functions::NativeFn;
use vitte_abi::object::type_id;
use vitte_rt::foreign::{Callbacks, Caller, call_interpreted, lookup};
use vitte_rt::{Process, Throw, Word, call_native, report_unreachable};

/// A machine that waits for C.
struct Waiting<'m, T> {
    machine: &'m mut Machine,
    tracer: &'m mut T,
}

impl<T: Tracer> Caller for Waiting<'_, T> {
    fn process(&mut self) -> &mut Process {
        &mut self.machine.process
    }

    fn signature(&self, index: u32) -> &'static [u8] {
        &self.machine.program.callbacks[index as usize].signature
    }

    fn call_back(&mut self, index: u32, words: &mut [u64]) -> Result<(), Word> {
        let machine = &mut *self.machine;
        let floor = std::mem::replace(&mut machine.floor, machine.frames.len());
        let outcome = match machine.enter_callback(index, words) {
            Ok(()) => {
                if T::ACTIVE {
                    self.tracer.call(machine);
                }
                machine.run(self.tracer)
            }
            Err(stop) => Err(stop),
        };
        machine.frames.truncate(machine.floor);
        machine.floor = floor;
        match outcome {
            Ok(Outcome::Returned(bits)) => {
                words[0] = bits;
                Ok(())
            }
            Ok(Outcome::Paused(_)) => unreachable!("a callback cannot wait"),
            Err(Stop::Uncaught(exception)) => Err(exception),
            // C is in between, so that the program ends here.
            Err(Stop::Exit(code)) => machine.exit(code),
            Err(Stop::Trap) => machine.exit(report_unreachable().into()),
        }
    }
}

impl Machine {
    /// Calls a C function for the frame on top, in which `args` are.
    pub(crate) fn call_extern<T: Tracer>(
        &mut self,
        tracer: &mut T,
        func: &'static Func,
        site: u32,
        args: Slots,
    ) -> Result<u64, Throw> {
        let site = &func.foreign[site as usize];
        let base = self.frames.last().map_or(0, |frame| frame.base);
        let slots = &func.slots[args as usize..(args + site.n_args) as usize];
        let args: Vec<u64> = slots.iter().map(|&slot| self.stack[base + usize::from(slot)]).collect();
        let code = self.extern_address(site.external)?;
        call_interpreted(&mut Waiting { machine: self, tracer }, code, &site.signature, &args)
    }

    /// The address by which C calls the function of a callback.
    pub(crate) fn callback_address(&self, index: u32) -> Result<u64, Throw> {
        let program = self.program;
        match program.callback_code.get_or_init(|| Callbacks::new(program.callbacks.len() as u32)) {
            Some(callbacks) => Ok(callbacks.address(index)),
            None => {
                Err(self.process.throw_error(type_id::PROCESS_ERROR, "C functions cannot be called on this system"))
            }
        }
    }

    /// Makes a frame for the function of a callback, of whose `words` the first are its arguments.
    fn enter_callback(&mut self, index: u32, words: &[u64]) -> Result<(), Stop> {
        let func = self.program.callbacks[index as usize].func;
        let n_params = self.program.functions[func as usize].n_params as usize;
        if let Err(throw) = self.push_frame(func, Args { base: 0, first: None, slots: &[] }, 0, 0) {
            return self.raise(throw, false);
        }
        let base = self.frames.last().map_or(0, |frame| frame.base);
        self.stack[base..base + n_params].copy_from_slice(&words[..n_params]);
        Ok(())
    }

    /// The address of a C function, looked up when it is first called.
    fn extern_address(&self, external: u32) -> Result<u64, Throw> {
        let known = &self.program.externs[external as usize];
        if known.get().is_none() {
            let declared = &self.program.module.externs[external as usize];
            known.set(lookup(&declared.library, &declared.symbol));
        }
        known.get().ok_or_else(|| {
            let symbol = &self.program.module.externs[external as usize].symbol;
            self.process.throw_error(type_id::PROCESS_ERROR, &format!("there is no C function `{symbol}`"))
        })
    }

    fn exit(&self, code: i64) -> ! {
        _ = call_native(&self.process, NativeFn::vt_exit, &[code as u64]);
        unreachable!("the program has ended")
    }
}
