//! The commands, a file each.

mod build;
mod check;
mod convert;
mod doc;
mod doctor;
mod exec;
mod explain;
mod fmt;
mod inspect;
mod new;
mod pack;
mod repl;
mod run;
mod targets;
mod test;
mod verify;

use crate::cli::{Cli, Command};
use crate::failure::Result;
use crate::output;
use crate::report::{MessageFormat, Reporter};
use clap::CommandFactory;
use std::process::ExitCode;

/// Runs a command; the exit code is the program's own where one was run.
pub fn run(command: Command, format: MessageFormat, reporter: &Reporter) -> Result<ExitCode> {
    match command {
        Command::Build(args) => build::build(args, reporter)?,
        Command::Emit(args) => build::emit(args, reporter)?,
        Command::Run(args) => return run::run(args, reporter),
        Command::Exec(args) => return exec::exec(args, reporter),
        Command::Check(args) => return check::check(args, reporter),
        Command::Compile(args) => convert::compile(&args, reporter)?,
        Command::Test(args) => return test::test(&args, format, reporter),
        Command::Repl(args) => return repl::repl(&args, reporter),
        Command::Fmt(args) => return fmt::fmt(&args, reporter),
        Command::Doc(args) => doc::doc(&args)?,
        Command::New { name } => new::new(&name)?,
        Command::Asm(args) => convert::assemble(&args)?,
        Command::Dis(args) => convert::disassemble(&args)?,
        Command::Inspect(args) => inspect::inspect(&args)?,
        Command::Verify(args) => return verify::verify(&args, reporter),
        Command::Explain { code } => explain::explain(code.as_deref())?,
        Command::Targets { json } => targets::targets(json)?,
        Command::Doctor { target } => return doctor::doctor(target.as_deref()),
        Command::Completions { shell } => {
            let mut scripts = Vec::new();
            for name in ["vittec", "vitte"] {
                clap_complete::generate(shell, &mut Cli::command(), name, &mut scripts);
            }
            output::print(&scripts)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
