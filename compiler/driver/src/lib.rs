//! The vittec command line: VITBC to native executables.
//!
//! [`pipeline`] is the way of a program from file to executable, [`engine`] the ways to run it at once; each command
//! is a file of its own. [`api`] is for programs that want to do the same from Rust.

pub mod api;
mod cli;
mod codes;
mod commands;
mod engine;
mod failure;
mod input;
mod origin;
mod output;
mod pipeline;
mod report;
mod vit;

use clap::Parser;
use std::process::ExitCode;

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    report_panics();
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are answers, everything else is wrong usage.
            if !error.use_stderr() {
                let text = error.to_string();
                // What is no part of clap's own is marked as an error all the same.
                let _ = match text.strip_prefix("error: ") {
                    Some(answer) => output::print(answer.as_bytes()).is_ok(),
                    None => error.print().is_ok(),
                };
                return ExitCode::SUCCESS;
            }
            cli::report_usage(&error);
            return ExitCode::from(failure::USAGE);
        }
    };
    let reporter = report::Reporter::new(cli.message_format, cli.color);
    match commands::run(cli.command, cli.message_format, &reporter) {
        Ok(code) => code,
        Err(failure) => {
            failure.diagnostics.iter().for_each(|diagnostic| reporter.print(diagnostic));
            ExitCode::from(failure.exit)
        }
    }
}

/// Says that a panic is our bug, and what we were doing.
fn report_panics() {
    std::panic::set_hook(Box::new(|info| {
        let doing = pipeline::current_step();
        output::note(format_args!("vittec: internal error while {doing}: {info}"));
        output::note("this is a bug in vittec; please report it together with the input file");
        std::process::exit(i32::from(failure::BUG));
    }));
}
