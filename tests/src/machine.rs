//! Other machines that programs can be built for and run on here, under emulation.

use std::path::Path;
use std::process::Command;

/// A target, and what runs its programs here.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Its name.
    pub target: String,
    run_with: Vec<String>,
}

impl Machine {
    /// One for each other processor that this compiler builds for and whose programs something here runs.
    ///
    /// # Panics
    /// The compiler does not say which.
    pub fn all(vittec: &str) -> Vec<Machine> {
        let output = Command::new(vittec).args(["targets", "--json"]).output().expect("vittec runs");
        let rows: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it prints JSON");
        let mut machines: Vec<Machine> = vec![];
        for row in rows.as_array().expect("it prints an array") {
            let run_with: Vec<String> = serde_json::from_value(row["run-with"].clone()).expect("a list of words");
            let known = machines.iter().any(|machine| machine.run_with.first() == run_with.first());
            if row["ready"] == true && row["runs"] == true && !run_with.is_empty() && !known {
                machines.push(Machine { target: row["name"].as_str().unwrap_or_default().to_owned(), run_with });
            }
        }
        machines
    }

    /// The processor's name.
    pub fn architecture(&self) -> &str {
        self.target.split('-').next().unwrap_or_default()
    }

    /// What runs a program made for it.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(&self.run_with[0]);
        command.args(&self.run_with[1..]).arg(program);
        command
    }
}
