//! The `vitte` command: `vittec` under its short name.

use std::process::ExitCode;

fn main() -> ExitCode {
    vittec::main()
}
