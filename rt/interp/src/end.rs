//! The end of a run: what is said, and the exit code.

use crate::machine::Machine;
use vitte_abi::functions::NativeFn;
use vitte_abi::object::type_id;
use vitte_rt::stdlib::format::write_value;
use vitte_rt::stdlib::value::Value;
use vitte_rt::{Word, call_native};

/// After an uncaught exception.
const UNCAUGHT: i32 = 101;
/// After an instruction that is never reached: 128 and the number of the signal that ends compiled programs then.
const TRAPPED: i32 = 128 + 4;

impl Machine {
    /// The exit code as it is, with the program's output flushed.
    pub(crate) fn end(&self, code: i32) -> i32 {
        // Nobody is left to hear that the output could not be written.
        let _ = call_native(&self.process, NativeFn::vt_flush_out, &[]);
        code
    }

    /// Reports an exception that nobody caught.
    pub(crate) fn report(&self, exception: Word) -> i32 {
        let code = self.end(UNCAUGHT);
        let mut text = String::new();
        let _ = write_value(&self.process, &mut text, Value { bits: exception.0, ty: type_id::ANY });
        eprint!("error: uncaught exception: {text}\n{}", self.process.stack_trace());
        code
    }

    /// Reports that an instruction was reached that never is.
    pub(crate) fn trap(&self) -> i32 {
        let code = self.end(TRAPPED);
        eprintln!("vitte runtime: UNREACHABLE was reached");
        code
    }
}
