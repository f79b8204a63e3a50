//! Node, which runs programs for wasm.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The first version with 64-bit memories.
const VERSION: u32 = 24;

/// A Node that is new enough.
#[derive(Clone, Debug)]
pub struct Node {
    program: PathBuf,
    /// What the first line of `node --version` says.
    pub version: String,
}

impl Node {
    /// Looks where `scripts/test` installs one, and in `PATH`.
    ///
    /// # Errors
    /// There is none, or only older ones: what to do.
    pub fn find() -> Result<Node, String> {
        let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/node/node_modules/.bin/node");
        let mut found = String::from("there is no Node");
        for program in [PathBuf::from("node"), installed] {
            let Some(version) = version(&program) else { continue };
            let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
            if major.is_some_and(|major| major >= VERSION) {
                return Ok(Node { program, version });
            }
            found = format!("Node {version} is too old");
        }
        Err(format!("{found}; `npm install --prefix target/node node@{VERSION}` installs one for the tests"))
    }

    /// What runs the module of this loader.
    pub fn command(&self, loader: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(loader);
        command
    }
}

fn version(program: &Path) -> Option<String> {
    let output = Command::new(program).arg("--version").output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
