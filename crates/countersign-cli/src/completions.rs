//! `countersign completions`: what a shell knows of the command line.

use std::process::ExitCode;

use clap::CommandFactory as _;

use crate::args::{Cli, CompletionsArgs};
use crate::error::{CliError, exit_code};
use crate::terminal::print;

/// Runs the subcommand.
pub(crate) fn run(args: &CompletionsArgs) -> Result<ExitCode, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "countersign", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(exit_code(true))
}
