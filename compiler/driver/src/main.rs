//! The `vittec` command.
fn main() {}
