//! The options of a run, from the environment or the command line of the tool that starts it.

use crate::sys;
use std::fmt::{self, Write};
use std::num::NonZero;
pub use vitte_abi::program::Engine;

/// The options of a run. The defaults are those of a program started without any.
#[derive(Clone, Debug)]
pub struct Options {
    /// The collector.
    pub engine: Engine,
    /// One line on standard error for each collection.
    pub gc_log: bool,
    /// A full collection at every safepoint, with what was left behind overwritten.
    pub gc_stress: bool,
    /// The number of bytes of live objects beyond which allocation raises `OutOfMemory`. From the environment, if it
    /// says nothing else, the size of the machine's memory.
    pub heap_max: u64,
    /// The size of the main process's stack in bytes.
    pub stack: u64,
    /// Turns of processes end after numbers of safepoints that follow from this seed, instead of by the clock: so a run
    /// can be repeated exactly.
    pub seed: Option<u64>,
    /// The number of threads that run processes. By default that of the processors the program may use.
    pub threads: Option<NonZero<usize>>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            engine: Engine::Generational,
            gc_log: false,
            gc_stress: false,
            heap_max: u64::MAX,
            stack: 256 << 20,
            seed: None,
            threads: None,
        }
    }
}

/// A variable of the environment whose value makes no sense.
#[derive(Debug)]
pub struct BadVariable {
    name: &'static str,
    value: String,
    wanted: &'static str,
}

impl fmt::Display for BadVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is `", self.name)?;
        for c in self.value.chars() {
            if c.is_control() { write!(f, "{}", c.escape_default())? } else { f.write_char(c)? }
        }
        write!(f, "`, which is not {}", self.wanted)
    }
}

impl std::error::Error for BadVariable {}

impl Options {
    /// The number of threads that run processes.
    pub(crate) fn threads(&self) -> usize {
        self.threads.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZero::get)
    }

    /// The options given by `VITTE_GC`, `VITTE_GC_LOG`, `VITTE_GC_STRESS`, `VITTE_HEAP_MAX`, `VITTE_STACK`,
    /// `VITTE_SCHED=seed:N` and `VITTE_THREADS`. `engine` is the collector unless `VITTE_GC` names another.
    ///
    /// # Errors
    /// A variable's value cannot be read.
    pub fn from_env(engine: Engine) -> Result<Options, BadVariable> {
        Options::from_variables(engine, sys::host::variable)
    }

    fn from_variables(engine: Engine, get: impl Fn(&str) -> Option<String>) -> Result<Options, BadVariable> {
        let mut options = Options { engine, heap_max: sys::memory_size(), ..Options::default() };
        let set = |name| get(name).filter(|value| !value.is_empty());
        if let Some(value) = set("VITTE_GC") {
            let bad = || BadVariable { name: "VITTE_GC", value: value.clone(), wanted: "gen, marksweep or none" };
            options.engine = Engine::by_name(&value).ok_or_else(bad)?;
        }
        options.gc_log = set("VITTE_GC_LOG").is_some_and(|value| value != "0");
        options.gc_stress = set("VITTE_GC_STRESS").is_some_and(|value| value != "0");
        for (name, size) in [("VITTE_HEAP_MAX", &mut options.heap_max), ("VITTE_STACK", &mut options.stack)] {
            if let Some(value) = set(name) {
                let bad = || BadVariable { name, value: value.clone(), wanted: "a size such as 64M" };
                *size = parse_size(&value).ok_or_else(bad)?;
            }
        }
        if let Some(value) = set("VITTE_SCHED") {
            let seed = value.strip_prefix("seed:").and_then(|seed| seed.parse().ok());
            let bad = || BadVariable { name: "VITTE_SCHED", value: value.clone(), wanted: "seed: and a number" };
            options.seed = Some(seed.ok_or_else(bad)?);
        }
        if let Some(value) = set("VITTE_THREADS") {
            let bad = || BadVariable { name: "VITTE_THREADS", value: value.clone(), wanted: "a number above 0" };
            options.threads = Some(value.parse().map_err(|_| bad())?);
        }
        Ok(options)
    }
}

/// A number of bytes, with `K`, `M` or `G` for powers of 1024.
fn parse_size(text: &str) -> Option<u64> {
    let (digits, shift) = match text.as_bytes().last()? {
        b'k' | b'K' => (&text[..text.len() - 1], 10),
        b'm' | b'M' => (&text[..text.len() - 1], 20),
        b'g' | b'G' => (&text[..text.len() - 1], 30),
        _ => (text, 0),
    };
    digits.parse::<u64>().ok()?.checked_mul(1 << shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_set_options() {
        let options = Options::from_variables(Engine::None, |name| match name {
            "VITTE_GC" => Some("marksweep".into()),
            "VITTE_HEAP_MAX" => Some("64M".into()),
            "VITTE_GC_STRESS" => Some("0".into()),
            "VITTE_SCHED" => Some("seed:7".into()),
            "VITTE_THREADS" => Some("3".into()),
            _ => None,
        })
        .unwrap();
        assert_eq!((options.engine, options.heap_max, options.gc_stress), (Engine::MarkSweep, 64 << 20, false));
        assert_eq!((options.seed, Options::default().seed), (Some(7), None));
        assert_eq!(options.threads(), 3);
        let given = Options::from_variables(Engine::None, |_| None).unwrap();
        assert_eq!(given.engine, Engine::None);
        let wrong = Options::from_variables(Engine::None, |name| (name == "VITTE_STACK").then(|| "many".into()));
        assert_eq!(wrong.unwrap_err().to_string(), "VITTE_STACK is `many`, which is not a size such as 64M");
    }
}
