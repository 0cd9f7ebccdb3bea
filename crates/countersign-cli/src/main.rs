//! `countersign`: verifies webhook deliveries, explains rejections, signs, knows senders by name, tests and measures
//! itself.

mod args;
mod bench;
mod delivery;
mod exit;
mod explain;
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

use std::process::ExitCode;

use clap::Parser as _;

use args::{Cli, Command};

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Verify(args) => verify::run(&args),
        Command::Sign(args) => sign::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Presets(args) => presets::run(&args),
        Command::Vectors(args) => vectors::run(&args),
        Command::Bench(args) => bench::run(&args),
    };
    done.unwrap_or_else(exit::Stop::report)
}
