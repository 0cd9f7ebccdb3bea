//! `countersign man`: the help as manual pages.

use std::process::ExitCode;

use clap::CommandFactory as _;
use clap_mangen::Man;

use crate::args::{Cli, ManArgs};
use crate::error::{CliError, exit_code};
use crate::terminal::print;

/// Runs the subcommand.
pub(crate) fn run(args: &ManArgs) -> Result<ExitCode, CliError> {
    let mut program = Cli::command();
    program.build();
    let command = match &args.command {
        None => program,
        Some(name) => {
            let command = program.find_subcommand(name).cloned().ok_or_else(|| {
                let names: Vec<&str> = program.get_subcommands().map(clap::Command::get_name).collect();
                CliError::Config(format!("found {name:?}; the subcommands are {}", names.join(", ")))
            })?;
            // The page has it, although the subcommand has no option that tells it.
            command.version(env!("CARGO_PKG_VERSION")).disable_version_flag(true)
        }
    };
    let mut page = Vec::new();
    let rendered = Man::new(command).source(concat!("countersign ", env!("CARGO_PKG_VERSION"))).render(&mut page);
    rendered.map_err(|error| CliError::Io(format!("the page cannot be made: {error}")))?;
    print(&String::from_utf8_lossy(&page))?;
    Ok(exit_code(true))
}
