//! `countersign bench`: how fast this program verifies on this machine.

mod chart;
mod figure;
mod machine;
mod measure;
mod work;

use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use countersign::Algorithm;

use crate::args::BenchArgs;
use crate::exit::{Stop, say, status};
use crate::input::shown;
use crate::terminal::{Palette, print};
use figure::Run;
use work::Work;

const SIZES: [usize; 5] = [32, 256, 1024, 4096, 65_536];

/// Runs the subcommand.
pub(crate) fn run(args: &BenchArgs) -> Result<ExitCode, Stop> {
    let algorithms = if args.algorithms.is_empty() { Algorithm::ALL.to_vec() } else { unique(&args.algorithms) };
    let sizes: Vec<usize> = args.sizes.iter().map(|&size| size as usize).collect();
    let sizes = if sizes.is_empty() { SIZES.to_vec() } else { unique(&sizes) };
    let mut all = Vec::new();
    for (algorithm, &size) in algorithms.iter().flat_map(|algorithm| sizes.iter().map(move |size| (*algorithm, size))) {
        let work = Work::new(algorithm, size).map_err(|error| Stop::Config(error.to_string()))?;
        if let Some(wrong) = work.wrong_verdict() {
            say(&format!("{algorithm}, {size} bytes: {wrong}; countersign vectors tells more"));
            return Ok(status(false));
        }
        all.push(work);
    }
    if let Some(path) = &args.svg {
        try_out(path)?;
    }
    let run = measure::run(&all, args.seconds);
    // The chart first: a table without the chart that was asked for would look like success.
    if let Some(path) = &args.svg {
        write(path, &run)?;
    }
    print(&if args.json { run.json() } else { run.table(&Palette::new(args.color, &io::stdout())) })?;
    Ok(status(true))
}

/// In ascending order, each once.
fn unique<T: Copy + Ord>(given: &[T]) -> Vec<T> {
    let mut unique = given.to_vec();
    unique.sort_unstable();
    unique.dedup();
    unique
}

/// Nobody shall wait for a chart that cannot be written.
fn try_out(path: &Path) -> Result<(), Stop> {
    let opened = OpenOptions::new().write(true).create(true).truncate(false).open(path);
    opened.map(drop).map_err(|error| Stop::writing(&shown(path), &error))
}

fn write(path: &Path, run: &Run) -> Result<(), Stop> {
    let name = shown(path);
    let svg = run.chart().svg().map_err(|error| Stop::Io(format!("cannot draw {name}: {error}")))?;
    std::fs::write(path, svg).map_err(|error| Stop::writing(&name, &error))
}
