//! Exceptions: from the instruction that raises one to its handler.

use crate::machine::{Frame, Machine, Stop};
use vitte_abi::functions::Helper;
use vitte_rt::{Throw, Word, call_helper};

impl Machine {
    /// Raises an exception at the running instruction: leaves frames until one has a handler for it, which becomes
    /// the running instruction. With `again` the exception goes on with its stack trace.
    ///
    /// # Errors
    /// The exception, if there is no handler. Then all frames stay, for those who want to look at them.
    pub(crate) fn raise(&mut self, throw: Throw, again: bool) -> Result<(), Stop> {
        let exception = throw.exception();
        // A handler's frame was shown when the exception got there; raised again, it goes on above. Coming from a
        // callback, it goes on here.
        let goes_on = self.process.begin_trace(exception, again || throw.goes_on());
        let mut is_handler = goes_on && again;
        let mut is_shown = true;
        for depth in (self.floor..self.frames.len()).rev() {
            let frame = self.frames[depth];
            if !std::mem::take(&mut is_handler) && is_shown {
                is_shown = self.process.push_frame(vitte_rt::Frame::Interpreted(self.location(&frame)));
            }
            for handler in self.func(&frame).handlers_at(frame.pc) {
                if handler.filter.is_none_or(|ty| self.is_type(exception, ty)) {
                    self.frames.truncate(depth + 1);
                    self.frames[depth].pc = handler.target;
                    self.stack[frame.base + usize::from(handler.slot)] = exception.0;
                    return Ok(());
                }
            }
        }
        Err(Stop::Uncaught(exception))
    }

    /// Leaves where the process waits as the trace of nil.
    pub(crate) fn trace_suspended(&self) {
        self.process.begin_trace(Word::NIL, false);
        for (depth, frame) in self.frames.iter().rev().enumerate() {
            // The innermost frame goes on behind the instruction that waits.
            let waits = u32::from(depth == 0 && self.awaited.is_some());
            let location = self.location(&Frame { pc: frame.pc - waits, ..*frame });
            if !self.process.push_frame(vitte_rt::Frame::Interpreted(location)) {
                break;
            }
        }
    }

    fn is_type(&self, value: Word, ty: u32) -> bool {
        matches!(call_helper(&self.process, Helper::vt_is_type, &[value.0, u64::from(ty)]), Ok(1))
    }
}
