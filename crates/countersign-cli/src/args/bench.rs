//! `countersign bench`, as it is called.

use std::path::PathBuf;

use clap::Args;
use countersign::Algorithm;

use crate::names;
use crate::terminal::Colour;

/// Measure how fast deliveries are verified on this machine
///
/// From the text of the header to the verdict, on one core: one delivery after the other, as a web service does it, and
/// many at once, as is done with a queue or an archive. All combinations take turns again and again, and of each the
/// least time is told: what other programs took from the processor is then in none of them.
#[derive(Args, Debug)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct BenchArgs {
    /// Algorithm to measure; may be repeated [if not given: all six]
    #[arg(long = "algorithm", value_name = "NAME", value_parser = algorithm)]
    pub(crate) algorithms: Vec<Algorithm>,

    /// Bytes of a body, from 1 to 16777216; may be repeated [if not given: 32, 256, 1024, 4096, 65536]
    #[arg(long = "size", value_name = "BYTES", value_parser = clap::value_parser!(u32).range(1..=16 << 20))]
    pub(crate) sizes: Vec<u32>,

    /// How long to measure, all in all
    #[arg(long, value_name = "SECONDS", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub(crate) seconds: u32,

    /// Print one JSON object
    #[arg(long, help_heading = "Output")]
    pub(crate) json: bool,

    /// Draw the throughput into this file besides
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) svg: Option<PathBuf>,

    /// When to use colours; overrides NO_COLOR
    #[arg(
        long,
        value_name = "WHEN",
        value_enum,
        default_value_t,
        hide_possible_values = true,
        help_heading = "Output"
    )]
    pub(crate) color: Colour,
}

fn algorithm(name: &str) -> Result<Algorithm, String> {
    names::algorithm(name).ok_or_else(|| {
        format!("there is no such algorithm; it is one of {}", Algorithm::ALL.map(Algorithm::name).join(", "))
    })
}

const AFTER_HELP: &str = "\
A batch has as many deliveries as make 2 MiB, but no less than 16 and no more
than 512. Before anything is measured, all verdicts are seen to be right.

EXAMPLES
  countersign bench
  countersign bench --algorithm SHA_256 --size 300 --size 2000
  countersign bench --seconds 20 --json > figures.json
  countersign bench --svg throughput.svg

WITH --json
  {\"version\":\"…\",\"processor\":\"…\",\"instruction_sets\":[\"AVX-512\",…],
   \"rounds\":40,\"figures\":[{\"algorithm\":\"SHA_256\",\"size\":32,\"at_a_time\":1,
   \"nanoseconds\":91.3,\"gigabytes_per_second\":0.350,
   \"verifications_per_second\":10952903},…]}

EXIT STATUS
  0  it was measured
  1  a verdict was wrong, so nothing was; say countersign vectors
  2  the command is wrong
  3  the output or the chart cannot be written";
