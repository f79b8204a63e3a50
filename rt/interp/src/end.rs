//! The end of a run: what is said, and the exit code.

use crate::machine::{Machine, Stop};
use vitbc::TypeIdx;
use vitte_rt::report_uncaught;
use vitte_rt::stdlib::io::flush_for_exit;

/// The exit code after an instruction that is never reached: that of a compiled program, which a signal ends then.
const TRAPPED: i32 = 128 + 4;

impl Machine {
    /// Flushes what the program printed, says what ended it if that was no return, and gives the exit code.
    pub(crate) fn end(&self, result: Result<u64, Stop>) -> i32 {
        flush_for_exit();
        match result {
            Ok(value) if self.program.entry().result == TypeIdx::INT => value as i32,
            Ok(_) => 0,
            Err(Stop::Exit(code)) => code as i32,
            Err(Stop::Uncaught(exception)) => report_uncaught(&self.process, exception),
            Err(Stop::Trap) => {
                eprintln!("error: UNREACHABLE was reached");
                TRAPPED
            }
        }
    }
}
