//! The options of a run, from the environment or the command line of the tool that starts it.

use crate::sys;

/// A collector engine.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Engine {
    /// Generational copying.
    #[default]
    Generational,
    /// A copying nursery before an old generation that is marked and swept in place.
    MarkSweep,
    /// Memory is never given back.
    None,
}

impl Engine {
    /// The engine of this name: `gen`, `marksweep` or `none`.
    pub fn by_name(name: &str) -> Option<Engine> {
        match name {
            "gen" => Some(Engine::Generational),
            "marksweep" => Some(Engine::MarkSweep),
            "none" => Some(Engine::None),
            _ => None,
        }
    }
}

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
        }
    }
}

impl Options {
    /// The options given by `VITTE_GC`, `VITTE_GC_LOG`, `VITTE_GC_STRESS`, `VITTE_HEAP_MAX`, `VITTE_STACK` and
    /// `VITTE_SCHED=seed:N`, or the name of the variable whose value cannot be read.
    pub fn from_env() -> Result<Options, &'static str> {
        Options::from_variables(|name| std::env::var(name).ok())
    }

    fn from_variables(get: impl Fn(&str) -> Option<String>) -> Result<Options, &'static str> {
        let mut options = Options { heap_max: sys::memory_size(), ..Options::default() };
        let set = |name| get(name).filter(|value| !value.is_empty());
        if let Some(name) = set("VITTE_GC") {
            options.engine = Engine::by_name(&name).ok_or("VITTE_GC")?;
        }
        options.gc_log = set("VITTE_GC_LOG").is_some_and(|value| value != "0");
        options.gc_stress = set("VITTE_GC_STRESS").is_some_and(|value| value != "0");
        if let Some(size) = set("VITTE_HEAP_MAX") {
            options.heap_max = parse_size(&size).ok_or("VITTE_HEAP_MAX")?;
        }
        if let Some(size) = set("VITTE_STACK") {
            options.stack = parse_size(&size).ok_or("VITTE_STACK")?;
        }
        if let Some(value) = set("VITTE_SCHED") {
            let seed = value.strip_prefix("seed:").and_then(|seed| seed.parse().ok());
            options.seed = Some(seed.ok_or("VITTE_SCHED")?);
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
        let options = Options::from_variables(|name| match name {
            "VITTE_GC" => Some("marksweep".into()),
            "VITTE_HEAP_MAX" => Some("64M".into()),
            "VITTE_GC_STRESS" => Some("0".into()),
            "VITTE_SCHED" => Some("seed:7".into()),
            _ => None,
        })
        .unwrap();
        assert_eq!((options.engine, options.heap_max, options.gc_stress), (Engine::MarkSweep, 64 << 20, false));
        assert_eq!((options.seed, Options::default().seed), (Some(7), None));
        let wrong = Options::from_variables(|name| (name == "VITTE_STACK").then(|| "many".into()));
        assert_eq!(wrong.unwrap_err(), "VITTE_STACK");
    }
}
