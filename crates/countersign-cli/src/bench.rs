//! `countersign bench`: how fast this program verifies on this machine.

mod chart;
mod machine;
mod measure;
mod measurement;
mod workload;

use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use countersign::Algorithm;

use crate::args::BenchArgs;
use crate::error::{CliError, eprint_message, exit_code};
use crate::input::display_path;
use crate::terminal::{Palette, print};
use measurement::Run;
use workload::Workload;

const SIZES: [usize; 5] = [32, 256, 1024, 4096, 65_536];

/// Runs the subcommand.
pub(crate) fn run(args: &BenchArgs) -> Result<ExitCode, CliError> {
    let algorithms = if args.algorithms.is_empty() { Algorithm::ALL.to_vec() } else { unique(&args.algorithms) };
    let sizes: Vec<usize> = args.sizes.iter().map(|&size| size as usize).collect();
    let sizes = if sizes.is_empty() { SIZES.to_vec() } else { unique(&sizes) };
    let mut all = Vec::new();
    for (algorithm, &size) in algorithms.iter().flat_map(|algorithm| sizes.iter().map(move |size| (*algorithm, size))) {
        let work = Workload::new(algorithm, size).map_err(|error| CliError::Config(error.to_string()))?;
        if let Some(wrong) = work.wrong_verdict() {
            eprint_message(&format!("{algorithm}, {size} bytes: {wrong}; countersign vectors tells more"));
            return Ok(exit_code(false));
        }
        all.push(work);
    }
    if let Some(path) = &args.svg {
        check_writable(path)?;
    }
    let run = measure::run(&all, args.seconds);
    // The chart first: a table without the chart that was asked for would look like success.
    if let Some(path) = &args.svg {
        write(path, &run)?;
    }
    print(&if args.json { run.json() } else { run.table(&Palette::new(args.color, &io::stdout())) })?;
    Ok(exit_code(true))
}

/// In ascending order, each once.
fn unique<T: Copy + Ord>(given: &[T]) -> Vec<T> {
    let mut unique = given.to_vec();
    unique.sort_unstable();
    unique.dedup();
    unique
}

/// Nobody shall wait for a chart that cannot be written.
fn check_writable(path: &Path) -> Result<(), CliError> {
    let opened = OpenOptions::new().write(true).create(true).truncate(false).open(path);
    opened.map(drop).map_err(|error| CliError::writing(&display_path(path), &error))
}

fn write(path: &Path, run: &Run) -> Result<(), CliError> {
    let name = display_path(path);
    let svg = run.chart().svg().map_err(|error| CliError::Io(format!("cannot draw {name}: {error}")))?;
    std::fs::write(path, svg).map_err(|error| CliError::writing(&name, &error))
}
