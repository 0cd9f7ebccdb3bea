//! The program: parses the arguments, and does what they say.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    countersignd::cli::Cli::parse().run()
}
