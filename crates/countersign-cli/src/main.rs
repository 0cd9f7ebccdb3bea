//! `countersign`: verifies webhook deliveries, explains rejections, signs, knows senders by name, tests and measures
//! itself.

mod args;
mod bench;
mod completions;
mod config;
mod deliveries;
mod delivery;
mod error;
mod explain;
mod headers;
mod input;
mod interrupt;
mod man;
mod missing;
mod names;
mod place_name;
mod presets;
mod secrets;
mod sign;
mod terminal;
mod time;
mod vectors;
mod verdict;
mod verify;
mod wrap;

use std::borrow::Cow;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser as _;
use clap::error::{ContextKind, ContextValue};

use args::{Cli, Command};
use error::CONFIGURATION;
use terminal::printable;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refuse(&error),
    };
    let done = match cli.command {
        Command::Verify(args) => verify::run(&args),
        Command::Sign(args) => sign::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Presets(args) => presets::run(&args),
        Command::Vectors(args) => vectors::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
    };
    done.unwrap_or_else(error::CliError::report)
}

/// Says what is wrong with the arguments, or the help that was asked for. An argument is repeated there, and may be a text
/// that a script got from elsewhere.
fn refuse(error: &clap::Error) -> ExitCode {
    if error.get(ContextKind::InvalidArg) == Some(&ContextValue::String("--secret".to_owned())) {
        let _ = io::stderr().write_all(secrets::NEVER_AN_ARGUMENT.as_bytes());
        return ExitCode::from(CONFIGURATION);
    }
    let arguments: Vec<String> = std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect();
    if arguments.iter().all(|argument| matches!(printable(argument), Cow::Borrowed(_))) {
        // With colours, and with what is asked for on standard output.
        error.exit();
    }
    let mut text = error.to_string();
    // Before the text is taken line by line: a newline in an argument must not begin a line. Of `--option=value` the value alone
    // may be repeated.
    for argument in &arguments {
        for part in [Some(&**argument), argument.split_once('=').map(|(_, value)| value)].into_iter().flatten() {
            if let Cow::Owned(shown) = printable(part) {
                text = text.replace(part, &shown);
            }
        }
    }
    let _ = text.lines().try_for_each(|line| writeln!(io::stderr(), "{}", printable(line)));
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(u8::MAX))
}
