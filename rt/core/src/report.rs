//! What a program prints about an exception that nobody handled.

use crate::object::{Obj, Str};
use crate::process::Process;
use crate::stdlib::format::to_str;
use crate::stdlib::io::flush_for_exit;
use crate::sys::{self, host};
use crate::word::Word;
use std::convert::Infallible;
use vitte_abi::object::type_id;
use vitte_abi::types::Shape;

/// The exit code of a program that an exception ended.
pub const UNCAUGHT: i32 = 101;

/// The exit code of a program that reached what is never reached: that of one which such an instruction of the processor
/// ends by a signal.
const TRAPPED: i32 = 128 + 4;

/// Prints that an instruction was reached that never is; the exit code of the program.
pub fn report_unreachable() -> i32 {
    report_failure("error: reached an unreachable instruction\n");
    TRAPPED
}

/// Ends the program after that.
pub fn unreachable(_: &Process) -> Infallible {
    host::exit(report_unreachable())
}

/// Prints an uncaught exception and its stack trace on standard error; the exit code of the program.
pub fn report_uncaught(p: &Process, exception: Word) -> i32 {
    report_failure(&describe_uncaught(p, exception))
}

/// Prints why a program failed on standard error; its exit code.
pub fn report_failure(text: &str) -> i32 {
    flush_for_exit();
    sys::write_err(text.as_bytes());
    UNCAUGHT
}

/// Sets what there is to tell about the exception that is being handled, if nobody handles it.
pub fn tell_uncaught(p: &Process, text: Str<'_>) {
    p.tell_uncaught(text.as_str());
}

/// What there is to tell about an uncaught exception.
pub(crate) fn describe_uncaught(p: &Process, exception: Word) -> String {
    let mut text = String::from("error: uncaught ");
    let message = || exception.object(p).and_then(|object| error_message(p, object));
    if let Some(told) = p.told_uncaught() {
        text.push_str(&told);
    } else if let Some((name, message)) = message() {
        text.push_str(name);
        text.push_str(": ");
        text.push_str(message);
    } else {
        text.push_str("exception: ");
        text.push_str(to_str(p, exception.0, type_id::ANY).as_str());
    }
    text.push('\n');
    text.push_str(&p.stack_trace());
    text
}

/// The type's name and the message of an error: a struct whose first field is `message: str`.
fn error_message<'p>(p: &'p Process, object: Obj<'p>) -> Option<(&'p str, &'p str)> {
    let info = p.runtime().ty(object.ty());
    let Shape::Struct(record) = &info.shape else { return None };
    let first = record.fields.first().filter(|field| field.ty == type_id::STR && &*field.name == "message")?;
    let message = object.word_at(first.offset).object(p)?;
    Some((&info.name, Str::of(message).as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Types;

    #[test]
    fn errors_have_a_message_and_other_values_none() {
        let mut types = Types::new();
        let refusal = types.record("Refusal", &[("message", type_id::STR), ("times", type_id::INT)]);
        let other = types.record("Other", &[("times", type_id::INT)]);
        let p = types.process();
        let error = p.new_error(refusal, "not today");
        assert_eq!(error_message(&p, error), Some(("Refusal", "not today")));
        assert_eq!(error_message(&p, p.new_record(other)), None);
    }
}
