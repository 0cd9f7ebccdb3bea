//! Turns a run of the benchmarks into a folder that can be kept and shown: raw figures, tables, charts.
//!
//! `scripts/bench` calls it.

#[path = "../../crates/countersign-cli/src/bench/chart.rs"]
mod chart;
mod charts;
mod figures;
#[path = "../../crates/countersign-cli/src/bench/machine.rs"]
mod machine;
mod tables;

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use clap::Parser;
use serde::Serialize;

use figures::Figure;

/// Writes MACHINE/DATE/ below a folder: figures.json, README.md with tables, and charts
#[derive(Parser)]
struct Options {
    /// Criterion's folder
    #[arg(long, value_name = "FOLDER")]
    criterion: PathBuf,
    /// What scripts/bench-batch --json has written
    #[arg(long, value_name = "FILE")]
    batch: Option<PathBuf>,
    /// Where the results go
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// The state of the source
    #[arg(long, value_name = "TEXT")]
    commit: String,
    /// How it was run
    #[arg(long, value_name = "TEXT")]
    command: String,
}

/// On what was measured what, and when.
#[derive(Serialize)]
struct Run {
    version: &'static str,
    commit: String,
    command: String,
    date: String,
    processor: String,
    instruction_sets: Vec<String>,
    figures: Vec<Figure>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let mut figures = figures::of_criterion(&options.criterion)?;
    if let Some(path) = &options.batch {
        figures.extend(figures::of_batch(path)?);
    }
    if figures.is_empty() {
        return Err(format!("there are no figures in {}", options.criterion.display()).into());
    }
    let run = Run {
        version: env!("CARGO_PKG_VERSION"),
        commit: options.commit,
        command: options.command,
        date: jiff::Timestamp::now().strftime("%F").to_string(),
        processor: machine::processor().unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
        instruction_sets: machine::instruction_sets(),
        figures,
    };
    let folder = options.out.join(slug(&run.processor)).join(&run.date);
    // What an earlier run of the day has left would look as if it belonged to this one.
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let charts = charts::of(&run);
    for (name, chart) in &charts {
        fs::write(folder.join(name), chart.svg().map_err(|error| error.to_string())?)?;
    }
    fs::write(folder.join("README.md"), tables::of(&run, &charts))?;
    fs::write(folder.join("figures.json"), serde_json::to_string_pretty(&run)? + "\n")?;
    println!("{}", folder.display());
    Ok(())
}

/// A processor's name as that of a folder.
fn slug(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_folder_has_a_plain_name() {
        assert_eq!(super::slug("Intel(R) Xeon(R) CPU @ 2.20GHz"), "intel-r-xeon-r-cpu-2-20ghz");
    }
}
