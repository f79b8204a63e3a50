//! How the bodies of processes are made.

use super::Body;
#[cfg(all(unix, not(miri)))]
use crate::body::SpawnedBody;
use crate::letter::Letter;
use crate::process::Process;
use std::thread::ThreadId;
#[cfg(all(unix, not(miri)))]
use vitte_abi::program::Program;

/// Makes the body of a new process, which will call the function value in the letter.
pub type Spawner = Box<dyn Fn(Box<Process>, Letter) -> Box<dyn Body>>;

/// How bodies are made, and whether they may run on any thread.
pub(super) enum Maker {
    /// All run on this thread.
    Here(Spawner, ThreadId),
    /// They run a program's compiled code.
    #[cfg(all(unix, not(miri)))]
    Compiled(&'static Program, bool),
    #[cfg(test)]
    Anywhere(Box<dyn Fn(Box<Process>, Letter) -> Box<dyn Body + Send> + Send + Sync>),
}

// SAFETY: a spawner for one thread is called by that thread alone, see `make`.
unsafe impl Send for Maker {}
// SAFETY: as above.
unsafe impl Sync for Maker {}

impl Maker {
    /// The body of a new process.
    pub(super) fn make(&self, process: Box<Process>, body: Letter) -> Box<dyn Body> {
        match self {
            Maker::Here(spawner, thread) => {
                assert!(*thread == std::thread::current().id(), "processes of this program run on one thread");
                spawner(process, body)
            }
            #[cfg(all(unix, not(miri)))]
            Maker::Compiled(program, _) => Box::new(SpawnedBody::new(program, process, body)),
            #[cfg(test)]
            Maker::Anywhere(spawner) => spawner(process, body),
        }
    }

    /// Whether bodies may change threads.
    pub(super) fn is_shared(&self) -> bool {
        match self {
            Maker::Here(..) => false,
            #[cfg(all(unix, not(miri)))]
            Maker::Compiled(_, is_shared) => *is_shared,
            #[cfg(test)]
            Maker::Anywhere(_) => true,
        }
    }
}
