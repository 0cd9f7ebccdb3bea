//! `countersign`: verifies webhook deliveries, explains rejections, signs, knows senders by name, tests and measures
//! itself.

mod args;
mod bench;
mod delivery;
mod exit;
mod explain;
mod headers;
mod input;
mod moment;
mod presets;
mod secrets;
mod sign;
mod source;
mod terminal;
mod vectors;
mod verdict;
mod verify;

use std::borrow::Cow;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser as _;

use args::{Cli, Command};
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
    };
    done.unwrap_or_else(exit::Stop::report)
}

/// Says what is wrong with the arguments, or the help that was asked for. An argument is repeated there, and may be a text
/// that a script got from elsewhere.
fn refuse(error: &clap::Error) -> ExitCode {
    let is_printable = |argument: OsString| matches!(printable(&argument.to_string_lossy()), Cow::Borrowed(_));
    if std::env::args_os().all(is_printable) {
        // With colours, and with what is asked for on standard output.
        error.exit();
    }
    let text = error.to_string();
    let _ = text.lines().try_for_each(|line| writeln!(io::stderr(), "{}", printable(line)));
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(u8::MAX))
}
