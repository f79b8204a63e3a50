//! The program's surroundings: command line, environment, clocks, machine.

use super::file::throw_io;
use super::io::flush_for_exit;
use super::string::list_of_str;
use crate::object::{List, Str};
use crate::sys::stdio;
use crate::sys::{Instant, host};
use crate::{Process, Throw};
use std::convert::Infallible;
use std::sync::OnceLock;
use std::time::Duration;

/// The command line, without the program's name.
pub fn args(p: &Process) -> List<'_> {
    let args: Vec<Str<'_>> = p.runtime().args().iter().map(|arg| p.new_str(arg)).collect();
    list_of_str(p, &args)
}

/// A variable of the environment. U+FFFD stands for what is not UTF-8.
pub fn env_get<'p>(p: &'p Process, name: Str<'_>) -> Option<Str<'p>> {
    let name = name.as_str();
    // The system has no such names, and Rust panics on them.
    if name.is_empty() || name.contains(['=', '\0']) {
        return None;
    }
    host::variable(name).map(|value| p.new_str(&value))
}

/// Nanoseconds since 1970.
pub fn time_now(_: &Process) -> i64 {
    host::now()
}

/// Nanoseconds since the first call, never going back.
pub fn time_monotonic(_: &Process) -> i64 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_nanos() as i64
}

/// Ends the program with this code.
pub fn exit(_: &Process, code: i64) -> Infallible {
    flush_for_exit();
    host::exit(code as i32)
}

/// The number of processors that the program may use.
pub fn cpu_count(_: &Process) -> i64 {
    std::thread::available_parallelism().map_or(1, |count| count.get() as i64)
}

/// The name of the machine.
pub fn hostname(p: &Process) -> Str<'_> {
    p.new_str(&stdio::hostname())
}

/// The current directory.
pub fn current_dir(p: &Process) -> Result<Str<'_>, Throw> {
    match host::current_dir() {
        Ok(path) => Ok(p.new_str(&path)),
        Err(error) => Err(throw_io(p, "cannot find the current directory", "", &error)),
    }
}

/// 64 bits of the system's randomness.
pub fn random_seed(p: &Process) -> i64 {
    // Without any, the time is all there is to differ by.
    host::random().unwrap_or_else(|| super::hash::hash_int(time_now(p) as u64 ^ time_monotonic(p) as u64) as i64)
}

/// Waits for a time.
pub fn sleep(_: &Process, millis: i64) {
    host::sleep(Duration::from_millis(millis.max(0) as u64));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Types;

    #[test]
    fn clocks_go_forward() {
        let p = Types::new().process();
        let (now, start) = (time_now(&p), time_monotonic(&p));
        sleep(&p, 3);
        sleep(&p, -1);
        assert!(time_monotonic(&p) - start >= 3_000_000);
        assert!(now > 1_700_000_000_000_000_000 && time_now(&p) > now);
    }

    #[test]
    fn the_surroundings_can_be_asked() {
        let p = Types::new().process();
        let env = |name: &str| env_get(&p, p.new_str(name)).map(|value| value.as_str());
        assert_eq!(env("PATH"), std::env::var("PATH").ok().as_deref());
        assert_eq!((env(""), env("A=B"), env("A\0B"), env("VITTE_NO_SUCH_NAME")), (None, None, None, None));
        assert!(cpu_count(&p) >= 1 && !hostname(&p).is_empty());
        assert_eq!(current_dir(&p).unwrap().as_str(), std::env::current_dir().unwrap().to_str().unwrap());
        assert_ne!(random_seed(&p), random_seed(&p));
    }
}
